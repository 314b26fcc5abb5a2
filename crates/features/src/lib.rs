//! What the institute does: one folder a noun, the same plural noun everywhere (address, folder, table, event, code, test).
//!
//! In each folder: `mod.rs` is the feature's page, `routes.rs` the handlers (thin), `rules.rs` what is decided (pure),
//! `store.rs` the SQL, `events.rs` what happened. A feature reads another one only through its `mod.rs`, and only the
//! directory (accounts, courses, students, faculty, uploads, institute) is read, and [`audit`] and [`notifications`] are told.
//!
//! A feature can record an event and cannot send one: this crate does not know the live side.

pub mod accounts;
mod app;
pub mod attendance;
pub mod audit;
mod bounded;
mod contact;
pub mod courses;
pub mod dashboard;
mod digest;
pub mod downloads;
pub mod events;
pub mod faculty;
mod imports;
pub mod institute;
pub mod marks;
pub mod notifications;
mod profile;
pub mod regulations;
mod routing;
mod search;
pub mod settings;
pub mod students;
pub mod system;
mod tables;
pub mod uploads;
pub mod users;
mod wire;
mod words;
mod wrong;

pub use app::{App, DemoSignIn, Institute};
use axum::{
    Router,
    extract::Request,
    middleware::{Next, from_fn},
    response::Response,
};
use lamplight_store::answering;
pub use routing::{Permission, permissions};
pub use search::Common;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_axum::router::OpenApiRouter;

/// The API's description, without its routes.
#[derive(OpenApi)]
#[openapi(
    info(title = "Lamplight", description = "The live record of a nursing institute."),
    modifiers(&Bearer),
    components(schemas(
        lamplight_http::ErrorBody,
        accounts::ProfileUpdated,
        attendance::Changed,
        attendance::ClassStamp,
        attendance::Tapped,
        courses::Changed,
        downloads::Deleted,
        faculty::Changed,
        marks::Added,
        marks::BulkAdded,
        marks::Edited,
        marks::Entered,
        marks::Published,
        marks::Recalled,
        marks::Staged,
        marks::Updated,
        notifications::Deleted,
        notifications::Read,
        regulations::Changed,
        students::Imported,
        students::Stamp,
        users::Changed
    ))
)]
struct Description;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        openapi.components.get_or_insert_default().add_security_scheme(routing::SCHEME, SecurityScheme::Http(scheme));
    }
}

/// Routes that answer at once.
fn quick() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Description::openapi())
        .merge(institute::routes())
        .merge(accounts::routes())
        .merge(audit::routes())
        .merge(users::routes())
        .merge(courses::routes())
        .merge(faculty::routes())
        .merge(settings::routes())
        .merge(system::routes())
        .merge(students::routes())
        .merge(profile::routes())
        .merge(downloads::routes())
        .merge(attendance::routes())
        .merge(regulations::routes())
        .merge(marks::routes())
        .merge(notifications::routes())
        .merge(dashboard::routes())
}

/// Routes that move files and take as long as these do.
fn moving() -> OpenApiRouter<App> {
    downloads::file_routes().merge(attendance::file_routes()).merge(marks::file_routes()).merge(students::file_routes())
}

/// Every route of every feature: those that answer at once, on which a deadline belongs, and those that move files.
pub fn routers(app: &App) -> (Router, Router) {
    let routes =
        |router: OpenApiRouter<App>| router.split_for_parts().0.with_state(app.clone()).layer(from_fn(settled));
    (routes(quick()), routes(moving()))
}

/// A layer that gives an answer when what it is about is on the disk.
async fn settled(request: Request, next: Next) -> Response {
    answering(next.run(request)).await.unwrap_or_else(|error| lamplight_http::answer(error.into()))
}

/// The description of every route, from the same declarations.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    quick().merge(moving()).split_for_parts().1
}
