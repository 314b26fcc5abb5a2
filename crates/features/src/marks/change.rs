//! One mark, changed or deleted by its own address, as the existing client does it.

use axum::{Json as Answer, extract::State};
use lamplight_auth::Staff as StaffCaller;
use lamplight_http::{ApiError, Json, Params, PathId, Staff};
use lamplight_kernel::{MarkId, Problem};
use lamplight_store::Tx;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    Mark, MarkError,
    document::{Known, document},
    history::{Action, Ledger},
    notices::What,
    publishing,
    rules::{self, Cell, MAX_TEXT, Part, Parts, Score},
    store::{self, marks, sheets},
    write::{Edit, open_sheet, reason, rule_of, tell_updated, write},
};
use crate::{
    App, audit,
    wire::{Change, Envelope, Said, said, told},
};

/// A change of one mark. What is not there stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MarkForm {
    /// `{theory: {obtained: 40}, ...}`; the maxima are the sheet's.
    #[serde(default)]
    #[schema(value_type = Object)]
    marks: serde_json::Map<String, Value>,
    /// `true` publishes this mark, with the undo window; `false` recalls it, with a reason.
    is_published: Option<bool>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    remarks: Change<String>,
    /// Why a published mark changes. The existing client's form does not ask for it: then the history says so.
    reason: Option<String>,
    /// What the caller read. A change that is based on another one is refused.
    version: Option<i32>,
}

impl MarkForm {
    fn edit(&self, before: &marks::Model, maxima: &Parts<Score>) -> Result<Edit, Problem> {
        let mut edit = Edit { cells: Vec::new(), remarks: self.remarks.clone() };
        let mut wrong = Vec::new();
        for part in Part::ALL {
            let value = self.marks.get(part.as_str()).and_then(|part| part.get("obtained"));
            let Some(value) = value else { continue };
            let field = format!("marks.{}.obtained", part.as_str());
            let Some(cell) = Cell::read(value) else {
                wrong.push((field, "This must be a number of marks, absent, withheld or nothing.".to_owned()));
                continue;
            };
            // The existing client sends zeros for what it does not show: they take nothing away and add nothing.
            let had = *before.cells()?.get(part);
            let is_part = *maxima.get(part) > Score::ZERO;
            if cell == Cell::Scored(Score::ZERO) && had == Cell::Blank && !is_part {
                continue;
            }
            match rules::check_cell(part, cell, *maxima.get(part)) {
                Ok(()) => edit.cells.push((part, cell)),
                Err(text) => wrong.push((field, text)),
            }
        }
        if let Change::Set(text) = &edit.remarks
            && text.chars().count() > MAX_TEXT
        {
            wrong.push(("remarks".to_owned(), format!("Say it in {MAX_TEXT} characters.")));
        }
        if wrong.is_empty() { Ok(edit) } else { Err(MarkError::Invalid(wrong).into()) }
    }
}

/// Takes the sheet of a mark for this transaction; gives both.
async fn open_mark(tx: &Tx, staff: &StaffCaller, id: MarkId) -> Result<(sheets::Model, marks::Model), Problem> {
    let row = store::find(tx.db(), id).await?.ok_or(MarkError::NotFound)?;
    let sheet = open_sheet(tx, staff, row.sheet_id.into()).await?;
    let row = store::find(tx.db(), id).await?.ok_or(MarkError::NotFound)?;
    Ok((sheet, row))
}

/// What the audit says of one mark.
fn of_mark(action: &'static str, sheet: &sheets::Model, row: &marks::Model, reason: Option<&str>) -> audit::Act {
    publishing::act(action, sheet).noted("studentId", &row.student_id).noted("reason", &reason)
}

/// What stands in the history when a published mark changes without a reason. The existing client's page has no field for one, and
/// its students are to see how the change came about.
fn no_reason(staff: &StaffCaller) -> String {
    format!(
        "No reason was given: changed by {} on the earlier marks page, which does not ask for one.",
        staff.full_name
    )
}

/// Change one mark, publish it or recall it. When a published mark changes, the reason stands in its history, which its student reads;
/// without a reason, that none was given and by whom.
#[utoipa::path(
    put, path = "/api/admin/marks/{id}", tag = "marks", params(("id" = String, Path)), request_body = MarkForm,
    responses(
        (status = 200, body = Envelope<Mark>),
        (status = 400, description = "`marks.invalid`", body = lamplight_http::ErrorBody),
        (status = 409, description = "`marks.changed_meanwhile`, `marks.scheduled`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
pub(super) async fn change_mark(
    State(app): State<App>,
    Staff(staff): Staff,
    PathId(id): PathId<MarkId>,
    Json(form): Json<MarkForm>,
) -> Result<Answer<Envelope<Mark>>, ApiError> {
    let reason = reason(form.reason.as_deref())?;
    let mut tx = app.store.begin().await?;
    let (sheet, before) = open_mark(&tx, &staff, id).await?;
    if form.version.is_some_and(|version| version != before.version) {
        return Err(MarkError::ChangedMeanwhile.into());
    }
    let edit = form.edit(&before, &sheet.maxima())?;
    let is_published = before.published_at.is_some();
    let hides = is_published && form.is_published == Some(false);
    let none = no_reason(&staff);
    let reason = if is_published { reason.or(Some(none.as_str())) } else { reason };
    let rule = rule_of(tx.db(), &sheet).await?;
    let mut ledger = Ledger::open(sheet, staff.user);
    // Hidden first: what it becomes then is a draft.
    let mut row = before.clone();
    if hides {
        row = publishing::hide(&mut tx, &mut ledger, vec![row], What::Recalled, reason).await?.remove(0);
    }
    let student = before.student_id.into();
    let written = write(&tx, &mut ledger, &rule, Some(&row), student, edit, (staff.user, reason)).await?;
    let has_changed = written.is_some();
    row = written.unwrap_or(row);
    let publishes = !is_published && form.is_published == Some(true) && !row.is_blank();
    if publishes {
        publishing::schedule(&mut tx, &mut ledger, std::slice::from_ref(&row), app.institute.undo_window).await?;
    }
    let sheet = ledger.close(&tx).await?;
    if has_changed {
        tell_updated(&mut tx, &sheet, std::slice::from_ref(&row)).await?;
    }
    let action = match (hides, publishes, has_changed) {
        (true, _, _) => Some("recalled"),
        (_, true, _) => Some("published"),
        (_, _, true) => Some("changed"),
        _ => None,
    };
    if let Some(action) = action {
        audit::write(&tx, &staff, of_mark(action, &sheet, &row, reason)).await?;
    }
    let known = Known::of_sheet(tx.db(), &sheet, [student]).await?;
    let saved = document(&row, &known)?;
    tx.commit().await?;
    Ok(told(if publishes { "Saved. It is published when the undo window ends." } else { "Saved." }, saved))
}

/// Delete one mark. The student of a published one is told that it is gone; the reason, or that none was given, stays in the history.
#[utoipa::path(
    delete, path = "/api/admin/marks/{id}", tag = "marks",
    params(("id" = String, Path), ("reason" = Option<String>, Query, description = "Why, if it is published")),
    responses(
        (status = 200, body = Said),
        (status = 409, description = "`marks.scheduled`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
pub(super) async fn delete_mark(
    State(app): State<App>,
    Staff(staff): Staff,
    PathId(id): PathId<MarkId>,
    params: Params,
) -> Result<Answer<Said>, ApiError> {
    let reason = reason(params.text("reason"))?;
    let mut tx = app.store.begin().await?;
    let (sheet, row) = open_mark(&tx, &staff, id).await?;
    let mut ledger = Ledger::open(sheet, staff.user);
    let was_published = row.published_at.is_some();
    let none = no_reason(&staff);
    let reason = if was_published { reason.or(Some(none.as_str())) } else { reason };
    let row = match was_published {
        true => publishing::hide(&mut tx, &mut ledger, vec![row], What::Deleted, reason).await?.remove(0),
        false => row,
    };
    ledger.note(&tx, Action::Deleted, Some(&row), None, reason)?;
    store::delete(&tx, row.id).await?;
    let sheet = ledger.close(&tx).await?;
    publishing::tell_staged(&mut tx, &sheet, None)?;
    audit::write(&tx, &staff, of_mark("deleted", &sheet, &row, reason)).await?;
    tx.commit().await?;
    tracing::info!(mark = %id, user = %staff.user, "a mark was deleted");
    Ok(said("Deleted."))
}
