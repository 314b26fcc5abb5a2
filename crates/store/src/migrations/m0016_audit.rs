//! The audit: who did what to which record. The database itself refuses to change or delete a row of it.

use sea_orm::DatabaseBackend;

use super::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("audit")
                    // In the order of time: newest first is this column, backwards.
                    .col(id_key())
                    .col(big_integer("at"))
                    // Who, as they were then. No foreign key: an entry outlives the account. Nothing for the command line.
                    .col(uuid_null("user_id"))
                    .col(string("user_name"))
                    .col(string("username"))
                    .col(string("role"))
                    // From where, when that is known.
                    .col(string_null("address"))
                    .col(string("kind"))
                    .col(string("action"))
                    .col(string("record_id"))
                    // What the record was called then.
                    .col(text("label"))
                    // JSON list of `{field, old, new}`.
                    .col(text("changes"))
                    // What a search looks at, in lower case.
                    .col(text("search_text"))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("audit", &["user_id", "id"])).await?;
        manager.create_index(index("audit", &["record_id", "id"])).await?;
        manager.create_index(index("audit", &["kind", "id"])).await?;
        manager.create_index(index("audit", &["at"])).await?;
        for statement in append_only(manager.get_database_backend()) {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}

/// The statements that keep the table as it was written. The words of a trigger are the one thing in which the databases differ.
const fn append_only(backend: DatabaseBackend) -> &'static [&'static str] {
    match backend {
        DatabaseBackend::Postgres => &[
            "CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$",
            "CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit \
             FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()",
        ],
        _ => &[
            "CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit \
             BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
            "CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit \
             BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
        ],
    }
}
