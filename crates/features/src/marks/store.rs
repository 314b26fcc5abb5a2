use std::collections::HashMap;

use jiff::civil::Date;
use lamplight_kernel::{CourseId, MarkId, Page, PageRequest, SheetId, StudentId};
use lamplight_store::{StoreError, Tx};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait},
};
use uuid::Uuid;

use super::rules::{Cell, Part, Parts, Score, Tally};

pub(super) mod sheets {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "mark_sheets")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) course_id: Uuid,
        pub(crate) semester: i32,
        pub(crate) subject: String,
        pub(crate) exam_type: String,
        /// Empty for the first exam of its kind.
        pub(crate) label: String,
        /// `YYYY-MM-DD`.
        pub(crate) exam_on: String,
        pub(crate) theory_max: i32,
        pub(crate) practical_max: i32,
        pub(crate) viva_max: i32,
        pub(crate) assignment_max: i32,
        /// One of [`super::DRAFT`], [`super::REVIEW`], [`super::SCHEDULED`], [`super::PUBLISHED`].
        pub(crate) state: String,
        pub(crate) version: i32,
        pub(crate) history_head: String,
        pub(crate) history_count: i64,
        pub(crate) created_by: Uuid,
        pub(crate) created_at: i64,
        pub(crate) updated_at: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod marks {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "marks")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) sheet_id: Uuid,
        pub(crate) student_id: Uuid,
        pub(crate) exam_on: String,
        pub(crate) theory: Option<String>,
        pub(crate) theory_rev: i32,
        pub(crate) practical: Option<String>,
        pub(crate) practical_rev: i32,
        pub(crate) viva: Option<String>,
        pub(crate) viva_rev: i32,
        pub(crate) assignment: Option<String>,
        pub(crate) assignment_rev: i32,
        pub(crate) obtained: i32,
        pub(crate) maximum: i32,
        pub(crate) grade: String,
        pub(crate) result: String,
        pub(crate) remarks: Option<String>,
        pub(crate) version: i32,
        /// Since when its student sees it.
        pub(crate) published_at: Option<i64>,
        pub(crate) publication_id: Option<Uuid>,
        pub(crate) entered_by: Uuid,
        pub(crate) created_at: i64,
        pub(crate) updated_at: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod publications {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "mark_publications")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) sheet_id: Uuid,
        /// `scheduled`, `done` or `cancelled`.
        pub(crate) state: String,
        pub(crate) due_at: i64,
        pub(crate) digest: String,
        /// The state of the sheet before.
        pub(crate) before: String,
        pub(crate) created_by: Uuid,
        pub(crate) created_at: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// The states of a sheet.
pub(super) const DRAFT: &str = "draft";
pub(super) const REVIEW: &str = "review";
pub(super) const SCHEDULED: &str = "scheduled";
pub(super) const PUBLISHED: &str = "published";

impl sheets::Model {
    pub(super) fn course(&self) -> CourseId {
        self.course_id.into()
    }

    pub(super) fn maxima(&self) -> Parts<Score> {
        Parts {
            theory: Score::from_hundredths(self.theory_max),
            practical: Score::from_hundredths(self.practical_max),
            viva: Score::from_hundredths(self.viva_max),
            assignment: Score::from_hundredths(self.assignment_max),
        }
    }

    pub(super) fn set_maxima(&mut self, maxima: &Parts<Score>) {
        self.theory_max = maxima.theory.hundredths();
        self.practical_max = maxima.practical.hundredths();
        self.viva_max = maxima.viva.hundredths();
        self.assignment_max = maxima.assignment.hundredths();
    }

    pub(super) fn date(&self) -> Result<Date, StoreError> {
        self.exam_on.parse().map_err(|error| StoreError::Corrupt {
            table: "mark_sheets",
            what: format!("{}: its date: {error}", self.id),
        })
    }
}

impl marks::Model {
    const fn stored(&self, part: Part) -> &Option<String> {
        match part {
            Part::Theory => &self.theory,
            Part::Practical => &self.practical,
            Part::Viva => &self.viva,
            Part::Assignment => &self.assignment,
        }
    }

    pub(super) fn cells(&self) -> Result<Parts<Cell>, StoreError> {
        let cell = |part| {
            self.stored(part).as_deref().unwrap_or_default().parse::<Cell>().map_err(|()| StoreError::Corrupt {
                table: "marks",
                what: format!("{}: its {}", self.id, Part::as_str(part)),
            })
        };
        Ok(Parts {
            theory: cell(Part::Theory)?,
            practical: cell(Part::Practical)?,
            viva: cell(Part::Viva)?,
            assignment: cell(Part::Assignment)?,
        })
    }

    pub(super) const fn revs(&self) -> Parts<i32> {
        Parts {
            theory: self.theory_rev,
            practical: self.practical_rev,
            viva: self.viva_rev,
            assignment: self.assignment_rev,
        }
    }

    /// Puts a cell, whose revision goes up.
    pub(super) fn put(&mut self, part: Part, cell: Cell) {
        let (stored, rev) = match part {
            Part::Theory => (&mut self.theory, &mut self.theory_rev),
            Part::Practical => (&mut self.practical, &mut self.practical_rev),
            Part::Viva => (&mut self.viva, &mut self.viva_rev),
            Part::Assignment => (&mut self.assignment, &mut self.assignment_rev),
        };
        *stored = cell.stored();
        *rev += 1;
    }

    pub(super) fn judge(&mut self, tally: &Tally) {
        self.obtained = tally.obtained.hundredths();
        self.maximum = tally.maximum.hundredths();
        self.grade = tally.grade.to_owned();
        self.result = tally.result.to_owned();
    }

    pub(super) const fn is_blank(&self) -> bool {
        self.theory.is_none() && self.practical.is_none() && self.viva.is_none() && self.assignment.is_none()
    }

    pub(super) fn record(&self) -> super::rules::Record<'_> {
        (Score::from_hundredths(self.obtained), Score::from_hundredths(self.maximum), &self.grade, &self.result)
    }
}

/// Takes the sheet for this transaction alone and counts its version up; every change of a sheet or of a mark begins so.
pub(super) async fn lock_sheet(tx: &Tx, sheet: SheetId) -> Result<Option<sheets::Model>, StoreError> {
    use sheets::{Column, Entity};
    let update = Entity::update_many()
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::value(tx.now().millis()));
    update.filter(Column::Id.eq(sheet.uuid())).exec(tx.db()).await?;
    find_sheet(tx.db(), sheet).await
}

pub(super) async fn find_sheet<C: ConnectionTrait>(
    db: &C,
    sheet: SheetId,
) -> Result<Option<sheets::Model>, StoreError> {
    Ok(sheets::Entity::find_by_id(sheet.uuid()).one(db).await?)
}

pub(super) async fn insert_sheet(tx: &Tx, sheet: &sheets::Model) -> Result<(), StoreError> {
    sheets::Entity::insert(sheet.clone().into_active_model().reset_all()).exec_without_returning(tx.db()).await?;
    Ok(())
}

pub(super) async fn update_sheet(tx: &Tx, sheet: &sheets::Model) -> Result<(), StoreError> {
    let update = sheets::Entity::update_many().set(sheet.clone().into_active_model().reset_all());
    update.filter(sheets::Column::Id.eq(sheet.id)).exec(tx.db()).await?;
    Ok(())
}

pub(super) async fn delete_sheet(tx: &Tx, sheet: SheetId) -> Result<(), StoreError> {
    sheets::Entity::delete_by_id(sheet.uuid()).exec(tx.db()).await?;
    Ok(())
}

/// What marks or sheets are narrowed by.
#[derive(Debug, Default, Clone)]
pub(super) struct Filter<'a> {
    pub(super) sheet: Option<SheetId>,
    pub(super) course: Option<CourseId>,
    pub(super) semester: Option<i32>,
    pub(super) subject: Option<&'a str>,
    pub(super) exam_type: Option<&'a str>,
    pub(super) label: Option<&'a str>,
    pub(super) state: Option<&'a str>,
    /// The first and the last date of the exam.
    pub(super) dates: (Option<Date>, Option<Date>),
    /// Only of these courses.
    pub(super) within: Option<&'a [CourseId]>,
    pub(super) student: Option<StudentId>,
}

impl Filter<'_> {
    fn sheets(&self) -> Condition {
        use sheets::Column;
        Condition::all()
            .add_option(self.sheet.map(|sheet| Column::Id.eq(sheet.uuid())))
            .add_option(self.course.map(|course| Column::CourseId.eq(course.uuid())))
            .add_option(self.semester.map(|semester| Column::Semester.eq(semester)))
            .add_option(self.subject.map(|subject| Column::Subject.eq(subject)))
            .add_option(self.exam_type.map(|exam_type| Column::ExamType.eq(exam_type)))
            .add_option(self.label.map(|label| Column::Label.eq(label)))
            .add_option(self.state.map(|state| Column::State.eq(state)))
            .add_option(self.dates.0.map(|date| Column::ExamOn.gte(date.to_string())))
            .add_option(self.dates.1.map(|date| Column::ExamOn.lte(date.to_string())))
            .add_option(self.within.map(|courses| Column::CourseId.is_in(courses.iter().map(|course| course.uuid()))))
    }

    fn marks(&self) -> Condition {
        let all = Condition::all().add_option(self.student.map(|student| marks::Column::StudentId.eq(student.uuid())));
        let sheets = self.sheets();
        if sheets.is_empty() {
            return all;
        }
        let ids = sheets::Entity::find().select_only().column(sheets::Column::Id).filter(sheets).into_query();
        all.add(marks::Column::SheetId.in_subquery(ids))
    }
}

/// Sheets, newest exam first.
pub(super) async fn list_sheets<C: ConnectionTrait>(
    db: &C,
    filter: &Filter<'_>,
    page: PageRequest,
) -> Result<Page<sheets::Model>, StoreError> {
    use sheets::Column;
    let found = sheets::Entity::find().filter(filter.sheets());
    let total = found.clone().count(db).await?;
    let found = found.order_by_desc(Column::ExamOn).order_by_desc(Column::CreatedAt).order_by_desc(Column::Id);
    Ok(Page::new(found.offset(page.offset()).limit(page.limit()).all(db).await?, page, total))
}

pub(super) async fn find_sheets<C: ConnectionTrait>(
    db: &C,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<HashMap<Uuid, sheets::Model>, StoreError> {
    let mut ids: Vec<_> = ids.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    let rows = sheets::Entity::find().filter(sheets::Column::Id.is_in(ids)).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// How many marks each sheet holds, and how many of them are published.
pub(super) async fn count_marks<C: ConnectionTrait>(
    db: &C,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<HashMap<Uuid, (i64, i64)>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        sheet_id: Uuid,
        entered: i64,
        published: i64,
    }
    let rows: Vec<Row> = marks::Entity::find()
        .select_only()
        .column(marks::Column::SheetId)
        .column_as(marks::Column::Id.count(), "entered")
        .column_as(marks::Column::PublishedAt.count(), "published")
        .filter(marks::Column::SheetId.is_in(ids))
        .group_by(marks::Column::SheetId)
        .into_model()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.sheet_id, (row.entered, row.published))).collect())
}

/// Marks, newest exam first.
pub(super) async fn list<C: ConnectionTrait>(
    db: &C,
    filter: &Filter<'_>,
    page: PageRequest,
) -> Result<Page<marks::Model>, StoreError> {
    use marks::Column;
    let found = marks::Entity::find().filter(filter.marks());
    let total = crate::bounded::count(db, found.clone()).await?;
    let found = found.order_by_desc(Column::ExamOn).order_by_desc(Column::UpdatedAt).order_by_desc(Column::Id);
    Ok(Page::new(found.offset(page.offset()).limit(page.limit()).all(db).await?, page, total))
}

/// The published marks of one student, newest exam first. A student has a few hundred in a whole programme.
pub(super) async fn list_published<C: ConnectionTrait>(
    db: &C,
    student: StudentId,
    filter: &Filter<'_>,
) -> Result<Vec<marks::Model>, StoreError> {
    use marks::Column;
    let found = marks::Entity::find()
        .filter(Column::StudentId.eq(student.uuid()))
        .filter(Column::PublishedAt.is_not_null())
        .filter(filter.marks());
    let found = found.order_by_desc(Column::ExamOn).order_by_desc(Column::PublishedAt).order_by_desc(Column::Id);
    Ok(found.limit(2000).all(db).await?)
}

/// Every mark of a sheet. A class has some tens of students.
pub(super) async fn of_sheet<C: ConnectionTrait>(db: &C, sheet: Uuid) -> Result<Vec<marks::Model>, StoreError> {
    let found = marks::Entity::find().filter(marks::Column::SheetId.eq(sheet));
    Ok(found.order_by_asc(marks::Column::Id).all(db).await?)
}

pub(super) async fn find<C: ConnectionTrait>(db: &C, mark: MarkId) -> Result<Option<marks::Model>, StoreError> {
    Ok(marks::Entity::find_by_id(mark.uuid()).one(db).await?)
}

pub(super) async fn insert(tx: &Tx, row: &marks::Model) -> Result<(), StoreError> {
    marks::Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx.db()).await?;
    Ok(())
}

pub(super) async fn update(tx: &Tx, row: &marks::Model) -> Result<(), StoreError> {
    let update = marks::Entity::update_many().set(row.clone().into_active_model().reset_all());
    update.filter(marks::Column::Id.eq(row.id)).exec(tx.db()).await?;
    Ok(())
}

pub(super) async fn delete(tx: &Tx, mark: Uuid) -> Result<(), StoreError> {
    marks::Entity::delete_by_id(mark).exec(tx.db()).await?;
    Ok(())
}

/// Says which publication these marks are part of.
pub(super) async fn set_publication(tx: &Tx, ids: &[Uuid], publication: Option<Uuid>) -> Result<(), StoreError> {
    let update = marks::Entity::update_many().col_expr(marks::Column::PublicationId, Expr::value(publication));
    update.filter(marks::Column::Id.is_in(ids.iter().copied())).exec(tx.db()).await?;
    Ok(())
}

/// The marks of a publication.
pub(super) async fn of_publication<C: ConnectionTrait>(
    db: &C,
    publication: Uuid,
    sheet: Uuid,
) -> Result<Vec<marks::Model>, StoreError> {
    let found = marks::Entity::find().filter(marks::Column::SheetId.eq(sheet));
    let found = found.filter(marks::Column::PublicationId.eq(publication));
    Ok(found.order_by_asc(marks::Column::Id).all(db).await?)
}

pub(super) async fn insert_publication(tx: &Tx, row: &publications::Model) -> Result<(), StoreError> {
    publications::Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx.db()).await?;
    Ok(())
}

/// The publication of a sheet whose undo window is open.
pub(super) async fn running<C: ConnectionTrait>(
    db: &C,
    sheet: Uuid,
) -> Result<Option<publications::Model>, StoreError> {
    use publications::Column;
    let found = publications::Entity::find().filter(Column::SheetId.eq(sheet)).filter(Column::State.eq(SCHEDULED));
    Ok(found.one(db).await?)
}

/// The publications of sheets whose undo windows are open.
pub(super) async fn running_of<C: ConnectionTrait>(
    db: &C,
    sheets: impl IntoIterator<Item = Uuid>,
) -> Result<HashMap<Uuid, publications::Model>, StoreError> {
    use publications::Column;
    let found = publications::Entity::find().filter(Column::SheetId.is_in(sheets)).filter(Column::State.eq(SCHEDULED));
    Ok(found.all(db).await?.into_iter().map(|row| (row.sheet_id, row)).collect())
}

/// Publications whose undo window has ended.
pub(super) async fn due<C: ConnectionTrait>(db: &C, now: i64) -> Result<Vec<publications::Model>, StoreError> {
    use publications::Column;
    let found = publications::Entity::find().filter(Column::State.eq(SCHEDULED)).filter(Column::DueAt.lte(now));
    Ok(found.order_by_asc(Column::DueAt).limit(100).all(db).await?)
}

/// Ends a publication that is under way; says whether it was.
pub(super) async fn end_publication(tx: &Tx, publication: Uuid, state: &str) -> Result<bool, StoreError> {
    use publications::Column;
    let update = publications::Entity::update_many().col_expr(Column::State, Expr::value(state));
    let update = update.filter(Column::Id.eq(publication)).filter(Column::State.eq(SCHEDULED));
    Ok(update.exec(tx.db()).await?.rows_affected == 1)
}

/// Numbers of a group of marks.
#[derive(Debug, FromQueryResult)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) count: i64,
    pub(super) students: i64,
    pub(super) average: Option<f64>,
    pub(super) highest: Option<f64>,
    pub(super) lowest: Option<f64>,
    pub(super) passed: i64,
    pub(super) failed: i64,
}

/// By what marks are counted together.
#[derive(Debug, Clone, Copy)]
pub(super) enum By {
    All,
    Subject,
    Grade,
}

/// Counts marks. Averages are of what is passed or failed: who was absent has no percentage.
pub(super) async fn count_by<C: ConnectionTrait>(
    db: &C,
    filter: &Filter<'_>,
    by: By,
) -> Result<Vec<Group>, StoreError> {
    const PERCENT: &str = "CASE WHEN marks.result IN ('Pass', 'Fail') THEN \
                           CAST(marks.obtained AS DOUBLE PRECISION) * 100 / NULLIF(marks.maximum, 0) END";
    let name = match by {
        By::All => "'all'",
        By::Subject => "mark_sheets.subject",
        By::Grade => "marks.grade",
    };
    let mut query = marks::Entity::find()
        .select_only()
        .column_as(Expr::cust(name), "name")
        .column_as(Expr::cust("COUNT(*)"), "count")
        .column_as(Expr::cust("COUNT(DISTINCT marks.student_id)"), "students")
        .column_as(Expr::cust(format!("AVG({PERCENT})")), "average")
        .column_as(Expr::cust(format!("MAX({PERCENT})")), "highest")
        .column_as(Expr::cust(format!("MIN({PERCENT})")), "lowest")
        .column_as(Expr::cust("COUNT(CASE WHEN marks.result = 'Pass' THEN 1 END)"), "passed")
        .column_as(Expr::cust("COUNT(CASE WHEN marks.result = 'Fail' THEN 1 END)"), "failed")
        .filter(filter.marks());
    match by {
        By::All => {}
        By::Subject => {
            use sea_orm::sea_query::JoinType;
            let _: &mut sea_orm::sea_query::SelectStatement = QuerySelect::query(&mut query).join(
                JoinType::InnerJoin,
                sheets::Entity,
                Expr::col((sheets::Entity, sheets::Column::Id)).equals((marks::Entity, marks::Column::SheetId)),
            );
            query = query.group_by(Expr::cust(name)).order_by_asc(Expr::cust(name));
        }
        By::Grade => query = query.group_by(Expr::cust(name)).order_by_asc(Expr::cust(name)),
    }
    Ok(query.limit(500).into_model().all(db).await?)
}
