//! What tables there are, as the database itself says: no list that could be forgotten.

use std::collections::BTreeSet;

use super::{MoveError, Side};

/// Tables that are about the one database they stand in, and are not moved.
///
/// `seaql_migrations`: the target has carried out its own. `hold`: whether it may be served. The counts and what is searched are made by
/// triggers of the rows they are of; each index of what is searched is, on SQLite, one table to ask and three that hold it.
pub const OF_THE_DATABASE: &[&str] = &[
    "seaql_migrations",
    "hold",
    "student_counts",
    "user_counts",
    "student_search",
    "student_search_index",
    "student_search_index_config",
    "student_search_index_data",
    "student_search_index_idx",
    "user_search",
    "user_search_index",
    "user_search_index_config",
    "user_search_index_data",
    "user_search_index_idx",
];

/// What a column holds. SQLite and PostgreSQL call it by different names, and hold the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Also truth values, and moments as milliseconds.
    Integer,
    /// Also dates and JSON.
    Text,
    Uuid,
    Bytes,
}

impl Kind {
    /// From the declared type. Which ones there are is decided by the migrations; a new one must be taught here.
    fn parse(declared: &str) -> Option<Self> {
        Some(match declared.to_ascii_lowercase().split('(').next().unwrap_or_default() {
            "integer" | "bigint" | "smallint" => Self::Integer,
            "varchar" | "character varying" | "text" => Self::Text,
            "uuid" | "uuid_text" => Self::Uuid,
            "blob" | "bytea" => Self::Bytes,
            _ => return None,
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<Column>,
    /// The tables its foreign keys refer to.
    refers_to: BTreeSet<String>,
}

impl Table {
    /// Its columns, for a statement.
    pub(super) fn column_list(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|column| quoted(&column.name)).collect();
        names.join(", ")
    }
}

pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The tables of a database that is moved, in an order in which every row finds what it refers to.
pub(super) async fn tables(side: &mut Side) -> Result<Vec<Table>, MoveError> {
    let mut tables = Vec::new();
    for name in names(side).await? {
        if OF_THE_DATABASE.contains(&name.as_str()) {
            continue;
        }
        let columns = columns(side, &name).await?;
        let refers_to = references(side, &name).await?;
        tables.push(Table { name, columns, refers_to });
    }
    in_order(tables)
}

fn in_order(mut rest: Vec<Table>) -> Result<Vec<Table>, MoveError> {
    let mut ordered: Vec<Table> = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        let missing: BTreeSet<String> = rest.iter().map(|table| table.name.clone()).collect();
        let (ready, later): (Vec<_>, Vec<_>) =
            rest.into_iter().partition(|table| table.refers_to.is_disjoint(&missing));
        if ready.is_empty() {
            return Err(MoveError::Circle(missing.into_iter().collect::<Vec<_>>().join(", ")));
        }
        ordered.extend(ready);
        rest = later;
    }
    Ok(ordered)
}

pub(super) async fn names(side: &mut Side) -> Result<BTreeSet<String>, MoveError> {
    let names: Vec<String> = match side {
        Side::Sqlite { db, .. } => {
            let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
            sqlx::query_scalar(sql).fetch_all(db).await?
        }
        Side::Postgres { db } => {
            let sql = "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                       WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p')";
            sqlx::query_scalar(sql).fetch_all(db).await?
        }
    };
    Ok(names.into_iter().collect())
}

async fn columns(side: &mut Side, table: &str) -> Result<Vec<Column>, MoveError> {
    let declared: Vec<(String, String)> = match side {
        Side::Sqlite { db, .. } => {
            let rows = sqlx::query("SELECT name, type FROM pragma_table_xinfo($1) ORDER BY cid").bind(table);
            pairs(&rows.fetch_all(db).await?)?
        }
        Side::Postgres { db } => {
            let sql = "SELECT a.attname::text, format_type(a.atttypid, NULL) FROM pg_attribute a \
                       JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
                       WHERE n.nspname = current_schema() AND c.relname = $1 AND a.attnum > 0 AND NOT a.attisdropped \
                       ORDER BY a.attnum";
            pairs(&sqlx::query(sql).bind(table).fetch_all(db).await?)?
        }
    };
    declared
        .into_iter()
        .map(|(name, declared)| match Kind::parse(&declared) {
            Some(kind) => Ok(Column { name, kind }),
            None => Err(MoveError::Type { table: table.to_owned(), column: name, declared }),
        })
        .collect()
}

fn pairs<R: sqlx::Row>(rows: &[R]) -> Result<Vec<(String, String)>, sqlx::Error>
where
    usize: sqlx::ColumnIndex<R>,
    String: for<'d> sqlx::Decode<'d, R::Database> + sqlx::Type<R::Database>,
{
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

async fn references(side: &mut Side, table: &str) -> Result<BTreeSet<String>, MoveError> {
    let names: Vec<String> = match side {
        Side::Sqlite { db, .. } => {
            let sql = "SELECT DISTINCT \"table\" FROM pragma_foreign_key_list($1)";
            sqlx::query_scalar(sql).bind(table).fetch_all(db).await?
        }
        Side::Postgres { db } => {
            let sql = "SELECT DISTINCT f.relname::text FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid \
                       JOIN pg_class f ON f.oid = k.confrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
                       WHERE k.contype = 'f' AND n.nspname = current_schema() AND c.relname = $1";
            sqlx::query_scalar(sql).bind(table).fetch_all(db).await?
        }
    };
    Ok(names.into_iter().collect())
}

/// The migrations that were carried out; none in a database that has no tables of ours.
pub(super) async fn migrated(side: &mut Side) -> Result<BTreeSet<String>, MoveError> {
    if !names(side).await?.contains("seaql_migrations") {
        return Ok(BTreeSet::new());
    }
    let sql = "SELECT version FROM seaql_migrations";
    let versions: Vec<String> = match side {
        Side::Sqlite { db, .. } => sqlx::query_scalar(sql).fetch_all(db).await?,
        Side::Postgres { db } => sqlx::query_scalar(sql).fetch_all(db).await?,
    };
    Ok(versions.into_iter().collect())
}

/// Sequences of PostgreSQL go on after the greatest number that was copied. SQLite counts by itself.
pub(super) async fn continue_sequences(side: &mut Side, tables: &[Table]) -> Result<u64, MoveError> {
    let Side::Postgres { db } = side else { return Ok(0) };
    let mut continued = 0;
    for table in tables {
        for column in table.columns.iter().filter(|column| column.kind == Kind::Integer) {
            let sequence: Option<String> = sqlx::query_scalar("SELECT pg_get_serial_sequence($1, $2)")
                .bind(quoted(&table.name))
                .bind(&column.name)
                .fetch_one(&mut *db)
                .await?;
            let Some(sequence) = sequence else { continue };
            let sql = format!(
                "SELECT setval($1::regclass, coalesce(max({})::bigint, 0) + 1, false) FROM {}",
                quoted(&column.name),
                quoted(&table.name)
            );
            sqlx::query(sqlx::AssertSqlSafe(sql)).bind(sequence).execute(&mut *db).await?;
            continued += 1;
        }
    }
    Ok(continued)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str, refers_to: &[&str]) -> Table {
        let refers_to = refers_to.iter().map(|&name| name.to_owned()).collect();
        Table { name: name.to_owned(), columns: Vec::new(), refers_to }
    }

    #[test]
    fn what_is_referred_to_comes_first() {
        let ordered = in_order(vec![table("c", &["b", "a"]), table("b", &["a"]), table("a", &[])]).unwrap();
        assert_eq!(ordered.iter().map(|table| table.name.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
        let circle = in_order(vec![table("a", &["b"]), table("b", &["a"]), table("c", &[])]);
        assert!(matches!(circle, Err(MoveError::Circle(names)) if names == "a, b"));
    }

    #[tokio::test]
    async fn sequences_go_on_after_what_was_copied() {
        let (url, _folder) = crate::testing::fresh_address(crate::Backend::Postgres).await;
        let mut side = Side::open(&url).await.unwrap();
        side.run("CREATE TABLE numbered (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, what text)")
            .await
            .unwrap();
        side.run("CREATE TABLE none (id bigserial PRIMARY KEY)").await.unwrap();
        side.run("INSERT INTO numbered (id, what) VALUES (41, 'copied')").await.unwrap();
        let tables = tables(&mut side).await.unwrap();
        assert_eq!(continue_sequences(&mut side, &tables).await.unwrap(), 2);
        side.run("INSERT INTO numbered (what) VALUES ('new'); INSERT INTO none DEFAULT VALUES").await.unwrap();
        let Side::Postgres { db } = &mut side else { panic!() };
        let next: i64 =
            sqlx::query_scalar("SELECT id FROM numbered WHERE what = 'new'").fetch_one(&mut *db).await.unwrap();
        let first: i64 = sqlx::query_scalar("SELECT id FROM none").fetch_one(db).await.unwrap();
        assert_eq!((next, first), (42, 1));
    }
}
