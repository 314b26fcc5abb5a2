//! This machine: folders, room, open files, the clock, and what it knows of the last backup.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use lamplight_kernel::{Chance, Clock};
use lamplight_store::DatabaseUrl;
use rustix::process::{Resource, geteuid, getrlimit};

use super::{Report, State, settings::Set};
use crate::{
    disk::{self, Room, Space},
    last_backup,
};

/// Files that are open besides those of connections: the database, uploads under way, the program itself.
const OTHER_FILES: u64 = 500;
/// From where systemd takes an account that exists while a service runs (systemd.exec(5), `DynamicUser`). sudo does not know these numbers.
const DYNAMIC: std::ops::RangeInclusive<u32> = 61_184..=65_519;
/// The doctor as the service of `packaging/lamplight.service`; scripts/packaging/service.py holds it against that.
const AS_SERVICE: &str = "systemd-run --pty --wait --collect --property=DynamicUser=yes --property=User=lamplight \
     --property=StateDirectory=lamplight --property=StateDirectoryMode=0700 --property=UMask=0077 \
     --property=EnvironmentFile=-/etc/lamplight/environment --setenv=DATA_DIR=/var/lib/lamplight --property=LimitNOFILE=65536 \
     lamplight --config /etc/lamplight/lamplight.toml doctor";
/// Nobody runs this before or after.
const YEARS: std::ops::RangeInclusive<i16> = 2026..=2100;

/// What became of a folder's check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Folder {
    /// It can be written to.
    Ours,
    /// It is another account's: what only that one can tell was not tried.
    Foreign,
    /// It is not there, or can't be used.
    Missing,
}

/// The folder for everything, and that of the embedded database when it is elsewhere.
pub(super) fn data_folder(report: &mut Report, set: &Set, chance: &Chance) -> Folder {
    let settings = &set.settings;
    let data_dir = folder(report, "data folder", &settings.data_dir, None, set, chance);
    if let (DatabaseUrl::Sqlite(path), true) = (&settings.database_url, set.holds("DATABASE_URL")) {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let is_elsewhere = match (fs::canonicalize(parent), fs::canonicalize(&settings.data_dir)) {
            (Ok(parent), Ok(data_dir)) => parent != data_dir,
            _ => parent != settings.data_dir,
        };
        if is_elsewhere {
            folder(report, "database", parent, Some(path), set, chance);
        }
        if let Ok(Some(kind)) = disk::shared_kind(parent) {
            let what = format!("{} is on {kind}, where SQLite can't keep its log of writes safe", parent.display());
            let advice = "put the database on a disk of this machine (DATA_DIR or DATABASE_URL), or use PostgreSQL";
            report.warning("database", what, advice);
        }
    }
    data_dir
}

/// Looks at a folder. With `file`, nothing but that is in it that nobody else may read.
fn folder(
    report: &mut Report,
    check: &'static str,
    path: &Path,
    file: Option<&Path>,
    set: &Set,
    chance: &Chance,
) -> Folder {
    let shown = std::path::absolute(path).unwrap_or(path.to_owned()).display().to_string();
    let metadata = match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => metadata,
        Ok(_) => {
            report.problem(check, format!("{shown} is no folder"), "set DATA_DIR (or DATABASE_URL) to a folder");
            return Folder::Missing;
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let advice = "start `lamplight serve` once, which makes it; or set DATA_DIR to where it is: a name without a slash before it \
                          is looked for in the folder that this was started in";
            report.problem(check, format!("there is no folder {shown}"), advice);
            return Folder::Missing;
        }
        Err(error) => {
            let advice =
                format!("run this in the server's account; as the service of systemd, from root: {AS_SERVICE}");
            report.problem(check, format!("{shown} can't be looked at: {error}"), advice);
            return Folder::Missing;
        }
    };
    let mode = metadata.mode() & 0o777;
    let mut is_well = true;
    let is_hidden = file.is_some_and(|file| fs::metadata(file).is_ok_and(|file| file.mode() & 0o006 == 0));
    if mode & 0o007 != 0 && !is_hidden {
        let what = format!(
            "everybody on this machine can look into {shown} (mode {mode:o}), which holds names and password hashes"
        );
        report.problem(check, what, format!("chmod 700 {shown}"));
        is_well = false;
    }
    let (own, owner) = (geteuid().as_raw(), metadata.uid());
    let result = if own == owner {
        match tried(path, chance) {
            Ok(()) => Folder::Ours,
            Err(error) => {
                let advice = match error.kind() {
                    ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room on that disk",
                    ErrorKind::ReadOnlyFilesystem => {
                        "that disk is mounted read-only: look into the system's log, then mount it for writing"
                    }
                    _ => "let the server's account write there (chown, chmod), or set DATA_DIR to another folder",
                };
                report.problem(check, format!("{shown} can't be written to: {error}"), advice);
                is_well = false;
                Folder::Missing
            }
        }
    } else {
        let what =
            format!("{shown} belongs to account {owner}, and this runs as {own}: nothing there was tried by writing");
        report.warning(check, what, format!("run it in that account: {}", command_of(owner, set.file.as_deref())));
        is_well = false;
        Folder::Foreign
    };
    match Space::of(path) {
        Ok(space) => {
            let free = format!("{} of {} are free", disk::amount(space.free), disk::amount(space.total));
            let what = format!("{free} on the disk of {shown}");
            match space.room() {
                Room::None => report.problem(check, what, "make room now: soon nothing can be saved"),
                Room::Little => report.warning(check, what, "make room, or move it to a larger disk"),
                Room::Enough if is_well => report.ok(check, format!("{shown} can be written to; {free}")),
                Room::Enough => {}
            }
        }
        Err(error) => report.warning(check, format!("how much room {shown} has is not known: {error}"), "look with df"),
    }
    result
}

/// How to run this in another account, with the same settings.
fn command_of(account: u32, file: Option<&Path>) -> String {
    if DYNAMIC.contains(&account) {
        return AS_SERVICE.to_owned();
    }
    let config = file.map_or(String::new(), |file| {
        format!(" --config {}", std::path::absolute(file).unwrap_or(file.to_owned()).display())
    });
    format!("sudo -u '#{account}' lamplight{config} doctor")
}

/// Writes a file, to the disk, and removes it.
fn tried(folder: &Path, chance: &Chance) -> io::Result<()> {
    let path = folder.join(format!(".doctor-{:016x}", u64::from_be_bytes(chance.bytes())));
    let written = File::create_new(&path).and_then(|mut file| {
        file.write_all(&[b'x'; 4096])?;
        file.sync_all()
    });
    let removed = match fs::remove_file(&path) {
        // It could not even be made.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    };
    written.and(removed)
}

/// Whether as many connections can be open as are permitted.
pub(super) fn open_files(report: &mut Report, set: &Set) {
    if !set.holds("HTTP_CONNECTIONS") {
        return;
    }
    let connections = u64::try_from(set.settings.http_connections).unwrap_or(u64::MAX);
    let needed = connections.saturating_add(OTHER_FILES);
    match getrlimit(Resource::Nofile).current {
        Some(limit) if limit < needed => {
            let what = format!(
                "what is started here may open {limit} files, and HTTP_CONNECTIONS alone permits {connections} connections, each of which \
                 is one; open pages come on top"
            );
            let advice = "LimitNOFILE=65536 in the unit of systemd (packaging/lamplight.service has it), or `ulimit -n 65536` before the start";
            report.warning("open files", what, advice);
        }
        Some(limit) => report.ok(
            "open files",
            format!("{limit} may be open, for {connections} connections over HTTP and the open pages"),
        ),
        None => report.ok("open files", "there is no limit".to_owned()),
    }
}

/// When the last good backup was made.
pub(super) fn backup(report: &mut Report, set: &Set, clock: &Clock) {
    let is_embedded = matches!(set.settings.database_url, DatabaseUrl::Sqlite(_));
    let advice = if is_embedded {
        "lamplight backup FOLDER, every night (docs/operations.md)"
    } else {
        "pg_dump or a base backup every night (docs/operations.md), and `lamplight backed-up` after each that went well"
    };
    match last_backup::last(&set.settings.data_dir) {
        Ok(Some(at)) => {
            let age = at.until(clock.now());
            let what = format!("the last one that went well was made at {at}, {}", ago(age));
            if age > last_backup::TOO_OLD {
                report.warning("backup", what, advice);
            } else {
                report.ok("backup", what);
            }
        }
        Ok(None) if is_embedded => report.warning("backup", "there was never one", advice),
        Ok(None) => report.warning("backup", "it is not known when the last one was made: other tools make it", advice),
        Err(error) => {
            let path: PathBuf = set.settings.data_dir.clone();
            let what = format!("when the last one was made can't be read in {}: {error}", path.display());
            report.warning("backup", what, advice);
        }
    }
}

fn ago(age: std::time::Duration) -> String {
    match age.as_secs() / 3600 {
        0 => "less than an hour ago".to_owned(),
        hours @ 1..48 => format!("{hours} hours ago"),
        hours => format!("{} days ago", hours / 24),
    }
}

/// Whether the clock can be right.
pub(super) fn clock(report: &mut Report, set: &Set, clock: &Clock) {
    if !set.holds("TIMEZONE") {
        return;
    }
    let (zone, name) = (&set.settings.timezone, &set.settings.timezone_name);
    let now = jiff::Timestamp::from_millisecond(clock.now().millis()).unwrap_or(jiff::Timestamp::MAX);
    let there = now.to_zoned(zone.clone());
    let shown = there.strftime("%Y-%m-%d %H:%M");
    if YEARS.contains(&there.year()) {
        report.add("clock", State::Ok, format!("it is {shown} at the institute ({name}, the setting TIMEZONE)"), None);
    } else {
        let advice = "set the clock of this machine, and let it follow a time server (timedatectl set-ntp true)";
        report.problem("clock", format!("the clock says {shown}, which can't be"), advice);
    }
}
