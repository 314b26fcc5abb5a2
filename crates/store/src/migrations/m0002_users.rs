//! People who may sign in, and what kind of institute this database holds.

use super::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("users")
                    .col(id_key())
                    // Both in lower case: `Asha@x` and `asha@x` are one person.
                    .col(string("username").unique_key())
                    .col(string("email").unique_key())
                    .col(string("password_hash"))
                    .col(string("role"))
                    .col(string("full_name"))
                    .col(integer("is_active"))
                    // Goes up when all earlier tokens must end: password changed, signed out everywhere.
                    .col(integer("session_version"))
                    .col(big_integer("created_at"))
                    .col(big_integer("updated_at"))
                    .col(big_integer_null("last_login_at"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("institute")
                    .col(integer("id").primary_key())
                    .col(integer("is_demo"))
                    .col(big_integer("founded_at"))
                    .to_owned(),
            )
            .await
    }
}
