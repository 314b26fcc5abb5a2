//! Users: the accounts of everybody, as the office keeps them.
//!
//! * **Who may what**: administrators alone.
//! * **Tables**: `users` (of `accounts`), and for faculty `faculty`.
//! * **Routes**: `GET POST /api/admin/users`, `GET PUT DELETE /api/admin/users/{id}`, `PATCH /api/admin/users/{id}/toggle-active`,
//!   `POST /api/admin/users/{id}/reset-password`, `DELETE /api/admin/users/{id}/sessions`.
//! * **Events**: `users:changed` to administrators, so that open lists ask again; `profile:updated` to the person.
//!
//! What must always hold:
//!
//! * **There is always an administrator who may sign in**, and nobody takes that from themselves: not by switching off, deleting or
//!   changing the role, nor on the page of the faculty. Whoever changes an account first waits for their turn (`guard.rs`), so it holds for two who do it to each other in
//!   the same moment, too.
//! * **Rights end at once**: who is switched off, deleted, or given another password is signed out everywhere in the same
//!   transaction; a changed role is the control `rooms_changed`.
//! * A user name is nobody else's mail address, and the other way round: both are typed into the same field.
//! * A password is hashed once, checked against the one rule, and is in an answer only if the server made it, once.
//! * Students are added, and their course, semester and name changed, by `students`: there are seats to count and ids to give.

mod document;
mod events;
mod form;
pub(crate) mod guard;
mod routes;
mod rules;
mod store;

pub use events::Changed;
pub(crate) use routes::routes;
pub use rules::UserError;
