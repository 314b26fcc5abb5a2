//! What root makes in the folder of another account, that account must be able to use: it is given to it.
//!
//! The folder's account may do in it what it likes meanwhile, so nothing is looked up twice by its name: what was opened is what is given,
//! and no link is followed.

use std::{
    fs, io,
    os::{
        fd::AsFd,
        unix::fs::{MetadataExt, fchown},
    },
    path::Path,
};

use rustix::{
    fs::{CWD, Dir, FileType, Mode, OFlags, fstat, openat},
    path::Arg,
    process::geteuid,
};

/// An account that is not the one that this runs in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner {
    uid: u32,
    gid: u32,
}

/// Whose folder this is, when we are root and it is another's. Who is not root can give nothing away.
pub(super) fn of(folder: &Path) -> io::Result<Option<Owner>> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    let folder = fs::metadata(folder)?;
    Ok(Some(Owner { uid: folder.uid(), gid: folder.gid() }).filter(|owner| owner.uid != 0))
}

impl Owner {
    /// Gives it a file, or a folder with all that is below.
    pub(super) fn give(self, path: &Path) -> io::Result<()> {
        self.give_at(CWD, path)
    }

    fn give_at(self, folder: impl AsFd, name: impl Arg) -> io::Result<()> {
        // A pipe that somebody has put there must not hold us up.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let opened = openat(folder, name, flags, Mode::empty())?;
        if FileType::from_raw_mode(fstat(&opened)?.st_mode) == FileType::Directory {
            for entry in Dir::read_from(&opened)? {
                let entry = entry?;
                if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
                    self.give_at(&opened, entry.file_name())?;
                }
            }
        }
        // The folder last: until then nobody else changes what is in it.
        fchown(&opened, Some(self.uid), Some(self.gid))
    }
}
