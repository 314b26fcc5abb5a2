//! Tables to save, as an answer.

use axum::response::{IntoResponse, Response};
use http::header;
use lamplight_http::Params;
use lamplight_kernel::{Class, Problem};
use lamplight_sheets::Table;

/// A file to save.
pub(crate) fn attachment(name: &str, kind: &'static str, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, lamplight_files::content_disposition(name)),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    (headers, bytes).into_response()
}

/// A table in the format that the address asks for with `format`: CSV unless told.
pub(crate) fn save(table: &Table, name: &str, params: &Params) -> Result<Response, Problem> {
    const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let named = |ending: &str| format!("{name}.{ending}");
    Ok(match params.text("format").unwrap_or("csv") {
        "csv" => attachment(&named("csv"), "text/csv; charset=utf-8", table.csv()),
        "xlsx" => attachment(&named("xlsx"), XLSX, table.xlsx().map_err(Problem::internal)?),
        "pdf" => attachment(&named("pdf"), "application/pdf", table.pdf()),
        _ => {
            let text = "A filter in the address is not as it should be.";
            let problem = Problem::new(Class::Invalid, "request.invalid_query", text);
            return Err(problem.with_field("format", "This must be csv, xlsx or pdf."));
        }
    })
}
