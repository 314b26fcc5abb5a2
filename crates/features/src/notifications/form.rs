use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rules::{Category, Kind, MAX_MESSAGE, MAX_TITLE, NotificationError, Priority, TargetType, is_local};
use crate::wire::Change;

/// A notice as the office writes it. In a change, what is left out stays as it is. Fields that are not named here are ignored: the
/// existing client sends back the whole document.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
#[schema(as = NotificationForm)]
pub(super) struct Form {
    /// In a few words, at most 200 characters.
    pub(super) title: Option<String>,
    /// In full, at most 5,000 characters.
    pub(super) message: Option<String>,
    /// Its colour.
    #[serde(rename = "type")]
    pub(super) kind: Option<Kind>,
    /// What it is about.
    pub(super) category: Option<Category>,
    /// How much it matters.
    pub(super) priority: Option<Priority>,
    /// The page it is about, within Lamplight: `/marks`.
    #[schema(value_type = Option<String>)]
    pub(super) action_url: Change<String>,
    /// Whom it is for. It can't be changed later.
    pub(super) target_type: Option<TargetType>,
    /// Which roles, courses, years or people.
    #[schema(value_type = Vec<String>)]
    pub(super) target_ids: Option<Vec<Id>>,
    /// Whether its receivers see it.
    pub(super) is_active: Option<bool>,
    /// In a change: the version that was changed.
    #[schema(value_type = Option<i32>)]
    pub(super) rev: Change<i32>,
}

/// An id, a role or a year, which may come as a number.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Id {
    Text(String),
    Year(i32),
}

/// A notice, checked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Details {
    pub(super) title: String,
    pub(super) message: String,
    pub(super) kind: Kind,
    pub(super) category: Category,
    pub(super) priority: Priority,
    pub(super) link: Option<String>,
    pub(super) is_active: bool,
}

impl Form {
    /// All mistakes at once. `before` is what is changed.
    pub(super) fn check(self, before: Details) -> Result<Details, NotificationError> {
        let mut mistakes = Vec::new();
        let mut text = |field, given: Option<String>, before: String, max: usize, missing: &str| {
            let text = given.map_or(before, |text| text.trim().replace('\0', ""));
            if text.is_empty() {
                mistakes.push((field, missing.to_owned()));
            } else if text.chars().count() > max {
                mistakes.push((field, format!("This may have at most {max} characters.")));
            }
            text
        };
        let title = text("title", self.title, before.title, MAX_TITLE, "Give it a title.");
        let message = text("message", self.message, before.message, MAX_MESSAGE, "Write the message.");
        let link = self.action_url.apply(before.link);
        if link.as_deref().is_some_and(|link| !is_local(link)) {
            mistakes.push(("actionUrl", "This must be the address of a page of Lamplight, such as /marks.".to_owned()));
        }
        if !mistakes.is_empty() {
            return Err(NotificationError::Invalid(mistakes));
        }
        Ok(Details {
            title,
            message,
            kind: self.kind.unwrap_or(before.kind),
            category: self.category.unwrap_or(before.category),
            priority: self.priority.unwrap_or(before.priority),
            link,
            is_active: self.is_active.unwrap_or(before.is_active),
        })
    }
}

impl From<Id> for String {
    fn from(id: Id) -> Self {
        match id {
            Id::Text(text) => text.trim().to_owned(),
            Id::Year(year) => year.to_string(),
        }
    }
}
