//! Seats and running numbers: what two who add at the same time must not both take.

use std::collections::{BTreeMap, HashSet};

use lamplight_kernel::CourseId;
use lamplight_store::{StoreError, Tx};
use sea_orm::{
    ActiveValue::Set,
    EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait, Func, OnConflict},
};
use uuid::Uuid;

use super::{
    entity::{Column, Entity, numbers},
    rules::{StudentError, human_id},
};
use crate::courses;

/// The seats of some courses that are free, in a transaction in which nobody else takes one of them.
#[derive(Debug)]
pub(super) struct Seats(BTreeMap<Uuid, Seat>);

#[derive(Debug)]
struct Seat {
    code: String,
    seats: i32,
    free: i64,
}

/// Keeps others from taking seats of a course, and from changing how many it has, until the transaction ends.
pub(crate) async fn lock_seats(tx: &Tx, course: CourseId) -> Result<(), StoreError> {
    tx.lock(&format!("seats:{course}")).await
}

impl Seats {
    /// Keeps others from taking seats of these courses until the transaction ends, and counts.
    pub(super) async fn lock(tx: &Tx, wanted: impl IntoIterator<Item = Uuid>) -> Result<Self, StoreError> {
        // In their order, so that two who want several do not wait for each other.
        let wanted: std::collections::BTreeSet<Uuid> = wanted.into_iter().collect();
        let mut found = BTreeMap::new();
        for course in wanted {
            lock_seats(tx, course.into()).await?;
            let Some(row) = courses::entity::Entity::find_by_id(course).one(tx.db()).await? else { continue };
            let taken = super::store::count_seats(tx.db(), CourseId::from(course)).await?;
            found.insert(course, Seat { code: row.code, seats: row.seats, free: i64::from(row.seats) - taken });
        }
        Ok(Self(found))
    }

    /// Gives one back.
    pub(super) fn leave(&mut self, course: Uuid) {
        if let Some(seat) = self.0.get_mut(&course) {
            seat.free += 1;
        }
    }

    /// Takes one.
    pub(super) fn take(&mut self, course: Uuid) -> Result<(), StudentError> {
        let Some(seat) = self.0.get_mut(&course) else { return Ok(()) };
        if seat.free < 1 {
            return Err(StudentError::CourseFull { course: seat.code.clone(), seats: seat.seats });
        }
        seat.free -= 1;
        Ok(())
    }
}

/// Human ids for new students of a course who were admitted in a year. The row of the counter is held until the transaction ends,
/// so that a number is given out once and one that was rolled back is given out again.
pub(super) async fn next_ids(
    tx: &Tx,
    course: (Uuid, &str),
    year: i32,
    count: usize,
) -> Result<Vec<String>, StoreError> {
    let mut ids = Vec::with_capacity(count);
    while ids.len() < count {
        let wanted = i32::try_from(count - ids.len()).unwrap_or(i32::MAX);
        let row = numbers::ActiveModel { course_id: Set(course.0), year: Set(year), last: Set(wanted) };
        let again = OnConflict::columns([numbers::Column::CourseId, numbers::Column::Year])
            .value(numbers::Column::Last, Expr::col((numbers::Entity, numbers::Column::Last)).add(wanted))
            .to_owned();
        let counter = numbers::Entity::insert(row).on_conflict(again).exec_with_returning(tx.db()).await?;
        let made = (counter.last - wanted + 1..=counter.last).map(|number| human_id(course.1, year, number));
        let made: Vec<String> = made.collect();
        // Taken already by whoever was numbered before there was a counter, in whatever case it was typed.
        let taken: Vec<String> = Entity::find()
            .select_only()
            .column(Column::StudentId)
            .filter(Func::lower(Expr::col(Column::StudentId)).is_in(made.iter().map(|id| id.to_lowercase())))
            .into_tuple()
            .all(tx.db())
            .await?;
        let taken: HashSet<String> = taken.into_iter().map(|id| id.to_lowercase()).collect();
        ids.extend(made.into_iter().filter(|id| !taken.contains(&id.to_lowercase())));
    }
    Ok(ids)
}
