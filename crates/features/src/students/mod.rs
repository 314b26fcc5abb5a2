//! Students: who studies what, in which semester. Their administration comes with the people's.
//!
//! * **Who may what**: administrators may list every student, faculty those of the courses they teach.
//! * **Tables**: `students`.
//! * **Routes**: `GET /api/admin/students`.
//! * **When you change** a student's course, semester or year, also record `rooms changed` for their user: their sockets'
//!   rooms, and so what they hear, depend on it.

mod routes;
mod store;

pub(crate) use routes::routes;
pub(crate) use store::{
    Among, count_among, count_by_class, count_by_course, entity, find_by_human_ids, find_by_ids, find_by_user, of_class,
};
pub use store::{NewStudent, insert};
