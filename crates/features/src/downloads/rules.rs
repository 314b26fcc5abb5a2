use jiff::civil::Date;
use lamplight_kernel::{Class, Problem};

/// The categories of study material, as the existing client knows them.
pub const CATEGORIES: [&str; 11] = [
    "Syllabus",
    "Timetable",
    "Notes",
    "Question Paper",
    "Lab Manual",
    "Form",
    "Circular",
    "Result",
    "Hall Ticket",
    "Certificate",
    "Other",
];

/// The longest texts, in characters.
pub(super) const MAX_TITLE: usize = 200;
pub(super) const MAX_DESCRIPTION: usize = 5000;
pub(super) const MAX_SHORT: usize = 100;
pub(super) const MAX_TAGS: usize = 20;
/// Students that one piece of material may be meant for by name.
pub(super) const MAX_STUDENTS: usize = 500;
/// No programme has more.
pub(super) const MAX_SEMESTER: i32 = 12;

/// Why an operation on study material is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DownloadError {
    /// There is none with this id, or none that the caller may know of.
    #[error("This study material is not there. It may have been deleted.")]
    NotFound,
    /// Its last day is over.
    #[error("This study material is not available any more: its last day is over.")]
    Expired,
    /// The form came without a file.
    #[error("Choose a file to upload.")]
    FileMissing,
    /// Some fields are not as they should be.
    #[error("Something in the form is not as it should be.")]
    Invalid(Vec<(&'static str, String)>),
    /// It is somebody else's.
    #[error("Only the office or who uploaded this can change it.")]
    NotYours,
    /// Faculty may not address so many.
    #[error("{0}")]
    AudienceForbidden(String),
    /// Somebody changed it since it was read.
    #[error("Somebody else changed this in the meantime. Look at their version before you change it again.")]
    ChangedMeanwhile,
}

impl From<DownloadError> for Problem {
    fn from(error: DownloadError) -> Self {
        let message = error.to_string();
        match error {
            DownloadError::NotFound => Self::new(Class::NotFound, "downloads.not_found", message),
            DownloadError::Expired => Self::new(Class::Gone, "downloads.expired", message),
            DownloadError::FileMissing => {
                Self::new(Class::Invalid, "downloads.file_missing", message.clone()).with_field("file", message)
            }
            DownloadError::Invalid(fields) => {
                // The existing client shows the message alone: let it say what is wrong when it is one thing.
                let message = match fields.as_slice() {
                    [(_, text)] => text.clone(),
                    _ => message,
                };
                let problem = Self::new(Class::Invalid, "downloads.invalid", message);
                fields.into_iter().fold(problem, |problem, (field, text)| problem.with_field(field, text))
            }
            DownloadError::NotYours => Self::new(Class::Forbidden, "downloads.not_yours", message),
            DownloadError::AudienceForbidden(text) => {
                Self::new(Class::Forbidden, "downloads.audience_forbidden", text.clone())
                    .with_field("targetAudience", text)
            }
            DownloadError::ChangedMeanwhile => Self::new(Class::Conflict, "downloads.changed_meanwhile", message),
        }
    }
}

/// Whether something whose last day is `expires_on` is over on `today`. The last day itself counts.
pub(super) fn is_expired(expires_on: Option<Date>, today: Date) -> bool {
    expires_on.is_some_and(|last| last < today)
}

/// The academic year that a date falls in, by the year it begins. It begins in July, as councils and universities of the
/// programmes have it.
pub(super) fn academic_year(date: Date) -> String {
    let year = if date.month() >= 7 { date.year() } else { date.year() - 1 };
    year.to_string()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_last_day_counts() {
        let today = date(2026, 11, 22);
        assert!(!is_expired(None, today));
        assert!(!is_expired(Some(today), today));
        assert!(!is_expired(Some(date(2026, 11, 23)), today));
        assert!(is_expired(Some(date(2026, 11, 21)), today));
    }

    #[test]
    fn the_academic_year_begins_in_july() {
        assert_eq!(academic_year(date(2026, 6, 30)), "2025");
        assert_eq!(academic_year(date(2026, 7, 1)), "2026");
    }
}
