use std::time::{Duration, Instant};

use lamplight_files::{Files, Sha256};
use lamplight_kernel::Timestamp;
use lamplight_store::{Store, StoreError, Tx};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement,
    sea_query::{CaseStatement, Expr, OnConflict},
};
use tokio::time::timeout;

use super::SweepError;

/// Every column that refers to an upload by its hash.
const REFERENCES: &[(&str, &str)] = &[("downloads", "file_sha256")];

/// How long a storage is waited for: less than a turn of the sweeper, so that it says itself what was late.
const REMOVAL: Duration = Duration::from_secs(45);
/// Until when nobody counts on a file that was to be removed and of which nobody knows whether it was: a storage may still do what it was asked
/// for when nobody waits for its answer any more.
const REMOVED_BY: Duration = Duration::from_secs(120);
/// Rows that one sweep looks at before it comes up for air.
const BATCH: u64 = 100;

mod entity {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "uploads")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) sha256: String,
        pub(super) size: i64,
        pub(super) created_at: i64,
        pub(super) check_at: Option<i64>,
        pub(super) removing_until: Option<i64>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

use entity::{Column, Entity};

impl entity::Model {
    fn is_being_removed(&self, now: Timestamp) -> bool {
        self.removing_until.is_some_and(|until| until > now.millis())
    }
}

/// One key a file, for uploads and the sweeper.
fn lock_key(sha256: &str) -> String {
    format!("uploads:{sha256}")
}

/// Says that somebody must look at this file at `check_at`, and not before. False when it may still be being removed.
pub(super) async fn expect(tx: &Tx, sha256: &str, size: u64, check_at: Timestamp) -> Result<bool, StoreError> {
    tx.lock(&lock_key(sha256)).await?;
    let known = Entity::find_by_id(sha256).one(tx.db()).await?;
    if known.is_some_and(|row| row.is_being_removed(tx.now())) {
        return Ok(false);
    }
    let row = entity::ActiveModel {
        sha256: Set(sha256.to_owned()),
        size: Set(i64::try_from(size).unwrap_or(i64::MAX)),
        created_at: Set(tx.now().millis()),
        check_at: Set(Some(check_at.millis())),
        removing_until: Set(None),
    };
    let again = OnConflict::column(Column::Sha256).update_columns([Column::CheckAt, Column::RemovingUntil]).to_owned();
    Entity::insert(row).on_conflict(again).exec_without_returning(tx.db()).await?;
    Ok(true)
}

/// Says that somebody has stopped referring to this file. An upload that is counting on it keeps its hour.
pub(crate) async fn release(tx: &Tx, sha256: &str) -> Result<(), StoreError> {
    let now = tx.now().millis();
    let check_at =
        CaseStatement::new().case(Column::CheckAt.gt(now), Expr::col(Column::CheckAt)).finally(Expr::value(now));
    let update = Entity::update_many().col_expr(Column::CheckAt, check_at.into());
    update.filter(Column::Sha256.eq(sha256)).exec(tx.db()).await?;
    Ok(())
}

/// Removes kept files that nobody refers to; says how many.
///
/// With `everything`, also those whose time has not come: right at the start of a server that has the database for itself,
/// when no upload can be under way.
///
/// # Errors
/// When the database or the files fail. What is left is swept the next time.
pub async fn sweep(store: &Store, files: &Files, everything: bool) -> Result<u64, SweepError> {
    let mut removed = 0;
    let mut after = String::new();
    loop {
        let horizon = if everything { i64::MAX } else { store.clock().now().millis() };
        let due = Entity::find()
            .filter(Column::CheckAt.lte(horizon))
            .filter(Column::Sha256.gt(&after))
            .order_by_asc(Column::Sha256)
            .limit(BATCH)
            .all(store.reader())
            .await
            .map_err(StoreError::from)?;
        let Some(last) = due.last() else { return Ok(removed) };
        after.clone_from(&last.sha256);
        for row in due {
            removed += u64::from(sweep_one(store, files, &row.sha256, horizon).await?);
        }
    }
}

/// Nothing of the database is held while the storage removes: it may take as long as it likes, and on SQLite nobody else could write.
async fn sweep_one(store: &Store, files: &Files, sha256: &str, horizon: i64) -> Result<bool, SweepError> {
    let tx = store.begin().await?;
    tx.lock(&lock_key(sha256)).await?;
    let row = Entity::find_by_id(sha256).one(tx.db()).await.map_err(StoreError::from)?;
    let is_due = |row: &entity::Model| row.check_at.is_some_and(|check_at| check_at <= horizon);
    // With `everything` nobody else is there who could be removing it.
    let is_free = |row: &entity::Model| horizon == i64::MAX || !row.is_being_removed(tx.now());
    if !row.is_some_and(|row| is_due(&row) && is_free(&row)) {
        return Ok(false);
    }
    let set = |column: Column, value: Option<i64>| {
        Entity::update_many().col_expr(column, Expr::value(value)).filter(Column::Sha256.eq(sha256))
    };
    if is_referred_to(&tx, sha256).await? {
        set(Column::CheckAt, None).exec(tx.db()).await.map_err(StoreError::from)?;
        tx.commit().await?;
        return Ok(false);
    }
    let marked = Instant::now();
    let until = tx.now().plus(REMOVED_BY).millis();
    set(Column::RemovingUntil, Some(until)).exec(tx.db()).await.map_err(StoreError::from)?;
    tx.commit().await?;
    if let Ok(hash) = sha256.parse::<Sha256>() {
        // Stopped or swapped out meanwhile: the same bytes may have come again.
        if marked.elapsed() + REMOVAL > REMOVED_BY {
            return Err(SweepError::Late);
        }
        // If it fails, the row stays and a later sweep tries again.
        timeout(REMOVAL, files.remove(hash)).await.map_err(|_| SweepError::Late)??;
    }
    let tx = store.begin().await?;
    let removed = Entity::delete_many().filter(Column::Sha256.eq(sha256)).filter(Column::RemovingUntil.eq(until));
    let removed = removed.exec(tx.db()).await.map_err(StoreError::from)?;
    tx.commit().await?;
    Ok(removed.rows_affected > 0)
}

/// Every upload that something refers to, once. For a backup.
///
/// # Errors
/// When the database fails.
pub async fn list_referred<C: ConnectionTrait>(db: &C) -> Result<Vec<Sha256>, StoreError> {
    let mut all = std::collections::BTreeSet::new();
    for (table, column) in REFERENCES {
        let sql = format!("SELECT DISTINCT {column} FROM {table}");
        let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
        for row in rows {
            let text: String = row.try_get_by_index(0)?;
            let corrupt = |_| StoreError::Corrupt { table, what: format!("{column}: {text:?}") };
            all.insert(text.parse::<Sha256>().map_err(corrupt)?);
        }
    }
    Ok(all.into_iter().collect())
}

/// How many uploads are kept, and how many bytes they have together.
///
/// # Errors
/// When the database fails.
pub async fn total<C: ConnectionTrait>(db: &C) -> Result<(u64, u64), StoreError> {
    let sql = "SELECT count(*), CAST(coalesce(sum(size), 0) AS BIGINT) FROM uploads";
    let Some(row) = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await? else {
        return Ok((0, 0));
    };
    let (files, bytes): (i64, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    Ok((u64::try_from(files).unwrap_or_default(), u64::try_from(bytes).unwrap_or_default()))
}

/// The newest uploads that something refers to, with their size in bytes. For who looks whether they are there.
///
/// # Errors
/// When the database fails.
pub async fn list_newest_referred<C: ConnectionTrait>(db: &C, limit: u64) -> Result<Vec<(Sha256, u64)>, StoreError> {
    let is_referred = REFERENCES
        .iter()
        .map(|(table, column)| format!("EXISTS (SELECT 1 FROM {table} WHERE {column} = uploads.sha256)"));
    let sql = format!(
        "SELECT sha256, size FROM uploads WHERE {} ORDER BY created_at DESC LIMIT {limit}",
        is_referred.collect::<Vec<_>>().join(" OR ")
    );
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    let read = |row: sea_orm::QueryResult| {
        let (text, size): (String, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let corrupt = |_| StoreError::Corrupt { table: "uploads", what: format!("sha256: {text:?}") };
        Ok((text.parse::<Sha256>().map_err(corrupt)?, u64::try_from(size).unwrap_or_default()))
    };
    rows.into_iter().map(read).collect()
}

async fn is_referred_to(tx: &Tx, sha256: &str) -> Result<bool, StoreError> {
    for (table, column) in REFERENCES {
        let sql = format!("SELECT 1 FROM {table} WHERE {column} = $1 LIMIT 1");
        let statement = Statement::from_sql_and_values(tx.db().get_database_backend(), sql, [sha256.into()]);
        if tx.db().query_one_raw(statement).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
