use lamplight_kernel::{NotificationId, Timestamp, UserId};
use lamplight_store::StoreError;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    rules::{Category, Kind, Priority, TargetType},
    store::entity,
};
use crate::accounts;

/// A notification as its receivers see it and hear it: nothing about any one of them.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    /// Its id.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    pub id: NotificationId,
    /// In a few words.
    pub title: String,
    /// In full.
    pub message: String,
    /// Its colour.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// What it is about.
    pub category: Category,
    /// How much it matters.
    pub priority: Priority,
    /// The page it is about, within Lamplight.
    pub action_url: Option<String>,
    /// Who sent it; nothing when nobody in particular did.
    pub sender: Option<NotificationSender>,
    /// When it was sent.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

/// Who sent a notification.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotificationSender {
    /// Their name for signing in.
    pub username: String,
    /// Their name.
    pub full_name: String,
}

/// A notification and whether the caller has read it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Received {
    #[serde(flatten)]
    pub(super) notification: Notification,
    /// Whether the caller has read it.
    pub(super) read: bool,
    /// For the existing client: the caller's own id when they have read it. Nobody else's, ever.
    #[schema(value_type = Vec<String>)]
    pub(super) read_by: Vec<UserId>,
}

/// A notice as the office sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Written {
    #[serde(flatten)]
    pub(super) notification: Notification,
    /// Whom it is for.
    pub(super) target_type: TargetType,
    /// Which roles, courses, years or people.
    pub(super) target_ids: Vec<String>,
    /// Whether its receivers see it.
    pub(super) is_active: bool,
    /// How many receive it and how many have read it.
    pub(super) metadata: Counts,
    /// Goes up with each change; send it back to be told when somebody else changed it.
    pub(super) rev: i32,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub(super) updated_at: Timestamp,
}

/// How many receive a notice and how many have read it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Counts {
    /// How many receive it.
    pub(super) sent_count: i64,
    /// How many have read it.
    pub(super) read_count: i64,
}

impl From<&accounts::entity::Model> for NotificationSender {
    fn from(user: &accounts::entity::Model) -> Self {
        Self { username: user.username.clone(), full_name: user.full_name.clone() }
    }
}

fn stored<T: std::str::FromStr>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::Corrupt { table: "notifications", what: text.to_owned() })
}

pub(super) fn document(
    row: &entity::Model,
    sender: Option<&accounts::entity::Model>,
) -> Result<Notification, StoreError> {
    Ok(Notification {
        id: row.id.into(),
        title: row.title.clone(),
        message: row.message.clone(),
        kind: stored(&row.kind)?,
        category: stored(&row.category)?,
        priority: stored(&row.priority)?,
        action_url: row.link.clone(),
        sender: sender.map(NotificationSender::from),
        created_at: Timestamp::from_millis(row.sent_at.unwrap_or(row.created_at)),
    })
}

pub(super) fn written(
    row: &entity::Model,
    sender: Option<&accounts::entity::Model>,
    metadata: Counts,
) -> Result<Written, StoreError> {
    Ok(Written {
        notification: document(row, sender)?,
        target_type: stored(&row.target_type)?,
        target_ids: serde_json::from_str(&row.target_ids)
            .map_err(|error| StoreError::Corrupt { table: "notifications", what: error.to_string() })?,
        is_active: row.is_active != 0,
        metadata,
        rev: row.rev,
        updated_at: Timestamp::from_millis(row.updated_at),
    })
}
