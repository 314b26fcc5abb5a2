//! Notifications, who receives each, and who has read it.

use super::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("notifications")
                    .col(id_key())
                    .col(string("title"))
                    .col(text("message"))
                    .col(string("kind"))
                    .col(string("category"))
                    .col(string("priority"))
                    // The page it is about, within Lamplight: `/marks`.
                    .col(string_null("link"))
                    // Nothing when nobody in particular caused it.
                    .col(uuid_null("sender_id"))
                    // 1 when the office wrote it, 0 when a feature told it.
                    .col(integer("is_written"))
                    .col(string("target_type"))
                    // JSON list of texts.
                    .col(text("target_ids"))
                    .col(integer("is_active"))
                    // When its receivers were chosen; nothing while it was never active.
                    .col(big_integer_null("sent_at"))
                    .col(big_integer("created_at"))
                    .col(big_integer("updated_at"))
                    // Goes up with each change: an edit that was begun before it is refused.
                    .col(integer("rev"))
                    .foreign_key(&mut refers("sender_id", "users"))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("notifications", &["is_written", "created_at"])).await?;
        manager
            .create_table(
                Table::create()
                    .table("notification_receivers")
                    .col(uuid("user_id"))
                    .col(uuid("notification_id"))
                    // 0 while the notification is not active: kept here too, so that a person's list asks this table alone.
                    .col(integer("is_shown"))
                    // When it was sent, for the order of a person's list.
                    .col(big_integer("sent_at"))
                    .col(big_integer_null("read_at"))
                    .primary_key(Index::create().col("user_id").col("notification_id"))
                    .foreign_key(&mut belongs_to("user_id", "users"))
                    .foreign_key(&mut belongs_to("notification_id", "notifications"))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("notification_receivers", &["user_id", "sent_at"])).await?;
        manager.create_index(index("notification_receivers", &["notification_id"])).await
    }
}
