use std::collections::HashMap;

use lamplight_kernel::{CourseId, FacultyId, MAX_LIMIT, UserId};
use lamplight_store::{StoreError, Tx};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, Func, Query},
};
use uuid::Uuid;

use super::form::Details;
use crate::accounts;

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
        pub(crate) qualification: String,
        pub(crate) specialization: String,
        pub(crate) experience: String,
        pub(crate) contact_number: String,
        /// `YYYY-MM-DD`.
        pub(crate) joined_on: Option<String>,
        pub(crate) version: i32,
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
        /// JSON list of texts; an empty one is all subjects of the course.
        pub(crate) subjects: String,
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
    let details = Details {
        faculty_id: new.faculty_id.to_owned(),
        designation: new.designation.to_owned(),
        department: new.department.to_owned(),
        teaches: new.teaches.iter().map(|course| (*course, Vec::new())).collect(),
        ..Details::default()
    };
    insert_details(tx, new.user, &details).await
}

/// Adds a faculty member of the office.
pub(super) async fn insert_details(tx: &Tx, user: UserId, details: &Details) -> Result<FacultyId, StoreError> {
    let id: FacultyId = tx.id();
    let now = tx.now().millis();
    let row = entity::Model {
        id: id.uuid(),
        user_id: user.uuid(),
        faculty_id: details.faculty_id.clone(),
        designation: details.designation.clone(),
        department: details.department.clone(),
        created_at: now,
        updated_at: now,
        qualification: details.qualification.clone(),
        specialization: details.specialization.clone(),
        experience: details.experience.clone(),
        contact_number: details.contact_number.clone(),
        joined_on: details.joined_on.clone(),
        version: 1,
    };
    entity::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx.db()).await?;
    replace_taught(tx, id, &details.teaches).await?;
    Ok(id)
}

/// Says what somebody teaches.
pub(super) async fn replace_taught(
    tx: &Tx,
    id: FacultyId,
    teaches: &HashMap<CourseId, Vec<String>>,
) -> Result<(), StoreError> {
    courses::Entity::delete_many().filter(courses::Column::FacultyId.eq(id.uuid())).exec(tx.db()).await?;
    if teaches.is_empty() {
        return Ok(());
    }
    let row = |(course, subjects): (&CourseId, &Vec<String>)| {
        let subjects = Set(serde_json::to_string(subjects)?);
        Ok(courses::ActiveModel { faculty_id: Set(id.uuid()), course_id: Set(course.uuid()), subjects })
    };
    let rows = teaches.iter().map(row).collect::<Result<Vec<_>, StoreError>>()?;
    courses::Entity::insert_many(rows).exec_without_returning(tx.db()).await?;
    Ok(())
}

/// A faculty member and their account.
pub(super) type Both = (entity::Model, accounts::entity::Model);

/// What is kept of somebody, as a form has it.
pub(super) fn details((row, user): &Both, teaches: HashMap<CourseId, Vec<String>>) -> Details {
    Details {
        faculty_id: row.faculty_id.clone(),
        full_name: user.full_name.clone(),
        email: user.email.clone(),
        username: user.username.clone(),
        designation: row.designation.clone(),
        department: row.department.clone(),
        qualification: row.qualification.clone(),
        specialization: row.specialization.clone(),
        experience: row.experience.clone(),
        contact_number: row.contact_number.clone(),
        joined_on: row.joined_on.clone(),
        teaches,
    }
}

/// So many faculty members are searched at most: more than any institute has.
const LOOKED_AT: u64 = 5_000;

/// Faculty members with their accounts, by name. An institute has some tens.
pub(super) async fn list<C: ConnectionTrait>(
    db: &C,
    search: Option<&str>,
    department: Option<&str>,
) -> Result<Vec<Both>, StoreError> {
    let mut found = entity::Entity::find();
    if let Some(department) = department {
        found = found.filter(entity::Column::Department.eq(department));
    }
    // All there are, within reason: who is searched for may be the last of them.
    let rows = found.order_by_asc(entity::Column::FacultyId).limit(LOOKED_AT).all(db).await?;
    let mut users = accounts::find_by_ids(db, rows.iter().map(|row| row.user_id)).await?;
    let mut all: Vec<Both> =
        rows.into_iter().filter_map(|row| users.remove(&row.user_id).map(|user| (row, user))).collect();
    let words: Vec<String> = search.unwrap_or_default().split_whitespace().map(str::to_lowercase).collect();
    all.retain(|(row, user)| {
        let text = format!("{} {} {} {}", user.full_name, row.faculty_id, row.department, user.email).to_lowercase();
        words.iter().all(|word| text.contains(word))
    });
    all.sort_by(|(_, one), (_, other)| one.full_name.cmp(&other.full_name));
    all.truncate(usize::try_from(MAX_LIMIT).unwrap_or(usize::MAX));
    Ok(all)
}

pub(super) async fn find<C: ConnectionTrait>(db: &C, id: FacultyId) -> Result<Option<Both>, StoreError> {
    let Some(row) = entity::Entity::find_by_id(id.uuid()).one(db).await? else { return Ok(None) };
    let user = accounts::find_by_ids(db, std::iter::once(row.user_id)).await?.remove(&row.user_id);
    Ok(user.map(|user| (row, user)))
}

/// Who has this number, this mail address or this user name.
pub(super) struct Same {
    pub(super) faculty: Vec<Both>,
    pub(super) users: Vec<accounts::entity::Model>,
}

pub(super) async fn find_same(tx: &Tx, details: &Details) -> Result<Same, StoreError> {
    use accounts::entity::{Column, Entity};
    let logins = [details.email.as_str(), details.username.as_str()];
    // Both may be typed to sign in, so one may not be what the other of somebody else is.
    let named = Condition::any().add(Column::Email.is_in(logins)).add(Column::Username.is_in(logins));
    let users = Entity::find().filter(named).all(tx.db()).await?;
    let lower = Expr::expr(Func::lower(Expr::col(entity::Column::FacultyId)));
    let rows = entity::Entity::find().filter(lower.eq(details.faculty_id.to_lowercase())).all(tx.db()).await?;
    let mut theirs = accounts::find_by_ids(tx.db(), rows.iter().map(|row| row.user_id)).await?;
    let faculty = rows.into_iter().filter_map(|row| theirs.remove(&row.user_id).map(|user| (row, user))).collect();
    Ok(Same { faculty, users })
}

/// The next number after a prefix: `FAC26001`.
pub(super) async fn next_number(tx: &Tx, prefix: &str) -> Result<String, StoreError> {
    let found = entity::Entity::find().select_only().column(entity::Column::FacultyId);
    let known: Vec<String> = found.into_tuple().all(tx.db()).await?;
    let highest = known.iter().filter_map(|id| id.to_uppercase().strip_prefix(prefix)?.parse::<u32>().ok()).max();
    Ok(format!("{prefix}{:03}", highest.unwrap_or(0) + 1))
}

/// Replaces a row that is still as it was read. Says whether it was.
pub(super) async fn update(tx: &Tx, before: &entity::Model, details: &Details) -> Result<bool, StoreError> {
    let row = entity::Model {
        faculty_id: details.faculty_id.clone(),
        designation: details.designation.clone(),
        department: details.department.clone(),
        qualification: details.qualification.clone(),
        specialization: details.specialization.clone(),
        experience: details.experience.clone(),
        contact_number: details.contact_number.clone(),
        joined_on: details.joined_on.clone(),
        updated_at: tx.now().millis(),
        version: before.version + 1,
        ..before.clone()
    };
    let update = entity::Entity::update_many().set(row.into_active_model().reset_all());
    let update = update.filter(entity::Column::Id.eq(before.id)).filter(entity::Column::Version.eq(before.version));
    Ok(update.exec(tx.db()).await?.rows_affected == 1)
}

pub(super) async fn delete(tx: &Tx, id: FacultyId, user: UserId) -> Result<(), StoreError> {
    courses::Entity::delete_many().filter(courses::Column::FacultyId.eq(id.uuid())).exec(tx.db()).await?;
    entity::Entity::delete_by_id(id.uuid()).exec(tx.db()).await?;
    accounts::entity::Entity::delete_by_id(user.uuid()).exec(tx.db()).await?;
    Ok(())
}

fn subjects(row: &courses::Model) -> Result<Vec<String>, StoreError> {
    serde_json::from_str(&row.subjects)
        .map_err(|error| StoreError::Corrupt { table: "faculty_courses", what: error.to_string() })
}

/// The courses that somebody teaches, each with the subjects that are named.
pub(super) async fn find_taught<C: ConnectionTrait>(
    db: &C,
    id: FacultyId,
) -> Result<HashMap<CourseId, Vec<String>>, StoreError> {
    Ok(find_all_taught(db, [id.uuid()]).await?.remove(&id.uuid()).unwrap_or_default())
}

/// What each of these teaches.
pub(super) async fn find_all_taught<C: ConnectionTrait>(
    db: &C,
    faculty: impl IntoIterator<Item = Uuid>,
) -> Result<HashMap<Uuid, HashMap<CourseId, Vec<String>>>, StoreError> {
    let rows = courses::Entity::find().filter(courses::Column::FacultyId.is_in(faculty)).all(db).await?;
    let mut taught = HashMap::<Uuid, HashMap<CourseId, Vec<String>>>::new();
    for row in rows {
        taught.entry(row.faculty_id).or_default().insert(row.course_id.into(), subjects(&row)?);
    }
    Ok(taught)
}

/// The faculty record of an account.
pub(super) async fn find_by_user<C: ConnectionTrait>(
    db: &C,
    user: UserId,
) -> Result<Option<entity::Model>, StoreError> {
    Ok(entity::Entity::find().filter(entity::Column::UserId.eq(user.uuid())).one(db).await?)
}

/// The faculty records of these accounts, by account.
pub(crate) async fn find_by_users<C: ConnectionTrait>(
    db: &C,
    users: impl Iterator<Item = UserId>,
) -> Result<HashMap<Uuid, entity::Model>, StoreError> {
    let users: Vec<Uuid> = users.map(UserId::uuid).collect();
    if users.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = entity::Entity::find().filter(entity::Column::UserId.is_in(users)).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.user_id, row)).collect())
}

/// Says what somebody is and where. Who has no faculty record is given one, with a number that `next` makes from those there are.
pub(crate) async fn set_post(
    tx: &Tx,
    user: UserId,
    (designation, department, contact_number): (&str, &str, &str),
    next: impl FnOnce(&[String]) -> String + Send,
) -> Result<(), StoreError> {
    use entity::{Column, Entity};
    if find_by_user(tx.db(), user).await?.is_some() {
        let update = Entity::update_many()
            .col_expr(Column::Designation, Expr::value(designation))
            .col_expr(Column::Department, Expr::value(department))
            .col_expr(Column::ContactNumber, Expr::value(contact_number))
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .col_expr(Column::UpdatedAt, Expr::value(tx.now().millis()));
        update.filter(Column::UserId.eq(user.uuid())).exec(tx.db()).await?;
        return Ok(());
    }
    tx.lock("faculty numbers").await?;
    let taken: Vec<String> = Entity::find().select_only().column(Column::FacultyId).into_tuple().all(tx.db()).await?;
    let faculty_id = next(&taken);
    let details = Details {
        faculty_id,
        designation: designation.to_owned(),
        department: department.to_owned(),
        contact_number: contact_number.to_owned(),
        ..Details::default()
    };
    insert_details(tx, user, &details).await?;
    Ok(())
}

/// Deletes the faculty record of an account, if there is one.
pub(crate) async fn delete_of(tx: &Tx, user: UserId) -> Result<(), StoreError> {
    entity::Entity::delete_many().filter(entity::Column::UserId.eq(user.uuid())).exec(tx.db()).await?;
    Ok(())
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
