//! Students: who studies what, in which semester, and what the office knows of them.
//!
//! * **Who may what**: administrators do everything. Faculty see the students of the courses they teach, without what is about the
//!   person (mail, telephone, family, address, notes). A student reads and changes contact data of their own (`profile`).
//! * **Tables**: `students`; `student_numbers` (the running numbers of human ids); `imports` (files that were planned).
//! * **Routes**: below `/api/admin/students`, see `routes.rs` (lists), `office.rs` (one student), `imports` (files) and
//!   `export.rs`.
//! * **Events**: `students:created`, `students:updated`, `students:deleted` and, once for a file, `students:imported`, to
//!   administrators; `profile:updated` to whoever it is about. They are stamps: personal data travel in answers alone.
//!
//! What must always hold:
//!
//! * **No two have one human id, mail address or mobile number.** Numbers come from a counter's row that is held until the commit;
//!   the rest is refused by unique indexes, and told nicely before.
//! * **No more students than seats**: whoever takes a seat holds the course's lock (`seats.rs`) until the commit. A seat is held by
//!   everybody who is enrolled: active, on leave, suspended.
//! * **Rights follow at once**: a move is the control `rooms_changed`, an account that ends `signed_out`, in the same transaction.
//! * **Nothing dangles**: who has records is archived and not deleted. The database's foreign keys decide.
//! * **Nobody overwrites silently**: `version` goes up with each change; a form that names the one it was made from is refused when
//!   that is not the current one, and is given what is stored now. A form that names none (the existing client) changes the fields it
//!   sends.
//! * A password is in one answer and stored as a hash. Imported students have one that nobody knows until the office gives them
//!   another: five thousand hashes would take the processor for minutes, and five thousand passwords in a file would be read by
//!   others.
//!
//! **When you change** a student's course, semester or year elsewhere, go through `write::change`: rooms and seats depend on it.

mod counts;
mod document;
pub(crate) mod entity;
mod events;
mod export;
mod form;
mod imports;
mod invite;
mod office;
mod own;
mod routes;
mod rules;
mod seats;
mod store;
mod trail;
mod write;

pub(crate) use counts::{count_by_class, count_by_course, count_groups};
pub use events::{Created, Deleted, Imported, Stamp, Updated};
pub(crate) use form::OwnForm;
pub use imports::Running as StudentImports;
pub(crate) use imports::routes as file_routes;
pub(crate) use office::{remove_of, removed};
pub(crate) use own::{Saved, save_own};
pub(crate) use routes::routes;
pub use rules::{AcademicStatus, Gender, StudentError};
pub(crate) use seats::lock_seats;
pub(crate) use store::{
    Among, count_admitted, count_among, find_by_human_ids, find_by_ids, find_by_user, find_by_users, of_class,
};
pub use store::{NewStudent, Particulars, describe, insert, insert_all};
pub(crate) use write::tell_of;
