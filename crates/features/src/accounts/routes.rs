use axum::{Json as Answer, extract::State};
use lamplight_auth::{Role, check_password};
use lamplight_http::{Admin, ApiError, Json, SignedIn};
use lamplight_kernel::{Control, CourseId, Problem, Timestamp, UserId};
use lamplight_store::StoreError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::{
    AccountError, keys,
    rules::complete,
    store::{self, entity, moment},
};
use crate::{
    App,
    audit::{self, Act, Actor, Kind},
    courses::{self, CourseName},
    faculty,
    routing::routes,
    students,
};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(sign_in))
        .routes(routes!(who_am_i))
        .routes(routes!(change_own_password))
        .routes(routes!(retire_signing_key))
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

/// Somebody who is signed in, as their own pages show them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct User {
    /// Their id.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    id: UserId,
    /// The name they sign in with.
    username: String,
    /// The address they sign in with.
    email: String,
    /// What they are.
    #[schema(schema_with = crate::wire::roles)]
    role: Role,
    /// Whether they may sign in.
    is_active: bool,
    /// Always `false` for now: the existing client sends who must change their password to a page it does not have.
    needs_password_reset: bool,
    /// When they signed in last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>, format = DateTime)]
    last_login: Option<Timestamp>,
    /// What belongs to their role.
    profile: Profile,
}

/// What the institute knows of somebody: the name of everybody, the rest by their role.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Profile {
    /// What the institute calls them.
    full_name: String,
    /// The id of the student's or faculty member's record.
    #[serde(rename = "_id", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    id: Option<String>,
    /// A student's human id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    student_id: Option<String>,
    /// The semester a student is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    semester: Option<i32>,
    /// The year a student began.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    batch_year: Option<i32>,
    /// What a student studies.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    course_enrolled: Option<CourseName>,
    /// The institute's own number for a faculty member.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    faculty_id: Option<String>,
    /// A faculty member's: `Lecturer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    designation: Option<String>,
    /// A faculty member's: `Pediatric Nursing`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    department: Option<String>,
}

/// A session that began.
#[derive(Debug, Serialize, ToSchema)]
struct Session {
    /// Always `true`.
    #[schema(example = true)]
    success: bool,
    /// A sentence for the person.
    message: &'static str,
    /// The token, for the `Authorization: Bearer` header and for `auth.token` of the socket.
    token: String,
    /// Who it is.
    user: User,
}

/// Who is signed in.
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
        (status = 403, description = "`accounts.inactive`", body = lamplight_http::ErrorBody),
    )
)]
async fn sign_in(State(app): State<App>, Json(given): Json<Credentials>) -> Result<Answer<Session>, ApiError> {
    complete(&[("email", given.email.trim()), ("password", &given.password)])?;
    // A NUL is in no account's name, and PostgreSQL can't be asked for one.
    let found =
        if given.email.contains('\0') { None } else { store::find_by_login(app.store.reader(), &given.email).await? };
    let right = app.passwords.verify(&given.password, found.as_ref().map(|row| row.password_hash.as_str())).await;
    let (true, Some(row)) = (right, found) else {
        return Err(AccountError::WrongCredentials.into());
    };
    if row.is_active == 0 {
        return Err(AccountError::Inactive.into());
    }
    let tx = app.store.begin().await?;
    store::update_last_login(&tx, row.id).await?;
    tx.commit().await?;
    let person = app.gate.person(row.id.into()).await?.ok_or(AccountError::Inactive)?;
    let token = app.gate.issue(&person).await?;
    tracing::info!(user = %person.user, role = %person.role(), "signed in");
    Ok(Answer(Session { success: true, message: "Welcome.", token, user: shown(&app, row).await? }))
}

/// Who is signed in, as they are today.
#[utoipa::path(get, path = "/api/auth/me", tag = "accounts", responses((status = 200, body = Myself), (status = 401, body = lamplight_http::ErrorBody)))]
async fn who_am_i(State(app): State<App>, SignedIn(caller): SignedIn) -> Result<Answer<Myself>, ApiError> {
    let row = store::find(app.store.reader(), caller.person.user).await?;
    let row = row.ok_or(lamplight_auth::Refusal::AccountUnknown)?;
    Ok(Answer(Myself { success: true, user: shown(&app, row).await? }))
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

/// A password that was changed.
#[derive(Debug, Serialize, ToSchema)]
struct PasswordChanged {
    /// Always `true`.
    #[schema(example = true)]
    success: bool,
    /// A sentence for the person.
    message: &'static str,
    /// A new token for this session. Every earlier one has ended.
    token: String,
}

/// Change the own password. Every session ends, on all devices; this one goes on with the new token of the answer.
#[utoipa::path(
    put, path = "/api/auth/change-password", tag = "accounts", request_body = PasswordChange,
    responses((status = 200, body = PasswordChanged), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn change_own_password(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Json(change): Json<PasswordChange>,
) -> Result<Answer<PasswordChanged>, ApiError> {
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
    let row = store::find(app.store.reader(), user).await?.ok_or(lamplight_auth::Refusal::AccountUnknown)?;
    if !app.passwords.verify(&current_password, Some(&row.password_hash)).await {
        return Err(AccountError::WrongCurrentPassword.into());
    }
    if new_password == current_password {
        return Err(AccountError::Unchanged.into());
    }
    check_password(&new_password, &row.username).map_err(AccountError::from)?;
    let hash = app.passwords.hash(&new_password).await.map_err(|error| Problem::internal(error.to_string()))?;

    let mut tx = app.store.begin().await?;
    if !store::update_password(&tx, user, &row.password_hash, &hash).await? {
        // Changed on another device in the same moment: what was typed as the current one is not any more.
        return Err(AccountError::WrongCurrentPassword.into());
    }
    tx.control(&Control::SignedOut { user })?;
    audit::write(&tx, &caller, Act::new(Kind::Users, "password_changed", user, &row.username)).await?;
    tx.commit().await?;

    let changed = app.gate.person(user).await?.ok_or(lamplight_auth::Refusal::AccountUnknown)?;
    let token = app.gate.issue(&changed).await?;
    let message = "Your password was changed. Your other devices were signed out.";
    Ok(Answer(PasswordChanged { success: true, message, token }))
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
async fn retire_signing_key(State(app): State<App>, Admin(admin): Admin) -> Result<Answer<KeyRetired>, ApiError> {
    let mut tx = app.store.begin().await?;
    let key = keys::rotate(&mut tx, Actor::from(&admin)).await?;
    tx.commit().await?;
    tracing::warn!(user = %admin.user, key, "signing key retired: everybody is signed out");
    let token = app.gate.issue(&admin).await?;
    Ok(Answer(KeyRetired { success: true, message: "Everybody was signed out and has to sign in again.", token }))
}

async fn shown(app: &App, row: entity::Model) -> Result<User, StoreError> {
    let id = UserId::from(row.id);
    let db = app.store.reader();
    let role: Role =
        row.role.parse().map_err(|()| StoreError::Corrupt { table: "users", what: format!("{id}: unknown role") })?;
    let mut profile = Profile { full_name: row.full_name, ..Profile::default() };
    match role {
        Role::Admin => {}
        Role::Faculty => {
            if let Some(record) = faculty::find_by_user(db, id).await? {
                profile.id = Some(record.id.to_string());
                profile.faculty_id = Some(record.faculty_id);
                profile.designation = Some(record.designation);
                profile.department = Some(record.department);
            }
        }
        Role::Student => {
            if let Some(record) = students::find_by_user(db, id).await? {
                let course = CourseId::from(record.course_id);
                let names = courses::find_names(db).await?;
                profile.id = Some(record.id.to_string());
                profile.student_id = Some(record.student_id);
                profile.semester = Some(record.semester);
                profile.batch_year = Some(record.batch_year);
                profile.course_enrolled = names.get(&course).map(|(code, name)| CourseName {
                    id: course,
                    course_code: code.clone(),
                    course_name: name.clone(),
                });
            }
        }
    }
    Ok(User {
        id,
        username: row.username,
        email: row.email,
        role,
        is_active: row.is_active != 0,
        needs_password_reset: false,
        last_login: row.last_login_at.map(moment),
        profile,
    })
}
