use axum::{Json, extract::State};
use lamplight_http::{ApiError, Params, Staff};
use lamplight_kernel::{Class, CourseId, Problem};
use lamplight_store::StoreError;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::store::{self, entity};
use crate::{App, routing::routes, students};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_courses))
}

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

/// A course.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Course {
    #[serde(flatten)]
    name: CourseName,
    /// A sentence or two.
    description: String,
    /// `3 Years`.
    duration: String,
    /// How many semesters it has.
    semesters: i32,
    /// Who may apply.
    eligibility: Vec<String>,
    /// What one can become.
    career_opportunities: Vec<String>,
    /// How many students it may have.
    seats_available: i32,
    /// How many it has.
    seats_filled: u64,
    /// Whether it is offered.
    is_active: bool,
    /// Whether the caller may act for it: administrators for every one, faculty for those they teach.
    teaches: bool,
}

/// Every course, by code.
#[derive(Debug, Serialize, ToSchema)]
struct Courses {
    /// Always `true`.
    #[schema(example = true)]
    success: bool,
    /// How many.
    count: usize,
    /// The courses.
    data: Vec<Course>,
}

/// Every course, with whether the caller may act for it.
#[utoipa::path(
    get, path = "/api/admin/courses", tag = "courses",
    params(("status" = Option<String>, Query, description = "`active` or `inactive`")),
    responses((status = 200, body = Courses), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn list_courses(State(app): State<App>, staff: Staff, params: Params) -> Result<Json<Courses>, ApiError> {
    let wanted = match params.text("status") {
        None => None,
        Some("active") => Some(true),
        Some("inactive") => Some(false),
        Some(_) => {
            let problem = Problem::new(
                Class::Invalid,
                "request.invalid_query",
                "A filter in the address is not as it should be.",
            );
            return Err(problem.with_field("status", "This must be active or inactive.").into());
        }
    };
    let filled = students::count_by_course(app.store.reader()).await?;
    let courses = store::list(app.store.reader()).await?;
    let courses = courses.into_iter().filter(|course| wanted.is_none_or(|wanted| wanted == (course.is_active != 0)));
    let rows = courses.map(|course| {
        let id = CourseId::from(course.id);
        shown(course, filled.get(&id).copied().unwrap_or(0), staff.may_act_for(id))
    });
    let data = rows.collect::<Result<Vec<_>, _>>()?;
    Ok(Json(Courses { success: true, count: data.len(), data }))
}

fn shown(course: entity::Model, seats_filled: u64, teaches: bool) -> Result<Course, StoreError> {
    let list = |text: &str| {
        serde_json::from_str(text).map_err(|error| StoreError::Corrupt { table: "courses", what: error.to_string() })
    };
    Ok(Course {
        eligibility: list(&course.eligibility)?,
        career_opportunities: list(&course.career_opportunities)?,
        name: CourseName { id: course.id.into(), course_code: course.code, course_name: course.name },
        description: course.description,
        duration: course.duration,
        semesters: course.semesters,
        seats_available: course.seats,
        seats_filled,
        is_active: course.is_active != 0,
        teaches,
    })
}
