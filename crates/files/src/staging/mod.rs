//! Files on their way in: a name nobody chose, a limit, a look at the content, and gone when nobody wants them any more.

mod folder;

use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

use sha2::Digest;
use tokio::task::spawn_blocking;

pub(crate) use self::folder::{StagedFile, StagingFolder, make_folder, random_name};
use crate::config::Policy;
use crate::error::FilesError;
use crate::hash::Sha256;
use crate::kind::FileKind;
use crate::{names, sniff};

/// Bytes that are gathered before they are written, to visit the blocking threads seldom.
const GATHER: usize = 256 * 1024;

/// What the blocking threads work on: the file and the hash of what is in it.
struct Work {
    staged: StagedFile,
    hasher: sha2::Sha256,
}

impl Work {
    fn start(folder: Arc<StagingFolder>) -> Result<Self, FilesError> {
        Ok(Self { staged: StagedFile::create(folder)?, hasher: sha2::Sha256::new() })
    }

    fn take_in(&mut self, bytes: &[u8]) -> Result<(), FilesError> {
        self.hasher.update(bytes);
        self.staged.file.write_all(bytes).map_err(FilesError::disk("write a staging file"))
    }
}

/// Where the work is.
enum State {
    /// Nothing written yet.
    Fresh(Arc<StagingFolder>),
    /// Between two writes.
    Ready(Box<Work>),
    /// With a blocking thread; stays so when the write was cancelled or failed, and the file goes with the thread's work.
    Away,
}

/// A file that is being received. Dropping it removes what has been written.
pub struct Staging {
    state: State,
    name: String,
    policy: Policy,
    size: u64,
    /// Copied together, since a slice of the connection's buffer would hold all of that buffer.
    gathered: Vec<u8>,
}

impl Staging {
    pub(crate) fn new(folder: Arc<StagingFolder>, original: &str, policy: Policy) -> Self {
        let name = names::clean_name(original);
        Self { state: State::Fresh(folder), name, policy, size: 0, gathered: Vec::new() }
    }

    /// Adds the next bytes. They are gathered (up to 256 KB) and written by blocking threads.
    ///
    /// # Errors
    ///
    /// [`FilesError::TooLarge`] as soon as the sum is over the limit; what was written is removed at once.
    /// [`FilesError::Disk`] when the disk fails, [`FilesError::BrokenOff`] after an earlier error or cancelled write.
    pub async fn write(&mut self, chunk: impl AsRef<[u8]>) -> Result<(), FilesError> {
        let chunk = chunk.as_ref();
        self.size = self.size.saturating_add(chunk.len() as u64);
        if self.size > self.policy.limit {
            self.state = State::Away;
            self.gathered = Vec::new();
            return Err(FilesError::TooLarge { limit: self.policy.limit });
        }
        self.gathered.extend_from_slice(chunk);
        if self.gathered.len() >= GATHER { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), FilesError> {
        let mut bytes = std::mem::take(&mut self.gathered);
        let state = std::mem::replace(&mut self.state, State::Away);
        let work = blocking(move || {
            let mut work = match state {
                State::Fresh(folder) => Box::new(Work::start(folder)?),
                State::Ready(work) => work,
                State::Away => return Err(FilesError::BrokenOff),
            };
            work.take_in(&bytes)?;
            bytes.clear();
            Ok((work, bytes))
        });
        let (work, emptied) = work.await?;
        self.gathered = emptied;
        self.state = State::Ready(work);
        Ok(())
    }

    /// Ends the file: tells its kind from its content, and holds that against the name and the policy.
    ///
    /// # Errors
    ///
    /// [`FilesError::Empty`]; [`FilesError::Mislabelled`], [`FilesError::Unsupported`], [`FilesError::Dangerous`],
    /// [`FilesError::Macros`], [`FilesError::PasswordProtected`], [`FilesError::NotUnicode`] and [`FilesError::Damaged`] after
    /// the content; [`FilesError::Disk`] and [`FilesError::BrokenOff`] as for [`write`](Self::write). In every case the staging
    /// file is gone.
    pub async fn finish(mut self) -> Result<Staged, FilesError> {
        if self.size == 0 {
            return Err(FilesError::Empty { name: self.name });
        }
        if self.size > self.policy.limit {
            return Err(FilesError::TooLarge { limit: self.policy.limit });
        }
        self.flush().await?;
        let State::Ready(work) = self.state else {
            return Err(FilesError::BrokenOff);
        };
        let (name, size, policy) = (self.name, self.size, self.policy);
        blocking(move || {
            let Work { mut staged, hasher } = *work;
            let content = sniff::inspect(&mut staged.file, size).map_err(FilesError::disk("read a staging file"))?;
            let kind = sniff::judge(content, &name, policy)?;
            Ok(Staged { staged, name, size, sha256: Sha256::from_bytes(hasher.finalize().into()), kind })
        })
        .await
    }
}

impl fmt::Debug for Staging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Staging").field("name", &self.name).field("size", &self.size).finish_non_exhaustive()
    }
}

/// A file that was received whole and found good. Dropping it removes it.
#[derive(Debug)]
pub struct Staged {
    pub(crate) staged: StagedFile,
    pub(crate) name: String,
    pub(crate) size: u64,
    pub(crate) sha256: Sha256,
    pub(crate) kind: FileKind,
}

impl Staged {
    /// The name it was sent under, clean (see [`clean_name`](crate::clean_name)).
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its size in bytes; never zero.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The hash of its content, under which [`Files::keep`](crate::Files::keep) will store it.
    pub const fn sha256(&self) -> Sha256 {
        self.sha256
    }

    /// The kind, on which content and name agree.
    pub const fn kind(&self) -> FileKind {
        self.kind
    }
}

/// Runs `work` on a blocking thread. A panic in it, or a runtime that stops, shows as a disk error.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FilesError> + Send + 'static,
) -> Result<T, FilesError> {
    spawn_blocking(work).await.unwrap_or_else(|e| {
        Err(FilesError::Disk { action: "finish work on a blocking thread", source: io::Error::other(e) })
    })
}
