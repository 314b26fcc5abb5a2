//! Faculty, and the courses and subjects they teach, which decide what they may do.
//!
//! * **Who may what**: everybody may read who teaches here, without anything private. Administrators add, change, switch off and
//!   delete faculty members, and say what each teaches.
//! * **Tables**: `faculty`, `faculty_courses`; the account is in `users`.
//! * **Routes**: `GET POST /api/admin/faculty`, `GET PUT DELETE /api/admin/faculty/{id}`; without signing in `GET /api/faculty`.
//! * **Events**: `faculty:changed` to administrators and faculty; who teaches other courses now is the control `rooms changed`.
//! * **What they may do** is one question, [`Teaching`]: for each course that is taught all of its subjects, or those that are named.
//!   It is asked by whatever records attendance or enters marks. Who teaches a course reads all of it, whatever the subject:
//!   whoever has a class in their care sees how it stands.
//! * **What must always hold**: who recorded anything is not deleted but switched off, so that every record keeps its author. A change
//!   of what somebody teaches moves their open pages in log order. No mail address and no number of a phone is in an open answer.

mod document;
mod events;
mod form;
mod open;
mod routes;
mod rules;
mod store;
mod teaching;

pub use events::Changed;
pub(crate) use routes::tell_of;
pub use rules::FacultyError;
pub use store::{NewFaculty, insert};
pub(crate) use store::{count_teachers, delete_of, find_by_users, map_taught, set_post, users_who_teach};
pub(crate) use teaching::Teaching;

use crate::App;
use utoipa_axum::router::OpenApiRouter;

pub(crate) fn routes() -> OpenApiRouter<App> {
    routes::routes().merge(open::routes())
}
