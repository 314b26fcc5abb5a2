use lamplight_kernel::{CourseId, Event};
use serde::Serialize;
use utoipa::ToSchema;

use super::Key;

/// A regulation was set: what is computed from it may be another.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RegulationChanged)]
pub struct Changed {
    /// Which.
    pub key: Key,
    /// For which course; nothing when it is for the institute.
    #[schema(value_type = Option<String>)]
    pub course: Option<CourseId>,
}

impl Event for Changed {
    const NAME: &'static str = "regulations:changed";
}
