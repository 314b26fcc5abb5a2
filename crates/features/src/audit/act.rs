//! What is written: somebody, an act, and what it changed. Pure.

use std::{fmt, net::IpAddr, str::FromStr};

use lamplight_auth::Caller;
use lamplight_kernel::UserId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// The longest text that is kept of a value, in characters.
const MAX_VALUE: usize = 500;
/// The longest name of a record that is kept, in characters.
const MAX_LABEL: usize = 200;
/// Fields called like this are written without their values.
const SECRETS: [&str; 5] = ["password", "token", "secret", "hash", "salt"];

/// What something was done to: the nouns of the features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AuditKind)]
#[expect(missing_docs, reason = "each is the feature of the same name")]
pub enum Kind {
    Attendance,
    Courses,
    Downloads,
    Faculty,
    Marks,
    Notifications,
    Regulations,
    Settings,
    SigningKey,
    Students,
    Users,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Attendance,
        Self::Courses,
        Self::Downloads,
        Self::Faculty,
        Self::Marks,
        Self::Notifications,
        Self::Regulations,
        Self::Settings,
        Self::SigningKey,
        Self::Students,
        Self::Users,
    ];

    /// As the wire and the database spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Attendance => "attendance",
            Self::Courses => "courses",
            Self::Downloads => "downloads",
            Self::Faculty => "faculty",
            Self::Marks => "marks",
            Self::Notifications => "notifications",
            Self::Regulations => "regulations",
            Self::Settings => "settings",
            Self::SigningKey => "signing_key",
            Self::Students => "students",
            Self::Users => "users",
        }
    }
}

impl FromStr for Kind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(())
    }
}

/// Who did it, and from where.
#[derive(Debug, Clone, Copy)]
pub struct Actor<'a> {
    pub(super) user: Option<UserId>,
    pub(super) full_name: &'a str,
    pub(super) username: &'a str,
    pub(super) role: &'a str,
    pub(super) address: Option<IpAddr>,
}

impl Actor<'static> {
    /// Somebody at the command line of the server.
    #[must_use]
    pub const fn operator() -> Self {
        Self { user: None, full_name: "Command line", username: "", role: "", address: None }
    }
}

impl<'a> Actor<'a> {
    /// Somebody who is not signed in yet and proves in another way who they are.
    #[must_use]
    pub const fn known(user: UserId, (full_name, username): (&'a str, &'a str), address: Option<IpAddr>) -> Self {
        Self { user: Some(user), full_name, username, role: "", address }
    }
}

impl<'a, C: AsRef<Caller>> From<&'a C> for Actor<'a> {
    fn from(caller: &'a C) -> Self {
        let caller = caller.as_ref();
        Self {
            user: Some(caller.person.user),
            full_name: &caller.person.full_name,
            username: &caller.person.username,
            role: caller.person.role().as_str(),
            address: caller.address,
        }
    }
}

/// A field that was changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = AuditChange)]
pub(super) struct Change {
    /// Its name.
    pub(super) field: String,
    /// Its value before; nothing when there was none.
    pub(super) old: Value,
    /// Its value after; nothing when there is none.
    pub(super) new: Value,
}

/// What somebody did to a record.
#[derive(Debug, Clone)]
pub struct Act {
    pub(super) kind: Kind,
    pub(super) action: &'static str,
    pub(super) record_id: String,
    pub(super) label: String,
    pub(super) changes: Vec<Change>,
}

impl Act {
    /// Something was done: `Act::new(Kind::Downloads, "deleted", id, &row.title)`. The action is a verb in the past tense, in
    /// `snake_case`; the label is what people call the record.
    #[must_use]
    pub fn new(kind: Kind, action: &'static str, record_id: impl fmt::Display, label: impl AsRef<str>) -> Self {
        let label = cut(label.as_ref(), MAX_LABEL);
        Self { kind, action, record_id: record_id.to_string(), label, changes: Vec::new() }
    }

    /// A field that was changed. Left out when its value is what it was.
    #[must_use]
    pub fn changed<T: Serialize + ?Sized>(self, field: &str, old: &T, new: &T) -> Self {
        let (old, new) = (json(old), json(new));
        if old == new { self } else { self.with(field, old, new) }
    }

    /// A field that got its first value, or something that is worth knowing about the act, such as the reason that was given.
    #[must_use]
    pub fn noted<T: Serialize + ?Sized>(self, field: &str, value: &T) -> Self {
        match json(value) {
            Value::Null => self,
            value => self.with(field, Value::Null, value),
        }
    }

    /// Whether nothing was changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    fn with(mut self, field: &str, old: Value, new: Value) -> Self {
        let lower = field.to_lowercase();
        let is_secret = SECRETS.iter().any(|secret| lower.contains(secret));
        let kept = |value: Value| match value {
            Value::Null => Value::Null,
            _ if is_secret => Value::from("(not shown)"),
            Value::String(text) => Value::from(cut(&text, MAX_VALUE)),
            Value::Array(_) | Value::Object(_) if value.to_string().len() > MAX_VALUE => {
                Value::from(cut(&value.to_string(), MAX_VALUE))
            }
            value => value,
        };
        self.changes.push(Change { field: field.to_owned(), old: kept(old), new: kept(new) });
        self
    }
}

fn json<T: Serialize + ?Sized>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// At most so many characters, without those that PostgreSQL can't keep.
fn cut(text: &str, most: usize) -> String {
    let clean = text.chars().filter(|char| *char != '\0');
    let mut kept: String = clean.clone().take(most).collect();
    if clean.count() > most {
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_changed_is_kept_and_no_secret() {
        let long = "x".repeat(10_000);
        let act = Act::new(Kind::Users, "changed", "7", "Asha\0")
            .changed("email", "a@x.example", "b@x.example")
            .changed("username", "asha", "asha")
            .changed("isActive", &true, &false)
            .changed("newPassword", "lamp of the night", "lamp of the day")
            .changed("notes", &None::<String>, &Some(long))
            .noted("reason", "typing mistake")
            .noted("nothing", &None::<i32>);
        assert_eq!(act.label, "Asha");
        let kept = serde_json::to_value(&act.changes).unwrap();
        assert_eq!(kept[0], json!({"field": "email", "old": "a@x.example", "new": "b@x.example"}));
        assert_eq!(kept[1], json!({"field": "isActive", "old": true, "new": false}));
        assert_eq!(kept[2], json!({"field": "newPassword", "old": "(not shown)", "new": "(not shown)"}));
        assert!(kept[3]["old"].is_null() && kept[3]["new"].as_str().unwrap().chars().count() == MAX_VALUE + 1);
        assert_eq!(kept[4], json!({"field": "reason", "old": null, "new": "typing mistake"}));
        assert_eq!(kept.as_array().unwrap().len(), 5);
        assert!(Act::new(Kind::Users, "changed", "7", "Asha").changed("a", &1, &1).is_empty());
    }

    #[test]
    fn kinds_are_spelt_alike_everywhere() {
        for kind in Kind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        assert_eq!("passwords".parse::<Kind>(), Err(()));
    }
}
