use lamplight_kernel::{CourseId, Event};
use serde::Serialize;
use utoipa::ToSchema;

/// A course was added, changed or deleted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CourseChanged)]
pub struct Changed {
    /// Which.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    pub id: CourseId,
}

impl Event for Changed {
    const NAME: &'static str = "courses:changed";
}
