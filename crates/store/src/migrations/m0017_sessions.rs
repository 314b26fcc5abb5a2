//! Devices on which people are signed in, tries to sign in that failed, and links to set a new password.

use super::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("sessions")
                    .col(id_key())
                    .col(uuid("user_id"))
                    // What its tokens were signed in under: it has ended when the person's version or the newest key is another.
                    .col(integer("session_version"))
                    .col(integer("signing_key"))
                    .col(string_null("address"))
                    // In words: `Firefox on Windows`.
                    .col(string("device"))
                    .col(big_integer("created_at"))
                    // Not to the minute: it is not written at each request.
                    .col(big_integer("seen_at"))
                    .col(big_integer("expires_at"))
                    .foreign_key(&mut belongs_to("user_id", "users"))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("sessions", &["user_id"])).await?;
        manager.create_index(index("sessions", &["expires_at"])).await?;
        manager
            .create_table(
                Table::create()
                    .table("sign_in_tries")
                    // Whose tries are counted together: a name that was typed, hashed; an address; a browser.
                    .col(string("bucket").primary_key())
                    // When the tries so far are forgotten, milliseconds since 1970. Each failed one moves it on.
                    .col(big_integer("full_until"))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("sign_in_tries", &["full_until"])).await?;
        manager
            .create_table(
                Table::create()
                    .table("password_links")
                    // SHA-256 of the token in the mail, in hexadecimal.
                    .col(string("token_hash").primary_key())
                    .col(uuid("user_id"))
                    .col(big_integer("expires_at"))
                    .foreign_key(&mut belongs_to("user_id", "users"))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("password_links", &["user_id"])).await
    }
}
