//! What is decided about attendance: the words, the one formula, the meter, and why something is refused.

use std::collections::BTreeMap;

use jiff::civil::Date;
use lamplight_kernel::{Class, CourseId, Problem};

use crate::{
    regulations::{Key, Regulations},
    words::words,
};

words! {
    /// What is said of one student in one class.
    Status as AttendanceStatus {
        /// Was there.
        Present = "Present",
        /// Was not there, and nobody knew of a reason.
        Absent = "Absent",
        /// Came late.
        Late = "Late",
        /// Was given leave.
        Leave = "Leave",
        /// Was ill.
        MedicalLeave = "Medical Leave",
        /// There was no class.
        Holiday = "Holiday",
    }
}

words! {
    /// The kind of class. Councils count them apart.
    Kind as ClassKind {
        /// In the classroom.
        Theory = "Theory",
        /// In the laboratory or skills room.
        Practical = "Practical",
        /// On the ward or in the community.
        Clinical = "Clinical",
        /// In small groups.
        Tutorial = "Tutorial",
        /// In the laboratory.
        Lab = "Lab",
    }
}

words! {
    /// The part of the day.
    Session as ClassSession {
        /// Before noon.
        Morning = "Morning",
        /// After noon.
        Afternoon = "Afternoon",
        /// Both.
        FullDay = "Full Day",
    }
}

impl Status {
    /// Whether the student is counted as having attended. Who came late was there.
    #[must_use]
    pub const fn attended(self) -> bool {
        matches!(self, Self::Present | Self::Late)
    }

    /// Whether a class was held at all.
    #[must_use]
    pub const fn held(self) -> bool {
        !matches!(self, Self::Holiday)
    }
}

impl Session {
    /// How long it is when nobody says, in minutes: a full day has eight hours, a half four.
    #[must_use]
    pub const fn minutes(self) -> i32 {
        match self {
            Self::Morning | Self::Afternoon => 4 * 60,
            Self::FullDay => 8 * 60,
        }
    }
}

/// A day has no more, also on the ward.
pub(super) const MAX_MINUTES: i32 = 24 * 60;
/// The longest texts, in characters.
pub(super) const MAX_SUBJECT: usize = 100;
pub(super) const MAX_REMARKS: usize = 500;
pub(super) const MAX_REASON: usize = 500;
/// No programme has more.
pub(super) const MAX_SEMESTER: i32 = 12;

/// Counts of classes: the one attendance formula, which every page, report and export uses.
///
/// **percentage = attended / held x 100**, rounded to two decimals.
///
/// * *held* is every class the student has a record of, except for holidays: on a holiday there was no class.
/// * *attended* is Present and Late.
/// * Leave and medical leave are held and not attended. The Indian Nursing Council asks for 80 % in theory and in practical
///   "irrespective of the reason of absence" (revised regulations for B.Sc. Nursing, 2021, on attendance), so a reason excuses
///   nobody from the threshold; it is kept, counted and shown apart.
/// * A class counts as one, whatever its length. Hours are added up and shown beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Present.
    pub present: i64,
    /// Late.
    pub late: i64,
    /// Absent without a reason.
    pub absent: i64,
    /// On leave, also for illness.
    pub leave: i64,
    /// Holidays.
    pub holiday: i64,
    /// Time attended, in minutes.
    pub minutes_attended: i64,
    /// Time held, in minutes.
    pub minutes_held: i64,
}

impl Tally {
    /// Counts so many classes of one status, of so many minutes altogether.
    pub fn add(&mut self, status: Status, classes: i64, minutes_attended: i64, minutes_total: i64) {
        match status {
            Status::Present => self.present += classes,
            Status::Late => self.late += classes,
            Status::Absent => self.absent += classes,
            Status::Leave | Status::MedicalLeave => self.leave += classes,
            Status::Holiday => self.holiday += classes,
        }
        if status.held() {
            self.minutes_attended += minutes_attended;
            self.minutes_held += minutes_total;
        }
    }

    /// Classes the student attended.
    #[must_use]
    pub const fn attended(&self) -> i64 {
        self.present + self.late
    }

    /// Classes that were held.
    #[must_use]
    pub const fn held(&self) -> i64 {
        self.present + self.late + self.absent + self.leave
    }

    /// The formula. Nothing when no class was held.
    #[must_use]
    pub fn percentage(&self) -> Option<f64> {
        percentage(self.attended(), self.held())
    }

    /// The two added up.
    #[must_use]
    pub const fn plus(self, other: &Self) -> Self {
        Self {
            present: self.present + other.present,
            late: self.late + other.late,
            absent: self.absent + other.absent,
            leave: self.leave + other.leave,
            holiday: self.holiday + other.holiday,
            minutes_attended: self.minutes_attended + other.minutes_attended,
            minutes_held: self.minutes_held + other.minutes_held,
        }
    }
}

fn percentage(part: i64, whole: i64) -> Option<f64> {
    // Whole hundredths of a percent, so that nothing is lost before it is rounded.
    (whole > 0).then(|| rounded(part as f64 * 100.0 / whole as f64))
}

/// To two decimals.
pub(super) fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

/// Minutes as the wire has them: hours, to two decimals.
pub(super) fn hours(minutes: impl Into<i64>) -> f64 {
    rounded(minutes.into() as f64 / 60.0)
}

/// Hours as they were sent, in whole minutes.
#[expect(clippy::cast_possible_truncation, reason = "a whole number of at most a day")]
pub(super) fn minutes(hours: f64) -> Option<i32> {
    let minutes = (hours * 60.0).round();
    (0.0..=f64::from(MAX_MINUTES)).contains(&minutes).then_some(minutes as i32)
}

/// The share of classes that must be attended, in percent, in a course on a date: a regulation, with its default and source in
/// [`Key`]. Tutorials count as theory, the laboratory as practical.
pub(super) fn threshold(regulations: &Regulations, course: CourseId, kind: Kind, on: Date) -> i64 {
    let key = match kind {
        Kind::Theory | Kind::Tutorial => Key::AttendanceTheory,
        Kind::Practical | Kind::Lab => Key::AttendancePractical,
        Kind::Clinical => Key::AttendanceClinical,
    };
    regulations.value(key, course, on).map_or(0, i64::from)
}

/// How far a student is from a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meter {
    /// So many of the next classes may be missed without falling below.
    pub may_miss: i64,
    /// So many of the next classes must be attended, without a gap, to come up to it. Nothing when that can't be done by
    /// attending (100 %, and one was missed): then classes must be made up.
    pub must_attend: Option<i64>,
}

/// The meter for `attended` of `held` classes and a threshold in percent.
#[must_use]
pub const fn meter(attended: i64, held: i64, threshold: i64) -> Meter {
    let short = threshold * held - 100 * attended;
    if short > 0 {
        let must_attend = if threshold >= 100 { None } else { Some(ceiling(short, 100 - threshold)) };
        return Meter { may_miss: 0, must_attend };
    }
    // Without a threshold everything may be missed; what is held is what there is to count.
    let may_miss = if threshold <= 0 { held } else { -short / threshold };
    Meter { may_miss, must_attend: Some(0) }
}

const fn ceiling(part: i64, whole: i64) -> i64 {
    (part + whole - 1) / whole
}

/// What makes a subject the same one: its letters, in whatever case and with whatever blanks it was typed.
pub(super) fn subject_key(subject: &str) -> String {
    one_line(subject).to_lowercase()
}

/// The words with single blanks between them.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Why something about attendance is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AttendanceError {
    /// There is none with this id, or none that the caller may know of.
    #[error("This attendance is not there. It may have been deleted.")]
    NotFound,
    /// There is no such class.
    #[error("This class is not there.")]
    ClassNotFound,
    /// There is no such import.
    #[error("This import is not there. Read the file again.")]
    ImportNotFound,
    /// Somebody else's course.
    #[error("You can record attendance only for the courses you teach.")]
    CourseForbidden,
    /// A subject that somebody else teaches.
    #[error("You teach this course, but not this subject.")]
    SubjectForbidden,
    /// Some fields are not as they should be.
    #[error("Something in the form is not as it should be.")]
    Invalid(BTreeMap<String, String>),
    /// Some students can't be recorded, and the rest was not asked for.
    #[error("{} can't be recorded, so nothing was.", students(.0.len()))]
    RowsRefused(BTreeMap<String, String>),
    /// It was corrected since it was read.
    #[error("Somebody else corrected this in the meantime. Look at what it is now before you change it again.")]
    ChangedMeanwhile,
    /// The class is closed.
    #[error("This class is closed. Open it again to mark more, or correct a record.")]
    ClassClosed,
    /// It was applied before.
    #[error("This import was applied already.")]
    ImportApplied,
    /// What it would do is not what it said any more.
    #[error("Records changed since this plan was made. Read the file again.")]
    ImportOutdated,
}

fn students(number: usize) -> String {
    if number == 1 { "One student".to_owned() } else { format!("{number} students") }
}

impl From<AttendanceError> for Problem {
    fn from(error: AttendanceError) -> Self {
        let message = error.to_string();
        let (class, code, fields) = match error {
            AttendanceError::NotFound => (Class::NotFound, "attendance.not_found", BTreeMap::new()),
            AttendanceError::ClassNotFound => (Class::NotFound, "attendance.class_not_found", BTreeMap::new()),
            AttendanceError::ImportNotFound => (Class::NotFound, "attendance.import_not_found", BTreeMap::new()),
            AttendanceError::CourseForbidden => (
                Class::Forbidden,
                "attendance.course_forbidden",
                BTreeMap::from([("course".to_owned(), message.clone())]),
            ),
            AttendanceError::SubjectForbidden => (
                Class::Forbidden,
                "attendance.subject_forbidden",
                BTreeMap::from([("subject".to_owned(), message.clone())]),
            ),
            AttendanceError::Invalid(fields) => (Class::Invalid, "attendance.invalid", fields),
            AttendanceError::RowsRefused(rows) => (Class::Invalid, "attendance.rows_refused", rows),
            AttendanceError::ChangedMeanwhile => (Class::Conflict, "attendance.changed_meanwhile", BTreeMap::new()),
            AttendanceError::ClassClosed => (Class::Conflict, "attendance.class_closed", BTreeMap::new()),
            AttendanceError::ImportApplied => (Class::Conflict, "attendance.import_applied", BTreeMap::new()),
            AttendanceError::ImportOutdated => (Class::Conflict, "attendance.import_outdated", BTreeMap::new()),
        };
        // The existing client shows the message alone: let it say what is wrong when it is one thing.
        let message = match (fields.len(), fields.values().next()) {
            (1, Some(text)) => text.clone(),
            _ => message,
        };
        let problem = Self::new(class, code, message);
        fields.into_iter().fold(problem, |problem, (field, text)| problem.with_field(field, text))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(statuses: &[Status]) -> Tally {
        let mut tally = Tally::default();
        for &status in statuses {
            tally.add(status, 1, if status.attended() { 240 } else { 0 }, 240);
        }
        tally
    }

    #[test]
    fn the_formula() {
        use Status::*;
        for (statuses, attended, held, percentage) in [
            (&[][..], 0, 0, None),
            (&[Holiday, Holiday][..], 0, 0, None),
            (&[Present][..], 1, 1, Some(100.0)),
            (&[Present, Late, Absent][..], 2, 3, Some(66.67)),
            (&[Present, Leave][..], 1, 2, Some(50.0)),
            (&[Present, MedicalLeave, Holiday][..], 1, 2, Some(50.0)),
            (&[Absent, Absent, Present, Present, Present, Present, Present][..], 5, 7, Some(71.43)),
            (&[Absent][..], 0, 1, Some(0.0)),
        ] {
            let tally = of(statuses);
            assert_eq!(
                (tally.attended(), tally.held(), tally.percentage()),
                (attended, held, percentage),
                "{statuses:?}"
            );
        }
    }

    #[test]
    fn hours_are_of_classes_that_were_held() {
        let tally = of(&[Status::Present, Status::Holiday, Status::Absent]);
        assert_eq!((hours(tally.minutes_attended), hours(tally.minutes_held)), (4.0, 8.0));
        assert_eq!((minutes(1.5), minutes(0.0), minutes(24.0)), (Some(90), Some(0), Some(1440)));
        for wrong in [-0.5, 24.1, f64::NAN, f64::INFINITY] {
            assert_eq!(minutes(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_meter() {
        for (attended, held, threshold, may_miss, must_attend) in [
            (0, 0, 80, 0, Some(0)),
            (4, 5, 80, 0, Some(0)),
            (10, 10, 80, 2, Some(0)),
            (9, 10, 80, 1, Some(0)),
            (8, 10, 80, 0, Some(0)),
            (7, 10, 80, 0, Some(5)),
            (0, 1, 80, 0, Some(4)),
            (20, 40, 75, 0, Some(40)),
            (10, 10, 100, 0, Some(0)),
            (9, 10, 100, 0, None),
        ] {
            let found = meter(attended, held, threshold);
            assert_eq!(found, Meter { may_miss, must_attend }, "{attended} of {held} at {threshold}");
        }
    }

    proptest! {
        /// The meter's two numbers are exactly where the formula crosses the threshold.
        #[test]
        fn the_meter_keeps_its_word(held in 0i64..400, missed in 0i64..400, threshold in 1i64..=100) {
            let attended = (held - missed).max(0);
            let enough = |attended: i64, held: i64| attended * 100 >= threshold * held;
            let Meter { may_miss, must_attend } = meter(attended, held, threshold);
            match must_attend {
                Some(0) => {
                    prop_assert!(enough(attended, held + may_miss));
                    prop_assert!(!enough(attended, held + may_miss + 1));
                }
                Some(more) => {
                    prop_assert_eq!(may_miss, 0);
                    prop_assert!(enough(attended + more, held + more));
                    prop_assert!(!enough(attended + more - 1, held + more - 1));
                }
                None => prop_assert!(threshold == 100 && attended < held),
            }
        }
    }

    #[test]
    fn a_subject_is_the_same_however_it_was_typed() {
        assert_eq!(subject_key("  Child  Health\tNursing "), "child health nursing");
        assert_eq!("medical leave".parse(), Ok(Status::MedicalLeave));
        assert_eq!("FULL DAY".parse(), Ok(Session::FullDay));
        assert_eq!("".parse::<Kind>(), Err(()));
    }
}
