//! What the office does with faculty members.

use std::collections::HashMap;

use axum::{Json as Answer, extract::State};
use http::StatusCode;
use lamplight_auth::{Role, check_password};
use lamplight_http::{Admin, ApiError, Json, Params, PathId};
use lamplight_kernel::{Control, FacultyId, Problem, Room, Target, UserId};
use lamplight_store::{StoreError, Tx};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::{
    Changed, FacultyError,
    document::Member,
    form::{Details, Form},
    rules::{DEPARTMENTS, DESIGNATIONS},
    store::{self, Both},
};
use crate::{
    App,
    accounts::{self, entity::Model as Account},
    audit::{self, Act},
    courses,
    routing::routes,
    users,
    wire::{Change, Envelope, Said, data, said, told},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_faculty, add_faculty)).routes(routes!(
        read_faculty,
        change_faculty,
        delete_faculty
    ))
}

/// What forms offer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FacultyFilters)]
pub(super) struct Filters {
    /// By name.
    pub(super) departments: Vec<String>,
    /// By name.
    pub(super) designations: Vec<String>,
}

impl Filters {
    /// What is usual, and what somebody has written.
    pub(super) fn of(rows: &[Both]) -> Self {
        let with = |usual: &[&str], written: fn(&Both) -> &String| {
            let mut all: Vec<String> = usual.iter().map(|&text| text.to_owned()).collect();
            all.extend(rows.iter().map(written).filter(|text| !text.is_empty()).cloned());
            all.sort();
            all.dedup();
            all
        };
        Self {
            departments: with(&DEPARTMENTS, |(row, _)| &row.department),
            designations: with(&DESIGNATIONS, |(row, _)| &row.designation),
        }
    }
}

/// Faculty members by name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FacultyList)]
struct List {
    /// Always `true`.
    #[schema(example = true)]
    success: bool,
    /// How many.
    count: usize,
    data: Vec<Member>,
}

/// Faculty members by name, with what each teaches.
#[utoipa::path(
    get, path = "/api/admin/faculty", tag = "faculty",
    params(
        ("search" = Option<String>, Query, description = "Words of the name, the number, the department or the e-mail"),
        ("department" = Option<String>, Query), ("isActive" = Option<bool>, Query),
    ),
    responses((status = 200, body = List), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn list_faculty(State(app): State<App>, _: Admin, params: Params) -> Result<Answer<List>, ApiError> {
    let db = app.store.reader();
    let is_active: Option<bool> = params.parsed("isActive", "true or false")?;
    let mut rows = store::list(db, params.text("search"), params.text("department")).await?;
    rows.retain(|(_, user)| is_active.is_none_or(|wanted| wanted == (user.is_active != 0)));
    let taught = store::find_all_taught(db, rows.iter().map(|(row, _)| row.id)).await?;
    let names = courses::find_names(db).await?;
    let nothing = HashMap::new();
    let member = |(row, user): &Both| Member::of(row, user, taught.get(&row.id).unwrap_or(&nothing), &names);
    let data: Vec<Member> = rows.iter().map(member).collect();
    Ok(Answer(List { success: true, count: data.len(), data }))
}

async fn find<C: sea_orm::ConnectionTrait>(db: &C, id: FacultyId) -> Result<Both, Problem> {
    Ok(store::find(db, id).await?.ok_or(FacultyError::NotFound)?)
}

async fn shown(app: &App, id: FacultyId) -> Result<Member, Problem> {
    let db = app.store.reader();
    let (row, user) = find(db, id).await?;
    Ok(Member::of(&row, &user, &store::find_taught(db, id).await?, &courses::find_names(db).await?))
}

/// One faculty member.
#[utoipa::path(
    get, path = "/api/admin/faculty/{id}", tag = "faculty", params(("id" = String, Path)),
    responses((status = 200, body = Envelope<Member>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn read_faculty(
    State(app): State<App>,
    _: Admin,
    PathId(id): PathId<FacultyId>,
) -> Result<Answer<Envelope<Member>>, ApiError> {
    Ok(data(shown(&app, id).await?))
}

fn tell(tx: &mut Tx, id: FacultyId) -> Result<(), StoreError> {
    tx.record(&Changed { id }, Target::rooms([Room::admins(), Room::faculty()]))
}

/// Tells that what is known of the faculty member with this account was changed, if there is one.
pub(crate) async fn tell_of(tx: &mut Tx, user: UserId) -> Result<(), StoreError> {
    match store::find_by_user(tx.db(), user).await? {
        Some(row) => tell(tx, row.id.into()),
        None => Ok(()),
    }
}

/// The number or the address is somebody else's.
async fn refuse_taken(tx: &Tx, details: &Details, before: Option<&Both>) -> Result<(), Problem> {
    let others = store::find_same(tx, details).await?;
    for (row, user) in &others.faculty {
        let is_other = before.is_none_or(|(before, _)| before.id != row.id);
        if is_other && row.faculty_id.eq_ignore_ascii_case(&details.faculty_id) {
            tracing::debug!(user = %user.id, "the number is taken");
            return Err(FacultyError::IdTaken.into());
        }
    }
    if others.users.iter().any(|user| before.is_none_or(|(_, before)| before.id != user.id)) {
        return Err(FacultyError::EmailTaken.into());
    }
    Ok(())
}

fn taken(error: StoreError) -> Problem {
    if error.is_unique_violation() { FacultyError::EmailTaken.into() } else { error.into() }
}

/// Add a faculty member and the account that they sign in with.
#[utoipa::path(
    post, path = "/api/admin/faculty", tag = "faculty", request_body = Form,
    responses(
        (status = 201, body = Envelope<Member>),
        (status = 400, description = "`faculty.invalid`, `faculty.id_taken`, `faculty.email_taken`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn add_faculty(
    State(app): State<App>,
    Admin(admin): Admin,
    Json(mut form): Json<Form>,
) -> Result<(StatusCode, Answer<Envelope<Member>>), ApiError> {
    let password = form.password.take().unwrap_or_default();
    let is_active = form.is_active.unwrap_or(true);
    let names = courses::find_names(app.store.reader()).await?;
    let mut details = form.check(Details::default(), &names, &app.institute)?;
    check_password(&password, &details.username)
        .map_err(|error| FacultyError::field("password", format!("Give them a first password. {error}")))?;
    let hash = app.passwords.hash(&password).await.map_err(Problem::internal)?;

    let mut tx = app.store.begin().await?;
    tx.lock("faculty-ids").await?;
    if details.faculty_id.is_empty() {
        let year = app.institute.today(tx.now()).year() % 100;
        details.faculty_id = store::next_number(&tx, &format!("FAC{year:02}")).await?;
    }
    refuse_taken(&tx, &details, None).await?;
    let account = accounts::NewAccount {
        username: &details.username,
        email: &details.email,
        password_hash: &hash,
        role: Role::Faculty,
        full_name: &details.full_name,
    };
    let user = accounts::insert(&tx, &account).await.map_err(taken)?;
    accounts::must_change_password(&tx, user).await?;
    let id = store::insert_details(&tx, user, &details).await.map_err(taken)?;
    if !is_active {
        accounts::set_active(&mut tx, user, false).await?;
    }
    tell(&mut tx, id)?;
    audit::write(&tx, &admin, act("added", id, &details).noted("teaches", &said_of(&details, &names))).await?;
    tx.commit().await.map_err(taken)?;
    tracing::info!(faculty = %id, user = %admin.user, "a faculty member was added");
    Ok((StatusCode::CREATED, told("The faculty member was added.", shown(&app, id).await?)))
}

fn act(action: &'static str, id: FacultyId, details: &Details) -> Act {
    Act::new(audit::Kind::Faculty, action, id, format!("{} ({})", details.full_name, details.faculty_id))
}

/// What somebody teaches, in words: `ANM; GNM: Anatomy, Physiology`.
fn said_of(details: &Details, names: &HashMap<lamplight_kernel::CourseId, (String, String)>) -> String {
    let mut all: Vec<String> = details
        .teaches
        .iter()
        .map(|(course, subjects)| {
            let code = names.get(course).map_or("?", |(code, _)| code);
            if subjects.is_empty() { code.to_owned() } else { format!("{code}: {}", subjects.join(", ")) }
        })
        .collect();
    all.sort();
    all.join("; ")
}

/// Change a faculty member, what they teach, or whether they may sign in. What is left out stays as it is.
#[utoipa::path(
    put, path = "/api/admin/faculty/{id}", tag = "faculty", params(("id" = String, Path)), request_body = Form,
    responses(
        (status = 200, body = Envelope<Member>),
        (status = 400, description = "`faculty.invalid`, `faculty.id_taken`, `faculty.email_taken`, `users.last_admin`, `users.yourself`", body = lamplight_http::ErrorBody),
        (status = 409, description = "`faculty.changed_meanwhile`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn change_faculty(
    State(app): State<App>,
    Admin(admin): Admin,
    PathId(id): PathId<FacultyId>,
    Json(form): Json<Form>,
) -> Result<Answer<Envelope<Member>>, ApiError> {
    let mut tx = app.store.begin().await?;
    // Their account is changed, too, and some are administrators.
    users::guard::turn(&tx, &admin).await?;
    let before = find(tx.db(), id).await?;
    if matches!(form.version, Change::Set(version) if version != before.0.version) {
        return Err(FacultyError::ChangedMeanwhile.into());
    }
    let names = courses::find_names(tx.db()).await?;
    let old = store::details(&before, store::find_taught(tx.db(), id).await?);
    let was_active = before.1.is_active != 0;
    let is_active = form.is_active.unwrap_or(was_active);
    // The name they sign in with and their number are theirs; passwords are set where accounts are.
    let new = form.check(old.clone(), &names, &app.institute)?;
    let new = Details { username: old.username.clone(), ..new };
    if new.faculty_id.is_empty() {
        return Err(FacultyError::field("facultyId", "This is needed.").into());
    }
    if new == old && is_active == was_active {
        tx.commit().await?;
        return Ok(told("Saved.", shown(&app, id).await?));
    }
    refuse_taken(&tx, &new, Some(&before)).await?;
    if !store::update(&tx, &before.0, &new).await.map_err(taken)? {
        return Err(FacultyError::ChangedMeanwhile.into());
    }
    let user = UserId::from(before.1.id);
    let switched = Account { is_active: is_active.into(), ..before.1.clone() };
    users::guard::check(&tx, &admin, &before.1, Some(&switched)).await?;
    accounts::rename(&tx, &before.1, &new.full_name, &new.email).await.map_err(taken)?;
    if is_active != was_active {
        accounts::set_active(&mut tx, user, is_active).await?;
    }
    if new.teaches != old.teaches {
        store::replace_taught(&tx, id, &new.teaches).await?;
        tx.control(&Control::RoomsChanged { user })?;
    }
    tell(&mut tx, id)?;
    let act = act("changed", id, &new)
        .changed("fullName", &old.full_name, &new.full_name)
        .changed("email", &old.email, &new.email)
        .changed("facultyId", &old.faculty_id, &new.faculty_id)
        .changed("designation", &old.designation, &new.designation)
        .changed("department", &old.department, &new.department)
        .changed("teaches", &said_of(&old, &names), &said_of(&new, &names))
        .changed("isActive", &was_active, &is_active);
    audit::write(&tx, &admin, act).await?;
    tx.commit().await.map_err(taken)?;
    Ok(told("Saved.", shown(&app, id).await?))
}

/// Delete a faculty member and their account, if nothing was recorded by them. Anybody else is switched off instead.
#[utoipa::path(
    delete, path = "/api/admin/faculty/{id}", tag = "faculty", params(("id" = String, Path)),
    responses(
        (status = 200, body = Said),
        (status = 400, description = "`users.last_admin`, `users.yourself`", body = lamplight_http::ErrorBody),
        (status = 409, description = "`faculty.in_use`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn delete_faculty(
    State(app): State<App>,
    Admin(admin): Admin,
    PathId(id): PathId<FacultyId>,
) -> Result<Answer<Said>, ApiError> {
    let mut tx = app.store.begin().await?;
    users::guard::turn(&tx, &admin).await?;
    let before = find(tx.db(), id).await?;
    users::guard::check(&tx, &admin, &before.1, None).await?;
    let user = UserId::from(before.1.id);
    let details = store::details(&before, HashMap::new());
    // The database knows best what is theirs: every record that names its author holds them fast.
    let held = |error: StoreError| match error.is_foreign_key_violation() {
        true => FacultyError::InUse.into(),
        false => Problem::from(error),
    };
    store::delete(&tx, id, user).await.map_err(held)?;
    tell(&mut tx, id)?;
    tx.control(&Control::RoomsChanged { user })?;
    audit::write(&tx, &admin, act("deleted", id, &details)).await?;
    tx.commit().await.map_err(held)?;
    tracing::info!(faculty = %id, user = %admin.user, "a faculty member was deleted");
    Ok(said("Deleted."))
}
