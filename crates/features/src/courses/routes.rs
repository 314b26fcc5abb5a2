//! What staff read of courses, and what the office does with them.

use axum::{Json as Answer, extract::State};
use http::StatusCode;
use lamplight_http::{Admin, ApiError, Json, Params, PathId, Staff};
use lamplight_kernel::{Class, CourseId, Problem, Room, Target};
use lamplight_store::{StoreError, Tx};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::{
    Changed, CourseError,
    document::{Course, Offered},
    form::{Details, Form},
    rules::belongings,
    store,
};
use crate::{
    App,
    audit::{self, Act},
    routing::routes,
    students,
    wire::{Change, Envelope, Said, data, said, told},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_courses, add_course)).routes(routes!(
        read_course,
        change_course,
        delete_course
    ))
}

/// Courses by code, as staff see them.
#[derive(Debug, Serialize, ToSchema)]
struct Courses {
    /// Always `true`.
    #[schema(example = true)]
    success: bool,
    /// How many.
    count: usize,
    /// The courses.
    data: Vec<Course>,
}

/// Every course, with whether the caller may act for it.
#[utoipa::path(
    get, path = "/api/admin/courses", tag = "courses",
    params(
        ("status" = Option<String>, Query, description = "`active` or `inactive`"),
        ("search" = Option<String>, Query, description = "Words of the code or the name"),
    ),
    responses((status = 200, body = Courses), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn list_courses(
    State(app): State<App>,
    Staff(staff): Staff,
    params: Params,
) -> Result<Answer<Courses>, ApiError> {
    let wanted = match params.text("status") {
        None => None,
        Some("active") => Some(true),
        Some("inactive") => Some(false),
        Some(_) => {
            let text = "A filter in the address is not as it should be.";
            let problem = Problem::new(Class::Invalid, "request.invalid_query", text);
            return Err(problem.with_field("status", "This must be active or inactive.").into());
        }
    };
    let filled = students::count_by_course(app.store.reader()).await?;
    // An institute has a few: they are narrowed here.
    let words: Vec<String> =
        params.text("search").unwrap_or_default().split_whitespace().map(str::to_lowercase).collect();
    let mut courses = store::list(app.store.reader()).await?;
    courses.retain(|course| {
        let text = format!("{} {}", course.code, course.name).to_lowercase();
        wanted.is_none_or(|wanted| wanted == (course.is_active != 0)) && words.iter().all(|word| text.contains(word))
    });
    let rows = courses.iter().map(|course| {
        let id = CourseId::from(course.id);
        Course::of(course, filled.get(&id).copied().unwrap_or(0), staff.may_act_for(id))
    });
    let data = rows.collect::<Result<Vec<_>, _>>()?;
    Ok(Answer(Courses { success: true, count: data.len(), data }))
}

/// A course as staff see it.
async fn shown(app: &App, row: &store::entity::Model, teaches: bool) -> Result<Course, StoreError> {
    let filled = students::count_by_course(app.store.reader()).await?;
    Course::of(row, filled.get(&row.id.into()).copied().unwrap_or(0), teaches)
}

/// One course.
#[utoipa::path(
    get, path = "/api/admin/courses/{id}", tag = "courses", params(("id" = String, Path)),
    responses((status = 200, body = Envelope<Course>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn read_course(
    State(app): State<App>,
    Staff(staff): Staff,
    PathId(id): PathId<CourseId>,
) -> Result<Answer<Envelope<Course>>, ApiError> {
    let row = store::find(app.store.reader(), id).await?.ok_or(CourseError::NotFound)?;
    Ok(data(shown(&app, &row, staff.may_act_for(id)).await?))
}

/// Add a course.
#[utoipa::path(
    post, path = "/api/admin/courses", tag = "courses", request_body = Form,
    responses(
        (status = 201, body = Envelope<Course>),
        (status = 400, description = "`courses.invalid`, `courses.code_taken`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn add_course(
    State(app): State<App>,
    Admin(admin): Admin,
    Json(form): Json<Form>,
) -> Result<(StatusCode, Answer<Envelope<Course>>), ApiError> {
    let is_active = form.is_active.unwrap_or(true);
    let details = form.check(Details::default(), &app.institute)?;
    let mut tx = app.store.begin().await?;
    let row = store::insert_details(&tx, &details, is_active).await.map_err(taken)?;
    tell(&mut tx, row.id.into())?;
    audit::write(&tx, &admin, act("added", &row)).await?;
    tx.commit().await.map_err(taken)?;
    tracing::info!(course = %row.code, user = %admin.user, "a course was added");
    Ok((StatusCode::CREATED, told("The course was added.", shown(&app, &row, true).await?)))
}

fn taken(error: StoreError) -> Problem {
    if error.is_unique_violation() { CourseError::CodeTaken.into() } else { error.into() }
}

/// What the audit says of a course.
fn act(action: &'static str, row: &store::entity::Model) -> Act {
    Act::new(audit::Kind::Courses, action, row.id, format!("{} ({})", row.name, row.code))
}

fn tell(tx: &mut Tx, id: CourseId) -> Result<(), StoreError> {
    tx.record(&Changed { id }, Target::rooms([Room::students(), Room::faculty(), Room::admins()]))
}

/// Change a course, or close and open it (`isActive`). What is left out stays as it is.
#[utoipa::path(
    put, path = "/api/admin/courses/{id}", tag = "courses", params(("id" = String, Path)), request_body = Form,
    responses(
        (status = 200, body = Envelope<Course>),
        (status = 400, description = "`courses.invalid`, `courses.code_taken`", body = lamplight_http::ErrorBody),
        (status = 409, description = "`courses.changed_meanwhile`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn change_course(
    State(app): State<App>,
    Admin(admin): Admin,
    PathId(id): PathId<CourseId>,
    Json(form): Json<Form>,
) -> Result<Answer<Envelope<Course>>, ApiError> {
    let mut tx = app.store.begin().await?;
    // Whoever takes a seat meanwhile counts by what is written here, or is counted by it.
    students::lock_seats(&tx, id).await?;
    let before = store::find(tx.db(), id).await?.ok_or(CourseError::NotFound)?;
    if matches!(form.version, Change::Set(version) if version != before.version) {
        return Err(CourseError::ChangedMeanwhile.into());
    }
    let is_active = form.is_active.unwrap_or(before.is_active != 0);
    let details = form.check(Offered::of(&before)?.into(), &app.institute)?;
    let row = store::with_details(&tx, &before, &details, is_active)?;
    let is_changed = row != before;
    if is_changed {
        if !store::update(&tx, &before, &row).await.map_err(taken)? {
            return Err(CourseError::ChangedMeanwhile.into());
        }
        tell(&mut tx, id)?;
        let act = act("changed", &row)
            .changed("courseCode", &before.code, &row.code)
            .changed("courseName", &before.name, &row.name)
            .changed("description", &before.description, &row.description)
            .changed("duration", &before.duration, &row.duration)
            .changed("semesters", &before.semesters, &row.semesters)
            .changed("seatsAvailable", &before.seats, &row.seats)
            .changed("eligibility", &before.eligibility, &row.eligibility)
            .changed("careerOpportunities", &before.career_opportunities, &row.career_opportunities)
            .changed("feesStructure", &before.fees, &row.fees)
            .changed("subjects", &before.subjects, &row.subjects)
            .changed("isActive", &(before.is_active != 0), &(row.is_active != 0));
        audit::write(&tx, &admin, act).await?;
    }
    tx.commit().await.map_err(taken)?;
    if is_changed {
        tracing::info!(course = %row.code, user = %admin.user, "a course was changed");
    }
    Ok(told("Saved.", shown(&app, &row, true).await?))
}

/// Delete a course to which nothing belongs. Any other is closed instead.
#[utoipa::path(
    delete, path = "/api/admin/courses/{id}", tag = "courses", params(("id" = String, Path)),
    responses(
        (status = 200, body = Said),
        (status = 409, description = "`courses.in_use`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn delete_course(
    State(app): State<App>,
    Admin(admin): Admin,
    PathId(id): PathId<CourseId>,
) -> Result<Answer<Said>, ApiError> {
    let mut tx = app.store.begin().await?;
    let row = store::find(tx.db(), id).await?.ok_or(CourseError::NotFound)?;
    if let Some(what) = belongings(&store::count_belongings(tx.db(), id).await?) {
        return Err(CourseError::InUse(what).into());
    }
    // What came in between, or is not counted here, the database itself holds fast.
    let held = |error: StoreError| match error.is_foreign_key_violation() {
        true => CourseError::InUse("Records belong to it".to_owned()).into(),
        false => Problem::from(error),
    };
    store::delete(&tx, id).await.map_err(held)?;
    tell(&mut tx, id)?;
    audit::write(&tx, &admin, act("deleted", &row)).await?;
    tx.commit().await.map_err(held)?;
    tracing::info!(course = %row.code, user = %admin.user, "a course was deleted");
    Ok(said("Deleted."))
}
