//! Until when a file may still be being removed: whoever uploads the same bytes waits for that.

use super::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = big_integer_null("removing_until").take();
        manager.alter_table(Table::alter().table("uploads").add_column(column).to_owned()).await
    }
}
