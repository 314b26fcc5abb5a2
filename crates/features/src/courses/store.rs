use std::collections::HashMap;

use lamplight_kernel::CourseId;
use lamplight_store::{StoreError, Tx};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, Statement,
};

use super::form::Details;

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
        /// JSON; nothing when nobody has said.
        pub(crate) fees: Option<String>,
        /// JSON list of subjects.
        pub(crate) subjects: String,
        pub(crate) version: i32,
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
        fees: Set(None),
        subjects: Set("[]".to_owned()),
        version: Set(1),
    };
    entity::Entity::insert(row).exec_without_returning(tx.db()).await?;
    Ok(id)
}

/// Every course, by code. An institute has a few.
pub(crate) async fn list<C: ConnectionTrait>(db: &C) -> Result<Vec<entity::Model>, StoreError> {
    Ok(entity::Entity::find().order_by_asc(entity::Column::Code).limit(lamplight_kernel::MAX_LIMIT).all(db).await?)
}

/// These courses; unknown ones are missing from the answer.
pub(crate) async fn find_by_ids<C: ConnectionTrait>(
    db: &C,
    courses: impl IntoIterator<Item = uuid::Uuid>,
) -> Result<Vec<entity::Model>, StoreError> {
    let mut ids: Vec<uuid::Uuid> = courses.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(entity::Entity::find().filter(entity::Column::Id.is_in(ids)).all(db).await?)
}

/// The code and name of every course.
pub(crate) async fn find_names<C: ConnectionTrait>(db: &C) -> Result<HashMap<CourseId, (String, String)>, StoreError> {
    names(db, entity::Entity::find()).await
}

async fn names<C: ConnectionTrait>(
    db: &C,
    of: sea_orm::Select<entity::Entity>,
) -> Result<HashMap<CourseId, (String, String)>, StoreError> {
    use entity::Column;
    let found = of.select_only().columns([Column::Id, Column::Code, Column::Name]);
    let rows: Vec<(uuid::Uuid, String, String)> = found.into_tuple().all(db).await?;
    Ok(rows.into_iter().map(|(id, code, name)| (id.into(), (code, name))).collect())
}

/// The code and name of each of these courses; unknown ones are missing from the answer.
pub(crate) async fn find_names_of<C: ConnectionTrait>(
    db: &C,
    courses: impl IntoIterator<Item = CourseId>,
) -> Result<HashMap<CourseId, (String, String)>, StoreError> {
    let mut ids: Vec<uuid::Uuid> = courses.into_iter().map(CourseId::uuid).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    names(db, entity::Entity::find().filter(entity::Column::Id.is_in(ids))).await
}

pub(crate) async fn find<C: ConnectionTrait>(db: &C, id: CourseId) -> Result<Option<entity::Model>, StoreError> {
    Ok(entity::Entity::find_by_id(id.uuid()).one(db).await?)
}

/// A row with other details. One that says the same is the same row.
pub(super) fn with_details(
    tx: &Tx,
    before: &entity::Model,
    details: &Details,
    is_active: bool,
) -> Result<entity::Model, StoreError> {
    let row = entity::Model {
        code: details.code.clone(),
        name: details.name.clone(),
        description: details.description.clone(),
        duration: details.duration.clone(),
        semesters: details.semesters,
        seats: details.seats,
        eligibility: serde_json::to_string(&details.eligibility)?,
        career_opportunities: serde_json::to_string(&details.career_opportunities)?,
        fees: details.fees.as_ref().map(serde_json::to_string).transpose()?,
        subjects: serde_json::to_string(&details.subjects)?,
        is_active: is_active.into(),
        ..before.clone()
    };
    if row == *before {
        return Ok(row);
    }
    Ok(entity::Model { updated_at: tx.now().millis(), version: before.version + 1, ..row })
}

/// Adds a course of the office.
pub(super) async fn insert_details(tx: &Tx, details: &Details, is_active: bool) -> Result<entity::Model, StoreError> {
    let now = tx.now().millis();
    let new = entity::Model {
        id: tx.id::<CourseId>().uuid(),
        code: String::new(),
        name: String::new(),
        description: String::new(),
        duration: String::new(),
        semesters: 0,
        seats: 0,
        eligibility: String::new(),
        career_opportunities: String::new(),
        is_active: 0,
        created_at: now,
        updated_at: now,
        fees: None,
        subjects: String::new(),
        version: 0,
    };
    let row = with_details(tx, &new, details, is_active)?;
    entity::Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx.db()).await?;
    Ok(row)
}

/// Replaces a row that is still as it was read. Says whether it was.
pub(super) async fn update(tx: &Tx, before: &entity::Model, row: &entity::Model) -> Result<bool, StoreError> {
    let update = entity::Entity::update_many().set(row.clone().into_active_model().reset_all());
    let update = update.filter(entity::Column::Id.eq(before.id)).filter(entity::Column::Version.eq(before.version));
    Ok(update.exec(tx.db()).await?.rows_affected == 1)
}

pub(super) async fn delete(tx: &Tx, id: CourseId) -> Result<(), StoreError> {
    entity::Entity::delete_by_id(id.uuid()).exec(tx.db()).await?;
    Ok(())
}

/// What belongs to a course, each with its words for one and for many.
pub(super) async fn count_belongings<C: ConnectionTrait>(
    db: &C,
    id: CourseId,
) -> Result<Vec<(u64, &'static str, &'static str)>, StoreError> {
    const TABLES: [(&str, &str, &str); 5] = [
        ("students", "student", "students"),
        ("faculty_courses", "faculty member who teaches it", "faculty members who teach it"),
        ("mark_sheets", "sheet of marks", "sheets of marks"),
        ("attendance", "record of attendance", "records of attendance"),
        ("attendance_classes", "class on the roll-call board", "classes on the roll-call board"),
    ];
    let mut counts = Vec::new();
    for (table, one, many) in TABLES {
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE course_id = $1");
        let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [id.uuid().into()]);
        let row = db.query_one_raw(statement).await?;
        let count: i64 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
        counts.push((u64::try_from(count).unwrap_or(0), one, many));
    }
    Ok(counts)
}
