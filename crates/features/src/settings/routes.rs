use axum::{Json as Answer, extract::State};
use lamplight_http::{Admin, ApiError, Json};
use lamplight_kernel::{Class, Problem, Timestamp, UserId};
use sea_orm::ConnectionTrait;
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
    App, accounts,
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
    /// Another after each change; send it back to be told when somebody else changed them.
    version: i64,
    /// Who changed them last; nothing when they are what they were in the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    changed: Option<LastChange>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    message: Option<&'static str>,
}

fn usual(app: &App) -> Groups {
    defaults(&app.institute, app.institute.today(app.store.clock().now()).year())
}

/// Who changed the settings last.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SettingsChange)]
#[serde(rename_all = "camelCase")]
struct LastChange {
    full_name: String,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

async fn answer<C: ConnectionTrait>(
    db: &C,
    data: Groups,
    last: Option<(UserId, i64)>,
    message: Option<&'static str>,
) -> Result<Answer<Settings>, Problem> {
    let changed = match last {
        None => None,
        Some((by, at)) => {
            let account = accounts::find_by_ids(db, std::iter::once(by.uuid())).await?.remove(&by.uuid());
            account.map(|account| LastChange { full_name: account.full_name, at: Timestamp::from_millis(at) })
        }
    };
    let version = last.map_or(0, |(_, at)| at);
    Ok(Answer(Settings { success: true, data, acting: ACTING, version, changed, message }))
}

/// The settings of the institute, and which of them act.
#[utoipa::path(
    get, path = "/api/admin/settings", tag = "settings",
    responses((status = 200, body = Settings), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn read_settings(State(app): State<App>, _: Admin) -> Result<Answer<Settings>, ApiError> {
    let db = app.store.reader();
    // First the version: who is overtaken between the two questions is told so when they save.
    let last = store::last_change(db).await?;
    Ok(answer(db, with_stored(usual(&app), store::read(db).await?), last, None).await?)
}

/// Change settings. What is left out stays as it is, what is not known is not kept. `version`, beside the groups, may be left out.
#[utoipa::path(
    put, path = "/api/admin/settings", tag = "settings", request_body = Object,
    responses(
        (status = 200, body = Settings),
        (status = 400, description = "`settings.invalid`", body = lamplight_http::ErrorBody),
        (status = 409, description = "`settings.changed_meanwhile`", body = lamplight_http::ErrorBody),
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
    let last = store::last_change(tx.db()).await?;
    let version = last.map_or(0, |(_, at)| at);
    if sent.get("version").and_then(Value::as_i64).is_some_and(|read| read != version) {
        let text = "Somebody else changed the settings in the meantime. Look at what they are now before you change them again.";
        return Err(Problem::new(Class::Conflict, "settings.changed_meanwhile", text).into());
    }
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
    if act.is_empty() {
        drop(tx);
        return Ok(answer(app.store.reader(), after, last, Some("Saved.")).await?);
    }
    store::write(&tx, &stored, admin.user, last.map(|(_, at)| at)).await?;
    audit::write(&tx, &admin, act).await?;
    tx.commit().await?;
    let db = app.store.reader();
    Ok(answer(db, after, store::last_change(db).await?, Some("Saved.")).await?)
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
    Ok(answer(app.store.reader(), usual(&app), None, Some("The settings are what they were in the beginning.")).await?)
}
