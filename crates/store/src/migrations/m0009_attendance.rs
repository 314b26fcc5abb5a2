//! Attendance: who was in which class, what was corrected, and the classes that are marked live with their taps.

use sea_orm_migration::schema::uuid_null;

use super::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("attendance_classes")
                    .col(id_key())
                    .col(uuid("course_id"))
                    .col(integer("semester"))
                    .col(string("subject"))
                    // In lower case: `Anatomy` and `anatomy` are one subject.
                    .col(string("subject_key"))
                    // A date, not a moment: `YYYY-MM-DD` at the institute.
                    .col(string("date"))
                    .col(string("session"))
                    .col(string("kind"))
                    .col(integer("minutes_total"))
                    .col(uuid("opened_by"))
                    .col(big_integer("opened_at"))
                    .col(big_integer_null("closed_at"))
                    .foreign_key(&mut refers("course_id", "courses"))
                    .foreign_key(&mut refers("opened_by", "users"))
                    .to_owned(),
            )
            .await?;
        let class = index("attendance_classes", &["course_id", "semester", "date", "subject_key", "session"]);
        manager.create_index(class.clone().unique().to_owned()).await?;
        manager.create_index(index("attendance_classes", &["date"])).await?;
        manager
            .create_table(
                Table::create()
                    .table("attendance")
                    .col(id_key())
                    .col(uuid("student_id"))
                    // What the student studied, and in which semester, when the class was held.
                    .col(uuid("course_id"))
                    .col(integer("semester"))
                    .col(string("subject"))
                    .col(string("subject_key"))
                    .col(string("date"))
                    .col(string("session"))
                    .col(string("kind"))
                    .col(string("status"))
                    .col(integer("minutes_attended"))
                    .col(integer("minutes_total"))
                    .col(text_null("remarks"))
                    // The class it was marked in, when it was marked live.
                    .col(uuid_null("class_id"))
                    .col(uuid("recorded_by"))
                    .col(big_integer("recorded_at"))
                    .col(big_integer("updated_at"))
                    // Goes up with each correction: one that was begun before it is refused.
                    .col(integer("rev"))
                    .foreign_key(&mut refers("student_id", "students"))
                    .foreign_key(&mut refers("course_id", "courses"))
                    .foreign_key(&mut refers("class_id", "attendance_classes"))
                    .foreign_key(&mut refers("recorded_by", "users"))
                    .to_owned(),
            )
            .await?;
        let one = index("attendance", &["student_id", "date", "subject_key", "session"]);
        manager.create_index(one.clone().unique().to_owned()).await?;
        // Lists are by date, newest first, of the institute or of a course.
        manager.create_index(index("attendance", &["date", "id"])).await?;
        manager.create_index(index("attendance", &["course_id", "date", "id"])).await?;
        manager
            .create_table(
                Table::create()
                    .table("attendance_history")
                    .col(id_key())
                    // The record may be gone, and its story stays: no foreign key.
                    .col(uuid("attendance_id"))
                    .col(uuid("student_id"))
                    .col(uuid("course_id"))
                    .col(string("date"))
                    .col(string("subject_key"))
                    .col(string("session"))
                    .col(string("action"))
                    // What it was and what it became, as JSON.
                    .col(text_null("before"))
                    .col(text_null("after"))
                    .col(text_null("reason"))
                    .col(string("way"))
                    .col(uuid("by"))
                    .col(big_integer("at"))
                    // The revision it led to: the order of what happened in one moment.
                    .col(integer("rev"))
                    .foreign_key(&mut refers("student_id", "students"))
                    .foreign_key(&mut refers("by", "users"))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("attendance_history", &["student_id", "date"])).await?;
        manager.create_index(index("attendance_history", &["attendance_id"])).await?;
        manager
            .create_table(
                Table::create()
                    .table("attendance_taps")
                    // Made on the device, so that a tap sent twice is taken once.
                    .col(id_key())
                    .col(uuid("class_id"))
                    .col(uuid("student_id"))
                    // Nothing when the mark was taken back.
                    .col(string_null("status"))
                    .col(integer("minutes_attended"))
                    .col(uuid("by"))
                    // When the device says it was made: this and the id decide which tap counts.
                    .col(big_integer("at"))
                    .col(big_integer("received_at"))
                    .foreign_key(&mut belongs_to("class_id", "attendance_classes"))
                    .foreign_key(&mut refers("student_id", "students"))
                    .foreign_key(&mut refers("by", "users"))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("attendance_taps", &["class_id", "student_id", "at"])).await?;
        manager
            .create_table(
                Table::create()
                    .table("attendance_imports")
                    .col(id_key())
                    .col(string("file_name"))
                    // The rows as they were read and what would be done with each, as JSON.
                    .col(text("plan"))
                    .col(uuid("made_by"))
                    .col(big_integer("made_at"))
                    .col(big_integer_null("applied_at"))
                    .foreign_key(&mut refers("made_by", "users"))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("attendance_imports", &["made_at"])).await
    }
}
