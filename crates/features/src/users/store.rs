use lamplight_auth::Role;
use lamplight_kernel::{Page, PageRequest, Pagination, UserId};
use lamplight_store::{StoreError, Tx};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, Query},
};

use crate::{
    accounts::entity::{Column, Entity, Model},
    search::{self, Common},
};

/// What the list is narrowed by.
#[derive(Debug, Default)]
pub(super) struct Filter<'a> {
    pub(super) role: Option<Role>,
    pub(super) is_active: Option<bool>,
    pub(super) search: Option<&'a str>,
}

/// Accounts, the newest first.
pub(super) async fn list<C: ConnectionTrait>(
    db: &C,
    common: &Common,
    filter: &Filter<'_>,
    page: PageRequest,
) -> Result<Page<Model>, StoreError> {
    let all = Condition::all()
        .add_option(filter.role.map(|role| Column::Role.eq(role.as_str())))
        .add_option(filter.is_active.map(|is_active| Column::IsActive.eq(i32::from(is_active))));
    let found = Entity::find().filter(all);
    let (found, pagination) = match search::USERS.found(db, common, filter.search).await? {
        Some(words) => {
            let found = found.filter(words);
            let pagination = search::count_found(db, found.clone(), page).await?;
            (found, pagination)
        }
        None => (found, Pagination::new(page, count(db, filter).await?)),
    };
    let found = found.order_by_desc(Column::CreatedAt).order_by_desc(Column::Id);
    let rows = found.offset(page.offset()).limit(page.limit()).all(db).await?;
    Ok(Page { rows, pagination })
}

/// How many accounts there are, by what was counted when they were written.
async fn count<C: ConnectionTrait>(db: &C, filter: &Filter<'_>) -> Result<u64, StoreError> {
    let mut sum = Query::select();
    sum.expr(Expr::col("total").sum().cast_as("BIGINT")).from("user_counts").cond_where(
        Condition::all()
            .add_option(filter.role.map(|role| Expr::col("role").eq(role.as_str())))
            .add_option(filter.is_active.map(|is_active| Expr::col("is_active").eq(i32::from(is_active)))),
    );
    let row = db.query_one(&sum).await?;
    let sum: Option<i64> = row.map(|row| row.try_get_by_index(0)).transpose()?.flatten();
    Ok(sum.and_then(|sum| u64::try_from(sum).ok()).unwrap_or(0))
}

pub(super) async fn find<C: ConnectionTrait>(db: &C, user: UserId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(user.uuid()).one(db).await?)
}

/// The account that signs in with this text, as user name or as mail address.
pub(super) async fn find_by_login<C: ConnectionTrait>(db: &C, login: &str) -> Result<Option<Model>, StoreError> {
    let named = Condition::any().add(Column::Email.eq(login)).add(Column::Username.eq(login));
    Ok(Entity::find().filter(named).one(db).await?)
}

/// How many administrators may sign in.
pub(super) async fn count_admins<C: ConnectionTrait>(db: &C) -> Result<u64, StoreError> {
    let admins = Entity::find().filter(Column::Role.eq(Role::Admin.as_str())).filter(Column::IsActive.ne(0));
    Ok(admins.count(db).await?)
}

/// The institute's own numbers of administrators.
pub(super) async fn employee_ids<C: ConnectionTrait>(db: &C) -> Result<Vec<String>, StoreError> {
    let found = Entity::find().select_only().column(Column::EmployeeId).filter(Column::EmployeeId.is_not_null());
    Ok(found.into_tuple().all(db).await?)
}

/// Deletes an account. Its sessions, links and received notifications go with it.
pub(super) async fn delete(tx: &Tx, user: UserId) -> Result<(), StoreError> {
    Entity::delete_by_id(user.uuid()).exec(tx.db()).await?;
    Ok(())
}
