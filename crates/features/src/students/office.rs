//! What the office does with one student: add, change, delete, restore, give a new password.

use axum::{Json as Answer, extract::State};
use http::{HeaderMap, StatusCode, header};
use lamplight_auth::{Admin as AdminCaller, check_password, generate_password};
use lamplight_http::{Admin, ApiError, Json, PathId};
use lamplight_kernel::{Problem, StudentId, UserId};
use lamplight_store::Tx;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::{
    StudentError,
    document::{StudentRow, document},
    entity::Model,
    form::{Form, Ground},
    invite,
    seats::Seats,
    store, trail, write,
    write::{Contacts, Gone, Refused},
};
use crate::{
    App,
    accounts::{self, links},
    audit,
    routing::routes,
    wire::{Change, Envelope, told},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(add_student))
        .routes(routes!(change_student, delete_student))
        .routes(routes!(restore_student))
        .routes(routes!(reset_student_password))
        .routes(routes!(invite::send_credentials))
}

/// What a new student signs in with. Said once and stored nowhere.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StudentCredentials)]
#[serde(rename_all = "camelCase")]
struct Credentials {
    /// The human id, which is the user name.
    student_id: String,
    /// The mail address that may be typed instead.
    institute_email: String,
    /// The password.
    password: String,
    /// Where to sign in.
    login_url: String,
}

/// A student who was added.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StudentAdded)]
struct Added {
    /// As stored.
    student: StudentRow,
    /// What to sign in with.
    credentials: Credentials,
}

/// Add a student.
///
/// The human id is made of the course's code, the year and a running number. The password is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/api/admin/students", tag = "students", request_body = Form,
    responses(
        (status = 201, body = Envelope<Added>),
        (status = 400, description = "`students.invalid`, `students.taken` (with `existingStudentId`), `students.course_full`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn add_student(
    State(app): State<App>,
    Admin(admin): Admin,
    headers: HeaderMap,
    Json(form): Json<Form>,
) -> Result<(StatusCode, Answer<Envelope<Added>>), ApiError> {
    let ground = ground(&app, app.store.reader()).await?;
    let row = form.check(None, &ground, &app.institute).map_err(StudentError::Invalid)?;
    let (password, hash) = new_password(&app).await?;
    let domain = app.institute.student_mail_domain.as_deref();

    let mut tx = app.store.begin().await?;
    let mut seats = Seats::lock(&tx, [row.course_id]).await?;
    Contacts::find(&tx, [&row].into_iter()).await?.check(&row)?;
    seats.take(row.course_id)?;
    let added = write::add(&tx, vec![row], &ground, (domain, &hash)).await.map_err(Refused::from)?;
    for row in &added {
        write::tell_added(&mut tx, row)?;
        audit::write(&tx, &admin, trail::added(row, &ground)).await?;
    }
    let listed = store::with_accounts(tx.db(), added).await?.pop();
    tx.commit().await?;

    let student =
        listed.map(|listed| document(listed, &ground, true)).ok_or_else(|| Problem::internal("not stored"))?;
    tracing::info!(student = %student.id, user = %admin.user, "student added");
    let credentials = Credentials {
        student_id: student.student_id.clone(),
        institute_email: student.sign_in_mail().to_owned(),
        password,
        login_url: login_url(&headers),
    };
    Ok((StatusCode::CREATED, told("The student was added.", Added { student, credentials })))
}

/// Change a student. What is not in the request stays as it is; without `version` nothing is compared.
#[utoipa::path(
    put, path = "/api/admin/students/{id}", tag = "students", params(("id" = String, Path)), request_body = Form,
    responses(
        (status = 200, body = Envelope<StudentRow>),
        (status = 400, description = "`students.invalid`, `students.taken`, `students.course_full`, `students.archived`", body = lamplight_http::ErrorBody),
        (status = 409, description = "`students.changed_meanwhile`, with the student as stored now in `current`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn change_student(
    State(app): State<App>,
    Admin(admin): Admin,
    PathId(id): PathId<StudentId>,
    Json(form): Json<Form>,
) -> Result<Answer<Envelope<StudentRow>>, ApiError> {
    let mut tx = app.store.begin().await?;
    let before = store::find_for_change(&tx, id).await?.ok_or(StudentError::NotFound)?;
    let ground = ground(&app, tx.db()).await?;
    if form.is_outdated(&before) {
        let current = serde_json::to_value(shown(tx.db(), before, &ground).await?).map_err(Problem::internal)?;
        return Err(Problem::from(StudentError::ChangedMeanwhile).with("current", current).into());
    }
    let is_active = form.is_active.clone();
    let (mut row, mut is_told) = save(&mut tx, &app, &ground, &before, form).await?;
    let mut act = trail::changed(&before, &row, &ground);
    if let Change::Set(is_active) = is_active {
        let user = UserId::from(row.user_id);
        let account = accounts::find_by_ids(tx.db(), [row.user_id].into_iter()).await?.remove(&row.user_id);
        if account.is_some_and(|account| (account.is_active != 0) != is_active) {
            accounts::set_active(&mut tx, user, is_active).await?;
            if row.version == before.version {
                row = write::change(&mut tx, &before, row).await?;
            }
            is_told = true;
            act = act.changed("isActive", &!is_active, &is_active);
        }
    }
    if is_told {
        write::tell_changed(&mut tx, &row)?;
        audit::write(&tx, &admin, act).await?;
    }
    let shown = shown(tx.db(), row, &ground).await?;
    tx.commit().await?;
    tracing::info!(student = %id, user = %admin.user, "student changed");
    Ok(told("Saved.", shown))
}

/// Writes what a form says about a student that is held for changing, and that the form is not outdated for. Gives the student as stored, and whether anything changed.
pub(super) async fn save(
    tx: &mut Tx,
    app: &App,
    ground: &Ground,
    before: &Model,
    form: Form,
) -> Result<(Model, bool), Problem> {
    if before.archived_at.is_some() {
        return Err(StudentError::Archived.into());
    }
    let after = form.check(Some(before), ground, &app.institute).map_err(StudentError::Invalid)?;
    if after == *before {
        return Ok((after, false));
    }
    write::check_seat(tx, before, &after).await?;
    Contacts::find(tx, [&after].into_iter()).await?.check(&after)?;
    Ok((write::change(tx, before, after).await?, true))
}

/// What became of a student who was to be deleted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StudentGone)]
#[serde(rename_all = "camelCase")]
struct Removed {
    /// Whether the student is kept, in no list, because there are records.
    archived: bool,
}

/// Delete a student, or archive one who has records.
///
/// Records are attendance, marks, and material that was meant for them by name. Nobody can sign in with the account of an archived
/// student any more and the seat is free, but the records keep their name. It can be restored.
#[utoipa::path(
    delete, path = "/api/admin/students/{id}", tag = "students", params(("id" = String, Path)),
    responses((status = 200, body = Envelope<Removed>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn delete_student(
    State(app): State<App>,
    Admin(admin): Admin,
    PathId(id): PathId<StudentId>,
) -> Result<Answer<Envelope<Removed>>, ApiError> {
    let mut tx = app.store.begin().await?;
    let row = store::find_for_change(&tx, id).await?.ok_or(StudentError::NotFound)?;
    if row.archived_at.is_some() {
        return Err(StudentError::Archived.into());
    }
    let archived = remove(&mut tx, &admin, &row).await?;
    tx.commit().await?;
    tracing::info!(student = %id, user = %admin.user, archived, "student deleted");
    Ok(told(removed(archived), Removed { archived }))
}

/// What became of a student, in words.
pub(crate) const fn removed(archived: bool) -> &'static str {
    if archived {
        "The student has records, so they were archived: they can't sign in any more, and their records stay."
    } else {
        "The student was deleted."
    }
}

async fn remove(tx: &mut Tx, admin: &AdminCaller, row: &Model) -> Result<bool, Problem> {
    let archived = write::remove(tx, row).await? == Gone::Archived;
    audit::write(tx, admin, trail::act(if archived { "archived" } else { "deleted" }, row)).await?;
    Ok(archived)
}

/// Deletes the student of an account, or archives one who has records. Says whether they were archived.
pub(crate) async fn remove_of(tx: &mut Tx, admin: &AdminCaller, user: UserId) -> Result<bool, Problem> {
    let row = store::find_by_user(tx.db(), user).await?.ok_or(StudentError::NotFound)?;
    let row = store::find_for_change(tx, row.id.into()).await?.ok_or(StudentError::NotFound)?;
    if row.archived_at.is_some() {
        return Err(StudentError::Archived.into());
    }
    remove(tx, admin, &row).await
}

/// Bring an archived student back. Their account is switched on again; they sign in with the password they had.
#[utoipa::path(
    post, path = "/api/admin/students/{id}/restore", tag = "students", params(("id" = String, Path)),
    responses(
        (status = 200, body = Envelope<StudentRow>),
        (status = 400, description = "`students.not_archived`, `students.course_full`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn restore_student(
    State(app): State<App>,
    Admin(admin): Admin,
    PathId(id): PathId<StudentId>,
) -> Result<Answer<Envelope<StudentRow>>, ApiError> {
    let mut tx = app.store.begin().await?;
    let before = store::find_for_change(&tx, id).await?.ok_or(StudentError::NotFound)?;
    if before.archived_at.is_none() {
        return Err(StudentError::NotArchived.into());
    }
    let ground = ground(&app, tx.db()).await?;
    let after = Model { archived_at: None, ..before.clone() };
    write::check_seat(&tx, &before, &after).await?;
    let row = write::change(&mut tx, &before, after).await?;
    accounts::set_active(&mut tx, row.user_id.into(), true).await?;
    write::tell_changed(&mut tx, &row)?;
    audit::write(&tx, &admin, trail::act("restored", &row)).await?;
    let shown = shown(tx.db(), row, &ground).await?;
    tx.commit().await?;
    tracing::info!(student = %id, user = %admin.user, "student restored");
    Ok(told("The student was restored.", shown))
}

/// A new password for a student.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = StudentPasswordForm)]
#[serde(rename_all = "camelCase", default)]
struct PasswordForm {
    /// The password; one is made without it.
    #[schema(value_type = Option<String>)]
    new_password: Change<String>,
    /// Whether the student is mailed a link to choose a password, if the institute sends mail and has an address of theirs.
    send_email: bool,
}

/// A student's new password.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StudentPassword)]
#[serde(rename_all = "camelCase")]
struct PasswordReset {
    /// The human id, which is the user name.
    student_id: String,
    /// The mail address that may be typed instead.
    institute_email: String,
    /// The password, if it was made here. Said once and stored nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    new_password: Option<String>,
    /// Whether a link to choose a password was mailed. The password itself never is.
    email_sent: bool,
}

/// Give a student a new password. Every session of theirs ends.
#[utoipa::path(
    post, path = "/api/admin/students/{id}/reset-password", tag = "students", params(("id" = String, Path)),
    request_body = PasswordForm,
    responses(
        (status = 200, body = Envelope<PasswordReset>),
        (status = 400, description = "`students.weak_password`, `students.archived`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn reset_student_password(
    State(app): State<App>,
    Admin(admin): Admin,
    PathId(id): PathId<StudentId>,
    Json(form): Json<PasswordForm>,
) -> Result<Answer<Envelope<PasswordReset>>, ApiError> {
    let found = store::find(app.store.reader(), id).await?.ok_or(StudentError::NotFound)?;
    let (made, hash) = match form.new_password {
        Change::Set(password) => {
            check_password(&password, &found.student_id).map_err(StudentError::from)?;
            (None, app.passwords.hash(&password).await.map_err(|error| Problem::internal(error.to_string()))?)
        }
        Change::Keep | Change::Clear => {
            let (password, hash) = new_password(&app).await?;
            (Some(password), hash)
        }
    };
    let mut tx = app.store.begin().await?;
    let row = store::find_for_change(&tx, id).await?.ok_or(StudentError::NotFound)?;
    if row.archived_at.is_some() {
        return Err(StudentError::Archived.into());
    }
    accounts::set_password(&mut tx, row.user_id.into(), &hash).await?;
    audit::write(&tx, &admin, trail::act("password_reset", &row)).await?;
    let account = accounts::find_by_ids(tx.db(), [row.user_id].into_iter()).await?.remove(&row.user_id);
    let account = account.ok_or(StudentError::NotFound)?;
    links::remove(&tx, row.user_id.into()).await?;
    accounts::forgive(&tx, [&account.username, &account.email]).await?;
    let mail = if form.send_email { invite::link(&tx, &app, &row, &account).await?.ok() } else { None };
    tx.commit().await?;
    tracing::info!(student = %id, user = %admin.user, "student's password was reset");
    let email_sent = mail.is_some();
    if let Some(mail) = mail {
        app.mailer.post(mail);
    }
    let (student_id, institute_email) = (row.student_id, account.email);
    let answer = PasswordReset { student_id, institute_email, new_password: made, email_sent };
    Ok(told("The password was changed. Every session of the student has ended.", answer))
}

/// A password that is made, and its hash. Hashing takes a while, so this is done before a transaction.
pub(super) async fn new_password(app: &App) -> Result<(String, String), Problem> {
    let password = generate_password(app.store.chance());
    let hash = app.passwords.hash(&password).await.map_err(|error| Problem::internal(error.to_string()))?;
    Ok((password, hash))
}

/// What forms are checked against now.
pub(super) async fn ground<C: ConnectionTrait>(app: &App, db: &C) -> Result<Ground, lamplight_store::StoreError> {
    Ground::find(db, app.institute.today(app.store.clock().now())).await
}

/// What these students are shown with.
pub(super) async fn ground_for<C: ConnectionTrait>(
    app: &App,
    db: &C,
    students: impl Iterator<Item = &Model>,
) -> Result<Ground, lamplight_store::StoreError> {
    Ground::find_for(db, students, app.institute.today(app.store.clock().now())).await
}

async fn shown<C: ConnectionTrait>(db: &C, row: Model, ground: &Ground) -> Result<StudentRow, Problem> {
    let listed = store::with_accounts(db, vec![row]).await?.pop();
    Ok(document(listed.ok_or(StudentError::NotFound)?, ground, true))
}

/// Where to sign in: at the pages that the office is using just now.
fn login_url(headers: &HeaderMap) -> String {
    let origin = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok()).filter(|origin| *origin != "null");
    format!("{}/login", origin.unwrap_or_default())
}
