//! Passwords (argon2id), tokens (JWT), who calls and in which role. No HTTP in it, and no database: who a person is
//! today is asked of a [`Directory`].
//!
//! One [`Gate`] stands before HTTP and before the sockets, so that a token that is refused by one is refused by the
//! other, with the same code.

mod caller;
mod device;
mod gate;
mod password;
mod role;
mod secret;
mod token;

pub use caller::{Admin, Caller, Person, Staff, Student, WrongRole};
pub use device::{DeviceName, Devices};
pub use gate::{Directory, Found, Gate, Refusal};
pub use password::{MIN_PASSWORD_CHARS, Passwords, WeakPassword, check_password, generate_password};
pub use role::Role;
pub use secret::{Secret, SecretError};
pub use token::{Claims, KeyId, SigningKey, TokenError, Tokens};
