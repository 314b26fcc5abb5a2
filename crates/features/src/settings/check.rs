//! Whether the server is well: what was tried, and what did not work.

use axum::{Json as Answer, extract::State};
use lamplight_http::{Admin, ApiError};
use lamplight_kernel::Timestamp;
use sea_orm::ConnectionTrait;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    App,
    wire::{Envelope, data},
};

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SystemCheck {
    /// `healthy`, or `critical` when something that is needed does not work.
    overall_health: &'static str,
    /// What does not work; empty when all is well.
    issues: Vec<SystemIssue>,
    checks: SystemChecks,
    system_info: SystemInfo,
}

/// Something that does not work.
#[derive(Debug, Serialize, ToSchema)]
struct SystemIssue {
    name: &'static str,
    severity: &'static str,
    message: String,
}

/// What was tried just now.
#[derive(Debug, Serialize, ToSchema)]
struct SystemChecks {
    /// A question to the database was answered.
    database: bool,
    /// The place where uploads are kept could be reached and written to.
    filesystem: bool,
}

#[derive(Debug, Serialize, ToSchema)]
struct SystemInfo {
    /// Of this server.
    version: &'static str,
    #[schema(value_type = String, format = DateTime)]
    timestamp: Timestamp,
}

/// Try the database and the place of the uploads. Nothing else is looked at, and nothing is said of what was not.
#[utoipa::path(
    get, path = "/api/admin/system-check", tag = "settings",
    responses((status = 200, body = Envelope<SystemCheck>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
pub(super) async fn check_system(State(app): State<App>, _: Admin) -> Result<Answer<Envelope<SystemCheck>>, ApiError> {
    let mut issues = Vec::new();
    let mut tried = |name, result: Result<(), String>| match result {
        Ok(()) => true,
        Err(message) => {
            issues.push(SystemIssue { name, severity: "critical", message });
            false
        }
    };
    // What exactly went wrong stands in the log: an address or a path is nobody's business.
    let database = app.store.reader().execute_unprepared("SELECT 1").await;
    let database = database.map(|_| ()).map_err(|error| {
        tracing::error!(%error, "the database does not answer");
        "The database does not answer. The log says why.".to_owned()
    });
    let files = app.files.check().await.map_err(|error| {
        tracing::error!(%error, "the place of the uploads does not work");
        "The place where uploads are kept does not work. The log says why.".to_owned()
    });
    let checks = SystemChecks { database: tried("Database", database), filesystem: tried("Files", files) };
    Ok(data(SystemCheck {
        overall_health: if issues.is_empty() { "healthy" } else { "critical" },
        issues,
        checks,
        system_info: SystemInfo { version: env!("CARGO_PKG_VERSION"), timestamp: app.store.clock().now() },
    }))
}
