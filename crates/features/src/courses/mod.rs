//! Courses (programmes): B.Sc Nursing, GNM, ANM; with their subjects by semester, their fees, who may apply.
//!
//! * **Who may what**: everybody may read what is offered, also without signing in. Administrators and faculty list all; each row
//!   says whether the caller teaches it. Administrators add, change, close and delete them.
//! * **Tables**: `courses`.
//! * **Routes**: `GET POST /api/admin/courses`, `GET PUT DELETE /api/admin/courses/{id}`; without signing in
//!   `GET /api/public/courses`, `GET /api/courses`, `GET /api/courses/{id}`.
//! * **Events**: `courses:changed` to everybody who is signed in: what it is called and offers is no secret.
//! * **What must always hold**: a course to which anything belongs (students, attendance, marks, who teaches it) is not deleted but
//!   closed (`isActive: false`): then it is offered to nobody, and all that was recorded stays. Nobody overwrites unseen: a change
//!   that says which version it was based on is refused when there is a newer one.
//! * The total of the fees is always the sum of the six, whatever a client says. Seats that are filled are counted, never stored.

mod document;
mod events;
mod form;
mod open;
mod routes;
mod rules;
mod store;

pub(crate) use document::CourseName;
pub use events::Changed;
pub use rules::CourseError;
pub use store::{NewCourse, insert};
pub(crate) use store::{entity, find, find_by_ids, find_names, find_names_of, list};

use crate::App;
use utoipa_axum::router::OpenApiRouter;

pub(crate) fn routes() -> OpenApiRouter<App> {
    routes::routes().merge(open::routes())
}
