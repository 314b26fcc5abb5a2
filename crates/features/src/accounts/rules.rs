use lamplight_auth::WeakPassword;
use lamplight_kernel::{Class, Problem};

/// Why an account operation is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// No such account, or another password.
    #[error("The e-mail, user name or password is not right.")]
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
    /// Against the rule.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
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
            AccountError::Weak(_) => {
                Self::new(Class::Invalid, "accounts.weak_password", message.clone()).with_field("newPassword", message)
            }
        }
    }
}

/// What is missing among named texts.
pub(super) fn complete(fields: &[(&'static str, &str)]) -> Result<(), AccountError> {
    let missing: Vec<_> = fields.iter().filter(|(_, text)| text.is_empty()).map(|(name, _)| *name).collect();
    if missing.is_empty() { Ok(()) } else { Err(AccountError::Missing(missing)) }
}
