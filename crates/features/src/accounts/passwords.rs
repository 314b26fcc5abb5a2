//! Passwords: changed by who knows the old one, or set anew with a link that came by mail.

use axum::{Json as Answer, extract::State};
use http::HeaderMap;
use lamplight_auth::{Refusal, check_password};
use lamplight_http::{ApiError, Json, PathId, SignedIn, Visitor};
use lamplight_kernel::Problem;
use serde::{Deserialize, Serialize};
use tracing::Instrument;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::{
    AccountError, devices,
    links::{self, Occasion},
    routes::{take, token_for},
    rules::complete,
    sessions, store,
    tries::{self, Tries},
};
use crate::{
    App,
    audit::{self, Act, Actor, Kind},
    routing::routes,
    wire::{Said, said},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(change_own_password))
        .routes(routes!(forgot_password))
        .routes(routes!(reset_password))
}

/// The passwords before and after.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PasswordChange {
    /// The one that holds now.
    #[serde(default)]
    current_password: String,
    /// The one to be.
    #[serde(default)]
    new_password: String,
    /// The same again.
    #[serde(default)]
    confirm_password: String,
}

/// All earlier tokens have ended; this session goes on.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Renewed {
    /// Always `true`.
    #[schema(example = true)]
    pub(super) success: bool,
    /// A sentence for the person.
    pub(super) message: &'static str,
    /// A new token for this session. Every earlier one has ended.
    pub(super) token: String,
}

/// Change the own password. Every session ends, on all devices; this one goes on with the new token of the answer.
#[utoipa::path(
    put, path = "/api/auth/change-password", tag = "accounts", request_body = PasswordChange,
    responses((status = 200, body = Renewed), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn change_own_password(
    State(app): State<App>,
    visitor: Visitor,
    SignedIn(caller): SignedIn,
    Json(change): Json<PasswordChange>,
) -> Result<Answer<Renewed>, ApiError> {
    let PasswordChange { current_password, new_password, confirm_password } = change;
    complete(&[
        ("currentPassword", &current_password),
        ("newPassword", &new_password),
        ("confirmPassword", &confirm_password),
    ])?;
    if new_password != confirm_password {
        return Err(AccountError::Unequal.into());
    }
    let user = caller.person.user;
    let row = store::find(app.store.reader(), user).await?.ok_or(Refusal::AccountUnknown)?;
    // Who has found an open page must not find out the password with it.
    let tries = Tries::to_confirm(user);
    take(&app, &tries).await?;
    if !app.passwords.verify(&current_password, Some(&row.password_hash)).await {
        return Err(AccountError::WrongCurrentPassword.into());
    }
    let tx = app.store.begin().await?;
    tries.give_back(&tx).await?;
    tx.commit().await?;
    if new_password == current_password {
        return Err(AccountError::Unchanged.into());
    }
    check_password(&new_password, &row.username).map_err(|weak| AccountError::Weak("newPassword", weak))?;
    let hash = app.passwords.hash(&new_password).await.map_err(|error| Problem::internal(error.to_string()))?;

    let mut tx = app.store.begin().await?;
    if !store::replace_password(&mut tx, user, &row.password_hash, &hash).await? {
        // Changed on another device in the same moment: what was typed as the current one is not any more.
        return Err(AccountError::WrongCurrentPassword.into());
    }
    links::remove(&tx, user).await?;
    let row = store::find(tx.db(), user).await?.ok_or(Refusal::AccountUnknown)?;
    let session = sessions::begin(&mut tx, &app, &row, &visitor).await?;
    audit::write(&tx, &caller, Act::new(Kind::Users, "password_changed", user, &row.full_name)).await?;
    tx.commit().await?;

    let token = token_for(&app, &row, session).await?;
    let message = "Your password was changed. Your other devices were signed out.";
    Ok(Answer(Renewed { success: true, message, token }))
}

/// Who has forgotten their password.
#[derive(Deserialize, ToSchema)]
struct Forgotten {
    /// Their mail address.
    #[serde(default)]
    email: String,
}

/// Ask for a mail with a link to set a new password. The answer is the same whether there is such an account or not.
#[utoipa::path(
    post, path = "/api/auth/forgot-password", tag = "accounts", request_body = Forgotten,
    responses(
        (status = 200, body = Said),
        (status = 400, description = "`accounts.incomplete`, `accounts.no_mail`", body = lamplight_http::ErrorBody),
        (status = 403, description = "`accounts.locked`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn forgot_password(
    State(app): State<App>,
    visitor: Visitor,
    Json(given): Json<Forgotten>,
) -> Result<Answer<Said>, ApiError> {
    complete(&[("email", given.email.trim())])?;
    if !app.mailer.is_on() {
        return Err(AccountError::NoMail.into());
    }
    take(&app, &Tries::to_ask_for_mail(&visitor, &given.email)).await?;
    // The rest is done after the answer, so that the time it takes says nothing either.
    let rest = async move {
        if let Err(problem) = mail_link(&app, &given.email).await {
            tracing::error!(%problem, cause = ?problem.cause(), "a link for a new password could not be made");
        }
    };
    tokio::spawn(rest.in_current_span());
    Ok(said("If there is an account with this address, a mail is on its way. The link in it works for an hour."))
}

async fn mail_link(app: &App, email: &str) -> Result<(), Problem> {
    if email.contains('\0') {
        return Ok(());
    }
    let Some(row) = store::find_by_login(app.store.reader(), email).await?.filter(|row| row.is_active != 0) else {
        return Ok(());
    };
    let tx = app.store.begin().await?;
    let mail = links::make(&tx, app, &row, Occasion::Forgotten).await?;
    tx.commit().await?;
    tracing::info!(user = %row.id, "a link for a new password was mailed");
    app.mailer.post(mail);
    Ok(())
}

/// A new password.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NewPassword {
    /// It.
    #[serde(default)]
    password: String,
    /// The same again; need not be sent.
    confirm_password: Option<String>,
}

/// Set a new password with the token of a mailed link. Every session ends, and one signs in anew.
#[utoipa::path(
    put, path = "/api/auth/reset-password/{token}", tag = "accounts", params(("token" = String, Path)), request_body = NewPassword,
    responses(
        (status = 200, body = Said),
        (status = 400, description = "`accounts.link_over`, `accounts.weak_password`, `accounts.passwords_differ`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn reset_password(
    State(app): State<App>,
    visitor: Visitor,
    PathId(token): PathId<String>,
    Json(given): Json<NewPassword>,
) -> Result<(HeaderMap, Answer<Said>), ApiError> {
    complete(&[("password", &given.password)])?;
    if given.confirm_password.is_some_and(|again| again != given.password) {
        return Err(AccountError::Unequal.into());
    }
    let db = app.store.reader();
    let user = links::find(db, &token, app.store.clock().now()).await?.ok_or(AccountError::LinkOver)?;
    let row = store::find(db, user).await?.filter(|row| row.is_active != 0).ok_or(AccountError::LinkOver)?;
    check_password(&given.password, &row.username).map_err(|weak| AccountError::Weak("password", weak))?;
    let hash = app.passwords.hash(&given.password).await.map_err(|error| Problem::internal(error.to_string()))?;

    let mut tx = app.store.begin().await?;
    if !links::spend(&tx, &token).await? || !store::replace_password(&mut tx, user, &row.password_hash, &hash).await? {
        return Err(AccountError::LinkOver.into());
    }
    links::remove(&tx, user).await?;
    tries::forgive(&tx, [&row.username, &row.email]).await?;
    let by = Actor::known(user, (&row.full_name, &row.username), visitor.address);
    audit::write(&tx, by, Act::new(Kind::Users, "password_reset", user, &row.full_name)).await?;
    tx.commit().await?;
    tracing::info!(%user, "a new password was set with a link");
    let headers = devices::remember(&app, &visitor, user)?;
    Ok((headers, said("Your password was set. Please sign in with it.")))
}
