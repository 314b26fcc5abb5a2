//! What everybody may read of courses, also without signing in: those that are offered.

use axum::{Json as Answer, extract::State};
use lamplight_http::{ApiError, Params, PathId};
use lamplight_kernel::CourseId;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::{CourseError, document::Offered, store};
use crate::{
    App,
    routing::routes,
    wire::{Envelope, data},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_public_courses))
        .routes(routes!(list_offered_courses))
        .routes(routes!(read_offered_course))
}

/// Courses that are offered, by code.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OfferedCourses)]
struct List {
    /// Always `true`.
    #[schema(example = true)]
    success: bool,
    /// How many.
    count: usize,
    /// The courses.
    data: Vec<Offered>,
}

async fn offered(app: &App, params: &Params) -> Result<Answer<List>, ApiError> {
    let words: Vec<String> =
        params.text("search").unwrap_or_default().split_whitespace().map(str::to_lowercase).collect();
    let duration = params.text("duration");
    let mut courses = store::list(app.store.reader()).await?;
    courses.retain(|course| {
        let text = format!("{} {}", course.code, course.name).to_lowercase();
        course.is_active != 0
            && words.iter().all(|word| text.contains(word))
            && duration.is_none_or(|duration| course.duration.eq_ignore_ascii_case(duration))
    });
    let data = courses.iter().map(Offered::of).collect::<Result<Vec<_>, _>>()?;
    Ok(Answer(List { success: true, count: data.len(), data }))
}

/// The courses that are offered.
#[utoipa::path(
    get, path = "/api/public/courses", tag = "courses",
    params(("search" = Option<String>, Query), ("duration" = Option<String>, Query)),
    responses((status = 200, body = List), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn list_public_courses(State(app): State<App>, params: Params) -> Result<Answer<List>, ApiError> {
    offered(&app, &params).await
}

/// The same, at the address that the pages of the existing client's site ask.
#[utoipa::path(
    get, path = "/api/courses", tag = "courses",
    params(("search" = Option<String>, Query), ("duration" = Option<String>, Query)),
    responses((status = 200, body = List), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn list_offered_courses(State(app): State<App>, params: Params) -> Result<Answer<List>, ApiError> {
    offered(&app, &params).await
}

/// One course that is offered.
#[utoipa::path(
    get, path = "/api/courses/{id}", tag = "courses", params(("id" = String, Path)),
    responses((status = 200, body = Envelope<Offered>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn read_offered_course(
    State(app): State<App>,
    PathId(id): PathId<CourseId>,
) -> Result<Answer<Envelope<Offered>>, ApiError> {
    let row = store::find(app.store.reader(), id).await?.filter(|course| course.is_active != 0);
    Ok(data(Offered::of(&row.ok_or(CourseError::NotFound)?)?))
}
