//! The one way in which attendance is written: by the form, the board, a correction, a file.
//!
//! Whatever the way, what changed leaves a line of history and is told, and what did not change leaves nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;
use lamplight_kernel::{CourseId, Room, StudentId, Target, UserId};
use lamplight_store::{StoreError, Tx};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
    sea_query::{Expr, OnConflict},
};
use uuid::Uuid;

use super::{
    entity::{history, taps},
    events::Changed,
    notices::{self, News},
    rules::{Kind, Session, Status, subject_key},
    store::{self, Column, Entity, Model, Said, word},
    sums::Sums,
};
use crate::students;

/// Rows in one statement. SQLite takes 32,766 values, a record has nineteen.
const CHUNK: usize = 1000;

/// How something came to be written, for the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Form,
    Board,
    Correction,
    Import,
}

impl Way {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Board => "board",
            Self::Correction => "correction",
            Self::Import => "import",
        }
    }
}

/// One class, as far as its records are concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) course: CourseId,
    pub(super) date: Date,
    pub(super) subject: String,
    pub(super) session: Session,
    pub(super) kind: Kind,
    /// The class on the board, if it is one.
    pub(super) class: Option<Uuid>,
}

/// What is to be said of one student.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    pub(super) student: StudentId,
    /// The semester that is kept on a new record.
    pub(super) semester: i32,
    pub(super) status: Status,
    pub(super) minutes_attended: i32,
    pub(super) minutes_total: i32,
    /// Left as they are without a value.
    pub(super) remarks: Option<Option<String>>,
}

/// What became of the marks.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) added: usize,
    pub(super) corrected: usize,
    pub(super) unchanged: usize,
}

impl Written {
    pub(super) const fn all(self) -> usize {
        self.added + self.corrected + self.unchanged
    }
}

/// Who writes, in which way, and why.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hand<'a> {
    pub(super) by: UserId,
    pub(super) way: Way,
    pub(super) reason: Option<&'a str>,
    /// Whether students have their notices later, when the class is closed.
    pub(super) is_told_later: bool,
}

impl<'a> Hand<'a> {
    /// Whose notices go out at once.
    pub(super) const fn now(by: UserId, way: Way, reason: Option<&'a str>) -> Self {
        Self { by, way, reason, is_told_later: false }
    }
}

/// Keeps others out of a class until the transaction ends: who comes second sees what the first wrote.
pub(super) async fn lock(tx: &Tx, course: CourseId, date: Date) -> Result<(), StoreError> {
    tx.lock(&format!("attendance:{course}:{date}")).await
}

/// The records of one class, by student.
pub(super) async fn find_records(
    tx: &Tx,
    held: &Held,
    students: impl IntoIterator<Item = StudentId>,
) -> Result<HashMap<StudentId, Model>, StoreError> {
    let mut found = HashMap::new();
    let students: Vec<Uuid> = students.into_iter().map(StudentId::uuid).collect();
    for students in students.chunks(CHUNK) {
        let rows = Entity::find()
            .filter(Column::StudentId.is_in(students.to_vec()))
            .filter(Column::Date.eq(held.date.to_string()))
            .filter(Column::SubjectKey.eq(subject_key(&held.subject)))
            .filter(Column::Session.eq(held.session.as_str()))
            .all(tx.db())
            .await?;
        found.extend(rows.into_iter().map(|row| (StudentId::from(row.student_id), row)));
    }
    Ok(found)
}

/// What has changed so far in a transaction, to be told at its end.
#[derive(Debug, Default)]
pub(super) struct Changes {
    classes: BTreeMap<(Uuid, String, i32, String), BTreeSet<Uuid>>,
    /// What students are to have notices of.
    news: BTreeMap<Uuid, Vec<News>>,
    sums: Sums,
}

impl Changes {
    fn of(&mut self, row: &Model) {
        let class = (row.course_id, row.date.clone(), row.semester, row.subject.clone());
        self.classes.entry(class).or_default().insert(row.student_id);
    }

    /// Notes what a record became for its student; gives what is settled for them now.
    fn settle(&mut self, row: &Model, is: Option<Status>) -> Result<Option<String>, StoreError> {
        let news = News {
            date: store::date(&row.date)?,
            subject: row.subject.clone(),
            session: word(row, &row.session)?,
            was: row.told.as_deref().map(|told| word(row, told)).transpose()?,
            is,
        };
        if news.is_worth_telling() {
            self.news.entry(row.student_id).or_default().push(news);
        }
        Ok(is.map(|status| status.to_string()))
    }

    /// Settles what was marked on a board and not told so far; gives the rows with what is settled now.
    pub(super) fn settle_all(&mut self, rows: Vec<Model>) -> Result<Vec<Model>, StoreError> {
        let differ = rows.into_iter().filter(|row| row.told.as_ref() != Some(&row.status));
        let settled = differ.map(|row| {
            let told = self.settle(&row, Some(word(&row, &row.status)?))?;
            Ok(Model { told, ..row })
        });
        settled.collect()
    }

    /// Writes what changed of the sums, and records the events: to staff one stamp for each class, to each student concerned one letter for each class; and gives each
    /// student one notice of what is worth one.
    pub(super) async fn tell(self, tx: &mut Tx) -> Result<(), StoreError> {
        self.sums.write(tx).await?;
        let concerned = self.classes.values().flatten().chain(self.news.keys()).map(|&id| StudentId::from(id));
        let students = students::find_by_ids(tx.db(), concerned.collect::<BTreeSet<_>>()).await?;
        for ((course, date, semester, subject), concerned) in self.classes {
            let date = store::date(&date)?;
            let stamp = Changed { date, subject, semester, course: course.into(), student_id: None };
            tx.record(&stamp, Target::rooms([Room::faculty(), Room::admins()]))?;
            for student in concerned.iter().filter_map(|&id| students.get(&id.into())) {
                let letter = Changed { student_id: Some(student.student_id.clone()), ..stamp.clone() };
                tx.record(&letter, Target::rooms([Room::user(student.user_id.into())]))?;
            }
        }
        let users = |id: Uuid| students.get(&id.into()).map(|student| student.user_id.into());
        let of_each = self.news.into_iter().filter_map(|(id, news)| Some((users(id)?, news)));
        notices::tell(tx, of_each.collect()).await
    }
}

/// Writes the marks of one class: what is new is added, what differs is corrected, the rest left alone.
///
/// `before` is what [`find_records`] has found under the [`lock`].
pub(super) async fn write(
    tx: &Tx,
    held: &Held,
    marks: Vec<Mark>,
    before: &HashMap<StudentId, Model>,
    hand: Hand<'_>,
    changes: &mut Changes,
) -> Result<(Written, Vec<Model>), StoreError> {
    let mut written = Written::default();
    let (mut rows, mut lines, mut overruled) = (Vec::new(), Vec::new(), Vec::new());
    for mark in marks {
        let old = before.get(&mark.student);
        let mut row = row(tx, held, &mark, old, hand);
        match old {
            None => written.added += 1,
            Some(old) if Said::of(old)? == Said::of(&row)? => {
                written.unchanged += 1;
                continue;
            }
            Some(old) => {
                written.corrected += 1;
                lines.push(line(tx, old, Some(&row), hand)?);
            }
        }
        if !hand.is_told_later {
            row.told = changes.settle(&row, Some(mark.status))?;
        }
        overruled.extend(overruling(tx, &row, Some(&row.status), hand));
        if let Some(old) = old {
            changes.sums.take(old);
        }
        changes.sums.add(&row);
        changes.of(&row);
        rows.push(row);
    }
    for rows in rows.chunks(CHUNK) {
        let mut again = OnConflict::columns([Column::StudentId, Column::Date, Column::SubjectKey, Column::Session]);
        again.update_columns([
            Column::Kind,
            Column::Status,
            Column::MinutesAttended,
            Column::MinutesTotal,
            Column::Remarks,
            Column::ClassId,
            Column::Told,
            Column::UpdatedAt,
            Column::Rev,
        ]);
        let rows = rows.iter().map(|row| row.clone().into_active_model().reset_all());
        Entity::insert_many(rows).on_conflict(again).exec_without_returning(tx.db()).await?;
    }
    insert_lines(tx, lines).await?;
    insert_taps(tx, overruled).await?;
    Ok((written, rows))
}

fn row(tx: &Tx, held: &Held, mark: &Mark, old: Option<&Model>, hand: Hand<'_>) -> Model {
    let now = tx.now().millis();
    let new = || Model {
        id: tx.id::<lamplight_kernel::AttendanceId>().uuid(),
        student_id: mark.student.uuid(),
        course_id: held.course.uuid(),
        semester: mark.semester,
        subject: held.subject.clone(),
        subject_key: subject_key(&held.subject),
        date: held.date.to_string(),
        session: held.session.to_string(),
        kind: String::new(),
        status: String::new(),
        minutes_attended: 0,
        minutes_total: 0,
        remarks: None,
        class_id: None,
        told: None,
        recorded_by: hand.by.uuid(),
        recorded_at: now,
        updated_at: now,
        rev: 0,
    };
    let base = old.cloned().unwrap_or_else(new);
    Model {
        kind: held.kind.to_string(),
        status: mark.status.to_string(),
        minutes_attended: mark.minutes_attended,
        minutes_total: mark.minutes_total,
        remarks: mark.remarks.clone().unwrap_or_else(|| base.remarks.clone()),
        class_id: held.class.or(base.class_id),
        updated_at: now,
        rev: base.rev + 1,
        ..base
    }
}

/// Notes what is settled for the students of these records.
pub(super) async fn update_told(tx: &Tx, rows: &[Model]) -> Result<(), StoreError> {
    for &status in Status::ALL {
        let ids: Vec<Uuid> =
            rows.iter().filter(|row| row.told.as_deref() == Some(status.as_str())).map(|row| row.id).collect();
        for ids in ids.chunks(CHUNK) {
            let update = Entity::update_many().col_expr(Column::Told, Expr::value(status.as_str()));
            update.filter(Column::Id.is_in(ids.to_vec())).exec(tx.db()).await?;
        }
    }
    Ok(())
}

/// Deletes a record; its story stays. Who took it for settled is told in any case: nothing is left that could be told later.
pub(super) async fn delete(tx: &Tx, row: &Model, hand: Hand<'_>, changes: &mut Changes) -> Result<(), StoreError> {
    Entity::delete_by_id(row.id).exec(tx.db()).await?;
    insert_lines(tx, vec![line(tx, row, None, hand)?]).await?;
    insert_taps(tx, overruling(tx, row, None, hand).into_iter().collect()).await?;
    changes.settle(row, None)?;
    changes.sums.take(row);
    changes.of(row);
    Ok(())
}

/// A line of history.
fn line(tx: &Tx, old: &Model, new: Option<&Model>, hand: Hand<'_>) -> Result<history::Model, StoreError> {
    let action = if new.is_some() { "corrected" } else { "deleted" };
    let after = new.map(Said::of).transpose()?;
    let after = after.map(|after| serde_json::to_string(&after)).transpose()?;
    Ok(about(tx, old, action, Some(serde_json::to_string(&Said::of(old)?)?), after, hand))
}

/// A line of history about a record.
pub(super) fn about(
    tx: &Tx,
    row: &Model,
    action: &str,
    before: Option<String>,
    after: Option<String>,
    hand: Hand<'_>,
) -> history::Model {
    history::Model {
        id: tx.id::<Uuid>(),
        attendance_id: row.id,
        student_id: row.student_id,
        course_id: row.course_id,
        date: row.date.clone(),
        subject_key: row.subject_key.clone(),
        session: row.session.clone(),
        action: action.to_owned(),
        before,
        after,
        reason: hand.reason.map(str::to_owned),
        way: hand.way.as_str().to_owned(),
        by: hand.by.uuid(),
        at: tx.now().millis(),
        rev: row.rev + 1,
    }
}

pub(super) async fn insert_lines(tx: &Tx, lines: Vec<history::Model>) -> Result<(), StoreError> {
    for lines in lines.chunks(CHUNK) {
        let lines = lines.iter().map(|line| line.clone().into_active_model().reset_all());
        history::Entity::insert_many(lines).exec_without_returning(tx.db()).await?;
    }
    Ok(())
}

/// A correction of what was marked on a board counts as a tap of the moment it was made, so that an older tap that is still on
/// its way does not undo it.
fn overruling(tx: &Tx, row: &Model, status: Option<&str>, hand: Hand<'_>) -> Option<taps::Model> {
    let class_id = row.class_id.filter(|_| hand.way != Way::Board)?;
    Some(taps::Model {
        id: tx.id::<lamplight_kernel::TapId>().uuid(),
        class_id,
        student_id: row.student_id,
        status: status.map(str::to_owned),
        minutes_attended: row.minutes_attended,
        by: hand.by.uuid(),
        at: tx.now().millis(),
        received_at: tx.now().millis(),
    })
}

pub(super) async fn insert_taps(tx: &Tx, taps: Vec<taps::Model>) -> Result<(), StoreError> {
    for taps in taps.chunks(CHUNK) {
        let rows = taps.iter().map(|tap| tap.clone().into_active_model().reset_all());
        taps::Entity::insert_many(rows).exec_without_returning(tx.db()).await?;
    }
    Ok(())
}

/// A record to be added.
#[derive(Debug, Clone)]
pub struct NewAttendance<'a> {
    /// Whose.
    pub student: StudentId,
    /// What they studied.
    pub course: CourseId,
    /// In which semester they were, from 1.
    pub semester: i32,
    /// The subject.
    pub subject: &'a str,
    /// At the institute.
    pub date: Date,
    /// The part of the day. The class was as long as it usually is.
    pub session: Session,
    /// The kind of class.
    pub kind: Kind,
    /// What is said.
    pub status: Status,
}

/// Adds records of classes that nobody has recorded yet. Tells nobody: that is the business of who adds them.
///
/// # Errors
/// When the database fails, or there is a record of one of them.
pub async fn insert(tx: &Tx, new: &[NewAttendance<'_>], by: UserId) -> Result<(), StoreError> {
    let hand = Hand::now(by, Way::Form, None);
    let mut sums = Sums::default();
    for new in new.chunks(CHUNK) {
        let mut rows = Vec::new();
        for new in new {
            let held = Held {
                course: new.course,
                date: new.date,
                subject: new.subject.to_owned(),
                session: new.session,
                kind: new.kind,
                class: None,
            };
            let length = new.session.minutes();
            let mark = Mark {
                student: new.student,
                semester: new.semester,
                status: new.status,
                minutes_attended: if new.status.attended() { length } else { 0 },
                minutes_total: length,
                remarks: None,
            };
            let row = Model { told: Some(new.status.to_string()), ..row(tx, &held, &mark, None, hand) };
            sums.add(&row);
            rows.push(row.into_active_model().reset_all());
        }
        Entity::insert_many(rows).exec_without_returning(tx.db()).await?;
    }
    sums.write(tx).await
}
