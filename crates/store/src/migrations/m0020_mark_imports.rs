//! Files of marks that were read against a sheet and may be applied.

use super::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("mark_imports")
                    .col(id_key())
                    .col(uuid("sheet_id"))
                    .col(string("file_name"))
                    // The rows as they were read and what would be done with each, as JSON.
                    .col(text("plan"))
                    .col(uuid("made_by"))
                    .col(big_integer("made_at"))
                    .col(big_integer_null("applied_at"))
                    .foreign_key(&mut belongs_to("sheet_id", "mark_sheets"))
                    .foreign_key(&mut refers("made_by", "users"))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("mark_imports", &["sheet_id"])).await
    }
}
