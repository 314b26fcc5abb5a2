use lamplight_kernel::{AuditId, Timestamp, UserId};
use lamplight_store::{StoreError, Tx};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, LikeExpr},
};

use super::{Act, Actor, Kind};
use crate::search;

pub(super) mod entity {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) at: i64,
        pub(crate) user_id: Option<Uuid>,
        pub(crate) user_name: String,
        pub(crate) username: String,
        pub(crate) role: String,
        pub(crate) address: Option<String>,
        pub(crate) kind: String,
        pub(crate) action: String,
        pub(crate) record_id: String,
        pub(crate) label: String,
        /// JSON list of `{field, old, new}`.
        pub(crate) changes: String,
        pub(crate) search_text: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

use entity::{Column, Entity, Model};

/// Writes down what somebody does, in the transaction in which they do it: it stands there exactly when it was done.
///
/// # Errors
/// When the database fails.
pub async fn write<'a>(tx: &Tx, by: impl Into<Actor<'a>>, act: Act) -> Result<(), StoreError> {
    let by = by.into();
    let id: AuditId = tx.id();
    let changes = serde_json::to_string(&act.changes)?;
    let words = [by.full_name, by.username, act.kind.as_str(), act.action, &act.record_id, &act.label, &changes];
    let row = entity::ActiveModel {
        id: Set(id.uuid()),
        at: Set(tx.now().millis()),
        user_id: Set(by.user.map(UserId::uuid)),
        user_name: Set(by.full_name.to_owned()),
        username: Set(by.username.to_owned()),
        role: Set(by.role.to_owned()),
        address: Set(by.address.map(|address| address.to_string())),
        kind: Set(act.kind.as_str().to_owned()),
        action: Set(act.action.to_owned()),
        search_text: Set(words.join(" ").to_lowercase()),
        record_id: Set(act.record_id),
        label: Set(act.label),
        changes: Set(changes),
    };
    Entity::insert(row).exec_without_returning(tx.db()).await?;
    Ok(())
}

/// What the list is narrowed by.
#[derive(Debug, Default)]
pub(super) struct Filter<'a> {
    pub(super) search: Option<&'a str>,
    pub(super) user: Option<UserId>,
    pub(super) kind: Option<Kind>,
    pub(super) action: Option<&'a str>,
    pub(super) record: Option<&'a str>,
    /// From this moment on.
    pub(super) from: Option<Timestamp>,
    /// Before this moment.
    pub(super) until: Option<Timestamp>,
    /// Older than this entry.
    pub(super) before: Option<AuditId>,
}

/// The newest entries, newest first. It is a key that says where a page begins, not a number: entries come while somebody reads.
pub(super) async fn list<C: ConnectionTrait>(
    db: &C,
    filter: &Filter<'_>,
    limit: u64,
) -> Result<Vec<Model>, StoreError> {
    let all = Condition::all()
        .add_option(filter.user.map(|user| Column::UserId.eq(user.uuid())))
        .add_option(filter.kind.map(|kind| Column::Kind.eq(kind.as_str())))
        .add_option(filter.action.map(|action| Column::Action.eq(action)))
        .add_option(filter.record.map(|record| Column::RecordId.eq(record)))
        .add_option(filter.from.map(|from| Column::At.gte(from.millis())))
        .add_option(filter.until.map(|until| Column::At.lt(until.millis())))
        .add_option(filter.before.map(|before| Column::Id.lt(before.uuid())));
    let all = search::patterns(filter.search)
        .fold(all, |all, pattern| all.add(Expr::col(Column::SearchText).like(LikeExpr::new(pattern).escape('\\'))));
    Ok(Entity::find().filter(all).order_by_desc(Column::Id).limit(limit).all(db).await?)
}
