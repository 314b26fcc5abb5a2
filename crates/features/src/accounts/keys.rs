//! The signing keys of tokens: the newest signs, the others are retired.

use lamplight_auth::{KeyId, SigningKey};
use lamplight_kernel::Control;
use lamplight_store::{StoreError, Tx};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, QueryOrder};

use crate::audit::{self, Act, Actor, Kind};

mod entity {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "signing_key")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: i32,
        /// 32 random bytes.
        pub(super) salt: Vec<u8>,
        pub(super) created_at: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// The newest signing key: key 0 as long as none was made.
pub(super) async fn newest<C: ConnectionTrait>(db: &C) -> Result<SigningKey, StoreError> {
    let row = entity::Entity::find().order_by_desc(entity::Column::Id).one(db).await?;
    Ok(row.map_or(SigningKey { id: 0, salt: Vec::new() }, |row| SigningKey { id: row.id, salt: row.salt }))
}

/// Makes a new signing key and retires the others: every token ends, and with it every socket, on every node.
///
/// # Errors
/// When the database fails.
pub async fn rotate(tx: &mut Tx, by: Actor<'_>) -> Result<KeyId, StoreError> {
    tx.lock("signing key").await?;
    let id = newest(tx.db()).await?.id + 1;
    let salt: [u8; 32] = tx.random();
    let row = entity::ActiveModel { id: Set(id), salt: Set(salt.to_vec()), created_at: Set(tx.now().millis()) };
    entity::Entity::insert(row).exec_without_returning(tx.db()).await?;
    tx.control(&Control::KeyRetired { newest: id })?;
    audit::write(tx, by, Act::new(Kind::SigningKey, "retired", id - 1, format!("Signing key {}", id - 1))).await?;
    Ok(id)
}
