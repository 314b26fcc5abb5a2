//! The way in and out: [`Files`].

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;

use crate::config::{Backend, FilesConfig, Policy};
use crate::error::FilesError;
use crate::hash::Sha256;
use crate::kind::FileKind;
use crate::local::LocalFolder;
use crate::s3::Bucket;
use crate::staging::{Staged, Staging, StagingFolder};

/// The bytes of a file as they come.
pub type ByteStream = BoxStream<'static, Result<Bytes, FilesError>>;

/// Takes files in, keeps them, gives them back. Cheap to clone; all clones are the same.
#[derive(Debug, Clone)]
pub struct Files {
    staging: Arc<StagingFolder>,
    store: Arc<Store>,
    policy: Policy,
}

#[derive(Debug)]
enum Store {
    Local(LocalFolder),
    S3(Box<Bucket>),
}

/// A file that is kept: what its database row needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its content's hash, by which it is read and removed.
    pub sha256: Sha256,
    /// Its size in bytes.
    pub size: u64,
    /// Its kind.
    pub kind: FileKind,
    /// The clean name it came under.
    pub name: String,
    /// Whether it was written; false when the same bytes were there already.
    pub written: bool,
}

/// A kept file on its way out.
pub struct FileBody {
    /// Size of the whole file in bytes.
    pub size_total: u64,
    /// The bytes that come, end excluded; `0..size_total` when the whole file was asked for.
    pub range: Range<u64>,
    /// The bytes.
    pub stream: ByteStream,
}

impl std::fmt::Debug for FileBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileBody")
            .field("size_total", &self.size_total)
            .field("range", &self.range)
            .finish_non_exhaustive()
    }
}

impl Files {
    /// Opens the storage: makes the folders, clears what killed processes left in staging. Blocks on the disk, so call it
    /// while starting. A bucket is not contacted yet; see [`check`](Self::check).
    ///
    /// # Errors
    ///
    /// [`FilesError::Settings`] when the settings cannot work, [`FilesError::Disk`] when a folder cannot be made or written.
    pub fn open(config: FilesConfig) -> Result<Self, FilesError> {
        let FilesConfig { staging, backend, policy } = config;
        let staging = StagingFolder::open(&staging)?;
        let store = match backend {
            Backend::Local { dir } => Store::Local(LocalFolder::open(dir, &staging)?),
            Backend::S3(config) => Store::S3(Box::new(Bucket::open(&config)?)),
        };
        Ok(Self { staging: Arc::new(staging), store: Arc::new(store), policy })
    }

    /// Stores a small object, reads it back and removes it, the way real files go.
    ///
    /// # Errors
    ///
    /// Whatever fails on the way, as [`FilesError::Disk`] or [`FilesError::Storage`].
    pub async fn check(&self) -> Result<(), FilesError> {
        let probe = format!("probe {}", crate::staging::random_name()?);
        let everything = Policy { limit: u64::MAX, ..Policy::default() };
        let mut staging = self.stage_with("probe.txt", everything);
        staging.write(probe.clone()).await?;
        let kept = self.keep(staging.finish().await?).await?;
        let read = self.read(kept.sha256, None).await;
        let removed = self.remove(kept.sha256).await;
        let mut stream = read?.stream;
        let mut back = Vec::new();
        while let Some(chunk) = stream.next().await {
            back.extend_from_slice(&chunk?);
        }
        if back != probe.as_bytes() {
            return Err(FilesError::Settings(
                "the storage of files gives back other bytes than were stored".to_owned(),
            ));
        }
        removed
    }

    /// Begins to receive a file under the settings' policy. `file_name` is the name as the sender gave it; it is cleaned,
    /// and never used on disk.
    pub fn stage(&self, file_name: &str) -> Staging {
        self.stage_with(file_name, self.policy)
    }

    /// [`stage`](Self::stage) under a policy of its own, for a purpose that takes less (or more) than study material.
    pub fn stage_with(&self, file_name: &str, policy: Policy) -> Staging {
        Staging::new(Arc::clone(&self.staging), file_name, policy)
    }

    /// The policy of [`stage`](Self::stage), to tell people what may be sent.
    pub const fn policy(&self) -> Policy {
        self.policy
    }

    /// Stores a staged file under its hash, unless the same bytes are there already. When this returns, it survives a power
    /// cut. Read the [page of this crate](crate#who-may-remove) before removing anything.
    ///
    /// # Errors
    ///
    /// [`FilesError::Disk`] or [`FilesError::Storage`]; the staging file is gone in any case.
    pub async fn keep(&self, staged: Staged) -> Result<Kept, FilesError> {
        let Staged { staged, name, size, sha256, kind } = staged;
        let key = sha256.key();
        let written = match &*self.store {
            Store::Local(folder) => folder.put(&key, staged, size).await?,
            Store::S3(bucket) => bucket.put(&key, staged, size).await?,
        };
        Ok(Kept { sha256, size, kind, name, written })
    }

    /// Streams a kept file, or a range of its bytes (end excluded; an end beyond the file's is moved to it).
    ///
    /// # Errors
    ///
    /// [`FilesError::Missing`] when nothing of this hash is kept; [`FilesError::OutOfRange`] when the range is empty or begins
    /// beyond the end; [`FilesError::Disk`] or [`FilesError::Storage`], also from the stream.
    pub async fn read(&self, sha256: Sha256, range: Option<Range<u64>>) -> Result<FileBody, FilesError> {
        match &*self.store {
            Store::Local(folder) => folder.read(&sha256.key(), range).await,
            Store::S3(bucket) => bucket.read(&sha256.key(), range).await,
        }
    }

    /// Size in bytes of what is kept under this hash; none when nothing is. For those who compare database and storage.
    ///
    /// # Errors
    ///
    /// [`FilesError::Disk`] or [`FilesError::Storage`].
    pub async fn size(&self, sha256: Sha256) -> Result<Option<u64>, FilesError> {
        match &*self.store {
            Store::Local(folder) => folder.size(&sha256.key()).await,
            Store::S3(bucket) => bucket.size(&sha256.key()).await,
        }
    }

    /// Removes what is kept under this hash; nothing there is fine. Readers that began before still get all of it from a
    /// folder, and mostly from a bucket.
    ///
    /// # Errors
    ///
    /// [`FilesError::Disk`] or [`FilesError::Storage`].
    pub async fn remove(&self, sha256: Sha256) -> Result<(), FilesError> {
        match &*self.store {
            Store::Local(folder) => folder.remove(&sha256.key()).await,
            Store::S3(bucket) => bucket.remove(&sha256.key()).await,
        }
    }
}

/// The range to read of a file of `size` bytes.
pub(crate) fn within(range: Option<Range<u64>>, size: u64) -> Result<Range<u64>, FilesError> {
    let range = range.unwrap_or(0..size);
    let range = range.start..range.end.min(size);
    if range.is_empty() && size > 0 { Err(FilesError::OutOfRange { size }) } else { Ok(range) }
}
