//! Files of marks: read by the names of their columns, planned against one sheet, and applied exactly as planned.
//!
//! A plan says of each row what it would put into which cell and why not. It is kept with the revision of every cell it was made
//! from; when one of them was changed since, applying it is refused and the file is read again. Only a draft takes a file: what is
//! handed in, about to be published or published is changed cell by cell, by somebody who says why. An empty cell says nothing:
//! it leaves what stands there.

use std::collections::{HashMap, HashSet};

use axum::{
    Json as Answer,
    extract::{DefaultBodyLimit, Multipart, State, multipart::MultipartRejection},
    middleware::from_fn,
};
use lamplight_auth::Staff as StaffCaller;
use lamplight_http::{ApiError, PathId, Staff, drain};
use lamplight_kernel::{Class, MarkImportId, Problem, SheetId, StudentId, Target};
use lamplight_sheets::{CellError, Column, Limits, Record, Sheet};
use lamplight_store::{StoreError, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::{
    Edited, MarkError,
    events::{EditedCell, Exam, staff_rooms},
    history::Ledger,
    publishing::act,
    rules::{self, Cell, MAX_ROWS, MAX_TEXT, Part},
    store::{self, marks, sheets},
    write::{Edit, may_enter, open_sheet, rule_of, write},
};
use crate::{
    App, audit,
    imports::{self, FileForm},
    routing::routes,
    students,
    tables::{self, MAX_BYTES},
    wire::{Change, Envelope, data, told},
};

const STUDENT: Column = Column::required("Student ID", &["Student", "Roll No", "Roll Number"]);
const NAME: Column = Column::optional("Student Name", &["Name"]);
const THEORY: Column = Column::optional("Theory", &["Theory Obtained", "Theory Marks"]);
const PRACTICAL: Column = Column::optional("Practical", &["Practical Obtained", "Practical Marks"]);
const VIVA: Column = Column::optional("Viva", &["Viva Obtained", "Viva Marks"]);
const ASSIGNMENT: Column = Column::optional("Assignment", &["Assignment Obtained", "Assignment Marks"]);
const REMARKS: Column = Column::optional("Remarks", &["Remark"]);
const COLUMNS: [Column; 7] = [STUDENT, NAME, THEORY, PRACTICAL, VIVA, ASSIGNMENT, REMARKS];

const fn column(part: Part) -> &'static Column {
    match part {
        Part::Theory => &THEORY,
        Part::Practical => &PRACTICAL,
        Part::Viva => &VIVA,
        Part::Assignment => &ASSIGNMENT,
    }
}

/// In the shared table of plans.
const NOUN: &str = "marks";

/// What is kept of a plan.
#[derive(Debug, Serialize, Deserialize)]
struct Promised {
    sheet: SheetId,
    rows: Vec<Planned>,
}

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(plan_marks_import))
        .layer(DefaultBodyLimit::max(MAX_BYTES + 64 * 1024))
        .layer(from_fn(drain))
        .routes(routes!(apply_marks_import))
}

/// What a row of a file would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = MarkImportAction)]
#[serde(rename_all = "lowercase")]
enum Action {
    /// Enter the first marks of this student.
    Add,
    /// Change what is entered.
    Change,
    /// Nothing: it is entered just so, or the row says nothing.
    Same,
    /// Nothing: it can't be done.
    Refused,
}

/// What a row would put into one cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = MarkImportCell)]
struct PlannedCell {
    part: Part,
    /// A number, `absent` or `withheld`.
    value: Cell,
    /// What stands there.
    was: Cell,
    /// The revision of the cell.
    rev: i32,
}

/// A row of a file and what it would do.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = MarkImportRow)]
#[serde(rename_all = "camelCase")]
struct Planned {
    /// As a spreadsheet numbers it.
    row: usize,
    /// As the file names the student.
    student_id: String,
    /// As the institute names the student.
    #[schema(required)]
    student_name: Option<String>,
    action: Action,
    /// Why it can't be done.
    #[schema(required)]
    error: Option<String>,
    /// The cells that the row says something about.
    cells: Vec<PlannedCell>,
    /// A remark, if the row has one.
    #[schema(required)]
    remarks: Option<String>,
}

/// A file that was read, and what it would do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MarkImport)]
#[serde(rename_all = "camelCase")]
struct Import {
    /// To be applied with.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    id: MarkImportId,
    file_name: String,
    total: usize,
    add: usize,
    change: usize,
    same: usize,
    refused: usize,
    rows: Vec<Planned>,
}

/// What became of a file.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MarksImported)]
struct Imported {
    /// Rows of the file.
    total: usize,
    /// Rows that stand in the sheet now.
    success: usize,
    /// Rows that could not be entered.
    failed: usize,
    /// The sheet's version now.
    version: i32,
}

/// Read a file of marks (CSV or XLSX) and say what it would do to a sheet. Nothing is entered yet.
#[utoipa::path(
    post, path = "/api/admin/marks/sheets/{id}/imports", tag = "marks", params(("id" = String, Path)),
    request_body(content = FileForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, body = Envelope<Import>),
        (status = 400, description = "`marks.file_unreadable`", body = lamplight_http::ErrorBody),
        (status = 409, description = "`marks.not_a_draft`, `marks.scheduled`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn plan_marks_import(
    State(app): State<App>,
    Staff(staff): Staff,
    PathId(id): PathId<SheetId>,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Answer<Envelope<Import>>, ApiError> {
    let (file_name, bytes) = tables::receive(multipart, unreadable, app.institute.upload_patience).await?;
    // Reading a workbook takes a while.
    let rows = tokio::task::spawn_blocking(move || rows_of(&bytes)).await.map_err(Problem::internal)??;
    // Looked at without counting the sheet's version up: a plan changes nothing.
    let tx = app.store.begin_long().await?;
    let sheet = store::find_sheet(tx.db(), id).await?.ok_or(MarkError::SheetNotFound)?;
    may_enter(tx.db(), &staff, sheet.course(), &sheet.subject).await?;
    let plan = Plan::make(&tx, &sheet, rows).await?;
    let promised = Promised { sheet: id, rows: plan.rows };
    let import: MarkImportId = imports::keep(&tx, NOUN, &file_name, &promised, staff.user).await?;
    tx.commit().await?;
    let rows = promised.rows;
    let count = |action: Action| rows.iter().filter(|row| row.action == action).count();
    Ok(data(Import {
        id: import,
        file_name,
        total: rows.len(),
        add: count(Action::Add),
        change: count(Action::Change),
        same: count(Action::Same),
        refused: count(Action::Refused),
        rows,
    }))
}

/// Do what a plan said, all of it in one transaction, and nothing else.
#[utoipa::path(
    post, path = "/api/admin/marks/imports/{id}/apply", tag = "marks", params(("id" = String, Path)),
    responses(
        (status = 200, body = Envelope<Imported>),
        (
            status = 409, body = lamplight_http::ErrorBody,
            description = "`marks.import_applied`, `marks.import_outdated`, `marks.not_a_draft`, `marks.scheduled`",
        ),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn apply_marks_import(
    State(app): State<App>,
    Staff(staff): Staff,
    PathId(id): PathId<MarkImportId>,
) -> Result<Answer<Envelope<Imported>>, ApiError> {
    let mut tx = app.store.begin_long().await?;
    imports::lock(&tx, id).await?;
    let kept = imports::find(tx.db(), NOUN, id, staff.user).await?.ok_or(MarkError::ImportNotFound)?;
    if kept.applied_at.is_some() {
        return Err(MarkError::ImportApplied.into());
    }
    let promised: Promised = serde_json::from_str(&kept.plan).map_err(StoreError::from)?;
    let sheet = open_sheet(&tx, &staff, promised.sheet).await?;
    let plan = Plan::make(&tx, &sheet, promised.rows.clone()).await?;
    let same = |one: &Planned, other: &Planned| one.action == other.action && one.cells == other.cells;
    if !plan.rows.iter().zip(&promised.rows).all(|(one, other)| same(one, other)) {
        return Err(MarkError::ImportOutdated.into());
    }
    imports::mark_applied(&tx, id, None).await?;
    let act = act("imported", &sheet).noted("file", &kept.file_name);
    let imported = plan.apply(&mut tx, sheet, &staff, &kept.file_name).await?;
    audit::write(&tx, &staff, act.noted("success", &imported.success).noted("failed", &imported.failed)).await?;
    tx.commit().await?;
    Ok(told("Entered. Nobody sees it before it is published.", imported))
}

fn unreadable(message: &str) -> Problem {
    Problem::new(Class::Invalid, "marks.file_unreadable", message.to_owned()).with_field("file", message.to_owned())
}

fn rows_of(bytes: &[u8]) -> Result<Vec<Planned>, Problem> {
    let limits = Limits { bytes: MAX_BYTES, rows: MAX_ROWS + 20, ..Limits::default() };
    let sheet = Sheet::read(bytes, &limits).map_err(|error| unreadable(&error.to_string()))?;
    let records = sheet.records(&COLUMNS).map_err(|error| unreadable(&error.to_string()))?;
    if records.is_empty() {
        return Err(unreadable("There is no row below the names of the columns."));
    }
    if Part::ALL.into_iter().all(|part| !records.has(column(part))) {
        return Err(unreadable("There is no column of marks: Theory, Practical, Viva or Assignment."));
    }
    if records.len() > MAX_ROWS {
        return Err(unreadable(&format!("There are more than {MAX_ROWS} rows.")));
    }
    let planned = |record: Record<'_>| {
        let (cells, remarks, error) = match wanted(&record) {
            Ok((cells, remarks)) => (cells, remarks, None),
            Err(error) => (Vec::new(), None, Some(format!("{}: {}", error.column, error.message))),
        };
        let student_id = record.text(&STUDENT).trim().to_owned();
        Planned { row: record.row(), student_id, student_name: None, action: Action::Refused, error, cells, remarks }
    };
    Ok(records.iter().map(planned).collect())
}

fn wanted(record: &Record<'_>) -> Result<(Vec<PlannedCell>, Option<String>), CellError> {
    record.need(&STUDENT)?;
    let mut cells = Vec::new();
    for part in Part::ALL {
        let value: Option<Cell> = record
            .parse(column(part), "a number of marks with two decimals at most, AB for absent or WH for withheld")?;
        if let Some(value) = value.filter(|value| *value != Cell::Blank) {
            cells.push(PlannedCell { part, value, was: Cell::Blank, rev: 0 });
        }
    }
    let remarks = Some(record.text(&REMARKS).trim().to_owned()).filter(|text| !text.is_empty());
    if remarks.as_ref().is_some_and(|text| text.chars().count() > MAX_TEXT) {
        return Err(record.error(&REMARKS, &format!("Say it in {MAX_TEXT} characters.")));
    }
    Ok((cells, remarks))
}

/// What a file would do to a sheet.
struct Plan {
    rows: Vec<Planned>,
    edits: Vec<(StudentId, Edit)>,
    before: HashMap<Uuid, marks::Model>,
}

impl Plan {
    /// Looks at each row as the sheet is in this transaction.
    async fn make(tx: &Tx, sheet: &sheets::Model, rows: Vec<Planned>) -> Result<Self, Problem> {
        match sheet.state.as_str() {
            store::DRAFT => {}
            store::SCHEDULED => return Err(MarkError::Scheduled.into()),
            _ => return Err(MarkError::NotADraft.into()),
        }
        let before: HashMap<Uuid, marks::Model> =
            store::of_sheet(tx.db(), sheet.id).await?.into_iter().map(|row| (row.student_id, row)).collect();
        let named = students::find_by_human_ids(tx.db(), rows.iter().map(|row| row.student_id.clone())).await?;
        let named: HashMap<String, _> = named.into_iter().map(|row| (row.student_id.to_lowercase(), row)).collect();
        let maxima = sheet.maxima();
        let (mut planned, mut edits, mut seen) = (Vec::with_capacity(rows.len()), Vec::new(), HashSet::new());
        for mut row in rows {
            // A row that could not be read stays what it is.
            if row.error.is_some() && row.cells.is_empty() && row.student_name.is_none() {
                planned.push(row);
                continue;
            }
            let student = named.get(&row.student_id.to_lowercase());
            let mark = student.and_then(|student| before.get(&student.id));
            let (cells, revs) =
                (mark.map(marks::Model::cells).transpose()?.unwrap_or_default(), mark.map(marks::Model::revs));
            for cell in &mut row.cells {
                cell.was = *cells.get(cell.part);
                cell.rev = revs.as_ref().map_or(0, |revs| *revs.get(cell.part));
            }
            row.student_name = student.map(students::entity::Model::full_name);
            let check = || -> Result<StudentId, String> {
                let student = student.ok_or("There is no student with this id.")?;
                let is_theirs = student.is_in(sheet.course_id, Some(sheet.semester));
                if !is_theirs && mark.is_none() {
                    return Err("This student is not in this course and semester.".to_owned());
                }
                if mark.is_some_and(|mark| mark.published_at.is_some()) {
                    return Err("This mark is published. Change it in the sheet, and say why.".to_owned());
                }
                row.cells
                    .iter()
                    .try_for_each(|cell| rules::check_cell(cell.part, cell.value, *maxima.get(cell.part)))?;
                Ok(student.id.into())
            };
            let checked = check().and_then(|student| match seen.insert(student) {
                true => Ok(student),
                false => Err("An earlier row is about this student already.".to_owned()),
            });
            match checked {
                Err(error) => (row.action, row.error) = (Action::Refused, Some(error)),
                Ok(student) => {
                    let edit = Edit {
                        cells: row.cells.iter().map(|cell| (cell.part, cell.value)).collect(),
                        remarks: row.remarks.clone().map_or(Change::Keep, Change::Set),
                    };
                    row.error = None;
                    row.action = match (edit.changes(mark)?, mark) {
                        (false, _) => Action::Same,
                        (true, None) => Action::Add,
                        (true, Some(_)) => Action::Change,
                    };
                    edits.push((student, edit));
                }
            }
            planned.push(row);
        }
        Ok(Self { rows: planned, edits, before })
    }

    /// Does it.
    async fn apply(
        self,
        tx: &mut Tx,
        sheet: sheets::Model,
        staff: &StaffCaller,
        file_name: &str,
    ) -> Result<Imported, Problem> {
        let rule = rule_of(tx.db(), &sheet).await?;
        let reason = format!("Import of {file_name}");
        let mut ledger = Ledger::open(sheet, staff.user);
        let success = self.edits.len();
        let mut cells = Vec::new();
        for (student, edit) in self.edits {
            let parts: Vec<Part> = edit.cells.iter().map(|(part, _)| *part).collect();
            let before = self.before.get(&student.uuid());
            let by = (staff.user, Some(reason.as_str()));
            let Some(row) = write(tx, &mut ledger, &rule, before, student, edit, by).await? else { continue };
            let (values, revs) = (row.cells()?, row.revs());
            cells.extend(parts.into_iter().map(|part| EditedCell {
                student,
                part,
                value: *values.get(part),
                rev: *revs.get(part),
            }));
        }
        let sheet = ledger.close(tx).await?;
        let edited = Edited { exam: Exam::from(&sheet), by: staff.username.clone(), version: sheet.version, cells };
        tx.record(&edited, Target::rooms(staff_rooms(&sheet)))?;
        let total = self.rows.len();
        Ok(Imported { total, success, failed: total - success, version: sheet.version })
    }
}
