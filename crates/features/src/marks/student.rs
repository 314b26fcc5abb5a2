//! What a student sees: their own published marks, and nothing else.

use std::collections::BTreeMap;

use axum::{Json as Answer, extract::State, response::Response};
use lamplight_http::{ApiError, Params, PathId, Student};
use lamplight_kernel::{MAX_LIMIT, MarkId, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Mark, MarkError,
    document::{Known, document},
    export::table,
    routes::{MarkChanges, changes, filter},
    rules::{self, Record, SemesterStats},
    store::{self, Filter, marks},
};
use crate::{
    App, students, tables,
    wire::{Envelope, data},
};

/// Whose marks these are.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OwnRecord {
    name: String,
    student_id: String,
    /// The id of their course.
    course: String,
    current_semester: i32,
    /// Mean of the grade points of all passed records; 0 when none is passed.
    cgpa: f64,
}

/// The caller's published marks.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OwnMarks {
    /// Newest exam first.
    marks: Vec<Mark>,
    /// By semester, of all marks that fit the filters.
    semester_stats: BTreeMap<String, SemesterStats>,
    student: OwnRecord,
}

/// The caller's own published marks that fit the filters.
async fn own(
    app: &App,
    student: &lamplight_auth::Student,
    params: &Params,
) -> Result<(Vec<marks::Model>, Known), Problem> {
    let db = app.store.reader();
    let said = filter(params, None)?;
    let filter =
        Filter { semester: said.semester, subject: said.subject, exam_type: said.exam_type, ..Filter::default() };
    let rows = store::list_published(db, student.student(), &filter).await?;
    let known = Known::find(db, &rows).await?;
    Ok((rows, known))
}

/// The caller's published marks, newest exam first.
#[utoipa::path(
    get, path = "/api/student/marks", tag = "marks",
    params(
        ("semester" = Option<i32>, Query), ("subject" = Option<String>, Query), ("examType" = Option<String>, Query),
        ("limit" = Option<u64>, Query, description = "500 unless told, which is the most"),
    ),
    responses((status = 200, body = Envelope<OwnMarks>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
pub(super) async fn list_own(
    State(app): State<App>,
    Student(student): Student,
    params: Params,
) -> Result<Answer<Envelope<OwnMarks>>, ApiError> {
    let db = app.store.reader();
    let page = params.page(MAX_LIMIT)?;
    let (rows, known) = own(&app, &student, &params).await?;
    let mut semesters: BTreeMap<i32, Vec<Record<'_>>> = BTreeMap::new();
    for row in &rows {
        let semester = known.sheets.get(&row.sheet_id).map_or(0, |sheet| sheet.semester);
        semesters.entry(semester).or_default().push(row.record());
    }
    let semester_stats =
        semesters.iter().map(|(semester, records)| (semester.to_string(), rules::semester_stats(records))).collect();
    let cgpa = cumulative_average(db, student.student()).await?;
    let shown = rows.iter().skip(usize::try_from(page.offset()).unwrap_or(usize::MAX));
    let shown = shown.take(usize::try_from(page.limit()).unwrap_or(usize::MAX));
    let marks = shown.map(|row| document(row, &known)).collect::<Result<_, _>>()?;
    let record = students::find_by_user(db, student.user).await?.ok_or(MarkError::NotFound)?;
    let student = OwnRecord {
        name: record.full_name(),
        course: record.course_id.to_string(),
        current_semester: record.semester,
        student_id: record.student_id,
        cgpa,
    };
    Ok(data(OwnMarks { marks, semester_stats, student }))
}

/// The caller's published marks as a table to save (CSV).
#[utoipa::path(
    get, path = "/api/student/marks/download", tag = "marks",
    params(("semester" = Option<i32>, Query), ("subject" = Option<String>, Query), ("examType" = Option<String>, Query)),
    responses((status = 200, content_type = "text/csv", body = String), (status = "4XX", body = lamplight_http::ErrorBody))
)]
pub(super) async fn download_own(
    State(app): State<App>,
    Student(student): Student,
    params: Params,
) -> Result<Response, ApiError> {
    let (rows, known) = own(&app, &student, &params).await?;
    let record = students::find_by_user(app.store.reader(), student.user).await?.ok_or(MarkError::NotFound)?;
    let today = app.institute.today(app.store.clock().now());
    let table = table(format!("Marks of {}", record.full_name()), today, &rows, &known)?;
    let name = format!("marks_{}_{today}.csv", record.student_id);
    Ok(tables::attachment(&name, "text/csv; charset=utf-8", table.csv()))
}

/// What was done to one of the caller's marks since it was first published.
#[utoipa::path(
    get, path = "/api/student/marks/{id}/history", tag = "marks", params(("id" = String, Path)),
    responses((status = 200, body = Envelope<MarkChanges>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
pub(super) async fn list_own_changes(
    State(app): State<App>,
    Student(student): Student,
    PathId(id): PathId<MarkId>,
) -> Result<Answer<Envelope<MarkChanges>>, ApiError> {
    let db = app.store.reader();
    let row = store::find(db, id).await?;
    let is_theirs = |row: &marks::Model| row.student_id == student.student().uuid() && row.published_at.is_some();
    row.filter(is_theirs).ok_or(MarkError::NotFound)?;
    Ok(data(changes(db, id, true).await?))
}

/// The CGPA of a student's published marks; 0 when none is passed.
pub(crate) async fn cumulative_average<C: sea_orm::ConnectionTrait>(
    db: &C,
    student: lamplight_kernel::StudentId,
) -> Result<f64, lamplight_store::StoreError> {
    let all = store::list_published(db, student, &Filter::default()).await?;
    Ok(rules::grade_point_average(&all.iter().map(marks::Model::record).collect::<Vec<_>>()))
}

/// The mean of a student's published marks, each in percent of its maximum, to two decimals; nothing when there is none. Absent and
/// withheld are no marks.
pub(crate) async fn published_average<C: sea_orm::ConnectionTrait>(
    db: &C,
    student: lamplight_kernel::StudentId,
) -> Result<Option<f64>, lamplight_store::StoreError> {
    let rows = store::list_published(db, student, &Filter::default()).await?;
    let given = rows.iter().map(marks::Model::record);
    let given = given
        .filter(|(_, maximum, grade, _)| *maximum != rules::Score::ZERO && !["Absent", "Withheld"].contains(grade));
    let percents: Vec<f64> = given.map(|(obtained, maximum, ..)| rules::percent(obtained, maximum)).collect();
    let Ok(number @ 1..) = u32::try_from(percents.len()) else { return Ok(None) };
    Ok(Some(rules::rounded(percents.iter().sum::<f64>() / f64::from(number))))
}
