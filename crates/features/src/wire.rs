//! Shapes that every answer shares, and the forgiving reading that the existing client needs.

use std::str::FromStr;

use axum::Json;
use lamplight_auth::Role;
use lamplight_kernel::Pagination;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use utoipa::{
    ToSchema,
    openapi::schema::{ObjectBuilder, Schema, Type},
};

/// Success: `{success: true, message?, data}`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Envelope<T> {
    /// Always `true`.
    #[schema(example = true)]
    pub(crate) success: bool,
    /// A sentence for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) message: Option<&'static str>,
    /// What was asked for.
    pub(crate) data: T,
}

/// An answer with data.
pub(crate) const fn data<T>(data: T) -> Json<Envelope<T>> {
    Json(Envelope { success: true, message: None, data })
}

/// An answer with data and a sentence.
pub(crate) const fn told<T>(message: &'static str, data: T) -> Json<Envelope<T>> {
    Json(Envelope { success: true, message: Some(message), data })
}

/// An answer that is only a sentence.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Said {
    /// Always `true`.
    #[schema(example = true)]
    success: bool,
    /// A sentence for a person.
    message: &'static str,
}

/// An answer that is only a sentence.
pub(crate) const fn said(message: &'static str) -> Json<Said> {
    Json(Said { success: true, message })
}

/// Where a page stands in its list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PaginationBody {
    /// This page, from 1.
    pub(crate) page: u64,
    /// Rows on a page.
    pub(crate) limit: u64,
    /// Rows in the whole list.
    pub(crate) total: u64,
    /// Pages in the whole list.
    pub(crate) pages: u64,
    /// `true` when a search has found more than `total` rows, which are all that it counts. Otherwise not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) more: Option<bool>,
}

impl From<Pagination> for PaginationBody {
    fn from(Pagination { page, limit, total, pages, is_more }: Pagination) -> Self {
        Self { page, limit, total, pages, more: is_more.then_some(true) }
    }
}

/// One of some texts, in the API's description.
pub(crate) fn one_of(texts: impl IntoIterator<Item = impl ToString>) -> Schema {
    let mut known: Vec<String> = Vec::new();
    for text in texts {
        let text = text.to_string();
        if !known.contains(&text) {
            known.push(text);
        }
    }
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(known)).into()
}

/// What somebody is, in the API's description.
pub(crate) fn roles() -> Schema {
    one_of([Role::Admin, Role::Faculty, Role::Student])
}

/// A field of a change: left alone, emptied, or given a value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Change<T> {
    /// Not in the request.
    #[default]
    Keep,
    /// `null` or an empty text.
    Clear,
    /// A value.
    Set(T),
}

impl<T> Change<T> {
    /// The value after the change.
    pub(crate) fn apply(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Keep => before,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }
}

/// As an example in the API's description.
impl<T: Serialize> Serialize for Change<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Keep | Self::Clear => serializer.serialize_none(),
            Self::Set(value) => value.serialize(serializer),
        }
    }
}

/// A value, or its text, or nothing: forms send numbers as texts and nothing as an empty text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Loose {
    Number(i64),
    Decimal(f64),
    Boolean(bool),
    Text(String),
    Nothing,
}

impl<'de, T: FromStr> Deserialize<'de> for Change<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text =
            match Loose::deserialize(deserializer).map_err(|_| D::Error::custom("this must be a single value"))? {
                Loose::Nothing => return Ok(Self::Clear),
                Loose::Number(number) => number.to_string(),
                Loose::Decimal(number) => number.to_string(),
                Loose::Boolean(boolean) => boolean.to_string(),
                Loose::Text(text) if text.trim().is_empty() => return Ok(Self::Clear),
                Loose::Text(text) => text,
            };
        text.trim()
            .parse()
            .map(Self::Set)
            .map_err(|_| D::Error::custom(format!("{:?} is not what belongs here", text.trim())))
    }
}

/// A list, or its items in one text separated by commas: forms send it so.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub(crate) struct CommaList(pub(crate) Vec<String>);

impl FromStr for CommaList {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()))
    }
}

impl<'de> Deserialize<'de> for CommaList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            List(Vec<String>),
            Text(String),
        }
        let either = Either::deserialize(deserializer).map_err(|_| D::Error::custom("this must be a list of texts"))?;
        let text = match either {
            Either::List(items) => items.join(","),
            Either::Text(text) => text,
        };
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Form {
        #[serde(default)]
        semester: Change<i32>,
        #[serde(default)]
        tags: CommaList,
    }

    #[test]
    fn forms_are_read_forgivingly() {
        for (json, semester) in [
            ("{}", Change::Keep),
            (r#"{"semester":null}"#, Change::Clear),
            (r#"{"semester":""}"#, Change::Clear),
            (r#"{"semester":3}"#, Change::Set(3)),
            (r#"{"semester":" 3 "}"#, Change::Set(3)),
        ] {
            assert_eq!(serde_json::from_str::<Form>(json).unwrap().semester, semester, "{json}");
        }
        for bad in [r#"{"semester":"three"}"#, r#"{"semester":[3]}"#, r#"{"semester":{}}"#, r#"{"tags":3}"#] {
            assert!(serde_json::from_str::<Form>(bad).is_err(), "{bad}");
        }
        for json in [r#"{"tags":"a, b,,"}"#, r#"{"tags":["a","b"]}"#, r#"{"tags":["a,b"]}"#] {
            assert_eq!(serde_json::from_str::<Form>(json).unwrap().tags.0, ["a", "b"], "{json}");
        }
    }
}
