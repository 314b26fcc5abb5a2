//! Courses (programmes).

use super::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("courses")
                    .col(id_key())
                    .col(string("code").unique_key())
                    .col(string("name"))
                    .col(text("description"))
                    .col(string("duration"))
                    .col(integer("semesters"))
                    .col(integer("seats"))
                    // JSON lists of texts.
                    .col(text("eligibility"))
                    .col(text("career_opportunities"))
                    .col(integer("is_active"))
                    .col(big_integer("created_at"))
                    .col(big_integer("updated_at"))
                    .to_owned(),
            )
            .await
    }
}
