//! The institute itself: what pages need before anybody signs in, and what kind of data this database holds.
//!
//! * **Who may what**: everybody may read the name, the limits and, in the demo, the sign-ins.
//! * **Tables**: `institute` (one row, or none in a database that was never used).
//! * **Routes**: `GET /api/health`, `GET /api/institute`.
//! * **What must always hold**: a demo is never laid over real data, and a demo database, whose passwords are known to
//!   everybody, is never served as a real institute.

mod routes;
mod store;

pub(crate) use routes::routes;
pub use store::{Kind, found, kind};
