use axum::{Json, extract::State};
use lamplight_http::{ApiError, Params, Staff};
use lamplight_kernel::StudentId;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::store::{self, Filter};
use crate::{
    App,
    courses::{self, CourseName},
    routing::routes,
    wire::{Envelope, PaginationBody, data},
};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_students))
}

/// A student in a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct StudentRow {
    /// The student record's id.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    id: StudentId,
    /// The human id.
    student_id: String,
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
    /// `Active`, `On Leave`, `Completed`, `Suspended` or `Discontinued`.
    academic_status: String,
    /// What they study.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    course_enrolled: Option<CourseName>,
}

/// A page of students.
#[derive(Debug, Serialize, ToSchema)]
struct StudentList {
    /// The students.
    students: Vec<StudentRow>,
    /// Where the page stands.
    pagination: PaginationBody,
}

/// Students by name. Faculty see those of the courses they teach.
#[utoipa::path(
    get, path = "/api/admin/students", tag = "students",
    params(
        ("search" = Option<String>, Query, description = "Words of the name or the student id"),
        ("course" = Option<String>, Query, description = "Id of a course"),
        ("semester" = Option<i32>, Query),
        ("page" = Option<u64>, Query, description = "From 1"),
        ("limit" = Option<u64>, Query, description = "Rows on a page: 10 unless told; the whole class when `course` is given without `limit`; at most 500"),
    ),
    responses((status = 200, body = Envelope<StudentList>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn list_students(
    State(app): State<App>,
    staff: Staff,
    params: Params,
) -> Result<Json<Envelope<StudentList>>, ApiError> {
    let filter = Filter {
        search: params.text("search"),
        course: params.parsed("course", "the id of a course")?,
        semester: params.parsed("semester", "a whole number")?,
        within: staff.courses(),
    };
    // The attendance page of the existing client asks for a class without saying how many it can take.
    let page = params.page(if filter.course.is_some() { lamplight_kernel::MAX_LIMIT } else { 10 })?;
    let names = courses::find_names(app.store.reader()).await?;
    let page = store::list(app.store.reader(), &filter, page).await?.map(|(student, user)| StudentRow {
        id: student.id.into(),
        full_name: student.full_name(),
        student_id: student.student_id,
        first_name: student.first_name,
        last_name: student.last_name,
        email: user.map(|user| user.email),
        semester: student.semester,
        batch_year: student.batch_year,
        academic_status: student.academic_status,
        course_enrolled: names.get(&student.course_id.into()).map(|(code, name)| CourseName {
            id: student.course_id.into(),
            course_code: code.clone(),
            course_name: name.clone(),
        }),
    });
    Ok(data(StudentList { students: page.rows, pagination: page.pagination.into() }))
}
