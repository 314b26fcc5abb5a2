//! Problems as responses.

use std::{collections::BTreeMap, sync::Arc};

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use lamplight_kernel::{Class, Problem};
use serde::Serialize;

/// What a handler returns when it refuses.
#[derive(Debug)]
pub struct ApiError(Problem);

impl<E: Into<Problem>> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// The body of every refusal.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ErrorBody {
    /// Always `false`.
    #[schema(example = false)]
    pub success: bool,
    /// A sentence for a person.
    pub message: String,
    /// A stable code for programs, such as `downloads.expired`.
    pub code: &'static str,
    /// What is wrong with which field of the request.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
    /// What the route says it adds, such as what is stored now.
    #[serde(flatten)]
    #[schema(ignore)]
    pub more: BTreeMap<&'static str, serde_json::Value>,
}

/// The status of a class: here and nowhere else.
const fn status(class: Class) -> StatusCode {
    match class {
        Class::Invalid => StatusCode::BAD_REQUEST,
        Class::SignInNeeded => StatusCode::UNAUTHORIZED,
        Class::Forbidden => StatusCode::FORBIDDEN,
        Class::NotFound => StatusCode::NOT_FOUND,
        Class::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Class::TimedOut => StatusCode::REQUEST_TIMEOUT,
        Class::Conflict => StatusCode::CONFLICT,
        Class::Gone => StatusCode::GONE,
        Class::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Class::UnsupportedMedia => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Class::RangeNotSatisfiable => StatusCode::RANGE_NOT_SATISFIABLE,
        Class::TooMany => StatusCode::TOO_MANY_REQUESTS,
        Class::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Class::Full => StatusCode::INSUFFICIENT_STORAGE,
        Class::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The response to a refused request. Its cause goes along, unsent, for the log line of the request.
#[must_use]
pub fn answer(problem: Problem) -> Response {
    let body = ErrorBody {
        success: false,
        message: problem.message().to_owned(),
        code: problem.code(),
        fields: problem.fields().iter().map(|(field, text)| (field.to_string(), text.to_string())).collect(),
        more: problem.more().clone(),
    };
    let mut response = (status(problem.class()), axum::Json(body)).into_response();
    if problem.class() == Class::Unavailable {
        // Small on purpose: the existing client waits for as long before it sends the request again by itself.
        response.headers_mut().insert(http::header::RETRY_AFTER, http::HeaderValue::from_static("2"));
    }
    response.extensions_mut().insert(Arc::new(problem));
    response
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        answer(self.0)
    }
}
