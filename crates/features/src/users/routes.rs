use axum::{Json as Answer, extract::State};
use http::StatusCode;
use lamplight_auth::{Admin as AdminCaller, Role, check_password, generate_password};
use lamplight_http::{Admin, ApiError, Json, Params, PathId};
use lamplight_kernel::{Control, Problem, Room, Target, UserId};
use lamplight_store::{StoreError, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::{
    Changed, UserError,
    document::{ManagedUser, document, documents},
    form::{Checked, Form},
    guard,
    rules::next_number,
    store::{self, Filter},
};
use crate::{
    App,
    accounts::{self, NewAccount, Occasion, Profile, ProfileUpdated, entity::Model, links},
    audit::{self, Act, Kind},
    faculty,
    routing::routes,
    students,
    wire::{Change, Envelope, PaginationBody, Said, said, told},
};

/// Rows on a page.
const ROWS: u64 = 20;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_users, add_user))
        .routes(routes!(look_at_user, change_user, delete_user))
        .routes(routes!(toggle_user))
        .routes(routes!(reset_user_password))
        .routes(routes!(sign_out_user))
}

/// Accounts.
#[derive(Debug, Serialize, ToSchema)]
struct UserList {
    /// Always `true`.
    #[schema(example = true)]
    success: bool,
    /// How many there are on all pages.
    count: u64,
    /// The newest first.
    data: Vec<ManagedUser>,
    /// Where the page stands.
    pagination: PaginationBody,
}

/// Accounts, the newest first.
#[utoipa::path(
    get, path = "/api/admin/users", tag = "users",
    params(
        ("role" = Option<String>, Query, description = "`admin`, `faculty` or `student`"),
        ("status" = Option<String>, Query, description = "`active` or `inactive`"),
        ("search" = Option<String>, Query, description = "Words of user name, mail address or name"),
        ("page" = Option<u64>, Query, description = "From 1"), ("limit" = Option<u64>, Query, description = "20 unless told, at most 500"),
    ),
    responses((status = 200, body = UserList), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn list_users(State(app): State<App>, Admin(_): Admin, params: Params) -> Result<Answer<UserList>, ApiError> {
    let db = app.store.reader();
    let role = match params.text("role") {
        None => None,
        Some(role) => Some(role.parse().map_err(|()| unexpected("role", "This must be admin, faculty or student."))?),
    };
    let is_active = match params.text("status") {
        None => None,
        Some("active") => Some(true),
        Some("inactive") => Some(false),
        Some(_) => return Err(unexpected("status", "This must be active or inactive.").into()),
    };
    let filter = Filter { role, is_active, search: params.text("search") };
    let page = store::list(db, &app.common, &filter, params.page(ROWS)?).await?;
    let data = documents(db, &page.rows).await?;
    Ok(Answer(UserList { success: true, count: page.pagination.total, data, pagination: page.pagination.into() }))
}

fn unexpected(field: &'static str, text: &'static str) -> Problem {
    let said = "A filter in the address is not as it should be.";
    Problem::new(lamplight_kernel::Class::Invalid, "request.invalid_query", said).with_field(field, text)
}

/// One account.
#[utoipa::path(
    get, path = "/api/admin/users/{id}", tag = "users", params(("id" = String, Path)),
    responses((status = 200, body = Envelope<ManagedUser>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn look_at_user(
    State(app): State<App>,
    Admin(_): Admin,
    PathId(id): PathId<UserId>,
) -> Result<Answer<Envelope<ManagedUser>>, ApiError> {
    let db = app.store.reader();
    let row = store::find(db, id).await?.ok_or(UserError::NotFound)?;
    Ok(crate::wire::data(document(db, &row).await?))
}

/// What a new person signs in with. Said once and stored nowhere.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UserCredentials)]
struct Credentials {
    /// The user name.
    username: String,
    /// The password.
    password: String,
}

/// An account that was made.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UserAdded)]
#[serde(rename_all = "camelCase")]
struct Added {
    /// As stored.
    user: ManagedUser,
    /// What belongs to their role.
    profile: Profile,
    /// Only when the server made the password.
    #[schema(required)]
    credentials: Option<Credentials>,
    /// Whether a link to choose a password was mailed.
    email_sent: bool,
}

/// Make an account for an administrator or a faculty member. Students are added by `POST /api/admin/students`.
#[utoipa::path(
    post, path = "/api/admin/users", tag = "users", request_body = Form,
    responses(
        (status = 201, body = Envelope<Added>),
        (status = 400, description = "`users.invalid`, `users.student`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn add_user(
    State(app): State<App>,
    Admin(admin): Admin,
    Json(mut form): Json<Form>,
) -> Result<(StatusCode, Answer<Envelope<Added>>), ApiError> {
    let invites = form.send_email == Some(true) && app.mailer.is_on();
    let given = form.password.take().filter(|password| !password.is_empty());
    let checked = form.check(&blank(), &Profile::default(), true)?;
    if checked.role == Role::Student {
        let text = "Add students on the page of the students: they need a course, a mobile number and a seat.";
        return Err(UserError::Student(text).into());
    }
    if let Some(password) = &given {
        check_password(password, &checked.row.username)
            .map_err(|weak| UserError::field("password", weak.to_string()))?;
    }
    let is_made = given.is_none();
    let password = given.unwrap_or_else(|| generate_password(app.store.chance()));
    let hash = app.passwords.hash(&password).await.map_err(|error| Problem::internal(error.to_string()))?;

    let mut tx = app.store.begin().await?;
    guard::turn(&tx, &admin).await?;
    let mut row = checked.row;
    check_logins(&tx, &row).await?;
    let new = NewAccount {
        username: &row.username,
        email: &row.email,
        password_hash: &hash,
        role: checked.role,
        full_name: &row.full_name,
    };
    let id = accounts::insert(&tx, &new).await.map_err(taken)?;
    let inserted = store::find(tx.db(), id).await?.ok_or(UserError::NotFound)?;
    row.id = inserted.id;
    row = Model { version: inserted.version + 1, ..keep(inserted.clone(), row) };
    place(&app, &tx, &mut row, (checked.role, &checked.designation, &checked.department)).await?;
    accounts::update(&tx, &inserted, &row).await?;
    accounts::must_change_password(&tx, id).await?;
    row.must_change_password = 1;
    tell(&mut tx, id)?;
    faculty::tell_of(&mut tx, id).await?;
    let act = Act::new(Kind::Users, "created", id, &row.full_name).noted("username", &row.username);
    audit::write(&tx, &admin, act.noted("email", &row.email).noted("role", &row.role)).await?;
    let mail = if invites { Some(links::make(&tx, &app, &row, Occasion::Invited).await?) } else { None };
    let user = document(tx.db(), &row).await?;
    let profile = documents_profile(&tx, &row).await?;
    tx.commit().await?;

    tracing::info!(user = %id, by = %admin.user, role = %checked.role, "account made");
    let email_sent = mail.is_some();
    if let Some(mail) = mail {
        app.mailer.post(mail);
    }
    let credentials = (is_made && !email_sent).then_some(Credentials { username: row.username, password });
    Ok((StatusCode::CREATED, told("The account was made.", Added { user, profile, credentials, email_sent })))
}

/// An account of which nothing is known yet.
fn blank() -> Model {
    Model {
        id: uuid::Uuid::nil(),
        username: String::new(),
        email: String::new(),
        password_hash: String::new(),
        role: String::new(),
        full_name: String::new(),
        is_active: 1,
        session_version: 1,
        created_at: 0,
        updated_at: 0,
        last_login_at: None,
        must_change_password: 0,
        contact_number: None,
        employee_id: None,
        designation: None,
        department: None,
        version: 1,
    }
}

/// What a form says, on a row as it is stored.
fn keep(stored: Model, said: Model) -> Model {
    Model {
        username: said.username,
        email: said.email,
        role: said.role,
        full_name: said.full_name,
        is_active: said.is_active,
        contact_number: said.contact_number,
        employee_id: said.employee_id,
        designation: said.designation,
        department: said.department,
        ..stored
    }
}

/// Refuses a user name or mail address with which somebody else signs in.
async fn check_logins(tx: &Tx, row: &Model) -> Result<(), Problem> {
    for (field, login) in [("username", &row.username), ("email", &row.email)] {
        if store::find_by_login(tx.db(), login).await?.is_some_and(|other| other.id != row.id) {
            return Err(UserError::field(field, "Somebody else signs in with this already.").into());
        }
    }
    Ok(())
}

fn taken(error: StoreError) -> Problem {
    if error.is_unique_violation() {
        UserError::field("username", "Somebody else signs in with this already.").into()
    } else {
        error.into()
    }
}

/// Gives an account what its role needs: a number, and for faculty their record.
async fn place(
    app: &App,
    tx: &Tx,
    row: &mut Model,
    (role, designation, department): (Role, &str, &str),
) -> Result<(), StoreError> {
    let year = app.institute.today(tx.now()).year();
    match role {
        Role::Admin if row.employee_id.is_none() => {
            row.employee_id = Some(next_number("ADM", year, &store::employee_ids(tx.db()).await?));
            Ok(())
        }
        Role::Faculty => {
            faculty::set_post(
                tx,
                row.id.into(),
                (designation, department, row.contact_number.as_deref().unwrap_or_default()),
                |taken| next_number("FAC", year, taken),
            )
            .await
        }
        Role::Admin | Role::Student => Ok(()),
    }
}

fn tell(tx: &mut Tx, id: UserId) -> Result<(), StoreError> {
    tx.record(&Changed { id }, Target::rooms([Room::admins()]))
}

async fn documents_profile(tx: &Tx, row: &Model) -> Result<Profile, StoreError> {
    Ok(document(tx.db(), row).await?.profile)
}

/// Change an account. What is not in the request stays as it is; without `version` nothing is compared.
#[utoipa::path(
    put, path = "/api/admin/users/{id}", tag = "users", params(("id" = String, Path)), request_body = Form,
    responses(
        (status = 200, body = Envelope<ManagedUser>),
        (status = 400, description = "`users.invalid`, `users.last_admin`, `users.yourself`", body = lamplight_http::ErrorBody),
        (status = 409, description = "`users.changed_meanwhile`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn change_user(
    State(app): State<App>,
    Admin(admin): Admin,
    PathId(id): PathId<UserId>,
    Json(form): Json<Form>,
) -> Result<Answer<Envelope<ManagedUser>>, ApiError> {
    let mut tx = app.store.begin().await?;
    guard::turn(&tx, &admin).await?;
    let before = store::find(tx.db(), id).await?.ok_or(UserError::NotFound)?;
    if matches!(form.version, Change::Set(version) if version != before.version) {
        return Err(UserError::ChangedMeanwhile.into());
    }
    let profile = documents_profile(&tx, &before).await?;
    let Checked { row: said, role, designation, department } = form.check(&before, &profile, false)?;
    let mut row = keep(before.clone(), said);
    guard::check(&tx, &admin, &before, Some(&row)).await?;
    check_logins(&tx, &row).await?;
    // A student's stands in their record, and is not changed here.
    let number = if role == Role::Student { &profile.contact_number } else { &row.contact_number };
    let act = Act::new(Kind::Users, "changed", id, &row.full_name)
        .changed("username", &before.username, &row.username)
        .changed("email", &before.email, &row.email)
        .changed("fullName", &before.full_name, &row.full_name)
        .changed("role", &before.role, &row.role)
        .changed("isActive", &(before.is_active != 0), &(row.is_active != 0))
        .changed("contactNumber", &profile.contact_number, number)
        .changed("designation", profile.designation.as_deref().unwrap_or_default(), &designation)
        .changed("department", profile.department.as_deref().unwrap_or_default(), &department);
    if !act.is_empty() {
        place(&app, &tx, &mut row, (role, &designation, &department)).await?;
        save(&mut tx, &admin, &before, &mut row, act).await?;
    }
    let shown = document(tx.db(), &row).await?;
    tx.commit().await?;
    Ok(told("Saved.", shown))
}

/// Writes a changed row, and what follows from it.
async fn save(tx: &mut Tx, admin: &AdminCaller, before: &Model, row: &mut Model, act: Act) -> Result<(), Problem> {
    let user = UserId::from(row.id);
    row.version = before.version + 1;
    row.updated_at = tx.now().millis();
    if !accounts::update(tx, before, row).await.map_err(taken)? {
        return Err(UserError::ChangedMeanwhile.into());
    }
    tell(tx, user)?;
    students::tell_of(tx, user).await?;
    faculty::tell_of(tx, user).await?;
    tx.record(&ProfileUpdated { version: row.version }, Target::rooms([Room::user(user)]))?;
    if before.role != row.role {
        tx.control(&Control::RoomsChanged { user })?;
    }
    if before.is_active != 0 && row.is_active == 0 {
        accounts::end_sessions(tx, user).await?;
    }
    audit::write(tx, admin, act).await?;
    Ok(())
}

/// Delete an account. Who is named in records that stay can only be switched off.
#[utoipa::path(
    delete, path = "/api/admin/users/{id}", tag = "users", params(("id" = String, Path)),
    responses(
        (status = 200, body = Said),
        (status = 400, description = "`users.in_use`, `users.last_admin`, `users.yourself`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn delete_user(
    State(app): State<App>,
    Admin(admin): Admin,
    PathId(id): PathId<UserId>,
) -> Result<Answer<Said>, ApiError> {
    let mut tx = app.store.begin().await?;
    guard::turn(&tx, &admin).await?;
    let row = store::find(tx.db(), id).await?.ok_or(UserError::NotFound)?;
    guard::check(&tx, &admin, &row, None).await?;
    if row.role == Role::Student.as_str() {
        let archived = students::remove_of(&mut tx, &admin, id).await?;
        tell(&mut tx, id)?;
        tx.commit().await?;
        return Ok(said(students::removed(archived)));
    }
    accounts::end_sessions(&mut tx, id).await?;
    let in_use = |error: StoreError| {
        if error.is_foreign_key_violation() { Problem::from(UserError::InUse) } else { error.into() }
    };
    faculty::tell_of(&mut tx, id).await?;
    faculty::delete_of(&tx, id).await.map_err(in_use)?;
    store::delete(&tx, id).await.map_err(in_use)?;
    tell(&mut tx, id)?;
    let act = Act::new(Kind::Users, "deleted", id, &row.full_name).noted("username", &row.username);
    audit::write(&tx, &admin, act.noted("email", &row.email).noted("role", &row.role)).await?;
    tx.commit().await?;
    tracing::info!(user = %id, by = %admin.user, "account deleted");
    Ok(said("Deleted."))
}

/// Whether an account may sign in now.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Toggled {
    /// Whether it may.
    is_active: bool,
}

/// Switch an account off, or on again. Off, its person is signed out everywhere at once.
#[utoipa::path(
    patch, path = "/api/admin/users/{id}/toggle-active", tag = "users", params(("id" = String, Path)),
    responses(
        (status = 200, body = Envelope<Toggled>),
        (status = 400, description = "`users.last_admin`, `users.yourself`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn toggle_user(
    State(app): State<App>,
    Admin(admin): Admin,
    PathId(id): PathId<UserId>,
) -> Result<Answer<Envelope<Toggled>>, ApiError> {
    let mut tx = app.store.begin().await?;
    guard::turn(&tx, &admin).await?;
    let before = store::find(tx.db(), id).await?.ok_or(UserError::NotFound)?;
    let is_active = before.is_active == 0;
    let mut row = Model { is_active: i32::from(is_active), ..before.clone() };
    guard::check(&tx, &admin, &before, Some(&row)).await?;
    let action = if is_active { "switched_on" } else { "switched_off" };
    save(&mut tx, &admin, &before, &mut row, Act::new(Kind::Users, action, id, &before.full_name)).await?;
    tx.commit().await?;
    tracing::info!(user = %id, by = %admin.user, is_active, "account switched");
    let message = if is_active { "The account is on again." } else { "The account is off. Its person was signed out." };
    Ok(told(message, Toggled { is_active }))
}

/// Another password for somebody.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
#[schema(as = UserPasswordForm)]
struct PasswordForm {
    /// It. Without one, the server makes one and gives it in its answer, once.
    new_password: Option<String>,
    /// Mails the person a link to choose one, instead.
    send_email: bool,
}

/// Another password for somebody.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UserPassword)]
struct Given {
    /// The address they sign in with.
    email: String,
    /// Always `false`: a password is not mailed, a link to choose one is.
    password_sent: bool,
    /// Whether a link was mailed.
    email_sent: bool,
    /// Only when the server made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    password: Option<String>,
}

/// Give somebody another password. They are signed out everywhere, and are to choose one of their own.
#[utoipa::path(
    post, path = "/api/admin/users/{id}/reset-password", tag = "users", params(("id" = String, Path)), request_body = PasswordForm,
    responses(
        (status = 200, body = Envelope<Given>),
        (status = 400, description = "`users.invalid`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn reset_user_password(
    State(app): State<App>,
    Admin(admin): Admin,
    PathId(id): PathId<UserId>,
    Json(form): Json<PasswordForm>,
) -> Result<Answer<Envelope<Given>>, ApiError> {
    let row = store::find(app.store.reader(), id).await?.ok_or(UserError::NotFound)?;
    let given = form.new_password.filter(|password| !password.is_empty());
    if let Some(password) = &given {
        check_password(password, &row.username).map_err(|weak| UserError::field("newPassword", weak.to_string()))?;
    }
    let is_made = given.is_none();
    let password = given.unwrap_or_else(|| generate_password(app.store.chance()));
    let hash = app.passwords.hash(&password).await.map_err(|error| Problem::internal(error.to_string()))?;

    let mut tx = app.store.begin().await?;
    guard::turn(&tx, &admin).await?;
    let row = store::find(tx.db(), id).await?.ok_or(UserError::NotFound)?;
    accounts::set_password(&mut tx, id, &hash).await?;
    tell(&mut tx, id)?;
    audit::write(&tx, &admin, Act::new(Kind::Users, "password_given", id, &row.full_name)).await?;
    links::remove(&tx, id).await?;
    accounts::forgive(&tx, [&row.username, &row.email]).await?;
    let sends = form.send_email && app.mailer.is_on() && row.is_active != 0;
    let mail = if sends { Some(links::make(&tx, &app, &row, Occasion::Invited).await?) } else { None };
    tx.commit().await?;
    tracing::info!(user = %id, by = %admin.user, "another password was given");
    let email_sent = mail.is_some();
    if let Some(mail) = mail {
        app.mailer.post(mail);
    }
    let message = if email_sent {
        "They were signed out everywhere, and a link to choose a password is on its way to them."
    } else {
        "They were signed out everywhere. Tell them the new password."
    };
    let password = (is_made && !email_sent).then_some(password);
    Ok(told(message, Given { email: row.email, password_sent: false, email_sent, password }))
}

/// Sign somebody out everywhere: a lost telephone, a forgotten browser. Their password stays.
#[utoipa::path(
    delete, path = "/api/admin/users/{id}/sessions", tag = "users", params(("id" = String, Path)),
    responses((status = 200, body = Said), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn sign_out_user(
    State(app): State<App>,
    Admin(admin): Admin,
    PathId(id): PathId<UserId>,
) -> Result<Answer<Said>, ApiError> {
    let mut tx = app.store.begin().await?;
    let row = store::find(tx.db(), id).await?.ok_or(UserError::NotFound)?;
    accounts::end_sessions(&mut tx, id).await?;
    audit::write(&tx, &admin, Act::new(Kind::Users, "signed_out_everywhere", id, &row.full_name)).await?;
    tx.commit().await?;
    Ok(said("Signed out everywhere."))
}
