use lamplight_kernel::{Event, FacultyId};
use serde::Serialize;
use utoipa::ToSchema;

/// A faculty member was added, changed or deleted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FacultyChanged)]
pub struct Changed {
    /// Which.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    pub id: FacultyId,
}

impl Event for Changed {
    const NAME: &'static str = "faculty:changed";
}
