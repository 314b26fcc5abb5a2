//! What the records of attendance add up to, by student, course, semester, subject, kind and status. A server of the version before writes
//! records and no sums: `lamplight verify` says so when one has run beside this one, and `--recount` mends it.

use super::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const KEY: [&str; 6] = ["student_id", "course_id", "semester", "subject_key", "kind", "status"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut key = Index::create();
        for column in KEY {
            key.col(column);
        }
        let sums = Table::create()
            .table("attendance_sums")
            .col(uuid("student_id"))
            .col(uuid("course_id"))
            .col(integer("semester"))
            .col(string("subject_key"))
            .col(string("kind"))
            .col(string("status"))
            .col(string("subject"))
            .col(big_integer("classes"))
            .col(big_integer("minutes_attended"))
            .col(big_integer("minutes_total"))
            .primary_key(&mut key)
            // Whatever has records can't be deleted; sums of nothing stand in nobody's way.
            .foreign_key(&mut belongs_to("student_id", "students"))
            .foreign_key(&mut belongs_to("course_id", "courses"))
            .to_owned();
        manager.create_table(sums).await?;
        let sum = |column: &str| Expr::col(column.to_owned()).sum().cast_as("BIGINT");
        let counted = Query::select()
            .columns(KEY)
            .expr(Expr::col("subject").max())
            .expr(Expr::col("id").count())
            .expr(sum("minutes_attended"))
            .expr(sum("minutes_total"))
            .from("attendance")
            .group_by_columns(KEY)
            .to_owned();
        let mut fill = Query::insert();
        fill.into_table("attendance_sums");
        fill.columns(KEY.into_iter().chain(["subject", "classes", "minutes_attended", "minutes_total"]));
        fill.select_from(counted).map_err(|error| DbErr::Migration(error.to_string()))?;
        manager.exec_stmt(fill).await
    }
}
