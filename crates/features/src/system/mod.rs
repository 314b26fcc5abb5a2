//! How the server is, for the office: who is connected, whether pages are live, room, the last backup, and what is to be done.
//!
//! * **Who may what**: administrators.
//! * **Routes**: `GET /api/admin/system`.
//! * **Whose figures**: those of the server that answers. Of several servers of one institute each knows its own connections; how many
//!   servers there are it asks the database.
//!
//! Features see neither sockets nor disks, so the server hands in a [`Machine`] that does. Beside it stands `system-check` of the
//! settings, which the existing client asks: that one tries the place of the uploads by writing to it, this one may be asked every few
//! seconds and writes nothing.

use async_trait::async_trait;
use axum::{Json as Answer, extract::State};
use lamplight_http::{Admin, ApiError};
use lamplight_kernel::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::{
    App,
    routing::routes,
    wire::{Envelope, data},
};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show_system))
}

/// Who knows how the server is.
#[async_trait]
pub trait Machine: std::fmt::Debug + Send + Sync + 'static {
    /// How it is now. What can't be found out soon is left out.
    async fn status(&self) -> SystemStatus;
}

/// How a server is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SystemStatus {
    /// Of Lamplight.
    pub version: &'static str,
    /// When these figures were read.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// When this server was started.
    #[schema(value_type = String, format = DateTime)]
    pub up_since: Timestamp,
    /// What somebody should do something about, the gravest first; empty when all is well.
    pub advice: Vec<SystemAdvice>,
    /// The database.
    pub database: SystemDatabase,
    /// Events that were saved and have not been handed to this server's open pages yet; nothing when it is not known now.
    #[schema(required)]
    pub behind: Option<i64>,
    /// Who is connected to this server.
    pub connected: SystemConnected,
    /// What this server has done since it was started.
    pub since_start: SystemCounts,
    /// Room.
    pub storage: SystemStorage,
    /// The last backup.
    pub backup: SystemBackup,
    /// Whether a Redis is set, and answers.
    pub redis: SystemRedis,
}

/// Something that somebody should do something about.
#[derive(Debug, Serialize, ToSchema)]
pub struct SystemAdvice {
    /// How grave it is.
    pub severity: SystemSeverity,
    /// What is so, in a sentence.
    pub what: String,
    /// What to do about it.
    #[serde(rename = "do")]
    pub advice: String,
}

/// How grave something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SystemSeverity {
    /// Something does not work, or soon will not.
    Problem,
    /// It works, and somebody should look.
    Warning,
}

/// The database.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SystemDatabase {
    /// Which.
    pub kind: SystemDatabaseKind,
    /// How long it took to answer, in milliseconds; nothing when it did not.
    #[schema(required)]
    pub millis: Option<f64>,
    /// How many servers have it open, this one included; commands of the operator count while they run. Nothing when it is not known.
    #[schema(required)]
    pub servers: Option<u64>,
}

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SystemDatabaseKind {
    /// In this server's own folder.
    Embedded,
    /// A PostgreSQL.
    Postgresql,
}

/// Who is connected to this server.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SystemConnected {
    /// Connections that are open, signed in or not yet.
    pub connections: u64,
    /// By role; nothing when it can't be counted now.
    #[schema(required)]
    pub roles: Option<Vec<SystemRole>>,
}

/// Who of a role is connected.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SystemRole {
    /// What they are.
    #[schema(schema_with = crate::wire::roles)]
    pub role: &'static str,
    /// How many people.
    pub people: u64,
    /// How many live connections they have: about one an open page.
    pub pages: u64,
}

/// What a server has done since it was started.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SystemCounts {
    /// Events handed to open pages, each page counted.
    pub deliveries: u64,
    /// Pages that came back after a longer cut and were sent what they missed from the database.
    pub replays: u64,
    /// Events that they were sent.
    pub replayed: u64,
    /// Pages that signed in.
    pub connects: u64,
    /// Pages whose sign-in was refused.
    pub connects_refused: u64,
    /// Requests for a live connection that were refused before signing in, by why; reasons that did not occur are left out.
    pub refused: Vec<SystemCount>,
    /// Live connections that ended, by why; reasons that did not occur are left out.
    pub closed: Vec<SystemCount>,
}

/// How often something happened.
#[derive(Debug, Serialize, ToSchema)]
pub struct SystemCount {
    /// What, as it stands in the metrics.
    pub reason: &'static str,
    /// How often.
    pub count: u64,
}

/// Room, in bytes. What is asked of the database is up to a minute old.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SystemStorage {
    /// Free on the disk of this server's folder; nothing when it is not known.
    #[schema(required)]
    pub free: Option<u64>,
    /// The size of that disk.
    #[schema(required)]
    pub total: Option<u64>,
    /// The database.
    #[schema(required)]
    pub database: Option<u64>,
    /// Everything that was uploaded.
    #[schema(required)]
    pub uploads: Option<u64>,
    /// In how many files.
    #[schema(required)]
    pub files: Option<u64>,
    /// Where uploads are.
    pub uploads_in: SystemUploadsIn,
}

/// Where uploads are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SystemUploadsIn {
    /// In this server's folder.
    Folder,
    /// In an S3-compatible storage.
    S3,
}

/// The last backup.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SystemBackup {
    /// How it stands.
    pub state: SystemBackupState,
    /// When the last good one was made, if that is known.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
}

/// How it stands with backups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SystemBackupState {
    /// There is one of the last seven days.
    Recent,
    /// The last one is older.
    Old,
    /// There was none.
    Never,
    /// Other tools make them, and nobody has told this server.
    Unknown,
}

/// Whether a Redis is set, and answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SystemRedis {
    /// None is set, or it is not used.
    Off,
    /// It answers.
    Up,
    /// It does not; nothing is lost.
    Away,
}

/// How this server is: who is connected, whether pages are live, room, the last backup, and what is to be done.
#[utoipa::path(
    get, path = "/api/admin/system", tag = "system",
    responses((status = 200, body = Envelope<SystemStatus>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn show_system(State(app): State<App>, _: Admin) -> Result<Answer<Envelope<SystemStatus>>, ApiError> {
    Ok(data(app.machine.status().await))
}
