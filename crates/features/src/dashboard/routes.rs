use axum::{Json as Answer, extract::State};
use lamplight_http::{ApiError, Student};
use lamplight_kernel::{Class, CourseId, Problem};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::office;
use crate::{
    App, attendance, courses, marks,
    routing::routes,
    students,
    wire::{Envelope, data},
};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(student_dashboard)).routes(routes!(office::office_dashboard))
}

/// How a student stands, in short.
#[derive(Debug, Serialize, ToSchema)]
struct Dashboard {
    /// Who they are.
    student: DashboardStudent,
    /// How they stand.
    stats: DashboardStats,
}

/// Who the student is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DashboardStudent {
    /// Their name.
    full_name: String,
    /// Their id at the institute.
    student_id: String,
    /// From 1.
    semester: i32,
    /// What they study.
    course_enrolled: Option<DashboardCourse>,
}

/// What a student studies.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DashboardCourse {
    /// In full.
    course_name: String,
}

/// How a student stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DashboardStats {
    /// Attended of all classes, in percent to two decimals; 0 when there was none.
    overall_attendance: f64,
    /// Mean of the published marks, each in percent of its maximum, to two decimals; 0 when there is none.
    internal_marks: f64,
    /// Always 0: assignments are not kept. The existing client shows a number here.
    pending_assignments: u32,
}

/// How the student stands, in short.
#[utoipa::path(
    get, path = "/api/student/dashboard", tag = "dashboard",
    responses((status = 200, body = Envelope<Dashboard>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn student_dashboard(
    State(app): State<App>,
    Student(student): Student,
) -> Result<Answer<Envelope<Dashboard>>, ApiError> {
    let db = app.store.reader();
    let record = students::find_by_user(db, student.user)
        .await?
        .ok_or_else(|| Problem::new(Class::NotFound, "dashboard.no_record", "There is no student record of yours."))?;
    let id = CourseId::from(record.course_id);
    let course = courses::find_names_of(db, [id]).await?.remove(&id);
    let stats = DashboardStats {
        overall_attendance: attendance::overall(db, student.student()).await?.unwrap_or(0.0),
        internal_marks: marks::published_average(db, student.student()).await?.unwrap_or(0.0),
        pending_assignments: 0,
    };
    let student = DashboardStudent {
        full_name: record.full_name(),
        student_id: record.student_id,
        semester: record.semester,
        course_enrolled: course.map(|(_, course_name)| DashboardCourse { course_name }),
    };
    Ok(data(Dashboard { student, stats }))
}
