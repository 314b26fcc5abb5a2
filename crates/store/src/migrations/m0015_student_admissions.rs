//! Students by the month of their admission, counted from an index alone: with ten thousand of them the office's first page waited for
//! the records.

use super::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_index(index("students", &["admission_date", "archived_at"])).await?;
        // The new one begins with it.
        manager.drop_index(Index::drop().name("students_admission_date").table("students").to_owned()).await
    }
}
