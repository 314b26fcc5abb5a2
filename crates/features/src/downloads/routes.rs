use std::collections::{HashMap, HashSet};

use axum::{
    Json as Answer,
    extract::{DefaultBodyLimit, Multipart, State, multipart::MultipartRejection},
    middleware::from_fn,
};
use http::StatusCode;
use lamplight_auth::Staff as StaffCaller;
use lamplight_http::{ApiError, Json, Params, PathId, Staff, Student, drain};
use lamplight_kernel::{CourseId, DownloadId, Problem, Room, StudentId, Target, Timestamp};
use lamplight_store::StoreError;
use sea_orm::ConnectionTrait;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::{
    Created, Deleted, DownloadError, NewDownload, Updated,
    access::{find_editable, find_visible, managers, manages},
    audience::{self, Choice, Known, SpecificTargets, TargetAudience},
    document::{self, ChosenStudent, Download, ManagedDownload, StudentDownload, document},
    file,
    form::Form,
    rules::{MAX_STUDENTS, is_expired},
    store::{self, Details, Filter, entity},
};
use crate::{
    App, accounts,
    audit::{self, Act, Kind},
    courses, faculty,
    routing::routes,
    settings, students, uploads,
    wire::{Change, Envelope, PaginationBody, Said, data, said, told},
};

/// Rows on a page of the managers' list.
const MANAGED_ROWS: u64 = 20;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_managed))
        .routes(routes!(rehearse_audience))
        .routes(routes!(change_study_material, delete_study_material))
        .routes(routes!(list_for_student))
        .routes(routes!(record_opening))
}

pub(crate) fn file_routes() -> OpenApiRouter<App> {
    // The upload is limited where it is written to disk, by the setting, with a message of its own.
    let upload = OpenApiRouter::new()
        .routes(routes!(upload_study_material))
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn(drain));
    let mut files = OpenApiRouter::new().merge(upload).routes(routes!(file::send_file));
    file::describe(files.get_openapi_mut());
    files
}

/// The form of an upload.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the multipart form")]
struct UploadForm {
    #[schema(value_type = String, format = Binary)]
    file: (),
    #[serde(flatten)]
    form: Form,
}

/// Upload study material. The file may come before or after the text fields.
#[utoipa::path(
    post, path = "/api/admin/downloads", tag = "downloads",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses(
        (status = 201, body = Envelope<ManagedDownload>),
        (status = 400, description = "`downloads.invalid`, `downloads.file_missing`, `uploads.*`", body = lamplight_http::ErrorBody),
        (status = 403, description = "`downloads.audience_forbidden`", body = lamplight_http::ErrorBody),
        (status = 413, description = "`uploads.too_large`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn upload_study_material(
    State(app): State<App>,
    Staff(staff): Staff,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<(StatusCode, Answer<Envelope<ManagedDownload>>), ApiError> {
    let received = uploads::receive(&app.files, multipart, app.institute.upload_patience).await?;
    let staged = received.file.ok_or(DownloadError::FileMissing)?;
    settings::acting(app.store.reader(), &app.institute).await?.check_file(staged.name(), staged.size())?;
    let details = Form::from_fields(received.fields)?.check(None, &app.institute, app.store.clock().now())?;
    let (details, rooms, known) = resolve(&app, &staff, details).await?;
    let file = uploads::keep(&app.store, &app.files, staged).await?;

    let mut tx = app.store.begin().await?;
    let new =
        NewDownload { details: &details, file: &file, uploaded_by: staff.user, uploaded_at: tx.now(), rooms: &rooms };
    let row = store::insert_row(&tx, &new).await?;
    let uploader = uploaders(tx.db(), [&row]).await?;
    let saved = document(&row, uploader.get(&row.uploaded_by))?;
    tx.record(&Created(&saved), Target::rooms(rooms).until(end(&app, &details)))?;
    let audience = details.choice.in_words(&known);
    let act = Act::new(Kind::Downloads, "created", row.id, &row.title).noted("fileName", &row.file_name);
    audit::write(&tx, &staff, act.noted("audience", &audience)).await?;
    tx.commit().await?;

    tracing::info!(download = %row.id, user = %staff.user, size = row.file_size, audience, "study material uploaded");
    Ok((StatusCode::CREATED, told("Uploaded. It is on their pages now.", managed(&app, &staff, saved, &row, &known)?)))
}

/// Change what is said about study material, or whom it is for.
#[utoipa::path(
    put, path = "/api/admin/downloads/{id}", tag = "downloads", params(("id" = String, Path)), request_body = Form,
    responses(
        (status = 200, body = Envelope<ManagedDownload>),
        (status = 400, description = "`downloads.invalid`", body = lamplight_http::ErrorBody),
        (status = 403, description = "`downloads.not_yours`, `downloads.audience_forbidden`", body = lamplight_http::ErrorBody),
        (status = 404, body = lamplight_http::ErrorBody),
        (status = 409, description = "`downloads.changed_meanwhile`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn change_study_material(
    State(app): State<App>,
    Staff(staff): Staff,
    PathId(id): PathId<DownloadId>,
    Json(form): Json<Form>,
) -> Result<Answer<Envelope<ManagedDownload>>, ApiError> {
    let (before, old_rooms) = find_editable(&app, &staff, id).await?;
    if matches!(form.rev, Change::Set(rev) if rev != before.rev) {
        return Err(DownloadError::ChangedMeanwhile.into());
    }
    let now = app.store.clock().now();
    let details = form.check(Some(details_of(&before)?), &app.institute, now)?;
    let (details, mut rooms, known) = resolve(&app, &staff, details).await?;
    // Faculty who uploaded it keep it, also when the office changes it for them.
    let owner = Room::user(before.uploaded_by.into());
    if old_rooms.contains(&owner) && !rooms.contains(&owner) {
        rooms.push(owner);
        rooms.sort_unstable();
    }

    let mut tx = app.store.begin().await?;
    let row = store::update(&tx, &before, &details, &rooms).await?;
    let uploader = uploaders(tx.db(), [&row]).await?;
    let saved = document(&row, uploader.get(&row.uploaded_by))?;
    let today = app.institute.today(now);
    let (was_over, is_over) =
        (is_expired(document::expires_on(&before)?, today), is_expired(details.expires_on, today));
    // Who can't see it now could not hear of it either; its managers can, whenever its last day was.
    let readers = |rooms: &[Room], over: bool| if over { managers(&row) } else { rooms.to_vec() };
    let (old, new) = (readers(&old_rooms, was_over), readers(&rooms, is_over));
    let until = end(&app, &details).filter(|_| !is_over);
    if old != new {
        tx.record(&Deleted { id }, Target::rooms(old.clone()).except(new.clone()))?;
        tx.record(&Created(&saved), Target::rooms(new.clone()).except(old).until(until))?;
    }
    tx.record(&Updated(&saved), Target::rooms(new).until(until))?;
    audit::write(&tx, &staff, changed(&before, &row)?).await?;
    tx.commit().await?;
    Ok(told("Saved.", managed(&app, &staff, saved, &row, &known)?))
}

/// Delete study material.
#[utoipa::path(
    delete, path = "/api/admin/downloads/{id}", tag = "downloads", params(("id" = String, Path)),
    responses((status = 200, body = Said), (status = 409, description = "`downloads.changed_meanwhile`", body = lamplight_http::ErrorBody), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn delete_study_material(
    State(app): State<App>,
    Staff(staff): Staff,
    PathId(id): PathId<DownloadId>,
) -> Result<Answer<Said>, ApiError> {
    let (row, rooms) = find_editable(&app, &staff, id).await?;
    let mut tx = app.store.begin().await?;
    if !store::delete(&tx, &row).await? {
        // Changed or deleted since: those who see it now may be others than those who would be told.
        let is_there = store::find(tx.db(), id).await?.is_some();
        return Err(if is_there { DownloadError::ChangedMeanwhile } else { DownloadError::NotFound }.into());
    }
    uploads::release(&tx, &row.file_sha256).await?;
    tx.record(&Deleted { id }, Target::rooms(rooms))?;
    let act = Act::new(Kind::Downloads, "deleted", id, &row.title).noted("fileName", &row.file_name);
    audit::write(&tx, &staff, act).await?;
    tx.commit().await?;
    tracing::info!(download = %id, user = %staff.user, "study material deleted");
    Ok(said("Deleted. It is gone from their pages."))
}

/// Study material as its managers see it.
#[derive(Debug, Serialize, ToSchema)]
struct ManagedList {
    /// Newest first.
    downloads: Vec<ManagedDownload>,
    /// Of everything the caller may see.
    stats: Totals,
    /// Where the page stands.
    pagination: PaginationBody,
}

/// Of everything the caller may see.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Totals {
    /// How many.
    total_files: i64,
    /// How often they were opened.
    total_downloads: i64,
}

/// Study material, newest first: everything for administrators; for faculty what is meant for them and their courses.
#[utoipa::path(
    get, path = "/api/admin/downloads", tag = "downloads",
    params(
        ("search" = Option<String>, Query, description = "Words of title, description, subject, tags or file name"),
        ("category" = Option<String>, Query), ("semester" = Option<i32>, Query), ("academicYear" = Option<String>, Query),
        ("page" = Option<u64>, Query, description = "From 1"), ("limit" = Option<u64>, Query, description = "20 unless told, at most 500"),
    ),
    responses((status = 200, body = Envelope<ManagedList>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn list_managed(
    State(app): State<App>,
    Staff(staff): Staff,
    params: Params,
) -> Result<Answer<Envelope<ManagedList>>, ApiError> {
    let db = app.store.reader();
    let rooms = staff.rooms();
    let today = app.institute.today(app.store.clock().now());
    let filter =
        Filter { current: (!staff.is_admin()).then_some((today, Some(staff.user))), ..filter(&params, &rooms)? };
    let page = store::list(db, &filter, params.page(MANAGED_ROWS)?).await?;
    let (total_files, total_downloads) = store::totals(db, &filter).await?;
    let mut named = HashSet::new();
    for row in page.rows.iter().filter(|row| manages(&staff, row)) {
        named.extend(document::choice(row)?.specific_targets.students);
    }
    let known = Known { courses: courses::find_names(db).await?, students: students::find_by_ids(db, named).await? };
    let uploaders = uploaders(db, &page.rows).await?;
    let rows = page.rows.iter().map(|row| {
        let document = document(row, uploaders.get(&row.uploaded_by))?;
        managed(&app, &staff, document, row, &known)
    });
    let downloads = rows.collect::<Result<_, _>>()?;
    let stats = Totals { total_files, total_downloads };
    Ok(data(ManagedList { downloads, stats, pagination: page.pagination.into() }))
}

/// Who would be told.
#[derive(Debug, Default, Serialize, ToSchema)]
struct Rehearsal {
    /// In words: `42 students of GNM, semester 3`.
    text: String,
    /// How many students.
    students: u64,
    /// How many faculty members.
    faculty: u64,
    /// Why nobody would be told, when the choice is not complete or not the caller's to make.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    problem: Option<String>,
}

/// Who would be told of an upload for this audience.
#[utoipa::path(
    get, path = "/api/admin/downloads/audience", tag = "downloads",
    params(
        ("targetAudience" = Option<String>, Query, description = "One or several, with commas"),
        ("courses" = Option<String>, Query, description = "Ids, with commas"),
        ("semesters" = Option<String>, Query, description = "Numbers, with commas"),
        ("years" = Option<String>, Query, description = "Numbers, with commas"),
        ("students" = Option<String>, Query, description = "Ids, with commas"),
    ),
    responses((status = 200, body = Envelope<Rehearsal>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn rehearse_audience(
    State(app): State<App>,
    Staff(staff): Staff,
    params: Params,
) -> Result<Answer<Envelope<Rehearsal>>, ApiError> {
    let db = app.store.reader();
    let choice = Choice {
        target_audience: params.list::<TargetAudience>("targetAudience", "one of the kinds of audience")?,
        specific_targets: SpecificTargets {
            courses: params.list::<CourseId>("courses", "ids of courses")?,
            semesters: params.list::<i32>("semesters", "numbers")?,
            years: params.list::<i32>("years", "years")?,
            students: params.list::<StudentId>("students", "ids of students")?,
        },
    };
    let known = know(db, &choice).await?;
    let choice = choice.complete(None, &[], &known);
    let audience = match choice.resolve(&staff, &known) {
        Ok(audience) => audience,
        Err(error) => {
            let problem = Problem::from(error);
            return Ok(data(Rehearsal { problem: Some(problem.message().to_owned()), ..Rehearsal::default() }));
        }
    };
    let (groups, all_faculty, teachers) = audience::groups(&audience);
    let students = students::count_among(db, &groups).await?;
    let faculty = faculty::count_teachers(db, all_faculty, &teachers).await?;
    Ok(data(Rehearsal { text: choice.told(&known, students, faculty), students, faculty, problem: None }))
}

/// Study material as a student sees it.
#[derive(Debug, Serialize, ToSchema)]
struct StudentDownloads {
    /// Newest first.
    downloads: Vec<StudentDownload>,
    /// What can be filtered by.
    filters: Filters,
    /// Where the page stands.
    pagination: PaginationBody,
    /// How much of it all this student has not opened.
    unopened: u64,
}

/// What can be filtered by.
#[derive(Debug, Serialize, ToSchema)]
struct Filters {
    /// The categories among what this student may see.
    categories: Vec<String>,
}

/// Study material that is meant for this student and has not expired, newest first.
#[utoipa::path(
    get, path = "/api/student/downloads", tag = "downloads",
    params(
        ("search" = Option<String>, Query), ("category" = Option<String>, Query),
        ("semester" = Option<i32>, Query), ("academicYear" = Option<String>, Query),
        ("page" = Option<u64>, Query, description = "From 1"), ("limit" = Option<u64>, Query, description = "500 unless told, which is the most"),
    ),
    responses((status = 200, body = Envelope<StudentDownloads>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn list_for_student(
    State(app): State<App>,
    Student(student): Student,
    params: Params,
) -> Result<Answer<Envelope<StudentDownloads>>, ApiError> {
    let db = app.store.reader();
    let rooms = student.rooms();
    let today = app.institute.today(app.store.clock().now());
    let filter = Filter { current: Some((today, None)), ..filter(&params, &rooms)? };
    let page = store::list(db, &filter, params.page(lamplight_kernel::MAX_LIMIT)?).await?;
    let opened = store::find_opened(db, student.user, &page.rows.iter().map(|row| row.id).collect::<Vec<_>>()).await?;
    let uploaders = uploaders(db, &page.rows).await?;
    let rows = page.rows.iter().map(|row| {
        let download = document(row, uploaders.get(&row.uploaded_by))?;
        Ok(StudentDownload { download, opened: opened.contains(&row.id) })
    });
    Ok(data(StudentDownloads {
        downloads: rows.collect::<Result<_, StoreError>>()?,
        filters: Filters { categories: store::list_categories(db, &filter).await? },
        pagination: page.pagination.into(),
        unopened: store::count_unopened(db, student.user, &filter).await?,
    }))
}

/// How often it was opened.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Opened {
    /// Once a student and day.
    download_count: i64,
}

/// Record that this student opens it. Counted once a student and day.
#[utoipa::path(
    post, path = "/api/student/downloads/{id}/record", tag = "downloads", params(("id" = String, Path)),
    responses((status = 200, body = Envelope<Opened>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn record_opening(
    State(app): State<App>,
    Student(student): Student,
    PathId(id): PathId<DownloadId>,
) -> Result<Answer<Envelope<Opened>>, ApiError> {
    let row = find_visible(&app, &student, id).await?.0;
    let today = app.institute.today(app.store.clock().now());
    if is_expired(document::expires_on(&row)?, today) {
        return Err(DownloadError::Expired.into());
    }
    let tx = app.store.begin().await?;
    let recorded = store::record(&tx, student.user, id, today).await;
    let download_count = match recorded {
        Ok(count) => count.ok_or(DownloadError::NotFound)?,
        // Deleted since it was looked up: the foreign key refuses the record.
        Err(error) if error.is_foreign_key_violation() => return Err(DownloadError::NotFound.into()),
        Err(error) => return Err(error.into()),
    };
    tx.commit().await?;
    Ok(data(Opened { download_count }))
}

/// The first moment after its last day.
fn end(app: &App, details: &Details) -> Option<Timestamp> {
    details.expires_on.map(|date| app.institute.end_of(date))
}

fn filter<'a>(params: &'a Params, rooms: &'a [Room]) -> Result<Filter<'a>, Problem> {
    Ok(Filter {
        search: params.text("search"),
        category: params.text("category"),
        semester: params.parsed("semester", "a whole number")?,
        academic_year: params.text("academicYear"),
        rooms,
        current: None,
    })
}

/// What is known of the courses and students that a choice names.
async fn know<C: ConnectionTrait>(db: &C, choice: &Choice) -> Result<Known, StoreError> {
    let named = choice.specific_targets.students.iter().copied().take(MAX_STUDENTS);
    Ok(Known { courses: courses::find_names(db).await?, students: students::find_by_ids(db, named).await? })
}

/// Completes the audience and turns it into rooms.
async fn resolve(app: &App, staff: &StaffCaller, mut details: Details) -> Result<(Details, Vec<Room>, Known), Problem> {
    let known = know(app.store.reader(), &details.choice).await?;
    details.choice = details.choice.complete(details.semester, &details.tags, &known);
    let rooms = details.choice.resolve(staff, &known)?.rooms();
    Ok((details, rooms, known))
}

/// What the audit says of a change.
fn changed(before: &entity::Model, row: &entity::Model) -> Result<Act, StoreError> {
    let (was, is) = (details_of(before)?, details_of(row)?);
    Ok(Act::new(Kind::Downloads, "changed", row.id, &row.title)
        .changed("title", &was.title, &is.title)
        .changed("description", &was.description, &is.description)
        .changed("category", &was.category, &is.category)
        .changed("subject", &was.subject, &is.subject)
        .changed("semester", &was.semester, &is.semester)
        .changed("academicYear", &was.academic_year, &is.academic_year)
        .changed("tags", &was.tags, &is.tags)
        .changed("expiryDate", &was.expires_on, &is.expires_on)
        .changed("requiresLogin", &was.requires_login, &is.requires_login)
        .changed("targetAudience", &was.choice.target_audience, &is.choice.target_audience)
        .changed("specificTargets", &was.choice.specific_targets, &is.choice.specific_targets))
}

fn details_of(row: &entity::Model) -> Result<Details, StoreError> {
    Ok(Details {
        title: row.title.clone(),
        description: row.description.clone(),
        category: row.category.clone(),
        subject: row.subject.clone(),
        semester: row.semester,
        academic_year: row.academic_year.clone(),
        tags: serde_json::from_str(&row.tags)?,
        expires_on: document::expires_on(row)?,
        requires_login: row.requires_login != 0,
        choice: document::choice(row)?,
    })
}

async fn uploaders<'a, C: ConnectionTrait>(
    db: &C,
    rows: impl IntoIterator<Item = &'a entity::Model>,
) -> Result<HashMap<uuid::Uuid, accounts::entity::Model>, StoreError> {
    accounts::find_by_ids(db, rows.into_iter().map(|row| row.uploaded_by)).await
}

fn managed(
    app: &App,
    staff: &StaffCaller,
    download: Download,
    row: &entity::Model,
    known: &Known,
) -> Result<ManagedDownload, StoreError> {
    let choice = document::choice(row)?;
    let today = app.institute.today(app.store.clock().now());
    let can_edit = manages(staff, row);
    let audience_text = choice.in_words(known);
    // Whom else it is for is the business of who answers for it.
    let specific_targets = if can_edit { choice.specific_targets } else { SpecificTargets::default() };
    let chosen = specific_targets.students.iter().filter_map(|id| Some((*id, known.students.get(id)?)));
    let chosen =
        chosen.map(|(id, row)| ChosenStudent { id, student_id: row.student_id.clone(), full_name: row.full_name() });
    Ok(ManagedDownload {
        download,
        audience_text,
        chosen_students: chosen.collect(),
        target_audience: choice.target_audience,
        specific_targets,
        rev: row.rev,
        can_edit,
        is_expired: is_expired(document::expires_on(row)?, today),
    })
}
