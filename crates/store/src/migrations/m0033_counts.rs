//! How many students and accounts there are of each kind, kept beside them, so that a list can say how long it is without counting its
//! rows. Triggers keep them: whatever writes the rows, a version of the server that knows nothing of it included.
//!
//! SQLite has one writer, which changes the count. On PostgreSQL two transactions that changed one count would wait for each other, so
//! each adds a row that says by how much; [`crate::Store::tidy`] puts them together.

use sea_orm::DatabaseBackend;

use super::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// What is counted, and by what.
struct Counted {
    table: &'static str,
    counts: &'static str,
    /// A column of the counts, its type, and what it is of a row, in which `@` stands for the row.
    by: &'static [(&'static str, &'static str, &'static str)],
}

const COUNTED: [Counted; 2] = [
    Counted {
        table: "students",
        counts: "student_counts",
        by: &[
            ("course_id", "uuid", "@.course_id"),
            ("semester", "integer", "@.semester"),
            ("batch_year", "integer", "@.batch_year"),
            ("academic_status", "varchar", "@.academic_status"),
            // Empty where nobody has said.
            ("gender", "varchar", "coalesce(@.gender, '')"),
            ("is_archived", "integer", "CASE WHEN @.archived_at IS NULL THEN 0 ELSE 1 END"),
        ],
    },
    Counted {
        table: "users",
        counts: "user_counts",
        by: &[("role", "varchar", "@.role"), ("is_active", "integer", "@.is_active")],
    },
];

impl Counted {
    fn columns(&self) -> String {
        self.by.iter().map(|(column, _, _)| *column).collect::<Vec<_>>().join(", ")
    }

    fn of(&self, row: &str) -> String {
        self.by.iter().map(|(_, _, value)| value.replace('@', row)).collect::<Vec<_>>().join(", ")
    }

    fn named(&self, row: &str) -> String {
        let named = |(column, _, value): &(&str, &str, &str)| format!("{} AS {column}", value.replace('@', row));
        self.by.iter().map(named).collect::<Vec<_>>().join(", ")
    }

    fn create(&self) -> TableCreateStatement {
        let mut table = Table::create();
        table.table(self.counts);
        for &(column, kind, _) in self.by {
            table.col(match kind {
                "uuid" => uuid(column),
                "integer" => integer(column),
                _ => string(column),
            });
        }
        table.col(big_integer("total"));
        table
    }

    fn fill(&self) -> String {
        let Self { table, counts, .. } = self;
        let (columns, named) = (self.columns(), self.named("r"));
        format!(
            "INSERT INTO {counts} ({columns}, total) \
             SELECT {columns}, count(*) FROM (SELECT {named} FROM {table} r) AS each_row GROUP BY {columns}"
        )
    }

    fn sqlite(&self) -> String {
        let Self { table, counts, .. } = self;
        let (columns, new, old) = (self.columns(), self.of("new"), self.of("old"));
        let more = format!(
            "INSERT INTO {counts} ({columns}, total) VALUES ({new}, 1) ON CONFLICT ({columns}) DO UPDATE SET total = total + 1;"
        );
        let less = format!("UPDATE {counts} SET total = total - 1 WHERE ({columns}) = ({old});");
        format!(
            "CREATE UNIQUE INDEX {counts}_by ON {counts} ({columns});
             CREATE TRIGGER {counts}_insert AFTER INSERT ON {table} BEGIN {more} END;
             CREATE TRIGGER {counts}_delete AFTER DELETE ON {table} BEGIN {less} END;
             CREATE TRIGGER {counts}_update AFTER UPDATE ON {table} WHEN ({old}) IS NOT ({new}) BEGIN {less} {more} END;"
        )
    }

    fn postgres(&self) -> String {
        let Self { table, counts, .. } = self;
        let (columns, named) = (self.columns(), self.named("r"));
        let insert = |from: &str| {
            format!(
                "INSERT INTO {counts} ({columns}, total) SELECT {columns}, sum(by_one) FROM ({from}) AS changes \
                 GROUP BY {columns} HAVING sum(by_one) <> 0"
            )
        };
        let more = format!("SELECT {named}, 1 AS by_one FROM written r");
        let less = format!("SELECT {named}, -1 AS by_one FROM gone r");
        let both = insert(&format!("{more} UNION ALL {less}"));
        let (more, less) = (insert(&more), insert(&less));
        format!(
            "CREATE FUNCTION {counts}_keep() RETURNS trigger LANGUAGE plpgsql AS $keep$
             BEGIN
                 IF TG_OP = 'INSERT' THEN {more};
                 ELSIF TG_OP = 'DELETE' THEN {less};
                 ELSE {both};
                 END IF;
                 RETURN NULL;
             END $keep$;
             CREATE TRIGGER {counts}_insert AFTER INSERT ON {table}
                 REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION {counts}_keep();
             CREATE TRIGGER {counts}_delete AFTER DELETE ON {table}
                 REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION {counts}_keep();
             CREATE TRIGGER {counts}_update AFTER UPDATE ON {table}
                 REFERENCING OLD TABLE AS gone NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION {counts}_keep();"
        )
    }
}

/// On PostgreSQL: a statement for each table of counts, after which each count is one row. Who adds to it meanwhile is not in the way; two
/// that do this at once each put together what the other has not.
pub(crate) fn add_up() -> impl Iterator<Item = String> {
    COUNTED.iter().map(|counted| {
        let (counts, columns) = (counted.counts, counted.columns());
        format!(
            "WITH before AS (DELETE FROM {counts} RETURNING *) INSERT INTO {counts} ({columns}, total) \
             SELECT {columns}, sum(total) FROM before GROUP BY {columns} HAVING sum(total) <> 0"
        )
    })
}

/// How many counts differ from the rows, of each table: one number.
pub(crate) fn differing() -> impl Iterator<Item = String> {
    COUNTED.iter().map(|counted| {
        let Counted { table, counts, .. } = counted;
        let (columns, named) = (counted.columns(), counted.named("r"));
        format!(
            "SELECT count(*) FROM (SELECT {columns} FROM (\
             SELECT {columns}, total FROM {counts} UNION ALL SELECT {named}, -1 FROM {table} r) AS both_sides \
             GROUP BY {columns} HAVING sum(total) <> 0) AS wrong"
        )
    })
}

/// Statements that count all anew.
pub(crate) fn recount() -> impl Iterator<Item = String> {
    COUNTED.iter().flat_map(|counted| [format!("DELETE FROM {}", counted.counts), counted.fill()])
}

/// Keeps PostgreSQL from writing the rows until the transaction ends: who counts them and then lets the triggers go on misses none.
pub(crate) const LOCK: &str = "LOCK TABLE students, users IN SHARE ROW EXCLUSIVE MODE";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let is_sqlite = manager.get_database_backend() == DatabaseBackend::Sqlite;
        if !is_sqlite {
            db.execute_unprepared(LOCK).await?;
        }
        for counted in COUNTED {
            manager.create_table(counted.create()).await?;
            db.execute_unprepared(&counted.fill()).await?;
            let triggers = if is_sqlite { counted.sqlite() } else { counted.postgres() };
            db.execute_unprepared(&triggers).await?;
        }
        // The few who are archived, without looking at the others.
        db.execute_unprepared(
            "CREATE INDEX students_archived ON students (created_at, id) WHERE archived_at IS NOT NULL",
        )
        .await?;
        // The orders of a list that is narrowed: each index gives the first page without sorting the rest.
        for (table, columns, before) in [
            ("students", &["semester", "created_at", "id"][..], Some("students_semester")),
            ("students", &["batch_year", "created_at", "id"], Some("students_batch_year")),
            ("students", &["academic_status", "created_at", "id"], None),
            ("students", &["course_id", "first_name", "last_name", "id"], None),
            ("users", &["role", "created_at", "id"], Some("users_role_created_at")),
        ] {
            manager.create_index(index(table, columns)).await?;
            if let Some(before) = before {
                manager.drop_index(Index::drop().name(before).table(Alias::new(table)).to_owned()).await?;
            }
        }
        Ok(())
    }
}
