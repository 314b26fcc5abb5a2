//! What keeps a database from being served: another process has it, it is half there, or the institute lives elsewhere now.
//!
//! Two databases with one epoch, both served, would tell clients two stories under the same numbers. So a move closes one before it
//! opens the other.

use std::{
    fs::{self, File, TryLockError},
    path::Path,
};

use sea_orm::{ConnectionTrait, Statement};

use crate::StoreError;

/// A move to here has begun and not ended.
pub(crate) const ARRIVING: &str = "arriving";
/// The institute was moved away from here.
pub(crate) const MOVED: &str = "moved";

/// Refuses a database that may not be served. With `lift`, what was moved away holds again.
pub(crate) async fn check<C: ConnectionTrait>(db: &C, lift: bool) -> Result<(), StoreError> {
    let backend = db.get_database_backend();
    if lift {
        db.execute_raw(Statement::from_sql_and_values(backend, "DELETE FROM hold WHERE reason = $1", [MOVED.into()]))
            .await?;
    }
    let sql = Statement::from_string(backend, "SELECT reason, place FROM hold");
    let Some(row) = db.query_one_raw(sql).await? else { return Ok(()) };
    let reason: String = row.try_get_by_index(0)?;
    Err(match reason.as_str() {
        ARRIVING => StoreError::Unfinished,
        MOVED => StoreError::Moved { to: row.try_get_by_index(1)? },
        _ => StoreError::Corrupt { table: "hold", what: reason },
    })
}

/// Takes a SQLite file for this process alone, as whoever opens it does; for as long as what is given back lives. The file may be missing.
///
/// # Errors
/// When another process has it, or its folder can't be made or written.
pub fn lock_sqlite(path: &Path) -> Result<File, StoreError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let at = |source| StoreError::Folder { path: folder.to_owned(), source };
    fs::create_dir_all(folder).map_err(at)?;
    let mut lock_name = path.file_name().unwrap_or_default().to_owned();
    lock_name.push(".lock");
    let lock = File::options().create(true).truncate(false).write(true).open(folder.join(lock_name)).map_err(at)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse(path.to_owned())),
        Err(TryLockError::Error(source)) => Err(at(source)),
    }
}
