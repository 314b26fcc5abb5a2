//! Who calls, as types: a function that takes an [`Admin`] can't be called for anybody else.

use std::net::IpAddr;

use lamplight_kernel::{CourseId, Room, Standing, StudentId, UserId};

use crate::{Claims, KeyId, Role};

/// Somebody with an account, as they are today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub user: UserId,
    /// The name they sign in with.
    pub username: String,
    /// What the institute calls them.
    pub full_name: String,
    /// What they are to the institute.
    pub standing: Standing,
    /// Whether they may sign in at all.
    pub is_active: bool,
    /// Tokens of another version are over.
    pub session_version: i32,
}

impl Person {
    /// Their role.
    #[must_use]
    pub fn role(&self) -> Role {
        Role::from(&self.standing)
    }

    /// The rooms they are in today: what they may see and hear.
    #[must_use]
    pub fn rooms(&self) -> Vec<Room> {
        self.standing.rooms(self.user)
    }
}

/// A person with a token that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub person: Person,
    /// What their token says.
    pub claims: Claims,
    /// The key that signed it.
    pub signing_key: KeyId,
    /// Where the event log stood when this was found out.
    pub log_head: i64,
    /// From where they call, when that is known.
    pub address: Option<IpAddr>,
}

impl AsRef<Self> for Caller {
    fn as_ref(&self) -> &Self {
        self
    }
}

/// The caller is somebody, but not of the role that is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this needs the role {needed}")]
pub struct WrongRole {
    /// Which role is needed, in words.
    pub needed: &'static str,
}

macro_rules! deref_to_person {
    ($($role:ident),+) => {$(
        impl AsRef<Caller> for $role {
            fn as_ref(&self) -> &Caller {
                &self.0
            }
        }

        impl std::ops::Deref for $role {
            type Target = Person;

            fn deref(&self) -> &Person {
                &self.0.person
            }
        }
    )+};
}
deref_to_person!(Admin, Staff, Student);

/// A caller who is an administrator.
#[derive(Debug, Clone)]
pub struct Admin(Caller);

impl TryFrom<Caller> for Admin {
    type Error = WrongRole;

    fn try_from(caller: Caller) -> Result<Self, WrongRole> {
        match caller.person.standing {
            Standing::Admin => Ok(Self(caller)),
            _ => Err(WrongRole { needed: "administrator" }),
        }
    }
}

/// A caller who is an administrator or teaches.
#[derive(Debug, Clone)]
pub struct Staff(Caller);

impl TryFrom<Caller> for Staff {
    type Error = WrongRole;

    fn try_from(caller: Caller) -> Result<Self, WrongRole> {
        match caller.person.standing {
            Standing::Admin | Standing::Faculty { .. } => Ok(Self(caller)),
            Standing::Student { .. } => Err(WrongRole { needed: "administrator or faculty" }),
        }
    }
}

impl Staff {
    /// Whether they are an administrator.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.standing == Standing::Admin
    }

    /// Whether they may act for a course: administrators for every one, faculty for those they teach.
    #[must_use]
    pub fn may_act_for(&self, course: CourseId) -> bool {
        match &self.standing {
            Standing::Admin => true,
            Standing::Faculty { teaches, .. } => teaches.contains(&course),
            Standing::Student { .. } => false,
        }
    }

    /// The courses they may act for; `None` means every one.
    #[must_use]
    pub fn courses(&self) -> Option<&[CourseId]> {
        match &self.standing {
            Standing::Admin => None,
            Standing::Faculty { teaches, .. } => Some(teaches),
            Standing::Student { .. } => Some(&[]),
        }
    }
}

/// A caller who studies.
#[derive(Debug, Clone)]
pub struct Student(Caller, StudentId);

impl TryFrom<Caller> for Student {
    type Error = WrongRole;

    fn try_from(caller: Caller) -> Result<Self, WrongRole> {
        match caller.person.standing {
            Standing::Student { student, .. } => Ok(Self(caller, student)),
            _ => Err(WrongRole { needed: "student" }),
        }
    }
}

impl Student {
    /// Their student record.
    #[must_use]
    pub const fn student(&self) -> StudentId {
        self.1
    }
}
