//! Taps on the roll-call board.
//!
//! A tap writes the record at once: there is no second place where attendance stands. Which tap counts is decided in
//! `rollcall_rules.rs`. Every tap is kept; one that arrives twice is taken once.

use std::collections::{BTreeSet, HashMap, HashSet};

use axum::{Json as Answer, extract::State};
use lamplight_auth::Staff as StaffCaller;
use lamplight_http::{ApiError, Json, PathId, Staff};
use lamplight_kernel::{ClassId, Problem, StudentId, TapId, Target, Timestamp, UserId};
use lamplight_store::{StoreError, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    events::{Tapped, TappedMark},
    form::{Wrong, lengths},
    rollcall::{find, find_to_mark, markers},
    rollcall_rules::{Tap, made_at, take},
    rollcall_store::{self as board, Class},
    rules::{AttendanceError, Session, Status, hours, minutes},
    store::{self, Model, Said},
    write::{self, Changes, Hand, Held, Mark, Way, write},
};
use crate::{
    App, accounts, students,
    wire::{Change, Envelope, data},
};

/// Taps in one request.
const MAX_TAPS: usize = 1000;

/// Taps, in any order. Sent again they change nothing.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub(super) struct TapsForm {
    taps: Vec<TapForm>,
}

/// One tap.
#[derive(Debug, Default, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
struct TapForm {
    /// A UUID made on the device.
    tap_id: String,
    /// The student record's id.
    student: String,
    /// Nothing takes the mark back.
    #[schema(value_type = Option<Status>)]
    status: Change<String>,
    /// The whole class for who was there, otherwise 0, unless told.
    #[schema(value_type = Option<f64>)]
    hours_attended: Change<f64>,
    /// The revision that the marker saw; 0 for a student who was not marked.
    #[schema(value_type = Option<i32>)]
    base: Change<i32>,
    /// When it was made, by the device's clock. A time to come is taken for now.
    at: String,
}

/// When each was made; nothing for those that do not say it.
fn moments(forms: &[TapForm], now: i64) -> Vec<Option<i64>> {
    let said = |form: &TapForm| form.at.parse().ok().map(|at: jiff::Timestamp| at.as_millisecond());
    let taps: Vec<_> = forms.iter().map(|form| (form.student.as_str(), said(form).unwrap_or_default())).collect();
    made_at(&taps, now).into_iter().zip(forms).map(|(at, form)| said(form).map(|_| at)).collect()
}

/// What became of a tap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = TapOutcome)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    /// It is what counts now.
    Counts,
    /// A later one counts. It stands in the history.
    Overtaken,
    /// It had arrived before.
    Repeated,
    /// It can't be taken.
    Refused,
}

/// What became of a tap.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TapResult {
    /// As it was sent.
    tap_id: String,
    /// What became of it.
    outcome: Outcome,
    /// Somebody else had marked this student differently meanwhile. Nothing is lost; somebody should look.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    conflict: Option<Conflict>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    error: Option<String>,
}

/// What somebody else had said.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = TapConflict)]
struct Conflict {
    /// The status; nothing when the mark was taken back.
    #[schema(required)]
    status: Option<Status>,
    /// Who: the name.
    by: String,
}

/// What became of all of them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TapResults {
    /// In the order they were sent.
    results: Vec<TapResult>,
    /// What counts now for each student who was named.
    marks: Vec<TappedMark>,
}

/// Mark students in a class that is open. Taps may come late, in any order, and again.
#[utoipa::path(
    post, path = "/api/admin/attendance/classes/{id}/taps", tag = "attendance", params(("id" = String, Path)),
    request_body = TapsForm,
    responses((status = 200, body = Envelope<TapResults>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
pub(super) async fn mark_students(
    State(app): State<App>,
    Staff(staff): Staff,
    PathId(id): PathId<ClassId>,
    Json(form): Json<TapsForm>,
) -> Result<Answer<Envelope<TapResults>>, ApiError> {
    if form.taps.len() > MAX_TAPS {
        let mut wrong = Wrong::default();
        wrong.say("taps", "Send at most 1000 taps at once.");
        wrong.finish()?;
    }
    let class = find_to_mark(app.store.reader(), &staff, id).await?;
    let mut tx = app.store.begin().await?;
    write::lock(&tx, class.course_id.into(), store::date(&class.date)?).await?;
    let class = find(tx.db(), &staff, id).await?;
    let results = Marking::begin(&tx, class, &staff, &form.taps).await?.finish(&mut tx, form.taps).await?;
    tx.commit().await?;
    Ok(data(results))
}

/// A request of taps, while it is worked on.
struct Marking {
    class: Class,
    held: Held,
    session: Session,
    by: UserId,
    name: String,
    arrived: HashSet<TapId>,
    known: HashMap<StudentId, students::entity::Model>,
    /// The records before.
    records: HashMap<StudentId, Model>,
    /// The taps that counted before.
    counting: HashMap<StudentId, Tap>,
    /// The names of who made those.
    names: HashMap<Uuid, String>,
}

/// A tap that was read.
struct Read {
    student: StudentId,
    tap: Tap,
    base: Option<i32>,
}

impl Marking {
    async fn begin(tx: &Tx, class: Class, staff: &StaffCaller, taps: &[TapForm]) -> Result<Self, Problem> {
        let ids: Vec<TapId> = taps.iter().filter_map(|tap| tap.tap_id.parse().ok()).collect();
        let named: BTreeSet<StudentId> = taps.iter().filter_map(|tap| tap.student.parse().ok()).collect();
        let named: Vec<StudentId> = named.into_iter().collect();
        let corrupt = |what: &str| StoreError::Corrupt { table: "attendance_classes", what: what.to_owned() };
        let session = class.session.parse().map_err(|()| corrupt(&class.session))?;
        let held = Held {
            course: class.course_id.into(),
            date: store::date(&class.date)?,
            subject: class.subject.clone(),
            session,
            kind: class.kind.parse().map_err(|()| corrupt(&class.kind))?,
            class: Some(class.id),
        };
        let records = write::find_records(tx, &held, named.iter().copied()).await?;
        let counting = board::find_counting(tx.db(), class.id.into(), Some(&named)).await?;
        let markers: BTreeSet<Uuid> =
            counting.values().map(|tap| tap.by.uuid()).chain(records.values().map(|row| row.recorded_by)).collect();
        let users = accounts::find_by_ids(tx.db(), markers.into_iter()).await?;
        Ok(Self {
            arrived: board::find_arrived(tx, &ids).await?.into_iter().collect(),
            known: students::find_by_ids(tx.db(), named).await?,
            names: users.into_iter().map(|(id, user)| (id, user.full_name)).collect(),
            class,
            held,
            session,
            by: staff.user,
            name: staff.full_name.clone(),
            records,
            counting,
        })
    }

    /// One tap, or why it can't be taken.
    fn read(&self, form: TapForm, at: Option<i64>) -> Result<Read, String> {
        let id: TapId = form.tap_id.parse().map_err(|_| "The id of a tap must be a UUID in lower case.")?;
        let student: StudentId = form.student.parse().map_err(|_| "There is no such student.")?;
        let known = self.known.get(&student).ok_or("There is no such student.")?;
        let in_class = known.is_in(self.class.course_id, Some(self.class.semester));
        let record = self.records.get(&student);
        if record.is_some_and(|row| row.course_id != self.class.course_id) {
            return Err("This student has a record of another course for this class.".to_owned());
        }
        if !in_class && record.is_none() && !self.counting.contains_key(&student) {
            return Err("This student is not in this class.".to_owned());
        }
        let status: Option<Status> = form
            .status
            .apply(None)
            .map(|text| text.parse().map_err(|()| format!("The status must be one of {}.", Status::choices())))
            .transpose()?;
        let at = at.ok_or("Say when the tap was made, as 2026-11-22T10:00:00Z.")?;
        if self.class.closed_at.is_some_and(|closed| at > closed) {
            return Err(AttendanceError::ClassClosed.to_string());
        }
        let stay = form.hours_attended.apply(None).map(|hours| minutes(hours).ok_or("Hours must be between 0 and 24."));
        let minutes_attended = match status {
            None => 0,
            Some(status) => lengths(status, self.session, stay.transpose()?, Some(self.class.minutes_total))?.0,
        };
        let tap = Tap { id, at, status, minutes_attended, by: self.by };
        Ok(Read { student, tap, base: form.base.apply(None) })
    }

    async fn finish(self, tx: &mut Tx, forms: Vec<TapForm>) -> Result<TapResults, Problem> {
        let now = tx.now().millis();
        let mut results = Vec::with_capacity(forms.len());
        let mut fresh = Vec::new();
        let mut seen = self.arrived.clone();
        let mut named = BTreeSet::new();
        for (at, form) in moments(&forms, now).into_iter().zip(forms) {
            let tap_id = form.tap_id.clone();
            let result = |outcome, error| TapResult { tap_id: tap_id.clone(), outcome, conflict: None, error };
            match self.read(form, at) {
                Err(error) => results.push(result(Outcome::Refused, Some(error))),
                Ok(read) if !seen.insert(read.tap.id) => {
                    named.insert(read.student);
                    results.push(result(Outcome::Repeated, None));
                }
                Ok(read) => {
                    named.insert(read.student);
                    results.push(result(Outcome::Overtaken, None));
                    fresh.push((results.len() - 1, read));
                }
            }
        }
        let mut counting = self.counting.clone();
        for (_, read) in &fresh {
            take(&mut counting, read.student, read.tap);
        }
        let (mut overtaken, mut changed) = (Vec::new(), BTreeSet::new());
        for (index, read) in &fresh {
            let Some(result) = results.get_mut(*index) else { continue };
            if counting.get(&read.student).is_some_and(|best| best.id == read.tap.id) {
                result.outcome = Outcome::Counts;
                changed.insert(read.student);
            } else {
                overtaken.push(read);
            }
            result.conflict = self.conflict(read, result.outcome);
        }
        let rows = fresh.iter().map(|(_, read)| board::row_of(tx, self.class.id.into(), read.student, &read.tap));
        write::insert_taps(tx, rows.collect()).await?;
        let records = self.apply(tx, &counting, changed, &overtaken).await?;
        let marks = named
            .iter()
            .map(|&student| mark_of(student, records.get(&student), counting.get(&student)))
            .collect::<Result<_, _>>()?;
        Ok(TapResults { results, marks })
    }

    /// What somebody else had said that this tap did not know of.
    fn conflict(&self, read: &Read, outcome: Outcome) -> Option<Conflict> {
        let record = self.records.get(&read.student);
        let before = self.counting.get(&read.student);
        let author = before.map(|tap| tap.by.uuid()).or(record.map(|row| row.recorded_by))?;
        let status: Option<Status> = record.and_then(|row| row.status.parse().ok());
        let unseen = outcome == Outcome::Overtaken || read.base != Some(record.map_or(0, |row| row.rev));
        let other = author != self.by.uuid() && status != read.tap.status;
        let by = self.names.get(&author).cloned().unwrap_or_default();
        (unseen && other).then_some(Conflict { status, by })
    }

    /// Writes what counts now into the records, and tells. Gives the records as they are then.
    async fn apply(
        &self,
        tx: &mut Tx,
        counting: &HashMap<StudentId, Tap>,
        changed: BTreeSet<StudentId>,
        overtaken: &[&Read],
    ) -> Result<HashMap<StudentId, Model>, Problem> {
        let is_told_later = self.class.closed_at.is_none();
        let hand = Hand { by: self.by, way: Way::Board, reason: None, is_told_later };
        let mut records = self.records.clone();
        let mut changes = Changes::default();
        let (mut marks, mut touched) = (Vec::new(), BTreeSet::new());
        for student in changed {
            let Some(tap) = counting.get(&student) else { continue };
            match (tap.status, self.records.get(&student)) {
                (Some(status), _) => marks.push(self.mark(student, status, tap.minutes_attended)),
                (None, Some(row)) => {
                    write::delete(tx, row, hand, &mut changes).await?;
                    records.remove(&student);
                    touched.insert(student);
                }
                (None, None) => {}
            }
        }
        let (_, rows) = write(tx, &self.held, marks, &self.records, hand, &mut changes).await?;
        for row in rows {
            touched.insert(row.student_id.into());
            records.insert(row.student_id.into(), row);
        }
        let mut lines = Vec::new();
        for read in overtaken {
            // Own taps in their order are one hand; what somebody else had said differently is worth a line.
            let differs = counting.get(&read.student).is_some_and(|best| best.status != read.tap.status);
            let (Some(status), Some(row), true) = (read.tap.status, records.get(&read.student), differs) else {
                continue;
            };
            let said = Said { status, hours_attended: hours(read.tap.minutes_attended), ..Said::of(row)? };
            let said = serde_json::to_string(&said).map_err(StoreError::from)?;
            lines.push(write::about(tx, row, "overtaken", None, Some(said), hand));
        }
        write::insert_lines(tx, lines).await?;
        if !touched.is_empty() {
            let marks =
                touched.into_iter().map(|student| mark_of(student, records.get(&student), counting.get(&student)));
            let tapped = Tapped {
                class_id: self.class.id.into(),
                by: self.name.clone(),
                marks: marks.collect::<Result<_, _>>()?,
            };
            tx.record(&tapped, Target::rooms(markers(self.held.course)))?;
        }
        changes.tell(tx).await?;
        Ok(records)
    }

    fn mark(&self, student: StudentId, status: Status, minutes_attended: i32) -> Mark {
        Mark {
            student,
            semester: self.class.semester,
            status,
            minutes_attended,
            minutes_total: self.class.minutes_total,
            remarks: None,
        }
    }
}

fn mark_of(student: StudentId, record: Option<&Model>, tap: Option<&Tap>) -> Result<TappedMark, StoreError> {
    Ok(TappedMark {
        student,
        status: record.map(|row| store::word(row, &row.status)).transpose()?,
        hours_attended: record.map_or(0.0, |row| hours(row.minutes_attended)),
        attendance: record.map(|row| row.id.into()),
        rev: record.map_or(0, |row| row.rev),
        at: tap.map(|tap| Timestamp::from_millis(tap.at)),
    })
}
