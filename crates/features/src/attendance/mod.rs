//! Attendance: who was in which class, recorded once and seen at once.
//!
//! * **Who may what**: administrators record, correct, delete and read everything; faculty read that of the courses they teach, and
//!   record, correct and delete that of the subjects they teach.
//!   Students read their own.
//! * **Tables**: `attendance` (one row a student, date, subject and session), `attendance_history` (what was corrected or
//!   deleted, by whom, why), `attendance_sums` (what the records add up to), `attendance_classes` and `attendance_taps` (the roll-call board), `imports` (files
//!   that were read and may be applied).
//! * **Routes**: `GET POST /api/admin/attendance`, `GET /api/admin/attendance/report`,
//!   `GET /api/admin/attendance/export`, `GET /api/admin/attendance/report/export`,
//!   `PUT DELETE /api/admin/attendance/{id}`, `GET /api/admin/attendance/{id}/history`, `GET /api/student/attendance`; the board:
//!   `GET POST /api/admin/attendance/classes`, `GET /api/admin/attendance/classes/{id}`,
//!   `POST /api/admin/attendance/classes/{id}/close`, `POST /api/admin/attendance/classes/{id}/taps`; files:
//!   `POST /api/admin/attendance/imports`, `POST /api/admin/attendance/imports/{id}/apply`, `POST /api/admin/attendance/bulk`.
//! * **Notices**: see `notices.rs`.
//! * **Events**: `attendance:changed`; to those who may mark in a class `attendance:opened`, `attendance:tapped`,
//!   `attendance:closed`.
//!
//! What must always hold:
//!
//! * A student has at most one record of a date, subject and session. Recording again corrects it.
//! * Everything is written in one place (`write.rs`): what changed leaves a line of history and is told, in the same
//!   transaction; what did not change leaves nothing and tells nobody.
//! * A date is a date at the institute, never a moment. A record keeps the course and the semester of its day.
//! * There is one formula (`rules::Tally`), for every page, report and export.
//! * What goes to many names no student; a student reads and hears of their own records alone.
//!
//! **When you change** what counts as attended, change `rules.rs` alone, and the words of `ui/src/features/attendance`.

mod document;
mod entity;
mod events;
mod export;
mod form;
mod imports;
mod notices;
mod report;
mod rollcall;
mod rollcall_rules;
mod rollcall_store;
mod routes;
mod rules;
mod store;
mod student;
mod sums;
mod taps;
mod write;

pub use events::{Changed, ClassStamp, Closed, Opened, Tapped};
pub(crate) use imports::routes as file_routes;
pub use rollcall::close_forgotten;
pub(crate) use routes::routes;
pub use rules::{AttendanceError, Kind, Meter, Session, Status, Tally, meter};
pub(crate) use student::overall;
pub use sums::{find_wrong as find_wrong_sums, recount};
pub use write::{NewAttendance, insert};
