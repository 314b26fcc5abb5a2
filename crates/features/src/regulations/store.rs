use std::collections::HashMap;

use jiff::civil::Date;
use lamplight_kernel::{CourseId, UserId};
use lamplight_store::{StoreError, Tx};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, QueryOrder, QuerySelect};

use super::rules::{Dated, Key, Regulations};
use crate::courses;

pub(super) mod entity {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "regulations")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) key: String,
        pub(crate) course_id: Option<Uuid>,
        pub(crate) value: Option<i32>,
        /// `YYYY-MM-DD`.
        pub(crate) valid_from: String,
        pub(crate) set_by: Uuid,
        pub(crate) set_at: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

use entity::{Column, Entity, Model};

/// More than an institute sets in its time; the newest count.
const MAX_ROWS: u64 = 5_000;

/// A regulation to be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewRegulation {
    /// Which.
    pub key: Key,
    /// For which course; nothing for the institute.
    pub course: Option<CourseId>,
    /// A whole percentage; nothing where there is no such rule.
    pub value: Option<i32>,
    /// The first day it holds.
    pub valid_from: Date,
}

/// Sets a regulation. Tells nobody: that is the business of who sets it.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &Tx, new: &NewRegulation, set_by: UserId) -> Result<(), StoreError> {
    let row = entity::ActiveModel {
        id: Set(tx.id()),
        key: Set(new.key.as_str().to_owned()),
        course_id: Set(new.course.map(CourseId::uuid)),
        value: Set(new.value),
        valid_from: Set(new.valid_from.to_string()),
        set_by: Set(set_by.uuid()),
        set_at: Set(tx.now().millis()),
    };
    Entity::insert(row).exec_without_returning(tx.db()).await?;
    Ok(())
}

/// Every regulation, to be asked for many courses or dates.
///
/// # Errors
/// When the database fails, or holds something that this version does not know.
pub async fn load<C: ConnectionTrait>(db: &C) -> Result<Regulations, StoreError> {
    regulations(db, courses::find_names(db).await?).await
}

/// The same, to be asked for one course.
///
/// # Errors
/// As [`load`].
pub(crate) async fn load_for<C: ConnectionTrait>(db: &C, course: CourseId) -> Result<Regulations, StoreError> {
    regulations(db, courses::find_names_of(db, [course]).await?).await
}

async fn regulations<C: ConnectionTrait>(
    db: &C,
    names: HashMap<CourseId, (String, String)>,
) -> Result<Regulations, StoreError> {
    let rows = list(db).await?;
    Ok(Regulations {
        // As they were set.
        rows: rows.iter().rev().map(dated).collect::<Result<_, _>>()?,
        codes: names.into_iter().map(|(course, (code, _))| (course, code)).collect(),
    })
}

/// The percentage that holds for one course on one date; see [`Regulations::value`].
///
/// # Errors
/// When the database fails.
pub async fn value<C: ConnectionTrait>(
    db: &C,
    key: Key,
    course: CourseId,
    on: Date,
) -> Result<Option<i32>, StoreError> {
    Ok(load_for(db, course).await?.value(key, course, on))
}

/// Every row, the one set last first.
pub(super) async fn list<C: ConnectionTrait>(db: &C) -> Result<Vec<Model>, StoreError> {
    let found = Entity::find().order_by_desc(Column::SetAt).order_by_desc(Column::Id).limit(MAX_ROWS);
    Ok(found.all(db).await?)
}

pub(super) fn dated(row: &Model) -> Result<Dated, StoreError> {
    let corrupt = |what: &str| StoreError::Corrupt { table: "regulations", what: what.to_owned() };
    Ok(Dated {
        key: Key::from_stored(&row.key).ok_or_else(|| corrupt(&row.key))?,
        course: row.course_id.map(CourseId::from),
        value: row.value,
        valid_from: row.valid_from.parse().map_err(|_| corrupt(&row.valid_from))?,
    })
}
