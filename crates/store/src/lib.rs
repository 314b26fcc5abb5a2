//! The only crate that names the database: connect, [`Tx`], the event log, migrations, test databases; and how nodes wake each other.
//!
//! What must always hold:
//!
//! * **Writes go through [`Tx`]**, the only door: the connections of [`Store::reader`] refuse to write.
//! * **A row and its event exist together or not at all.** [`Tx::record`] collects events, [`Tx::commit`] writes them as
//!   its last act, in the same transaction.
//! * **Nobody is told of anything before it is on the disk**, also when several are committed together: see [`answering`].
//! * **The numbers of the log are in commit order and have no gaps**, on both databases: see [`log`].
//! * **One process per SQLite file**: a second one is refused at start. A PostgreSQL may have many; a move waits for none of them and is
//!   refused while one is there.
//!
//! Tables of the mechanism are named in the singular (`event`), tables of a feature by its plural noun (`downloads`).

mod connect;
mod error;
pub mod examine;
pub mod fault;
mod hold;
pub mod log;
mod migrations;
pub mod moving;
mod presence;
#[cfg(feature = "testing")]
pub mod testing;
mod turns;
mod tx;
mod wake;

pub use connect::{Backend, DatabaseUrl, Store, in_time, snapshot};
pub use error::StoreError;
pub use hold::lock_sqlite;
pub use log::{Head, Log, Logged, Missed};
pub use turns::answering;
pub use tx::Tx;
pub use wake::Redis;
