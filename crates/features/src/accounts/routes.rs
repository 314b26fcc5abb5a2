use axum::{Json as Answer, extract::State};
use lamplight_auth::{Role, check_password};
use lamplight_http::{ApiError, Json, SignedIn};
use lamplight_kernel::{Control, FacultyId, Problem, StudentId, Timestamp, UserId};
use lamplight_store::StoreError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    AccountError,
    directory::person,
    rules::complete,
    store::{self, entity, moment},
};
use crate::{
    App,
    courses::{self, CourseName},
    faculty, students,
};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(sign_in)).routes(routes!(who_am_i)).routes(routes!(change_own_password))
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
    #[schema(value_type = String, example = "student")]
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

/// What belongs to somebody's role.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Profile {
    /// What the institute calls them.
    full_name: String,
    /// A student's record.
    #[serde(flatten)]
    student: Option<StudentProfile>,
    /// A faculty member's record.
    #[serde(flatten)]
    faculty: Option<FacultyProfile>,
}

/// A student's record.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct StudentProfile {
    /// The student record's id.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    id: StudentId,
    /// The human id.
    student_id: String,
    /// The semester they are in.
    semester: i32,
    /// The year they began.
    batch_year: i32,
    /// What they study.
    #[serde(skip_serializing_if = "Option::is_none")]
    course_enrolled: Option<CourseName>,
}

/// A faculty member's record.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FacultyProfile {
    /// The faculty record's id.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    id: FacultyId,
    /// The institute's own number for them.
    faculty_id: String,
    /// `Lecturer`.
    designation: String,
    /// `Pediatric Nursing`.
    department: String,
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
    post, path = "/api/auth/login", tag = "accounts", security(()), request_body = Credentials,
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
    let person = person(&app.store, &row).await?;
    let token = app.gate.tokens().issue(&person, app.store.clock().now()).map_err(Problem::internal)?;
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
    tx.commit().await?;

    let changed = app.gate.person(user).await?.ok_or(lamplight_auth::Refusal::AccountUnknown)?;
    let token = app.gate.tokens().issue(&changed, app.store.clock().now()).map_err(Problem::internal)?;
    let message = "Your password was changed. Your other devices were signed out.";
    Ok(Answer(PasswordChanged { success: true, message, token }))
}

async fn shown(app: &App, row: entity::Model) -> Result<User, StoreError> {
    let id = UserId::from(row.id);
    let db = app.store.reader();
    let role: Role =
        row.role.parse().map_err(|()| StoreError::Corrupt { table: "users", what: format!("{id}: unknown role") })?;
    let student = match role {
        Role::Student => students::find_by_user(db, id).await?,
        _ => None,
    };
    let faculty = match role {
        Role::Faculty => faculty::find_by_user(db, id).await?,
        _ => None,
    };
    let names = if student.is_some() { courses::find_names(db).await? } else { Default::default() };
    let profile = Profile {
        full_name: row.full_name,
        student: student.map(|student| StudentProfile {
            id: student.id.into(),
            student_id: student.student_id,
            semester: student.semester,
            batch_year: student.batch_year,
            course_enrolled: names.get(&student.course_id.into()).map(|(code, name)| CourseName {
                id: student.course_id.into(),
                course_code: code.clone(),
                course_name: name.clone(),
            }),
        }),
        faculty: faculty.map(|record| FacultyProfile {
            id: record.row.id.into(),
            faculty_id: record.row.faculty_id,
            designation: record.row.designation,
            department: record.row.department,
        }),
    };
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
