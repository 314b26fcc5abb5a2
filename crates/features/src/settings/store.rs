use lamplight_kernel::UserId;
use lamplight_store::{StoreError, Tx};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, QueryOrder, sea_query::OnConflict};

use super::groups::Groups;

mod entity {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "institute_settings")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) name: String,
        /// A JSON object.
        pub(super) fields: String,
        pub(super) set_by: Uuid,
        pub(super) set_at: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// What was stored of each group.
pub(super) async fn read<C: ConnectionTrait>(db: &C) -> Result<Groups, StoreError> {
    let rows = entity::Entity::find().all(db).await?;
    let group = |row: entity::Model| {
        let fields = serde_json::from_str(&row.fields)
            .map_err(|error| StoreError::Corrupt { table: "institute_settings", what: error.to_string() })?;
        Ok((row.name, fields))
    };
    rows.into_iter().map(group).collect()
}

/// Who changed them last, and when in milliseconds; nothing when they are what they were in the beginning.
pub(super) async fn last_change<C: ConnectionTrait>(db: &C) -> Result<Option<(UserId, i64)>, StoreError> {
    let row = entity::Entity::find().order_by_desc(entity::Column::SetAt).one(db).await?;
    Ok(row.map(|row| (row.set_by.into(), row.set_at)))
}

/// Replaces what is stored of these groups. No two changes have the same moment: it is their version.
pub(super) async fn write(tx: &Tx, groups: &Groups, by: UserId, after: Option<i64>) -> Result<(), StoreError> {
    let at = after.map_or(0, |after| after.saturating_add(1)).max(tx.now().millis());
    for (name, fields) in groups {
        let row = entity::ActiveModel {
            name: Set(name.clone()),
            fields: Set(serde_json::to_string(fields)?),
            set_by: Set(by.uuid()),
            set_at: Set(at),
        };
        let mut again = OnConflict::column(entity::Column::Name);
        again.update_columns([entity::Column::Fields, entity::Column::SetBy, entity::Column::SetAt]);
        entity::Entity::insert(row).on_conflict(again).exec_without_returning(tx.db()).await?;
    }
    Ok(())
}

/// Forgets all of them.
pub(super) async fn clear(tx: &Tx) -> Result<(), StoreError> {
    entity::Entity::delete_many().exec(tx.db()).await?;
    Ok(())
}
