//! The bytes under a connection: plain TCP, or TLS that we end ourselves.
//!
//! * **[`Stream`]**: either of the two, as the HTTP server and the Socket.IO server read and write it.
//! * **[`Patient`]**: one whose other end must take what is written, as long as it speaks HTTP.
//! * **[`Acceptor`]**: makes the one from the other, within a limit of time.
//! * **[`Shown`]**: the certificate that new connections are shown. It may be exchanged at any moment; connections that are open keep
//!   what they agreed on.
//! * **[`Pair`]**: a certificate and its key, read from two files and checked; [`Followed`] sees when they change.
//!
//! What must always hold: a connection is never worse off for an exchange. A pair that can't be used never takes the place of one
//! that can.
//!
//! TLS is rustls with ring, which the parts that call others (PostgreSQL, Redis, S3, SMTP) bring already.
#![forbid(unsafe_code)]

mod accept;
mod pair;
mod patient;
mod shown;
mod stream;

pub use accept::Acceptor;
pub use pair::{Pair, PairError, PairFiles};
pub use patient::Patient;
pub use rustls::pki_types;
pub use shown::{Followed, Shown};
pub use stream::Stream;
