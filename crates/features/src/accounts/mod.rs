//! Accounts: who may sign in, with which password, on which devices, and who they are today.
//!
//! * **Who may what**: everybody may try to sign in, and ask for a link to set a new password; who is signed in may read
//!   themselves, change their own password and telephone number, see on which devices they are signed in, and sign them out.
//! * **Tables**: `users`, `signing_key`, `sessions` (the devices), `sign_in_tries`, `password_links`.
//! * **Routes**: below `/api/auth`: `POST login`, `POST logout`, `GET me`, `PUT profile`, `PUT change-password`,
//!   `POST forgot-password`, `PUT reset-password/{token}`, `GET DELETE sessions`, `DELETE sessions/{id}`; and
//!   `POST /api/admin/signing-key` (administrators). There is no open registration. What administrators do with the accounts of
//!   others is in `users`.
//! * **Events**: `profile:updated` to the person. Controls: `signed_out` (all sessions of a person), `session_ended` (one device),
//!   `key_retired` (everybody).
//! * **What must always hold**: a wrong password and an unknown account can't be told apart, neither by the answer nor by
//!   the time it takes, nor by when one may try again; a password, its hash or a token is in no answer but to its owner, and in no log;
//!   when a password changes, every earlier token ends with it, on HTTP and on the sockets.
//! * A wrong password answers 400, never 401 (the existing client would reload the page and lose the message), too many of them 403,
//!   never 429 (it would send the password three times more).
//! * **A password that somebody else knows** is to be changed by its owner: `mustChangePassword`. Our pages ask for it; the API
//!   refuses nothing because of it, for the existing client has no page on which it could be changed.

mod browser;
mod devices;
mod directory;
mod document;
mod events;
mod keys;
pub(crate) mod links;
mod passwords;
mod records;
mod routes;
mod rules;
mod sessions;
mod store;
mod tries;

pub use directory::People;
pub(crate) use document::{Profile, profiles};
pub use events::ProfileUpdated;
pub use keys::rotate as rotate_signing_key;
pub use links::Occasion;
pub(crate) use records::{find_logins, insert_many, rename, set_active};
pub(crate) use routes::routes;
pub use rules::AccountError;
pub use store::{NewAccount, any_admin, insert, insert_all};
pub(crate) use store::{active_users, end_sessions, entity, find_by_ids, must_change_password, set_password, update};
pub(crate) use tries::forgive;
