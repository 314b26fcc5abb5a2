use axum::{Json as Answer, extract::State};
use lamplight_http::{ApiError, Json, Student};
use lamplight_kernel::{CourseId, Problem, StudentId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::{
    App, accounts,
    courses::{self, CourseName},
    marks,
    routing::routes,
    students::{self, AcademicStatus, Gender, OwnForm, Saved, StudentError, entity},
    wire::{Envelope, data, told},
};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show_own_profile, change_own_profile))
}

/// A student's own record. Texts that nobody has given are empty, because the existing client puts them into its form as they are.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OwnProfile)]
#[serde(rename_all = "camelCase")]
struct Profile {
    /// The student record's id.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    id: StudentId,
    /// The human id.
    student_id: String,
    full_name: String,
    first_name: String,
    last_name: String,
    /// The address they sign in with.
    email: String,
    personal_email: String,
    mobile_number: String,
    contact_number: String,
    alternate_contact: String,
    address: String,
    guardian_details: String,
    father_name: String,
    father_mobile: String,
    mother_name: String,
    mother_mobile: String,
    #[schema(value_type = Option<Gender>)]
    gender: Option<String>,
    /// `YYYY-MM-DD`.
    date_of_birth: Option<String>,
    /// `YYYY-MM-DD`.
    admission_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    course_enrolled: Option<CourseName>,
    semester: i32,
    batch_year: i32,
    #[schema(value_type = AcademicStatus)]
    academic_status: String,
    /// Of the published marks.
    cgpa: f64,
    /// To be sent back with a change.
    version: i32,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// The caller's own record.
#[utoipa::path(
    get, path = "/api/student/profile", tag = "profile",
    responses((status = 200, body = Envelope<Profile>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn show_own_profile(
    State(app): State<App>,
    Student(student): Student,
) -> Result<Answer<Envelope<Profile>>, ApiError> {
    let row = students::find_by_user(app.store.reader(), student.user).await?.ok_or(StudentError::NotFound)?;
    Ok(data(profile(&app, row).await?))
}

/// Change how the caller can be reached. What is not in the request stays as it is; anything else of the record is the office's.
#[utoipa::path(
    put, path = "/api/student/profile", tag = "profile", request_body = OwnForm,
    responses(
        (status = 200, body = Envelope<Profile>),
        (status = 400, description = "`students.invalid`", body = lamplight_http::ErrorBody),
        (status = 409, description = "`students.changed_meanwhile`, with the record as stored now in `current`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn change_own_profile(
    State(app): State<App>,
    Student(student): Student,
    Json(form): Json<OwnForm>,
) -> Result<Answer<Envelope<Profile>>, ApiError> {
    match students::save_own(&app, &student, form).await? {
        Saved::Stored(row) => Ok(told("Saved.", profile(&app, row).await?)),
        Saved::Outdated(row) => {
            let current = serde_json::to_value(profile(&app, row).await?).map_err(Problem::internal)?;
            Err(Problem::from(StudentError::ChangedMeanwhile).with("current", current).into())
        }
    }
}

async fn profile(app: &App, row: entity::Model) -> Result<Profile, Problem> {
    let db = app.store.reader();
    let account = accounts::find_by_ids(db, [row.user_id].into_iter()).await?.remove(&row.user_id);
    let course = CourseId::from(row.course_id);
    let name = courses::find_names_of(db, [course]).await?.remove(&course);
    let course_enrolled = name.map(|(course_code, course_name)| CourseName { id: course, course_code, course_name });
    Ok(Profile {
        id: row.id.into(),
        full_name: row.full_name(),
        student_id: row.student_id,
        first_name: row.first_name,
        last_name: row.last_name,
        email: account.map(|account| account.email).unwrap_or_default(),
        personal_email: row.personal_email.unwrap_or_default(),
        mobile_number: row.mobile_number.unwrap_or_default(),
        contact_number: row.contact_number.unwrap_or_default(),
        alternate_contact: row.alternate_contact.unwrap_or_default(),
        address: row.address.unwrap_or_default(),
        guardian_details: row.guardian_details.unwrap_or_default(),
        father_name: row.father_name.unwrap_or_default(),
        father_mobile: row.father_mobile.unwrap_or_default(),
        mother_name: row.mother_name.unwrap_or_default(),
        mother_mobile: row.mother_mobile.unwrap_or_default(),
        gender: row.gender,
        date_of_birth: row.date_of_birth,
        admission_date: row.admission_date,
        course_enrolled,
        semester: row.semester,
        batch_year: row.batch_year,
        academic_status: row.academic_status,
        cgpa: marks::cumulative_average(db, row.id.into()).await?,
        version: row.version,
        updated_at: Timestamp::from_millis(row.updated_at),
    })
}
