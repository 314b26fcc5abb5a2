//! What the administrations of students and faculty do with the accounts of their people, in their own transactions.

use std::collections::HashMap;

use lamplight_kernel::UserId;
use lamplight_store::{StoreError, Tx};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait},
};
use uuid::Uuid;

use super::{
    links,
    store::{
        CHUNK, NewAccount, end_sessions,
        entity::{Column, Entity, Model},
        insert_rows,
    },
};

/// Adds accounts whose password the office knows, or nobody; gives their ids in the same order.
pub(crate) async fn insert_many(tx: &Tx, new: &[NewAccount<'_>]) -> Result<Vec<UserId>, StoreError> {
    insert_rows(tx, new, true).await
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

/// Gives an account another name and mail address. What was mailed to the old address is nobody's way in any more.
pub(crate) async fn rename(tx: &Tx, before: &Model, full_name: &str, email: &str) -> Result<(), StoreError> {
    let email = email.to_lowercase();
    if before.email != email {
        links::remove(tx, before.id.into()).await?;
    }
    let update = Entity::update_many()
        .col_expr(Column::FullName, Expr::value(full_name))
        .col_expr(Column::Email, Expr::value(email))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::value(tx.now().millis()));
    update.filter(Column::Id.eq(before.id)).exec(tx.db()).await?;
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
