//! Ids: one type for each noun, so that a course can never be passed where a student is meant.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text that is no id of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a valid id")]
pub struct IdError;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        ///
        /// A version 7 UUID (RFC 9562): its first 48 bits are milliseconds, so that rows made together lie together
        /// in an index. On the wire it is an opaque string.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Takes a UUID for an id of this kind: for ids made by [`crate::Chance`] or read from the database.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID, as the database stores it.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            /// Only the hyphenated form in lower case is an id: an id has one spelling, and so one cache key and one log
            /// line.
            fn from_str(text: &str) -> Result<Self, IdError> {
                if text.len() != uuid::fmt::Hyphenated::LENGTH || text.bytes().any(|byte| byte.is_ascii_uppercase()) {
                    return Err(IdError);
                }
                Uuid::try_parse(text).map(Self).map_err(|_| IdError)
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Uuid {
                id.0
            }
        }
    )+};
}

ids! {
    /// A person who may sign in, of whatever role.
    UserId,
    /// A student's record. (The human student id, such as `GNM2024007`, is a plain string.)
    StudentId,
    /// A faculty member's record.
    FacultyId,
    /// A course (programme), such as GNM.
    CourseId,
    /// A piece of study material.
    DownloadId,
    /// A student's attendance of one class.
    AttendanceId,
    /// A class that is, or was, open for marking.
    ClassId,
    /// A tap on the roll-call board. Made on the device.
    TapId,
    /// A file of attendance that was read and may be applied.
    AttendanceImportId,
    /// A file of marks that was read and may be applied.
    MarkImportId,
    /// The marks of one student in one exam.
    MarkId,
    /// The sheet of marks of one exam of a class.
    SheetId,
    /// A notification.
    NotificationId,
    /// An entry of the audit.
    AuditId,
    /// A device on which somebody is signed in.
    SessionId,
    /// A file of students that was read and may be applied.
    StudentImportId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_spelling_is_an_id() {
        let good = "0190c0de-0000-7000-8000-00000000002a";
        assert_eq!(good.parse::<CourseId>().unwrap().to_string(), good);
        for bad in [
            "",
            "42",
            "0190c0de000070008000000000000 02a",
            "0190c0de00007000800000000000002a",
            "{0190c0de-0000-7000-8000-00000000002a}",
            "0190C0DE-0000-7000-8000-00000000002A",
            "undefined",
        ] {
            assert_eq!(bad.parse::<CourseId>(), Err(IdError), "{bad}");
        }
    }
}
