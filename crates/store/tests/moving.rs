//! Moving an institute, with a row of every kind in every table that there is.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it expects by failing"
)]

use std::collections::BTreeMap;

use lamplight_kernel::{Chance, Clock, Event, Room, Target};
use lamplight_store::{
    Backend, DatabaseUrl, Store, StoreError,
    moving::{MoveError, OF_THE_DATABASE, move_data},
    testing::{TestDatabase, fresh_address},
};
use sea_orm::{ConnectionTrait, DbBackend, Statement};

/// What two programs may understand differently.
const TEXTS: [&str; 4] =
    ["", "tab\tline\nreturn\rback\\slash \\N \\x41 'quote' \"double\"", "ന്യൂനം 🕯 é e\u{301}", "\\."];

async fn asked<C: ConnectionTrait>(db: &C, sql: &str) -> Vec<Vec<Option<String>>> {
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    rows.iter()
        .map(|row| (0..row.column_names().len()).map(|index| row.try_get_by_index(index).unwrap()).collect())
        .collect()
}

async fn tables(store: &Store) -> Vec<String> {
    let sql =
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name";
    let names = asked(store.reader(), sql).await.into_iter().filter_map(|mut row| row.remove(0));
    names.filter(|name| !OF_THE_DATABASE.contains(&name.as_str())).collect()
}

/// Puts rows into every table, by what the table says of itself.
async fn fill(store: &Store) {
    let tx = store.begin().await.unwrap();
    tx.db().execute_unprepared("PRAGMA defer_foreign_keys = ON").await.unwrap();
    for (number, table) in tables(store).await.iter().enumerate() {
        let mut refers: BTreeMap<String, String> = BTreeMap::new();
        for row in asked(tx.db(), &format!("SELECT \"from\", \"table\" FROM pragma_foreign_key_list('{table}')")).await
        {
            refers.insert(row[0].clone().unwrap(), row[1].clone().unwrap());
        }
        let of_columns = "SELECT name, type, CAST(\"notnull\" AS text), CAST(pk AS text) FROM pragma_table_info";
        let columns = asked(tx.db(), &format!("{of_columns}('{table}')")).await;
        for (row, words) in TEXTS.iter().enumerate() {
            // The row's own number and, in keys of other tables, theirs.
            let numbered = |table: &str, row: usize| format!("{table} {row}");
            let values: Vec<String> = columns
                .iter()
                .map(|column| {
                    let [name, declared, not_null, key] = &column[..] else { panic!() };
                    let (name, declared) = (name.as_deref().unwrap(), declared.as_deref().unwrap().to_lowercase());
                    let is_key = key.as_deref() != Some("0");
                    let nullable = not_null.as_deref() == Some("0") && !is_key;
                    let of = refers.get(name).map_or(table.as_str(), String::as_str);
                    let bytes = format!(
                        "{:032x}",
                        numbered(of, row)
                            .bytes()
                            .fold(7_u128, |sum, byte| sum.wrapping_mul(257).wrapping_add(u128::from(byte)))
                    );
                    match declared.as_str() {
                        _ if nullable && (row + number).is_multiple_of(2) => "NULL".to_owned(),
                        "uuid_text" => format!("x'{bytes}'"),
                        "integer" if is_key => (row + 1).to_string(),
                        "integer" => (row as i64 * 1_000 - 1).to_string(),
                        "varchar" | "text" if is_key || refers.contains_key(name) => format!("'{}'", numbered(of, row)),
                        "varchar" | "text" => format!("'{row} {}'", words.replace('\'', "''")),
                        blob if blob.starts_with("blob") => format!("x'00ff5c{bytes}'"),
                        other => {
                            panic!("{table}.{name} is {other}: teach this test and lamplight_store::moving that type")
                        }
                    }
                })
                .collect();
            tx.db()
                .execute_unprepared(&format!("INSERT OR IGNORE INTO \"{table}\" VALUES ({})", values.join(", ")))
                .await
                .unwrap();
        }
        let count = asked(tx.db(), &format!("SELECT CAST(count(*) AS text) FROM \"{table}\"")).await;
        assert_ne!(count[0][0].as_deref(), Some("0"), "{table} has no rows to be moved");
    }
    // A number that only a 64-bit column takes.
    tx.db().execute_unprepared("UPDATE log SET head = 9007199254740993").await.unwrap();
    tx.commit().await.unwrap();
}

/// Everything in an embedded database, as text that says of what kind each value is.
async fn everything(store: &Store) -> BTreeMap<String, Vec<Vec<Option<String>>>> {
    let mut all = BTreeMap::new();
    for table in tables(store).await {
        let names = asked(store.reader(), &format!("SELECT name FROM pragma_table_info('{table}')")).await;
        let quoted: Vec<String> =
            names.iter().map(|row| format!("quote(\"{}\")", row[0].as_deref().unwrap())).collect();
        let mut rows = asked(store.reader(), &format!("SELECT {} FROM \"{table}\"", quoted.join(", "))).await;
        rows.sort();
        all.insert(table, rows);
    }
    all
}

async fn open(url: &DatabaseUrl) -> Result<Store, StoreError> {
    Store::connect(url, Clock::system(), Chance::system()).await
}

#[tokio::test]
async fn every_table_goes_there_and_back() {
    let first = TestDatabase::new(Backend::Sqlite).await;
    fill(&first.store).await;
    let before = everything(&first.store).await;
    first.store.close().await.unwrap();
    let (postgres, _) = fresh_address(Backend::Postgres).await;
    let (last, _folder) = fresh_address(Backend::Sqlite).await;
    let mut checked = Vec::new();
    for (from, to) in [(&first.url, &postgres), (&postgres, &last)] {
        checked.clear();
        let moved = move_data(from, to, |said| {
            if said.checked {
                checked.push(said.table.to_owned());
            }
        });
        let moved = moved.await.unwrap();
        let mut names: Vec<String> = moved.tables.iter().map(|(name, _)| name.clone()).collect();
        assert_eq!(names, checked);
        names.sort();
        assert_eq!(names, before.keys().cloned().collect::<Vec<_>>(), "every table that the migrations make");
        let error = open(from).await.unwrap_err();
        assert!(matches!(&error, StoreError::Moved { to: said } if *said == to.to_string()), "{error}");
        let again = move_data(from, &fresh_address(Backend::Sqlite).await.0, |_| {}).await.unwrap_err();
        assert!(matches!(again, MoveError::MovedAlready { .. }), "{again}");
    }
    let store = open(&last).await.unwrap();
    assert_eq!(everything(&store).await, before);
    assert_eq!(store.log().head().await.unwrap().seq, 9_007_199_254_740_993);
    // Whoever insists has the first one again.
    let old = Store::reopen(&first.url, Clock::system(), Chance::system()).await.unwrap();
    old.close().await.unwrap();
    open(&first.url).await.unwrap();
}

#[tokio::test]
async fn what_would_be_lost_is_refused() {
    let source = TestDatabase::new(Backend::Sqlite).await;
    let (postgres, _) = fresh_address(Backend::Postgres).await;
    let refused = async |from: &DatabaseUrl, to: &DatabaseUrl| move_data(from, to, |_| {}).await.unwrap_err();
    let error = refused(&source.url, &postgres).await;
    assert!(matches!(error, MoveError::InUse(_)), "somebody has it open: {error}");
    source.store.close().await.unwrap();

    let (nothing, _folder) = fresh_address(Backend::Sqlite).await;
    for from in [&nothing, &postgres] {
        let error = refused(from, &source.url).await;
        assert!(matches!(error, MoveError::NoInstitute(_)), "{error}");
    }
    assert!(matches!(refused(&source.url, &source.url).await, MoveError::Same));
    let other = TestDatabase::new(Backend::Postgres).await;
    let error = refused(&source.url, &other.url).await;
    assert!(matches!(error, MoveError::InUse(_)), "a server is there: {error}");
    other.store.close().await.unwrap();
    let error = refused(&source.url, &other.url).await;
    assert!(matches!(error, MoveError::NotEmpty(_)), "{error}");
    open(&other.url).await.unwrap().close().await.unwrap();

    // Each change, what it leads to, and how it is undone.
    for (change, undo, reason) in [
        ("CREATE TABLE notes (id integer)", "DROP TABLE notes", "notes.id"),
        ("CREATE TABLE notes (at datetime)", "DROP TABLE notes", "notes.at is of the type datetime"),
        (
            "INSERT INTO uploads (sha256, size, created_at) VALUES ('x', 'many', 0)",
            "DELETE FROM uploads",
            "uploads.size holds something of the kind TEXT",
        ),
        ("INSERT INTO uploads (sha256, size, created_at) VALUES ('x' || char(0), 1, 0)", "DELETE FROM uploads", "NUL"),
        (
            "DELETE FROM seaql_migrations WHERE version = 'm0030_hold'",
            "INSERT INTO seaql_migrations VALUES ('m0030_hold', 0)",
            "another version",
        ),
    ] {
        let alter = async |sql: &str| {
            let DatabaseUrl::Sqlite(path) = &source.url else { panic!() };
            let db = sea_orm::Database::connect(format!("sqlite:{}", path.display())).await.unwrap();
            db.execute_unprepared(sql).await.unwrap();
            db.close().await.unwrap();
        };
        alter(change).await;
        let error = refused(&source.url, &postgres).await.to_string();
        assert!(error.contains(reason), "{change}: {error}");
        alter(undo).await;
    }
    // What did not come to its end is no institute, and can be begun again.
    assert!(matches!(open(&postgres).await, Err(StoreError::Unfinished)));
    move_data(&source.url, &postgres, |_| {}).await.unwrap();
    let store = open(&postgres).await.unwrap();
    assert_eq!(store.reader().get_database_backend(), DbBackend::Postgres);
    let error = refused(&postgres, &nothing).await;
    assert!(matches!(error, MoveError::InUse(_)), "somebody has it open: {error}");
}

/// A session that is merely closed keeps its locks until PostgreSQL has noticed: who moves right after the last server's end would be told
/// that it still runs.
#[tokio::test]
async fn whoever_closes_a_database_has_let_go_of_it() {
    let stays = TestDatabase::new(Backend::Postgres).await;
    for _ in 0..20 {
        open(&stays.url).await.unwrap().close().await.unwrap();
        assert_eq!(stays.store.count_present().await.unwrap(), Some(1));
    }
}

/// A session that says that somebody is here may be lost, by a restart of PostgreSQL: then a move finds nobody.
#[tokio::test]
async fn who_was_not_heard_of_when_it_was_moved_away_tells_nobody_anything_any_more() {
    #[derive(serde::Serialize)]
    struct Told {
        words: &'static str,
    }
    impl Event for Told {
        const NAME: &'static str = "test:told";
    }
    let left = TestDatabase::new(Backend::Postgres).await;
    let lost = "SELECT pg_terminate_backend(pid)::text FROM pg_locks, \
        (SELECT hashtextextended('lamplight presence ' || current_schema(), 0) AS key) AS presence \
        WHERE locktype = 'advisory' AND granted AND objsubid = 1 \
        AND classid::bigint = (key >> 32) & 4294967295 AND objid::bigint = key & 4294967295";
    assert_eq!(asked(left.store.reader(), lost).await, [[Some("true".to_owned())]]);
    let (away, _folder) = fresh_address(Backend::Sqlite).await;
    move_data(&left.url, &away, |_| {}).await.unwrap();
    let mut tx = left.store.begin().await.unwrap();
    tx.record(&Told { words: "late" }, Target::rooms([Room::admins()])).unwrap();
    assert!(matches!(tx.commit().await, Err(StoreError::Moved { to }) if to == away.to_string()));
}
