//! Marks: the sheet of one exam of a class, the marks in it, each publication of it, and what was done to each mark.

use super::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("mark_sheets")
                    .col(id_key())
                    .col(uuid("course_id"))
                    .col(integer("semester"))
                    .col(string("subject"))
                    .col(string("exam_type"))
                    // Tells two exams of one kind apart; empty for the first.
                    .col(string("label"))
                    .col(string("exam_on"))
                    // Hundredths of a mark; 0 is a part that the exam does not have.
                    .col(integer("theory_max"))
                    .col(integer("practical_max"))
                    .col(integer("viva_max"))
                    .col(integer("assignment_max"))
                    // draft, review, scheduled or published.
                    .col(string("state"))
                    // Goes up with each change of the sheet or of a mark in it.
                    .col(integer("version"))
                    // The newest link of the history of its marks, and how many links there are.
                    .col(string("history_head"))
                    .col(big_integer("history_count"))
                    .col(uuid("created_by"))
                    .col(big_integer("created_at"))
                    .col(big_integer("updated_at"))
                    .foreign_key(&mut refers("course_id", "courses"))
                    .foreign_key(&mut refers("created_by", "users"))
                    .to_owned(),
            )
            .await?;
        let one = ["course_id", "semester", "subject", "exam_type", "label"];
        manager.create_index(index("mark_sheets", &one).unique().to_owned()).await?;
        manager
            .create_table(
                Table::create()
                    .table("mark_publications")
                    .col(id_key())
                    .col(uuid("sheet_id"))
                    // scheduled, done or cancelled.
                    .col(string("state"))
                    // The end of the undo window.
                    .col(big_integer("due_at"))
                    // What was rehearsed: ids and versions of the marks, hashed.
                    .col(string("digest"))
                    // What the sheet was before.
                    .col(string("before"))
                    .col(uuid("created_by"))
                    .col(big_integer("created_at"))
                    .foreign_key(&mut belongs_to("sheet_id", "mark_sheets"))
                    .foreign_key(&mut refers("created_by", "users"))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("mark_publications", &["state", "due_at"])).await?;
        manager.create_index(index("mark_publications", &["sheet_id"])).await?;
        manager
            .create_table(
                Table::create()
                    .table("marks")
                    .col(id_key())
                    .col(uuid("sheet_id"))
                    .col(uuid("student_id"))
                    // Of the sheet, for lists.
                    .col(string("exam_on"))
                    // A number, `absent` or `withheld`; none is blank. Each with how often it was changed.
                    .col(string_null("theory"))
                    .col(integer("theory_rev"))
                    .col(string_null("practical"))
                    .col(integer("practical_rev"))
                    .col(string_null("viva"))
                    .col(integer("viva_rev"))
                    .col(string_null("assignment"))
                    .col(integer("assignment_rev"))
                    // What the rules make of it: hundredths, and words.
                    .col(integer("obtained"))
                    .col(integer("maximum"))
                    .col(string("grade"))
                    .col(string("result"))
                    .col(text_null("remarks"))
                    .col(integer("version"))
                    // Since when its student sees it; none is never or not now.
                    .col(big_integer_null("published_at"))
                    .col(ColumnDef::new("publication_id").uuid().null().take())
                    .col(uuid("entered_by"))
                    .col(big_integer("created_at"))
                    .col(big_integer("updated_at"))
                    .foreign_key(&mut refers("sheet_id", "mark_sheets"))
                    .foreign_key(&mut refers("student_id", "students"))
                    .foreign_key(&mut refers("entered_by", "users"))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("marks", &["sheet_id", "student_id"]).unique().to_owned()).await?;
        manager.create_index(index("marks", &["student_id", "exam_on"])).await?;
        manager.create_index(index("marks", &["exam_on"])).await?;
        manager
            .create_table(
                Table::create()
                    .table("mark_history")
                    .col(id_key())
                    .col(uuid("sheet_id"))
                    // From 1, without a gap, in each sheet.
                    .col(big_integer("number"))
                    // No reference: what was done stays when the mark goes.
                    .col(uuid("mark_id"))
                    .col(uuid("student_id"))
                    .col(big_integer("at"))
                    .col(uuid("by_user"))
                    // entered, changed, published, recalled or deleted.
                    .col(string("action"))
                    // The mark before and after, as JSON.
                    .col(text_null("was"))
                    .col(text_null("became"))
                    .col(text_null("reason"))
                    // Whether the student may read it: nothing that was a draft.
                    .col(integer("is_public"))
                    .col(string("previous"))
                    .col(string("hash"))
                    .foreign_key(&mut refers("sheet_id", "mark_sheets"))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("mark_history", &["sheet_id", "number"]).unique().to_owned()).await?;
        manager.create_index(index("mark_history", &["mark_id"])).await
    }
}
