use lamplight_kernel::{DownloadId, Event};
use serde::Serialize;
use utoipa::ToSchema;

use super::Download;

/// Study material was uploaded, or became visible to more people.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Created<'a>(pub &'a Download);

impl Event for Created<'_> {
    const NAME: &'static str = "downloads:created";
}

/// Something about it changed.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Updated<'a>(pub &'a Download);

impl Event for Updated<'_> {
    const NAME: &'static str = "downloads:updated";
}

/// It is not there any more, for those who hear this.
#[derive(Debug, Serialize, ToSchema)]
pub struct Deleted {
    /// The id of what is gone.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    pub id: DownloadId,
}

impl Event for Deleted {
    const NAME: &'static str = "downloads:deleted";
}
