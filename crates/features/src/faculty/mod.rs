//! Faculty and the courses they teach, which decide what they may do. Their administration comes with the people's.
//!
//! * **Tables**: `faculty`, `faculty_courses`.
//! * **When you change** who teaches what, also record `rooms changed` for their user: their sockets' rooms depend on it.

mod store;

pub use store::{NewFaculty, insert};
pub(crate) use store::{count_teachers, find_by_user, map_taught, users_who_teach};
