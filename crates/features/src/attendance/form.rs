//! What a form says about a class and its students: read forgivingly, checked as a whole, students row by row.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::civil::Date;
use lamplight_kernel::{CourseId, StudentId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    rules::{
        AttendanceError, Kind, MAX_REASON, MAX_REMARKS, MAX_SEMESTER, MAX_SUBJECT, Session, Status, minutes, one_line,
    },
    write::Mark,
};
use crate::{Institute, students, wire::Change};

/// A class and what is said of its students, as the existing client sends it.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = AttendanceForm)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Form {
    /// `YYYY-MM-DD`.
    #[schema(value_type = String, format = Date)]
    date: Change<String>,
    /// The id of the course.
    #[schema(value_type = String)]
    course: Change<String>,
    #[schema(value_type = String)]
    subject: Change<String>,
    /// From 1. Without it each student's own semester is kept.
    #[schema(value_type = Option<i32>)]
    semester: Change<i32>,
    /// `Morning` unless told.
    #[schema(value_type = Option<Session>)]
    session: Change<String>,
    /// `Theory` unless told.
    #[schema(value_type = Option<Kind>)]
    #[serde(rename = "type")]
    kind: Change<String>,
    students: Vec<Row>,
    /// Whether what can be recorded is to be recorded when some students can't. Without it all or nothing.
    #[schema(value_type = Option<bool>)]
    partial: Change<bool>,
    /// Why, when something is corrected. Kept in its history.
    #[schema(value_type = Option<String>)]
    reason: Change<String>,
}

/// What is said of one student.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = AttendanceRow)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Row {
    /// The student record's id, or the human id.
    #[schema(value_type = String)]
    student_id: Change<String>,
    /// `Present` unless told.
    #[schema(value_type = Option<Status>)]
    status: Change<String>,
    /// The whole class for who was there, otherwise 0, unless told.
    #[schema(value_type = Option<f64>)]
    hours_attended: Change<f64>,
    /// 8 for a full day, otherwise 4, unless told.
    #[schema(value_type = Option<f64>)]
    total_hours: Change<f64>,
    #[schema(value_type = Option<String>)]
    remarks: Change<String>,
}

/// A class as it was checked.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) course: CourseId,
    pub(super) date: Date,
    pub(super) subject: String,
    pub(super) semester: Option<i32>,
    pub(super) session: Session,
    pub(super) kind: Kind,
    pub(super) rows: Vec<Row>,
    pub(super) partial: bool,
    pub(super) reason: Option<String>,
}

/// A student who can't be recorded.
#[derive(Debug)]
pub(super) struct Refused {
    /// Which row, from 0.
    pub(super) row: usize,
    /// As the row named them.
    pub(super) student_id: String,
    pub(super) error: String,
}

/// Mistakes by field.
#[derive(Debug, Default)]
pub(super) struct Wrong(BTreeMap<String, String>);

impl Wrong {
    pub(super) fn say(&mut self, field: &str, text: impl Into<String>) {
        self.0.insert(field.to_owned(), text.into());
    }

    pub(super) fn finish(self) -> Result<(), AttendanceError> {
        if self.0.is_empty() { Ok(()) } else { Err(AttendanceError::Invalid(self.0)) }
    }

    /// A text of one line.
    pub(super) fn text(&mut self, field: &str, text: Change<String>, most: usize) -> Option<String> {
        let text = one_line(&text.apply(None)?);
        if text.chars().count() > most {
            self.say(field, format!("Use at most {most} characters."));
        }
        (!text.is_empty()).then_some(text)
    }

    /// A subject, which is needed.
    pub(super) fn subject(&mut self, text: Change<String>) -> String {
        self.text("subject", text, MAX_SUBJECT).unwrap_or_else(|| {
            self.say("subject", "Say which subject it was.");
            String::new()
        })
    }

    /// The id of a course, which is needed.
    pub(super) fn course(&mut self, text: Change<String>) -> CourseId {
        let course = text.apply(None).and_then(|text| text.parse().ok());
        course.unwrap_or_else(|| {
            self.say("course", "Choose a course.");
            CourseId::from_uuid(uuid::Uuid::nil())
        })
    }

    /// A date, which is needed.
    pub(super) fn date(&mut self, text: Change<String>, institute: &Institute) -> Date {
        let date = text.apply(None).and_then(|text| institute.date_of(&text));
        date.filter(|date| (1950..=2200).contains(&date.year())).unwrap_or_else(|| {
            self.say("date", "Give the date as YYYY-MM-DD.");
            Date::MIN
        })
    }

    pub(super) fn semester(&mut self, semester: Option<i32>) {
        if semester.is_some_and(|semester| !(1..=MAX_SEMESTER).contains(&semester)) {
            self.say("semester", "A semester must be a number from 1 to 12.");
        }
    }

    pub(super) fn session(&mut self, text: Change<String>) -> Session {
        text.apply(None).map_or(Some(Session::Morning), |text| text.parse().ok()).unwrap_or_else(|| {
            self.say("session", format!("Choose one of {}.", Session::choices()));
            Session::Morning
        })
    }

    pub(super) fn kind(&mut self, text: Change<String>) -> Kind {
        text.apply(None).map_or(Some(Kind::Theory), |text| text.parse().ok()).unwrap_or_else(|| {
            self.say("type", format!("Choose one of {}.", Kind::choices()));
            Kind::Theory
        })
    }
}

impl Form {
    /// What is said about the class, all mistakes reported at once. The students are not looked at yet.
    pub(super) fn check(self, institute: &Institute, now: Timestamp) -> Result<Checked, AttendanceError> {
        let mut wrong = Wrong::default();
        let checked = Checked {
            course: wrong.course(self.course),
            date: wrong.date(self.date, institute),
            subject: wrong.subject(self.subject),
            semester: self.semester.apply(None),
            session: wrong.session(self.session),
            kind: wrong.kind(self.kind),
            rows: self.students,
            partial: self.partial.apply(None).unwrap_or(false),
            reason: wrong.text("reason", self.reason, MAX_REASON),
        };
        wrong.semester(checked.semester);
        if checked.date > institute.today(now) {
            wrong.say("date", "This day has not come yet.");
        }
        if checked.rows.is_empty() {
            wrong.say("students", "Name at least one student.");
        }
        wrong.finish()?;
        Ok(checked)
    }
}

/// What is known of the students that the rows name.
pub(super) struct Known {
    pub(super) by_id: HashMap<StudentId, students::entity::Model>,
    pub(super) by_human_id: HashMap<String, StudentId>,
}

impl Known {
    pub(super) fn find(&self, named: &str) -> Option<&students::entity::Model> {
        let id = named.parse().ok().or_else(|| self.by_human_id.get(&named.to_lowercase()).copied())?;
        self.by_id.get(&id)
    }
}

impl Checked {
    /// The students that the rows name: record ids, and texts that are none.
    pub(super) fn named(&self) -> (Vec<StudentId>, Vec<String>) {
        let (mut ids, mut others) = (Vec::new(), Vec::new());
        for row in &self.rows {
            let Change::Set(text) = &row.student_id else { continue };
            match text.parse() {
                Ok(id) => ids.push(id),
                Err(_) => others.push(text.clone()),
            }
        }
        (ids, others)
    }

    /// What is to be recorded, and who can't be.
    ///
    /// `recorded` says of which course a student has a record of this class already: who was in the class then may be corrected
    /// now, wherever they are today.
    pub(super) fn marks(
        &mut self,
        known: &Known,
        recorded: impl Fn(StudentId) -> Option<CourseId>,
    ) -> (Vec<Mark>, Vec<Refused>) {
        let (mut marks, mut refused, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
        for (index, row) in std::mem::take(&mut self.rows).into_iter().enumerate() {
            let student_id = row.student_id.clone().apply(None).unwrap_or_default();
            let checked = self.mark(row, known, &recorded).and_then(|mark| {
                if seen.insert(mark.student) { Ok(mark) } else { Err("This student is named twice.".to_owned()) }
            });
            match checked {
                Ok(mark) => marks.push(mark),
                Err(error) => refused.push(Refused { row: index, student_id, error }),
            }
        }
        (marks, refused)
    }

    fn mark(&self, row: Row, known: &Known, recorded: &impl Fn(StudentId) -> Option<CourseId>) -> Result<Mark, String> {
        let named = row.student_id.apply(None).ok_or("Say which student.")?;
        let student = known.find(&named).ok_or("There is no such student.")?;
        let id = StudentId::from(student.id);
        let in_class = student.is_in(self.course.uuid(), self.semester);
        match recorded(id) {
            // A record of another course is not the caller's: it can be neither seen nor overwritten.
            Some(course) if course != self.course => {
                return Err("This student has a record of another course for this class.".to_owned());
            }
            None if !in_class => return Err("This student is not in this class.".to_owned()),
            _ => {}
        }
        let status = row.status.apply(None).map_or(Ok(Status::Present), |text| {
            text.parse().map_err(|()| format!("The status must be one of {}.", Status::choices()))
        })?;
        let length = |hours: Change<f64>| match hours.apply(None) {
            None => Ok(None),
            Some(hours) => minutes(hours).map(Some).ok_or("Hours must be between 0 and 24."),
        };
        let (attended, total) = (length(row.hours_attended)?, length(row.total_hours)?);
        let (minutes_attended, minutes_total) = lengths(status, self.session, attended, total)?;
        let remarks = row.remarks.apply(None).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        if remarks.as_ref().is_some_and(|text| text.chars().count() > MAX_REMARKS) {
            return Err(format!("A remark may have at most {MAX_REMARKS} characters."));
        }
        let semester = self.semester.unwrap_or(student.semester);
        Ok(Mark { student: id, semester, status, minutes_attended, minutes_total, remarks: Some(remarks) })
    }
}

/// How long the student was there, and how long the class was, in minutes. 0 that was said stays 0.
pub(super) fn lengths(
    status: Status,
    session: Session,
    attended: Option<i32>,
    total: Option<i32>,
) -> Result<(i32, i32), &'static str> {
    // A class is as long as the longest stay in it: a client that can say only the one may say more than a usual day.
    let length = total.unwrap_or_else(|| session.minutes().max(attended.unwrap_or(0)));
    let attended = attended.unwrap_or(if status.attended() { length } else { 0 });
    if attended > length { Err("Nobody attends longer than the class was.") } else { Ok((attended, length)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_that_are_not_said() {
        use Session::*;
        use Status::*;
        for (status, session, attended, total, expected) in [
            (Present, Morning, None, None, Ok((240, 240))),
            (Present, FullDay, None, None, Ok((480, 480))),
            (Late, Afternoon, Some(180), None, Ok((180, 240))),
            (Absent, Morning, None, None, Ok((0, 240))),
            (Present, Morning, Some(0), None, Ok((0, 240))),
            (Present, Morning, Some(480), None, Ok((480, 480))),
            (Present, Morning, None, Some(90), Ok((90, 90))),
            (Present, Morning, Some(120), Some(90), Err("Nobody attends longer than the class was.")),
        ] {
            assert_eq!(
                lengths(status, session, attended, total),
                expected,
                "{status} {session} {attended:?} {total:?}"
            );
        }
    }
}
