//! Who teaches here, for everybody: nothing private.

use axum::{Json as Answer, extract::State};
use lamplight_http::{ApiError, Params};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::{document::Profile, routes::Filters, store};
use crate::{App, routing::routes};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_teachers))
}

/// Who teaches here. The existing client reads the filters in both places.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Teachers)]
struct Teachers {
    /// Always `true`.
    #[schema(example = true)]
    success: bool,
    filters: Filters,
    data: TeacherList,
}

#[derive(Debug, Serialize, ToSchema)]
struct TeacherList {
    /// By name.
    faculty: Vec<Profile>,
    filters: Filters,
    /// How many.
    count: usize,
}

/// Who teaches here, by name.
#[utoipa::path(
    get, path = "/api/faculty", tag = "faculty",
    params(
        ("search" = Option<String>, Query, description = "Words of the name or the department"),
        ("department" = Option<String>, Query), ("designation" = Option<String>, Query),
    ),
    responses((status = 200, body = Teachers), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn list_teachers(State(app): State<App>, params: Params) -> Result<Answer<Teachers>, ApiError> {
    let mut all = store::list(app.store.reader(), None, None).await?;
    all.retain(|(_, user)| user.is_active != 0);
    let filters = || Filters::of(&all);
    // Not by what is not shown: whoever guesses a number or an address learns nothing.
    let words: Vec<String> =
        params.text("search").unwrap_or_default().split_whitespace().map(str::to_lowercase).collect();
    let fits = |wanted: Option<&str>, text: &str| wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(text));
    let shown = all.iter().filter(|(row, user)| {
        let text = format!("{} {} {}", user.full_name, row.department, row.designation).to_lowercase();
        words.iter().all(|word| text.contains(word))
            && fits(params.text("department"), &row.department)
            && fits(params.text("designation"), &row.designation)
    });
    let faculty: Vec<Profile> = shown.map(|(row, user)| Profile::of(row, user)).collect();
    let data = TeacherList { count: faculty.len(), faculty, filters: filters() };
    Ok(Answer(Teachers { success: true, filters: filters(), data }))
}
