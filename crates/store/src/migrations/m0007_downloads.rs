//! Study material ("downloads"), who may see each, and who has opened it.

use super::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("downloads")
                    .col(id_key())
                    .col(string("title"))
                    .col(text_null("description"))
                    .col(string("category"))
                    .col(string_null("subject"))
                    .col(integer_null("semester"))
                    .col(string_null("academic_year"))
                    // JSON list of texts.
                    .col(text("tags"))
                    // Everything a search looks at, in lower case.
                    .col(text("search_text"))
                    // Whom it is for, as it was chosen (JSON). What it means stands in `download_rooms`.
                    .col(text("audience"))
                    .col(integer("requires_login"))
                    // The last date it may be seen, in the institute's time zone.
                    .col(string_null("expires_on"))
                    .col(string("file_sha256"))
                    .col(string("file_name"))
                    .col(string("file_kind"))
                    .col(big_integer("file_size"))
                    .col(uuid("uploaded_by"))
                    .col(big_integer("uploaded_at"))
                    .col(big_integer("updated_at"))
                    .col(big_integer("download_count"))
                    // Goes up with each change: an edit that was begun before it is refused.
                    .col(integer("rev"))
                    .foreign_key(&mut refers("uploaded_by", "users"))
                    .foreign_key(
                        ForeignKey::create()
                            .from_col("file_sha256")
                            .to("uploads", "sha256")
                            .on_delete(ForeignKeyAction::Restrict),
                    )
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("downloads", &["uploaded_at"])).await?;
        manager.create_index(index("downloads", &["file_sha256"])).await?;
        manager
            .create_table(
                Table::create()
                    .table("download_rooms")
                    .col(string("room"))
                    .col(uuid("download_id"))
                    .primary_key(Index::create().col("room").col("download_id"))
                    .foreign_key(&mut belongs_to("download_id", "downloads"))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("download_rooms", &["download_id"])).await?;
        manager
            .create_table(
                Table::create()
                    .table("download_records")
                    .col(uuid("user_id"))
                    .col(uuid("download_id"))
                    // The date in the institute's time zone: one a student and day is counted.
                    .col(string("day"))
                    .primary_key(Index::create().col("user_id").col("download_id").col("day"))
                    .foreign_key(&mut belongs_to("user_id", "users"))
                    .foreign_key(&mut belongs_to("download_id", "downloads"))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("download_records", &["download_id"])).await
    }
}
