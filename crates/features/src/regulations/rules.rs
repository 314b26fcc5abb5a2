use std::collections::HashMap;

use jiff::civil::Date;
use lamplight_kernel::{Class, CourseId, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is regulated. Every value is a whole percentage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    /// The attendance a student needs in the theory of a subject to sit its examination; also for tutorials.
    ///
    /// Default 80: Indian Nursing Council, revised syllabus, "irrespective of any kind of absence".
    AttendanceTheory,
    /// The same in practicals; also in the laboratory. Default 80, from the same rule.
    AttendancePractical,
    /// The attendance a student needs in every clinical posting before the award of the degree. Default 100: Indian Nursing
    /// Council, "100 % in each of the practical areas".
    AttendanceClinical,
    /// The highest class average of internal marks that the council takes; nothing where there is no limit. Default 75 for GNM,
    /// whose councils send sheets above it back; none elsewhere.
    MarksClassAverageCap,
    /// The share of the maximum with which an examination is passed. Default 35, the rule of the records kept so far.
    MarksPass,
}

impl Key {
    /// Every key, in the order they are shown.
    pub const ALL: [Self; 5] = [
        Self::AttendanceTheory,
        Self::AttendancePractical,
        Self::AttendanceClinical,
        Self::MarksClassAverageCap,
        Self::MarksPass,
    ];

    /// As the database and the wire spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AttendanceTheory => "attendance_theory",
            Self::AttendancePractical => "attendance_practical",
            Self::AttendanceClinical => "attendance_clinical",
            Self::MarksClassAverageCap => "marks_class_average_cap",
            Self::MarksPass => "marks_pass",
        }
    }

    pub(super) fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.as_str() == text)
    }

    /// What it is called on a page.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::AttendanceTheory => "Attendance needed: theory",
            Self::AttendancePractical => "Attendance needed: practical",
            Self::AttendanceClinical => "Attendance needed: clinical",
            Self::MarksClassAverageCap => "Highest class average of internal marks",
            Self::MarksPass => "Pass mark",
        }
    }

    /// What the default is and where it is from.
    pub(super) const fn source(self) -> &'static str {
        match self {
            Self::AttendanceTheory | Self::AttendancePractical => {
                "80 %: Indian Nursing Council, in theory and practical of each subject, whatever the reason of the absence."
            }
            Self::AttendanceClinical => "100 %: Indian Nursing Council, in each practical area before the award.",
            Self::MarksClassAverageCap => "75 % for GNM: councils send sheets above it back. No limit elsewhere.",
            Self::MarksPass => "35 % of the maximum. Councils set it higher for some papers: set yours here.",
        }
    }

    /// Whether there may be no such rule.
    pub(super) const fn may_be_absent(self) -> bool {
        matches!(self, Self::MarksClassAverageCap)
    }

    /// What holds when nobody has said anything.
    #[must_use]
    pub fn default(self, course_code: Option<&str>) -> Option<i32> {
        match self {
            Self::AttendanceTheory | Self::AttendancePractical => Some(80),
            Self::AttendanceClinical => Some(100),
            Self::MarksClassAverageCap => {
                course_code.is_some_and(|code| code.to_ascii_uppercase().starts_with("GNM")).then_some(75)
            }
            Self::MarksPass => Some(35),
        }
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dated {
    pub(super) key: Key,
    /// Nothing for the whole institute.
    pub(super) course: Option<CourseId>,
    /// Nothing where there is no such rule.
    pub(super) value: Option<i32>,
    pub(super) valid_from: Date,
}

/// What holds for one course, or for the institute, on one date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InForce {
    pub(super) value: Option<i32>,
    /// Nothing when it is the default.
    pub(super) since: Option<Date>,
    /// Whether it was set for this course alone.
    pub(super) is_own: bool,
}

/// Every regulation of the institute, for any course and date: an institute has a few dozen in all its time. Read once for a
/// request (or a transaction) with [`super::load`], then asked as often as needed.
#[derive(Debug, Clone, Default)]
pub struct Regulations {
    /// In the order they were set.
    pub(super) rows: Vec<Dated>,
    pub(super) codes: HashMap<CourseId, String>,
}

impl Regulations {
    /// The percentage that holds for a course on a date. Nothing only for [`Key::MarksClassAverageCap`], where there is no limit.
    #[must_use]
    pub fn value(&self, key: Key, course: CourseId, on: Date) -> Option<i32> {
        self.in_force(key, Some(course), on).value
    }

    pub(super) fn in_force(&self, key: Key, course: Option<CourseId>, on: Date) -> InForce {
        let concerns =
            |row: &&Dated| row.key == key && row.valid_from <= on && (row.course.is_none() || row.course == course);
        // Of equals the last: the one set last.
        match self.rows.iter().filter(concerns).max_by_key(|row| (row.course.is_some(), row.valid_from)) {
            Some(row) => InForce { value: row.value, since: Some(row.valid_from), is_own: row.course.is_some() },
            None => {
                let code = course.and_then(|course| self.codes.get(&course)).map(String::as_str);
                InForce { value: key.default(code), since: None, is_own: false }
            }
        }
    }
}

/// Why a change is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegulationError {
    /// A field is not as it should be.
    #[error("{1}")]
    Invalid(&'static str, String),
}

impl From<RegulationError> for Problem {
    fn from(error: RegulationError) -> Self {
        let RegulationError::Invalid(field, message) = error;
        Self::new(Class::Invalid, "regulations.invalid", message.clone()).with_field(field, message)
    }
}

/// Whether this may be the value of a key.
pub(super) fn check(key: Key, value: Option<i32>) -> Result<(), RegulationError> {
    let invalid = |text: &str| Err(RegulationError::Invalid("value", text.to_owned()));
    match value {
        None if key.may_be_absent() => Ok(()),
        None => invalid("This must be a whole percentage, such as 80."),
        Some(value) if !(0..=100).contains(&value) => invalid("This must be a whole percentage from 0 to 100."),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn which_row_holds() {
        let (gnm, bsc) = (CourseId::from(Uuid::from_u128(1)), CourseId::from(Uuid::from_u128(2)));
        let row =
            |course, value, valid_from| Dated { key: Key::AttendanceTheory, course, value: Some(value), valid_from };
        let rows = vec![
            row(None, 75, date(2026, 1, 1)),
            row(Some(gnm), 70, date(2026, 3, 1)),
            row(None, 85, date(2026, 6, 1)),
            row(Some(gnm), 71, date(2026, 3, 1)),
            row(Some(gnm), 60, date(2025, 1, 1)),
        ];
        let codes = HashMap::from([(gnm, "GNM".to_owned()), (bsc, "BSCN".to_owned())]);
        let regulations = Regulations { rows, codes };
        for (course, on, expected, why) in [
            (bsc, date(2025, 12, 31), Some(80), "the default before the first row"),
            (bsc, date(2026, 1, 1), Some(75), "from its first day"),
            (bsc, date(2026, 5, 31), Some(75), "until the day before the next"),
            (bsc, date(2026, 6, 1), Some(85), "the latest date that has come"),
            (gnm, date(2024, 12, 31), Some(80), "the default"),
            (gnm, date(2026, 2, 1), Some(60), "the course's own, although the institute's is later"),
            (gnm, date(2026, 7, 1), Some(71), "of two of one date the one that was set last"),
        ] {
            assert_eq!(regulations.value(Key::AttendanceTheory, course, on), expected, "{why}");
        }
        let today = date(2026, 7, 1);
        assert_eq!(regulations.value(Key::MarksClassAverageCap, gnm, today), Some(75));
        assert_eq!(regulations.value(Key::MarksClassAverageCap, bsc, today), None);
        assert_eq!(regulations.value(Key::AttendanceClinical, bsc, today), Some(100));
        assert_eq!(regulations.value(Key::AttendancePractical, bsc, today), Some(80));
        assert_eq!(regulations.value(Key::MarksPass, bsc, today), Some(35));
    }

    #[test]
    fn a_limit_can_be_lifted() {
        let gnm = CourseId::from(Uuid::from_u128(1));
        let lifted =
            Dated { key: Key::MarksClassAverageCap, course: Some(gnm), value: None, valid_from: date(2026, 1, 1) };
        let regulations = Regulations { rows: vec![lifted], codes: HashMap::from([(gnm, "GNM".to_owned())]) };
        assert_eq!(regulations.value(Key::MarksClassAverageCap, gnm, date(2026, 1, 1)), None);
        assert_eq!(regulations.value(Key::MarksClassAverageCap, gnm, date(2025, 12, 31)), Some(75));
    }

    #[test]
    fn percentages_are_checked() {
        for value in [Some(0), Some(80), Some(100)] {
            assert!(check(Key::MarksPass, value).is_ok());
        }
        for value in [None, Some(-1), Some(101)] {
            assert!(check(Key::MarksPass, value).is_err());
        }
        assert!(check(Key::MarksClassAverageCap, None).is_ok());
    }

    #[test]
    fn every_key_is_spelt_the_same_everywhere() {
        for key in Key::ALL {
            assert_eq!(serde_json::to_value(key).unwrap(), key.as_str());
            assert_eq!(Key::from_stored(key.as_str()), Some(key));
        }
    }
}
