//! A disk of a test's own, which can be full.

use std::{
    env,
    fs::{self, File},
    io::{ErrorKind, Write},
    path::PathBuf,
    process::Command,
};

/// Mounts a disk in memory that nobody else sees, and runs a command that is told of it.
const MOUNT: &str = r#"
disk=$(mktemp -d) && mount -t tmpfs -o "size=$1m" none "$disk" || exit 1
shift
OWN_DISK="$disk" "$@"
ended=$?
umount "$disk" && rmdir "$disk"
exit $ended
"#;

pub(super) struct OwnDisk {
    pub(super) folder: PathBuf,
}

impl OwnDisk {
    /// In the test as it was started: runs it again where there is a disk of so many megabytes, and gives none. There: gives it. (Not the whole
    /// story in one process: SQLite follows links by itself, and so finds no way to what another process has mounted.)
    pub(super) fn of(megabytes: u32, test: &str) -> Option<Self> {
        if let Some(folder) = env::var_os("OWN_DISK") {
            return Some(Self { folder: folder.into() });
        }
        let is_root = rustix::process::geteuid().is_root();
        let as_whom: &[&str] = if is_root { &[] } else { &["--user", "--map-root-user"] };
        let ended = Command::new("unshare")
            .args(as_whom)
            .args(["--mount", "sh", "-c", MOUNT, "sh", &megabytes.to_string()])
            .arg(env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .status()
            .expect("unshare of util-linux");
        assert!(
            ended.success(),
            "see above; where nothing was run, a disk of a size of its own can't be had: that needs root with CAP_SYS_ADMIN, or a kernel that \
             lets users have namespaces of their own"
        );
        None
    }

    /// Takes all the room that is left.
    pub(super) fn fill(&self) {
        let mut filler = File::create(self.filler()).unwrap();
        let full = (0..).find_map(|_| filler.write_all(&[0; 4096]).err()).unwrap();
        assert_eq!(full.kind(), ErrorKind::StorageFull);
    }

    /// Gives it back.
    pub(super) fn free(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.folder.join("filler")
    }
}
