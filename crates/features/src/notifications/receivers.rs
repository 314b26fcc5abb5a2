//! Whom a notice of the office is for: what was chosen, who that is, and which rooms hear it.

use std::collections::HashSet;

use lamplight_auth::Role;
use lamplight_kernel::{CourseId, Room, StudentId, Target, UserId};
use lamplight_store::StoreError;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, sea_query::Query};
use uuid::Uuid;

use super::rules::{MAX_INDIVIDUALS, NotificationError, TargetType};
use crate::{accounts, courses, faculty, students};

/// Checks what was chosen. Texts are ids, years or roles.
pub(super) async fn check<C: ConnectionTrait>(
    db: &C,
    target: TargetType,
    ids: &[String],
) -> Result<Result<(), NotificationError>, StoreError> {
    let invalid = |text: &str| Ok(Err(NotificationError::Invalid(vec![("targetIds", text.to_owned())])));
    if ids.is_empty() && target != TargetType::All {
        return invalid(match target {
            TargetType::Role => "Choose whom it is for: students, faculty or the office.",
            TargetType::Course => "Choose the course it is for.",
            TargetType::Batch => "Choose the year in which the students began.",
            TargetType::Individual | TargetType::All => "Choose at least one person.",
        });
    }
    match target {
        TargetType::All => {}
        TargetType::Role => {
            if roles(ids).len() != ids.len() {
                return invalid("A role must be student, faculty or admin.");
            }
        }
        TargetType::Course => {
            let known = courses::find_names(db).await?;
            if !ids.iter().all(|id| id.parse().is_ok_and(|id: CourseId| known.contains_key(&id))) {
                return invalid("One of the courses does not exist.");
            }
        }
        TargetType::Batch => {
            if !ids.iter().all(|id| id.parse().is_ok_and(|year: i32| (1950..=2200).contains(&year))) {
                return invalid("A year must have four digits, such as 2026.");
            }
        }
        TargetType::Individual => {
            if ids.len() > MAX_INDIVIDUALS {
                return invalid("Choose at most 500 people, or a course or batch.");
            }
            if individuals(db, ids).await?.is_none() {
                return invalid("One of the people does not exist.");
            }
        }
    }
    Ok(Ok(()))
}

/// Who receives it: everybody that was chosen and may sign in.
pub(super) async fn resolve<C: ConnectionTrait>(
    db: &C,
    target: TargetType,
    ids: &[String],
) -> Result<Vec<UserId>, StoreError> {
    use accounts::entity::{Column, Entity};
    let chosen = match target {
        TargetType::All => Condition::all(),
        TargetType::Role => Condition::all().add(Column::Role.is_in(roles(ids).into_iter().map(Role::as_str))),
        TargetType::Course => {
            let courses: Vec<Uuid> = ids.iter().filter_map(|id| id.parse().ok()).map(CourseId::uuid).collect();
            let mut pupils = Query::select();
            pupils
                .column(students::entity::Column::UserId)
                .from(students::entity::Entity)
                .and_where(students::entity::Column::CourseId.is_in(courses.clone()));
            Condition::any()
                .add(Column::Id.in_subquery(pupils))
                .add(Column::Id.in_subquery(faculty::users_who_teach(courses)))
        }
        TargetType::Batch => {
            let years: Vec<i32> = ids.iter().filter_map(|id| id.parse().ok()).collect();
            let mut pupils = Query::select();
            pupils
                .column(students::entity::Column::UserId)
                .from(students::entity::Entity)
                .and_where(students::entity::Column::BatchYear.is_in(years));
            Condition::all().add(Column::Id.in_subquery(pupils))
        }
        TargetType::Individual => {
            Condition::all().add(Column::Id.is_in(individuals(db, ids).await?.unwrap_or_default()))
        }
    };
    let found = Entity::find().select_only().column(Column::Id).filter(Column::IsActive.ne(0)).filter(chosen);
    let users: Vec<Uuid> = found.into_tuple().all(db).await?;
    Ok(users.into_iter().map(UserId::from).collect())
}

/// The rooms that hear of it. Everybody and roles have rooms of their own; anything else is told person by person, so that who
/// joins a course in between does not hear what was not sent to them.
pub(super) fn rooms(target: TargetType, ids: &[String], receivers: &[UserId]) -> Vec<Room> {
    let of_role = |role: &Role| match role {
        Role::Admin => Room::admins(),
        Role::Faculty => Room::faculty(),
        Role::Student => Room::students(),
    };
    match target {
        TargetType::All => [Role::Admin, Role::Faculty, Role::Student].iter().map(of_role).collect(),
        TargetType::Role => roles(ids).iter().map(of_role).collect(),
        TargetType::Course | TargetType::Batch | TargetType::Individual => {
            receivers.iter().map(|&user| Room::user(user)).collect()
        }
    }
}

/// Who hears what becomes of it later: those who received it, and nobody who was added since.
pub(super) async fn heard_by<C: ConnectionTrait>(
    db: &C,
    target: TargetType,
    ids: &[String],
    receivers: &[UserId],
) -> Result<Target, StoreError> {
    let heard = Target::rooms(rooms(target, ids, receivers));
    if !matches!(target, TargetType::All | TargetType::Role) {
        return Ok(heard);
    }
    let received: HashSet<UserId> = receivers.iter().copied().collect();
    let now = resolve(db, target, ids).await?;
    Ok(heard.except(now.into_iter().filter(|user| !received.contains(user)).map(Room::user)))
}

fn roles(ids: &[String]) -> Vec<Role> {
    ids.iter()
        .filter_map(|id| [Role::Admin, Role::Faculty, Role::Student].into_iter().find(|role| role.as_str() == id))
        .collect()
}

/// The users with these ids, which may be those of users or of student records; nothing when one is neither.
async fn individuals<C: ConnectionTrait>(db: &C, ids: &[String]) -> Result<Option<Vec<Uuid>>, StoreError> {
    let Some(ids): Option<Vec<UserId>> = ids.iter().map(|id| id.parse().ok()).collect() else {
        return Ok(None);
    };
    let users = accounts::find_by_ids(db, ids.iter().map(|id| id.uuid())).await?;
    let pupils = students::find_by_ids(db, ids.iter().map(|id| StudentId::from(id.uuid()))).await?;
    let user = |id: &UserId| match users.get(&id.uuid()) {
        Some(user) => Some(user.id),
        None => pupils.get(&StudentId::from(id.uuid())).map(|student| student.user_id),
    };
    Ok(ids.iter().map(user).collect())
}
