use axum::{Json as Answer, extract::State};
use lamplight_http::{ApiError, Params, PathId, SignedIn, Student};
use lamplight_kernel::{NotificationId, Page, Room, Target, UserId};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::{
    NotificationError, Read,
    document::{Received, document},
    office, store,
};
use crate::{
    App, accounts,
    routing::routes,
    wire::{Envelope, PaginationBody, data},
};

/// Rows of a list; the existing client counts them for its badge, which shows `99+` from 100 on.
const ROWS: u64 = 100;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_own_notifications))
        .routes(routes!(mark_all_read))
        .routes(routes!(mark_read))
        .routes(routes!(list_notifications_for_student))
        .routes(routes!(mark_read_by_student))
        .merge(office::routes())
}

/// The caller's notifications.
#[derive(Debug, Serialize, ToSchema)]
struct OwnList {
    /// Newest first.
    notifications: Vec<Received>,
    /// How many the caller has not read, whatever the page shows.
    unread: u64,
    /// Where the page stands.
    pagination: PaginationBody,
}

/// How many the caller has not read.
#[derive(Debug, Serialize, ToSchema)]
struct Unread {
    /// How many.
    unread: u64,
}

/// The caller's notifications, newest first.
#[utoipa::path(
    get, path = "/api/notifications", tag = "notifications",
    params(
        ("unread" = Option<bool>, Query, description = "Only what the caller has not read"),
        ("page" = Option<u64>, Query, description = "From 1"), ("limit" = Option<u64>, Query, description = "100 unless told, at most 500"),
    ),
    responses((status = 200, body = Envelope<OwnList>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn list_own_notifications(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    params: Params,
) -> Result<Answer<Envelope<OwnList>>, ApiError> {
    let page = received(&app, caller.person.user, &params).await?;
    let unread = store::count_unread(app.store.reader(), caller.person.user).await?;
    Ok(data(OwnList { notifications: page.rows, unread, pagination: page.pagination.into() }))
}

/// The student's notifications, newest first, as the existing client reads them.
#[utoipa::path(
    get, path = "/api/student/notifications", tag = "notifications",
    params(
        ("unread" = Option<bool>, Query, description = "Only what the caller has not read"),
        ("page" = Option<u64>, Query, description = "From 1"), ("limit" = Option<u64>, Query, description = "100 unless told, at most 500"),
    ),
    responses((status = 200, body = Envelope<Vec<Received>>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn list_notifications_for_student(
    State(app): State<App>,
    Student(student): Student,
    params: Params,
) -> Result<Answer<Envelope<Vec<Received>>>, ApiError> {
    Ok(data(received(&app, student.user, &params).await?.rows))
}

async fn received(app: &App, user: UserId, params: &Params) -> Result<Page<Received>, ApiError> {
    let db = app.store.reader();
    let unread = params.parsed("unread", "true or false")?.unwrap_or(false);
    let page = store::list_received(db, user, unread, params.page(ROWS)?).await?;
    let senders = accounts::find_by_ids(db, page.rows.iter().filter_map(|(row, _)| row.sender_id)).await?;
    let rows = page.rows.iter().map(|(row, read)| {
        let sender = row.sender_id.and_then(|sender| senders.get(&sender));
        let notification = document(row, sender)?;
        Ok(Received { notification, read: *read, read_by: if *read { vec![user] } else { Vec::new() } })
    });
    let rows = rows.collect::<Result<_, lamplight_store::StoreError>>()?;
    Ok(Page { rows, pagination: page.pagination })
}

/// Mark a notification of the caller as read, on all of their devices.
#[utoipa::path(
    put, path = "/api/notifications/{id}/read", tag = "notifications", params(("id" = String, Path)),
    responses((status = 200, body = Envelope<Unread>), (status = 404, description = "`notifications.not_found`", body = lamplight_http::ErrorBody), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn mark_read(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<NotificationId>,
) -> Result<Answer<Envelope<Unread>>, ApiError> {
    read(&app, caller.person.user, Some(id)).await
}

/// The same, as the existing client asks for it: without a body.
#[utoipa::path(
    put, path = "/api/student/notifications/{id}/read", tag = "notifications", params(("id" = String, Path)),
    responses((status = 200, body = Envelope<Unread>), (status = 404, description = "`notifications.not_found`", body = lamplight_http::ErrorBody), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn mark_read_by_student(
    State(app): State<App>,
    Student(student): Student,
    PathId(id): PathId<NotificationId>,
) -> Result<Answer<Envelope<Unread>>, ApiError> {
    read(&app, student.user, Some(id)).await
}

/// Mark all notifications of the caller as read, on all of their devices.
#[utoipa::path(
    put, path = "/api/notifications/read", tag = "notifications",
    responses((status = 200, body = Envelope<Unread>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn mark_all_read(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
) -> Result<Answer<Envelope<Unread>>, ApiError> {
    read(&app, caller.person.user, None).await
}

async fn read(app: &App, user: UserId, id: Option<NotificationId>) -> Result<Answer<Envelope<Unread>>, ApiError> {
    let mut tx = app.store.begin().await?;
    let marked = store::mark_read(&tx, user, id).await?;
    if marked == 0
        && let Some(id) = id
        && !store::is_received(tx.db(), user, id).await?
    {
        return Err(NotificationError::NotFound.into());
    }
    let unread = store::count_unread(tx.db(), user).await?;
    if marked > 0 {
        tx.record(&Read { notification_id: id, unread }, Target::rooms([Room::user(user)]))?;
        tx.commit().await?;
    }
    Ok(data(Unread { unread }))
}
