//! Files of students: read by the names of their columns, planned, and applied exactly as planned.
//!
//! A row whose student id is known changes that student, any other row adds one: with the id it gives, if it gives one, otherwise
//! with the next number. Empty cells say nothing, so a file of changes needs the id and the columns that change. A plan is kept;
//! applying it does that and nothing else, in one transaction, and when something it is built on was changed since, it is refused as
//! a whole. The one-call route of the existing client plans and applies in one transaction, and names the rows that are refused.

pub(super) mod columns;
mod plan;
mod running;

use axum::{
    Json as Answer,
    extract::{DefaultBodyLimit, Multipart, State, multipart::MultipartRejection},
    middleware::from_fn,
    response::Response,
};
use lamplight_auth::Admin as AdminCaller;
use lamplight_http::{Admin, ApiError, Params, PathId, drain};
use lamplight_kernel::{Class, Problem, Room, StudentImportId, Target, Timestamp};
use lamplight_sheets::{Heading, Limits, ReadError, Record, Sheet, Table, Value};
use lamplight_store::{StoreError, Tx};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use self::plan::{Action, Applied, Mistake, Plan, Planned};
pub use self::running::Running;
use super::{StudentError, events, office, write::Refused};
use crate::{
    App,
    audit::{self, Act, Kind},
    imports::{self, FailedRow, FileForm, Imported, Kept},
    routing::routes,
    tables::{self, MAX_BYTES},
    wire::{Envelope, data, told},
};

/// The feature, in the table of plans.
const NOUN: &str = "students";
/// Rows of a file that are planned.
const MAX_ROWS: usize = 10_000;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(plan_student_import))
        .routes(routes!(import_students_at_once))
        .layer(DefaultBodyLimit::max(MAX_BYTES + 64 * 1024))
        .layer(from_fn(drain))
        .routes(routes!(get_student_import))
        .routes(routes!(apply_student_import))
        .routes(routes!(save_student_import))
}

/// How far a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = StudentImportState)]
#[serde(rename_all = "lowercase")]
enum Stage {
    /// It was read. Nothing is changed.
    Planned,
    /// It is being applied. Nothing is changed until it is.
    Applying,
    /// It was applied.
    Applied,
}

/// A file that was read, and what it would do or has done.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StudentImport)]
#[serde(rename_all = "camelCase")]
struct Import {
    /// To be applied with.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    id: StudentImportId,
    file_name: String,
    state: Stage,
    /// Rows that are written so far, while it is being applied.
    done: usize,
    /// When it was applied.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    applied_at: Option<Timestamp>,
    /// Rows of the file.
    total: usize,
    add: usize,
    change: usize,
    same: usize,
    refused: usize,
    rows: Vec<Planned>,
}

impl Import {
    fn of(id: StudentImportId, file_name: String, rows: Vec<Planned>) -> Self {
        let count = |action: Action| rows.iter().filter(|row| row.action == action).count();
        Self {
            id,
            file_name,
            state: Stage::Planned,
            done: 0,
            applied_at: None,
            total: rows.len(),
            add: count(Action::Add),
            change: count(Action::Change),
            same: count(Action::Same),
            refused: count(Action::Refused),
            rows,
        }
    }
}

/// Read a file (CSV or XLSX) and say what it would do, row by row. Nothing is changed yet.
#[utoipa::path(
    post, path = "/api/admin/students/imports", tag = "students",
    request_body(content = FileForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, body = Envelope<Import>),
        (status = 400, description = "`students.file_unreadable`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn plan_student_import(
    State(app): State<App>,
    Admin(admin): Admin,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Answer<Envelope<Import>>, ApiError> {
    let (file_name, rows) = read_file(&app, multipart).await?;
    let tx = app.store.begin_long().await?;
    let ground = office::ground(&app, tx.db()).await?;
    let plan = Plan::make(&tx, &app.institute, &ground, rows).await?;
    let id: StudentImportId = imports::keep(&tx, NOUN, &file_name, &plan.rows, admin.user).await?;
    tx.commit().await?;
    Ok(data(Import::of(id, file_name, plan.rows)))
}

/// A file that was read: what it would do or has done, and how far it is. The rows come with `rows=true`.
#[utoipa::path(
    get, path = "/api/admin/students/imports/{id}", tag = "students",
    params(("id" = String, Path), ("rows" = Option<bool>, Query, description = "With its rows")),
    responses((status = 200, body = Envelope<Import>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn get_student_import(
    State(app): State<App>,
    Admin(admin): Admin,
    PathId(id): PathId<StudentImportId>,
    params: Params,
) -> Result<Answer<Envelope<Import>>, ApiError> {
    let with_rows = params.parsed("rows", "true or false")?.unwrap_or(false);
    let done = app.student_imports.rows(id);
    let kept = find(app.store.reader(), &admin, id).await?;
    let rows = planned(&kept)?;
    let mut import = Import::of(id, kept.file_name, rows);
    import.applied_at = kept.applied_at.map(Timestamp::from_millis);
    (import.state, import.done) = match (kept.applied_at, done) {
        (Some(_), _) => (Stage::Applied, import.add + import.change),
        (None, Some(done)) => (Stage::Applying, done),
        (None, None) => (Stage::Planned, 0),
    };
    if !with_rows {
        import.rows.clear();
    }
    Ok(data(import))
}

/// Do what a plan said, all of it in one transaction, and nothing else. It goes on when whoever asked hangs up.
#[utoipa::path(
    post, path = "/api/admin/students/imports/{id}/apply", tag = "students", params(("id" = String, Path)),
    responses(
        (status = 200, body = Envelope<Imported>),
        (status = 409, description = "`students.import_applied`, `students.import_running`, `students.import_outdated`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn apply_student_import(
    State(app): State<App>,
    Admin(admin): Admin,
    PathId(id): PathId<StudentImportId>,
) -> Result<Answer<Envelope<Imported>>, ApiError> {
    let turn = app.student_imports.begin(id).ok_or(StudentError::ImportRunning)?;
    // Nobody knows the password of this hash: who is imported signs in when the office has given them one.
    let (_, hash) = office::new_password(&app).await?;
    let applying = async move {
        let mut tx = app.store.begin().await?;
        imports::lock(&tx, id).await?;
        let kept = find(tx.db(), &admin, id).await?;
        if kept.applied_at.is_some() {
            return Err(StudentError::ImportApplied.into());
        }
        let rows = planned(&kept)?;
        let promised: Vec<_> = rows.iter().map(Planned::promise).collect();
        let ground = office::ground(&app, tx.db()).await?;
        let mut plan = Plan::make(&tx, &app.institute, &ground, rows).await?;
        if plan.rows.iter().map(Planned::promise).ne(promised) {
            return Err(StudentError::ImportOutdated.into());
        }
        let domain = app.institute.student_mail_domain.as_deref();
        let applied = plan.apply(&mut tx, &admin, &ground, (domain, &hash), &turn.progress).await.map_err(outdated)?;
        imports::mark_applied(&tx, id, Some(plan::stored(&applied.given)?)).await?;
        let imported = finish(&mut tx, &admin, (id, &kept.file_name), plan, &applied).await?;
        tx.commit().await?;
        Ok::<_, Problem>(imported)
    };
    let imported = tokio::spawn(applying).await.map_err(Problem::internal)??;
    Ok(told("The students were saved.", imported))
}

/// Between planning and applying everything was looked at again, so what is refused now came in the same moment.
fn outdated(refused: Refused) -> Problem {
    match refused {
        Refused::Store(error) if error.is_unique_violation() => StudentError::ImportOutdated.into(),
        refused => refused.into(),
    }
}

/// Tells of it, and counts.
async fn finish(
    tx: &mut Tx,
    admin: &AdminCaller,
    (id, file_name): (StudentImportId, &str),
    plan: Plan,
    applied: &Applied,
) -> Result<Imported, StoreError> {
    let (added, changed) = (applied.added.len(), applied.changed);
    if added + changed > 0 {
        tx.record(&events::Imported { added, changed }, Target::rooms([Room::admins()]))?;
        // Of those who were changed each has an entry of its own; who was added stands in the plan's result.
        let act = Act::new(Kind::Students, "imported", id, file_name).noted("added", &added).noted("changed", &changed);
        audit::write(tx, admin, act).await?;
    }
    tracing::info!(import = %id, file_name, user = %admin.user, added, changed, "students imported");
    let total = plan.rows.len();
    let failed = plan.rows.iter().filter(|row| row.action == Action::Refused);
    let errors: Vec<_> = failed.map(|row| FailedRow { row: row.row, error: in_words(&row.errors) }).collect();
    Ok(Imported { total, success: total - errors.len(), failed: errors.len(), errors })
}

fn in_words(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(|one| format!("{}: {}", one.column, one.message)).collect::<Vec<_>>().join(" ")
}

/// Add and change students from a file at once, as the existing client sends it: what can be stored is, the rest is named by row.
#[utoipa::path(
    post, path = "/api/admin/students/bulk-upload", tag = "students",
    request_body(content = FileForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, body = Envelope<Imported>),
        (status = 400, description = "`students.file_unreadable`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn import_students_at_once(
    State(app): State<App>,
    Admin(admin): Admin,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Answer<Envelope<Imported>>, ApiError> {
    let (file_name, rows) = read_file(&app, multipart).await?;
    let (_, hash) = office::new_password(&app).await?;
    let applying = async move {
        let mut tx = app.store.begin().await?;
        let ground = office::ground(&app, tx.db()).await?;
        let mut plan = Plan::make(&tx, &app.institute, &ground, rows).await?;
        let id: StudentImportId = imports::keep(&tx, NOUN, &file_name, &plan.rows, admin.user).await?;
        let turn = app.student_imports.begin(id).ok_or(StudentError::ImportRunning)?;
        let domain = app.institute.student_mail_domain.as_deref();
        let applied = plan.apply(&mut tx, &admin, &ground, (domain, &hash), &turn.progress).await.map_err(outdated)?;
        imports::mark_applied(&tx, id, Some(plan::stored(&applied.given)?)).await?;
        let imported = finish(&mut tx, &admin, (id, &file_name), plan, &applied).await?;
        tx.commit().await?;
        Ok::<_, Problem>(imported)
    };
    let imported = tokio::spawn(applying).await.map_err(Problem::internal)??;
    let message = match (imported.success, imported.failed) {
        (_, 0) => "The students were saved.",
        (0, _) => "No row could be saved.",
        _ => "The students were saved, except for some rows.",
    };
    Ok(told(message, imported))
}

/// What a file would do or has done, as a table to save.
///
/// Each row with its cells, what becomes of it, and why not. Corrected, it can be chosen again.
#[utoipa::path(
    get, path = "/api/admin/students/imports/{id}/result", tag = "students",
    params(
        ("id" = String, Path), ("format" = Option<String>, Query, description = "`csv` or `xlsx`"),
        ("refused" = Option<bool>, Query, description = "Only what is refused"),
    ),
    responses((status = 200, content_type = "text/csv", body = String), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn save_student_import(
    State(app): State<App>,
    Admin(admin): Admin,
    PathId(id): PathId<StudentImportId>,
    params: Params,
) -> Result<Response, ApiError> {
    let only_refused = params.parsed("refused", "true or false")?.unwrap_or(false);
    let kept = find(app.store.reader(), &admin, id).await?;
    let rows = planned(&kept)?;
    let is_applied = kept.applied_at.is_some();
    let given: std::collections::BTreeMap<usize, String> =
        kept.result.as_deref().map(serde_json::from_str).transpose().map_err(StoreError::from)?.unwrap_or_default();
    let outcome = |action: Action| match (action, is_applied) {
        (Action::Add, true) => "added",
        (Action::Add, false) => "will be added",
        (Action::Change, true) => "changed",
        (Action::Change, false) => "will be changed",
        (Action::Same, _) => "unchanged",
        (Action::Refused, _) => "refused",
    };
    let first = [Heading::number("Row"), Heading::text("Result"), Heading::text("Why")];
    let names = columns::ALL.iter().map(|column| Heading::text(column.name));
    let lines = rows.into_iter().filter(|row| !only_refused || row.action == Action::Refused).map(|row| {
        let number = i32::try_from(row.row).unwrap_or(i32::MAX);
        let id = given.get(&row.row).cloned().unwrap_or(row.student_id);
        let mut line: Vec<Value> =
            vec![number.into(), outcome(row.action).into(), in_words(&row.errors).into(), id.into()];
        line.extend(columns::FIELDS.iter().map(|(field, _)| Value::from(row.cells.get(*field).cloned())));
        line
    });
    let table = Table {
        title: format!("Students · {}", kept.file_name),
        notes: Vec::new(),
        made_on: app.institute.today(app.store.clock().now()),
        columns: first.into_iter().chain(names).collect(),
        rows: lines.collect(),
    };
    let stem = kept.file_name.rsplit_once('.').map_or(kept.file_name.as_str(), |(stem, _)| stem);
    let name = format!("{stem}_result");
    let saved = tokio::task::spawn_blocking(move || tables::save(&table, &name, &params));
    Ok(saved.await.map_err(Problem::internal)??)
}

async fn find<C: sea_orm::ConnectionTrait>(db: &C, admin: &AdminCaller, id: StudentImportId) -> Result<Kept, Problem> {
    Ok(imports::find(db, NOUN, id, admin.user).await?.ok_or(StudentError::ImportNotFound)?)
}

fn planned(kept: &Kept) -> Result<Vec<Planned>, StoreError> {
    Ok(serde_json::from_str(&kept.plan)?)
}

fn unreadable(message: &str) -> Problem {
    Problem::new(Class::Invalid, "students.file_unreadable", message.to_owned()).with_field("file", message.to_owned())
}

/// The rows of the file of a request, and its name.
async fn read_file(
    app: &App,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<(String, Vec<Planned>), Problem> {
    let (name, bytes) = tables::receive(multipart, unreadable, app.institute.upload_patience).await?;
    // Reading a workbook takes a while.
    let rows = tokio::task::spawn_blocking(move || rows_of(&bytes)).await.map_err(Problem::internal)??;
    // PostgreSQL can't keep a NUL.
    Ok((name.replace('\0', ""), rows))
}

fn rows_of(bytes: &[u8]) -> Result<Vec<Planned>, Problem> {
    let refused = |error: ReadError| unreadable(&error.to_string());
    let limits = Limits { bytes: MAX_BYTES, rows: MAX_ROWS + 1, ..Limits::default() };
    let sheet = Sheet::read(bytes, &limits).map_err(refused)?;
    let changes = columns::of_changes();
    // Without an id in it a file can only add, and what it lacks for that is what is told.
    let records = match (sheet.records(&columns::ALL), sheet.records(&changes)) {
        (Ok(records), _) | (Err(ReadError::MissingColumns { .. }), Ok(records)) => records,
        (Err(error), _) => return Err(refused(error)),
    };
    if records.is_empty() {
        return Err(unreadable("There is no row below the names of the columns."));
    }
    Ok(records.iter().map(|record| read(&record)).collect())
}

fn read(record: &Record<'_>) -> Planned {
    let said = columns::FIELDS.iter().filter_map(|(field, column)| {
        let is_date = [columns::ADMISSION_DATE, columns::DATE_OF_BIRTH].contains(column);
        // A date that can't be read goes on as it is, to be refused with everything else that is wrong with the row.
        let date = is_date.then(|| record.date(column).ok().flatten()).flatten();
        let text = date.map_or_else(|| record.text(column).to_owned(), |date| date.to_string());
        (!text.is_empty()).then(|| ((*field).to_owned(), text))
    });
    Planned {
        row: record.row(),
        student_id: record.text(&columns::STUDENT_ID).to_owned(),
        action: Action::Refused,
        errors: Vec::new(),
        changes: Vec::new(),
        version: 0,
        cells: said.collect(),
    }
}
