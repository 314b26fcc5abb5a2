//! Tables that come and go as files: CSV and XLSX read, CSV, XLSX and PDF written.

use std::time::Duration;

use axum::{
    extract::{Multipart, multipart::MultipartRejection},
    response::{IntoResponse, Response},
};
use http::header;
use lamplight_http::Params;
use lamplight_kernel::{Class, Problem};
use lamplight_sheets::Table;
use tokio::time::timeout;

use crate::uploads::{self, Pace};

/// The largest file that is read as a table, in bytes.
pub(crate) const MAX_BYTES: usize = 4 * 1024 * 1024;

/// So many rows and more are asked for in parts: lists are counted no further.
pub(crate) const MAX_EXPORTED: u64 = crate::bounded::MOST_COUNTED;

/// A file to save.
pub(crate) fn attachment(name: &str, kind: &'static str, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, lamplight_files::content_disposition(name)),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    (headers, bytes).into_response()
}

/// A table as the file that `format` in the address asks for: `csv` unless told, `xlsx` or `pdf`.
pub(crate) fn save(table: &Table, name: &str, params: &Params) -> Result<Response, Problem> {
    Ok(match params.text("format").unwrap_or("csv") {
        "csv" => attachment(&format!("{name}.csv"), "text/csv; charset=utf-8", table.csv()),
        "xlsx" => {
            let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
            attachment(&format!("{name}.xlsx"), kind, table.xlsx().map_err(Problem::internal)?)
        }
        "pdf" => attachment(&format!("{name}.pdf"), "application/pdf", table.pdf()),
        _ => {
            let text = "A filter in the address is not as it should be.";
            let problem = Problem::new(Class::Invalid, "request.invalid_query", text);
            return Err(problem.with_field("format", "This must be csv, xlsx or pdf."));
        }
    })
}

/// The part `file` of a form: its name and its bytes. What can't be read is refused in the feature's own words. Gives up when nothing comes
/// for `patience`.
pub(crate) async fn receive(
    multipart: Result<Multipart, MultipartRejection>,
    unreadable: fn(&str) -> Problem,
    patience: Duration,
) -> Result<(String, Vec<u8>), Problem> {
    let mut multipart = multipart.map_err(|_| unreadable("Send the file as a form (multipart/form-data)."))?;
    let cut = |_| unreadable("The file did not arrive whole, or it has more than 4 MB.");
    let late = |_| uploads::stalled();
    for _ in 0..uploads::MAX_FIELDS {
        // What is left of the part before it is read here, too.
        let Some(mut field) = timeout(patience, multipart.next_field()).await.map_err(late)?.map_err(cut)? else {
            break;
        };
        if field.name() != Some("file") {
            continue;
        }
        let name: String = field.file_name().unwrap_or("file").chars().take(200).collect();
        let (mut bytes, mut pace) = (Vec::new(), Pace::new(patience));
        while let Some(chunk) = timeout(patience, field.chunk()).await.map_err(late)?.map_err(cut)? {
            pace.came(chunk.len())?;
            bytes.extend_from_slice(&chunk);
        }
        return Ok((name, bytes));
    }
    Err(unreadable("Choose a file."))
}
