//! What the keys that sign tokens are made from, besides the secret.

use super::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("signing_key")
                    // Counted up. The newest is the one that signs.
                    .col(integer("id").primary_key())
                    .col(binary("salt"))
                    .col(big_integer("created_at"))
                    .to_owned(),
            )
            .await
    }
}
