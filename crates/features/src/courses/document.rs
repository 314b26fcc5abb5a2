//! The documents of courses, as they go over the wire.

use lamplight_kernel::{CourseId, Timestamp};
use lamplight_store::StoreError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::store::entity;

/// A course, in short.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CourseName {
    /// Its id.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    pub(crate) id: CourseId,
    /// `GNM`.
    pub(crate) course_code: String,
    /// In full.
    pub(crate) course_name: String,
}

/// A subject of a course.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = CourseSubject)]
#[serde(rename_all = "camelCase")]
pub(super) struct Subject {
    /// From 1.
    pub(super) semester: i32,
    /// `NUR201`; may be empty.
    pub(super) subject_code: String,
    /// In full.
    pub(super) subject_name: String,
    /// How much it counts.
    #[schema(required)]
    pub(super) credits: Option<i32>,
    /// Hours in the classroom.
    #[schema(required)]
    pub(super) theory_hours: Option<i32>,
    /// Hours in the laboratory and on the ward.
    #[schema(required)]
    pub(super) practical_hours: Option<i32>,
}

/// What a course costs, in rupees.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = CourseFees)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fees {
    pub(super) tuition_fee: f64,
    pub(super) hostel_fee: f64,
    pub(super) library_fee: f64,
    pub(super) lab_fee: f64,
    pub(super) exam_fee: f64,
    pub(super) other_charges: f64,
    /// The sum of the six.
    pub(super) total_fee: f64,
    /// When what is to be paid.
    pub(super) installment_plan: Vec<Installment>,
}

/// One payment of several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = CourseInstallment)]
#[serde(rename_all = "camelCase")]
pub(super) struct Installment {
    /// From 1.
    pub(super) installment_no: i32,
    pub(super) amount: f64,
    /// `YYYY-MM-DD`.
    #[schema(required, format = Date)]
    pub(super) due_date: Option<String>,
    pub(super) label: String,
}

/// A course as everybody may read it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = OfferedCourse)]
#[serde(rename_all = "camelCase")]
pub(super) struct Offered {
    #[serde(flatten)]
    pub(super) name: CourseName,
    /// A sentence or two.
    pub(super) description: String,
    /// `3 Years`.
    pub(super) duration: String,
    /// How many semesters it has.
    pub(super) semesters: i32,
    /// Who may apply.
    pub(super) eligibility: Vec<String>,
    /// What one can become.
    pub(super) career_opportunities: Vec<String>,
    /// How many students it may have.
    pub(super) seats_available: i32,
    /// What it costs; nothing when nobody has said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) fees_structure: Option<Fees>,
    /// By semester.
    pub(super) subjects: Vec<Subject>,
}

/// A course as staff see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Course {
    #[serde(flatten)]
    pub(super) offered: Offered,
    /// How many students it has.
    pub(super) seats_filled: u64,
    /// Whether it is offered.
    pub(super) is_active: bool,
    /// Goes up with each change; send it back to be told when somebody else changed it.
    pub(super) version: i32,
    /// Whether the caller may act for it: administrators for every one, faculty for those they teach.
    pub(super) teaches: bool,
    #[schema(value_type = String, format = DateTime)]
    pub(super) updated_at: Timestamp,
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt { table: "courses", what: error.to_string() })
}

impl Offered {
    pub(super) fn of(row: &entity::Model) -> Result<Self, StoreError> {
        Ok(Self {
            name: CourseName { id: row.id.into(), course_code: row.code.clone(), course_name: row.name.clone() },
            description: row.description.clone(),
            duration: row.duration.clone(),
            semesters: row.semesters,
            eligibility: read(&row.eligibility)?,
            career_opportunities: read(&row.career_opportunities)?,
            seats_available: row.seats,
            fees_structure: row.fees.as_deref().map(read).transpose()?,
            subjects: read(&row.subjects)?,
        })
    }
}

impl Course {
    pub(super) fn of(row: &entity::Model, seats_filled: u64, teaches: bool) -> Result<Self, StoreError> {
        Ok(Self {
            offered: Offered::of(row)?,
            seats_filled,
            is_active: row.is_active != 0,
            version: row.version,
            teaches,
            updated_at: Timestamp::from_millis(row.updated_at),
        })
    }
}
