//! Tokens: JSON Web Tokens (RFC 7519) signed with HMAC-SHA256, one secret for HTTP and sockets.

use std::{
    cmp::Ordering,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{Error, ErrorKind},
};
use lamplight_kernel::{Chance, SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use uuid::Uuid;

use crate::{Person, Role, Secret};

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Claims {
    /// Whose it is.
    pub user_id: UserId,
    /// Their role when it was issued. Rights are never taken from it: they are those of today.
    pub role: Role,
    /// The name they sign in with.
    pub username: String,
    /// Issued at, seconds since 1970.
    pub iat: i64,
    /// Holds until, seconds since 1970.
    pub exp: i64,
    /// The token's own id.
    pub jti: Uuid,
    /// The session version of its person when it was issued: ends with the next one.
    pub ver: i32,
    /// The session it belongs to: ends with that. A token of before sessions were told apart has none, and ends with all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<SessionId>,
}

/// Why a token does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not one of ours, or altered.
    #[error("the token is not valid")]
    Invalid,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// The key that signed it is retired.
    #[error("the token's signing key is retired")]
    KeyRetired,
    /// It names a newer key than the one that is known here: ask for it and read again.
    #[error("the token's signing key is not known yet")]
    KeyUnknown,
}

/// Which signing key, counted up. 0 is the one before any was retired.
pub type KeyId = i32;

/// What a signing key is made from, besides the secret.
///
/// The newest is the only one that signs and the only one whose tokens hold. The secret alone does not make it, nor the database
/// alone: whoever has copied one of them can't sign any more once the key is retired.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// Which one.
    pub id: KeyId,
    /// Random bytes. Not looked at in key 0, which is the secret itself.
    pub salt: Vec<u8>,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The newest signing key, ready for use.
struct Ring {
    id: KeyId,
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

impl Ring {
    fn new(secret: &Secret, key: &SigningKey) -> Self {
        let derived;
        let bytes = match key.id {
            0 => secret.bytes(),
            _ => {
                derived = secret.derive_from(&[b"lamplight signing key", &key.salt]);
                &derived
            }
        };
        let mut validation = Validation::new(Algorithm::HS256);
        // The library would compare with the machine's clock; ours can be set by a test.
        validation.validate_exp = false;
        let (encoding, decoding) = (EncodingKey::from_secret(bytes), DecodingKey::from_secret(bytes));
        Self { id: key.id, encoding, decoding, validation }
    }
}

/// Issues and reads tokens. Clones know the same key.
#[derive(Clone)]
pub struct Tokens {
    secret: Secret,
    newest: Arc<RwLock<Arc<Ring>>>,
    lifetime: Duration,
    chance: Chance,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

impl Tokens {
    /// Tokens signed with `secret` that hold for `lifetime`. Key 0 is known; newer ones have to be learned.
    #[must_use]
    pub fn new(secret: &Secret, lifetime: Duration, chance: Chance) -> Self {
        // Fails when it is installed already, which is what is wanted.
        let _ = HS256_ONLY.install_default();
        let first = Ring::new(secret, &SigningKey { id: 0, salt: Vec::new() });
        Self { secret: secret.clone(), newest: Arc::new(RwLock::new(Arc::new(first))), lifetime, chance }
    }

    /// Learns of a signing key. Tokens of older ones hold no more.
    pub fn learn(&self, key: &SigningKey) {
        let mut newest = self.newest.write().unwrap_or_else(PoisonError::into_inner);
        if key.id > newest.id {
            *newest = Arc::new(Ring::new(&self.secret, key));
        }
    }

    /// How long a token holds.
    #[must_use]
    pub const fn lifetime(&self) -> Duration {
        self.lifetime
    }

    fn newest(&self) -> Arc<Ring> {
        Arc::clone(&self.newest.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// A token for a person's session, from `now` on, signed with the newest key that is known.
    ///
    /// # Errors
    /// When signing fails, which a working program never sees.
    pub fn issue(&self, person: &Person, session: Option<SessionId>, now: Timestamp) -> Result<String, Error> {
        let claims = Claims {
            user_id: person.user,
            role: person.role(),
            username: person.username.clone(),
            iat: now.seconds(),
            exp: now.plus(self.lifetime).seconds(),
            jti: self.chance.id(now),
            ver: person.session_version,
            sid: session,
        };
        let ring = self.newest();
        let header = Header { kid: (ring.id > 0).then(|| ring.id.to_string()), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, &claims, &ring.encoding)
    }

    /// What a token says, and which key signed it, if it is ours and holds at `now`.
    ///
    /// # Errors
    /// When it is not ours, was altered, or is over.
    pub fn read(&self, token: &str, now: Timestamp) -> Result<(Claims, KeyId), TokenError> {
        let ring = self.newest();
        let kid = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?.kid;
        let id = kid.map_or(Ok(0), |kid| kid.parse::<KeyId>()).map_err(|_| TokenError::Invalid)?;
        match id.cmp(&ring.id) {
            Ordering::Less => return Err(TokenError::KeyRetired),
            Ordering::Greater => return Err(TokenError::KeyUnknown),
            Ordering::Equal => {}
        }
        let claims = jsonwebtoken::decode::<Claims>(token, &ring.decoding, &ring.validation)
            .map_err(|_| TokenError::Invalid)?
            .claims;
        if now.seconds() >= claims.exp { Err(TokenError::Expired) } else { Ok((claims, id)) }
    }
}

/// HMAC-SHA256 and nothing else. The library's own set brings RSA and three elliptic curves along, which we would compile,
/// watch for advisories, and never call.
static HS256_ONLY: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| match algorithm {
        Algorithm::HS256 => Ok(Box::new(Hs256(keyed(key.as_bytes())?))),
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    },
    verifier_factory: |algorithm, key| match algorithm {
        Algorithm::HS256 => Ok(Box::new(Hs256(keyed(key.try_get_as_bytes()?)?))),
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    },
    key_utils: KeyUtils::new_unimplemented(),
};

struct Hs256(Hmac<Sha256>);

fn keyed(secret: &[u8]) -> Result<Hmac<Sha256>, Error> {
    Hmac::new_from_slice(secret).map_err(|_| ErrorKind::InvalidKeyFormat.into())
}

impl signature::Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(self.0.clone().chain_update(message).finalize().into_bytes().to_vec())
    }
}

impl signature::Verifier<Vec<u8>> for Hs256 {
    /// In constant time.
    fn verify(&self, message: &[u8], signed: &Vec<u8>) -> Result<(), signature::Error> {
        self.0.clone().chain_update(message).verify_slice(signed).map_err(|_| signature::Error::new())
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    use lamplight_kernel::Standing;

    use super::*;

    fn asha() -> Person {
        Person {
            user: Chance::seeded(1).id(Timestamp::from_millis(0)),
            username: "asha".to_owned(),
            full_name: "Asha".to_owned(),
            standing: Standing::Admin,
            is_active: true,
            session_version: 4,
        }
    }

    fn tokens(secret: &str) -> Tokens {
        Tokens::new(&Secret::from_text(secret).unwrap(), Duration::from_secs(60), Chance::seeded(2))
    }

    #[test]
    fn a_token_holds_for_its_time_and_only_with_its_secret() {
        let (ours, theirs) = (tokens("0123456789abcdef0123456789abcdef"), tokens("another-secret-another-secret-32"));
        let now = Timestamp::from_millis(1_795_383_000_000);
        let token = ours.issue(&asha(), None, now).unwrap();
        let (claims, key) = ours.read(&token, now).unwrap();
        assert_eq!(key, 0);
        assert_eq!((claims.user_id, claims.role, claims.ver), (asha().user, Role::Admin, 4));
        assert_eq!((claims.exp - claims.iat, claims.sid), (60, None));
        let session: SessionId = Chance::seeded(3).id(now);
        let of_session = ours.issue(&asha(), Some(session), now).unwrap();
        assert_eq!(ours.read(&of_session, now).unwrap().0.sid, Some(session));
        assert_eq!(ours.read(&token, now.plus(Duration::from_secs(59))).map(|_| ()), Ok(()));
        assert_eq!(ours.read(&token, now.plus(Duration::from_secs(60))), Err(TokenError::Expired));
        assert_eq!(theirs.read(&token, now), Err(TokenError::Invalid));
    }

    #[test]
    fn what_is_altered_or_unsigned_is_refused() {
        let ours = tokens("0123456789abcdef0123456789abcdef");
        let now = Timestamp::from_millis(1_795_383_000_000);
        let token = ours.issue(&asha(), None, now).unwrap();
        let parts: Vec<&str> = token.split('.').collect();
        let claims = BASE64_URL_SAFE_NO_PAD.decode(parts[1]).unwrap();
        let forged = String::from_utf8(claims).unwrap().replace("\"admin\"", "\"student\"");
        let forged = BASE64_URL_SAFE_NO_PAD.encode(forged);
        let none = BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
        let cases = [
            String::new(),
            "x".to_owned(),
            format!("{}.{forged}.{}", parts[0], parts[2]),
            format!("{none}.{}.", parts[1]),
            format!("{none}.{}.{}", parts[1], parts[2]),
            format!("{}.{}.", parts[0], parts[1]),
            format!("{token}.x"),
        ];
        for case in cases {
            assert_eq!(ours.read(&case, now), Err(TokenError::Invalid), "{case}");
        }
    }

    #[test]
    fn a_retired_key_signs_nothing_that_holds() {
        let (ours, other_node) =
            (tokens("0123456789abcdef0123456789abcdef"), tokens("0123456789abcdef0123456789abcdef"));
        let now = Timestamp::from_millis(1_795_383_000_000);
        let key = |id, salt: u8| SigningKey { id, salt: vec![salt; 32] };
        let old = ours.issue(&asha(), None, now).unwrap();
        ours.learn(&key(2, 7));
        assert_eq!(ours.read(&old, now), Err(TokenError::KeyRetired));
        let new = ours.issue(&asha(), None, now).unwrap();
        assert_eq!(ours.read(&new, now).unwrap().1, 2);
        assert_eq!(other_node.read(&new, now), Err(TokenError::KeyUnknown));
        other_node.learn(&key(2, 7));
        assert_eq!(other_node.read(&new, now).unwrap().1, 2);
        other_node.learn(&key(1, 9));
        assert_eq!(other_node.read(&new, now).unwrap().1, 2, "an older key is no news");

        let guessed = tokens("0123456789abcdef0123456789abcdef");
        guessed.learn(&key(2, 8));
        assert_eq!(
            ours.read(&guessed.issue(&asha(), None, now).unwrap(), now),
            Err(TokenError::Invalid),
            "another salt"
        );
    }

    /// The claims the existing client and its tools know, by name.
    #[test]
    fn the_claims_are_spelt_as_the_contract_says() {
        let ours = tokens("0123456789abcdef0123456789abcdef");
        let token = ours.issue(&asha(), None, Timestamp::from_millis(1_795_383_000_000)).unwrap();
        let claims = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        let claims: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&claims).unwrap();
        for name in ["userId", "role", "username", "iat", "exp", "jti"] {
            assert!(claims.contains_key(name), "{name}");
        }
    }
}
