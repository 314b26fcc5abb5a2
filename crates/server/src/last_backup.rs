//! When the institute was last backed up: a note in `DATA_DIR`, which `lamplight doctor` and the page System read.
//!
//! A file and not a table, because `lamplight backup` does not write to a database that a server has open. It says what this machine knows:
//! of several servers, each reads the note in its own `DATA_DIR`.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::PermissionsExt,
    path::Path,
    time::Duration,
};

use lamplight_kernel::Timestamp;
use serde::{Deserialize, Serialize};

const NOTE: &str = "last-backup.json";
/// Older than this, and somebody is told.
pub(crate) const TOO_OLD: Duration = Duration::from_secs(7 * 24 * 3600);

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Note {
    made_at: Timestamp,
    /// Which folder; nothing when other tools made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    folder: Option<String>,
}

/// Writes down that a good backup was made.
pub(crate) fn note(data_dir: &Path, made_at: Timestamp, folder: Option<&Path>) -> io::Result<()> {
    let folder = folder.map(|folder| std::path::absolute(folder).unwrap_or(folder.to_owned()).display().to_string());
    let text = serde_json::to_string(&Note { made_at, folder })? + "\n";
    let part = data_dir.join(format!("{NOTE}.part"));
    fs::write(&part, text)?;
    // Whoever makes the backups may be somebody else than the server, which reads this. The folder keeps others out.
    fs::set_permissions(&part, fs::Permissions::from_mode(0o644))?;
    File::open(&part)?.sync_all()?;
    fs::rename(&part, data_dir.join(NOTE))
}

/// When that was; `None` when nobody has noted one.
pub(crate) fn last(data_dir: &Path) -> io::Result<Option<Timestamp>> {
    match fs::read_to_string(data_dir.join(NOTE)) {
        Ok(text) => Ok(Some(serde_json::from_str::<Note>(&text)?.made_at)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_is_read() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(last(folder.path()).unwrap(), None);
        let now = Timestamp::from_millis(1_795_341_600_123);
        note(folder.path(), now, Some(Path::new("kept"))).unwrap();
        assert_eq!(last(folder.path()).unwrap(), Some(now));
        fs::write(folder.path().join(NOTE), "half").unwrap();
        assert!(last(folder.path()).is_err());
    }
}
