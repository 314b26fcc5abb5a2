//! The student's first page of the existing client: a few figures of several features.
//!
//! * **Who may what**: a student reads their own.
//! * **Routes**: `GET /api/student/dashboard`.
//! * It keeps nothing and computes nothing itself: attendance and marks say how they stand, each by its own one formula, and of marks
//!   only what is published.

mod routes;

pub(crate) use routes::routes;
