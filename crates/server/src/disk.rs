//! How much room there is, and what kind of disk it is.

use std::{io, path::Path};

use rustix::fs::{statfs, statvfs};

/// Room on the disk that a folder is on, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Space {
    /// What we may still write.
    pub(crate) free: u64,
    /// In all; 0 when that has no meaning there.
    pub(crate) total: u64,
}

/// Whether there is enough room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    Enough,
    /// Somebody should look.
    Little,
    /// Saving fails soon.
    None,
}

const MIB: u64 = 1024 * 1024;
const GIB: u64 = 1024 * MIB;
/// With less than this, an upload or two fill it.
const NONE: u64 = 200 * MIB;
const LITTLE: u64 = GIB;
/// With more than this nobody is bothered, whatever part of the disk it is.
const PLENTY: u64 = 50 * GIB;

impl Space {
    /// Of the disk that this folder is on.
    pub(crate) fn of(folder: &Path) -> io::Result<Self> {
        let disk = statvfs(folder)?;
        Ok(Self {
            free: disk.f_bavail.saturating_mul(disk.f_frsize),
            total: disk.f_blocks.saturating_mul(disk.f_frsize),
        })
    }

    pub(crate) fn room(self) -> Room {
        match self.free {
            _ if self.total == 0 => Room::Enough,
            ..NONE => Room::None,
            NONE..LITTLE => Room::Little,
            free if free < self.total / 10 && free < PLENTY => Room::Little,
            _ => Room::Enough,
        }
    }
}

/// Bytes, as people say them.
pub(crate) fn amount(bytes: u64) -> String {
    let tenths = |unit: u64| format!("{}.{}", bytes / unit, bytes % unit * 10 / unit);
    match bytes {
        ..MIB => format!("{} KB", bytes / 1024),
        MIB..GIB => format!("{} MB", bytes / MIB),
        _ => format!("{} GB", tenths(GIB)),
    }
}

/// What a disk of another machine is called, on which the embedded database's log of writes is not safe: those who share it must share
/// memory (<https://sqlite.org/wal.html>). From statfs(2).
pub(crate) fn shared_kind(folder: &Path) -> io::Result<Option<&'static str>> {
    // The type is signed on some machines and not on others, and these numbers have 32 bits.
    let number = u64::try_from(i128::from(statfs(folder)?.f_type) & 0xFFFF_FFFF).unwrap_or_default();
    Ok(match number {
        0x6969 => Some("NFS"),
        0x517B | 0xFF53_4D42 | 0xFE53_4D42 => Some("a Windows share (SMB/CIFS)"),
        0x0102_1997 => Some("9p"),
        0x00C3_6400 => Some("CephFS"),
        0x5346_414F => Some("AFS"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_much_room_is_enough() {
        for (free, total, room) in [
            (199 * MIB, 100 * GIB, Room::None),
            (201 * MIB, GIB, Room::Little),
            (2 * GIB, 100 * GIB, Room::Little),
            (2 * GIB, 10 * GIB, Room::Enough),
            (60 * GIB, 4000 * GIB, Room::Enough),
            (0, 0, Room::Enough),
        ] {
            assert_eq!(Space { free, total }.room(), room, "{free} of {total}");
        }
        let shown = [0, 300 * 1024, 5 * MIB, 3 * GIB / 2].map(amount);
        assert_eq!(shown, ["0 KB", "300 KB", "5 MB", "1.5 GB"]);
    }

    #[test]
    fn a_temporary_folder_is_on_some_disk() {
        let folder = tempfile::tempdir().unwrap();
        let space = Space::of(folder.path()).unwrap();
        assert!(space.free <= space.total && space.total > 0, "{space:?}");
        assert!(shared_kind(folder.path()).is_ok());
        assert!(Space::of(&folder.path().join("none")).is_err());
    }
}
