//! Kept files in a folder of this machine.
//!
//! Not `object_store`'s local backend: that would copy every file once more, from the staging folder to its own. Here a
//! file is synced and moves by rename; then the folders that name it are synced, from the lowest up, because a rename is not
//! durable before its folder is. Only then does `put` return, and a database row may rely on it.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use futures_util::StreamExt;
use tokio::io::AsyncReadExt;
use tokio_util::io::ReaderStream;

use crate::error::FilesError;
use crate::files::FileBody;
use crate::staging::{StagedFile, StagingFolder, blocking, make_folder, random_name};

/// Bytes of a chunk when reading.
const CHUNK: usize = 64 * 1024;

#[derive(Debug)]
pub(crate) struct LocalFolder {
    dir: PathBuf,
}

impl LocalFolder {
    /// Makes the folder, and makes sure that files can move into it from `staging`.
    pub(crate) fn open(dir: PathBuf, staging: &StagingFolder) -> Result<Self, FilesError> {
        make_folder(&dir).map_err(FilesError::disk("make the folder of kept files"))?;
        let dir = fs::canonicalize(dir).map_err(FilesError::disk("find the folder of kept files"))?;
        // It may be new, and those above it too. Those that may not be opened were there before.
        dir.ancestors().skip(1).for_each(|folder| {
            let _ = sync_folder(folder);
        });
        let from = staging.new_path()?;
        let to = dir.join(random_name()?);
        File::create_new(&from).map_err(FilesError::disk("write to the staging folder"))?;
        let moved = fs::rename(&from, &to);
        let _ = fs::remove_file(if moved.is_ok() { &to } else { &from });
        match moved {
            Err(e) if e.kind() == ErrorKind::CrossesDevices => Err(FilesError::Settings(format!(
                "the staging folder must be on the same filesystem as the folder of kept files, \"{}\"",
                dir.display(),
            ))),
            Err(e) => Err(FilesError::disk("write to the folder of kept files")(e)),
            Ok(()) => Ok(Self { dir }),
        }
    }

    /// Puts the file at `key`, unless it is there already. True when it was written.
    pub(crate) async fn put(&self, key: &str, staged: StagedFile, size: u64) -> Result<bool, FilesError> {
        let (root, path) = (self.dir.clone(), self.dir.join(key));
        blocking(move || {
            let there = match fs::metadata(&path) {
                Ok(found) => found.len() == size,
                Err(e) if e.kind() == ErrorKind::NotFound => false,
                Err(e) => return Err(FilesError::disk("look for a kept file")(e)),
            };
            if !there {
                staged.file.sync_all().map_err(FilesError::disk("sync a file"))?;
                if let Some(folder) = path.parent() {
                    make_folder(folder).map_err(FilesError::disk("make a folder for a kept file"))?;
                }
                fs::rename(staged.path(), &path).map_err(FilesError::disk("move a file into place"))?;
            }
            // Also when it was there: another process may have moved it in a moment ago and not have synced yet.
            sync_folders(&path, &root).map_err(FilesError::disk("sync the folders of a kept file"))?;
            Ok(!there)
        })
        .await
    }

    /// Size of the file at `key`; none when there is none.
    pub(crate) async fn size(&self, key: &str) -> Result<Option<u64>, FilesError> {
        let path = self.dir.join(key);
        blocking(move || match fs::metadata(&path) {
            Ok(found) => Ok(Some(found.len())),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(FilesError::disk("look for a kept file")(e)),
        })
        .await
    }

    /// Streams the file at `key`, or `range` of it.
    pub(crate) async fn read(&self, key: &str, range: Option<Range<u64>>) -> Result<FileBody, FilesError> {
        let path = self.dir.join(key);
        let (file, size, range) = blocking(move || {
            let mut file = File::open(&path).map_err(|e| match e.kind() {
                ErrorKind::NotFound => FilesError::Missing,
                _ => FilesError::disk("open a kept file")(e),
            })?;
            let size = file.metadata().map_err(FilesError::disk("read a kept file"))?.len();
            let range = crate::files::within(range, size)?;
            file.seek(SeekFrom::Start(range.start)).map_err(FilesError::disk("read a kept file"))?;
            Ok((file, size, range))
        })
        .await?;
        let reader = tokio::fs::File::from_std(file).take(range.end - range.start);
        let stream = ReaderStream::with_capacity(reader, CHUNK);
        let stream = stream.map(|chunk| chunk.map_err(FilesError::disk("read a kept file"))).boxed();
        Ok(FileBody { size_total: size, range, stream })
    }

    /// Removes the file at `key`; none there is fine.
    pub(crate) async fn remove(&self, key: &str) -> Result<(), FilesError> {
        let path = self.dir.join(key);
        blocking(move || {
            match fs::remove_file(&path) {
                Ok(()) => {}
                Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
                Err(e) => return Err(FilesError::disk("remove a kept file")(e)),
            }
            // Or it would be back after a power cut, with no row that knows of it.
            path.parent().map_or(Ok(()), sync_folder).map_err(FilesError::disk("sync the folder of a removed file"))
        })
        .await
    }
}

/// Syncs the folders from that of `path` up to `root`, both included.
fn sync_folders(path: &Path, root: &Path) -> io::Result<()> {
    path.ancestors().skip(1).take_while(|folder| folder.starts_with(root)).try_for_each(sync_folder)
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Windows has no such call; NTFS keeps its folders in a journal.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
