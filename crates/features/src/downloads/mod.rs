//! Study material ("downloads"): uploaded once, on the right pages at once, gone when it expires.
//!
//! * **Who may what**: administrators upload for everybody, change and delete everything. Faculty upload for the courses they
//!   teach (a course, a course and semester, or single students of them), see what is meant for them and their courses,
//!   and change and delete what they uploaded. Students see and open what is meant for them.
//! * **Tables**: `downloads`; `download_rooms` (who may see each, as rooms); `download_records` (who opened what on which
//!   day).
//! * **Routes**: `GET POST /api/admin/downloads`, `PUT DELETE /api/admin/downloads/{id}`,
//!   `GET /api/admin/downloads/audience`, `GET /api/student/downloads`, `POST /api/student/downloads/{id}/record`,
//!   `GET /api/downloads/{id}/file`.
//! * **Events**: `downloads:created`, `downloads:updated`, `downloads:deleted`.
//!
//! What must always hold:
//!
//! * Somebody may open a piece of material exactly when they are in one of its rooms, and its event went to those rooms:
//!   list, file and event ask one question (`kernel::audience`).
//! * After its last day it is in no student's list, its file is not served to them and its event is not sent. Who manages
//!   it still sees it, marked as expired.
//! * A document that goes to students holds nobody's name but its uploader's: chosen students are in the manager's
//!   rows and in no event.
//! * Nothing is public. The existing client's `requiresLogin` is stored and given back, and changes nothing.
//! * A change is refused when somebody else made one since it was read (`rev`), if the client says what it read.
//!
//! **When you change** what a piece of material can be meant for, also change `kernel::audience` (rooms), `rules.rs`
//! (choice and words), `audience` in `routes.rs` (counting) and the picker in `ui/src/features/downloads`.

mod access;
mod audience;
mod document;
mod events;
mod file;
mod form;
mod routes;
mod rules;
mod store;

pub use audience::{Choice, SpecificTargets, TargetAudience};
pub use document::Download;
pub use events::{Created, Deleted, Updated};
pub(crate) use routes::{file_routes, routes};
pub use rules::{CATEGORIES, DownloadError};
pub use store::{Details, NewDownload, insert};
pub(crate) use store::{count, is_for};
