//! Receiving an upload: a multipart request (RFC 7578) whose file may come before or after the text fields.

use std::{collections::HashMap, time::Duration};

use axum::extract::{
    Multipart,
    multipart::{Field, MultipartError, MultipartRejection},
};
use http::StatusCode;
use lamplight_files::{Files, FilesError, Staged};
use lamplight_kernel::{Class, Problem};
use tokio::time::{Instant, timeout};

use super::problem;

/// The text fields of one upload together, in bytes.
const MAX_TEXT_BYTES: usize = 64 * 1024;
pub(crate) const MAX_FIELDS: usize = 40;
/// Bytes a second that an upload must have come with on the whole, once the patience for one pause is over. Less is no bad line but
/// somebody who holds a connection.
const SLOWEST: u64 = 1024;

/// How fast the bytes of a file come.
pub(crate) struct Pace {
    patience: Duration,
    started: Instant,
    came: u64,
}

impl Pace {
    /// From now on.
    pub(crate) fn new(patience: Duration) -> Self {
        Self { patience, started: Instant::now(), came: 0 }
    }

    /// So many more came. Refused when it is too slow on the whole.
    pub(crate) fn came(&mut self, bytes: usize) -> Result<(), Problem> {
        self.came = self.came.saturating_add(bytes as u64);
        let time = self.started.elapsed();
        if time > self.patience && self.came < time.as_secs().saturating_mul(SLOWEST) {
            return Err(stalled());
        }
        Ok(())
    }
}

/// What came: the file, if there was one, and the text fields. Of several fields of one name the last counts.
#[derive(Debug)]
pub(crate) struct Received {
    /// The file of the part named `file`.
    pub(crate) file: Option<Staged>,
    /// The other parts.
    pub(crate) fields: HashMap<String, String>,
}

/// Streams an upload to a staging file. Gives up when nothing comes for `patience`.
pub(crate) async fn receive(
    files: &Files,
    multipart: Result<Multipart, MultipartRejection>,
    patience: Duration,
) -> Result<Received, Problem> {
    let mut multipart = multipart.map_err(|_| {
        let message = "Send the file as a form (Content-Type: multipart/form-data).";
        Problem::new(Class::UnsupportedMedia, "uploads.not_multipart", message)
    })?;
    let mut received = Received { file: None, fields: HashMap::new() };
    let mut left = MAX_TEXT_BYTES;
    let mut parts = 0;
    while let Some(field) = in_time(patience, multipart.next_field()).await? {
        parts += 1;
        if parts > MAX_FIELDS {
            return Err(too_much());
        }
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            if received.file.is_some() {
                let message = "Upload one file at a time.";
                return Err(Problem::new(Class::Invalid, "uploads.several_files", message).with_field("file", message));
            }
            // A form whose file was not chosen sends the part without a name and without content.
            if let Some(staged) = receive_file(files, field, patience).await? {
                received.file = Some(staged);
            }
        } else {
            let text = receive_text(field, &mut left, patience).await?;
            received.fields.insert(name, text);
        }
    }
    Ok(received)
}

async fn receive_file(files: &Files, mut field: Field<'_>, patience: Duration) -> Result<Option<Staged>, Problem> {
    let name = field.file_name().unwrap_or_default().to_owned();
    let mut staging = files.stage(&name);
    let mut is_empty = true;
    let mut pace = Pace::new(patience);
    while let Some(chunk) = in_time(patience, field.chunk()).await? {
        is_empty &= chunk.is_empty();
        pace.came(chunk.len())?;
        staging.write(chunk).await.map_err(problem)?;
    }
    match staging.finish().await {
        Err(FilesError::Empty { .. }) if is_empty && name.is_empty() => Ok(None),
        finished => finished.map(Some).map_err(problem),
    }
}

async fn receive_text(mut field: Field<'_>, left: &mut usize, patience: Duration) -> Result<String, Problem> {
    let name = field.name().unwrap_or_default().to_owned();
    let mut bytes = Vec::new();
    while let Some(chunk) = in_time(patience, field.chunk()).await? {
        *left = left.checked_sub(chunk.len()).ok_or_else(too_much)?;
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| {
        Problem::new(Class::Invalid, "request.invalid", "Something in the request is not as it should be.")
            .with_field(name, "This is not text in UTF-8.")
    })
}

async fn in_time<T>(patience: Duration, next: impl Future<Output = Result<T, MultipartError>>) -> Result<T, Problem> {
    match timeout(patience, next).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(too_much()),
        Ok(Err(error)) => {
            tracing::debug!(%error, "broken upload");
            let message = "The upload was cut off or is not a valid form. Please try again.";
            Err(Problem::new(Class::Invalid, "uploads.malformed", message))
        }
        Err(_) => Err(stalled()),
    }
}

pub(crate) fn stalled() -> Problem {
    let message = "The upload stopped on the way. Please try again where the signal is better.";
    Problem::new(Class::TimedOut, "uploads.stalled", message)
}

fn too_much() -> Problem {
    Problem::new(Class::TooLarge, "uploads.too_much_text", "The form around the file is too large.")
}
