//! Rules that councils and programmes set differently. A change is a new row.

use super::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("regulations")
                    .col(id_key())
                    .col(string("key"))
                    // Nothing for the whole institute.
                    .col(uuid_null("course_id"))
                    // A whole percentage; nothing where there is no such rule.
                    .col(integer_null("value"))
                    // A date in the institute's time zone.
                    .col(string("valid_from"))
                    .col(uuid("set_by"))
                    .col(big_integer("set_at"))
                    .foreign_key(&mut belongs_to("course_id", "courses"))
                    .foreign_key(&mut refers("set_by", "users"))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("regulations", &["set_at"])).await
    }
}
