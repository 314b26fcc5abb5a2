//! Sessions: the devices on which somebody is signed in.
//!
//! A token names its session. A session holds as long as its row is there and it was begun under the person's session version and
//! the newest signing key; so what ends all of them (another password, switched off, the key retired) needs to know nothing of
//! this table, and one alone is ended by deleting its row.

use lamplight_http::Visitor;
use lamplight_kernel::{Control, SessionId, Timestamp, UserId};
use lamplight_store::{Store, StoreError, Tx};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};
use uuid::Uuid;

use super::{browser, keys, store};
use crate::App;

mod entity {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sessions")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) user_id: Uuid,
        pub(crate) session_version: i32,
        pub(crate) signing_key: i32,
        pub(crate) address: Option<String>,
        pub(crate) device: String,
        pub(crate) created_at: i64,
        pub(crate) seen_at: i64,
        pub(crate) expires_at: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) use entity::Model;
use entity::{Column, Entity};

/// Devices of one person. With one more, the one that signed in longest ago is signed out.
const MOST: u64 = 100;
/// Rows of one statement.
const CHUNK: usize = 1000;

/// Begins a session of somebody who proved who they are, and gives it a token. Their row is as it was when they proved it: if the
/// password was changed since, the session has ended before it began.
pub(super) async fn begin(
    tx: &mut Tx,
    app: &App,
    user: &store::entity::Model,
    visitor: &Visitor,
) -> Result<SessionId, StoreError> {
    let id: SessionId = tx.id();
    let now = tx.now();
    let row = Model {
        id: id.uuid(),
        user_id: user.id,
        session_version: user.session_version,
        signing_key: keys::newest(tx.db()).await?.id,
        address: visitor.address.map(|address| address.to_string()),
        device: browser::in_words(&visitor.user_agent),
        created_at: now.millis(),
        seen_at: now.millis(),
        expires_at: now.plus(app.gate.lifetime()).millis(),
    };
    let too_many = Entity::find().filter(Column::UserId.eq(user.id)).order_by_desc(Column::Id).offset(MOST - 1);
    for eldest in too_many.limit(10).all(tx.db()).await? {
        end(tx, user.id.into(), eldest.id.into()).await?;
    }
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx.db()).await?;
    Ok(id)
}

/// The sessions of somebody that hold, the last begun first.
pub(super) async fn list<C: ConnectionTrait>(
    db: &C,
    user: UserId,
    session_version: i32,
    now: Timestamp,
) -> Result<Vec<Model>, StoreError> {
    let newest = keys::newest(db).await?.id;
    let found = Entity::find()
        .filter(Column::UserId.eq(user.uuid()))
        .filter(Column::SessionVersion.eq(session_version))
        .filter(Column::SigningKey.eq(newest))
        .filter(Column::ExpiresAt.gt(now.millis()));
    Ok(found.order_by_desc(Column::Id).limit(MOST).all(db).await?)
}

/// Ends one session of somebody, and closes its sockets. Says whether there was one.
pub(super) async fn end(tx: &mut Tx, user: UserId, session: SessionId) -> Result<bool, StoreError> {
    let delete = Entity::delete_many().filter(Column::Id.eq(session.uuid())).filter(Column::UserId.eq(user.uuid()));
    let was_there = delete.exec(tx.db()).await?.rows_affected > 0;
    if was_there {
        tx.control(&Control::SessionEnded { user, session })?;
    }
    Ok(was_there)
}

/// Notes that these sessions were in use now.
pub(super) async fn see(store: &Store, sessions: &[Uuid]) -> Result<(), StoreError> {
    let tx = store.begin().await?;
    for sessions in sessions.chunks(CHUNK) {
        let update = Entity::update_many().col_expr(Column::SeenAt, Expr::value(tx.now().millis()));
        update.filter(Column::Id.is_in(sessions.to_vec())).exec(tx.db()).await?;
    }
    tx.commit().await
}

/// Forgets sessions whose time is over.
pub(super) async fn forget(tx: &Tx) -> Result<(), StoreError> {
    Entity::delete_many().filter(Column::ExpiresAt.lte(tx.now().millis())).exec(tx.db()).await?;
    Ok(())
}
