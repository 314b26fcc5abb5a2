use lamplight_kernel::{Event, UserId};
use serde::Serialize;
use utoipa::ToSchema;

/// What the institute knows of somebody was changed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProfileUpdated {
    /// Whose profile.
    #[schema(value_type = String)]
    pub user_id: UserId,
}

impl Event for ProfileUpdated {
    const NAME: &'static str = "profile:updated";
}
