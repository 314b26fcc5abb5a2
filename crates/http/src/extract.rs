//! Extractors: what a handler needs, as parameters.

use std::{collections::HashMap, fmt::Display, ops::Deref, str::FromStr};

use axum::extract::{FromRef, FromRequest, FromRequestParts, Path, Request};
use http::{HeaderMap, Method, header, request::Parts};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use lamplight_auth::{Caller, Gate, WrongRole};
use lamplight_kernel::{Class, PageRequest, Problem};
use serde::de::DeserializeOwned;

use crate::{ApiError, Client};

/// The largest JSON body, in bytes. Files come another way.
const MAX_JSON_BYTES: usize = 1024 * 1024;

/// The token of an `Authorization: Bearer` header. The scheme's name is compared as RFC 9110 (11.1) says: in any case.
#[must_use]
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// Somebody who is signed in, in whatever role.
#[derive(Debug)]
pub struct SignedIn(pub Caller);

impl<S: Send + Sync> FromRequestParts<S> for SignedIn
where
    Gate: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let caller = Gate::from_ref(state).admit(bearer(&parts.headers)).await?;
        Ok(Self(Caller { address: Client::address_in(&parts.extensions), ..caller }))
    }
}

macro_rules! roles {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name(pub lamplight_auth::$name);

        impl Deref for $name {
            type Target = lamplight_auth::$name;

            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }

        impl<S: Send + Sync> FromRequestParts<S> for $name
        where
            Gate: FromRef<S>,
        {
            type Rejection = ApiError;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
                let SignedIn(caller) = SignedIn::from_request_parts(parts, state).await?;
                Ok(Self(lamplight_auth::$name::try_from(caller).map_err(wrong_role)?))
            }
        }
    )+};
}

roles! {
    /// The caller is an administrator.
    Admin,
    /// The caller is an administrator or teaches.
    Staff,
    /// The caller studies.
    Student,
}

fn wrong_role(error: WrongRole) -> Problem {
    Problem::new(
        Class::Forbidden,
        "auth.wrong_role",
        format!("Your account can't do this: it needs the role {}.", error.needed),
    )
}

/// A JSON body. What does not fit is named by its field.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        let is_json =
            request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| {
                value.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
            });
        if !is_json {
            let message = "Send the request as JSON, with the header Content-Type: application/json.";
            return Err(Problem::new(Class::UnsupportedMedia, "request.not_json", message).into());
        }
        let body = Limited::new(request.into_body(), MAX_JSON_BYTES).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                Problem::new(Class::TooLarge, "request.too_large", "The request is too large.")
            } else {
                Problem::new(Class::Invalid, "request.cut_off", "The request ended before it was complete.")
            }
        })?;
        let bytes = body.to_bytes();
        // Serde would take a list for a struct, its items for the fields in their order.
        if bytes.trim_ascii_start().first() == Some(&b'[') {
            return Err(invalid().with_field(".", "This must be an object.").into());
        }
        let mut deserializer = serde_json::Deserializer::from_slice(&bytes);
        let value =
            serde_path_to_error::deserialize(&mut deserializer).map_err(|error| match error.inner().classify() {
                serde_json::error::Category::Data => misfit(&error),
                _ => {
                    let message = format!("The request is not valid JSON: {}.", error.inner());
                    Problem::new(Class::Invalid, "request.malformed_json", message)
                }
            })?;
        deserializer.end().map_err(|error| {
            Problem::new(Class::Invalid, "request.malformed_json", format!("The request is not valid JSON: {error}."))
        })?;
        Ok(Self(value))
    }
}

/// Reads a value that was put together from something else than a JSON body, such as the fields of a form.
///
/// # Errors
/// When it does not fit, naming the field.
pub fn from_value<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| misfit(&error))
}

fn invalid() -> Problem {
    Problem::new(Class::Invalid, "request.invalid", "Something in the request is not as it should be.")
}

/// JSON that is not what belongs here.
fn misfit(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let problem = invalid();
    let text = error.inner().to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    // A missing field is reported at the object that lacks it; its name stands in the text.
    match text.split('`').nth(1).filter(|_| text.starts_with("missing field")) {
        Some(field) => problem.with_field(field.to_owned(), "This is needed."),
        None => problem.with_field(error.path().to_string(), text.to_owned()),
    }
}

/// The query of an address. An empty value means "not given" and of several values the last counts: so the existing client
/// sends them. Names that nobody asks for are ignored.
#[derive(Debug, Default)]
pub struct Params(HashMap<String, String>);

impl Params {
    /// A text, trimmed.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A value of some type.
    ///
    /// # Errors
    /// When it is given and can't be one.
    pub fn parsed<T: FromStr>(&self, name: &'static str, expected: impl Display) -> Result<Option<T>, Problem> {
        let parse = |text: &str| text.parse().map_err(|_| unexpected(name, &expected));
        self.text(name).map(parse).transpose()
    }

    /// Values of some type, separated by commas.
    ///
    /// # Errors
    /// When one of them can't be one, or there are more than a thousand.
    pub fn list<T: FromStr>(&self, name: &'static str, expected: impl Display) -> Result<Vec<T>, Problem> {
        let items = self
            .text(name)
            .map(|text| text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect::<Vec<_>>());
        let items = items.unwrap_or_default();
        if items.len() > 1000 {
            return Err(unexpected(name, "at most a thousand values"));
        }
        items.into_iter().map(|item| item.parse().map_err(|_| unexpected(name, &expected))).collect()
    }

    /// Which page: `page` (from 1) and `limit`.
    ///
    /// # Errors
    /// When one of them is no positive whole number.
    pub fn page(&self, default_limit: u64) -> Result<PageRequest, Problem> {
        let page = self.parsed("page", "a whole number from 1")?.unwrap_or(1);
        let limit = self.parsed("limit", "a whole number from 1")?.unwrap_or(default_limit);
        match (page, limit) {
            (0, _) => Err(unexpected("page", "a whole number from 1")),
            (_, 0) => Err(unexpected("limit", "a whole number from 1")),
            (page, limit) => Ok(PageRequest::new(page, limit)),
        }
    }
}

fn unexpected(name: &'static str, expected: impl Display) -> Problem {
    Problem::new(Class::Invalid, "request.invalid_query", "A filter in the address is not as it should be.")
        .with_field(name, format!("This must be {expected}."))
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let pairs = form_urlencoded::parse(query).filter_map(|(name, value)| {
            let value = value.trim();
            // PostgreSQL can't hold a NUL in a text, so there is nothing to find with one.
            (!value.is_empty() && !value.contains('\0')).then(|| (name.into_owned(), value.to_owned()))
        });
        Ok(Self(pairs.collect()))
    }
}

/// The id in the path of an address. What can't be an id is as unknown as an id that nobody has.
#[derive(Debug)]
pub struct PathId<T>(pub T);

impl<T: FromStr + Send, S: Send + Sync> FromRequestParts<S> for PathId<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let unknown = || Problem::new(Class::NotFound, "request.unknown_id", "There is nothing at this address.");
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| unknown())?;
        Ok(Self(text.parse().map_err(|_| unknown())?))
    }
}

/// The answer to an address that does not exist, or a method that it does not take.
pub(crate) fn nothing_here(method: &Method, path: &str, exists: bool) -> Problem {
    if exists {
        Problem::new(
            Class::MethodNotAllowed,
            "request.wrong_method",
            format!("{method} is not possible at this address."),
        )
    } else {
        tracing::debug!(%method, path, "no such address");
        Problem::new(Class::NotFound, "request.unknown_address", "There is nothing at this address.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_found_where_it_belongs() {
        for (value, token) in [
            ("Bearer abc", Some("abc")),
            ("bearer abc", Some("abc")),
            ("Bearer  abc ", Some("abc")),
            ("Basic abc", None),
            ("abc", None),
            ("Bearer ", Some("")),
        ] {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]);
            assert_eq!(bearer(&headers), token, "{value}");
        }
        assert_eq!(bearer(&HeaderMap::new()), None);
    }

    async fn params(query: &str) -> Params {
        let request = Request::builder().uri(format!("/x?{query}")).body(()).unwrap();
        Params::from_request_parts(&mut request.into_parts().0, &()).await.unwrap()
    }

    #[tokio::test]
    async fn queries_as_the_existing_client_sends_them() {
        let found = params("search=&course=&semester=3&semester=4&category=Question+Paper&x=%20%20").await;
        assert_eq!(found.text("search"), None);
        assert_eq!(found.text("x"), None);
        assert_eq!(found.text("category"), Some("Question Paper"));
        assert_eq!(found.parsed::<i32>("semester", "a number").unwrap(), Some(4));
        assert_eq!(found.parsed::<i32>("course", "a number").unwrap(), None);
        assert_eq!(params("l=1,2,,3").await.list::<i32>("l", "numbers").unwrap(), [1, 2, 3]);
        let refused = params("semester=three").await.parsed::<i32>("semester", "a number").unwrap_err();
        assert_eq!(refused.fields()["semester"], "This must be a number.");
        for wrong in ["page=0", "page=-1", "limit=x", "limit=0"] {
            assert!(params(wrong).await.page(20).is_err(), "{wrong}");
        }
        assert_eq!(params("page=3").await.page(20).unwrap().offset(), 40);
    }
}
