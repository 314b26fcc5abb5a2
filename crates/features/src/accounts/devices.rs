//! The devices on which somebody is signed in, and how they are signed out.

use axum::{Json as Answer, extract::State};
use http::{HeaderMap, HeaderValue, header};
use lamplight_auth::Refusal;
use lamplight_http::{ApiError, PathId, SignedIn, Visitor};
use lamplight_kernel::{Problem, SessionId, Timestamp, UserId};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::{
    AccountError,
    passwords::Renewed,
    routes::token_for,
    sessions::{self, Model},
    store,
};
use crate::{
    App,
    audit::{self, Act, Kind},
    routing::routes,
    wire::{Envelope, Said, data, said},
};

/// The name of the cookie that marks a browser. It lets nobody in: see `auth::Devices`.
const COOKIE: &str = lamplight_http::DEVICE_COOKIE;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_devices, sign_out_other_devices))
        .routes(routes!(sign_out_device))
        .routes(routes!(sign_out))
}

/// The header that marks a browser in which somebody proved who they are; none when it is marked already.
pub(super) fn remember(app: &App, visitor: &Visitor, user: UserId) -> Result<HeaderMap, Problem> {
    let mut headers = HeaderMap::new();
    if visitor.mark.as_deref().is_some_and(|mark| app.devices.read(mark, user).is_some()) {
        return Ok(headers);
    }
    // Another site's pages get it back only with these words, and a browser takes them only over HTTPS.
    let site = match (visitor.is_own_page, visitor.is_tls) {
        (true, false) => "SameSite=Lax",
        (true, true) => "SameSite=Lax; Secure",
        (false, _) => "SameSite=None; Secure",
    };
    let mark = app.devices.mark(user);
    let cookie = format!("{COOKIE}={mark}; Path=/api/auth; Max-Age=31536000; HttpOnly; {site}");
    headers.insert(header::SET_COOKIE, HeaderValue::try_from(cookie).map_err(Problem::internal)?);
    Ok(headers)
}

/// A device on which somebody is signed in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Device {
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    id: SessionId,
    /// In words: `Firefox on Windows`.
    device: String,
    /// The address it signed in from; nothing when it is not known.
    #[schema(required)]
    address: Option<String>,
    /// When it signed in.
    #[schema(value_type = String, format = DateTime)]
    signed_in_at: Timestamp,
    /// When it was last in use, to a quarter of an hour.
    #[schema(value_type = String, format = DateTime)]
    last_seen_at: Timestamp,
    /// Whether it is the one that asks.
    is_this: bool,
}

fn device(row: Model, this: Option<SessionId>) -> Device {
    Device {
        is_this: this.is_some_and(|this| this.uuid() == row.id),
        id: row.id.into(),
        device: row.device,
        address: row.address,
        signed_in_at: Timestamp::from_millis(row.created_at),
        last_seen_at: Timestamp::from_millis(row.seen_at),
    }
}

/// The devices on which the caller is signed in, the last signed in first.
#[utoipa::path(
    get, path = "/api/auth/sessions", tag = "accounts",
    responses((status = 200, body = Envelope<Vec<Device>>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn list_devices(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
) -> Result<Answer<Envelope<Vec<Device>>>, ApiError> {
    let person = &caller.person;
    let now = app.store.clock().now();
    let rows = sessions::list(app.store.reader(), person.user, person.session_version, now).await?;
    Ok(data(rows.into_iter().map(|row| device(row, caller.claims.sid)).collect()))
}

/// Sign out one device of the caller: its token holds no more, and its open pages are closed.
#[utoipa::path(
    delete, path = "/api/auth/sessions/{id}", tag = "accounts", params(("id" = String, Path)),
    responses((status = 200, body = Said), (status = 404, description = "`accounts.session_not_found`", body = lamplight_http::ErrorBody), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn sign_out_device(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<SessionId>,
) -> Result<Answer<Said>, ApiError> {
    let user = caller.person.user;
    let mut tx = app.store.begin().await?;
    if !sessions::end(&mut tx, user, id).await? {
        return Err(AccountError::SessionNotFound.into());
    }
    audit::write(&tx, &caller, Act::new(Kind::Users, "device_signed_out", user, &caller.person.full_name)).await?;
    tx.commit().await?;
    Ok(said("Signed out there."))
}

/// Sign out everywhere. This session goes on with the new token of the answer.
#[utoipa::path(
    delete, path = "/api/auth/sessions", tag = "accounts",
    responses((status = 200, body = Renewed), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn sign_out_other_devices(
    State(app): State<App>,
    visitor: Visitor,
    SignedIn(caller): SignedIn,
) -> Result<Answer<Renewed>, ApiError> {
    let user = caller.person.user;
    let mut tx = app.store.begin().await?;
    store::end_sessions(&mut tx, user).await?;
    let row = store::find(tx.db(), user).await?.ok_or(Refusal::AccountUnknown)?;
    let session = sessions::begin(&mut tx, &app, &row, &visitor).await?;
    audit::write(&tx, &caller, Act::new(Kind::Users, "signed_out_everywhere", user, &row.full_name)).await?;
    tx.commit().await?;
    let token = token_for(&app, &row, session).await?;
    Ok(Answer(Renewed { success: true, message: "Your other devices were signed out.", token }))
}

/// Sign out on this device. A token of before devices were told apart can only be ended together with all others.
#[utoipa::path(
    post, path = "/api/auth/logout", tag = "accounts",
    responses((status = 200, body = Said), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn sign_out(State(app): State<App>, SignedIn(caller): SignedIn) -> Result<Answer<Said>, ApiError> {
    let user = caller.person.user;
    let mut tx = app.store.begin().await?;
    match caller.claims.sid {
        // Ended meanwhile in another way is as good.
        Some(session) => drop(sessions::end(&mut tx, user, session).await?),
        None => store::end_sessions(&mut tx, user).await?,
    }
    tx.commit().await?;
    Ok(said("You are signed out."))
}
