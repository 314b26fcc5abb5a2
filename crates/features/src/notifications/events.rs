use lamplight_kernel::{Event, NotificationId};
use serde::Serialize;
use utoipa::ToSchema;

use super::Notification;

/// A notification came.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Created<'a>(pub &'a Notification);

impl Event for Created<'_> {
    const NAME: &'static str = "notification:created";
}

/// Its text was changed.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Updated<'a>(pub &'a Notification);

impl Event for Updated<'_> {
    const NAME: &'static str = "notification:updated";
}

/// It was deleted or hidden.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NotificationDeleted)]
pub struct Deleted {
    /// The id of what is gone.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    pub id: NotificationId,
}

impl Event for Deleted {
    const NAME: &'static str = "notification:deleted";
}

/// Somebody has read it, on one of their devices.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NotificationRead)]
pub struct Read {
    /// Its id; nothing when all were marked as read.
    #[schema(value_type = Option<String>)]
    pub notification_id: Option<NotificationId>,
    /// How many they have not read.
    pub unread: u64,
}

impl Event for Read {
    const NAME: &'static str = "notification:read";
}
