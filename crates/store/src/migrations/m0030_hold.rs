//! Why nobody may serve this database: a move to here that has not ended, or one away from here that has.

use super::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("hold")
                    // A move makes it before all others.
                    .if_not_exists()
                    // `arriving` or `moved`. No row: it may be served.
                    .col(string("reason").primary_key())
                    // From where or to where, without a password.
                    .col(text("place"))
                    .to_owned(),
            )
            .await
    }
}
