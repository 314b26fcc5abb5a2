//! Courses (programmes): B.Sc Nursing, GNM, ANM. Their administration comes with the people's.
//!
//! * **Who may what**: administrators and faculty may list them; each row says whether the caller teaches it.
//! * **Tables**: `courses`.
//! * **Routes**: `GET /api/admin/courses`.

mod routes;
mod store;

pub(crate) use routes::{CourseName, routes};
pub use store::{NewCourse, insert};
pub(crate) use store::{entity, find_names, list};
