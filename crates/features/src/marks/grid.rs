//! What our own grid needs: sheets, their cells, who is in which.

use std::collections::{HashMap, HashSet};

use axum::{Json as Answer, extract::State};
use lamplight_auth::Staff as StaffCaller;
use lamplight_http::{ApiError, Json, Params, PathId, Staff};
use lamplight_kernel::{MarkId, Problem, SheetId, StudentId, Target, Timestamp};
use lamplight_store::StoreError;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Edited, Entered, MarkError,
    document::{Known, Owner},
    events::{EditedCell, Exam, staff_rooms},
    exam::{ExamKey, exam_of},
    history::Ledger,
    publishing::{self, tell_staged},
    rules::{self, Cell, MAX_ROWS, Part, Parts, Score},
    store::{self, Filter, marks, publications, sheets},
    write::{Edit, judge_again, open_sheet, reason, rule_of, tell_updated, write},
};
use crate::{
    App, audit,
    courses::CourseName,
    students,
    wire::{Change, Envelope, PaginationBody, Said, data, said, told},
};

/// Rows on a page of sheets.
const SHEET_ROWS: u64 = 50;
/// For how long it is worth telling that somebody is in a cell.
const PRESENT: std::time::Duration = std::time::Duration::from_secs(20);

/// A sheet: one exam of a class.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sheet {
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    id: SheetId,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    course: Option<CourseName>,
    semester: i32,
    subject: String,
    exam_type: String,
    /// Tells two exams of one kind apart; empty for the first.
    exam_label: String,
    #[schema(format = Date)]
    exam_date: String,
    /// Of each part; 0 when the exam does not have it.
    #[schema(value_type = Parts<f64>)]
    maxima: Parts<Score>,
    /// `draft`, `review`, `scheduled` or `published`.
    state: String,
    /// When its marks become visible, while that can be undone.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    due_at: Option<Timestamp>,
    version: i32,
    /// How many marks it holds.
    entered: i64,
    /// How many of them their students see.
    published: i64,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

fn shown(
    row: &sheets::Model,
    known: &Known,
    (entered, published): (i64, i64),
    running: Option<&publications::Model>,
) -> Sheet {
    Sheet {
        id: row.id.into(),
        course: known.course(row.course()),
        semester: row.semester,
        subject: row.subject.clone(),
        exam_type: row.exam_type.clone(),
        exam_label: row.label.clone(),
        exam_date: row.exam_on.clone(),
        maxima: row.maxima(),
        state: row.state.clone(),
        due_at: running.map(|publication| Timestamp::from_millis(publication.due_at)),
        version: row.version,
        entered,
        published,
        updated_at: Timestamp::from_millis(row.updated_at),
    }
}

/// A page of sheets.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SheetList {
    /// Newest exam first.
    sheets: Vec<Sheet>,
    /// Where the page stands.
    pagination: PaginationBody,
}

/// Sheets, newest exam first. Faculty see those of the courses they teach.
#[utoipa::path(
    get, path = "/api/admin/marks/sheets", tag = "marks",
    params(
        ("course" = Option<String>, Query, description = "Id of a course"), ("semester" = Option<i32>, Query),
        ("subject" = Option<String>, Query), ("examType" = Option<String>, Query),
        ("state" = Option<String>, Query, description = "`draft`, `review`, `scheduled` or `published`"),
        ("page" = Option<u64>, Query, description = "From 1"), ("limit" = Option<u64>, Query, description = "50 unless told, at most 500"),
    ),
    responses((status = 200, body = Envelope<SheetList>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
pub(super) async fn list_sheets(
    State(app): State<App>,
    Staff(staff): Staff,
    params: Params,
) -> Result<Answer<Envelope<SheetList>>, ApiError> {
    let db = app.store.reader();
    let filter = Filter { state: params.text("state"), ..super::routes::filter(&params, staff.courses())? };
    let page = store::list_sheets(db, &filter, params.page(SHEET_ROWS)?).await?;
    let known = Known::of_sheets(db, &page.rows).await?;
    let ids = || page.rows.iter().map(|row| row.id);
    let (counts, running) = (store::count_marks(db, ids()).await?, store::running_of(db, ids()).await?);
    let sheets = page
        .rows
        .iter()
        .map(|row| shown(row, &known, counts.get(&row.id).copied().unwrap_or_default(), running.get(&row.id)));
    Ok(data(SheetList { sheets: sheets.collect(), pagination: page.pagination.into() }))
}

/// A new sheet.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SheetForm {
    /// Id, code or name of the course.
    course: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<i32>)]
    semester: Change<i32>,
    subject: Option<String>,
    exam_type: Option<String>,
    /// Tells two exams of one kind apart.
    exam_label: Option<String>,
    /// `YYYY-MM-DD`; today unless told.
    exam_date: Option<String>,
    #[schema(value_type = Parts<f64>)]
    maxima: Parts<Score>,
}

/// Make a sheet for an exam.
#[utoipa::path(
    post, path = "/api/admin/marks/sheets", tag = "marks", request_body = SheetForm,
    responses(
        (status = 201, body = Envelope<Sheet>),
        (status = 409, description = "`marks.sheet_exists`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
pub(super) async fn make_sheet(
    State(app): State<App>,
    Staff(staff): Staff,
    Json(form): Json<SheetForm>,
) -> Result<(http::StatusCode, Answer<Envelope<Sheet>>), ApiError> {
    let said = (form.course.as_deref(), &form.semester, form.subject.as_deref(), form.exam_type.as_deref());
    let key = ExamKey::check(&app, &staff, said).await?;
    let (label, on) = exam_of(&app, form.exam_label.as_deref(), form.exam_date.as_deref())?;
    check_maxima(&form.maxima)?;
    let mut tx = app.store.begin().await?;
    key.lock(&tx).await?;
    let filter = Filter { label: Some(label.unwrap_or_default()), ..key.filter() };
    if !store::list_sheets(tx.db(), &filter, lamplight_kernel::PageRequest::new(1, 1)).await?.rows.is_empty() {
        return Err(MarkError::SheetExists.into());
    }
    let on = on.unwrap_or_else(|| app.institute.today(tx.now()));
    let sheet = key.make(&tx, (label.unwrap_or_default(), on), &form.maxima, staff.user).await?;
    tell_staged(&mut tx, &sheet, None)?;
    let known = Known::of_sheets(tx.db(), std::slice::from_ref(&sheet)).await?;
    tx.commit().await?;
    Ok((http::StatusCode::CREATED, told("The sheet was made.", shown(&sheet, &known, (0, 0), None))))
}

fn check_maxima(maxima: &Parts<Score>) -> Result<(), MarkError> {
    if Part::ALL.iter().all(|part| *maxima.get(*part) == Score::ZERO) {
        return Err(MarkError::field("maxima", "An exam needs a part with marks."));
    }
    Ok(())
}

/// A change of a sheet. What is not there stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SheetChange {
    #[schema(value_type = Option<Parts<f64>>)]
    maxima: Option<Parts<Score>>,
}

/// Change what the parts of an exam are out of, while none of its marks is published.
#[utoipa::path(
    patch, path = "/api/admin/marks/sheets/{id}", tag = "marks", params(("id" = String, Path)), request_body = SheetChange,
    responses((status = 200, body = Envelope<Grid>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
pub(super) async fn change_sheet(
    State(app): State<App>,
    Staff(staff): Staff,
    PathId(id): PathId<SheetId>,
    Json(form): Json<SheetChange>,
) -> Result<Answer<Envelope<Grid>>, ApiError> {
    let mut tx = app.store.begin().await?;
    let sheet = open_sheet(&tx, &staff, id).await?;
    let mut ledger = Ledger::open(sheet, staff.user);
    if let Some(maxima) = form.maxima.filter(|maxima| *maxima != ledger.sheet.maxima()) {
        check_maxima(&maxima)?;
        let rows = store::of_sheet(tx.db(), ledger.sheet.id).await?;
        if rows.iter().any(|row| row.published_at.is_some()) {
            return Err(MarkError::field("maxima", "Marks of this sheet are published. Recall them first.").into());
        }
        for row in &rows {
            let cells = row.cells()?;
            for part in Part::ALL {
                rules::check_cell(part, *cells.get(part), *maxima.get(part))
                    .map_err(|text| MarkError::field(format!("maxima.{}", part.as_str()), text))?;
            }
        }
        ledger.sheet.set_maxima(&maxima);
        let rule = rule_of(tx.db(), &ledger.sheet).await?;
        judge_again(&tx, &mut ledger, &rule).await?;
    }
    let sheet = ledger.close(&tx).await?;
    tell_staged(&mut tx, &sheet, None)?;
    let grid = grid(tx.db(), &sheet).await?;
    tx.commit().await?;
    Ok(data(grid))
}

/// Delete a sheet that never held a mark.
#[utoipa::path(
    delete, path = "/api/admin/marks/sheets/{id}", tag = "marks", params(("id" = String, Path)),
    responses((status = 200, body = Said), (status = "4XX", body = lamplight_http::ErrorBody))
)]
pub(super) async fn delete_sheet(
    State(app): State<App>,
    Staff(staff): Staff,
    PathId(id): PathId<SheetId>,
) -> Result<Answer<Said>, ApiError> {
    let mut tx = app.store.begin().await?;
    let sheet = open_sheet(&tx, &staff, id).await?;
    if sheet.history_count > 0 {
        return Err(MarkError::field("sheet", "Marks were entered in this sheet, so it stays.").into());
    }
    store::delete_sheet(&tx, id).await?;
    tell_staged(&mut tx, &sheet, None)?;
    audit::write(&tx, &staff, publishing::act("deleted", &sheet)).await?;
    tx.commit().await?;
    Ok(said("Deleted."))
}

/// A cell.
#[derive(Debug, Serialize, ToSchema)]
struct GridCell {
    /// A number, `absent`, `withheld` or nothing.
    value: Cell,
    /// Goes up with each change; an edit says which one it was based on.
    rev: i32,
}

/// The row of a student.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct GridRow {
    #[serde(flatten)]
    student: Owner,
    /// The mark, if there is one.
    #[schema(required, value_type = Option<String>)]
    mark: Option<MarkId>,
    cells: Parts<GridCell>,
    #[schema(required)]
    remarks: Option<String>,
    #[schema(value_type = f64)]
    obtained: Score,
    #[schema(value_type = f64)]
    max: Score,
    percentage: f64,
    grade: String,
    result_status: String,
    /// Whether its student sees it. Then a change needs a reason.
    is_published: bool,
    /// Whether the student is still in this class.
    in_class: bool,
}

/// A sheet with its rows.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Grid {
    sheet: Sheet,
    /// By student id.
    rows: Vec<GridRow>,
    /// What the average of the class may not exceed, in percent, where the council has such a rule.
    #[schema(required)]
    average_cap: Option<i32>,
}

/// A sheet with the rows of its students.
#[utoipa::path(
    get, path = "/api/admin/marks/sheets/{id}", tag = "marks", params(("id" = String, Path)),
    responses((status = 200, body = Envelope<Grid>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
pub(super) async fn open_grid(
    State(app): State<App>,
    Staff(staff): Staff,
    PathId(id): PathId<SheetId>,
) -> Result<Answer<Envelope<Grid>>, ApiError> {
    let db = app.store.reader();
    let sheet = find_theirs(db, &staff, id).await?;
    Ok(data(grid(db, &sheet).await?))
}

pub(super) async fn find_theirs<C: ConnectionTrait>(
    db: &C,
    staff: &StaffCaller,
    id: SheetId,
) -> Result<sheets::Model, Problem> {
    let sheet = store::find_sheet(db, id).await?.ok_or(MarkError::SheetNotFound)?;
    if staff.may_act_for(sheet.course()) { Ok(sheet) } else { Err(MarkError::NotYourCourse.into()) }
}

async fn grid<C: ConnectionTrait>(db: &C, sheet: &sheets::Model) -> Result<Grid, StoreError> {
    let class = students::of_class(db, sheet.course(), sheet.semester).await?;
    let rows = store::of_sheet(db, sheet.id).await?;
    let known = Known::of_sheet(db, sheet, rows.iter().map(|row| row.student_id.into())).await?;
    let by_student: HashMap<Uuid, &marks::Model> = rows.iter().map(|row| (row.student_id, row)).collect();
    let of_class: HashSet<Uuid> = class.iter().map(|student| student.id).collect();
    let others = known.students.values().filter(|student| !of_class.contains(&student.id));
    let mut all: Vec<_> = class.iter().chain(others).collect();
    all.sort_by(|one, other| one.student_id.cmp(&other.student_id));
    let grid_rows = all
        .into_iter()
        .map(|student| row(student, by_student.get(&student.id).copied(), of_class.contains(&student.id)));
    let published = rows.iter().filter(|row| row.published_at.is_some()).count();
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let running = store::running(db, sheet.id).await?;
    Ok(Grid {
        rows: grid_rows.collect::<Result<_, _>>()?,
        average_cap: rule_of(db, sheet).await?.average_cap,
        sheet: shown(sheet, &known, (count(rows.len()), count(published)), running.as_ref()),
    })
}

fn row(student: &students::entity::Model, mark: Option<&marks::Model>, in_class: bool) -> Result<GridRow, StoreError> {
    let cells = mark.map(marks::Model::cells).transpose()?.unwrap_or_default();
    let revs = mark.map(marks::Model::revs).unwrap_or_default();
    let (obtained, max) = mark.map_or((0, 0), |mark| (mark.obtained, mark.maximum));
    let (obtained, max) = (Score::from_hundredths(obtained), Score::from_hundredths(max));
    Ok(GridRow {
        student: student.into(),
        mark: mark.map(|mark| mark.id.into()),
        cells: Parts::each(|part| GridCell { value: *cells.get(part), rev: *revs.get(part) }),
        remarks: mark.and_then(|mark| mark.remarks.clone()),
        obtained,
        max,
        percentage: rules::rounded(rules::percent(obtained, max)),
        grade: mark.map(|mark| mark.grade.clone()).unwrap_or_default(),
        result_status: mark.map_or("Pending", |mark| mark.result.as_str()).to_owned(),
        is_published: mark.is_some_and(|mark| mark.published_at.is_some()),
        in_class,
    })
}

/// Edits of cells, each with the revision it was based on.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct CellsForm {
    cells: Vec<CellEdit>,
    /// Why published marks change.
    reason: Option<String>,
}

/// An edit of one cell.
#[derive(Debug, Deserialize, ToSchema)]
struct CellEdit {
    /// The student record's id.
    #[schema(value_type = String)]
    student: StudentId,
    part: Part,
    /// A number, `absent`, `withheld` or nothing.
    #[schema(value_type = Cell)]
    value: Value,
    /// The revision that the caller saw; 0 for a cell that was never filled.
    base: i32,
}

/// A cell that somebody else changed meanwhile.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CellConflict {
    #[schema(value_type = String)]
    student: StudentId,
    part: Part,
    /// What the caller wanted to put.
    yours: Cell,
    /// What stands there.
    theirs: Cell,
    /// Its revision. An edit that is based on it is taken.
    rev: i32,
}

/// A cell that was refused.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CellRefusal {
    #[schema(value_type = String)]
    student: StudentId,
    part: Part,
    /// For a person.
    error: String,
    /// `marks.reason_needed` when a reason would do.
    code: &'static str,
}

/// What became of the edits: each is saved, in conflict or refused.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CellsResult {
    /// The sheet's version now.
    version: i32,
    saved: Vec<EditedCell>,
    /// Somebody changed the cell since the caller read it. Nothing was overwritten.
    conflicts: Vec<CellConflict>,
    refused: Vec<CellRefusal>,
    /// The rows that changed, as they are now.
    rows: Vec<GridRow>,
}

/// Save cells. One that somebody changed since it was read is not overwritten, but given back with both values.
#[utoipa::path(
    patch, path = "/api/admin/marks/sheets/{id}/cells", tag = "marks", params(("id" = String, Path)), request_body = CellsForm,
    responses(
        (status = 200, body = Envelope<CellsResult>),
        (status = 409, description = "`marks.scheduled`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
pub(super) async fn save_cells(
    State(app): State<App>,
    Staff(staff): Staff,
    PathId(id): PathId<SheetId>,
    Json(form): Json<CellsForm>,
) -> Result<Answer<Envelope<CellsResult>>, ApiError> {
    if form.cells.is_empty() || form.cells.len() > MAX_ROWS * Part::ALL.len() {
        return Err(MarkError::field("cells", "Send some cells, and not more than a class has.").into());
    }
    let reason = reason(form.reason.as_deref())?;
    let mut tx = app.store.begin().await?;
    let sheet = open_sheet(&tx, &staff, id).await?;
    let rule = rule_of(tx.db(), &sheet).await?;
    let maxima = sheet.maxima();
    let class = students::of_class(tx.db(), sheet.course(), sheet.semester).await?;
    let mut rows: HashMap<Uuid, marks::Model> =
        store::of_sheet(tx.db(), sheet.id).await?.into_iter().map(|row| (row.student_id, row)).collect();
    let mut theirs: HashSet<Uuid> = class.iter().map(|student| student.id).collect();
    theirs.extend(rows.keys());

    let (mut saved, mut conflicts, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    // By student, so that a row that is pasted is one link of its history.
    let mut edits: Vec<(StudentId, Edit)> = Vec::new();
    let mut seen = HashSet::new();
    for CellEdit { student, part, value, base } in form.cells {
        let mut refuse = |error: String, code| refused.push(CellRefusal { student, part, error, code });
        let Some(cell) = Cell::read(&value) else {
            refuse("Write a number of marks, A for absent or W for withheld.".to_owned(), "marks.invalid");
            continue;
        };
        if !theirs.contains(&student.uuid()) {
            refuse("This student is not in this course and semester.".to_owned(), "marks.invalid");
            continue;
        }
        if !seen.insert((student, part)) {
            refuse("This cell is in the list twice.".to_owned(), "marks.invalid");
            continue;
        }
        if let Err(error) = rules::check_cell(part, cell, *maxima.get(part)) {
            refuse(error, "marks.invalid");
            continue;
        }
        let before = rows.get(&student.uuid());
        let current = before.map(marks::Model::cells).transpose()?.map(|cells| *cells.get(part)).unwrap_or_default();
        let rev = before.map(|row| *row.revs().get(part)).unwrap_or_default();
        if current == cell {
            // The same, whoever put it.
            saved.push(EditedCell { student, part, value: cell, rev });
            continue;
        }
        if rev != base {
            conflicts.push(CellConflict { student, part, yours: cell, theirs: current, rev });
            continue;
        }
        if reason.is_none() && before.is_some_and(|row| row.published_at.is_some()) {
            refuse(MarkError::ReasonNeeded.to_string(), "marks.reason_needed");
            continue;
        }
        match edits.iter_mut().find(|(one, _)| *one == student) {
            Some((_, edit)) => edit.cells.push((part, cell)),
            None => edits.push((student, Edit { cells: vec![(part, cell)], ..Edit::default() })),
        }
    }

    let mut ledger = Ledger::open(sheet, staff.user);
    let state = ledger.sheet.state.clone();
    let (mut changed, mut corrected, mut told) = (Vec::new(), Vec::new(), Vec::new());
    for (student, edit) in edits {
        let parts: Vec<Part> = edit.cells.iter().map(|(part, _)| *part).collect();
        let before = rows.get(&student.uuid()).cloned();
        let by = (staff.user, reason);
        let Some(row) = write(&tx, &mut ledger, &rule, before.as_ref(), student, edit, by).await? else { continue };
        let (cells, revs) = (row.cells()?, row.revs());
        told.extend(parts.iter().map(|part| EditedCell {
            student,
            part: *part,
            value: *cells.get(*part),
            rev: *revs.get(*part),
        }));
        corrected.extend(row.published_at.is_some().then(|| row.clone()));
        changed.push(student);
        rows.insert(student.uuid(), row);
    }
    let named = students::find_by_ids(tx.db(), changed.iter().copied()).await?;
    let shown = changed.iter().filter_map(|student| Some((named.get(student)?, rows.get(&student.uuid())?)));
    let of_class = |student: &students::entity::Model| class.iter().any(|one| one.id == student.id);
    let shown = shown.map(|(student, mark)| row(student, Some(mark), of_class(student))).collect::<Result<_, _>>()?;
    if told.is_empty() {
        // Nothing was written: the transaction is given up, and with it the version that was counted.
        let version = ledger.sheet.version - 1;
        return Ok(data(CellsResult { version, saved, conflicts, refused, rows: shown }));
    }
    let sheet = ledger.close(&tx).await?;
    let edited =
        Edited { exam: Exam::from(&sheet), by: staff.username.clone(), version: sheet.version, cells: told.clone() };
    tx.record(&edited, Target::rooms(staff_rooms(&sheet)))?;
    tell_updated(&mut tx, &sheet, &corrected).await?;
    if sheet.state != state {
        tell_staged(&mut tx, &sheet, None)?;
    }
    // Drafts are written cell by cell, and have their history; what students can see is worth a line here too.
    if !corrected.is_empty() {
        let act = publishing::act("changed", &sheet).noted("published", &corrected.len());
        audit::write(&tx, &staff, act.noted("reason", &reason)).await?;
    }
    tx.commit().await?;
    saved.extend(told);
    Ok(data(CellsResult { version: sheet.version, saved, conflicts, refused, rows: shown }))
}

/// Where the caller is.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct PresenceForm {
    /// The row; none when the caller leaves the grid.
    #[schema(value_type = Option<String>)]
    student: Option<StudentId>,
    part: Option<Part>,
}

/// Tell others who have the sheet open which cell the caller is in. It is not kept.
#[utoipa::path(
    post, path = "/api/admin/marks/sheets/{id}/presence", tag = "marks", params(("id" = String, Path)), request_body = PresenceForm,
    responses((status = 200, body = Said), (status = "4XX", body = lamplight_http::ErrorBody))
)]
pub(super) async fn enter_cell(
    State(app): State<App>,
    Staff(staff): Staff,
    PathId(id): PathId<SheetId>,
    Json(form): Json<PresenceForm>,
) -> Result<Answer<Said>, ApiError> {
    let sheet = find_theirs(app.store.reader(), &staff, id).await?;
    let mut tx = app.store.begin().await?;
    let entered = Entered {
        sheet: id,
        username: staff.username.clone(),
        full_name: staff.full_name.clone(),
        student: form.student,
        part: form.part,
    };
    let until = tx.now().plus(PRESENT);
    tx.record(&entered, Target::rooms(staff_rooms(&sheet)).until(Some(until)))?;
    tx.commit().await?;
    Ok(said("Told."))
}
