use lamplight_kernel::{Event, UserId};
use serde::Serialize;
use utoipa::ToSchema;

/// An account was added, changed or deleted. A stamp: who hears it asks again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UserChanged)]
pub struct Changed {
    /// Whose.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    pub id: UserId,
}

impl Event for Changed {
    const NAME: &'static str = "users:changed";
}
