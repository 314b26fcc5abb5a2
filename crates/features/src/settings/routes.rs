use axum::{Json as Answer, extract::State};
use lamplight_http::{Admin, ApiError, Json};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::{
    check,
    groups::{ACTING, Groups, checked, defaults, with_stored},
    store,
};
use crate::{
    App,
    audit::{self, Act},
    routing::routes,
};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(read_settings, change_settings))
        .routes(routes!(reset_settings))
        .routes(routes!(check::check_system))
}

/// The settings of the institute.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InstituteSettings)]
struct Settings {
    /// Always `true`.
    #[schema(example = true)]
    success: bool,
    /// The groups `general`, `theme`, `notification`, `security`, `backup`.
    #[schema(value_type = Object)]
    data: Groups,
    /// Which of them change what the server does. The others are kept and given back, and do nothing here.
    acting: [&'static str; 3],
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    message: Option<&'static str>,
}

fn usual(app: &App) -> Groups {
    defaults(&app.institute, app.institute.today(app.store.clock().now()).year())
}

const fn answer(data: Groups, message: Option<&'static str>) -> Answer<Settings> {
    Answer(Settings { success: true, data, acting: ACTING, message })
}

/// The settings of the institute, and which of them act.
#[utoipa::path(
    get, path = "/api/admin/settings", tag = "settings",
    responses((status = 200, body = Settings), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn read_settings(State(app): State<App>, _: Admin) -> Result<Answer<Settings>, ApiError> {
    Ok(answer(with_stored(usual(&app), store::read(app.store.reader()).await?), None))
}

/// Change settings. What is left out stays as it is, what is not known is not kept.
#[utoipa::path(
    put, path = "/api/admin/settings", tag = "settings", request_body = Object,
    responses(
        (status = 200, body = Settings),
        (status = 400, description = "`settings.invalid`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn change_settings(
    State(app): State<App>,
    Admin(admin): Admin,
    Json(sent): Json<Map<String, Value>>,
) -> Result<Answer<Settings>, ApiError> {
    let usual = usual(&app);
    let changes = checked(&sent, &usual, &app.institute)?;
    let tx = app.store.begin().await?;
    tx.lock("institute-settings").await?;
    let mut stored = store::read(tx.db()).await?;
    let before = with_stored(usual.clone(), stored.clone());
    for (name, fields) in changes {
        stored.entry(name).or_default().extend(fields);
    }
    let after = with_stored(usual, stored.clone());
    let mut act = Act::new(audit::Kind::Settings, "changed", "institute", "Settings of the institute");
    for (name, group) in &after {
        let old = before.get(name);
        for (field, value) in group {
            act = act.changed(&format!("{name}.{field}"), &old.and_then(|group| group.get(field)), &Some(value));
        }
    }
    if !act.is_empty() {
        store::write(&tx, &stored, admin.user).await?;
        audit::write(&tx, &admin, act).await?;
        tx.commit().await?;
    }
    Ok(answer(after, Some("Saved.")))
}

/// Make all settings what they were in the beginning.
#[utoipa::path(
    post, path = "/api/admin/settings/reset", tag = "settings",
    responses((status = 200, body = Settings), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn reset_settings(State(app): State<App>, Admin(admin): Admin) -> Result<Answer<Settings>, ApiError> {
    let tx = app.store.begin().await?;
    store::clear(&tx).await?;
    let act = Act::new(audit::Kind::Settings, "reset", "institute", "Settings of the institute");
    audit::write(&tx, &admin, act).await?;
    tx.commit().await?;
    Ok(answer(usual(&app), Some("The settings are what they were in the beginning.")))
}
