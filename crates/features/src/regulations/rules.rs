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
    /// The share of the maximum from which on the grade is O, if it reaches no better one. Default 90: contract.md, 2.14.
    GradeO,
    /// The share of the maximum from which on the grade is A+, if it reaches no better one. Default 80: contract.md, 2.14.
    GradeAPlus,
    /// The share of the maximum from which on the grade is A, if it reaches no better one. Default 70: contract.md, 2.14.
    GradeA,
    /// The share of the maximum from which on the grade is B+, if it reaches no better one. Default 60: contract.md, 2.14.
    GradeBPlus,
    /// The share of the maximum from which on the grade is B, if it reaches no better one. Default 50: contract.md, 2.14.
    GradeB,
    /// The share of the maximum from which on the grade is C, if it reaches no better one. Default 40: contract.md, 2.14.
    GradeC,
    /// The share of the maximum from which on the grade is D, if it reaches no better one. Default 35: contract.md, 2.14.
    GradeD,
}

impl Key {
    /// Every key, in the order they are shown.
    pub const ALL: [Self; 12] = [
        Self::AttendanceTheory,
        Self::AttendancePractical,
        Self::AttendanceClinical,
        Self::MarksClassAverageCap,
        Self::MarksPass,
        Self::GradeO,
        Self::GradeAPlus,
        Self::GradeA,
        Self::GradeBPlus,
        Self::GradeB,
        Self::GradeC,
        Self::GradeD,
    ];

    /// The grades, best first.
    pub const GRADES: [Self; 7] =
        [Self::GradeO, Self::GradeAPlus, Self::GradeA, Self::GradeBPlus, Self::GradeB, Self::GradeC, Self::GradeD];

    /// As the database and the wire spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AttendanceTheory => "attendance_theory",
            Self::AttendancePractical => "attendance_practical",
            Self::AttendanceClinical => "attendance_clinical",
            Self::MarksClassAverageCap => "marks_class_average_cap",
            Self::MarksPass => "marks_pass",
            Self::GradeO => "grade_o",
            Self::GradeAPlus => "grade_a_plus",
            Self::GradeA => "grade_a",
            Self::GradeBPlus => "grade_b_plus",
            Self::GradeB => "grade_b",
            Self::GradeC => "grade_c",
            Self::GradeD => "grade_d",
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
            Self::GradeO => "Grade O begins at",
            Self::GradeAPlus => "Grade A+ begins at",
            Self::GradeA => "Grade A begins at",
            Self::GradeBPlus => "Grade B+ begins at",
            Self::GradeB => "Grade B begins at",
            Self::GradeC => "Grade C begins at",
            Self::GradeD => "Grade D begins at",
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
            Self::GradeO
            | Self::GradeAPlus
            | Self::GradeA
            | Self::GradeBPlus
            | Self::GradeB
            | Self::GradeC
            | Self::GradeD => {
                "The scale of the records kept so far: O 90, A+ 80, A 70, B+ 60, B 50, C 40, D 35 %, below it F. Universities and councils have others: set yours here."
            }
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
            Self::MarksPass | Self::GradeD => Some(35),
            Self::GradeO => Some(90),
            Self::GradeAPlus => Some(80),
            Self::GradeA => Some(70),
            Self::GradeBPlus => Some(60),
            Self::GradeB => Some(50),
            Self::GradeC => Some(40),
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
