//! Accounts: a password that was given by somebody else, how to reach a person, what administrators are, and the version of a row.

use super::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // One column at a time: SQLite takes no more in one statement.
        for column in [
            // 1 when somebody else knows the password.
            integer("must_change_password").default(0).take(),
            string_null("contact_number"),
            // Of administrators. Faculty have theirs in `faculty`.
            string_null("employee_id"),
            string_null("designation"),
            string_null("department"),
            // Goes up with each change: an edit that was begun before it is refused.
            integer("version").default(1).take(),
        ] {
            manager.alter_table(Table::alter().table("users").add_column(column).to_owned()).await?;
        }
        manager.create_index(index("users", &["employee_id"]).unique().to_owned()).await?;
        manager.create_index(index("users", &["role", "created_at"])).await
    }
}
