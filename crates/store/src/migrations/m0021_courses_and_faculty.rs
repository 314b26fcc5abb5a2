//! What the office keeps of a course and of a faculty member, and which subjects of a course somebody teaches.

use super::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Each column by itself: SQLite adds one at a time.
        let columns = [
            // The fees and their instalments, as JSON.
            ("courses", text_null("fees")),
            // The subjects by semester: a JSON list.
            ("courses", text("subjects").default("[]").take()),
            // Goes up with each change: one that was begun before it is refused.
            ("courses", integer("version").default(1).take()),
            ("faculty", string("qualification").default("").take()),
            ("faculty", string("specialization").default("").take()),
            ("faculty", string("experience").default("").take()),
            ("faculty", string("contact_number").default("").take()),
            ("faculty", string_null("joined_on")),
            ("faculty", integer("version").default(1).take()),
            // Those of the course, as a JSON list; an empty one is all.
            ("faculty_courses", text("subjects").default("[]").take()),
        ];
        for (table, mut column) in columns {
            let add = Table::alter().table(table).add_column(&mut column).to_owned();
            manager.alter_table(add).await?;
        }
        Ok(())
    }
}
