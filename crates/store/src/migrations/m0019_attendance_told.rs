//! What the student of each record of attendance takes for settled: what differs from it later is a correction they are told of.

use super::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let told = Table::alter().table("attendance").add_column(string_null("told")).to_owned();
        manager.alter_table(told).await?;
        // What stood there before nobody has to be told of.
        let settle = Query::update().table("attendance").value("told", Expr::col("status")).to_owned();
        manager.exec_stmt(settle).await
    }
}
