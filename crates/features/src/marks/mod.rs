//! Marks: entered for an exam of a class, published with an undo window, changed afterwards only with a reason.
//!
//! * **Who may what**: administrators for every course, faculty read those of the courses they teach, and enter,
//!   publish and recall those of the subjects they teach.
//!   Students read their own published marks and what was done to them since.
//! * **Tables**: `mark_sheets` (one exam of a class), `marks` (one student in one sheet), `mark_publications` (each with its
//!   undo window), `mark_history` (what was done to each mark, append-only, each link hashes the one before); plans of files stand in
//!   the `imports` of all features.
//! * **Routes**: the existing client's `GET POST /api/admin/marks`, `GET PUT DELETE /api/admin/marks/{id}`,
//!   `PUT /api/admin/marks/publish`, `GET /api/admin/marks/stats`, `GET /api/student/marks`,
//!   `GET /api/student/marks/download`; and below `/api/admin/marks/sheets` what our own grid needs.
//! * **Events**: see `events.rs`. Stamps to many hold no mark; a mark goes to its student, to who teaches the course, and to
//!   administrators, and to its student only when it is published.
//!
//! What must always hold:
//!
//! * **A student sees a mark exactly when `published_at` is set**: every route for students asks for it in SQL. It is set in the
//!   transaction that records `marks:published`, when the undo window has ended ([`publish_due`]), and nowhere else. So who
//!   hears of a mark can read it at once, and until the window ends there is nothing to see or to hear, also across a crash.
//! * **What is published is what was rehearsed**: a publication names the marks and their versions by a hash; while it is under
//!   way, none of its sheet can be changed.
//! * **Nobody overwrites silently**: each cell has a revision; an edit that was based on another one is refused and shown both.
//! * **Whatever is done to a published mark is a link of its history**, with the reason or, on the existing client's page, that none was
//!   given. Our own grid asks for one. [`verify`] names the first bad one.
//! * Every transaction that changes a sheet begins with [`store::lock_sheet`]: one at a time for each sheet, on both databases.
//!
//! **When you change** what a student may see, also change the privacy stories in `crates/server/tests/it/marks.rs`.

mod cells;
mod change;
mod document;
mod entry;
mod events;
mod exam;
mod export;
mod grid;
mod history;
mod imports;
mod notices;
mod print;
mod publishing;
mod routes;
mod rules;
mod seed;
mod store;
mod student;
mod write;

pub use document::Mark;
pub use events::{Added, BulkAdded, Edited, EditedCell, Entered, Exam, Published, Recalled, Staged, Updated};
pub use history::{BadLink, Verified, verify};
pub(crate) use imports::routes as file_routes;
pub use publishing::publish_due;
pub(crate) use routes::routes;
pub use rules::{Cell, EXAM_TYPES, MarkError, Part, Parts, Score};
pub use seed::{NewSheet, insert};
pub(crate) use student::{cumulative_average, published_average};
