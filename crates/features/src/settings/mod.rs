//! Settings of the institute that the office changes while the server runs.
//!
//! * **Who may what**: administrators read, change and reset them, and ask whether the server is well.
//! * **Table**: `institute_settings` (one row a group: JSON).
//! * **Routes**: `GET PUT /api/admin/settings`, `POST /api/admin/settings/reset`, `GET /api/admin/system-check`.
//! * **What acts** is in [`ACTING`] and in each answer (`acting`): the institute's name, which types of file may be uploaded, how large
//!   they may be. Everything else is kept and given back for the existing client's page, and does nothing here: colours are of our
//!   own pages, sign-in and backups are settings of the server (`docs/settings.md`), thresholds are regulations
//!   (`/api/admin/regulations`), where they have dates and sources.
//! * **What must always hold**: no setting widens what the operator's settings permit.
//! * Not offered: `POST /api/admin/clear-cache`. There is no cache, and an answer that says it was cleared would be a lie.

mod check;
mod groups;
mod routes;
mod store;

pub(crate) use groups::acting;
pub(crate) use routes::routes;
