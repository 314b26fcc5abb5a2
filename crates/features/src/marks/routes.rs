use axum::{Json as Answer, extract::State};
use jiff::civil::Date;
use lamplight_http::{ApiError, Params, PathId, Staff};
use lamplight_kernel::{CourseId, MAX_LIMIT, MarkId, Problem, Timestamp};
use lamplight_store::StoreError;
use sea_orm::ConnectionTrait;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::{
    Mark, MarkError, change,
    document::{Known, document},
    entry, export, grid,
    history::{self, Snapshot},
    print, publishing,
    rules::rounded,
    store::{self, By, Filter, Group},
    student,
};
use crate::{
    App, accounts,
    routing::routes,
    wire::{Envelope, data},
};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_marks, entry::enter_marks))
        .routes(routes!(count_marks))
        .routes(routes!(export::export_marks))
        .routes(routes!(publishing::publish_marks))
        .routes(routes!(read_mark, change::change_mark, change::delete_mark))
        .routes(routes!(list_changes))
        .routes(routes!(grid::list_sheets, grid::make_sheet))
        .routes(routes!(grid::open_grid, grid::change_sheet, grid::delete_sheet))
        .routes(routes!(grid::save_cells))
        .routes(routes!(print::print_sheet))
        .routes(routes!(grid::enter_cell))
        .routes(routes!(publishing::rehearse_publication))
        .routes(routes!(publishing::publish_sheet))
        .routes(routes!(publishing::undo_publication))
        .routes(routes!(publishing::recall_marks))
        .routes(routes!(publishing::review_sheet))
        .routes(routes!(student::list_own))
        .routes(routes!(student::download_own))
        .routes(routes!(student::list_own_changes))
}

/// What a list is narrowed by, as addresses say it.
pub(super) fn filter<'a>(params: &'a Params, within: Option<&'a [CourseId]>) -> Result<Filter<'a>, Problem> {
    Ok(Filter {
        course: params.parsed("course", "the id of a course")?,
        semester: params.parsed("semester", "a whole number")?,
        subject: params.text("subject"),
        exam_type: params.text("examType"),
        dates: (params.parsed::<Date>("startDate", "a date")?, params.parsed::<Date>("endDate", "a date")?),
        student: params.parsed("studentId", "the id of a student")?,
        within,
        ..Filter::default()
    })
}

/// A page of marks.
#[derive(Debug, Serialize, ToSchema)]
struct MarkList {
    /// Newest exam first.
    marks: Vec<Mark>,
    /// In the whole list, 10,000 at most.
    total: u64,
    /// This page, from 1.
    page: u64,
    /// Pages in the whole list.
    pages: u64,
}

/// Marks, published and not, newest exam first. Faculty see those of the courses they teach.
#[utoipa::path(
    get, path = "/api/admin/marks", tag = "marks",
    params(
        ("course" = Option<String>, Query, description = "Id of a course"), ("semester" = Option<i32>, Query),
        ("subject" = Option<String>, Query), ("examType" = Option<String>, Query),
        ("studentId" = Option<String>, Query, description = "Id of a student's record"),
        ("startDate" = Option<String>, Query, description = "First date of the exam"), ("endDate" = Option<String>, Query, description = "Last date of the exam"),
        ("page" = Option<u64>, Query, description = "From 1"), ("limit" = Option<u64>, Query, description = "500 unless told, which is the most"),
    ),
    responses((status = 200, body = Envelope<MarkList>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn list_marks(
    State(app): State<App>,
    Staff(staff): Staff,
    params: Params,
) -> Result<Answer<Envelope<MarkList>>, ApiError> {
    let db = app.store.reader();
    let page = store::list(db, &filter(&params, staff.courses())?, params.page(MAX_LIMIT)?).await?;
    let known = Known::find(db, &page.rows).await?;
    let marks = page.rows.iter().map(|row| document(row, &known)).collect::<Result<_, _>>()?;
    let place = page.pagination;
    Ok(data(MarkList { marks, total: place.total, page: place.page, pages: place.pages }))
}

/// One mark.
#[utoipa::path(
    get, path = "/api/admin/marks/{id}", tag = "marks", params(("id" = String, Path)),
    responses((status = 200, body = Envelope<Mark>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn read_mark(
    State(app): State<App>,
    Staff(staff): Staff,
    PathId(id): PathId<MarkId>,
) -> Result<Answer<Envelope<Mark>>, ApiError> {
    Ok(data(find_theirs(&app, &staff, id).await?))
}

async fn find_theirs(app: &App, staff: &lamplight_auth::Staff, id: MarkId) -> Result<Mark, Problem> {
    let db = app.store.reader();
    let row = store::find(db, id).await?.ok_or(MarkError::NotFound)?;
    let known = Known::find(db, std::slice::from_ref(&row)).await?;
    if known.sheets.values().all(|sheet| staff.may_act_for(sheet.course())) {
        Ok(document(&row, &known)?)
    } else {
        Err(MarkError::NotYourCourse.into())
    }
}

/// What was done to a mark.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MarkChange {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who, by name.
    by: String,
    /// `entered`, `changed`, `published`, `recalled` or `deleted`.
    action: String,
    #[schema(required)]
    from: Option<Snapshot>,
    #[schema(required)]
    to: Option<Snapshot>,
    /// Why.
    #[schema(required)]
    reason: Option<String>,
}

/// The history of a mark.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MarkChanges {
    /// Oldest first.
    history: Vec<MarkChange>,
}

pub(super) async fn changes<C: ConnectionTrait>(
    db: &C,
    mark: MarkId,
    only_public: bool,
) -> Result<MarkChanges, StoreError> {
    let links = history::of_mark(db, mark, only_public).await?;
    let people = accounts::find_by_ids(db, links.iter().map(|link| link.by_user)).await?;
    let read = |text: Option<&str>| text.map(serde_json::from_str).transpose();
    let history = links.iter().map(|link| {
        Ok(MarkChange {
            at: Timestamp::from_millis(link.at),
            by: people.get(&link.by_user).map(|user| user.full_name.clone()).unwrap_or_default(),
            action: link.action.clone(),
            from: read(link.was.as_deref())?,
            to: read(link.became.as_deref())?,
            reason: link.reason.clone(),
        })
    });
    Ok(MarkChanges { history: history.collect::<Result<_, StoreError>>()? })
}

/// What was done to a mark: who, when, from what to what, why.
#[utoipa::path(
    get, path = "/api/admin/marks/{id}/history", tag = "marks", params(("id" = String, Path)),
    responses((status = 200, body = Envelope<MarkChanges>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn list_changes(
    State(app): State<App>,
    Staff(staff): Staff,
    PathId(id): PathId<MarkId>,
) -> Result<Answer<Envelope<MarkChanges>>, ApiError> {
    find_theirs(&app, &staff, id).await?;
    Ok(data(changes(app.store.reader(), id, false).await?))
}

/// Of all marks that are asked for.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Overall {
    total_records: i64,
    total_students: i64,
    /// In percent, to two decimals, of what is passed or failed.
    average_percentage: f64,
    passed_count: i64,
    failed_count: i64,
    /// Passed of all, in percent, to two decimals.
    pass_percentage: f64,
}

/// Of one subject.
#[derive(Debug, Serialize, ToSchema)]
struct SubjectStats {
    /// The subject.
    #[serde(rename = "_id")]
    id: String,
    count: i64,
    /// In percent.
    average: f64,
    /// In percent.
    highest: f64,
    /// In percent.
    lowest: f64,
}

/// How often a grade was given.
#[derive(Debug, Serialize, ToSchema)]
struct GradeStats {
    /// The grade; empty while something is missing.
    #[serde(rename = "_id")]
    id: String,
    count: i64,
}

/// Numbers of marks.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MarkStats {
    overall: Overall,
    subject_stats: Vec<SubjectStats>,
    grade_stats: Vec<GradeStats>,
}

/// Numbers of marks, published and not. Faculty see those of the courses they teach.
#[utoipa::path(
    get, path = "/api/admin/marks/stats", tag = "marks",
    params(
        ("course" = Option<String>, Query, description = "Id of a course"), ("semester" = Option<i32>, Query),
        ("subject" = Option<String>, Query), ("examType" = Option<String>, Query),
        ("startDate" = Option<String>, Query, description = "First date of the exam"), ("endDate" = Option<String>, Query, description = "Last date of the exam"),
    ),
    responses((status = 200, body = Envelope<MarkStats>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn count_marks(
    State(app): State<App>,
    Staff(staff): Staff,
    params: Params,
) -> Result<Answer<Envelope<MarkStats>>, ApiError> {
    let db = app.store.reader();
    let filter = filter(&params, staff.courses())?;
    let all = store::count_by(db, &filter, By::All).await?;
    let overall = all.first().map(overall).unwrap_or_default();
    let percent = |number: Option<f64>| rounded(number.unwrap_or_default());
    let subjects = store::count_by(db, &filter, By::Subject).await?.into_iter().map(|group| SubjectStats {
        id: group.name,
        count: group.count,
        average: percent(group.average),
        highest: percent(group.highest),
        lowest: percent(group.lowest),
    });
    let grades = store::count_by(db, &filter, By::Grade).await?.into_iter();
    let grades = grades.map(|group| GradeStats { id: group.name, count: group.count });
    Ok(data(MarkStats { overall, subject_stats: subjects.collect(), grade_stats: grades.collect() }))
}

fn overall(group: &Group) -> Overall {
    let number = |count: i64| i32::try_from(count).map_or(f64::from(i32::MAX), f64::from);
    let pass = if group.count == 0 { 0.0 } else { number(group.passed) * 100.0 / number(group.count) };
    Overall {
        total_records: group.count,
        total_students: group.students,
        average_percentage: rounded(group.average.unwrap_or_default()),
        passed_count: group.passed,
        failed_count: group.failed,
        pass_percentage: rounded(pass),
    }
}
