//! Passwords: one rule, one way of hashing.
//!
//! Argon2id with the crate's defaults, which are the first choice of the OWASP Password Storage Cheat Sheet: 19 MiB,
//! 2 passes, 1 lane. Hashing takes a processor for its time, so at most as many run at once as there are processors; the
//! others wait, and memory stays bounded under a flood of sign-ins.

use std::sync::Arc;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use lamplight_kernel::Chance;
use tokio::sync::Semaphore;

/// The shortest password, in characters (NIST SP 800-63B asks for 8 and against rules of composition).
pub const MIN_PASSWORD_CHARS: usize = 8;
/// The longest, in bytes: hashing is paid for by the server.
const MAX_PASSWORD_BYTES: usize = 256;

/// A password that is refused, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Too short.
    #[error("Use at least {MIN_PASSWORD_CHARS} characters. Several words are easy to remember and hard to guess.")]
    TooShort,
    /// Too long.
    #[error("Use at most {MAX_PASSWORD_BYTES} characters.")]
    TooLong,
    /// The same character over and over.
    #[error("A password of one repeated character is easy to guess. Choose another.")]
    Repeated,
    /// The name one signs in with.
    #[error("Your user name is easy to guess. Choose another password.")]
    LikeUsername,
}

/// The rule for a new password.
///
/// # Errors
/// Says what is wrong with it.
pub fn check_password(password: &str, username: &str) -> Result<(), WeakPassword> {
    if password.chars().count() < MIN_PASSWORD_CHARS {
        return Err(WeakPassword::TooShort);
    }
    if password.len() > MAX_PASSWORD_BYTES {
        return Err(WeakPassword::TooLong);
    }
    let mut chars = password.chars();
    let first = chars.next();
    if chars.all(|char| Some(char) == first) {
        return Err(WeakPassword::Repeated);
    }
    if password.to_lowercase() == username.to_lowercase() {
        return Err(WeakPassword::LikeUsername);
    }
    Ok(())
}

/// What generated passwords are made of: nothing that looks like something else on paper.
const ALPHABET: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// A password for somebody who is to be told it: three groups of four, 59 bits.
#[must_use]
pub fn generate_password(chance: &Chance) -> String {
    // Of 32 draws one is beyond the alphabet and drawn again, so that all letters are as likely.
    let draws = std::iter::repeat_with(|| chance.bytes()).filter_map(|[byte]| ALPHABET.get(usize::from(byte & 31)));
    let letters: Vec<char> = draws.take(12).map(|&letter| char::from(letter)).collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// Hashes and verifies. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Passwords {
    at_once: Arc<Semaphore>,
    /// Verified against when there is no such account, so that the answer takes as long as for one that exists.
    nobody: Arc<str>,
}

impl Passwords {
    /// Ready to hash. Takes as long as one hash.
    ///
    /// # Errors
    /// When hashing fails, which a working program never sees.
    pub fn new() -> Result<Self, argon2::password_hash::Error> {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Self { at_once: Arc::new(Semaphore::new(processors)), nobody: hash("nobody's password")?.into() })
    }

    /// The hash of a password, with a salt of its own, as a PHC string.
    ///
    /// # Errors
    /// When hashing fails.
    pub async fn hash(&self, password: &str) -> Result<String, argon2::password_hash::Error> {
        let password = password.to_owned();
        self.run(move || hash(&password)).await.ok_or(argon2::password_hash::Error::Crypto)?
    }

    /// Whether `password` is the one of `stored`. Without a stored hash: takes as long, and is no.
    pub async fn verify(&self, password: &str, stored: Option<&str>) -> bool {
        // Nothing longer was ever accepted, and it would be paid for by us.
        let password = if password.len() > MAX_PASSWORD_BYTES { String::new() } else { password.to_owned() };
        let (hash, known) = match stored {
            Some(stored) => (Arc::from(stored), true),
            None => (Arc::clone(&self.nobody), false),
        };
        let right = self.run(move || {
            PasswordHash::new(&hash)
                .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        });
        right.await.unwrap_or(false) && known
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let _turn = self.at_once.acquire().await.ok()?;
        tokio::task::spawn_blocking(work).await.ok()
    }
}

fn hash(password: &str) -> Result<String, argon2::password_hash::Error> {
    Ok(Argon2::default().hash_password(password.as_bytes())?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_right_password_and_only_that() {
        let passwords = Passwords::new().unwrap();
        let stored = passwords.hash("lamp of the night").await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_ne!(stored, passwords.hash("lamp of the night").await.unwrap(), "salted");
        assert!(passwords.verify("lamp of the night", Some(&stored)).await);
        for wrong in ["", "Lamp of the night", "lamp of the night ", &stored] {
            assert!(!passwords.verify(wrong, Some(&stored)).await, "{wrong}");
        }
        assert!(!passwords.verify("nobody's password", None).await);
        assert!(!passwords.verify("x", Some("not a hash")).await);
    }

    #[test]
    fn a_generated_password_can_be_read_out_and_is_another_each_time() {
        let made: std::collections::HashSet<String> = (0..500).map(|_| generate_password(&Chance::system())).collect();
        assert_eq!(made.len(), 500);
        for password in &made {
            assert!(password.len() == 14 && password.bytes().all(|byte| byte == b'-' || ALPHABET.contains(&byte)));
            assert_eq!(check_password(password, "gnm2026001"), Ok(()));
        }
        let all = made.iter().flat_map(|password| password.bytes()).collect::<std::collections::HashSet<_>>();
        assert_eq!(all.len(), ALPHABET.len() + 1, "every letter comes");
    }

    #[test]
    fn the_rule() {
        for (password, refused) in [
            ("seven77", Some(WeakPassword::TooShort)),
            ("दीपकज्योति", None),
            ("aaaaaaaaaa", Some(WeakPassword::Repeated)),
            ("GNM2024007", Some(WeakPassword::LikeUsername)),
            ("lamp of the night", None),
        ] {
            assert_eq!(check_password(password, "gnm2024007").err(), refused, "{password}");
        }
        assert_eq!(check_password(&"ab".repeat(129), "x").err(), Some(WeakPassword::TooLong));
    }
}
