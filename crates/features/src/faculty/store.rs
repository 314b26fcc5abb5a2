use std::collections::HashMap;

use lamplight_kernel::{CourseId, FacultyId, UserId};
use lamplight_store::{StoreError, Tx};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter,
    QuerySelect, sea_query::Query,
};
use uuid::Uuid;

pub(crate) mod entity {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "faculty")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) user_id: Uuid,
        pub(crate) faculty_id: String,
        pub(crate) designation: String,
        pub(crate) department: String,
        pub(crate) created_at: i64,
        pub(crate) updated_at: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod courses {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "faculty_courses")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) faculty_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) course_id: Uuid,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// A faculty member to be added.
#[derive(Debug, Clone)]
pub struct NewFaculty<'a> {
    /// Their account.
    pub user: UserId,
    /// The institute's own number for them.
    pub faculty_id: &'a str,
    /// `Lecturer`.
    pub designation: &'a str,
    /// `Pediatric Nursing`.
    pub department: &'a str,
    /// What they teach.
    pub teaches: &'a [CourseId],
}

/// Adds a faculty member.
///
/// # Errors
/// When the database fails, or the number is taken.
pub async fn insert(tx: &Tx, new: &NewFaculty<'_>) -> Result<FacultyId, StoreError> {
    let id: FacultyId = tx.id();
    let now = tx.now().millis();
    let row = entity::ActiveModel {
        id: Set(id.uuid()),
        user_id: Set(new.user.uuid()),
        faculty_id: Set(new.faculty_id.to_owned()),
        designation: Set(new.designation.to_owned()),
        department: Set(new.department.to_owned()),
        created_at: Set(now),
        updated_at: Set(now),
    };
    entity::Entity::insert(row).exec_without_returning(tx.db()).await?;
    let rows = new
        .teaches
        .iter()
        .map(|course| courses::ActiveModel { faculty_id: Set(id.uuid()), course_id: Set(course.uuid()) });
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        courses::Entity::insert_many(rows).exec_without_returning(tx.db()).await?;
    }
    Ok(id)
}

/// The faculty record of an account.
pub(crate) async fn find_by_user<C: ConnectionTrait>(
    db: &C,
    user: UserId,
) -> Result<Option<entity::Model>, StoreError> {
    Ok(entity::Entity::find().filter(entity::Column::UserId.eq(user.uuid())).one(db).await?)
}

/// The courses that each of these faculty members teaches.
pub(crate) async fn map_taught<C: ConnectionTrait>(
    db: &C,
    faculty: impl Iterator<Item = Uuid>,
) -> Result<HashMap<Uuid, Vec<CourseId>>, DbErr> {
    let faculty: Vec<Uuid> = faculty.collect();
    if faculty.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = courses::Entity::find().filter(courses::Column::FacultyId.is_in(faculty)).all(db).await?;
    let mut taught = HashMap::<_, Vec<_>>::new();
    for row in rows {
        taught.entry(row.faculty_id).or_default().push(row.course_id.into());
    }
    Ok(taught)
}

/// How many faculty members who may sign in teach one of these courses; with `everybody`, how many there are.
pub(crate) async fn count_teachers<C: ConnectionTrait>(
    db: &C,
    everybody: bool,
    teaches: &[CourseId],
) -> Result<u64, StoreError> {
    let mut of_these = Query::select();
    of_these
        .column(courses::Column::FacultyId)
        .from(courses::Entity)
        .and_where(courses::Column::CourseId.is_in(teaches.iter().map(|course| course.uuid())));
    let condition =
        if everybody { Condition::all() } else { Condition::all().add(entity::Column::Id.in_subquery(of_these)) };
    let found = entity::Entity::find().select_only().column(entity::Column::Id).filter(condition);
    Ok(found.filter(entity::Column::UserId.in_subquery(crate::accounts::active_users())).count(db).await?)
}

/// The users who teach one of these courses.
pub(crate) fn users_who_teach(courses: Vec<Uuid>) -> sea_orm::sea_query::SelectStatement {
    let mut of_these = Query::select();
    of_these
        .column(courses::Column::FacultyId)
        .from(courses::Entity)
        .and_where(courses::Column::CourseId.is_in(courses));
    Query::select()
        .column(entity::Column::UserId)
        .from(entity::Entity)
        .and_where(entity::Column::Id.in_subquery(of_these))
        .to_owned()
}
