use std::collections::BTreeMap;

use lamplight_kernel::{Class, Problem};

/// The longest texts, in characters.
pub(super) const MAX_CODE: usize = 20;
pub(super) const MAX_NAME: usize = 150;
pub(super) const MAX_DESCRIPTION: usize = 5_000;
pub(super) const MAX_LINE: usize = 300;
/// Entries of a list.
pub(super) const MAX_ENTRIES: usize = 50;
pub(super) const MAX_SUBJECTS: usize = 200;
/// No programme has more.
pub(super) const MAX_SEMESTERS: i32 = 12;
pub(super) const MAX_SEATS: i32 = 10_000;
/// More than any fee, in rupees.
pub(super) const MAX_AMOUNT: f64 = 100_000_000.0;

/// How many semesters a course has by its duration, as the existing client offers it: `3 Years`, `Diploma 2 Years`, `6 Months`. A
/// year has two.
pub(super) fn semesters(duration: &str) -> Option<i32> {
    let mut words = duration.split_whitespace();
    let number: i32 = words.by_ref().find_map(|word| word.parse().ok())?;
    let semesters = match words.next()?.to_lowercase().as_str() {
        "year" | "years" => number.checked_mul(2)?,
        "month" | "months" => (number + 5) / 6,
        _ => return None,
    };
    (1..=MAX_SEMESTERS).contains(&semesters).then_some(semesters)
}

/// An amount of money, in whole paise.
pub(super) fn amount(rupees: f64) -> Option<f64> {
    (rupees.is_finite() && (0.0..=MAX_AMOUNT).contains(&rupees)).then(|| (rupees * 100.0).round() / 100.0)
}

/// Why something about courses is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CourseError {
    /// There is none with this id.
    #[error("This course is not there. It may have been deleted.")]
    NotFound,
    /// Some fields are not as they should be.
    #[error("Something in the form is not as it should be.")]
    Invalid(BTreeMap<String, String>),
    /// Another course has this code.
    #[error("There is a course with this code already.")]
    CodeTaken,
    /// Somebody changed it since it was read.
    #[error("Somebody else changed this course in the meantime. Look at what it is now before you change it again.")]
    ChangedMeanwhile,
    /// Something belongs to it.
    #[error(
        "{0}, so this course can't be deleted. Set it to inactive instead: it is then offered to nobody, and its records stay."
    )]
    InUse(String),
}

impl From<CourseError> for Problem {
    fn from(error: CourseError) -> Self {
        let message = error.to_string();
        let (class, code, fields) = match error {
            CourseError::NotFound => (Class::NotFound, "courses.not_found", BTreeMap::new()),
            CourseError::Invalid(fields) => (Class::Invalid, "courses.invalid", fields),
            CourseError::CodeTaken => {
                let fields = BTreeMap::from([("courseCode".to_owned(), message.clone())]);
                (Class::Invalid, "courses.code_taken", fields)
            }
            CourseError::ChangedMeanwhile => (Class::Conflict, "courses.changed_meanwhile", BTreeMap::new()),
            CourseError::InUse(_) => (Class::Conflict, "courses.in_use", BTreeMap::new()),
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

/// What belongs to a course, in words: `40 students, 3 sheets of marks`.
pub(super) fn belongings(counts: &[(u64, &str, &str)]) -> Option<String> {
    let words: Vec<String> = counts
        .iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many }))
        .collect();
    let verb = if let [(1, ..)] = counts.iter().filter(|(count, ..)| *count > 0).collect::<Vec<_>>().as_slice() {
        "belongs"
    } else {
        "belong"
    };
    (!words.is_empty()).then(|| format!("{} {verb} to it", words.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_semesters() {
        for (duration, expected) in [
            ("1 Year", Some(2)),
            ("4 Years", Some(8)),
            ("Diploma 2 Years", Some(4)),
            ("Degree 4 Years", Some(8)),
            ("6 Months", Some(1)),
            ("18 months", Some(3)),
            ("a while", None),
            ("3", None),
            ("70 Years", None),
            ("2147483647 Years", None),
            ("", None),
        ] {
            assert_eq!(semesters(duration), expected, "{duration}");
        }
    }

    #[test]
    fn money_is_in_paise() {
        assert_eq!((amount(0.0), amount(12.345), amount(MAX_AMOUNT)), (Some(0.0), Some(12.35), Some(MAX_AMOUNT)));
        for bad in [-0.01, f64::NAN, f64::INFINITY, MAX_AMOUNT + 1.0] {
            assert_eq!(amount(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_belongs_to_a_course_is_said_in_words() {
        let said = |students, sheets| belongings(&[(students, "student", "students"), (sheets, "sheet", "sheets")]);
        assert_eq!(said(0, 0), None);
        assert_eq!(said(1, 0).as_deref(), Some("1 student belongs to it"));
        assert_eq!(said(40, 1).as_deref(), Some("40 students, 1 sheet belong to it"));
    }
}
