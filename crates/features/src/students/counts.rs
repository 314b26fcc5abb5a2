//! How many students there are, by what they are counted by when they are written (`m0033_counts.rs` in `lamplight_store`): no list and
//! no figure counts rows.

use std::collections::HashMap;

use lamplight_kernel::CourseId;
use lamplight_store::StoreError;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Select,
    sea_query::{Expr, ExprTrait, SimpleExpr},
};

use super::{rules::AcademicStatus, store::Filter};

mod entity {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "student_counts")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) course_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) semester: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) batch_year: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) academic_status: String,
        /// Empty where nobody has said.
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) gender: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) is_archived: i32,
        /// On PostgreSQL there may be several to be added.
        pub(super) total: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

use entity::{Column, Entity};

fn sum() -> SimpleExpr {
    Expr::col(Column::Total).sum().cast_as("BIGINT")
}

/// Those who sit in class: not archived, not gone.
fn in_class() -> Condition {
    Condition::all()
        .add(Column::IsArchived.eq(0))
        .add(Column::AcademicStatus.is_in(AcademicStatus::ENROLLED.map(AcademicStatus::as_str)))
}

fn within(courses: Option<&[CourseId]>) -> Option<SimpleExpr> {
    courses.map(|courses| Column::CourseId.is_in(courses.iter().map(|course| course.uuid())))
}

/// How many students of each of these groups.
fn grouped<const N: usize>(of: Condition, by: [Column; N]) -> Select<Entity> {
    let found = Entity::find().filter(of).select_only().columns(by).column_as(sum(), "students");
    by.into_iter().fold(found, QuerySelect::group_by).having(Expr::expr(sum()).gt(0))
}

/// How many there are, whatever is searched for.
pub(super) async fn count<C: ConnectionTrait>(db: &C, filter: &Filter<'_>) -> Result<i64, StoreError> {
    let of = Condition::all()
        .add(Column::IsArchived.eq(i32::from(filter.archived)))
        .add_option(filter.course.map(|course| Column::CourseId.eq(course.uuid())))
        .add_option(filter.semester.map(|semester| Column::Semester.eq(semester)))
        .add_option(filter.status.map(|status| Column::AcademicStatus.eq(status.as_str())))
        .add_option(filter.batch.map(|year| Column::BatchYear.eq(year)))
        .add_option(within(filter.within));
    let found = Entity::find().filter(of).select_only().expr(sum());
    let found: Option<Option<i64>> = found.into_tuple().one(db).await?;
    Ok(found.flatten().unwrap_or(0))
}

/// How many students each semester of each course has.
pub(crate) async fn count_by_class<C: ConnectionTrait>(db: &C) -> Result<HashMap<(CourseId, i32), i64>, StoreError> {
    let rows: Vec<(uuid::Uuid, i32, i64)> =
        grouped(in_class(), [Column::CourseId, Column::Semester]).into_tuple().all(db).await?;
    Ok(rows.into_iter().map(|(course, semester, students)| ((course.into(), semester), students)).collect())
}

/// How many seats of each course are taken: by everybody who is enrolled, whatever the semester.
pub(crate) async fn count_by_course<C: ConnectionTrait>(db: &C) -> Result<HashMap<CourseId, u64>, StoreError> {
    let rows: Vec<(uuid::Uuid, i64)> = grouped(in_class(), [Column::CourseId]).into_tuple().all(db).await?;
    Ok(rows.into_iter().map(|(course, students)| (course.into(), u64::try_from(students).unwrap_or(0))).collect())
}

/// How many students are alike in what statistics are made of.
#[derive(Debug, FromQueryResult)]
pub(crate) struct Group {
    pub(crate) course_id: uuid::Uuid,
    pub(crate) semester: i32,
    pub(crate) academic_status: String,
    /// Empty where nobody has said.
    pub(crate) gender: String,
    pub(crate) students: i64,
}

/// What all statistics are made of.
pub(crate) async fn count_groups<C: ConnectionTrait>(
    db: &C,
    courses: Option<&[CourseId]>,
) -> Result<Vec<Group>, StoreError> {
    let of = Condition::all().add(Column::IsArchived.eq(0)).add_option(within(courses));
    let by = [Column::CourseId, Column::Semester, Column::AcademicStatus, Column::Gender];
    Ok(grouped(of, by).into_model().all(db).await?)
}
