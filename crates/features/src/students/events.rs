//! What happened to students. Stamps: who hears one asks again, and is given what they may see.

use lamplight_kernel::{Event, StudentId};
use serde::Serialize;
use utoipa::ToSchema;

use super::entity::Model;

/// Which student.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = StudentStamp)]
#[serde(rename_all = "camelCase")]
pub struct Stamp {
    /// The record's id.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    pub id: StudentId,
    /// The human id.
    pub student_id: String,
    /// The version that is stored now.
    pub version: i32,
}

impl From<&Model> for Stamp {
    fn from(row: &Model) -> Self {
        Self { id: row.id.into(), student_id: row.student_id.clone(), version: row.version }
    }
}

macro_rules! stamps {
    ($($(#[$doc:meta])* $name:ident = $wire:literal),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub Stamp);

        impl Event for $name {
            const NAME: &'static str = $wire;
        }
    )+};
}

stamps! {
    /// A student was added.
    Created = "students:created",
    /// A student was changed, archived ones included when they are restored.
    Updated = "students:updated",
    /// A student was deleted or archived.
    Deleted = "students:deleted",
}

/// A file of students was applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = StudentsImported)]
pub struct Imported {
    /// How many were added.
    pub added: usize,
    /// How many were changed.
    pub changed: usize,
}

impl Event for Imported {
    const NAME: &'static str = "students:imported";
}
