//! Marks as the existing client enters them: those of a class at once.

use std::collections::{HashMap, HashSet};

use axum::{Json as Answer, extract::State};
use jiff::civil::Date;
use lamplight_http::{ApiError, Json, Staff};
use lamplight_kernel::{Room, SheetId, StudentId, Target, UserId};
use lamplight_store::{StoreError, Tx};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Added, BulkAdded, MarkError,
    events::staff_rooms,
    exam::{ExamKey, exam_of},
    history::Ledger,
    publishing,
    rules::{self, Cell, MAX_ROWS, MAX_TEXT, Part, Parts, Rule, Score},
    store::{self, Filter, marks, sheets},
    write::{Edit, judge_again, open_sheet, reason, rule_of, tell_updated, write},
};
use crate::{
    App, audit, students,
    wire::{Change, Envelope, data},
};

/// The maxima of an exam about which nothing is said, as the existing client has them.
const USUAL: Parts<Score> = Parts {
    theory: Score::whole(100),
    practical: Score::whole(100),
    viva: Score::whole(50),
    assignment: Score::whole(50),
};

/// Marks of a class, as the existing client sends them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EntryForm {
    exam_type: Option<String>,
    /// Id, code or name of the course.
    course: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<i32>)]
    semester: Change<i32>,
    subject: Option<String>,
    #[schema(value_type = Option<f64>)]
    theory_max: Option<Score>,
    #[schema(value_type = Option<f64>)]
    practical_max: Option<Score>,
    #[schema(value_type = Option<f64>)]
    viva_max: Option<Score>,
    #[schema(value_type = Option<f64>)]
    assignment_max: Option<Score>,
    marks_data: Option<Vec<EntryRow>>,
    /// Tells two exams of one kind apart.
    exam_label: Option<String>,
    /// `YYYY-MM-DD`; today unless told.
    exam_date: Option<String>,
    /// Why published marks change.
    reason: Option<String>,
}

/// One student's marks. A number, `absent`, `withheld` or nothing; what is not there stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EntryRow {
    /// The human id.
    #[serde(default)]
    student_id: String,
    #[schema(value_type = Option<f64>)]
    theory_obtained: Option<Value>,
    #[schema(value_type = Option<f64>)]
    practical_obtained: Option<Value>,
    #[schema(value_type = Option<f64>)]
    viva_obtained: Option<Value>,
    #[schema(value_type = Option<f64>)]
    assignment_obtained: Option<Value>,
    remarks: Option<String>,
}

impl EntryRow {
    const fn value(&self, part: Part) -> Option<&Value> {
        match part {
            Part::Theory => self.theory_obtained.as_ref(),
            Part::Practical => self.practical_obtained.as_ref(),
            Part::Viva => self.viva_obtained.as_ref(),
            Part::Assignment => self.assignment_obtained.as_ref(),
        }
    }

    /// Whether something else than zero or nothing stands in this part.
    fn says(&self, part: Part) -> bool {
        let cell = self.value(part).and_then(Cell::read);
        !matches!(cell, None | Some(Cell::Blank)) && cell != Some(Cell::Scored(Score::ZERO))
    }

    fn edit(&self, maxima: &Parts<Score>) -> Result<Edit, String> {
        let mut edit = Edit::default();
        for part in Part::ALL {
            let Some(value) = self.value(part) else { continue };
            let cell = Cell::read(value).ok_or_else(|| {
                format!("{}: this must be a number that is not negative, absent or withheld.", part.as_str())
            })?;
            let is_part = *maxima.get(part) > Score::ZERO;
            // The existing client sends a zero for what the exam does not have.
            if cell == Cell::Blank || (!is_part && cell == Cell::Scored(Score::ZERO)) {
                continue;
            }
            rules::check_cell(part, cell, *maxima.get(part))?;
            edit.cells.push((part, cell));
        }
        if let Some(text) = self.remarks.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
            if text.chars().count() > MAX_TEXT {
                return Err(format!("remarks: say it in {MAX_TEXT} characters."));
            }
            edit.remarks = Change::Set(text.to_owned());
        }
        Ok(edit)
    }
}

/// A row that was refused.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MarkRowError)]
#[serde(rename_all = "camelCase")]
pub(super) struct RowError {
    /// The human id, as it was sent.
    student_id: String,
    /// What is wrong, for a person.
    error: String,
}

/// What became of the rows.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EntryResult {
    total: usize,
    success: usize,
    failed: usize,
    /// Always 0: no messages are sent to phones.
    sms_sent: usize,
    /// The rows that were refused.
    errors: Vec<RowError>,
    /// The sheet they stand in.
    #[schema(value_type = String)]
    sheet: SheetId,
}

/// Enter marks of a class, or correct them. Rows that are not as they should be are refused by name, the others are taken.
#[utoipa::path(
    post, path = "/api/admin/marks", tag = "marks", request_body = EntryForm,
    responses(
        (status = 200, body = Envelope<EntryResult>),
        (status = 409, description = "`marks.scheduled`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
pub(super) async fn enter_marks(
    State(app): State<App>,
    Staff(staff): Staff,
    Json(form): Json<EntryForm>,
) -> Result<Answer<Envelope<EntryResult>>, ApiError> {
    let said = (form.course.as_deref(), &form.semester, form.subject.as_deref(), form.exam_type.as_deref());
    let key = ExamKey::check(&app, &staff, said).await?;
    let rows = form.marks_data.unwrap_or_default();
    if rows.is_empty() || rows.len() > MAX_ROWS {
        let text = format!("Send the marks of 1 to {MAX_ROWS} students.");
        return Err(MarkError::field("marksData", text).into());
    }
    let reason = reason(form.reason.as_deref())?;
    let (label, on) = exam_of(&app, form.exam_label.as_deref(), form.exam_date.as_deref())?;
    let mut given = USUAL;
    for (part, maximum) in
        Part::ALL.into_iter().zip([form.theory_max, form.practical_max, form.viva_max, form.assignment_max])
    {
        *given.get_mut(part) = maximum.unwrap_or(*USUAL.get(part));
    }
    if Part::ALL.iter().all(|part| *given.get(*part) == Score::ZERO) {
        return Err(MarkError::field("theoryMax", "An exam needs a part with marks.").into());
    }
    let numbers = rows.iter().map(|row| row.student_id.trim().to_owned());
    let named = students::find_by_human_ids(app.store.reader(), numbers).await?;
    let named: HashMap<String, _> = named.into_iter().map(|row| (row.student_id.to_lowercase(), row)).collect();

    let mut tx = app.store.begin().await?;
    key.lock(&tx).await?;
    let (sheet, is_new) = sheet_for(&tx, &key, label, on, &rows, given, staff.user, &app).await?;
    let sheet = if is_new { sheet } else { open_sheet(&tx, &staff, sheet.id.into()).await? };
    let rule = rule_of(tx.db(), &sheet).await?;
    let mut ledger = Ledger::open(sheet, staff.user);
    let existing: HashMap<Uuid, marks::Model> =
        store::of_sheet(tx.db(), ledger.sheet.id).await?.into_iter().map(|row| (row.student_id, row)).collect();
    widen(&tx, &mut ledger, &rule, &rows, given, &existing).await?;

    let (mut errors, mut added, mut corrected, mut seen) = (Vec::new(), 0, Vec::new(), HashSet::new());
    for row in &rows {
        let number = row.student_id.trim().to_lowercase();
        let checked = checked(row, named.get(&number), &key, &ledger.sheet, &existing, reason);
        let checked = checked.and_then(|found| match seen.insert(found.0) {
            true => Ok(found),
            false => Err("This student is in the list twice.".to_owned()),
        });
        match checked {
            Err(error) => errors.push(RowError { student_id: row.student_id.clone(), error }),
            Ok((student, edit)) => {
                let before = existing.get(&student.uuid());
                let row = write(&tx, &mut ledger, &rule, before, student, edit, (staff.user, reason)).await?;
                added += usize::from(row.is_some());
                corrected.extend(row.filter(|row| row.published_at.is_some()));
            }
        }
    }
    let sheet = ledger.close(&tx).await?;
    let exam = super::events::Exam::from(&sheet);
    if added > 0 {
        tx.record(&Added { exam: exam.clone(), count: added }, Target::rooms(staff_rooms(&sheet)))?;
        tell_updated(&mut tx, &sheet, &corrected).await?;
    }
    let (total, failed) = (rows.len(), errors.len());
    let success = total - failed;
    let bulk = BulkAdded { exam, total, success, failed, sms_sent: 0 };
    tx.record(&bulk, Target::rooms([Room::admins()]))?;
    if added > 0 {
        let act = publishing::act("entered", &sheet).noted("marks", &added).noted("published", &corrected.len());
        audit::write(&tx, &staff, act.noted("reason", &reason)).await?;
    }
    tx.commit().await?;
    Ok(data(EntryResult { total, success, failed, sms_sent: 0, errors, sheet: sheet.id.into() }))
}

/// The sheet that is meant: the one of this label or date, else the newest of this exam, else a new one.
#[expect(clippy::too_many_arguments, reason = "all that a request says about an exam")]
async fn sheet_for(
    tx: &Tx,
    key: &ExamKey,
    label: Option<&str>,
    on: Option<Date>,
    rows: &[EntryRow],
    given: Parts<Score>,
    by: UserId,
    app: &App,
) -> Result<(sheets::Model, bool), StoreError> {
    let filter = Filter { label, ..key.filter() };
    let found = store::list_sheets(tx.db(), &filter, lamplight_kernel::PageRequest::new(1, 100)).await?.rows;
    let on_that_day = |sheet: &&sheets::Model| label.is_some() || on.is_none_or(|on| sheet.exam_on == on.to_string());
    if let Some(sheet) = found.iter().find(on_that_day) {
        return Ok((sheet.clone(), false));
    }
    let date = on.unwrap_or_else(|| app.institute.today(tx.now()));
    // A second exam of this kind, on another day.
    let of_day = date.to_string();
    let label = label.unwrap_or(if found.is_empty() { "" } else { &of_day });
    // The existing client has four maxima whatever the exam, and zeros for what nobody sat: that is no part of it.
    let is_said = |part: Part| rows.iter().any(|row| row.says(part));
    let any = Part::ALL.into_iter().any(|part| is_said(part) && *given.get(part) > Score::ZERO);
    let maxima = Parts::each(|part| if any && !is_said(part) { Score::ZERO } else { *given.get(part) });
    Ok((key.make(tx, (label, date), &maxima, by).await?, true))
}

/// Marks for a part that the exam did not have so far make it one, as long as nothing of it was published.
async fn widen(
    tx: &Tx,
    ledger: &mut Ledger,
    rule: &Rule,
    rows: &[EntryRow],
    given: Parts<Score>,
    existing: &HashMap<Uuid, marks::Model>,
) -> Result<(), StoreError> {
    if existing.values().any(|row| row.published_at.is_some()) {
        return Ok(());
    }
    let before = ledger.sheet.maxima();
    let maxima = Parts::each(|part| match *before.get(part) {
        Score::ZERO if rows.iter().any(|row| row.says(part)) => *given.get(part),
        maximum => maximum,
    });
    if maxima != before {
        ledger.sheet.set_maxima(&maxima);
        judge_again(tx, ledger, rule).await?;
    }
    Ok(())
}

fn checked(
    row: &EntryRow,
    student: Option<&students::entity::Model>,
    key: &ExamKey,
    sheet: &sheets::Model,
    existing: &HashMap<Uuid, marks::Model>,
    reason: Option<&str>,
) -> Result<(StudentId, Edit), String> {
    let student = student.ok_or("There is no student with this id.")?;
    let before = existing.get(&student.id);
    let is_theirs = student.is_in(key.course.uuid(), Some(key.semester));
    if !is_theirs && before.is_none() {
        return Err("This student is not in this course and semester.".to_owned());
    }
    let edit = row.edit(&sheet.maxima())?;
    let changes = edit.changes(before).map_err(|_| "The stored mark can't be read.")?;
    if changes && reason.is_none() && before.is_some_and(|row| row.published_at.is_some()) {
        return Err(MarkError::ReasonNeeded.to_string());
    }
    Ok((student.id.into(), edit))
}
