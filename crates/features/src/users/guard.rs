//! That there is always an administrator who may sign in.

use lamplight_auth::{Admin, Role};
use lamplight_kernel::{Class, Problem};
use lamplight_store::Tx;

use super::{UserError, store};
use crate::accounts::entity::Model;

/// Waits for the caller's turn: from here on nobody else changes an account until the transaction ends. The caller must still be who
/// they were when the request came.
pub(crate) async fn turn(tx: &Tx, admin: &Admin) -> Result<(), Problem> {
    tx.lock("users").await?;
    let caller = store::find(tx.db(), admin.user).await?;
    if caller.is_some_and(|row| is_admin(&row)) {
        return Ok(());
    }
    Err(Problem::new(Class::Forbidden, "auth.wrong_role", "Your account can't do this any more."))
}

fn is_admin(row: &Model) -> bool {
    row.role == Role::Admin.as_str() && row.is_active != 0
}

/// Whether an account may become what it is to become; without `after` it is deleted.
pub(crate) async fn check(tx: &Tx, admin: &Admin, before: &Model, after: Option<&Model>) -> Result<(), Problem> {
    if !is_admin(before) || after.is_some_and(is_admin) {
        return Ok(());
    }
    if store::count_admins(tx.db()).await? <= 1 {
        return Err(UserError::LastAdmin.into());
    }
    if before.id == admin.user.uuid() {
        return Err(UserError::Yourself.into());
    }
    Ok(())
}
