use std::collections::BTreeMap;

use lamplight_kernel::{Class, Problem};

/// The longest texts, in characters.
pub(super) const MAX_ID: usize = 30;
pub(super) const MAX_SHORT: usize = 100;
pub(super) const MAX_LONG: usize = 500;
pub(super) const MAX_EMAIL: usize = 254;
/// Courses and subjects that one person may teach.
pub(super) const MAX_COURSES: usize = 50;
pub(super) const MAX_SUBJECTS: usize = 100;

/// What forms offer, beside what somebody has written already. Any other is taken too.
pub(super) const DEPARTMENTS: [&str; 10] = [
    "Administration",
    "Anatomy",
    "Community Health Nursing",
    "Medical-Surgical Nursing",
    "Nutrition",
    "Obstetric Nursing",
    "Pediatric Nursing",
    "Pharmacology",
    "Physiology",
    "Psychiatric Nursing",
];
pub(super) const DESIGNATIONS: [&str; 8] = [
    "Assistant Professor",
    "Associate Professor",
    "Clinical Instructor",
    "Dean",
    "Head of Department",
    "Lab Instructor",
    "Lecturer",
    "Professor",
];

/// What makes a subject the same one: its letters, in whatever case and with whatever blanks it was typed.
pub(super) fn subject_key(subject: &str) -> String {
    subject.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Whether a text may be a mail address. Only the mail itself tells for sure.
pub(super) fn is_email(text: &str) -> bool {
    let good = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control());
    text.chars().count() <= MAX_EMAIL
        && text.split_once('@').is_some_and(|(name, host)| {
            good(name) && good(host) && !host.contains('@') && host.contains('.') && !host.ends_with('.')
        })
}

/// Why something about faculty is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FacultyError {
    /// There is none with this id.
    #[error("This faculty member is not there. They may have been deleted.")]
    NotFound,
    /// Some fields are not as they should be.
    #[error("Something in the form is not as it should be.")]
    Invalid(BTreeMap<String, String>),
    /// Somebody has this number.
    #[error("There is a faculty member with this id already.")]
    IdTaken,
    /// Somebody has this mail address or user name.
    #[error("There is an account with this email or user name already.")]
    EmailTaken,
    /// Somebody changed it since it was read.
    #[error("Somebody else changed this in the meantime. Look at what it is now before you change it again.")]
    ChangedMeanwhile,
    /// Something is theirs.
    #[error(
        "There are records of this faculty member, so they can't be deleted. Switch the account off instead: they can't sign in any more, and what they recorded stays theirs."
    )]
    InUse,
}

impl FacultyError {
    pub(super) fn field(field: &str, text: impl Into<String>) -> Self {
        Self::Invalid(BTreeMap::from([(field.to_owned(), text.into())]))
    }
}

impl From<FacultyError> for Problem {
    fn from(error: FacultyError) -> Self {
        let message = error.to_string();
        let of = |field: &str| BTreeMap::from([(field.to_owned(), message.clone())]);
        let (class, code, fields) = match error {
            FacultyError::NotFound => (Class::NotFound, "faculty.not_found", BTreeMap::new()),
            FacultyError::IdTaken => (Class::Invalid, "faculty.id_taken", of("facultyId")),
            FacultyError::EmailTaken => (Class::Invalid, "faculty.email_taken", of("email")),
            FacultyError::ChangedMeanwhile => (Class::Conflict, "faculty.changed_meanwhile", BTreeMap::new()),
            FacultyError::InUse => (Class::Conflict, "faculty.in_use", BTreeMap::new()),
            FacultyError::Invalid(fields) => (Class::Invalid, "faculty.invalid", fields),
        };
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
    use super::*;

    #[test]
    fn what_may_be_a_mail_address() {
        for good in ["a@b.example", "first.last+x@nursing.ac.in"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["", "a", "@b.example", "a@", "a@b", "a b@c.example", "a@b@c.example", "a@b.", "a@b .example"] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
