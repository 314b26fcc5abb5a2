//! Files that people hand in: staged, limited, recognised, hashed, and kept once.
//!
//! This crate does the IO of files and nothing else: no database, no HTTP, no idea of who may read what. The way of a
//! file through it:
//!
//! 1. [`Files::stage`] gives a [`Staging`]; the incoming stream is written to it chunk by chunk. A file over the limit
//!    ends there, and whatever is dropped on the way takes its bytes on disk with it.
//! 2. [`Staging::finish`] looks at the **content**, holds it against the name, and gives a [`Staged`]: size, SHA-256,
//!    [`FileKind`] and a clean name. What is not what it says, or can run, is refused with a sentence for the person.
//! 3. [`Files::keep`] stores it under its hash. When it returns, the bytes survive a power cut; only then may a database
//!    row point to them. The same bytes are stored once, however often and under whatever names they come.
//! 4. [`Files::read`] streams it back, whole or a range; [`content_disposition`] and [`parse_range`] serve the reply.
//! 5. [`Files::remove`] takes it away.
//!
//! # Who may remove
//!
//! `keep` of bytes that are already there writes nothing, so a sweeper that removes the same hash in the moment between
//! `keep` and the commit of its row would leave a row without a file. No lock in this crate can prevent that: the sweeper
//! may run on another node. The database must: [`Staged::sha256`] is known before `keep`, so note the hash with the time
//! first, and let the sweeper take only hashes that no row uses **and** whose note is older than any upload can last
//! (a day, say). The same note finds the bytes of a process that died between `keep` and the commit.
//!
//! # What must always hold
//!
//! * Nothing the client sent (name, type) is ever part of a path on disk or of an object's key.
//! * A kept object is complete and has the content its key says: it appears by rename, or by a finished S3 request.
//! * Work on a hostile file is bounded by its size: archives are listed, never unpacked.
//!
//! # When you change X also change Y
//!
//! * A new [`FileKind`]: its row in `kind.rs`, its recognition in `sniff/`, a case in `tests/it/sniffing.rs`.
//! * A new backend: a variant of [`Backend`], and a factory in `tests/it/conformance.rs`; the suite is the contract.

mod config;
mod error;
mod files;
mod hash;
mod kind;
mod local;
mod names;
mod range;
mod s3;
mod sniff;
mod staging;

pub use config::{Backend, FilesConfig, Policy, S3Config, Secret};
pub use error::FilesError;
pub use files::{ByteStream, FileBody, Files, Kept};
pub use hash::{NotASha256, Sha256};
pub use kind::{Accepted, FileKind};
pub use names::{clean_name, content_disposition};
pub use range::{RangeRequest, parse_range};
pub use staging::{Staged, Staging};
