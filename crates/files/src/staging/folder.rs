//! The folder a process stages files in, and the files in it.
//!
//! Each process has its own folder below the staging folder, and holds a lock on a file in it for as long as it lives. A
//! folder whose lock is free belonged to a process that was killed, and is emptied when the next one starts.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::runtime::Handle;

use crate::error::FilesError;

/// The file whose lock says that a folder's process lives, or (in the staging folder itself) that one is starting.
const LOCK: &str = "lock";

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
        if !is_random_name(&entry.file_name().to_string_lossy()) {
            continue;
        }
        match clear(&entry.path()) {
            // Its process is just ending and removes it itself, or it holds what is not ours.
            Err(e)
                if matches!(
                    e.kind(),
                    ErrorKind::NotFound | ErrorKind::DirectoryNotEmpty | ErrorKind::NotADirectory
                ) => {}
            other => other?,
        }
    }
    Ok(())
}

/// Removes the folder of a process, unless that lives.
fn clear(folder: &Path) -> io::Result<()> {
    let lock = open_lock(folder)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(()),
        Err(TryLockError::Error(e)) => return Err(e),
    }
    for file in fs::read_dir(folder)? {
        let file = file?;
        if is_random_name(&file.file_name().to_string_lossy()) {
            fs::remove_file(file.path())?;
        }
    }
    fs::remove_file(folder.join(LOCK))?;
    fs::remove_dir(folder)
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
    getrandom::fill(&mut bytes)
        .map_err(|e| FilesError::Disk { action: "draw a random name", source: io::Error::other(e) })?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

fn is_random_name(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|c| c.is_ascii_hexdigit())
}

/// A file in the staging folder, removed when dropped.
#[derive(Debug)]
pub(crate) struct StagedFile {
    pub(crate) file: File,
    remove: Option<RemoveOnDrop>,
}

impl StagedFile {
    pub(super) fn create(folder: Arc<StagingFolder>) -> Result<Self, FilesError> {
        let path = folder.new_path()?;
        let file = private_file().create_new(true).open(&path).map_err(FilesError::disk("make a staging file"))?;
        Ok(Self { file, remove: Some(RemoveOnDrop { path, _folder: folder }) })
    }

    pub(crate) fn path(&self) -> &Path {
        self.remove.as_ref().map_or(Path::new(""), |remove| &remove.path)
    }
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        let remove = self.remove.take();
        // Unlinking a large file can take a while, so not on a thread that serves others. A runtime that is shutting down
        // drops the closure instead of running it, which removes the file as well.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn_blocking(move || drop(remove));
        }
    }
}

#[derive(Debug)]
struct RemoveOnDrop {
    path: PathBuf,
    /// Keeps the process's folder and its lock until its last file is gone.
    _folder: Arc<StagingFolder>,
}

impl Drop for RemoveOnDrop {
    fn drop(&mut self) {
        // Not there any more when it was kept; what fails otherwise is cleared at the next start.
        let _ = fs::remove_file(&self.path);
    }
}
