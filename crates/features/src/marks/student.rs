//! What a student sees: their own published marks, and nothing else.

use std::collections::BTreeMap;

use axum::{
    Json as Answer,
    extract::State,
    response::{IntoResponse, Response},
};
use http::header;
use lamplight_http::{ApiError, Params, PathId, Student};
use lamplight_kernel::{MAX_LIMIT, MarkId, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Mark, MarkError,
    document::{Known, document},
    routes::{MarkChanges, changes, filter},
    rules::{self, Part, Record, Score, SemesterStats},
    store::{self, Filter, marks},
};
use crate::{
    App, students,
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
    let all = store::list_published(db, student.student(), &Filter::default()).await?;
    let cgpa = rules::grade_point_average(&all.iter().map(marks::Model::record).collect::<Vec<_>>());
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
    let mut text = String::from("\u{feff}");
    csv_line(&mut text, HEAD.iter().map(|&cell| cell.to_owned()));
    for row in &rows {
        let Some(sheet) = known.sheets.get(&row.sheet_id) else { continue };
        let (cells, maxima) = (row.cells()?, sheet.maxima());
        let course = known.courses.get(&sheet.course()).map(|(_, name)| name.clone()).unwrap_or_default();
        let (obtained, maximum) = (Score::from_hundredths(row.obtained), Score::from_hundredths(row.maximum));
        let mut line = vec![
            record.student_id.clone(),
            record.full_name(),
            course,
            sheet.semester.to_string(),
            sheet.subject.clone(),
            sheet.exam_type.clone(),
            sheet.exam_on.clone(),
        ];
        for part in Part::ALL {
            line.push(maxima.get(part).to_string());
            // A zero is a zero, and nothing is nothing.
            line.push(cells.get(part).stored().unwrap_or_default());
        }
        line.extend([maximum.to_string(), obtained.to_string()]);
        line.push(format!("{:.2}", rules::percent(obtained, maximum)));
        line.extend([row.grade.clone(), row.result.clone()]);
        csv_line(&mut text, line);
    }
    let today = app.institute.today(app.store.clock().now());
    let name = format!("marks_{}_{today}.csv", record.student_id);
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, lamplight_files::content_disposition(&name)),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    Ok((headers, text).into_response())
}

const HEAD: [&str; 20] = [
    "Student ID",
    "Student Name",
    "Course",
    "Semester",
    "Subject",
    "Exam Type",
    "Exam Date",
    "Theory Max",
    "Theory Obtained",
    "Practical Max",
    "Practical Obtained",
    "Viva Max",
    "Viva Obtained",
    "Assignment Max",
    "Assignment Obtained",
    "Total Max",
    "Total Obtained",
    "Percentage",
    "Grade",
    "Result Status",
];

/// A line of RFC 4180. What a spreadsheet would take for a formula is made a text.
fn csv_line(text: &mut String, cells: impl IntoIterator<Item = String>) {
    let cells = cells.into_iter().map(|cell| {
        let cell = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell };
        if cell.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
    });
    text.push_str(&cells.collect::<Vec<_>>().join(","));
    text.push_str("\r\n");
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
