//! The three roles of the institute.

use std::{fmt, str::FromStr};

use lamplight_kernel::Standing;
use serde::{Deserialize, Serialize};

/// What somebody is: exactly one of these, as the wire and the database spell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Runs the institute.
    Admin,
    /// Teaches.
    Faculty,
    /// Studies.
    Student,
}

impl Role {
    /// As the wire and the database spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Faculty => "faculty",
            Self::Student => "student",
        }
    }
}

impl From<&Standing> for Role {
    fn from(standing: &Standing) -> Self {
        match standing {
            Standing::Admin => Self::Admin,
            Standing::Faculty { .. } => Self::Faculty,
            Standing::Student { .. } => Self::Student,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Admin, Self::Faculty, Self::Student].into_iter().find(|role| role.as_str() == text).ok_or(())
    }
}
