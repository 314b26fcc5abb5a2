//! What the operator says: where files are staged, where they are kept, how large they may be.

use std::fmt;
use std::path::PathBuf;

use crate::kind::Accepted;

/// The settings of [`Files::open`](crate::Files::open).
#[derive(Debug, Clone)]
pub struct FilesConfig {
    /// The folder for files on their way in; made (0700) if missing. With [`Backend::Local`] it must be on the same
    /// filesystem as the folder of kept files, so that a file moves from one to the other by rename. Several processes of
    /// one machine may share it.
    pub staging: PathBuf,
    /// Where kept files live.
    pub backend: Backend,
    /// What [`Files::stage`](crate::Files::stage) lets in.
    pub policy: Policy,
}

/// Where kept files live.
#[derive(Debug, Clone)]
pub enum Backend {
    /// A folder of this machine.
    Local {
        /// The folder; made (0700) if missing.
        dir: PathBuf,
    },
    /// A bucket of Amazon S3 or of a server that speaks its protocol (MinIO, Ceph, Garage, R2, ...).
    S3(S3Config),
}

/// A bucket and the way to it.
#[derive(Debug, Clone)]
pub struct S3Config {
    /// Base URL of the server, for everything but Amazon's own: `https://minio.example.org:9000`.
    pub endpoint: Option<String>,
    /// Name of the bucket; it must exist.
    pub bucket: String,
    /// Region, such as `ap-south-1`; servers of other makers mostly want `us-east-1` or do not care.
    pub region: String,
    /// Public half of the credentials.
    pub access_key_id: String,
    /// Secret half of the credentials.
    pub secret_access_key: Secret,
    /// `https://server/bucket/key` instead of `https://bucket.server/key`. Most servers other than Amazon's want it.
    pub path_style: bool,
    /// Permit an `http://` endpoint. Off, such an endpoint is refused: files would travel unencrypted.
    pub allow_http: bool,
    /// Put before every key, for a bucket that is shared: `lamplight` gives `lamplight/ab/cd/<sha256>`. May be empty.
    pub prefix: String,
}

/// What is let in.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// The most bytes a file may have.
    pub limit: u64,
    /// The kinds a file may be of.
    pub accepted: Accepted,
}

impl Default for Policy {
    /// 25 MB, every kind.
    fn default() -> Self {
        Self { limit: 25 * 1024 * 1024, accepted: Accepted::all() }
    }
}

/// A text that shows itself as `***` wherever it is printed.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Wraps `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that needs it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
