//! A student as lists and pages show them.

use lamplight_kernel::{StudentId, Timestamp};
use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Ref, RefOr, Schema,
        schema::{AnyOfBuilder, ObjectBuilder, SchemaType},
    },
};

use super::{form::Ground, store::Listed};
use crate::{
    courses::CourseName,
    students::rules::{AcademicStatus, Gender},
};

/// What a student studies.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EnrolledCourse {
    #[serde(flatten)]
    name: CourseName,
    /// `3 Years`.
    duration: String,
}

/// A student. Faculty are given the first part; what is about the person is for the office.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct StudentRow {
    /// The student record's id.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    pub(super) id: StudentId,
    /// The human id.
    pub(super) student_id: String,
    /// Given name.
    first_name: String,
    /// Family name.
    last_name: String,
    /// Both.
    full_name: String,
    /// The address they sign in with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    email: Option<String>,
    /// The semester they are in.
    semester: i32,
    /// The year they began.
    batch_year: i32,
    /// How they stand.
    #[schema(value_type = AcademicStatus)]
    academic_status: String,
    /// What they study.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    course_enrolled: Option<EnrolledCourse>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = RecordOrNothing)]
    record: Option<Record>,
}

/// The record, or nothing of it: how a flattened option is described.
struct RecordOrNothing;

impl PartialSchema for RecordOrNothing {
    fn schema() -> RefOr<Schema> {
        let never = ObjectBuilder::new().schema_type(SchemaType::AnyValue).enum_values(Some(<[String; 0]>::default()));
        let nothing = ObjectBuilder::new().property("personalEmail", never);
        AnyOfBuilder::new().item(Ref::from_schema_name(Record::name())).item(nothing).into()
    }
}

impl ToSchema for RecordOrNothing {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Record::name().into_owned(), Record::schema()));
        Record::schemas(schemas);
    }
}

/// What is about the person, for the office. Texts that nobody has given are empty, because the existing client puts them into its
/// form as they are.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = StudentRecord)]
struct Record {
    personal_email: String,
    /// The address they sign in with.
    institute_email: String,
    mobile_number: String,
    contact_number: String,
    alternate_contact: String,
    father_name: String,
    father_mobile: String,
    mother_name: String,
    mother_mobile: String,
    #[schema(value_type = Option<Gender>)]
    gender: Option<String>,
    /// `YYYY-MM-DD`.
    date_of_birth: Option<String>,
    /// In whole years.
    age: Option<i16>,
    /// `YYYY-MM-DD`.
    admission_date: Option<String>,
    /// The year of admission, which is the year of the batch.
    admission_year: i32,
    /// The same as a text.
    batch: String,
    address: String,
    guardian_details: String,
    notes: String,
    /// Whether they may sign in.
    is_active: bool,
    /// Whether they are archived: kept for their records, and in no list.
    is_archived: bool,
    /// When they signed in last.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_login: Option<Timestamp>,
    /// To be sent back with a change.
    version: i32,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl StudentRow {
    /// The address they sign in with.
    pub(super) fn sign_in_mail(&self) -> &str {
        self.email.as_deref().unwrap_or_default()
    }
}

/// A student, with what is about the person when `whole`.
pub(super) fn document((row, user): Listed, ground: &Ground, whole: bool) -> StudentRow {
    let full_name = row.full_name();
    let email = user.as_ref().map(|user| user.email.clone());
    let course = ground.courses.get(&row.course_id).map(|course| EnrolledCourse {
        name: CourseName {
            id: row.course_id.into(),
            course_code: course.code.clone(),
            course_name: course.name.clone(),
        },
        duration: course.duration.clone(),
    });
    let born: Option<jiff::civil::Date> = row.date_of_birth.as_deref().and_then(|text| text.parse().ok());
    let age = born.map(|born| {
        let had_birthday = (ground.today.month(), ground.today.day()) >= (born.month(), born.day());
        ground.today.year() - born.year() - i16::from(!had_birthday)
    });
    let record = whole.then(|| Record {
        personal_email: row.personal_email.unwrap_or_default(),
        institute_email: email.clone().unwrap_or_default(),
        mobile_number: row.mobile_number.unwrap_or_default(),
        contact_number: row.contact_number.unwrap_or_default(),
        alternate_contact: row.alternate_contact.unwrap_or_default(),
        father_name: row.father_name.unwrap_or_default(),
        father_mobile: row.father_mobile.unwrap_or_default(),
        mother_name: row.mother_name.unwrap_or_default(),
        mother_mobile: row.mother_mobile.unwrap_or_default(),
        gender: row.gender,
        date_of_birth: row.date_of_birth,
        age,
        admission_date: row.admission_date,
        admission_year: row.batch_year,
        batch: row.batch_year.to_string(),
        address: row.address.unwrap_or_default(),
        guardian_details: row.guardian_details.unwrap_or_default(),
        notes: row.notes.unwrap_or_default(),
        is_active: user.as_ref().is_some_and(|user| user.is_active != 0),
        is_archived: row.archived_at.is_some(),
        last_login: user.as_ref().and_then(|user| user.last_login_at).map(Timestamp::from_millis),
        version: row.version,
        created_at: Timestamp::from_millis(row.created_at),
        updated_at: Timestamp::from_millis(row.updated_at),
    });
    StudentRow {
        id: row.id.into(),
        student_id: row.student_id,
        first_name: row.first_name,
        last_name: row.last_name,
        full_name,
        email,
        semester: row.semester,
        batch_year: row.batch_year,
        academic_status: row.academic_status,
        course_enrolled: course,
        record,
    }
}
