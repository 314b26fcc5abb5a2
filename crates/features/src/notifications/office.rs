//! What the office writes.

use axum::{Json as Answer, extract::State};
use http::StatusCode;
use lamplight_http::{Admin, ApiError, Json, Params, PathId};
use lamplight_kernel::{NotificationId, Target};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::{
    Created, Deleted, NotificationError, Updated,
    document::{Counts, Written, document, written},
    form::{Details, Form},
    receivers,
    rules::TargetType,
    store::{self, Filter, entity},
};
use crate::{
    App, accounts,
    audit::{self, Act, Kind as Audited},
    routing::routes,
    wire::{Change, Envelope, PaginationBody, Said, data, said, told},
};

/// Rows on a page.
const ROWS: u64 = 20;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_written, write_notice)).routes(routes!(statistics)).routes(routes!(
        look_at_notice,
        change_notice,
        delete_notice
    ))
}

/// What the office wrote.
#[derive(Debug, Serialize, ToSchema)]
struct WrittenList {
    /// Newest first.
    notifications: Vec<Written>,
    /// Where the page stands.
    pagination: PaginationBody,
    /// Of everything the office wrote.
    stats: Statistics,
}

/// Of everything the office wrote.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NotificationStatistics)]
struct Statistics {
    /// How many.
    total: i64,
    /// How many their receivers see.
    active: u64,
    /// How many of each category.
    by_category: Vec<Share>,
    /// How many of each priority.
    by_priority: Vec<Share>,
}

/// How many have a value.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NotificationShare)]
struct Share {
    /// The value.
    #[serde(rename = "_id")]
    value: String,
    /// How many.
    count: i64,
}

/// One notice, and how many have read it.
#[derive(Debug, Serialize, ToSchema)]
struct Looked {
    /// It.
    notification: Written,
    /// How many have read it.
    stats: Reached,
}

/// How many have read it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NotificationReached)]
struct Reached {
    /// How many receive it.
    total_receivers: i64,
    /// How many have read it.
    read_count: i64,
    /// The same in percent, rounded to whole ones.
    read_percentage: i64,
}

/// What the office wrote, newest first.
#[utoipa::path(
    get, path = "/api/admin/notifications", tag = "notifications",
    params(
        ("category" = Option<String>, Query), ("priority" = Option<String>, Query),
        ("status" = Option<String>, Query, description = "`active` or `inactive`"),
        ("page" = Option<u64>, Query, description = "From 1"), ("limit" = Option<u64>, Query, description = "20 unless told, at most 500"),
    ),
    responses((status = 200, body = Envelope<WrittenList>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn list_written(
    State(app): State<App>,
    Admin(_): Admin,
    params: Params,
) -> Result<Answer<Envelope<WrittenList>>, ApiError> {
    let db = app.store.reader();
    let filter = Filter {
        category: params.parsed("category", "a category")?,
        priority: params.parsed("priority", "low, medium, high or urgent")?,
        is_active: params.parsed::<Status>("status", "active or inactive")?.map(|status| status.0),
    };
    let page = store::list_written(db, &filter, params.page(ROWS)?).await?;
    let notifications = shown(db, &page.rows).await?;
    Ok(data(WrittenList { notifications, pagination: page.pagination.into(), stats: counted(db).await? }))
}

/// How much the office wrote, by category and priority.
#[utoipa::path(
    get, path = "/api/admin/notifications/stats", tag = "notifications",
    responses((status = 200, body = Envelope<Statistics>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn statistics(State(app): State<App>, Admin(_): Admin) -> Result<Answer<Envelope<Statistics>>, ApiError> {
    Ok(data(counted(app.store.reader()).await?))
}

/// One notice, and how many have read it.
#[utoipa::path(
    get, path = "/api/admin/notifications/{id}", tag = "notifications", params(("id" = String, Path)),
    responses((status = 200, body = Envelope<Looked>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn look_at_notice(
    State(app): State<App>,
    Admin(_): Admin,
    PathId(id): PathId<NotificationId>,
) -> Result<Answer<Envelope<Looked>>, ApiError> {
    let row = store::find_written(app.store.reader(), id).await?.ok_or(NotificationError::NotFound)?;
    let notification = one(app.store.reader(), row).await?;
    let Counts { sent_count, read_count } = notification.metadata;
    // Rounded half up; of nobody, nothing.
    let read_percentage = if sent_count == 0 { 0 } else { (read_count * 200 + sent_count) / (sent_count * 2) };
    Ok(data(Looked { notification, stats: Reached { total_receivers: sent_count, read_count, read_percentage } }))
}

/// Write a notice. Its receivers have it at once.
#[utoipa::path(
    post, path = "/api/admin/notifications", tag = "notifications", request_body = Form,
    responses(
        (status = 201, body = Envelope<Written>),
        (status = 400, description = "`notifications.invalid`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn write_notice(
    State(app): State<App>,
    Admin(admin): Admin,
    Json(mut form): Json<Form>,
) -> Result<(StatusCode, Answer<Envelope<Written>>), ApiError> {
    let target = form.target_type.unwrap_or_default();
    let ids: Vec<String> = form.target_ids.take().unwrap_or_default().into_iter().map(String::from).collect();
    let details = form.check(Details { is_active: true, ..Details::default() })?;

    let mut tx = app.store.begin_long().await?;
    receivers::check(tx.db(), target, &ids).await??;
    let id: NotificationId = tx.id();
    let now = tx.now().millis();
    let blank = entity::Model {
        id: id.uuid(),
        title: String::new(),
        message: String::new(),
        kind: String::new(),
        category: String::new(),
        priority: String::new(),
        link: None,
        sender_id: Some(admin.user.uuid()),
        is_written: 1,
        target_type: target.as_str().to_owned(),
        target_ids: serde_json::to_string(&ids).map_err(lamplight_store::StoreError::from)?,
        is_active: 0,
        sent_at: None,
        created_at: now,
        updated_at: now,
        rev: 1,
    };
    let mut row = filled(blank, details);
    row.sent_at = (row.is_active != 0).then_some(now);
    store::insert(&tx, vec![row.clone()]).await?;
    if row.is_active != 0 {
        send(&mut tx, &row, target, &ids).await?;
    }
    let act = Act::new(Audited::Notifications, "created", id, &row.title).noted("message", &row.message);
    let act = act.noted("targetType", &target).noted("targetIds", &ids).noted("isActive", &(row.is_active != 0));
    audit::write(&tx, &admin, act).await?;
    let shown = one(tx.db(), row).await?;
    tx.commit().await?;
    tracing::info!(notification = %id, user = %admin.user, receivers = shown.metadata.sent_count, "notice written");
    Ok((StatusCode::CREATED, told("Sent.", shown)))
}

/// Change a notice, hide it, or show it. Whom it is for stays as it is.
#[utoipa::path(
    put, path = "/api/admin/notifications/{id}", tag = "notifications", params(("id" = String, Path)), request_body = Form,
    responses(
        (status = 200, body = Envelope<Written>),
        (status = 400, description = "`notifications.invalid`", body = lamplight_http::ErrorBody),
        (status = 409, description = "`notifications.changed_meanwhile`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn change_notice(
    State(app): State<App>,
    Admin(admin): Admin,
    PathId(id): PathId<NotificationId>,
    Json(form): Json<Form>,
) -> Result<Answer<Envelope<Written>>, ApiError> {
    let mut tx = app.store.begin_long().await?;
    let before = store::find_written(tx.db(), id).await?.ok_or(NotificationError::NotFound)?;
    if matches!(form.rev, Change::Set(rev) if rev != before.rev) {
        return Err(NotificationError::ChangedMeanwhile.into());
    }
    let was = one(tx.db(), before.clone()).await?;
    let details = form.check(Details {
        title: was.notification.title,
        message: was.notification.message,
        kind: was.notification.kind,
        category: was.notification.category,
        priority: was.notification.priority,
        link: was.notification.action_url,
        is_active: was.is_active,
    })?;
    let mut row = filled(before.clone(), details);
    row.rev = before.rev + 1;
    row.updated_at = tx.now().millis();
    let is_first = row.is_active != 0 && row.sent_at.is_none();
    if is_first {
        row.sent_at = Some(tx.now().millis());
    }
    if !store::update(&tx, &before, &row).await? {
        return Err(NotificationError::ChangedMeanwhile.into());
    }
    if is_first {
        send(&mut tx, &row, was.target_type, &was.target_ids).await?;
    } else if row.sent_at.is_some() {
        let users = store::find_receivers(tx.db(), row.id).await?;
        let target = receivers::heard_by(tx.db(), was.target_type, &was.target_ids, &users).await?;
        if before.is_active != row.is_active {
            store::show(&tx, row.id, row.is_active != 0).await?;
        }
        match (before.is_active != 0, row.is_active != 0) {
            (true, true) => tx.record(&Updated(&one(tx.db(), row.clone()).await?.notification), target)?,
            (false, true) => tx.record(&Created(&one(tx.db(), row.clone()).await?.notification), target)?,
            (true, false) => tx.record(&Deleted { id }, target)?,
            (false, false) => {}
        }
    }
    let act = Act::new(Audited::Notifications, "changed", id, &row.title)
        .changed("title", &before.title, &row.title)
        .changed("message", &before.message, &row.message)
        .changed("type", &before.kind, &row.kind)
        .changed("category", &before.category, &row.category)
        .changed("priority", &before.priority, &row.priority)
        .changed("isActive", &(before.is_active != 0), &(row.is_active != 0));
    audit::write(&tx, &admin, act).await?;
    let shown = one(tx.db(), row).await?;
    tx.commit().await?;
    tracing::info!(notification = %id, user = %admin.user, "notice changed");
    Ok(told("Saved.", shown))
}

/// Delete a notice. It is gone from everybody's list.
#[utoipa::path(
    delete, path = "/api/admin/notifications/{id}", tag = "notifications", params(("id" = String, Path)),
    responses((status = 200, body = Said), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn delete_notice(
    State(app): State<App>,
    Admin(admin): Admin,
    PathId(id): PathId<NotificationId>,
) -> Result<Answer<Said>, ApiError> {
    let mut tx = app.store.begin_long().await?;
    let row = store::find_written(tx.db(), id).await?.ok_or(NotificationError::NotFound)?;
    let was = one(tx.db(), row.clone()).await?;
    let users = store::find_receivers(tx.db(), row.id).await?;
    if !store::delete(&tx, &row).await? {
        return Err(NotificationError::ChangedMeanwhile.into());
    }
    if was.is_active {
        let target = receivers::heard_by(tx.db(), was.target_type, &was.target_ids, &users).await?;
        tx.record(&Deleted { id }, target)?;
    }
    audit::write(&tx, &admin, Act::new(Audited::Notifications, "deleted", id, &row.title)).await?;
    tx.commit().await?;
    tracing::info!(notification = %id, user = %admin.user, "notice deleted");
    Ok(said("Deleted. It is gone from their pages."))
}

/// Chooses the receivers and tells them.
async fn send(
    tx: &mut lamplight_store::Tx,
    row: &entity::Model,
    target: TargetType,
    ids: &[String],
) -> Result<(), ApiError> {
    let users = receivers::resolve(tx.db(), target, ids).await?;
    if users.is_empty() {
        let text = "Nobody would receive this: there is nobody among these who can sign in.".to_owned();
        return Err(NotificationError::Invalid(vec![("targetIds", text)]).into());
    }
    store::insert_receivers(tx, users.iter().map(|&user| (row.id.into(), user)).collect()).await?;
    let senders = accounts::find_by_ids(tx.db(), row.sender_id.into_iter()).await?;
    let notification = document(row, row.sender_id.and_then(|sender| senders.get(&sender)))?;
    tx.record(&Created(&notification), Target::rooms(receivers::rooms(target, ids, &users)))?;
    Ok(())
}

fn filled(row: entity::Model, details: Details) -> entity::Model {
    entity::Model {
        title: details.title,
        message: details.message,
        kind: details.kind.as_str().to_owned(),
        category: details.category.as_str().to_owned(),
        priority: details.priority.as_str().to_owned(),
        link: details.link,
        is_active: details.is_active.into(),
        ..row
    }
}

async fn shown<C: ConnectionTrait>(db: &C, rows: &[entity::Model]) -> Result<Vec<Written>, ApiError> {
    let senders = accounts::find_by_ids(db, rows.iter().filter_map(|row| row.sender_id)).await?;
    let counts = store::count_receivers(db, rows.iter().map(|row| row.id)).await?;
    let rows = rows.iter().map(|row| {
        let sender = row.sender_id.and_then(|sender| senders.get(&sender));
        written(row, sender, counts.get(&row.id).copied().unwrap_or_default())
    });
    Ok(rows.collect::<Result<_, _>>()?)
}

async fn one<C: ConnectionTrait>(db: &C, row: entity::Model) -> Result<Written, ApiError> {
    Ok(shown(db, &[row]).await?.pop().ok_or(NotificationError::NotFound)?)
}

async fn counted<C: ConnectionTrait>(db: &C) -> Result<Statistics, ApiError> {
    let shares = |counts: Vec<(String, i64)>| counts.into_iter().map(|(value, count)| Share { value, count }).collect();
    let by_category = store::count_written_by(db, entity::Column::Category).await?;
    Ok(Statistics {
        total: by_category.iter().map(|(_, count)| count).sum(),
        active: store::count_active(db).await?,
        by_category: shares(by_category),
        by_priority: shares(store::count_written_by(db, entity::Column::Priority).await?),
    })
}

/// `active` or `inactive`.
struct Status(bool);

impl std::str::FromStr for Status {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "active" => Ok(Self(true)),
            "inactive" => Ok(Self(false)),
            _ => Err(()),
        }
    }
}
