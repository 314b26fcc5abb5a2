use axum::{Json as Answer, extract::State};
use jiff::civil::Date;
use lamplight_http::{Admin, ApiError, Json};
use lamplight_kernel::{CourseId, Room, Target, Timestamp};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::{
    Changed, Key, NewRegulation, RegulationError,
    rules::{Dated, InForce, check},
    store,
};
use crate::{
    App, accounts,
    audit::{self, Act, Kind},
    courses,
    routing::routes,
    wire::{Change, Envelope, data, told},
};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_regulations, set_regulation))
}

/// What is regulated, what holds today, and what was ever set.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RegulationList {
    /// What is regulated, with what holds today.
    regulations: Vec<Regulation>,
    /// What was ever set, the last first; at most 500.
    history: Vec<Setting>,
}

/// Something that is regulated.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Regulation {
    /// Which.
    key: Key,
    /// In words.
    title: &'static str,
    /// The default, in words, with its source.
    source: &'static str,
    /// Whether there may be no such rule.
    may_be_absent: bool,
    /// What holds for a course that has none of its own, first; then what holds for each course.
    today: Vec<Holding>,
}

/// What holds today.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Holding {
    /// For which course; nothing for the institute.
    #[schema(value_type = Option<String>)]
    course: Option<CourseId>,
    /// `GNM`.
    course_code: Option<String>,
    /// A percentage; nothing where there is no limit.
    value: Option<i32>,
    /// Since when; nothing for the default.
    #[schema(value_type = Option<String>, format = Date)]
    since: Option<Date>,
    /// Whether it was set for this course alone.
    is_own: bool,
}

/// Something that was set.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Setting {
    /// Which.
    key: Key,
    /// In words.
    title: &'static str,
    /// For which course; nothing for the institute.
    #[schema(value_type = Option<String>)]
    course: Option<CourseId>,
    /// `GNM`.
    course_code: Option<String>,
    /// A percentage; nothing where there is no limit.
    value: Option<i32>,
    /// The first day it holds.
    #[schema(value_type = String, format = Date)]
    valid_from: Date,
    /// The name of who set it.
    set_by: Option<String>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    set_at: Timestamp,
}

/// What is regulated, what holds today for each course, and what was ever set.
#[utoipa::path(
    get, path = "/api/admin/regulations", tag = "regulations",
    responses((status = 200, body = Envelope<RegulationList>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn list_regulations(
    State(app): State<App>,
    Admin(_): Admin,
) -> Result<Answer<Envelope<RegulationList>>, ApiError> {
    Ok(data(shown(&app, app.store.reader()).await?))
}

/// A regulation to be set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RegulationForm {
    /// Which.
    key: Key,
    /// For which course, by its id; without one for the institute.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    course: Change<CourseId>,
    /// A whole percentage; `null` where there is no limit.
    #[serde(default)]
    #[schema(value_type = Option<i32>)]
    value: Change<i32>,
    /// The first day it holds, `YYYY-MM-DD`. It may be past: councils decide late.
    #[schema(value_type = String, format = Date)]
    valid_from: String,
}

/// Set a regulation from a date on. What was set before stays in the history.
#[utoipa::path(
    put, path = "/api/admin/regulations", tag = "regulations", request_body = RegulationForm,
    responses(
        (status = 200, body = Envelope<RegulationList>),
        (status = 400, description = "`regulations.invalid`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn set_regulation(
    State(app): State<App>,
    Admin(admin): Admin,
    Json(form): Json<RegulationForm>,
) -> Result<Answer<Envelope<RegulationList>>, ApiError> {
    let invalid = |field, text: &str| RegulationError::Invalid(field, text.to_owned());
    let valid_from = match form.valid_from.trim() {
        text if text.len() == "2026-11-24".len() => text.parse().ok(),
        _ => None,
    };
    let valid_from: Date =
        valid_from.ok_or_else(|| invalid("validFrom", "This must be a date, such as 2026-11-24."))?;
    let new =
        NewRegulation { key: form.key, course: form.course.apply(None), value: form.value.apply(None), valid_from };
    check(new.key, new.value)?;

    let mut tx = app.store.begin().await?;
    if let Some(course) = new.course
        && !courses::find_names_of(tx.db(), [course]).await?.contains_key(&course)
    {
        return Err(invalid("course", "This course does not exist.").into());
    }
    let before = store::load(tx.db()).await?.in_force(new.key, new.course, new.valid_from).value;
    store::insert(&tx, &new, admin.user).await?;
    let rooms = match new.course {
        Some(course) => vec![Room::admins(), Room::course(course), Room::teachers(course)],
        None => vec![Room::admins(), Room::students(), Room::faculty()],
    };
    tx.record(&Changed { key: new.key, course: new.course }, Target::rooms(rooms))?;
    let list = shown(&app, tx.db()).await?;
    let id = new.course.map_or_else(|| new.key.as_str().to_owned(), |course| format!("{} {course}", new.key.as_str()));
    let act = Act::new(Kind::Regulations, "set", id, new.key.title()).changed("value", &before, &new.value);
    audit::write(&tx, &admin, act.noted("validFrom", &new.valid_from)).await?;
    tx.commit().await?;
    tracing::info!(user = %admin.user, key = new.key.as_str(), value = new.value, valid_from = %new.valid_from, "regulation set");
    Ok(told("Set.", list))
}

async fn shown<C: ConnectionTrait>(app: &App, db: &C) -> Result<RegulationList, ApiError> {
    const HISTORY: usize = 500;
    let today = app.institute.today(app.store.clock().now());
    let regulations = store::load(db).await?;
    let mut by_code: Vec<_> =
        regulations.codes.iter().map(|(&course, code)| (Some(course), Some(code.clone()))).collect();
    by_code.sort_by(|one, other| one.1.cmp(&other.1));
    by_code.insert(0, (None, None));
    let holding = |key, (course, course_code): &(Option<CourseId>, Option<String>)| {
        let InForce { value, since, is_own } = regulations.in_force(key, *course, today);
        Holding { course: *course, course_code: course_code.clone(), value, since, is_own }
    };
    let listed = Key::ALL.map(|key| Regulation {
        key,
        title: key.title(),
        source: key.source(),
        may_be_absent: key.may_be_absent(),
        today: by_code.iter().map(|course| holding(key, course)).collect(),
    });
    let mut rows = store::list(db).await?;
    rows.truncate(HISTORY);
    let people = accounts::find_by_ids(db, rows.iter().map(|row| row.set_by)).await?;
    let history = rows.iter().map(|row| {
        let Dated { key, course, value, valid_from } = store::dated(row)?;
        Ok(Setting {
            key,
            title: key.title(),
            course,
            course_code: course.and_then(|course| regulations.codes.get(&course)).cloned(),
            value,
            valid_from,
            set_by: people.get(&row.set_by).map(|user| user.full_name.clone()),
            set_at: Timestamp::from_millis(row.set_at),
        })
    });
    let history = history.collect::<Result<_, lamplight_store::StoreError>>()?;
    Ok(RegulationList { regulations: listed.into(), history })
}
