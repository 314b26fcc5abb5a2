//! Students: what decides what they see. The rest of a student's record comes with the students' administration.

use super::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("students")
                    .col(id_key())
                    .col(uuid("user_id").unique_key())
                    .col(string("student_id").unique_key())
                    .col(string("first_name"))
                    .col(string("last_name"))
                    .col(uuid("course_id"))
                    .col(integer("semester"))
                    .col(integer("batch_year"))
                    .col(string("academic_status"))
                    .col(big_integer("created_at"))
                    .col(big_integer("updated_at"))
                    .foreign_key(&mut refers("user_id", "users"))
                    .foreign_key(&mut refers("course_id", "courses"))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("students", &["course_id", "semester"])).await?;
        manager.create_index(index("students", &["semester"])).await?;
        manager.create_index(index("students", &["batch_year"])).await
    }
}
