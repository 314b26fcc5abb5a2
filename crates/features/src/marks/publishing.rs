//! Publishing: rehearsed, undone within the window, done in one transaction with its events, recalled honestly.

use std::{collections::HashMap, fmt::Write as _, time::Duration};

use axum::{Json as Answer, extract::State};
use lamplight_http::{ApiError, Json, PathId, Staff};
use lamplight_kernel::{Room, SheetId, Target, Timestamp, UserId};
use lamplight_store::{Store, StoreError, Tx};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    MarkError, Published, Recalled, Staged,
    document::Owner,
    events::{Exam, staff_rooms},
    exam::ExamKey,
    history::{self, Action, Ledger, Snapshot},
    notices::{self, What},
    rules::{self, Score},
    store::{self, marks, publications, sheets},
    write::{may_enter, open_sheet, reason, rule_of},
};
use crate::{
    App,
    audit::{self, Act},
    students,
    wire::{Change, Envelope, data, told},
};

/// The marks that a publication would make visible: those that are not, and say something.
fn cover(rows: Vec<marks::Model>) -> Vec<marks::Model> {
    rows.into_iter().filter(|row| row.published_at.is_none() && !row.is_blank()).collect()
}

/// Names these marks as they are: ids and versions, hashed.
fn digest(rows: &[marks::Model]) -> String {
    let mut named: Vec<_> = rows.iter().map(|row| (row.id, row.version)).collect();
    named.sort_unstable();
    let text = named.iter().fold(String::new(), |mut text, (id, version)| {
        let _ = writeln!(text, "{id} {version}");
        text
    });
    crate::digest::hex(text.as_bytes())
}

/// Begins the undo window of these marks. When it ends, [`publish_due`] publishes them.
pub(super) async fn schedule(
    tx: &mut Tx,
    ledger: &mut Ledger,
    rows: &[marks::Model],
    window: Duration,
) -> Result<Timestamp, StoreError> {
    let due_at = tx.now().plus(window);
    let publication = publications::Model {
        id: tx.id(),
        sheet_id: ledger.sheet.id,
        state: store::SCHEDULED.to_owned(),
        due_at: due_at.millis(),
        digest: digest(rows),
        before: ledger.sheet.state.clone(),
        created_by: ledger.by().uuid(),
        created_at: tx.now().millis(),
    };
    store::insert_publication(tx, &publication).await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    store::set_publication(tx, &ids, Some(publication.id)).await?;
    store::SCHEDULED.clone_into(&mut ledger.sheet.state);
    tell_staged(tx, &ledger.sheet, Some(due_at))?;
    Ok(due_at)
}

/// Tells who enters marks what a sheet is now.
pub(super) fn tell_staged(tx: &mut Tx, sheet: &sheets::Model, due_at: Option<Timestamp>) -> Result<(), StoreError> {
    let staged = Staged { exam: Exam::from(sheet), state: sheet.state.clone(), due_at };
    tx.record(&staged, Target::rooms(staff_rooms(sheet)))
}

/// What the audit says of a sheet: that something was done. The values stand in the history of each mark.
pub(super) fn act(action: &'static str, sheet: &sheets::Model) -> Act {
    let exam = format!("{} {}", sheet.exam_type, sheet.label);
    let label = format!("{}, {}, semester {}, {}", sheet.subject, exam.trim(), sheet.semester, sheet.exam_on);
    Act::new(audit::Kind::Marks, action, sheet.id, label)
}

/// The students of these marks.
async fn concerned(tx: &Tx, rows: &[marks::Model]) -> Result<Vec<UserId>, StoreError> {
    let students = students::find_by_ids(tx.db(), rows.iter().map(|row| row.student_id.into())).await?;
    let mut users: Vec<UserId> = students.values().map(|student| student.user_id.into()).collect();
    users.sort_unstable();
    Ok(users)
}

/// These students, and who enters marks of the course.
fn with_staff(sheet: &sheets::Model, users: &[UserId]) -> Target {
    Target::rooms(staff_rooms(sheet).into_iter().chain(users.iter().map(|&user| Room::user(user))))
}

/// Hides published marks from their students, and tells them: recalled or deleted.
pub(super) async fn hide(
    tx: &mut Tx,
    ledger: &mut Ledger,
    rows: Vec<marks::Model>,
    what: What,
    reason: Option<&str>,
) -> Result<Vec<marks::Model>, StoreError> {
    let users = concerned(tx, &rows).await?;
    let mut hidden = Vec::with_capacity(rows.len());
    for before in rows {
        let mut row = before.clone();
        row.published_at = None;
        row.publication_id = None;
        row.updated_at = tx.now().millis();
        ledger.note(tx, Action::Recalled, Some(&before), Some(&row), reason)?;
        store::update(tx, &row).await?;
        hidden.push(row);
    }
    let rest = store::of_sheet(tx.db(), ledger.sheet.id).await?;
    if rest.iter().all(|row| row.published_at.is_none()) {
        store::DRAFT.clone_into(&mut ledger.sheet.state);
    }
    tx.record(&Recalled { exam: Exam::from(&ledger.sheet) }, with_staff(&ledger.sheet, &users))?;
    notices::tell(tx, &ledger.sheet, what, users).await?;
    Ok(hidden)
}

/// Publishes what is due: the marks become visible and everybody concerned is told, in one transaction each. Says how many
/// publications were done. Of several servers only one does each.
///
/// # Errors
/// When the database fails. What was not done is done the next time.
pub async fn publish_due(store: &Store) -> Result<u64, StoreError> {
    let mut done = 0;
    for publication in store::due(store.reader(), store.clock().now().millis()).await? {
        done += u64::from(finish(store, &publication).await?);
    }
    Ok(done)
}

async fn finish(store: &Store, publication: &publications::Model) -> Result<bool, StoreError> {
    let mut tx = store.begin().await?;
    let Some(sheet) = store::lock_sheet(&tx, publication.sheet_id.into()).await? else { return Ok(false) };
    let covered = store::of_publication(tx.db(), publication.id, sheet.id).await?;
    let is_as_rehearsed = digest(&covered) == publication.digest;
    let state = if is_as_rehearsed { "done" } else { "cancelled" };
    if !store::end_publication(&tx, publication.id, state).await? {
        // Undone, or done by another server.
        return Ok(false);
    }
    let mut ledger = Ledger::open(sheet, publication.created_by.into());
    if !is_as_rehearsed {
        // Nothing changes a sheet in its window but a hand in the database.
        tracing::error!(sheet = %publication.sheet_id, "marks were changed behind the server's back; they are not published");
        publication.before.clone_into(&mut ledger.sheet.state);
        let sheet = ledger.close(&tx).await?;
        tell_staged(&mut tx, &sheet, None)?;
        tx.commit().await?;
        return Ok(false);
    }
    for before in &covered {
        let mut row = before.clone();
        row.published_at = Some(tx.now().millis());
        row.publication_id = None;
        ledger.note(&tx, Action::Published, Some(before), Some(&row), None)?;
        store::update(&tx, &row).await?;
    }
    let rest = cover(store::of_sheet(tx.db(), ledger.sheet.id).await?);
    let state = if rest.is_empty() { store::PUBLISHED } else { &publication.before };
    state.clone_into(&mut ledger.sheet.state);
    let sheet = ledger.close(&tx).await?;
    let users = concerned(&tx, &covered).await?;
    tx.record(&Published { exam: Exam::from(&sheet) }, with_staff(&sheet, &users))?;
    tell_staged(&mut tx, &sheet, None)?;
    notices::tell(&mut tx, &sheet, What::Published, users).await?;
    tx.commit().await?;
    tracing::info!(sheet = %publication.sheet_id, marks = covered.len(), "marks were published");
    Ok(true)
}

/// Which exam is published, as the existing client says it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PublishForm {
    exam_type: Option<String>,
    /// Id, code or name of the course.
    course: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<i32>)]
    semester: Change<i32>,
    subject: Option<String>,
}

/// What is published when the undo window ends.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Publishing {
    /// How many marks.
    modified_count: usize,
    /// When they become visible. Until then it can be undone.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    due_at: Option<Timestamp>,
}

/// Publish the marks of an exam. They become visible when the undo window ends.
#[utoipa::path(
    put, path = "/api/admin/marks/publish", tag = "marks", request_body = PublishForm,
    responses((status = 200, body = Envelope<Publishing>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
pub(super) async fn publish_marks(
    State(app): State<App>,
    Staff(staff): Staff,
    Json(form): Json<PublishForm>,
) -> Result<Answer<Envelope<Publishing>>, ApiError> {
    let said = (form.course.as_deref(), &form.semester, form.subject.as_deref(), form.exam_type.as_deref());
    let key = ExamKey::check(&app, &staff, said).await?;
    let mut tx = app.store.begin().await?;
    let page = lamplight_kernel::PageRequest::new(1, 100);
    let mut found = store::list_sheets(tx.db(), &key.filter(), page).await?.rows;
    // One order for everybody, so that nobody waits for who waits for them.
    found.sort_unstable_by_key(|sheet| sheet.id);
    let (mut modified_count, mut due_at) = (0, None);
    for sheet in found {
        let Some(sheet) = store::lock_sheet(&tx, sheet.id.into()).await? else { continue };
        if sheet.state == store::SCHEDULED {
            continue;
        }
        let rows = cover(store::of_sheet(tx.db(), sheet.id).await?);
        if rows.is_empty() {
            continue;
        }
        let mut ledger = Ledger::open(sheet, staff.user);
        due_at = Some(schedule(&mut tx, &mut ledger, &rows, app.institute.undo_window).await?);
        let sheet = ledger.close(&tx).await?;
        audit::write(&tx, &staff, act("published", &sheet).noted("marks", &rows.len())).await?;
        modified_count += rows.len();
    }
    tx.commit().await?;
    Ok(told("They are published when the undo window ends.", Publishing { modified_count, due_at }))
}

/// Somebody whose mark is published, and what they will see.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Viewer {
    #[serde(flatten)]
    student: Owner,
    #[schema(value_type = f64)]
    obtained: Score,
    #[schema(value_type = f64)]
    max: Score,
    percentage: f64,
    grade: String,
    result_status: String,
    /// What this student saw before, if it was published and recalled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    before: Option<Snapshot>,
}

/// What would be published, and what to look at first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MarksRehearsal)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rehearsal {
    /// Names exactly these marks; sent along with the publication.
    digest: String,
    /// Who will see what.
    students: Vec<Viewer>,
    /// Of the class, who has no mark at all.
    blank: Vec<Owner>,
    /// Who has some parts and lacks others.
    incomplete: Vec<Owner>,
    /// Whose mark does not fit the maxima.
    out_of_range: Vec<Owner>,
    /// Who sees their mark already.
    already_published: usize,
    passed: usize,
    failed: usize,
    absent: usize,
    withheld: usize,
    /// In percent, of who passed or failed, with those who see it already.
    #[schema(required)]
    average: Option<f64>,
    /// What the average may not exceed, where the council has such a rule.
    #[schema(required)]
    average_cap: Option<i32>,
    /// Whether it does.
    exceeds_cap: bool,
    /// How long it can be undone, in seconds.
    undo_seconds: u64,
}

/// What a publication would do: who will see what, what is missing, what is out of the ordinary.
#[utoipa::path(
    get, path = "/api/admin/marks/sheets/{id}/rehearsal", tag = "marks", params(("id" = String, Path)),
    responses((status = 200, body = Envelope<Rehearsal>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
pub(super) async fn rehearse_publication(
    State(app): State<App>,
    Staff(staff): Staff,
    PathId(id): PathId<SheetId>,
) -> Result<Answer<Envelope<Rehearsal>>, ApiError> {
    let db = app.store.reader();
    let sheet = store::find_sheet(db, id).await?.ok_or(MarkError::SheetNotFound)?;
    if !staff.may_act_for(sheet.course()) {
        return Err(MarkError::NotYourCourse.into());
    }
    Ok(data(rehearse(db, &sheet, app.institute.undo_window).await?))
}

async fn rehearse<C: ConnectionTrait>(
    db: &C,
    sheet: &sheets::Model,
    window: Duration,
) -> Result<Rehearsal, StoreError> {
    let rows = store::of_sheet(db, sheet.id).await?;
    let class = students::of_class(db, sheet.course(), sheet.semester).await?;
    let named = students::find_by_ids(db, rows.iter().map(|row| row.student_id.into())).await?;
    let before = history::last_published(db, sheet.id).await?;
    let rule = rule_of(db, sheet).await?;

    let by_student: HashMap<Uuid, &marks::Model> = rows.iter().map(|row| (row.student_id, row)).collect();
    let blank = class.iter().filter(|student| by_student.get(&student.id).is_none_or(|row| row.is_blank()));
    let blank = blank.map(Owner::from).collect();
    let owner = |row: &marks::Model| named.get(&row.student_id.into()).map(Owner::from);
    let covered = cover(rows.clone());
    let maxima = sheet.maxima();
    let (mut incomplete, mut out_of_range, mut students) = (Vec::new(), Vec::new(), Vec::new());
    for row in &covered {
        let cells = row.cells()?;
        if rules::Part::ALL
            .into_iter()
            .any(|part| rules::check_cell(part, *cells.get(part), *maxima.get(part)).is_err())
        {
            out_of_range.extend(owner(row));
        }
        if row.grade.is_empty() {
            incomplete.extend(owner(row));
        }
        let (obtained, max) = (Score::from_hundredths(row.obtained), Score::from_hundredths(row.maximum));
        let Some(student) = owner(row) else { continue };
        students.push(Viewer {
            student,
            obtained,
            max,
            percentage: rules::rounded(rules::percent(obtained, max)),
            grade: row.grade.clone(),
            result_status: row.result.clone(),
            before: before.get(&row.id).cloned(),
        });
    }
    students.sort_by(|one, other| one.student.student_id.cmp(&other.student.student_id));
    let count = |result: &str| covered.iter().filter(|row| row.result == result).count();
    let judged = rows.iter().filter(|row| matches!(row.result.as_str(), "Pass" | "Fail"));
    let percents: Vec<f64> = judged
        .map(|row| rules::percent(Score::from_hundredths(row.obtained), Score::from_hundredths(row.maximum)))
        .collect();
    let average = u32::try_from(percents.len()).ok().filter(|count| *count > 0);
    let average = average.map(|count| percents.iter().sum::<f64>() / f64::from(count));
    Ok(Rehearsal {
        digest: digest(&covered),
        students,
        blank,
        incomplete,
        out_of_range,
        already_published: rows.iter().filter(|row| row.published_at.is_some()).count(),
        passed: count("Pass"),
        failed: count("Fail"),
        absent: count("Absent"),
        withheld: covered.iter().filter(|row| row.grade == "Withheld").count(),
        exceeds_cap: average.zip(rule.average_cap).is_some_and(|(average, cap)| average > f64::from(cap)),
        average: average.map(rules::rounded),
        average_cap: rule.average_cap,
        undo_seconds: window.as_secs(),
    })
}

/// Which marks were rehearsed.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct DigestForm {
    /// The `digest` of the rehearsal.
    digest: String,
}

/// Publish exactly what was rehearsed. It becomes visible when the undo window ends.
#[utoipa::path(
    post, path = "/api/admin/marks/sheets/{id}/publish", tag = "marks", params(("id" = String, Path)), request_body = DigestForm,
    responses(
        (status = 200, body = Envelope<Publishing>),
        (status = 409, description = "`marks.changed_meanwhile`, `marks.scheduled`, `marks.nothing_to_publish`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
pub(super) async fn publish_sheet(
    State(app): State<App>,
    Staff(staff): Staff,
    PathId(id): PathId<SheetId>,
    Json(form): Json<DigestForm>,
) -> Result<Answer<Envelope<Publishing>>, ApiError> {
    let mut tx = app.store.begin().await?;
    let sheet = open_sheet(&tx, &staff, id).await?;
    let rows = cover(store::of_sheet(tx.db(), sheet.id).await?);
    if digest(&rows) != form.digest {
        return Err(MarkError::ChangedMeanwhile.into());
    }
    if rows.is_empty() {
        return Err(MarkError::NothingToPublish.into());
    }
    let mut ledger = Ledger::open(sheet, staff.user);
    let due_at = schedule(&mut tx, &mut ledger, &rows, app.institute.undo_window).await?;
    let sheet = ledger.close(&tx).await?;
    audit::write(&tx, &staff, act("published", &sheet).noted("marks", &rows.len())).await?;
    tx.commit().await?;
    let publishing = Publishing { modified_count: rows.len(), due_at: Some(due_at) };
    Ok(told("They are published when the undo window ends.", publishing))
}

/// The state of a sheet.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StateBody {
    /// `draft`, `review`, `scheduled` or `published`.
    state: String,
}

/// Undo a publication before its window ends. Nobody will have known.
#[utoipa::path(
    post, path = "/api/admin/marks/sheets/{id}/undo", tag = "marks", params(("id" = String, Path)),
    responses(
        (status = 200, body = Envelope<StateBody>),
        (status = 409, description = "`marks.window_over`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
pub(super) async fn undo_publication(
    State(app): State<App>,
    Staff(staff): Staff,
    PathId(id): PathId<SheetId>,
) -> Result<Answer<Envelope<StateBody>>, ApiError> {
    let mut tx = app.store.begin().await?;
    let mut sheet = store::lock_sheet(&tx, id).await?.ok_or(MarkError::SheetNotFound)?;
    may_enter(tx.db(), &staff, sheet.course(), &sheet.subject).await?;
    let running = store::running(tx.db(), sheet.id).await?;
    let Some(publication) = running.filter(|publication| tx.now().millis() < publication.due_at) else {
        return Err(MarkError::WindowOver.into());
    };
    if !store::end_publication(&tx, publication.id, "cancelled").await? {
        return Err(MarkError::WindowOver.into());
    }
    let rows = store::of_publication(tx.db(), publication.id, sheet.id).await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    store::set_publication(&tx, &ids, None).await?;
    sheet.state = publication.before;
    store::update_sheet(&tx, &sheet).await?;
    tell_staged(&mut tx, &sheet, None)?;
    audit::write(&tx, &staff, act("publication_undone", &sheet).noted("marks", &rows.len())).await?;
    tx.commit().await?;
    Ok(told("Undone. Nobody saw or heard of it.", StateBody { state: sheet.state }))
}

/// Why marks are recalled.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct ReasonForm {
    /// Stands in the history of each mark.
    reason: Option<String>,
}

/// Recall the published marks of a sheet: their students can't see them any more, and are told so.
#[utoipa::path(
    post, path = "/api/admin/marks/sheets/{id}/recall", tag = "marks", params(("id" = String, Path)), request_body = ReasonForm,
    responses(
        (status = 200, body = Envelope<StateBody>),
        (status = 400, description = "`marks.reason_needed`", body = lamplight_http::ErrorBody),
        (status = 409, description = "`marks.not_published`, `marks.scheduled`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
pub(super) async fn recall_marks(
    State(app): State<App>,
    Staff(staff): Staff,
    PathId(id): PathId<SheetId>,
    Json(form): Json<ReasonForm>,
) -> Result<Answer<Envelope<StateBody>>, ApiError> {
    let reason = reason(form.reason.as_deref())?.ok_or(MarkError::ReasonNeeded)?;
    let mut tx = app.store.begin().await?;
    let sheet = open_sheet(&tx, &staff, id).await?;
    let rows = store::of_sheet(tx.db(), sheet.id).await?;
    let published: Vec<_> = rows.into_iter().filter(|row| row.published_at.is_some()).collect();
    if published.is_empty() {
        return Err(MarkError::NotPublished.into());
    }
    let mut ledger = Ledger::open(sheet, staff.user);
    let hidden = hide(&mut tx, &mut ledger, published, What::Recalled, Some(reason)).await?;
    let sheet = ledger.close(&tx).await?;
    tell_staged(&mut tx, &sheet, None)?;
    audit::write(&tx, &staff, act("recalled", &sheet).noted("marks", &hidden.len()).noted("reason", reason)).await?;
    tx.commit().await?;
    Ok(told("Recalled. The students were told.", StateBody { state: sheet.state }))
}

/// What a draft becomes.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct ReviewForm {
    /// `true` hands it in for review, `false` takes it back.
    review: bool,
}

/// Hand a draft in for review, or take it back.
#[utoipa::path(
    post, path = "/api/admin/marks/sheets/{id}/review", tag = "marks", params(("id" = String, Path)), request_body = ReviewForm,
    responses((status = 200, body = Envelope<StateBody>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
pub(super) async fn review_sheet(
    State(app): State<App>,
    Staff(staff): Staff,
    PathId(id): PathId<SheetId>,
    Json(form): Json<ReviewForm>,
) -> Result<Answer<Envelope<StateBody>>, ApiError> {
    let mut tx = app.store.begin().await?;
    let mut sheet = open_sheet(&tx, &staff, id).await?;
    let state = match (sheet.state.as_str(), form.review) {
        (store::DRAFT, true) => store::REVIEW,
        (store::REVIEW, false) => store::DRAFT,
        (state, _) => return Ok(data(StateBody { state: state.to_owned() })),
    };
    state.clone_into(&mut sheet.state);
    store::update_sheet(&tx, &sheet).await?;
    tell_staged(&mut tx, &sheet, None)?;
    tx.commit().await?;
    Ok(data(StateBody { state: sheet.state }))
}
