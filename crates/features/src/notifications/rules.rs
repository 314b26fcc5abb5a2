use std::str::FromStr;

use lamplight_kernel::{Class, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The longest texts, in characters.
pub(super) const MAX_TITLE: usize = 200;
pub(super) const MAX_MESSAGE: usize = 5_000;
pub(super) const MAX_LINK: usize = 200;
/// People that one notice may be meant for by name.
pub(super) const MAX_INDIVIDUALS: usize = 500;

/// Defines an enum whose names are the same on the wire and in the database. What serde says of the names is said of the enum
/// as a whole: the document of the routes reads that, and not what a macro puts at each variant.
macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$more:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
        $(#[$doc])*
        pub enum $name {
            $($(#[$more])* $variant,)+
        }

        impl $name {
            /// As the wire and the database spell it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl FromStr for $name {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, ()> {
                match text { $($text => Ok(Self::$variant),)+ _ => Err(()) }
            }
        }
    };
}

names! {
    /// The colour it has.
    #[schema(as = NotificationKind)]
    #[serde(rename_all = "lowercase")]
    Kind {
        /// The usual one.
        #[default]
        Info = "info",
        /// Something went well.
        Success = "success",
        /// Something to mind.
        Warning = "warning",
        /// Something is wrong.
        Danger = "danger",
        /// Kept for the existing client.
        Primary = "primary",
    }
}

names! {
    /// What it is about.
    #[schema(as = NotificationCategory)]
    Category {
        /// Classes and attendance.
        Academic = "Academic",
        /// The office.
        Administrative = "Administrative",
        /// Something that takes place.
        Event = "Event",
        /// Examinations.
        Exam = "Exam",
        /// Marks.
        Result = "Result",
        /// Work after the course.
        Placement = "Placement",
        /// Fees.
        Fee = "Fee",
        /// A day without classes.
        Holiday = "Holiday",
        /// Something that can't wait.
        Emergency = "Emergency",
        /// Anything else.
        #[default]
        General = "General",
    }
}

names! {
    /// How much it matters.
    #[schema(as = NotificationPriority)]
    #[serde(rename_all = "lowercase")]
    Priority {
        /// Good to know.
        Low = "low",
        /// The usual one.
        #[default]
        Medium = "medium",
        /// To be read today.
        High = "high",
        /// To be read at once.
        Urgent = "urgent",
    }
}

names! {
    /// Whom it is for.
    #[schema(as = NotificationTarget)]
    #[serde(rename_all = "lowercase")]
    TargetType {
        /// Everybody.
        #[default]
        All = "all",
        /// `targetIds` are roles: `student`, `faculty`, `admin`.
        Role = "role",
        /// `targetIds` are ids of courses: their students and who teaches them.
        Course = "course",
        /// `targetIds` are years in which students began.
        Batch = "batch",
        /// `targetIds` are ids of users or of student records.
        Individual = "individual",
    }
}

/// Why an operation on a notification is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotificationError {
    /// There is none with this id, or it is not the caller's.
    #[error("This notification is not there. It may have been deleted.")]
    NotFound,
    /// Some fields are not as they should be.
    #[error("Something in the notification is not as it should be.")]
    Invalid(Vec<(&'static str, String)>),
    /// Somebody changed it since it was read.
    #[error("Somebody else changed this in the meantime. Look at their version before you change it again.")]
    ChangedMeanwhile,
}

impl From<NotificationError> for Problem {
    fn from(error: NotificationError) -> Self {
        let message = error.to_string();
        match error {
            NotificationError::NotFound => Self::new(Class::NotFound, "notifications.not_found", message),
            NotificationError::ChangedMeanwhile => {
                Self::new(Class::Conflict, "notifications.changed_meanwhile", message)
            }
            NotificationError::Invalid(fields) => {
                // The existing client shows the message alone: let it say what is wrong when it is one thing.
                let message = match fields.as_slice() {
                    [(_, text)] => text.clone(),
                    _ => message,
                };
                let problem = Self::new(Class::Invalid, "notifications.invalid", message);
                fields.into_iter().fold(problem, |problem, (field, text)| problem.with_field(field, text))
            }
        }
    }
}

/// Whether a link stays within Lamplight: a path, so that no notice can lead people to somebody else's page.
pub(super) fn is_local(link: &str) -> bool {
    link.starts_with('/')
        && !link.starts_with("//")
        && link.len() <= MAX_LINK
        && link.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_stays_within_lamplight() {
        for good in ["/", "/marks", "/downloads?open=0190c0de-0000-7000-8000-00000000002a", "/attendance#today"] {
            assert!(is_local(good), "{good}");
        }
        for bad in
            ["", "marks", "//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "/a b"]
        {
            assert!(!is_local(bad), "{bad}");
        }
        assert!(!is_local(&format!("/{}", "a".repeat(MAX_LINK))));
    }

    #[test]
    fn names_are_spelt_the_same_everywhere() {
        for name in ["all", "role", "course", "batch", "individual"] {
            let target: TargetType = name.parse().unwrap();
            assert_eq!((target.as_str(), serde_json::to_value(target).unwrap()), (name, name.into()));
        }
        assert_eq!("urgent".parse(), Ok(Priority::Urgent));
        assert_eq!(Priority::default(), Priority::Medium);
        assert_eq!(Category::default().as_str(), "General");
        assert!("Urgent".parse::<Priority>().is_err());
    }
}
