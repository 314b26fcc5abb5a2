//! Files that were read and what each would do, whatever the feature: planned, then applied as planned.
//!
//! Takes the place of `attendance_imports`, which nothing reads any more and a later release drops.

use super::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("imports")
                    .col(id_key())
                    // The feature, by its noun.
                    .col(string("noun"))
                    .col(string("file_name"))
                    // The rows as they were read and what would be done with each, as JSON.
                    .col(text("plan"))
                    // What became of each, when it was applied.
                    .col(text_null("result"))
                    .col(uuid("made_by"))
                    .col(big_integer("made_at"))
                    .col(big_integer_null("applied_at"))
                    .foreign_key(&mut refers("made_by", "users"))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("imports", &["made_at"])).await
    }
}
