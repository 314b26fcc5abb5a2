//! The one way in which a mark is written.

use lamplight_auth::Staff as StaffCaller;
use lamplight_kernel::{CourseId, MarkId, Problem, Room, SheetId, StudentId, Target, UserId};
use lamplight_store::{StoreError, Tx};
use sea_orm::ConnectionTrait;

use super::{
    MarkError, Updated,
    events::staff_rooms,
    history::{Action, Ledger},
    notices::{self, What},
    rules::{self, Cell, MAX_TEXT, Part, Rule},
    store::{self, marks, sheets},
};
use crate::{
    faculty::Teaching,
    regulations::{self, Key},
    students,
    wire::Change,
};

/// What is changed of one mark.
#[derive(Debug, Default)]
pub(super) struct Edit {
    pub(super) cells: Vec<(Part, Cell)>,
    pub(super) remarks: Change<String>,
}

impl Edit {
    /// Whether it would change anything.
    pub(super) fn changes(&self, before: Option<&marks::Model>) -> Result<bool, StoreError> {
        let cells = before.map(marks::Model::cells).transpose()?.unwrap_or_default();
        let remarks = before.and_then(|row| row.remarks.as_deref());
        let says_more = match &self.remarks {
            Change::Keep => false,
            Change::Clear => remarks.is_some(),
            Change::Set(text) => remarks != Some(text),
        };
        Ok(says_more || self.cells.iter().any(|(part, cell)| cells.get(*part) != cell))
    }
}

/// Writes one mark: the row, its link in the history, what the rules make of it. The sheet is locked, everything is checked.
/// `None` when it changes nothing.
pub(super) async fn write(
    tx: &Tx,
    ledger: &mut Ledger,
    rule: &Rule,
    before: Option<&marks::Model>,
    student: StudentId,
    edit: Edit,
    (by, reason): (UserId, Option<&str>),
) -> Result<Option<marks::Model>, StoreError> {
    if !edit.changes(before)? {
        return Ok(None);
    }
    let mut row = before.cloned().unwrap_or_else(|| blank(tx, &ledger.sheet, student, by));
    let cells = row.cells()?;
    for (part, cell) in edit.cells {
        if *cells.get(part) != cell {
            row.put(part, cell);
        }
    }
    row.remarks = edit.remarks.apply(row.remarks);
    row.version += 1;
    row.entered_by = by.uuid();
    row.updated_at = tx.now().millis();
    row.judge(&rules::tally(&row.cells()?, &ledger.sheet.maxima(), rule));
    if before.is_some() {
        ledger.note(tx, Action::Changed, before, Some(&row), reason)?;
        store::update(tx, &row).await?;
    } else {
        ledger.note(tx, Action::Entered, None, Some(&row), reason)?;
        store::insert(tx, &row).await?;
    }
    // What was reviewed is not what it was.
    if ledger.sheet.state == store::REVIEW {
        store::DRAFT.clone_into(&mut ledger.sheet.state);
    }
    Ok(Some(row))
}

fn blank(tx: &Tx, sheet: &sheets::Model, student: StudentId, by: UserId) -> marks::Model {
    let now = tx.now().millis();
    marks::Model {
        id: tx.id::<MarkId>().uuid(),
        sheet_id: sheet.id,
        student_id: student.uuid(),
        exam_on: sheet.exam_on.clone(),
        theory: None,
        theory_rev: 0,
        practical: None,
        practical_rev: 0,
        viva: None,
        viva_rev: 0,
        assignment: None,
        assignment_rev: 0,
        obtained: 0,
        maximum: 0,
        grade: String::new(),
        result: "Pending".to_owned(),
        remarks: None,
        version: 0,
        published_at: None,
        publication_id: None,
        entered_by: by.uuid(),
        created_at: now,
        updated_at: now,
    }
}

/// Judges every mark of a sheet anew, after its maxima changed.
pub(super) async fn judge_again(tx: &Tx, ledger: &mut Ledger, rule: &Rule) -> Result<(), StoreError> {
    for before in store::of_sheet(tx.db(), ledger.sheet.id).await? {
        let mut row = before.clone();
        row.judge(&rules::tally(&row.cells()?, &ledger.sheet.maxima(), rule));
        if row != before {
            row.version += 1;
            ledger.note(tx, Action::Changed, Some(&before), Some(&row), None)?;
            store::update(tx, &row).await?;
        }
    }
    Ok(())
}

/// What the regulations say about the exam of a sheet. A cap of the average is for internal marks.
pub(super) async fn rule_of<C: ConnectionTrait>(db: &C, sheet: &sheets::Model) -> Result<Rule, StoreError> {
    let (regulations, on) = (regulations::load_for(db, sheet.course()).await?, sheet.date()?);
    let value = |key| regulations.value(key, sheet.course(), on);
    Ok(Rule {
        pass_percent: value(Key::MarksPass).unwrap_or_default(),
        average_cap: value(Key::MarksClassAverageCap).filter(|_| sheet.exam_type == "Internal"),
        grades: Key::GRADES.map(|key| value(key).unwrap_or_default()),
    })
}

/// Whether somebody of the staff may enter marks of this subject of a course.
pub(super) async fn may_enter<C: ConnectionTrait>(
    db: &C,
    staff: &StaffCaller,
    course: CourseId,
    subject: &str,
) -> Result<(), Problem> {
    if !staff.may_act_for(course) {
        return Err(MarkError::NotYourCourse.into());
    }
    match Teaching::of(db, staff).await?.covers(course, subject) {
        true => Ok(()),
        false => Err(MarkError::NotYourSubject.into()),
    }
}

/// Takes a sheet for this transaction, if the caller may change it and it is not about to be published.
pub(super) async fn open_sheet(tx: &Tx, staff: &StaffCaller, id: SheetId) -> Result<sheets::Model, Problem> {
    let sheet = store::lock_sheet(tx, id).await?.ok_or(MarkError::SheetNotFound)?;
    may_enter(tx.db(), staff, sheet.course(), &sheet.subject).await?;
    if sheet.state == store::SCHEDULED {
        return Err(MarkError::Scheduled.into());
    }
    Ok(sheet)
}

/// Tells of changed marks: each goes to who enters marks of the course and to administrators, and to its student if published.
pub(super) async fn tell_updated(tx: &mut Tx, sheet: &sheets::Model, rows: &[marks::Model]) -> Result<(), StoreError> {
    let students = students::find_by_ids(tx.db(), rows.iter().map(|row| row.student_id.into())).await?;
    let mut concerned: Vec<UserId> = Vec::new();
    for row in rows {
        let mut rooms = staff_rooms(sheet);
        if let Some(student) = students.get(&row.student_id.into()).filter(|_| row.published_at.is_some()) {
            rooms.push(Room::user(student.user_id.into()));
            concerned.push(student.user_id.into());
        }
        tx.record(&Updated { exam: sheet.into(), id: row.id.into() }, Target::rooms(rooms))?;
    }
    notices::tell(tx, sheet, What::Changed, concerned).await
}

/// A reason, trimmed; empty is none.
pub(super) fn reason(text: Option<&str>) -> Result<Option<&str>, MarkError> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    match text {
        Some(text) if text.chars().count() > MAX_TEXT => {
            Err(MarkError::field("reason", format!("Say it in {MAX_TEXT} characters.")))
        }
        text => Ok(text),
    }
}
