//! The first pages of the existing client, a student's and the office's: a few figures of several features.
//!
//! * **Who may what**: a student reads their own, administrators those of the institute.
//! * **Routes**: `GET /api/student/dashboard`, `GET /api/admin/dashboard/stats`.
//! * It keeps nothing and computes nothing itself: attendance and marks say how they stand, each by its own one formula, and of marks
//!   only what is published.

mod office;
mod routes;

pub(crate) use routes::routes;
