use lamplight_store::{StoreError, Tx};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, PaginatorTrait};

mod entity {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "institute")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: i32,
        pub(super) is_demo: i32,
        pub(super) founded_at: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// What kind of data a database holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// None yet.
    Empty,
    /// The demo institute.
    Demo,
    /// A real institute.
    Real,
}

/// What kind of data this database holds.
///
/// # Errors
/// When the database fails.
pub async fn kind<C: ConnectionTrait>(db: &C) -> Result<Kind, StoreError> {
    match entity::Entity::find().one(db).await? {
        Some(row) if row.is_demo != 0 => Ok(Kind::Demo),
        Some(_) => Ok(Kind::Real),
        // Data from before the row was written would be real ones.
        None if crate::accounts::entity::Entity::find().count(db).await? > 0 => Ok(Kind::Real),
        None => Ok(Kind::Empty),
    }
}

/// Writes down what kind of institute begins here. Does nothing when one has begun.
///
/// # Errors
/// When the database fails.
pub async fn found(tx: &Tx, is_demo: bool) -> Result<(), StoreError> {
    if entity::Entity::find().one(tx.db()).await?.is_none() {
        let row = entity::ActiveModel { id: Set(1), is_demo: Set(is_demo.into()), founded_at: Set(tx.now().millis()) };
        entity::Entity::insert(row).exec_without_returning(tx.db()).await?;
    }
    Ok(())
}
