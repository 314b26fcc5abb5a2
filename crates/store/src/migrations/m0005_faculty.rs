//! Faculty, and the courses they teach: what they may do.

use super::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("faculty")
                    .col(id_key())
                    .col(uuid("user_id").unique_key())
                    .col(string("faculty_id").unique_key())
                    .col(string("designation"))
                    .col(string("department"))
                    .col(big_integer("created_at"))
                    .col(big_integer("updated_at"))
                    .foreign_key(&mut refers("user_id", "users"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("faculty_courses")
                    .col(uuid("faculty_id"))
                    .col(uuid("course_id"))
                    .primary_key(Index::create().col("faculty_id").col("course_id"))
                    .foreign_key(&mut belongs_to("faculty_id", "faculty"))
                    .foreign_key(&mut refers("course_id", "courses"))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("faculty_courses", &["course_id"])).await
    }
}
