use axum::{Json as Answer, extract::State, response::Response};
use jiff::civil::Date;
use lamplight_http::{Admin, ApiError, Params};
use lamplight_kernel::{AuditId, Class, MAX_LIMIT, Problem, Timestamp, UserId};
use lamplight_sheets::{Heading, Table, Value as Cell};
use lamplight_store::StoreError;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::{
    Kind,
    act::Change,
    store::{self, Filter, entity::Model},
};
use crate::{
    App,
    routing::routes,
    tables,
    wire::{Envelope, data},
};

/// Entries of an answer, unless told.
const ROWS: u64 = 50;
/// More entries than this are exported piece by piece.
const MAX_EXPORTED: u64 = 20_000;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_audit)).routes(routes!(export_audit))
}

/// Who did it, as they were then.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AuditActor {
    /// Their account; nothing for the command line.
    #[serde(rename = "_id")]
    #[schema(required, value_type = Option<String>)]
    id: Option<UserId>,
    /// What the institute called them.
    full_name: String,
    /// The name they signed in with.
    username: String,
    /// What they were; empty for who was not signed in.
    role: String,
}

/// Something that was done.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AuditEntry {
    /// Its id.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    id: AuditId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who.
    by: AuditActor,
    /// From which address; nothing when it is not known.
    #[schema(required)]
    address: Option<String>,
    /// What it was done to.
    kind: Kind,
    /// A verb in the past tense: `created`, `changed`, `deleted`, `password_changed`.
    action: String,
    /// The id of the record.
    record_id: String,
    /// What the record was called.
    label: String,
    /// What was changed.
    changes: Vec<Change>,
}

impl AuditEntry {
    fn read(row: Model) -> Result<Self, StoreError> {
        let corrupt = || StoreError::Corrupt { table: "audit", what: format!("{}: kind", row.id) };
        Ok(Self {
            id: row.id.into(),
            at: Timestamp::from_millis(row.at),
            kind: row.kind.parse().map_err(|()| corrupt())?,
            by: AuditActor {
                id: row.user_id.map(UserId::from),
                full_name: row.user_name,
                username: row.username,
                role: row.role,
            },
            address: row.address,
            action: row.action,
            record_id: row.record_id,
            label: row.label,
            changes: serde_json::from_str(&row.changes)?,
        })
    }
}

/// What was done, newest first.
#[derive(Debug, Serialize, ToSchema)]
struct AuditList {
    /// Newest first.
    entries: Vec<AuditEntry>,
    /// What to send as `before` for older ones; nothing when these were the last.
    #[schema(required, value_type = Option<String>)]
    next: Option<AuditId>,
}

fn filter<'a>(app: &App, params: &'a Params) -> Result<Filter<'a>, Problem> {
    let date = |name: &'static str| {
        let read = |text| {
            app.institute.date_of(text).ok_or_else(|| {
                let text = "A filter in the address is not as it should be.";
                Problem::new(Class::Invalid, "request.invalid_query", text)
                    .with_field(name, "This must be a date, YYYY-MM-DD.")
            })
        };
        params.text(name).map(read).transpose()
    };
    // A day begins when the one before it ends.
    let start = |date: Date| app.institute.end_of(date.yesterday().unwrap_or(Date::MIN));
    Ok(Filter {
        search: params.text("search"),
        user: params.parsed("user", "the id of a person")?,
        kind: params.parsed("kind", Kind::ALL.map(Kind::as_str).join(", "))?,
        action: params.text("action"),
        record: params.text("record"),
        from: date("from")?.map(start),
        until: date("to")?.map(|date| app.institute.end_of(date)),
        before: params.parsed("before", "what the answer before it gave as next")?,
    })
}

/// What was done by whom, newest first.
#[utoipa::path(
    get, path = "/api/admin/audit", tag = "audit",
    params(
        ("search" = Option<String>, Query, description = "Words of the person, the record, the action or the values"),
        ("user" = Option<String>, Query, description = "Id of the person who did it"),
        ("kind" = Option<Kind>, Query), ("action" = Option<String>, Query),
        ("record" = Option<String>, Query, description = "Id of the record"),
        ("from" = Option<String>, Query, description = "First date"), ("to" = Option<String>, Query, description = "Last date"),
        ("before" = Option<String>, Query, description = "Older than this entry: `next` of the answer before"),
        ("limit" = Option<u64>, Query, description = "50 unless told, at most 500"),
    ),
    responses((status = 200, body = Envelope<AuditList>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn list_audit(
    State(app): State<App>,
    Admin(_): Admin,
    params: Params,
) -> Result<Answer<Envelope<AuditList>>, ApiError> {
    let limit = params.page(ROWS)?.limit();
    let rows = store::list(app.store.reader(), &filter(&app, &params)?, limit).await?;
    let is_full = rows.len() as u64 == limit;
    let next = rows.last().filter(|_| is_full).map(|row| row.id.into());
    let entries = rows.into_iter().map(AuditEntry::read).collect::<Result<_, _>>()?;
    Ok(data(AuditList { entries, next }))
}

/// The same as a table to save, with the same filters.
#[utoipa::path(
    get, path = "/api/admin/audit/export", tag = "audit",
    params(
        ("format" = Option<String>, Query, description = "`csv` or `xlsx`"),
        ("search" = Option<String>, Query), ("user" = Option<String>, Query), ("kind" = Option<Kind>, Query),
        ("action" = Option<String>, Query), ("record" = Option<String>, Query),
        ("from" = Option<String>, Query, description = "First date"), ("to" = Option<String>, Query, description = "Last date"),
    ),
    responses((status = 200, content_type = "text/csv", body = String), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn export_audit(State(app): State<App>, Admin(_): Admin, params: Params) -> Result<Response, ApiError> {
    let db = app.store.reader();
    let mut filter = filter(&app, &params)?;
    let today = app.institute.today(app.store.clock().now());
    let columns = ["When", "Who", "User name", "Role", "From", "What", "Action", "Record", "Record id", "Changes"];
    let mut table = Table {
        title: format!("Audit · {}", crate::settings::acting(app.store.reader(), &app.institute).await?.institute_name),
        notes: Vec::new(),
        made_on: today,
        columns: columns.map(Heading::text).into(),
        rows: Vec::new(),
    };
    loop {
        let rows = store::list(db, &filter, MAX_LIMIT).await?;
        let is_last = (rows.len() as u64) < MAX_LIMIT;
        filter.before = rows.last().map(|row| row.id.into()).or(filter.before);
        for row in rows {
            table.rows.push(line(&app, AuditEntry::read(row)?));
        }
        if is_last {
            break;
        }
        if table.rows.len() as u64 >= MAX_EXPORTED {
            let text = "These are too many entries for one table. Choose dates.";
            return Err(Problem::new(Class::Invalid, "audit.too_many", text).into());
        }
    }
    Ok(tables::save(&table, &format!("audit_{today}"), &params)?)
}

fn line(app: &App, entry: AuditEntry) -> Vec<Cell> {
    let changes = entry.changes.iter().map(|Change { field, old, new }| match old {
        Value::Null => format!("{field}: {}", plain(new)),
        old => format!("{field}: {} → {}", plain(old), plain(new)),
    });
    let changes: Vec<String> = changes.collect();
    vec![
        app.institute.clock(entry.at).into(),
        entry.by.full_name.into(),
        entry.by.username.into(),
        entry.by.role.into(),
        entry.address.into(),
        entry.kind.as_str().into(),
        entry.action.into(),
        entry.label.into(),
        entry.record_id.into(),
        changes.join("; ").into(),
    ]
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}
