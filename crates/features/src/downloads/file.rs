//! The file of a piece of study material, on its way to somebody who may have it.

use std::collections::BTreeMap;

use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use futures_util::TryStreamExt;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use lamplight_files::{FileKind, FilesError, RangeRequest, Sha256, content_disposition, parse_range};
use lamplight_http::{ApiError, PathId, SignedIn, answer};
use lamplight_kernel::{Class, DownloadId, Problem};
use lamplight_store::StoreError;
use utoipa::openapi::{ContentBuilder, ObjectBuilder, OpenApi, RefOr, Type};

use super::{
    DownloadError,
    access::{find_visible, manages},
    document,
    rules::is_expired,
};
use crate::App;

/// The bytes of the file, whole or one range of it (RFC 9110, 14). Always to be saved, never to be shown as a page of ours.
#[utoipa::path(
    get, path = "/api/downloads/{id}/file", tag = "downloads",
    params(("id" = String, Path), ("Range" = Option<String>, Header, description = "One range of bytes")),
    responses(
        (status = 200, description = "The whole file"),
        (status = 206, description = "The range that was asked for"),
        (status = 304, description = "The caller has it already (`If-None-Match`)"),
        (status = 404, description = "`downloads.not_found`: there is none, or it is not for the caller", body = lamplight_http::ErrorBody),
        (status = 410, description = "`downloads.expired`", body = lamplight_http::ErrorBody),
        (status = 416, description = "The range is outside the file", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
pub(super) async fn send_file(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<DownloadId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let person = &caller.person;
    let (row, _) = find_visible(&app, person, id).await?;
    let today = app.institute.today(app.store.clock().now());
    if is_expired(document::expires_on(&row)?, today) && !manages(person, &row) {
        return Err(DownloadError::Expired.into());
    }

    let corrupt = || StoreError::Corrupt { table: "downloads", what: format!("{id}: its hash or size") };
    let sha256: Sha256 = row.file_sha256.parse().map_err(|_| corrupt())?;
    let size = u64::try_from(row.file_size).map_err(|_| corrupt())?;
    let tag = format!("\"{sha256}\"");
    let mut response = HeaderMap::new();
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.insert(name, value);
        }
    };
    set(header::ETAG, &tag);
    set(header::ACCEPT_RANGES, "bytes");
    // The caller's own browser may keep it and must ask before using it: rights can change.
    set(header::CACHE_CONTROL, "private, no-cache");
    let given = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if given(header::IF_NONE_MATCH)
        .is_some_and(|tags| tags.split(',').any(|one| one.trim().trim_start_matches("W/") == tag))
    {
        return Ok((StatusCode::NOT_MODIFIED, response).into_response());
    }

    // A range of another version of the file would not fit to what the caller has.
    let is_same = given(header::IF_RANGE).is_none_or(|known| known == tag);
    let range = match given(header::RANGE).filter(|_| is_same).map(|range| parse_range(range, size)) {
        None | Some(RangeRequest::Whole) => None,
        Some(RangeRequest::One(range)) => Some(range),
        Some(RangeRequest::Unsatisfiable) => {
            let problem = Problem::new(Class::RangeNotSatisfiable, "downloads.range", "The file is shorter than that.");
            let range = [(header::CONTENT_RANGE, format!("bytes */{size}"))];
            return Ok((range, answer(problem)).into_response());
        }
    };
    let body = match app.files.read(sha256, range.clone()).await {
        Ok(body) => body,
        // The row promises a file: that it is gone is our fault and not the caller's.
        Err(error @ FilesError::Missing) => return Err(Problem::internal(format!("{sha256}: {error}")).into()),
        Err(error) => return Err(Problem::internal(error).into()),
    };
    set(header::CONTENT_TYPE, kind_of(&row.file_name).map_or("application/octet-stream", FileKind::mime));
    set(header::CONTENT_DISPOSITION, &content_disposition(&row.file_name));
    set(header::CONTENT_LENGTH, &(body.range.end - body.range.start).to_string());
    // Should a browser show it after all, then as nothing that can act.
    set(header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox");
    let status = match range {
        None => StatusCode::OK,
        Some(range) => {
            set(header::CONTENT_RANGE, &format!("bytes {}-{}/{size}", range.start, range.end.saturating_sub(1)));
            StatusCode::PARTIAL_CONTENT
        }
    };
    let stream =
        body.stream.inspect_err(move |error| tracing::error!(%error, %sha256, "a file broke off while it was sent"));
    Ok((status, response, Body::from_stream(stream)).into_response())
}

/// Says in the description of [`send_file`] which types of content it sends: those of the files that are accepted, and no other.
pub(super) fn describe(api: &mut OpenApi) {
    let bytes = ContentBuilder::new().schema(Some(ObjectBuilder::new().schema_type(Type::String).build())).build();
    let types = FileKind::ALL.map(FileKind::mime).into_iter().chain(["application/octet-stream"]);
    let content: BTreeMap<_, _> = types.map(|kind| (kind.to_owned(), RefOr::T(bytes.clone()))).collect();
    let operation = api.paths.paths.get_mut("/api/downloads/{id}/file").and_then(|item| item.get.as_mut());
    let responses = operation.map(|operation| &mut operation.responses.responses).into_iter().flatten();
    for (status, response) in responses {
        if let (true, RefOr::T(response)) = (status.starts_with('2'), response) {
            response.content.extend(content.clone());
        }
    }
}

/// The kind that a file's name says, which was held against its content when it was uploaded.
fn kind_of(file_name: &str) -> Option<FileKind> {
    file_name.rsplit_once('.').and_then(|(_, extension)| FileKind::from_extension(extension))
}
