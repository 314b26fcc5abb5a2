use axum::{Json as Answer, extract::State};
use http::HeaderMap;
use lamplight_auth::{Person, Student};
use lamplight_http::{Admin, ApiError, Json, SignedIn, Visitor};
use lamplight_kernel::{Problem, Room, SessionId, Target};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::{
    AccountError, ProfileUpdated, devices,
    document::{User, shown},
    keys, passwords,
    rules::complete,
    sessions, store,
    tries::Tries,
};
use crate::{
    App,
    audit::{self, Act, Actor, Kind},
    contact,
    routing::routes,
    students::{self, OwnForm},
    wire::Change,
};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(sign_in))
        .routes(routes!(who_am_i))
        .routes(routes!(change_own_account))
        .routes(routes!(retire_signing_key))
        .merge(passwords::routes())
        .merge(devices::routes())
}

/// What to sign in with.
#[derive(Deserialize, ToSchema)]
struct Credentials {
    /// A mail address or a user name.
    #[serde(default)]
    email: String,
    /// The password.
    #[serde(default)]
    password: String,
}

/// A session that began.
#[derive(Debug, Serialize, ToSchema)]
struct Session {
    /// Always `true`.
    #[schema(example = true)]
    success: bool,
    /// A sentence for the person.
    message: &'static str,
    /// To be sent with every request: `Authorization: Bearer ...`.
    token: String,
    /// Who signed in.
    user: User,
}

/// Whoever is signed in.
#[derive(Debug, Serialize, ToSchema)]
struct Myself {
    /// Always `true`.
    #[schema(example = true)]
    success: bool,
    /// Who it is.
    user: User,
}

/// Sign in with a mail address or user name and a password.
#[utoipa::path(
    post, path = "/api/auth/login", tag = "accounts", request_body = Credentials,
    responses(
        (status = 200, body = Session),
        (status = 400, description = "`accounts.wrong_credentials`, `accounts.incomplete`", body = lamplight_http::ErrorBody),
        (status = 403, description = "`accounts.inactive`, `accounts.locked`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn sign_in(
    State(app): State<App>,
    visitor: Visitor,
    Json(given): Json<Credentials>,
) -> Result<(HeaderMap, Answer<Session>), ApiError> {
    complete(&[("email", given.email.trim()), ("password", &given.password)])?;
    // A NUL is in no account's name, and PostgreSQL can't be asked for one.
    let found =
        if given.email.contains('\0') { None } else { store::find_by_login(app.store.reader(), &given.email).await? };
    let user = found.as_ref().map(|row| row.id.into());
    let tries = Tries::to_sign_in(&app.devices, &visitor, &given.email, user);
    take(&app, &tries).await?;
    let right = app.passwords.verify(&given.password, found.as_ref().map(|row| row.password_hash.as_str())).await;
    let (true, Some(row)) = (right, found) else {
        return Err(AccountError::WrongCredentials.into());
    };
    if row.is_active == 0 {
        return Err(AccountError::Inactive.into());
    }
    let mut tx = app.store.begin().await?;
    store::update_last_login(&tx, row.id).await?;
    tries.give_back(&tx).await?;
    let session = sessions::begin(&mut tx, &app, &row, &visitor).await?;
    tx.commit().await?;
    let person = app.gate.person(row.id.into()).await?.ok_or(AccountError::Inactive)?;
    if person.session_version != row.session_version {
        // The password was changed while this one was looked at.
        return Err(AccountError::WrongCredentials.into());
    }
    let token = app.gate.issue(&person, Some(session)).await?;
    tracing::info!(user = %person.user, role = %person.role(), "signed in");
    let headers = devices::remember(&app, &visitor, person.user)?;
    Ok((headers, Answer(Session { success: true, message: "Welcome.", token, user: shown(&app, row).await? })))
}

/// Takes a try, or says when the next one may be made.
pub(super) async fn take(app: &App, tries: &Tries) -> Result<(), Problem> {
    let tx = app.store.begin().await?;
    let now = tx.now();
    match tries.take(&tx).await? {
        Ok(()) => Ok(tx.commit().await?),
        Err(until) => {
            tracing::warn!("too many tries to sign in failed; more are refused for now");
            Err(AccountError::Locked {
                until: app.institute.clock(until),
                minutes: now.until(until).as_secs() / 60 + 1,
            }
            .into())
        }
    }
}

/// A token for a session that was begun with this row.
pub(super) async fn token_for(app: &App, row: &store::entity::Model, session: SessionId) -> Result<String, Problem> {
    let person = app.gate.person(row.id.into()).await?.ok_or(lamplight_auth::Refusal::AccountUnknown)?;
    // Whatever has ended it meanwhile has ended it.
    let person = Person { session_version: row.session_version, ..person };
    app.gate.issue(&person, Some(session)).await
}

/// Who is signed in, as they are today.
#[utoipa::path(get, path = "/api/auth/me", tag = "accounts", responses((status = 200, body = Myself), (status = 401, body = lamplight_http::ErrorBody)))]
async fn who_am_i(State(app): State<App>, SignedIn(caller): SignedIn) -> Result<Answer<Myself>, ApiError> {
    let row = store::find(app.store.reader(), caller.person.user).await?;
    let row = row.ok_or(lamplight_auth::Refusal::AccountUnknown)?;
    Ok(Answer(Myself { success: true, user: shown(&app, row).await? }))
}

/// What somebody may change about themselves. What is not there stays as it is; what is not named here is left alone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ProfileForm {
    /// How to reach them.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    phone_number: Change<String>,
    /// The office changes it.
    username: Option<String>,
    /// The office changes it.
    email: Option<String>,
}

/// Change what one may change about oneself. Names and addresses for signing in are changed by the office.
#[utoipa::path(
    put, path = "/api/auth/profile", tag = "accounts", request_body = ProfileForm,
    responses((status = 200, body = Myself), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn change_own_account(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Json(form): Json<ProfileForm>,
) -> Result<Answer<Myself>, ApiError> {
    let user = caller.person.user;
    let known = store::find(app.store.reader(), user).await?.ok_or(lamplight_auth::Refusal::AccountUnknown)?;
    let others = [("username", &form.username, &known.username), ("email", &form.email, &known.email)];
    for (field, said, is) in others {
        if said.as_ref().is_some_and(|said| !said.trim().eq_ignore_ascii_case(is)) {
            return Err(AccountError::field(field, "Please ask the office to change this.").into());
        }
    }
    // What the institute knows of a student stands in their record.
    if let Ok(student) = Student::try_from(caller.clone()) {
        students::save_own(&app, &student, OwnForm::reached_at(form.phone_number)).await?;
        return Ok(Answer(Myself { success: true, user: shown(&app, known).await? }));
    }
    let mut tx = app.store.begin().await?;
    let before = store::find(tx.db(), user).await?.ok_or(lamplight_auth::Refusal::AccountUnknown)?;
    let mut row = before.clone();
    row.contact_number = match form.phone_number {
        Change::Set(text) => {
            let number = contact::phone(&text);
            Some(number.ok_or_else(|| AccountError::field("phoneNumber", "This is not a telephone number."))?)
        }
        other => other.apply(row.contact_number),
    };
    if row.contact_number != before.contact_number {
        row.version += 1;
        row.updated_at = tx.now().millis();
        if !store::update(&tx, &before, &row).await? {
            return Err(AccountError::ChangedMeanwhile.into());
        }
        tx.record(&ProfileUpdated { version: row.version }, Target::rooms([Room::user(user)]))?;
        let act = Act::new(Kind::Users, "changed", user, &row.full_name);
        let act = act.changed("contactNumber", &before.contact_number, &row.contact_number);
        audit::write(&tx, &caller, act).await?;
    }
    tx.commit().await?;
    Ok(Answer(Myself { success: true, user: shown(&app, row).await? }))
}

/// A signing key that was retired.
#[derive(Debug, Serialize, ToSchema)]
struct KeyRetired {
    /// Always `true`.
    #[schema(example = true)]
    success: bool,
    /// A sentence for the person.
    message: &'static str,
    /// A new token for this session. Every earlier one, of everybody, has ended.
    token: String,
}

/// Retire the key that signs the tokens: everybody is signed out, everywhere. This session goes on with the new token.
#[utoipa::path(
    post, path = "/api/admin/signing-key", tag = "accounts",
    responses((status = 200, body = KeyRetired), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn retire_signing_key(
    State(app): State<App>,
    visitor: Visitor,
    Admin(admin): Admin,
) -> Result<Answer<KeyRetired>, ApiError> {
    let mut tx = app.store.begin().await?;
    let row = store::find(tx.db(), admin.user).await?.ok_or(lamplight_auth::Refusal::AccountUnknown)?;
    let key = keys::rotate(&mut tx, Actor::from(&admin)).await?;
    let session = sessions::begin(&mut tx, &app, &row, &visitor).await?;
    tx.commit().await?;
    tracing::warn!(user = %admin.user, key, "signing key retired: everybody is signed out");
    let token = app.gate.issue(&admin, Some(session)).await?;
    Ok(Answer(KeyRetired { success: true, message: "Everybody was signed out and has to sign in again.", token }))
}
