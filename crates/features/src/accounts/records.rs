//! What the administrations of students and faculty do with the accounts of their people, in their own transactions.

use std::collections::HashMap;

use lamplight_kernel::UserId;
use lamplight_store::{StoreError, Tx};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait},
};
use uuid::Uuid;

use super::store::{
    NewAccount, end_sessions,
    entity::{Column, Entity, Model},
};

/// Rows of one statement: SQLite takes 32,766 values.
const CHUNK: usize = 2_000;

/// Adds accounts; gives their ids in the same order.
pub(crate) async fn insert_many(tx: &Tx, new: &[NewAccount<'_>]) -> Result<Vec<UserId>, StoreError> {
    let now = tx.now().millis();
    let mut ids = Vec::with_capacity(new.len());
    for new in new.chunks(CHUNK) {
        let rows = new.iter().map(|new| {
            let id: UserId = tx.id();
            ids.push(id);
            let row = Model {
                id: id.uuid(),
                username: new.username.to_lowercase(),
                email: new.email.to_lowercase(),
                password_hash: new.password_hash.to_owned(),
                role: new.role.as_str().to_owned(),
                full_name: new.full_name.to_owned(),
                is_active: 1,
                session_version: 1,
                created_at: now,
                updated_at: now,
                last_login_at: None,
                // The office knows it, or nobody does.
                must_change_password: 1,
                contact_number: None,
                employee_id: None,
                designation: None,
                department: None,
                version: 1,
            };
            row.into_active_model().reset_all()
        });
        let rows: Vec<_> = rows.collect();
        Entity::insert_many(rows).exec_without_returning(tx.db()).await?;
    }
    Ok(ids)
}

/// Whose these names for signing in are: user names and mail addresses, in lower case, each with its account.
pub(crate) async fn find_logins<C: ConnectionTrait>(
    db: &C,
    logins: impl IntoIterator<Item = String>,
) -> Result<HashMap<String, UserId>, StoreError> {
    let logins: Vec<String> = logins.into_iter().map(|login| login.to_lowercase()).collect();
    let mut found = HashMap::new();
    for logins in logins.chunks(CHUNK) {
        for column in [Column::Email, Column::Username] {
            let rows = Entity::find().select_only().column(column).column(Column::Id);
            let rows: Vec<(String, Uuid)> = rows.filter(column.is_in(logins.to_vec())).into_tuple().all(db).await?;
            found.extend(rows.into_iter().map(|(login, user)| (login, UserId::from(user))));
        }
    }
    Ok(found)
}

/// Gives an account another name and mail address.
pub(crate) async fn rename(tx: &Tx, user: UserId, full_name: &str, email: &str) -> Result<(), StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::FullName, Expr::value(full_name))
        .col_expr(Column::Email, Expr::value(email.to_lowercase()))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::value(tx.now().millis()));
    update.filter(Column::Id.eq(user.uuid())).exec(tx.db()).await?;
    Ok(())
}

/// Switches an account on or off. Off, every session ends, on HTTP and on the sockets, and stays ended when it is on again.
pub(crate) async fn set_active(tx: &mut Tx, user: UserId, is_active: bool) -> Result<(), StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::IsActive, Expr::value(i32::from(is_active)))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::value(tx.now().millis()));
    update.filter(Column::Id.eq(user.uuid())).exec(tx.db()).await?;
    if is_active { Ok(()) } else { end_sessions(tx, user).await }
}
