//! The event log. See `log.rs` for what each table is for.

use super::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("log")
                    .col(integer("id").primary_key())
                    .col(big_integer("epoch"))
                    .col(big_integer("head"))
                    .col(big_integer("floor"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("event")
                    .col(big_integer("seq").primary_key())
                    .col(big_integer("at"))
                    .col(string("name"))
                    .col(text("rooms"))
                    .col(text("except_rooms"))
                    .col(big_integer_null("until"))
                    .col(text("payload"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("event_room")
                    .col(string("room"))
                    .col(big_integer("seq"))
                    .primary_key(Index::create().col("room").col("seq"))
                    .to_owned(),
            )
            .await?;
        // For dropping old events.
        manager.create_index(index("event_room", &["seq"])).await
    }
}
