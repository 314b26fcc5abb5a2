//! Uploaded files that are kept, by what is in them. See the `uploads` feature for how a file comes and goes.

use super::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("uploads")
                    // SHA-256 in hexadecimal: the same bytes are one row and one file.
                    .col(string("sha256").primary_key())
                    .col(big_integer("size"))
                    .col(big_integer("created_at"))
                    // When the sweeper must look whether anybody refers to it. Empty: somebody does.
                    .col(big_integer_null("check_at"))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("uploads", &["check_at"])).await
    }
}
