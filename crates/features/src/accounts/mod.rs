//! Accounts: who may sign in, with which password, and who they are today.
//!
//! * **Who may what**: everybody may try to sign in; who is signed in may read themselves and change their own password.
//! * **Tables**: `users`, `signing_key`.
//! * **Routes**: `POST /api/auth/login`, `GET /api/auth/me`, `PUT /api/auth/change-password`,
//!   `POST /api/admin/signing-key` (administrators). There is no open registration.
//! * **Events**: none that a client hears; a changed password is the control `signed_out`, a new signing key `key_retired`.
//! * **What must always hold**: a wrong password and an unknown account can't be told apart, neither by the answer nor by
//!   the time it takes; a password or its hash is in no answer and no log; when a password changes, every earlier
//!   token ends with it, on HTTP and on the sockets.
//! * A wrong password answers 400, never 401 (the existing client would reload the page and lose the message) and never
//!   429 (it would send the password three times more).

mod directory;
mod keys;
mod records;
mod routes;
mod rules;
mod store;

pub use directory::People;
pub use keys::rotate as rotate_signing_key;
pub(crate) use records::{find_logins, insert_many, rename, set_active, set_password};
pub(crate) use routes::routes;
pub use rules::AccountError;
pub use store::{NewAccount, any_admin, insert};
pub(crate) use store::{active_users, entity, find_by_ids};
