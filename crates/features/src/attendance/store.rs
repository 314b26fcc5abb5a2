use std::collections::HashMap;

use jiff::civil::Date;
use lamplight_kernel::{AttendanceId, CourseId, Page, PageRequest, StudentId};
use lamplight_store::StoreError;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, ExprTrait, IntoColumnRef, LikeExpr, Query, SelectStatement},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    entity::{history, records, sums},
    rules::{Kind, Session, Status, Tally, hours, subject_key},
};
use crate::{bounded, search};

pub(super) use records::{Column, Entity, Model};

/// What is said of a student in a class: what a correction can change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = AttendanceSaid)]
#[serde(rename_all = "camelCase")]
pub(super) struct Said {
    /// The status.
    pub(super) status: Status,
    /// The kind of class.
    #[serde(rename = "type")]
    pub(super) kind: Kind,
    /// How long the student was there.
    pub(super) hours_attended: f64,
    /// How long the class was.
    pub(super) total_hours: f64,
    /// A remark.
    #[schema(required)]
    pub(super) remarks: Option<String>,
}

impl Said {
    pub(super) fn of(row: &Model) -> Result<Self, StoreError> {
        Ok(Self {
            status: word(row, &row.status)?,
            kind: word(row, &row.kind)?,
            hours_attended: hours(row.minutes_attended),
            total_hours: hours(row.minutes_total),
            remarks: row.remarks.clone(),
        })
    }
}

/// A word of a row, read back.
pub(super) fn word<T: std::str::FromStr>(row: &Model, text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::Corrupt { table: "attendance", what: format!("{}: {text:?}", row.id) })
}

/// The date of a row.
pub(super) fn date(text: &str) -> Result<Date, StoreError> {
    text.parse().map_err(|_| StoreError::Corrupt { table: "attendance", what: format!("the date {text:?}") })
}

/// What a list is narrowed by.
#[derive(Debug, Default, Clone)]
pub(super) struct Filter<'a> {
    /// First and last date.
    pub(super) dates: Option<(Date, Date)>,
    pub(super) course: Option<CourseId>,
    pub(super) semester: Option<i32>,
    /// Words of the subject.
    pub(super) subject: Option<&'a str>,
    /// The whole subject.
    pub(super) subject_is: Option<&'a str>,
    pub(super) kind: Option<Kind>,
    pub(super) session: Option<Session>,
    pub(super) status: Option<Status>,
    pub(super) student: Option<StudentId>,
    /// Only of these courses.
    pub(super) within: Option<&'a [CourseId]>,
}

impl Filter<'_> {
    /// Whether it asks for no more than the sums know: all days of some student.
    const fn is_of_sums(&self) -> bool {
        self.student.is_some() && self.dates.is_none() && self.session.is_none()
    }

    pub(super) fn condition(&self) -> Condition {
        let mut all = Condition::all();
        if let Some((first, last)) = self.dates {
            all = all.add(Column::Date.gte(first.to_string())).add(Column::Date.lte(last.to_string()));
        }
        // Of one student there is little, of a course there are years. A database without statistics thinks both the same, and SQLite
        // then takes the index of the course: what is no plain column has no index.
        let of_course = || {
            let column = Expr::col(Column::CourseId);
            if self.student.is_some() { column.if_null(Expr::col(Column::CourseId)) } else { column }
        };
        if let Some(course) = self.course {
            all = all.add(of_course().eq(course.uuid()));
        }
        if let Some(semester) = self.semester {
            all = all.add(Column::Semester.eq(semester));
        }
        for pattern in search::patterns(self.subject) {
            all = all.add(Expr::col(Column::SubjectKey).like(LikeExpr::new(pattern).escape('\\')));
        }
        if let Some(subject) = self.subject_is {
            all = all.add(Column::SubjectKey.eq(subject_key(subject)));
        }
        if let Some(kind) = self.kind {
            all = all.add(Column::Kind.eq(kind.as_str()));
        }
        if let Some(session) = self.session {
            all = all.add(Column::Session.eq(session.as_str()));
        }
        if let Some(status) = self.status {
            all = all.add(Column::Status.eq(status.as_str()));
        }
        if let Some(student) = self.student {
            all = all.add(Column::StudentId.eq(student.uuid()));
        }
        if let Some(within) = self.within {
            all = all.add(of_course().is_in(within.iter().map(|course| course.uuid())));
        }
        all
    }
}

/// Newest first.
pub(super) async fn list<C: ConnectionTrait>(
    db: &C,
    filter: &Filter<'_>,
    page: PageRequest,
) -> Result<Page<Model>, StoreError> {
    let found = Entity::find().filter(filter.condition());
    let total = bounded::count(db, found.clone()).await?;
    let found = found.order_by_desc(Column::Date).order_by_desc(Column::Id);
    let rows = found.offset(page.offset()).limit(page.limit()).all(db).await?;
    Ok(Page::new(rows, page, total))
}

pub(super) async fn find<C: ConnectionTrait>(db: &C, id: AttendanceId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(id.uuid()).one(db).await?)
}

/// What the counts of [`tally`] are for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Group {
    pub(super) student: StudentId,
    /// The subject in lower case, and as it was written in one of its records.
    pub(super) subject: (String, String),
    pub(super) kind: Kind,
}

/// Counts by student, subject and kind. The database counts: what is read does not grow with the days.
pub(super) async fn tally<C: ConnectionTrait>(
    db: &C,
    filter: &Filter<'_>,
) -> Result<HashMap<Group, Tally>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        student_id: Uuid,
        subject_key: String,
        subject: String,
        kind: String,
        status: String,
        classes: i64,
        attended: i64,
        total: i64,
    }
    let group = [Column::StudentId, Column::SubjectKey, Column::Kind, Column::Status];
    let mut counts = counts(filter);
    counts.columns(group).expr_as(Expr::col(Column::Subject).max(), "subject").group_by_columns(group);
    let rows = Row::find_by_statement(db.get_database_backend().build(&counts)).all(db).await?;
    // The same subject may be spelt differently in records of different status: one spelling for all.
    let mut spelt = HashMap::<(Uuid, String, String), String>::new();
    for row in &rows {
        let known = spelt.entry((row.student_id, row.subject_key.clone(), row.kind.clone())).or_default();
        if row.subject > *known {
            known.clone_from(&row.subject);
        }
    }
    let mut counts = HashMap::<Group, Tally>::new();
    for row in rows {
        let key = (row.student_id, row.subject_key, row.kind);
        let subject = spelt.get(&key).cloned().unwrap_or(row.subject);
        let (student, subject_key, kind) = key;
        let group = Group {
            student: student.into(),
            subject: (subject_key, subject),
            kind: kind.parse().map_err(|()| corrupt(&kind))?,
        };
        let status: Status = row.status.parse().map_err(|()| corrupt(&row.status))?;
        counts.entry(group).or_default().add(status, row.classes, row.attended, row.total);
    }
    Ok(counts)
}

/// Everything that fits, counted together.
pub(super) async fn total<C: ConnectionTrait>(db: &C, filter: &Filter<'_>) -> Result<Tally, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        status: String,
        classes: i64,
        attended: i64,
        total: i64,
    }
    let mut counts = counts(filter);
    counts.column(Column::Status).group_by_col(Column::Status);
    let rows = Row::find_by_statement(db.get_database_backend().build(&counts)).all(db).await?;
    let mut all = Tally::default();
    for row in rows {
        let status = row.status.parse().map_err(|()| corrupt(&row.status))?;
        all.add(status, row.classes, row.attended, row.total);
    }
    Ok(all)
}

/// Classes, and the minutes attended and held, of everything that fits: from what the records add up to where that says it.
fn counts(filter: &Filter<'_>) -> SelectStatement {
    let mut counts = Query::select();
    if filter.is_of_sums() {
        // Under the name of the records, so that the same filter narrows both.
        counts.from_as(sums::Entity, Entity).expr_as(sum(sums::Column::Classes), "classes");
        counts.and_where(Expr::col(sums::Column::Classes).gt(0));
    } else {
        counts.from(Entity).expr_as(Expr::col(Column::Id).count(), "classes");
    }
    counts.expr_as(sum(Column::MinutesAttended), "attended").expr_as(sum(Column::MinutesTotal), "total");
    counts.cond_where(filter.condition());
    counts
}

/// SUM of INTEGER is BIGINT in PostgreSQL and INTEGER in SQLite, SUM of BIGINT is NUMERIC there; told to be the same on both.
pub(super) fn sum(column: impl IntoColumnRef) -> Expr {
    Expr::col(column).sum().cast_as("BIGINT")
}

fn corrupt(text: &str) -> StoreError {
    StoreError::Corrupt { table: "attendance", what: text.to_owned() }
}

/// On how many dates classes were held.
pub(super) async fn count_days<C: ConnectionTrait>(db: &C, filter: &Filter<'_>) -> Result<u64, StoreError> {
    let found = Entity::find().select_only().column(Column::Date).distinct().filter(filter.condition());
    Ok(found.filter(Column::Status.ne(Status::Holiday.as_str())).count(db).await?)
}

/// The story of what this record is about, oldest first, also of records that were deleted and recorded again.
pub(super) async fn list_history<C: ConnectionTrait>(
    db: &C,
    student: Uuid,
    date: &str,
    subject_key: &str,
    session: &str,
) -> Result<Vec<history::Model>, StoreError> {
    use history::Column as H;
    let found = history::Entity::find()
        .filter(H::StudentId.eq(student))
        .filter(H::Date.eq(date))
        .filter(H::SubjectKey.eq(subject_key))
        .filter(H::Session.eq(session));
    let found = found.order_by_asc(H::At).order_by_asc(H::Rev).limit(lamplight_kernel::MAX_LIMIT);
    Ok(found.all(db).await?)
}

/// The last thing that happened to a record that is gone.
pub(super) async fn find_last<C: ConnectionTrait>(
    db: &C,
    id: AttendanceId,
) -> Result<Option<history::Model>, StoreError> {
    use history::Column as H;
    let found = history::Entity::find().filter(H::AttendanceId.eq(id.uuid()));
    Ok(found.order_by_desc(H::At).order_by_desc(H::Rev).one(db).await?)
}

#[cfg(test)]
mod tests {
    use lamplight_store::{Backend, testing::TestDatabase};
    use sea_orm::{DbBackend, QueryTrait, Statement};

    use super::*;

    /// What SQLite means to do for it, with the tables empty and never counted.
    fn plan(filter: &Filter<'_>) -> String {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let test = TestDatabase::new(Backend::Sqlite).await;
            let Statement { sql, values, db_backend, .. } =
                Entity::find().filter(filter.condition()).build(DbBackend::Sqlite);
            let explain = Statement { sql: format!("EXPLAIN QUERY PLAN {sql}"), values, db_backend };
            let rows = test.store.reader().query_all_raw(explain).await.unwrap();
            rows.iter().map(|row| row.try_get::<String>("", "detail").unwrap()).collect::<Vec<_>>().join("; ")
        })
    }

    #[test]
    fn what_one_student_has_is_found_by_the_student() {
        let course = CourseId::from_uuid(Uuid::from_u128(1));
        let student = Some(StudentId::from_uuid(Uuid::from_u128(2)));
        let (first, last) = (jiff::civil::date(2026, 11, 1), jiff::civil::date(2026, 11, 30));
        let of_semester = Filter { student, course: Some(course), semester: Some(3), ..Filter::default() };
        for filter in [
            Filter { student, ..Filter::default() },
            Filter { student, dates: Some((first, last)), ..Filter::default() },
            Filter { dates: Some((first, last)), ..of_semester.clone() },
            Filter { within: Some(&[course]), ..of_semester.clone() },
            of_semester,
        ] {
            let plan = plan(&filter);
            assert!(plan.contains("INDEX attendance_student_id_date_"), "{filter:?}: {plan}");
        }
    }

    #[test]
    fn what_a_course_has_is_found_by_the_course() {
        let course = Some(CourseId::from_uuid(Uuid::from_u128(1)));
        let day = jiff::civil::date(2026, 11, 1);
        let plan = plan(&Filter { course, dates: Some((day, day)), ..Filter::default() });
        assert!(plan.contains("INDEX attendance_course_id_date_"), "{plan}");
    }
}
