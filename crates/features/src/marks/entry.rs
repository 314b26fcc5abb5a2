//! Marks as the existing client enters, changes and deletes them; and the one way in which a mark is written.

use std::collections::{HashMap, HashSet};

use axum::{Json as Answer, extract::State};
use jiff::civil::Date;
use lamplight_auth::Staff as StaffCaller;
use lamplight_http::{ApiError, Json, Params, PathId, Staff};
use lamplight_kernel::{CourseId, MarkId, Problem, Room, SheetId, StudentId, Target, UserId};
use lamplight_store::{StoreError, Tx};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Added, BulkAdded, Mark, MarkError, Updated,
    document::{Known, document},
    events::staff_rooms,
    history::{Action, Ledger},
    publishing,
    rules::{self, Cell, EXAM_TYPES, MAX_ROWS, MAX_SEMESTER, MAX_SHORT, MAX_TEXT, Part, Parts, Rule, Score},
    store::{self, Filter, marks, sheets},
};
use crate::{
    App, audit, courses,
    regulations::{self, Key},
    students,
    wire::{Change, Envelope, Said, data, said, told},
};

/// The maxima of an exam about which nothing is said, as the existing client has them.
const USUAL: Parts<Score> = Parts {
    theory: Score::whole(100),
    practical: Score::whole(100),
    viva: Score::whole(50),
    assignment: Score::whole(50),
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
    let (regulations, on) = (regulations::load(db).await?, sheet.date()?);
    let value = |key| regulations.value(key, sheet.course(), on);
    Ok(Rule {
        pass_percent: value(Key::MarksPass).unwrap_or_default(),
        average_cap: value(Key::MarksClassAverageCap).filter(|_| sheet.exam_type == "Internal"),
    })
}

/// Takes a sheet for this transaction, if the caller may change it and it is not about to be published.
pub(super) async fn open_sheet(tx: &Tx, staff: &StaffCaller, id: SheetId) -> Result<sheets::Model, Problem> {
    let sheet = store::lock_sheet(tx, id).await?.ok_or(MarkError::SheetNotFound)?;
    if !staff.may_act_for(sheet.course()) {
        return Err(MarkError::NotYourCourse.into());
    }
    if sheet.state == store::SCHEDULED {
        return Err(MarkError::Scheduled.into());
    }
    Ok(sheet)
}

/// Tells of changed marks: each goes to who enters marks of the course and to administrators, and to its student if published.
pub(super) async fn tell_updated(tx: &mut Tx, sheet: &sheets::Model, rows: &[marks::Model]) -> Result<(), StoreError> {
    let known = Known::of_sheet(tx.db(), sheet, rows.iter().map(|row| row.student_id.into())).await?;
    for row in rows {
        let mut rooms = staff_rooms(sheet);
        if let Some(student) = known.students.get(&row.student_id.into()).filter(|_| row.published_at.is_some()) {
            rooms.push(Room::user(student.user_id.into()));
        }
        tx.record(&Updated(&document(row, &known)?), Target::rooms(rooms))?;
    }
    Ok(())
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

/// Which exam of which class, checked.
#[derive(Debug)]
pub(super) struct ExamKey {
    pub(super) course: CourseId,
    pub(super) semester: i32,
    pub(super) subject: String,
    pub(super) exam_type: String,
}

impl ExamKey {
    /// Checks what clients say about an exam.
    pub(super) async fn check(
        app: &App,
        staff: &StaffCaller,
        (course, semester, subject, exam_type): (Option<&str>, &Change<i32>, Option<&str>, Option<&str>),
    ) -> Result<Self, Problem> {
        let mut wrong = Vec::new();
        let mut needed = |field: &str, text: Option<&str>| {
            let text = text.map(str::trim).unwrap_or_default().to_owned();
            if text.is_empty() {
                wrong.push((field.to_owned(), "This is needed.".to_owned()));
            } else if text.chars().count() > MAX_SHORT || text.contains('\0') {
                wrong.push((field.to_owned(), format!("Write at most {MAX_SHORT} characters.")));
            }
            text
        };
        let (course, subject, exam_type) =
            (needed("course", course), needed("subject", subject), needed("examType", exam_type));
        if !exam_type.is_empty() && !EXAM_TYPES.contains(&exam_type.as_str()) {
            wrong.push(("examType".to_owned(), format!("This must be one of {}.", EXAM_TYPES.join(", "))));
        }
        let semester = match semester {
            Change::Set(semester) if (1..=MAX_SEMESTER).contains(semester) => *semester,
            _ => {
                wrong.push(("semester".to_owned(), format!("This must be a number from 1 to {MAX_SEMESTER}.")));
                0
            }
        };
        if !wrong.is_empty() {
            return Err(MarkError::Invalid(wrong).into());
        }
        let names = courses::find_names(app.store.reader()).await?;
        let course = match course.parse::<CourseId>() {
            Ok(id) => names.contains_key(&id).then_some(id),
            Err(_) => {
                let mut found = names.iter().filter(|(_, (code, name))| {
                    code.eq_ignore_ascii_case(&course) || name.eq_ignore_ascii_case(&course)
                });
                found.next().map(|(id, _)| *id)
            }
        };
        let course = course.ok_or(MarkError::CourseNotFound)?;
        if !staff.may_act_for(course) {
            return Err(MarkError::NotYourCourse.into());
        }
        Ok(Self { course, semester, subject, exam_type })
    }

    pub(super) fn filter(&self) -> Filter<'_> {
        Filter {
            course: Some(self.course),
            semester: Some(self.semester),
            subject: Some(&self.subject),
            exam_type: Some(&self.exam_type),
            ..Filter::default()
        }
    }

    /// Keeps others from making a sheet of the same exam meanwhile.
    pub(super) async fn lock(&self, tx: &Tx) -> Result<(), StoreError> {
        let Self { course, semester, subject, exam_type } = self;
        tx.lock(&format!("marks:{course}:{semester}:{exam_type}:{subject}")).await
    }

    pub(super) async fn make(
        &self,
        tx: &Tx,
        (label, on): (&str, Date),
        maxima: &Parts<Score>,
        by: UserId,
    ) -> Result<sheets::Model, StoreError> {
        let now = tx.now().millis();
        let mut sheet = sheets::Model {
            id: tx.id::<SheetId>().uuid(),
            course_id: self.course.uuid(),
            semester: self.semester,
            subject: self.subject.clone(),
            exam_type: self.exam_type.clone(),
            label: label.to_owned(),
            exam_on: on.to_string(),
            theory_max: 0,
            practical_max: 0,
            viva_max: 0,
            assignment_max: 0,
            state: store::DRAFT.to_owned(),
            version: 1,
            history_head: String::new(),
            history_count: 0,
            created_by: by.uuid(),
            created_at: now,
            updated_at: now,
        };
        sheet.set_maxima(maxima);
        store::insert_sheet(tx, &sheet).await?;
        Ok(sheet)
    }
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

/// The label and the date of an exam, as they were said.
pub(super) fn exam_of<'a>(
    app: &App,
    label: Option<&'a str>,
    on: Option<&str>,
) -> Result<(Option<&'a str>, Option<Date>), MarkError> {
    let label = label.map(str::trim).filter(|label| !label.is_empty());
    if label.is_some_and(|label| label.chars().count() > MAX_SHORT || label.contains('\0')) {
        return Err(MarkError::field("examLabel", format!("Write at most {MAX_SHORT} characters.")));
    }
    let on = match on.map(str::trim).filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => Some(
            app.institute.date_of(text).ok_or_else(|| MarkError::field("examDate", "Write the date as YYYY-MM-DD."))?,
        ),
    };
    Ok((label, on))
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
    let is_theirs = student.course_id == key.course.uuid() && student.semester == key.semester;
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
    /// Why a published mark changes.
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
async fn open_mark(
    tx: &Tx,
    app: &App,
    staff: &StaffCaller,
    id: MarkId,
) -> Result<(sheets::Model, marks::Model), Problem> {
    let row = store::find(app.store.reader(), id).await?.ok_or(MarkError::NotFound)?;
    let sheet = open_sheet(tx, staff, row.sheet_id.into()).await?;
    let row = store::find(tx.db(), id).await?.ok_or(MarkError::NotFound)?;
    Ok((sheet, row))
}

/// What the audit says of one mark.
fn of_mark(action: &'static str, sheet: &sheets::Model, row: &marks::Model, reason: Option<&str>) -> audit::Act {
    publishing::act(action, sheet).noted("studentId", &row.student_id).noted("reason", &reason)
}

/// Change one mark, publish it or recall it. A published mark changes only with a reason.
#[utoipa::path(
    put, path = "/api/admin/marks/{id}", tag = "marks", params(("id" = String, Path)), request_body = MarkForm,
    responses(
        (status = 200, body = Envelope<Mark>),
        (status = 400, description = "`marks.invalid`, `marks.reason_needed`", body = lamplight_http::ErrorBody),
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
    let (sheet, before) = open_mark(&tx, &app, &staff, id).await?;
    if form.version.is_some_and(|version| version != before.version) {
        return Err(MarkError::ChangedMeanwhile.into());
    }
    let edit = form.edit(&before, &sheet.maxima())?;
    let is_published = before.published_at.is_some();
    let hides = is_published && form.is_published == Some(false);
    if is_published && reason.is_none() && (hides || edit.changes(Some(&before))?) {
        return Err(MarkError::ReasonNeeded.into());
    }
    let rule = rule_of(tx.db(), &sheet).await?;
    let mut ledger = Ledger::open(sheet, staff.user);
    // Hidden first: what it becomes then is a draft.
    let mut row = before.clone();
    if hides {
        row = publishing::hide(&mut tx, &mut ledger, vec![row], reason).await?.remove(0);
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

/// Delete one mark. A published one only with a reason, and its student is told that it is gone.
#[utoipa::path(
    delete, path = "/api/admin/marks/{id}", tag = "marks",
    params(("id" = String, Path), ("reason" = Option<String>, Query, description = "Why, if it is published")),
    responses(
        (status = 200, body = Said),
        (status = 400, description = "`marks.reason_needed`", body = lamplight_http::ErrorBody),
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
    let (sheet, row) = open_mark(&tx, &app, &staff, id).await?;
    if row.published_at.is_some() && reason.is_none() {
        return Err(MarkError::ReasonNeeded.into());
    }
    let mut ledger = Ledger::open(sheet, staff.user);
    let was_published = row.published_at.is_some();
    let row = match was_published {
        true => publishing::hide(&mut tx, &mut ledger, vec![row], reason).await?.remove(0),
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
