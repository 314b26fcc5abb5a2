//! What the office sets while the server runs.

use super::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("institute_settings")
                    // general, theme, notification, security, backup.
                    .col(string("name").primary_key())
                    // What was changed of it: a JSON object.
                    .col(text("fields"))
                    .col(uuid("set_by"))
                    .col(big_integer("set_at"))
                    .foreign_key(&mut refers("set_by", "users"))
                    .to_owned(),
            )
            .await
    }
}
