//! Files on their way in: a folder of their own, a name nobody chose, and gone when nobody wants them any more.
//!
//! Each process has its own folder below the staging folder, and holds a lock on a file in it for as long as it lives. A
//! folder whose lock is free belonged to a process that was killed, and is emptied when the next one starts.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::Digest;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use crate::config::Policy;
use crate::error::FilesError;
use crate::hash::Sha256;
use crate::kind::FileKind;
use crate::{names, sniff};

/// The file whose lock says that a folder's process lives, or (in the staging folder itself) that one is starting.
const LOCK: &str = "lock";
/// Bytes that are gathered before they are written, to visit the blocking threads seldom.
const GATHER: usize = 256 * 1024;

/// The folder of this process.
#[derive(Debug)]
pub(crate) struct StagingFolder {
    path: PathBuf,
    /// Locked until it is closed, by us or by the system.
    _lock: File,
}

impl StagingFolder {
    /// Clears what killed processes left, and makes a folder for this one.
    pub(crate) fn open(staging: &Path) -> Result<Self, FilesError> {
        make_folder(staging).map_err(FilesError::disk("make the staging folder"))?;
        // One process at a time, so that none finds the folder of another made but not locked yet.
        let starting = open_lock(staging).map_err(FilesError::disk("open the staging folder's lock"))?;
        starting.lock().map_err(FilesError::disk("lock the staging folder"))?;
        clear_leftovers(staging).map_err(FilesError::disk("clear the staging folder"))?;
        let path = staging.join(random_name()?);
        make_folder(&path).map_err(FilesError::disk("make a folder for staging"))?;
        let lock = open_lock(&path).map_err(FilesError::disk("make the lock of a staging folder"))?;
        lock.lock().map_err(FilesError::disk("lock a staging folder"))?;
        Ok(Self { path, _lock: lock })
    }

    /// A path in the folder that does not exist yet.
    pub(crate) fn new_path(&self) -> Result<PathBuf, FilesError> {
        Ok(self.path.join(random_name()?))
    }
}

impl Drop for StagingFolder {
    fn drop(&mut self) {
        // The lock goes last; what fails here is cleared at the next start.
        if fs::remove_file(self.path.join(LOCK)).is_ok() {
            let _ = fs::remove_dir(&self.path);
        }
    }
}

/// Removes the folders of dead processes. Only what looks like ours is touched: the setting may point anywhere.
fn clear_leftovers(staging: &Path) -> io::Result<()> {
    for entry in fs::read_dir(staging)? {
        let entry = entry?;
        if !is_random_name(&entry.file_name().to_string_lossy()) || !entry.file_type()?.is_dir() {
            continue;
        }
        let folder = entry.path();
        let lock = open_lock(&folder)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => continue,
            Err(TryLockError::Error(e)) => return Err(e),
        }
        for file in fs::read_dir(&folder)? {
            let file = file?;
            if is_random_name(&file.file_name().to_string_lossy()) {
                fs::remove_file(file.path())?;
            }
        }
        fs::remove_file(folder.join(LOCK))?;
        fs::remove_dir(&folder)?;
    }
    Ok(())
}

fn open_lock(folder: &Path) -> io::Result<File> {
    private_file().create(true).truncate(false).open(folder.join(LOCK))
}

/// Makes a folder and those above it, for this user alone.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// 32 hex digits from the system's source of chance. A name, not an id: tests need not repeat it.
pub(crate) fn random_name() -> Result<String, FilesError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|e| FilesError::Disk {
        action: "draw a random name",
        source: io::Error::other(e),
    })?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

fn is_random_name(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|c| c.is_ascii_hexdigit())
}

/// A file in the staging folder, removed when dropped.
#[derive(Debug)]
pub(crate) struct StagedFile {
    pub(crate) path: PathBuf,
    pub(crate) file: File,
    /// Keeps the process's lock until the last file is gone.
    _folder: Arc<StagingFolder>,
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        struct Remove(PathBuf);
        impl Drop for Remove {
            fn drop(&mut self) {
                // Not there any more when it was kept.
                let _ = fs::remove_file(&self.0);
            }
        }
        let remove = Remove(std::mem::take(&mut self.path));
        // Unlinking a large file can take a while, so not on a thread that serves others. A runtime that is shutting down
        // drops the closure instead of running it, which removes the file as well.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn_blocking(move || drop(remove));
        }
    }
}

/// What the blocking threads work on: the file and the hash of what is in it.
struct Work {
    staged: StagedFile,
    hasher: sha2::Sha256,
}

impl Work {
    fn start(folder: Arc<StagingFolder>) -> Result<Self, FilesError> {
        let path = folder.new_path()?;
        let file = private_file()
            .create_new(true)
            .open(&path)
            .map_err(FilesError::disk("make a staging file"))?;
        Ok(Self {
            staged: StagedFile {
                path,
                file,
                _folder: folder,
            },
            hasher: sha2::Sha256::new(),
        })
    }

    fn take_in(&mut self, bytes: &[u8]) -> Result<(), FilesError> {
        self.hasher.update(bytes);
        self.staged
            .file
            .write_all(bytes)
            .map_err(FilesError::disk("write a staging file"))
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
        Self {
            state: State::Fresh(folder),
            name,
            policy,
            size: 0,
            gathered: Vec::new(),
        }
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
            return Err(FilesError::TooLarge {
                limit: self.policy.limit,
            });
        }
        self.gathered.extend_from_slice(chunk);
        if self.gathered.len() >= GATHER {
            self.flush().await
        } else {
            Ok(())
        }
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
            return Err(FilesError::TooLarge {
                limit: self.policy.limit,
            });
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
            Ok(Staged {
                staged,
                name,
                size,
                sha256: Sha256::from_bytes(hasher.finalize().into()),
                kind,
            })
        })
        .await
    }
}

impl fmt::Debug for Staging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Staging")
            .field("name", &self.name)
            .field("size", &self.size)
            .finish_non_exhaustive()
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
        Err(FilesError::Disk {
            action: "finish work on a blocking thread",
            source: io::Error::other(e),
        })
    })
}
