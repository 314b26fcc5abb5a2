//! The audit: who did what to which record, when, from where, and what was before and after.
//!
//! * **Who may what**: every feature writes, in the transaction of what was done: [`write`]. Administrators search and export.
//!   Nobody changes or deletes an entry; the database refuses it too (migration `m0016`).
//! * **Table**: `audit`.
//! * **Routes**: `GET /api/admin/audit`, `GET /api/admin/audit/export`.
//! * **Events**: none. A page that shows it asks again.
//! * **What must always hold**: no password, token or content of a file enters it. A field that is called like a secret is
//!   written without its values, long values are cut ([`Act`]); the rest is the business of who writes, and
//!   `crates/server/tests/it/audit.rs` looks for secrets in the whole table.
//! * Marks and attendance have histories of their own with every value. Here stands that somebody did something to them, without
//!   the values, so that a mark is never read from here by who may not see it there.
//! * Who did it is kept by name: an entry outlives the account.
//!
//! ```ignore
//! let act = Act::new(Kind::Downloads, "changed", id, &row.title).changed("title", &before.title, &row.title);
//! audit::write(&tx, &staff, act).await?;
//! ```

mod act;
mod routes;
mod store;

pub use act::{Act, Actor, Kind};
pub(crate) use routes::routes;
pub use store::write;
