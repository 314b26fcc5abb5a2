//! `lamplight backup` and `lamplight restore`: an institute on the embedded database as one folder, taken while the server runs.
//!
//! A backup is a folder with `lamplight.db` (one moment of the database), `files/` (every file that this moment refers to, in the
//! layout of `DATA_DIR/files`), `jwt.secret` if there is one, and `backup.json`, which says what must be there. It comes to its name
//! by rename when it is whole: half a backup is never taken for one.
//!
//! **Restoring begins a new epoch.** What the log said after the backup did not happen, so no client may resume from there: each is told
//! to load afresh. And the signing key is retired: who was signed out or lost a right after the backup must not come back with it.
//!
//! **Root restores for the server's account**: what it makes belongs afterwards to whom `DATA_DIR` belongs to (`backup/owner.rs`).
//!
//! PostgreSQL and S3 have tools of their own, which know more than we do; `docs/operations.md` says which.

mod owner;

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Read},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use lamplight_features::{accounts, audit, uploads};
use lamplight_files::Sha256;
use lamplight_kernel::{Chance, Clock};
use lamplight_store::{DatabaseUrl, Store};
use serde::{Deserialize, Serialize};
use sha2::Digest;

use crate::{cli::say, last_backup, settings::Settings};

const DATABASE: &str = "lamplight.db";
pub(crate) const FILES: &str = "files";
pub(crate) const SECRET: &str = "jwt.secret";
const CONTENTS: &str = "backup.json";
/// What is not whole yet.
const RESTORING: &str = ".restoring";
/// What `lamplight_store` keeps beside a database that is open.
const LOCK: &str = ".lock";
/// A file may be deleted between the moment of the database and its turn to be copied. Then another moment is taken.
const TRIES: usize = 5;
/// How often somebody who waits is told how far it is, in files.
const SAY_EVERY: usize = 500;

/// What a backup holds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Contents {
    /// The version of Lamplight that made it.
    version: String,
    /// When, RFC 3339.
    made_at: String,
    /// Of `lamplight.db`.
    database_sha256: String,
    /// How many files.
    files: usize,
    /// How many bytes they have together.
    file_bytes: u64,
}

fn embedded(settings: &Settings) -> anyhow::Result<&Path> {
    match &settings.database_url {
        DatabaseUrl::Sqlite(path) => Ok(path),
        DatabaseUrl::Postgres(_) => {
            bail!("a PostgreSQL is backed up with its own tools, pg_dump or a base backup: see docs/operations.md")
        }
    }
}

/// Takes a backup into a folder that does not exist yet. The server may run meanwhile.
pub(crate) async fn backup(settings: &Settings, to: &Path, clock: &Clock) -> anyhow::Result<()> {
    let database = embedded(settings)?;
    ensure!(database.exists(), "there is no database at {}", database.display());
    ensure!(!to.exists(), "{} exists already; name a folder that does not", to.display());
    let part = beside(to, ".part");
    if part.exists() {
        // Of a backup that was cut off: it is whole only under its own name.
        fs::remove_dir_all(&part).with_context(|| part.display().to_string())?;
    }
    private_folder(&part)?;
    let (files, file_bytes) = match settings.s3 {
        Some(_) => {
            lamplight_store::snapshot(database, &part.join(DATABASE)).await?;
            say("The uploaded files are in the S3 storage and not in this backup.");
            (0, 0)
        }
        None => moment(database, &settings.data_dir.join(FILES), &part).await?,
    };
    let secret = settings.data_dir.join(SECRET);
    if secret.exists() {
        copy(&secret, &part.join(SECRET))?;
    }
    let made_at = clock.now();
    let contents = Contents {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: made_at.to_string(),
        database_sha256: hash(&part.join(DATABASE))?.to_string(),
        files,
        file_bytes,
    };
    fs::write(part.join(CONTENTS), serde_json::to_string_pretty(&contents)? + "\n")?;
    sync_all(&part)?;
    fs::rename(&part, to)?;
    sync_parent(to)?;
    // The backup is good, whatever becomes of the note.
    if let Err(error) = last_backup::note(&settings.data_dir, made_at, Some(to)) {
        say(&format!("It could not be noted in {} that it was made: {error}", settings.data_dir.display()));
    }
    say(&format!("Backed up to {}: the database and {files} files ({file_bytes} bytes).", to.display()));
    Ok(())
}

/// Notes that other tools have just made a good backup, so that who asks when the last one was made is told.
pub(crate) fn backed_up(settings: &Settings, clock: &Clock) -> anyhow::Result<()> {
    let now = clock.now();
    last_backup::note(&settings.data_dir, now, None).with_context(|| settings.data_dir.display().to_string())?;
    say(&format!("Noted that a backup was made at {now}."));
    Ok(())
}

/// One moment of the database, and the files that it refers to.
async fn moment(database: &Path, files: &Path, part: &Path) -> anyhow::Result<(usize, u64)> {
    for _ in 0..TRIES {
        let copied = part.join(DATABASE);
        if copied.exists() {
            fs::remove_file(&copied)?;
        }
        lamplight_store::snapshot(database, &copied).await?;
        let wanted = referred(&copied).await?;
        match copy_files(&wanted, files, &part.join(FILES))? {
            Some(bytes) => return Ok((wanted.len(), bytes)),
            None => say("A file was deleted meanwhile; taking another moment."),
        }
    }
    bail!("files that the database refers to are missing in {}", files.display())
}

/// The files that a database refers to. It is a copy that nobody else has open.
async fn referred(database: &Path) -> anyhow::Result<Vec<Sha256>> {
    let url = DatabaseUrl::Sqlite(database.to_owned());
    let store = Store::reopen(&url, Clock::system(), Chance::system()).await?;
    let referred = uploads::list_referred(store.reader()).await;
    store.close().await?;
    // What opening it has left beside it.
    fs::remove_file(beside(database, LOCK))?;
    Ok(referred?)
}

/// Copies what is not there yet, and holds each against its name. `None` when one is gone.
pub(crate) fn copy_files(wanted: &[Sha256], from: &Path, to: &Path) -> anyhow::Result<Option<u64>> {
    let mut bytes = 0;
    for (number, sha256) in wanted.iter().enumerate() {
        if number > 0 && number.is_multiple_of(SAY_EVERY) {
            say(&format!("{number} of {} files", wanted.len()));
        }
        let key = sha256.key();
        let (from, to) = (from.join(&key), to.join(&key));
        if !to.exists() {
            if let Some(folder) = to.parent() {
                private_folder(folder)?;
            }
            match copy(&from, &to) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error).with_context(|| from.display().to_string()),
            }
            ensure!(hash(&to)? == *sha256, "{} is damaged: its content is not what its name says", from.display());
        }
        bytes += fs::metadata(&to)?.len();
    }
    Ok(Some(bytes))
}

/// Lays a backup out in `DATA_DIR`, which must hold no institute.
pub(crate) async fn restore(settings: &Settings, from: &Path) -> anyhow::Result<()> {
    let database = embedded(settings)?;
    let text = fs::read_to_string(from.join(CONTENTS))
        .with_context(|| format!("{} is no backup: it has no {CONTENTS}", from.display()))?;
    let contents: Contents = serde_json::from_str(&text).with_context(|| format!("{CONTENTS} can't be read"))?;
    let files = settings.data_dir.join(FILES);
    private_folder(&settings.data_dir)?;
    let owner = owner::of(&settings.data_dir).with_context(|| settings.data_dir.display().to_string())?;
    let give = |path: &Path| {
        let given = owner.map_or(Ok(()), |owner| owner.give(path));
        given.with_context(|| format!("{} can't be given to the account of DATA_DIR", path.display()))
    };
    // The lock makes the folders on the way to the database, when that is to be elsewhere.
    let missing =
        database.ancestors().skip(1).take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists()).last();
    // To the end: a server that comes up meanwhile, or is still there although its file was moved away, must not be overlooked.
    let _lock = lamplight_store::lock_sqlite(database)?;
    missing.map_or(Ok(()), &give)?;
    give(&beside(database, LOCK))?;
    // What SQLite leaves beside it when its server was killed belongs to it: found beside another database it is taken for that one's.
    let (log, index) = (beside(database, "-wal"), beside(database, "-shm"));
    let there: Vec<&Path> = [database, &log, &index, &files].into_iter().filter(|path| path.exists()).collect();
    ensure!(
        there.is_empty(),
        "there is an institute already, or a part of one: {}. A backup is never laid over it. Move all of it away, or set DATA_DIR to another folder",
        there.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
    );
    ensure!(
        hash(&from.join(DATABASE))?.to_string() == contents.database_sha256,
        "the database of this backup is damaged: its content is not what {CONTENTS} says"
    );
    // Everything is checked before anything comes to its name, by which a server would take it for whole.
    let (part, files_part) = (beside(database, RESTORING), beside(&files, RESTORING));
    if files_part.exists() {
        fs::remove_dir_all(&files_part)?;
    }
    // Of a restore that was cut off.
    remove_beside(&part, &["-wal", "-shm", LOCK])?;
    copy(&from.join(DATABASE), &part)?;
    let wanted = referred(&part).await?;
    if settings.s3.is_none() {
        private_folder(&files_part)?;
        if copy_files(&wanted, &from.join(FILES), &files_part)?.is_none() {
            bail!("files are missing from this backup");
        }
    }
    let secret = settings.data_dir.join(SECRET);
    if from.join(SECRET).exists() && !secret.exists() {
        copy(&from.join(SECRET), &secret)?;
        give(&secret)?;
    }
    begin_anew(&DatabaseUrl::Sqlite(part.clone())).await?;
    // The file gets its name alone: nothing may be left to be moved into it.
    let log = beside(&part, "-wal");
    ensure!(fs::metadata(&log).map_or(0, |log| log.len()) == 0, "{} is not empty", log.display());
    remove_beside(&part, &["-wal", "-shm", LOCK])?;
    if files_part.exists() {
        give(&files_part)?;
        sync_all(&files_part)?;
        fs::rename(&files_part, &files)?;
        sync_parent(&files)?;
    }
    give(&part)?;
    File::open(&part)?.sync_all()?;
    fs::rename(&part, database)?;
    sync_parent(database)?;
    say(&format!(
        "Restored the institute of {}: the database and {} files. Everybody has to sign in again.",
        contents.made_at,
        wanted.len()
    ));
    Ok(())
}

/// After a database was put back by tools of its own: what [`restore`] does by itself.
pub(crate) async fn restored(settings: &Settings) -> anyhow::Result<()> {
    begin_anew(&settings.database_url).await?;
    say("Open pages will load afresh, and everybody has to sign in again.");
    Ok(())
}

async fn begin_anew(database: &DatabaseUrl) -> anyhow::Result<()> {
    let store = Store::reopen(database, Clock::system(), Chance::system()).await?;
    store.log().begin_epoch().await?;
    let mut tx = store.begin().await?;
    accounts::rotate_signing_key(&mut tx, audit::Actor::operator()).await?;
    tx.commit().await?;
    store.close().await?;
    Ok(())
}

/// Removes what is there of it.
fn remove_beside(path: &Path, endings: &[&str]) -> io::Result<()> {
    for ending in endings {
        match fs::remove_file(beside(path, ending)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// The path with something after its last name.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Only the operator's account looks into it, as into `DATA_DIR`.
pub(crate) fn private_folder(path: &Path) -> anyhow::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).with_context(|| path.display().to_string())
}

/// Copies a file, on the disk when it returns.
pub(crate) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to)?;
    fs::set_permissions(to, fs::Permissions::from_mode(0o600))?;
    File::open(to)?.sync_all()
}

fn hash(path: &Path) -> anyhow::Result<Sha256> {
    let mut file = File::open(path).with_context(|| path.display().to_string())?;
    let (mut hasher, mut buffer) = (sha2::Sha256::new(), vec![0; 256 * 1024]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(Sha256::from_bytes(hasher.finalize().into())),
            length => hasher.update(buffer.get(..length).unwrap_or_default()),
        }
    }
}

/// Every folder of a tree: a file is on the disk only when the folder that names it is.
pub(crate) fn sync_all(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_all(&entry.path())?;
        } else {
            File::open(entry.path())?.sync_all()?;
        }
    }
    File::open(folder)?.sync_all()
}

fn sync_parent(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
