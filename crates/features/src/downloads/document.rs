//! The document of a piece of study material, as it goes over the wire.

use jiff::civil::Date;
use lamplight_files::FileKind;
use lamplight_kernel::{DownloadId, StudentId, Timestamp};
use lamplight_store::StoreError;
use serde::Serialize;
use utoipa::{ToSchema, openapi::schema::Schema};

use super::{
    audience::{Choice, SpecificTargets, TargetAudience},
    store::entity,
};
use crate::{accounts, wire};

/// Who uploaded it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Uploader {
    /// The name they sign in with.
    username: String,
    /// What the institute calls them.
    full_name: String,
}

/// A piece of study material, as everybody who may open it sees it. It names nobody but its uploader.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Download {
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    id: DownloadId,
    title: String,
    #[schema(required)]
    description: Option<String>,
    /// One of the categories of `GET /api/institute`.
    category: String,
    #[schema(required)]
    subject: Option<String>,
    /// From 1.
    #[schema(required)]
    semester: Option<i32>,
    /// The year it begins.
    #[schema(required)]
    academic_year: Option<String>,
    tags: Vec<String>,
    /// The last date it can be opened, at the institute.
    #[schema(required, value_type = Option<String>, format = Date)]
    expiry_date: Option<Date>,
    /// Kept for the existing client. Everything needs a sign-in.
    requires_login: bool,
    /// The name to save the file under.
    file_name: String,
    /// What kind of file it is, told from its content.
    #[schema(schema_with = file_types)]
    file_type: String,
    /// In bytes.
    file_size: i64,
    /// Where the file is, from the server's root.
    file_url: String,
    /// How often it was opened: once a student and day.
    download_count: i64,
    /// Who uploaded it.
    #[schema(required)]
    uploaded_by: Option<Uploader>,
    #[schema(value_type = String, format = DateTime)]
    uploaded_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// A student whom it was made for by name.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChosenStudent {
    /// The student record's id.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    pub(super) id: StudentId,
    /// The human id.
    pub(super) student_id: String,
    /// The student's name.
    pub(super) full_name: String,
}

/// As its managers see it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ManagedDownload {
    #[serde(flatten)]
    pub(super) download: Download,
    pub(super) target_audience: Vec<TargetAudience>,
    pub(super) specific_targets: SpecificTargets,
    /// The students of `specificTargets.students`, for who may change it.
    pub(super) chosen_students: Vec<ChosenStudent>,
    /// Whom it is for, in words.
    pub(super) audience_text: String,
    /// Goes up with each change. Sent along with a change, it makes sure that nobody's change is lost.
    pub(super) rev: i32,
    /// Whether the caller may change and delete it.
    pub(super) can_edit: bool,
    /// Whether its last day is over.
    pub(super) is_expired: bool,
}

/// As a student sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StudentDownload {
    #[serde(flatten)]
    pub(super) download: Download,
    /// Whether this student has opened it.
    pub(super) opened: bool,
}

fn file_types() -> Schema {
    wire::one_of(FileKind::ALL.into_iter().map(FileKind::wire))
}

fn corrupt(row: &entity::Model, what: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt { table: "downloads", what: format!("{}: {what}", row.id) }
}

/// The document of a row.
pub(super) fn document(
    row: &entity::Model,
    uploader: Option<&accounts::entity::Model>,
) -> Result<Download, StoreError> {
    let id = DownloadId::from(row.id);
    Ok(Download {
        id,
        title: row.title.clone(),
        description: row.description.clone(),
        category: row.category.clone(),
        subject: row.subject.clone(),
        semester: row.semester,
        academic_year: row.academic_year.clone(),
        tags: serde_json::from_str(&row.tags).map_err(|error| corrupt(row, error))?,
        expiry_date: expires_on(row)?,
        requires_login: row.requires_login != 0,
        file_name: row.file_name.clone(),
        file_type: row.file_kind.clone(),
        file_size: row.file_size,
        file_url: format!("/api/downloads/{id}/file"),
        download_count: row.download_count,
        uploaded_by: uploader
            .map(|user| Uploader { username: user.username.clone(), full_name: user.full_name.clone() }),
        uploaded_at: Timestamp::from_millis(row.uploaded_at),
        updated_at: Timestamp::from_millis(row.updated_at),
    })
}

/// Its last day.
pub(super) fn expires_on(row: &entity::Model) -> Result<Option<Date>, StoreError> {
    row.expires_on.as_ref().map(|text| text.parse().map_err(|error| corrupt(row, error))).transpose()
}

/// Whom it is for, as it was chosen.
pub(super) fn choice(row: &entity::Model) -> Result<Choice, StoreError> {
    serde_json::from_str(&row.audience).map_err(|error| corrupt(row, error))
}
