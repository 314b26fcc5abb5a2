//! Students: the rest of their record, the running numbers of their human ids, and what lists are searched and sorted by.

use super::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // One column at a time: SQLite takes no more in one statement.
        for column in [
            // In lower case: a mail address is one person's, however it is typed.
            string_null("personal_email"),
            // Ten digits.
            string_null("mobile_number"),
            string_null("contact_number"),
            string_null("alternate_contact"),
            string_null("gender"),
            string_null("date_of_birth"),
            string_null("admission_date"),
            string_null("father_name"),
            string_null("father_mobile"),
            string_null("mother_name"),
            string_null("mother_mobile"),
            text_null("address"),
            text_null("guardian_details"),
            text_null("notes"),
            // When somebody who has records was deleted: they are kept and shown in no list.
            big_integer_null("archived_at"),
            // Goes up with each change: an edit that was begun before it is refused.
            integer("version").default(1).take(),
            // Name, human id, mail address and mobile number in lower case. SQLite's lower() knows ASCII alone.
            text("search_text").default("").take(),
        ] {
            manager.alter_table(Table::alter().table("students").add_column(column).to_owned()).await?;
        }
        let db = manager.get_connection();
        db.execute_unprepared(
            "UPDATE students SET search_text = lower(first_name || ' ' || last_name || ' ' || student_id)",
        )
        .await?;
        for column in ["personal_email", "mobile_number"] {
            manager.create_index(index("students", &[column]).unique().to_owned()).await?;
        }
        // The two orders of a list, and what statistics and seats are counted from without reading the records.
        manager.create_index(index("students", &["first_name", "last_name", "id"])).await?;
        manager.create_index(index("students", &["created_at", "id"])).await?;
        manager.create_index(index("students", &["admission_date"])).await?;
        let counted = index("students", &["course_id", "semester", "academic_status", "gender", "archived_at"]);
        manager.create_index(counted.clone().name("students_counted").to_owned()).await?;
        // Human ids are typed in any case, and no two differ in their case alone.
        db.execute_unprepared("CREATE UNIQUE INDEX students_student_id_lower ON students (lower(student_id))").await?;
        manager
            .create_table(
                Table::create()
                    .table("student_numbers")
                    .col(uuid("course_id"))
                    .col(integer("year"))
                    // The last running number that was given out. Numbers of deleted students are not given out again.
                    .col(integer("last"))
                    .primary_key(Index::create().col("course_id").col("year"))
                    .foreign_key(&mut belongs_to("course_id", "courses"))
                    .to_owned(),
            )
            .await
    }
}
