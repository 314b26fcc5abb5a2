//! What keeps a database from being served: it is half there, or the institute lives elsewhere now.
//!
//! Two databases with one epoch, both served, would tell clients two stories under the same numbers. So a move closes one before it
//! opens the other.

use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

use crate::StoreError;

/// A move to here has begun and not ended.
pub(crate) const ARRIVING: &str = "arriving";
/// The institute was moved away from here.
pub(crate) const MOVED: &str = "moved";

/// Refuses a database that may not be served. With `lift`, what was moved away holds again.
pub(crate) async fn check(db: &DatabaseConnection, lift: bool) -> Result<(), StoreError> {
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
