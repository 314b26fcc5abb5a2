use std::collections::HashMap;

use lamplight_kernel::{NotificationId, Page, PageRequest, UserId};
use lamplight_store::{StoreError, Tx};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult,
    IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use uuid::Uuid;

use super::{
    document::Counts,
    rules::{Category, Priority},
};

pub(super) mod entity {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "notifications")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) title: String,
        pub(crate) message: String,
        pub(crate) kind: String,
        pub(crate) category: String,
        pub(crate) priority: String,
        pub(crate) link: Option<String>,
        pub(crate) sender_id: Option<Uuid>,
        pub(crate) is_written: i32,
        pub(crate) target_type: String,
        /// JSON list of texts.
        pub(crate) target_ids: String,
        pub(crate) is_active: i32,
        pub(crate) sent_at: Option<i64>,
        pub(crate) created_at: i64,
        pub(crate) updated_at: i64,
        pub(crate) rev: i32,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

mod receivers {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "notification_receivers")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) user_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) notification_id: Uuid,
        pub(super) is_shown: i32,
        pub(super) sent_at: i64,
        pub(super) read_at: Option<i64>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

use entity::{Column, Entity, Model};

/// Rows of one statement: SQLite takes 32,766 values, a notification has sixteen.
const CHUNK: usize = 2_000;

pub(super) async fn insert(tx: &Tx, rows: Vec<Model>) -> Result<(), StoreError> {
    for rows in rows.chunks(CHUNK) {
        let rows = rows.iter().map(|row| row.clone().into_active_model().reset_all());
        Entity::insert_many(rows).exec_without_returning(tx.db()).await?;
    }
    Ok(())
}

/// Who receives what.
pub(super) async fn insert_receivers(tx: &Tx, receivers: Vec<(NotificationId, UserId)>) -> Result<(), StoreError> {
    for receivers in receivers.chunks(CHUNK) {
        let rows = receivers.iter().map(|(id, user)| receivers::ActiveModel {
            user_id: Set(user.uuid()),
            notification_id: Set(id.uuid()),
            is_shown: Set(1),
            sent_at: Set(tx.now().millis()),
            read_at: Set(None),
        });
        receivers::Entity::insert_many(rows).exec_without_returning(tx.db()).await?;
    }
    Ok(())
}

pub(super) async fn find_receivers<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<Vec<UserId>, StoreError> {
    let found = receivers::Entity::find().select_only().column(receivers::Column::UserId);
    let users: Vec<Uuid> = found.filter(receivers::Column::NotificationId.eq(id)).into_tuple().all(db).await?;
    Ok(users.into_iter().map(UserId::from).collect())
}

/// Hides a notification from its receivers, or shows it to them again.
pub(super) async fn show(tx: &Tx, id: Uuid, shown: bool) -> Result<(), StoreError> {
    let update = receivers::Entity::update_many().col_expr(receivers::Column::IsShown, Expr::value(i32::from(shown)));
    update.filter(receivers::Column::NotificationId.eq(id)).exec(tx.db()).await?;
    Ok(())
}

/// A notice that the office wrote.
pub(super) async fn find_written<C: ConnectionTrait>(db: &C, id: NotificationId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(id.uuid()).filter(Column::IsWritten.ne(0)).one(db).await?)
}

/// Replaces a row that is still as it was read. Says whether it was.
pub(super) async fn update(tx: &Tx, before: &Model, row: &Model) -> Result<bool, StoreError> {
    let update = Entity::update_many().set(row.clone().into_active_model().reset_all());
    let update = update.filter(Column::Id.eq(before.id)).filter(Column::Rev.eq(before.rev));
    Ok(update.exec(tx.db()).await?.rows_affected == 1)
}

/// Deletes a row that is still as it was read. Says whether it was.
pub(super) async fn delete(tx: &Tx, before: &Model) -> Result<bool, StoreError> {
    let delete = Entity::delete_many().filter(Column::Id.eq(before.id)).filter(Column::Rev.eq(before.rev));
    Ok(delete.exec(tx.db()).await?.rows_affected == 1)
}

/// What the office's list is narrowed by.
#[derive(Debug, Default)]
pub(super) struct Filter {
    pub(super) category: Option<Category>,
    pub(super) priority: Option<Priority>,
    pub(super) is_active: Option<bool>,
}

/// What the office wrote, newest first.
pub(super) async fn list_written<C: ConnectionTrait>(
    db: &C,
    filter: &Filter,
    page: PageRequest,
) -> Result<Page<Model>, StoreError> {
    let mut all = Condition::all().add(Column::IsWritten.ne(0));
    if let Some(category) = filter.category {
        all = all.add(Column::Category.eq(category.as_str()));
    }
    if let Some(priority) = filter.priority {
        all = all.add(Column::Priority.eq(priority.as_str()));
    }
    if let Some(is_active) = filter.is_active {
        all = all.add(Column::IsActive.eq(i32::from(is_active)));
    }
    let found = Entity::find().filter(all);
    let total = found.clone().count(db).await?;
    let found = found.order_by_desc(Column::CreatedAt).order_by_desc(Column::Id);
    let rows = found.offset(page.offset()).limit(page.limit()).all(db).await?;
    Ok(Page::new(rows, page, total))
}

/// How many of what the office wrote have each value of a column.
pub(super) async fn count_written_by<C: ConnectionTrait>(
    db: &C,
    column: Column,
) -> Result<Vec<(String, i64)>, StoreError> {
    let found = Entity::find().select_only().column(column).column_as(Column::Id.count(), "rows");
    let found = found.filter(Column::IsWritten.ne(0)).group_by(column).order_by_asc(column);
    Ok(found.into_tuple().all(db).await?)
}

/// How many of what the office wrote its receivers see.
pub(super) async fn count_active<C: ConnectionTrait>(db: &C) -> Result<u64, StoreError> {
    Ok(Entity::find().filter(Column::IsWritten.ne(0)).filter(Column::IsActive.ne(0)).count(db).await?)
}

/// How many receive these and how many have read them.
pub(super) async fn count_receivers<C: ConnectionTrait>(
    db: &C,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<HashMap<Uuid, Counts>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        notification_id: Uuid,
        sent: i64,
        read: i64,
    }
    let rows: Vec<Row> = receivers::Entity::find()
        .select_only()
        .column(receivers::Column::NotificationId)
        .column_as(receivers::Column::UserId.count(), "sent")
        .column_as(receivers::Column::ReadAt.count(), "read")
        .filter(receivers::Column::NotificationId.is_in(ids))
        .group_by(receivers::Column::NotificationId)
        .into_model()
        .all(db)
        .await?;
    let counts = |row: Row| (row.notification_id, Counts { sent_count: row.sent, read_count: row.read });
    Ok(rows.into_iter().map(counts).collect())
}

/// Somebody's notifications, newest first, with whether they have read each.
pub(super) async fn list_received<C: ConnectionTrait>(
    db: &C,
    user: UserId,
    unread: bool,
    page: PageRequest,
) -> Result<Page<(Model, bool)>, StoreError> {
    use receivers::Column as Of;
    let mut found = receivers::Entity::find().filter(Of::UserId.eq(user.uuid())).filter(Of::IsShown.ne(0));
    if unread {
        found = found.filter(Of::ReadAt.is_null());
    }
    let total = found.clone().count(db).await?;
    let found = found.order_by_desc(Of::SentAt).order_by_desc(Of::NotificationId);
    let rows = found.offset(page.offset()).limit(page.limit()).all(db).await?;
    let ids = rows.iter().map(|row| row.notification_id);
    let notifications = Entity::find().filter(Column::Id.is_in(ids)).all(db).await?;
    let mut notifications: HashMap<Uuid, Model> = notifications.into_iter().map(|row| (row.id, row)).collect();
    let rows = rows.iter().filter_map(|row| Some((notifications.remove(&row.notification_id)?, row.read_at.is_some())));
    Ok(Page::new(rows.collect(), page, total))
}

/// How many somebody has not read.
pub(super) async fn count_unread<C: ConnectionTrait>(db: &C, user: UserId) -> Result<u64, StoreError> {
    use receivers::Column as Of;
    let found = receivers::Entity::find().filter(Of::UserId.eq(user.uuid())).filter(Of::IsShown.ne(0));
    Ok(found.filter(Of::ReadAt.is_null()).count(db).await?)
}

/// Notes that somebody has read one of theirs, or all. Says how many were not read before.
pub(super) async fn mark_read(tx: &Tx, user: UserId, id: Option<NotificationId>) -> Result<u64, StoreError> {
    use receivers::Column as Of;
    let mut update = receivers::Entity::update_many()
        .col_expr(Of::ReadAt, Expr::value(tx.now().millis()))
        .filter(Of::UserId.eq(user.uuid()))
        .filter(Of::IsShown.ne(0))
        .filter(Of::ReadAt.is_null());
    if let Some(id) = id {
        update = update.filter(Of::NotificationId.eq(id.uuid()));
    }
    Ok(update.exec(tx.db()).await?.rows_affected)
}

/// Whether somebody receives it and may see it.
pub(super) async fn is_received<C: ConnectionTrait>(
    db: &C,
    user: UserId,
    id: NotificationId,
) -> Result<bool, StoreError> {
    let found = receivers::Entity::find_by_id((user.uuid(), id.uuid()));
    Ok(found.filter(receivers::Column::IsShown.ne(0)).one(db).await?.is_some())
}

/// The eldest notifications that nobody has changed since a moment.
pub(super) async fn find_old<C: ConnectionTrait>(db: &C, before: i64, most: u64) -> Result<Vec<Uuid>, StoreError> {
    let found = Entity::find().select_only().column(Column::Id).filter(Column::UpdatedAt.lt(before));
    Ok(found.order_by_asc(Column::UpdatedAt).limit(most).into_tuple().all(db).await?)
}

/// Deletes notifications, with who received them.
pub(super) async fn delete_all(tx: &Tx, ids: &[Uuid]) -> Result<(), StoreError> {
    let of_these = receivers::Column::NotificationId.is_in(ids.iter().copied());
    receivers::Entity::delete_many().filter(of_these).exec(tx.db()).await?;
    Entity::delete_many().filter(Column::Id.is_in(ids.iter().copied())).exec(tx.db()).await?;
    Ok(())
}
