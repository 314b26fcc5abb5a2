//! Regulations: rules that councils and programmes set differently and change, as dated data.
//!
//! * **Who may what**: administrators read and change them. Everybody else sees what they lead to, on the pages of attendance and
//!   marks.
//! * **Tables**: `regulations`. A change is a new row, valid from a date; no row is ever changed or deleted, so what held on a day
//!   can be told for every day, and who said so.
//! * **Routes**: `GET /api/admin/regulations`, `PUT /api/admin/regulations`.
//! * **Events**: `regulations:changed`, a stamp.
//! * **Which row holds** for a course on a date (`rules.rs`): the course's own before the institute's; of those the one valid from
//!   the latest date that has come; of those the one set last; without one the default, which stands in code with its source.
//! * **When you add a key**, give it a default with its source in [`Key`], then `make docs`.
//!
//! How long a publication can be taken back is not here: it is a setting of the server.

mod events;
mod routes;
mod rules;
mod store;

pub use events::Changed;
pub(crate) use routes::routes;
pub use rules::{Key, RegulationError, Regulations};
pub(crate) use store::load_for;
pub use store::{NewRegulation, insert, load, value};
