//! The gate: from a token to a caller, for HTTP and for sockets alike.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use lamplight_kernel::{Class, Clock, Problem, SessionId, UserId};

use crate::{Caller, Claims, KeyId, Person, SigningKey, TokenError, Tokens};

/// A person, and what else must be known of the same moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Who it is.
    pub person: Person,
    /// The newest signing key.
    pub signing_key: KeyId,
    /// The newest event in the log: what it says about this person's rights is in the answer.
    pub log_head: i64,
    /// Whether the session that was asked for holds; true when none was asked for.
    pub session_holds: bool,
}

/// Who a person is today. The features know; this crate and the live side only ask.
#[async_trait]
pub trait Directory: Send + Sync + 'static {
    /// The person, or nothing when there is no such account; and whether a session of theirs holds.
    ///
    /// # Errors
    /// When the answer can't be found out now.
    async fn person(&self, user: UserId, session: Option<SessionId>) -> Result<Option<Found>, Problem>;

    /// The newest signing key.
    ///
    /// # Errors
    /// When the answer can't be found out now.
    async fn signing_key(&self) -> Result<SigningKey, Problem>;
}

/// Why nobody is let in.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// There was no token.
    #[error("Please sign in.")]
    TokenMissing,
    /// It is not one of ours.
    #[error("Your session is not valid. Please sign in again.")]
    TokenInvalid,
    /// Its time is over.
    #[error("Your session has ended. Please sign in again.")]
    TokenExpired,
    /// It was ended early: password changed, signed out everywhere, signing key retired.
    #[error("You were signed out, because your password was changed or all sessions were ended. Please sign in again.")]
    SignedOut,
    /// Its account is gone.
    #[error("This account does not exist any more.")]
    AccountUnknown,
    /// Its account is switched off.
    #[error("This account is switched off. Please ask the office.")]
    AccountInactive,
    /// It can't be found out now.
    #[error(transparent)]
    Unknown(Problem),
}

impl Refusal {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TokenMissing => "auth.token_missing",
            Self::TokenInvalid => "auth.token_invalid",
            Self::TokenExpired => "auth.token_expired",
            Self::SignedOut => "auth.signed_out",
            Self::AccountUnknown => "auth.account_unknown",
            Self::AccountInactive => "auth.account_inactive",
            Self::Unknown(problem) => problem.code(),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Unknown(problem) => problem,
            refusal => Self::new(Class::SignInNeeded, refusal.code(), refusal.to_string()),
        }
    }
}

/// Turns tokens into callers. Cheap to clone.
#[derive(Clone)]
pub struct Gate {
    tokens: Tokens,
    directory: Arc<dyn Directory>,
    clock: Clock,
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate").field("tokens", &self.tokens).finish_non_exhaustive()
    }
}

impl Gate {
    /// A gate that asks `directory` who is who.
    #[must_use]
    pub fn new(tokens: Tokens, directory: Arc<dyn Directory>, clock: Clock) -> Self {
        Self { tokens, directory, clock }
    }

    /// Who holds this token, with the rights of today.
    ///
    /// # Errors
    /// When nobody is to be let in with it.
    pub async fn admit(&self, token: Option<&str>) -> Result<Caller, Refusal> {
        let token = token.filter(|token| !token.is_empty()).ok_or(Refusal::TokenMissing)?;
        let (claims, signing_key) = self.read(token).await?;
        let held = (claims.ver, claims.sid, signing_key);
        let Found { person, log_head, .. } = self.still_holds(claims.user_id, held).await?;
        Ok(Caller { person, claims, signing_key, log_head, address: None })
    }

    /// Who a person is now, if a token of theirs that was good once has not been ended early: one of this session version, of this
    /// session, signed with this key.
    ///
    /// # Errors
    /// When nobody is to be let in with it any more.
    pub async fn still_holds(
        &self,
        user: UserId,
        (version, session, signing_key): (i32, Option<SessionId>, KeyId),
    ) -> Result<Found, Refusal> {
        let found =
            self.directory.person(user, session).await.map_err(Refusal::Unknown)?.ok_or(Refusal::AccountUnknown)?;
        // The key may have been retired through another node, and not be learned here yet.
        if signing_key < found.signing_key {
            return Err(Refusal::SignedOut);
        }
        if !found.person.is_active {
            return Err(Refusal::AccountInactive);
        }
        if found.person.session_version != version || !found.session_holds {
            return Err(Refusal::SignedOut);
        }
        Ok(found)
    }

    async fn read(&self, token: &str) -> Result<(Claims, KeyId), Refusal> {
        let now = self.clock.now();
        let mut read = self.tokens.read(token, now);
        if read == Err(TokenError::KeyUnknown) {
            self.tokens.learn(&self.directory.signing_key().await.map_err(Refusal::Unknown)?);
            read = self.tokens.read(token, now);
        }
        read.map_err(|error| match error {
            TokenError::Invalid | TokenError::KeyUnknown => Refusal::TokenInvalid,
            TokenError::Expired => Refusal::TokenExpired,
            TokenError::KeyRetired => Refusal::SignedOut,
        })
    }

    /// A token for a person's session, from now on.
    ///
    /// # Errors
    /// When the signing key can't be found out now.
    pub async fn issue(&self, person: &Person, session: Option<SessionId>) -> Result<String, Problem> {
        self.tokens.learn(&self.directory.signing_key().await?);
        self.tokens.issue(person, session, self.clock.now()).map_err(Problem::internal)
    }

    /// Who a person is now, if they may still come in.
    ///
    /// # Errors
    /// When it can't be found out now.
    pub async fn person(&self, user: UserId) -> Result<Option<Person>, Problem> {
        Ok(self.directory.person(user, None).await?.map(|found| found.person).filter(|person| person.is_active))
    }

    /// How long a token holds.
    #[must_use]
    pub const fn lifetime(&self) -> Duration {
        self.tokens.lifetime()
    }

    /// The clock.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }
}
