use lamplight_kernel::Event;
use serde::Serialize;
use utoipa::ToSchema;

/// What the institute knows of somebody was changed, by themselves or by the office.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProfileUpdated {
    /// The version that is stored now.
    pub version: i32,
}

impl Event for ProfileUpdated {
    const NAME: &'static str = "profile:updated";
}
