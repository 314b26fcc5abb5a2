//! Problems: what went wrong, in a form that a person, a program and the log can each use.

use std::{borrow::Cow, collections::BTreeMap, error::Error, fmt};

/// What kind of refusal this is. `http` turns it into a status, once, for everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// The request itself is wrong and can be corrected by its sender.
    Invalid,
    /// Nobody is signed in, or the session is over.
    SignInNeeded,
    /// Signed in, but this is not theirs to do.
    Forbidden,
    /// There is no such thing, or it is none of the caller's business that there is.
    NotFound,
    /// The address exists, the method does not.
    MethodNotAllowed,
    /// Somebody else changed it meanwhile, or it exists already.
    Conflict,
    /// It was there and has ended.
    Gone,
    /// More bytes than are accepted.
    TooLarge,
    /// A content type that is not understood here.
    UnsupportedMedia,
    /// A byte range outside the file.
    RangeNotSatisfiable,
    /// Too slow in sending.
    TimedOut,
    /// Too often; worth trying again later.
    TooMany,
    /// The server can't at the moment; worth trying again.
    Unavailable,
    /// There is no room left to store it.
    Full,
    /// The server's own fault. Nothing about the cause is told.
    Internal,
}

/// A refusal: a class, a stable code, a sentence for a person, the fields it is about, and the cause for the log.
///
/// Each feature has its own error enum; it becomes a `Problem` at the edge of the feature. The cause is written to the
/// log together with the request's id and never leaves the server.
pub struct Problem {
    class: Class,
    code: &'static str,
    message: Cow<'static, str>,
    fields: BTreeMap<Cow<'static, str>, Cow<'static, str>>,
    more: BTreeMap<&'static str, serde_json::Value>,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl Problem {
    /// A problem with its stable code (`downloads.expired`) and a sentence a person can act on.
    #[must_use]
    pub fn new(class: Class, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { class, code, message: message.into(), fields: BTreeMap::new(), more: BTreeMap::new(), cause: None }
    }

    /// The server's own fault, with its cause for the log.
    #[must_use]
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let mut problem = Self::new(
            Class::Internal,
            "server.internal",
            "Something went wrong on our side. Nothing was changed; please try again.",
        );
        problem.cause = Some(cause.into());
        problem
    }

    /// Names a field of the request and what is wrong with it.
    #[must_use]
    pub fn with_field(mut self, field: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        self.fields.insert(field.into(), message.into());
        self
    }

    /// Adds something that whoever asked needs to go on, such as what is stored now. It stands beside the message in the answer.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: serde_json::Value) -> Self {
        self.more.insert(name, value);
        self
    }

    /// What kind of refusal this is.
    #[must_use]
    pub const fn class(&self) -> Class {
        self.class
    }

    /// The stable code, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// The server does not know whether it was done: the connection was lost, or time was up, while it was being saved.
    #[must_use]
    pub fn outcome_unknown() -> Self {
        Self::new(
            Class::Internal,
            "server.outcome_unknown",
            "The connection to the database was lost while this was being saved. It may have been saved or not: please look before you do \
             it again.",
        )
    }

    /// The sentence for a person.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The fields it is about, each with its own sentence.
    #[must_use]
    pub const fn fields(&self) -> &BTreeMap<Cow<'static, str>, Cow<'static, str>> {
        &self.fields
    }

    /// What else whoever asked is told.
    #[must_use]
    pub const fn more(&self) -> &BTreeMap<&'static str, serde_json::Value> {
        &self.more
    }

    /// The cause, for the log only.
    #[must_use]
    pub fn cause(&self) -> Option<&(dyn Error + Send + Sync)> {
        self.cause.as_deref()
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Problem")
            .field("class", &self.class)
            .field("code", &self.code)
            .field("message", &self.message)
            .field("fields", &self.fields)
            .field("cause", &self.cause)
            .finish()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl Error for Problem {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as &(dyn Error + 'static))
    }
}
