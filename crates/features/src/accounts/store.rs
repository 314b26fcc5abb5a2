use std::collections::HashMap;

use lamplight_auth::Role;
use lamplight_kernel::{Control, Timestamp, UserId};
use lamplight_store::{StoreError, Tx};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::NotSet,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    sea_query::{Expr, ExprTrait, Query, SelectStatement},
};
use uuid::Uuid;

use super::links;

pub(crate) mod entity {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "users")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) username: String,
        pub(crate) email: String,
        pub(crate) password_hash: String,
        pub(crate) role: String,
        pub(crate) full_name: String,
        pub(crate) is_active: i32,
        pub(crate) session_version: i32,
        pub(crate) created_at: i64,
        pub(crate) updated_at: i64,
        pub(crate) last_login_at: Option<i64>,
        /// 1 when somebody else knows the password.
        pub(crate) must_change_password: i32,
        pub(crate) contact_number: Option<String>,
        /// Of administrators, as the two below.
        pub(crate) employee_id: Option<String>,
        pub(crate) designation: Option<String>,
        pub(crate) department: Option<String>,
        pub(crate) version: i32,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

use entity::{Column, Entity, Model};

/// An account to be added.
#[derive(Debug, Clone)]
pub struct NewAccount<'a> {
    /// What one may type to sign in. Kept in lower case.
    pub username: &'a str,
    /// What one may type instead. Kept in lower case.
    pub email: &'a str,
    /// From [`lamplight_auth::Passwords::hash`].
    pub password_hash: &'a str,
    /// What they are.
    pub role: Role,
    /// What the institute calls them.
    pub full_name: &'a str,
}

/// Rows of one statement: SQLite takes 32,766 values, an account has seventeen.
pub(super) const CHUNK: usize = 1_500;

/// Adds an account.
///
/// # Errors
/// When the database fails, or user name or mail address are taken.
pub async fn insert(tx: &Tx, new: &NewAccount<'_>) -> Result<UserId, StoreError> {
    let ids = insert_all(tx, std::slice::from_ref(new)).await?;
    ids.into_iter().next().ok_or_else(|| sea_orm::DbErr::RecordNotInserted.into())
}

/// Adds accounts; gives their ids in the same order. A few statements for many: each that is searched for costs more in one of its own.
///
/// # Errors
/// As [`insert`].
pub async fn insert_all(tx: &Tx, new: &[NewAccount<'_>]) -> Result<Vec<UserId>, StoreError> {
    insert_rows(tx, new, false).await
}

pub(super) async fn insert_rows(
    tx: &Tx,
    new: &[NewAccount<'_>],
    must_change_password: bool,
) -> Result<Vec<UserId>, StoreError> {
    let now = tx.now().millis();
    let mut ids = Vec::with_capacity(new.len());
    for new in new.chunks(CHUNK) {
        let rows = new.iter().map(|new| {
            let id: UserId = tx.id();
            ids.push(id);
            let row = entity::Model {
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
                must_change_password: must_change_password.into(),
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

/// Whether there is an administrator who may sign in.
///
/// # Errors
/// When the database fails.
pub async fn any_admin<C: ConnectionTrait>(db: &C) -> Result<bool, StoreError> {
    let admins = Entity::find().filter(Column::Role.eq(Role::Admin.as_str())).filter(Column::IsActive.ne(0));
    Ok(admins.count(db).await? > 0)
}

pub(super) async fn find<C: ConnectionTrait>(db: &C, user: UserId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(user.uuid()).one(db).await?)
}

/// The account with this user name or mail address, in whatever case it was typed.
pub(super) async fn find_by_login<C: ConnectionTrait>(db: &C, login: &str) -> Result<Option<Model>, StoreError> {
    let login = login.trim().to_lowercase();
    let named = Condition::any().add(Column::Email.eq(&login)).add(Column::Username.eq(&login));
    Ok(Entity::find().filter(named).one(db).await?)
}

pub(crate) async fn find_by_ids<C: ConnectionTrait>(
    db: &C,
    ids: impl Iterator<Item = Uuid>,
) -> Result<HashMap<Uuid, Model>, StoreError> {
    let rows = Entity::find().filter(Column::Id.is_in(ids)).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

pub(super) async fn update_last_login(tx: &Tx, user: Uuid) -> Result<(), StoreError> {
    let update = Entity::update_many().col_expr(Column::LastLoginAt, Expr::value(tx.now().millis()));
    update.filter(Column::Id.eq(user)).exec(tx.db()).await?;
    Ok(())
}

/// Replaces what the office keeps in a row that is still as it was read. Says whether it was. Password, sessions and the last
/// sign-in are left alone: they change without a version, and what was read of them may be old. What was mailed to an old address is nobody's
/// way in any more.
pub(crate) async fn update(tx: &Tx, before: &Model, row: &Model) -> Result<bool, StoreError> {
    let kept = entity::ActiveModel {
        password_hash: NotSet,
        session_version: NotSet,
        last_login_at: NotSet,
        must_change_password: NotSet,
        ..row.clone().into_active_model().reset_all()
    };
    let update = Entity::update_many().set(kept);
    let update = update.filter(Column::Id.eq(before.id)).filter(Column::Version.eq(before.version));
    let was_written = update.exec(tx.db()).await?.rows_affected == 1;
    if was_written && before.email != row.email {
        links::remove(tx, before.id.into()).await?;
    }
    Ok(was_written)
}

/// Sets the password that its owner chose and ends every session, if the password is still the one that was checked.
///
/// Says whether it was.
pub(super) async fn replace_password(tx: &mut Tx, user: UserId, checked: &str, hash: &str) -> Result<bool, StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::PasswordHash, Expr::value(hash))
        .col_expr(Column::MustChangePassword, Expr::value(0))
        .col_expr(Column::UpdatedAt, Expr::value(tx.now().millis()))
        .filter(Column::Id.eq(user.uuid()))
        .filter(Column::PasswordHash.eq(checked));
    if update.exec(tx.db()).await?.rows_affected == 0 {
        return Ok(false);
    }
    end_sessions(tx, user).await?;
    Ok(true)
}

/// Gives somebody a password that somebody else knows. Every session ends.
pub(crate) async fn set_password(tx: &mut Tx, user: UserId, hash: &str) -> Result<(), StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::PasswordHash, Expr::value(hash))
        .col_expr(Column::MustChangePassword, Expr::value(1))
        .col_expr(Column::UpdatedAt, Expr::value(tx.now().millis()));
    update.filter(Column::Id.eq(user.uuid())).exec(tx.db()).await?;
    end_sessions(tx, user).await
}

/// Notes that somebody else knows the password of this person.
pub(crate) async fn must_change_password(tx: &Tx, user: UserId) -> Result<(), StoreError> {
    let update = Entity::update_many().col_expr(Column::MustChangePassword, Expr::value(1));
    update.filter(Column::Id.eq(user.uuid())).exec(tx.db()).await?;
    Ok(())
}

/// Ends every session of somebody, on HTTP and on the sockets.
pub(crate) async fn end_sessions(tx: &mut Tx, user: UserId) -> Result<(), StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::SessionVersion, Expr::col(Column::SessionVersion).add(1))
        .filter(Column::Id.eq(user.uuid()));
    update.exec(tx.db()).await?;
    tx.control(&Control::SignedOut { user })
}

/// The ids of everybody who may sign in, for use inside another query.
pub(crate) fn active_users() -> SelectStatement {
    Query::select().column(Column::Id).from(Entity).and_where(Column::IsActive.ne(0)).to_owned()
}

/// The moment a stored number of milliseconds stands for.
pub(super) fn moment(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}
