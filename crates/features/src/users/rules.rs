use std::borrow::Cow;

use lamplight_kernel::{Class, Problem};

/// Why something about an account is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UserError {
    /// There is no such account.
    #[error("There is no such account. It may have been deleted.")]
    NotFound,
    /// Fields that are not as they should be.
    #[error("{}", .0.first().map_or("Something is not as it should be.", |(_, text)| text))]
    Invalid(Vec<(&'static str, Cow<'static, str>)>),
    /// Somebody else changed it first.
    #[error("Somebody else has just changed this account. Please load it again.")]
    ChangedMeanwhile,
    /// The last one who could let others in.
    #[error("This is the last administrator who can sign in. Make another one first.")]
    LastAdmin,
    /// Nobody does this to themselves by accident.
    #[error("You can't do this to your own account. Another administrator can.")]
    Yourself,
    /// The account's person has left traces that stay.
    #[error(
        "This person is named in records that stay: study material, notices, attendance or marks. Switch the account off instead."
    )]
    InUse,
    /// Students have their own page.
    #[error("{0}")]
    Student(&'static str),
}

impl UserError {
    pub(super) fn field(field: &'static str, text: impl Into<Cow<'static, str>>) -> Self {
        Self::Invalid(vec![(field, text.into())])
    }
}

impl From<UserError> for Problem {
    fn from(error: UserError) -> Self {
        let message = error.to_string();
        match error {
            UserError::NotFound => Self::new(Class::NotFound, "users.not_found", message),
            UserError::Invalid(fields) => fields
                .into_iter()
                .fold(Self::new(Class::Invalid, "users.invalid", message), |problem, (field, text)| {
                    problem.with_field(field, text)
                }),
            UserError::ChangedMeanwhile => Self::new(Class::Conflict, "users.changed_meanwhile", message),
            UserError::LastAdmin => Self::new(Class::Invalid, "users.last_admin", message),
            UserError::Yourself => Self::new(Class::Invalid, "users.yourself", message),
            UserError::InUse => Self::new(Class::Invalid, "users.in_use", message),
            UserError::Student(_) => Self::new(Class::Invalid, "users.student", message),
        }
    }
}

/// A number for somebody new of a kind, after the greatest there is: `FAC26001`.
pub(super) fn next_number(prefix: &str, year: i16, taken: &[String]) -> String {
    let prefix = format!("{prefix}{:02}", year.rem_euclid(100));
    let numbers = taken.iter().filter_map(|number| number.strip_prefix(&prefix)?.parse::<u32>().ok());
    format!("{prefix}{:03}", numbers.max().unwrap_or(0) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_on_after_the_greatest() {
        let taken = ["FAC26001", "FAC26007", "FAC25099", "ADM26500", "teacher"].map(str::to_owned);
        assert_eq!(next_number("FAC", 2026, &taken), "FAC26008");
        assert_eq!(next_number("FAC", 2027, &taken), "FAC27001");
        assert_eq!(next_number("FAC", 2026, &["FAC26999".to_owned()]), "FAC261000");
    }
}
