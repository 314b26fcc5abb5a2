use std::borrow::Cow;

use lamplight_auth::WeakPassword;
use lamplight_kernel::{Class, Problem};

/// Why an account operation is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// No such account, or another password.
    #[error("This email, user name or student ID does not go with this password. Look at both and try again.")]
    WrongCredentials,
    /// The account is switched off.
    #[error("This account is switched off. Please ask the office.")]
    Inactive,
    /// Something needed is missing.
    #[error("Please fill in everything.")]
    Missing(Vec<&'static str>),
    /// The current password is another one.
    #[error("The current password is not right.")]
    WrongCurrentPassword,
    /// Typed twice, differently.
    #[error("The two new passwords are not the same.")]
    Unequal,
    /// The new password is the old one.
    #[error("The new password is the one you have now. Choose another.")]
    Unchanged,
    /// Against the rule: the field, and why.
    #[error("{1}")]
    Weak(&'static str, WeakPassword),
    /// Too many tries failed.
    #[error("There were too many tries. You can try again in {minutes} {}, at {until}.", if *minutes == 1 { "minute" } else { "minutes" })]
    Locked {
        /// When, as clocks at the institute show it.
        until: String,
        /// How many minutes that is.
        minutes: u64,
    },
    /// There is no way to send a link.
    #[error("This server sends no mail. Please ask the office for a new password.")]
    NoMail,
    /// A link for a new password that was used, is too old, or never was.
    #[error("This link was used already or is too old. Please ask for a new one.")]
    LinkOver,
    /// Not one of the caller's devices, or signed out already.
    #[error("This device is not signed in any more.")]
    SessionNotFound,
    /// Somebody else changed it first.
    #[error("Somebody else has just changed this. Please load it again.")]
    ChangedMeanwhile,
    /// A field that is not as it should be.
    #[error("Something is not as it should be: see the marked field.")]
    Field(&'static str, Cow<'static, str>),
}

impl AccountError {
    /// A field that is not as it should be.
    pub(super) fn field(field: &'static str, text: impl Into<Cow<'static, str>>) -> Self {
        Self::Field(field, text.into())
    }
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        let message = error.to_string();
        match error {
            AccountError::WrongCredentials => Self::new(Class::Invalid, "accounts.wrong_credentials", message),
            AccountError::Inactive => Self::new(Class::Forbidden, "accounts.inactive", message),
            AccountError::Missing(fields) => {
                fields.into_iter().fold(Self::new(Class::Invalid, "accounts.incomplete", message), |problem, field| {
                    problem.with_field(field, "This is needed.")
                })
            }
            AccountError::WrongCurrentPassword => Self::new(Class::Invalid, "accounts.wrong_password", message.clone())
                .with_field("currentPassword", message),
            AccountError::Unequal => Self::new(Class::Invalid, "accounts.passwords_differ", message.clone())
                .with_field("confirmPassword", message),
            AccountError::Unchanged => Self::new(Class::Invalid, "accounts.password_unchanged", message.clone())
                .with_field("newPassword", message),
            AccountError::Weak(field, _) => {
                Self::new(Class::Invalid, "accounts.weak_password", message.clone()).with_field(field, message)
            }
            // Not "too many": on 429 the existing client sends the password three times more.
            AccountError::Locked { .. } => Self::new(Class::Forbidden, "accounts.locked", message),
            AccountError::NoMail => Self::new(Class::Invalid, "accounts.no_mail", message),
            AccountError::LinkOver => Self::new(Class::Invalid, "accounts.link_over", message),
            AccountError::SessionNotFound => Self::new(Class::NotFound, "accounts.session_not_found", message),
            AccountError::ChangedMeanwhile => Self::new(Class::Conflict, "accounts.changed_meanwhile", message),
            AccountError::Field(field, text) => {
                Self::new(Class::Invalid, "accounts.invalid", text.clone()).with_field(field, text)
            }
        }
    }
}

/// What is missing among named texts.
pub(super) fn complete(fields: &[(&'static str, &str)]) -> Result<(), AccountError> {
    let missing: Vec<_> = fields.iter().filter(|(_, text)| text.is_empty()).map(|(name, _)| *name).collect();
    if missing.is_empty() { Ok(()) } else { Err(AccountError::Missing(missing)) }
}
