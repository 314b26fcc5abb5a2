use std::collections::HashMap;

use lamplight_kernel::CourseId;
use lamplight_store::{StoreError, Tx};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, QueryOrder, QuerySelect};

pub(crate) mod entity {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "courses")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) code: String,
        pub(crate) name: String,
        pub(crate) description: String,
        pub(crate) duration: String,
        pub(crate) semesters: i32,
        pub(crate) seats: i32,
        /// JSON list of texts.
        pub(crate) eligibility: String,
        /// JSON list of texts.
        pub(crate) career_opportunities: String,
        pub(crate) is_active: i32,
        pub(crate) created_at: i64,
        pub(crate) updated_at: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// A course to be added.
#[derive(Debug, Clone)]
pub struct NewCourse<'a> {
    /// Short and unique, in capitals: `GNM`.
    pub code: &'a str,
    /// In full.
    pub name: &'a str,
    /// A sentence or two.
    pub description: &'a str,
    /// As the existing client offers it: `3 Years`.
    pub duration: &'a str,
    /// How many semesters it has.
    pub semesters: i32,
    /// How many students it may have.
    pub seats: i32,
    /// Who may apply.
    pub eligibility: &'a [&'a str],
    /// What one can become.
    pub career_opportunities: &'a [&'a str],
}

/// Adds a course.
///
/// # Errors
/// When the database fails, or the code is taken.
pub async fn insert(tx: &Tx, course: &NewCourse<'_>) -> Result<CourseId, StoreError> {
    let id: CourseId = tx.id();
    let now = tx.now().millis();
    let row = entity::ActiveModel {
        id: Set(id.uuid()),
        code: Set(course.code.to_owned()),
        name: Set(course.name.to_owned()),
        description: Set(course.description.to_owned()),
        duration: Set(course.duration.to_owned()),
        semesters: Set(course.semesters),
        seats: Set(course.seats),
        eligibility: Set(serde_json::to_string(course.eligibility)?),
        career_opportunities: Set(serde_json::to_string(course.career_opportunities)?),
        is_active: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    entity::Entity::insert(row).exec_without_returning(tx.db()).await?;
    Ok(id)
}

/// Every course, by code. An institute has a few.
pub(crate) async fn list<C: ConnectionTrait>(db: &C) -> Result<Vec<entity::Model>, StoreError> {
    Ok(entity::Entity::find().order_by_asc(entity::Column::Code).limit(lamplight_kernel::MAX_LIMIT).all(db).await?)
}

/// The code and name of every course.
pub(crate) async fn find_names<C: ConnectionTrait>(db: &C) -> Result<HashMap<CourseId, (String, String)>, StoreError> {
    Ok(list(db).await?.into_iter().map(|course| (course.id.into(), (course.code, course.name))).collect())
}
