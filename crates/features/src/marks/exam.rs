//! Which exam of which class somebody means.

use jiff::civil::Date;
use lamplight_auth::Staff as StaffCaller;
use lamplight_kernel::{CourseId, Problem, SheetId, UserId};
use lamplight_store::{StoreError, Tx};

use super::{
    MarkError,
    rules::{EXAM_TYPES, MAX_SEMESTER, MAX_SHORT, Parts, Score},
    store::{self, Filter, sheets},
    write::may_enter,
};
use crate::{App, courses, wire::Change};

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
        may_enter(app.store.reader(), staff, course, &subject).await?;
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
