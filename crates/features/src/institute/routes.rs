use axum::{Json, extract::State};
use lamplight_http::ApiError;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::{
    App, DemoSignIn, downloads,
    routing::routes,
    settings,
    wire::{Envelope, data},
};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(health)).routes(routes!(institute))
}

/// That the server answers.
#[derive(Debug, Serialize, ToSchema)]
struct Health {
    /// Always `success`.
    #[schema(example = "success")]
    status: &'static str,
}

/// Whether the server answers. Says nothing about it.
#[utoipa::path(get, path = "/api/health", tag = "institute", responses((status = 200, body = Health)))]
async fn health() -> Json<Health> {
    Json(Health { status: "success" })
}

/// What a page needs before anybody signs in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct InstituteBody {
    /// The institute's name.
    name: String,
    /// Where its days begin and end (IANA), such as `Asia/Kolkata`.
    timezone: String,
    /// The largest file that may be uploaded, in bytes.
    upload_limit_bytes: u64,
    /// The endings an uploaded file may have, with the dot.
    accepted_extensions: Vec<String>,
    /// The categories of study material.
    categories: Vec<&'static str>,
    /// The sign-ins of the demo institute; not there for a real one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    demo_sign_ins: Vec<DemoSignIn>,
}

/// What a page needs before anybody signs in.
#[utoipa::path(get, path = "/api/institute", tag = "institute", responses((status = 200, body = Envelope<InstituteBody>)))]
async fn institute(State(app): State<App>) -> Result<Json<Envelope<InstituteBody>>, ApiError> {
    let institute = &app.institute;
    let acting = settings::acting(app.store.reader(), institute).await?;
    Ok(data(InstituteBody {
        name: acting.institute_name,
        timezone: institute.time_zone_name.clone(),
        upload_limit_bytes: acting.upload_limit,
        accepted_extensions: acting.accepted_extensions,
        categories: downloads::CATEGORIES.to_vec(),
        demo_sign_ins: institute.demo_sign_ins.clone(),
    }))
}
