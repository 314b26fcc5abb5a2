//! What students and accounts are searched by, with an index that finds a part of a word: three letters at a time, FTS5's `trigram` on
//! SQLite (<https://www.sqlite.org/fts5.html#the_trigram_tokenizer>), `pg_trgm` on PostgreSQL. Triggers keep both.
//!
//! `pg_trgm` comes with PostgreSQL and may be installed by whoever may create in the database. Where it may not, searching works and reads
//! every row, which the log says.

use sea_orm::{DatabaseBackend, Statement};

use super::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// What is searched.
struct Searched {
    table: &'static str,
    search: &'static str,
    /// Of a row, in which `@` stands for the row.
    text: &'static str,
    /// The columns that it is made of.
    of: &'static [&'static str],
}

const SEARCHED: [Searched; 2] = [
    Searched {
        table: "students",
        search: "student_search",
        // With the address they sign in with.
        text: "@.search_text || ' ' || coalesce((SELECT u.email FROM users u WHERE u.id = @.user_id), '')",
        of: &["search_text", "user_id"],
    },
    Searched {
        table: "users",
        search: "user_search",
        text: "lower(@.username || ' ' || @.email || ' ' || @.full_name)",
        of: &["username", "email", "full_name"],
    },
];

/// A student's address is the account's.
const EMAIL: &str = "UPDATE student_search SET text = \
    (SELECT s.search_text || ' ' || new.email FROM students s WHERE s.user_id = new.id) \
    WHERE id = (SELECT s.id FROM students s WHERE s.user_id = new.id)";

impl Searched {
    fn fill(&self) -> String {
        let Self { table, search, text, .. } = self;
        format!("INSERT INTO {search} (id, text) SELECT r.id, {} FROM {table} r", text.replace('@', "r"))
    }

    /// Whether what is searched has changed.
    fn differs(&self) -> String {
        let differs = |column: &&str| format!("old.{column} <> new.{column}");
        self.of.iter().map(differs).collect::<Vec<_>>().join(" OR ")
    }

    fn sqlite(&self) -> String {
        let Self { table, search, text, of } = self;
        let (new, differs, of) = (text.replace('@', "new"), self.differs(), of.join(", "));
        format!(
            "CREATE VIRTUAL TABLE {search}_index USING fts5(
                 text, content = '{search}', content_rowid = 'number', tokenize = 'trigram', columnsize = 0);
             CREATE TRIGGER {search}_index_insert AFTER INSERT ON {search} BEGIN
                 INSERT INTO {search}_index (rowid, text) VALUES (new.number, new.text); END;
             CREATE TRIGGER {search}_index_delete AFTER DELETE ON {search} BEGIN
                 INSERT INTO {search}_index ({search}_index, rowid, text) VALUES ('delete', old.number, old.text); END;
             CREATE TRIGGER {search}_index_update AFTER UPDATE OF text ON {search} BEGIN
                 INSERT INTO {search}_index ({search}_index, rowid, text) VALUES ('delete', old.number, old.text);
                 INSERT INTO {search}_index (rowid, text) VALUES (new.number, new.text); END;
             CREATE TRIGGER {search}_insert AFTER INSERT ON {table} BEGIN
                 INSERT INTO {search} (id, text) VALUES (new.id, {new}); END;
             CREATE TRIGGER {search}_delete AFTER DELETE ON {table} BEGIN
                 DELETE FROM {search} WHERE id = old.id; END;
             CREATE TRIGGER {search}_update AFTER UPDATE OF {of} ON {table} WHEN {differs} BEGIN
                 UPDATE {search} SET text = {new} WHERE id = new.id; END;"
        )
    }

    fn postgres(&self) -> String {
        let Self { table, search, text, of } = self;
        let (new, differs, of) = (text.replace('@', "new"), self.differs(), of.join(", "));
        format!(
            "CREATE FUNCTION {search}_keep() RETURNS trigger LANGUAGE plpgsql AS $keep$
             BEGIN
                 IF TG_OP = 'INSERT' THEN INSERT INTO {search} (id, text) VALUES (new.id, {new});
                 ELSIF TG_OP = 'DELETE' THEN DELETE FROM {search} WHERE id = old.id;
                 ELSE UPDATE {search} SET text = {new} WHERE id = new.id;
                 END IF;
                 RETURN NULL;
             END $keep$;
             CREATE TRIGGER {search}_written AFTER INSERT OR DELETE ON {table}
                 FOR EACH ROW EXECUTE FUNCTION {search}_keep();
             CREATE TRIGGER {search}_update AFTER UPDATE OF {of} ON {table}
                 FOR EACH ROW WHEN ({differs}) EXECUTE FUNCTION {search}_keep();
             DO $index$
             DECLARE home text;
             BEGIN
                 SELECT n.nspname INTO home FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
                     WHERE e.extname = 'pg_trgm';
                 IF home IS NOT NULL THEN
                     EXECUTE format('CREATE INDEX {search}_index ON {search} USING gin (text %I.gin_trgm_ops)', home);
                 END IF;
             END $index$;"
        )
    }
}

/// How many texts differ from what the rows say, of each table: one number.
pub(crate) fn differing() -> impl Iterator<Item = String> {
    SEARCHED.iter().map(|Searched { table, search, text, .. }| {
        let of_row = format!("SELECT r.id, {} AS text FROM {table} r", text.replace('@', "r"));
        let kept = format!("SELECT id, text FROM {search}");
        format!(
            "SELECT count(*) FROM (SELECT * FROM ({of_row} EXCEPT {kept}) AS missing \
             UNION ALL SELECT * FROM ({kept} EXCEPT {of_row}) AS left_over) AS wrong"
        )
    })
}

/// Statements that write all anew.
pub(crate) fn rewrite() -> impl Iterator<Item = String> {
    SEARCHED.iter().flat_map(|searched| [format!("DELETE FROM {}", searched.search), searched.fill()])
}

/// Statements that fail when an index of SQLite does not hold what the texts say.
/// <https://www.sqlite.org/fts5.html#the_integrity_check_command>
pub(crate) fn check_indexes() -> impl Iterator<Item = String> {
    SEARCHED.iter().map(|Searched { search, .. }| {
        format!("INSERT INTO {search}_index ({search}_index, rank) VALUES ('integrity-check', 1)")
    })
}

/// Statements that make the indexes of SQLite anew from the texts.
pub(crate) fn rebuild_indexes() -> impl Iterator<Item = String> {
    SEARCHED
        .iter()
        .map(|Searched { search, .. }| format!("INSERT INTO {search}_index ({search}_index) VALUES ('rebuild')"))
}

/// Two servers may try in one moment, and some may not at all.
const INSTALL: &str =
    "DO $$ BEGIN CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public; EXCEPTION WHEN OTHERS THEN NULL; END $$";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let is_sqlite = manager.get_database_backend() == DatabaseBackend::Sqlite;
        if !is_sqlite {
            db.execute_unprepared(INSTALL).await?;
            let asked = Statement::from_string(
                DatabaseBackend::Postgres,
                "SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'",
            );
            if db.query_one_raw(asked).await?.is_none() {
                tracing::warn!("pg_trgm is not installed in the database and can't be: searching reads every row");
            }
        }
        if !is_sqlite {
            db.execute_unprepared(super::m0033_counts::LOCK).await?;
        }
        for searched in SEARCHED {
            let mut table = Table::create();
            table.table(searched.search);
            if is_sqlite {
                // What the index calls the row: the number that SQLite gives a row by itself may change.
                table.col(integer("number").primary_key());
                table.col(uuid("id").unique_key());
            } else {
                table.col(id_key());
            }
            table.col(text("text"));
            manager.create_table(table).await?;
            let triggers = if is_sqlite { searched.sqlite() } else { searched.postgres() };
            db.execute_unprepared(&triggers).await?;
            db.execute_unprepared(&searched.fill()).await?;
        }
        let email = if is_sqlite {
            format!(
                "CREATE TRIGGER student_search_email AFTER UPDATE OF email ON users WHEN old.email <> new.email BEGIN {EMAIL}; END"
            )
        } else {
            format!(
                "CREATE FUNCTION student_search_email() RETURNS trigger LANGUAGE plpgsql AS $keep$
                 BEGIN {EMAIL}; RETURN NULL; END $keep$;
                 CREATE TRIGGER student_search_email AFTER UPDATE OF email ON users
                     FOR EACH ROW WHEN (old.email <> new.email) EXECUTE FUNCTION student_search_email()"
            )
        };
        db.execute_unprepared(&email).await?;
        Ok(())
    }
}
