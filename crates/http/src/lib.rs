//! The web shell: what every feature's routes need and no feature should write again.
//!
//! * **Extractors** ([`Admin`], [`Staff`], [`Student`], [`SignedIn`], [`Json`], [`Params`], [`PathId`]): a handler's
//!   parameters are its contract. Who may call it stands in its signature.
//! * **[`door`]**: who may call a handler, read off those parameters.
//! * **[`ApiError`]**: turns a `kernel::Problem` into a response, once, for everybody.
//! * **[`Proxies`]**: whose request it is, also behind proxies of ours; [`Visitor`] for a handler.
//! * **[`Origins`]**: which web pages may call us, for HTTP and for sockets.
//! * **[`shell`]**: what wraps every route: request ids, the log line, panics, headers.
//! * **[`redirect`]**: the port that only sends to HTTPS.
//! * **[`serve`]**: the accept loop, with time limits against slow senders and an orderly stop.

mod client;
mod door;
mod error;
mod extract;
mod origin;
mod redirect;
mod serve;
mod shell;

pub use client::{Client, DEVICE_COOKIE, Proxies, ProxyError, Visitor};
pub use door::{Asks, Door, Handles, door};
pub use error::{ApiError, ErrorBody, answer};
pub use extract::{Admin, Json, Params, PathId, SignedIn, Staff, Student, bearer, from_value};
pub use origin::{OriginError, Origins};
pub use redirect::{Home, redirect};
pub use serve::{Peer, Stop, serve};
pub use shell::{RequestId, deadline, drain, shell, unknown_address};
