//! What the records of a student add up to, by course, semester, subject, kind and status: a table beside the records, written in the
//! transaction that writes them. So how a student stands takes as long at the end of a semester as at its beginning.
//!
//! It says nothing that the records do not say: [`find_wrong`] counts again and compares, [`recount`] makes it anew.

use std::collections::BTreeMap;

use lamplight_store::{StoreError, Tx};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel,
    sea_query::{Alias, Asterisk, Expr, ExprTrait, Func, OnConflict, Query, SelectStatement, UnionType},
};
use uuid::Uuid;

use super::{
    entity::{records, sums},
    store::sum,
};

/// Rows in one statement. SQLite takes 32,766 values, a sum has ten.
const CHUNK: usize = 1000;

/// What a sum is of: student, course, semester, subject, kind, status.
type Key = (Uuid, Uuid, i32, String, String, String);

/// What a transaction changes of the sums.
#[derive(Debug, Default)]
pub(super) struct Sums {
    changed: BTreeMap<Key, Change>,
}

#[derive(Debug, Default)]
struct Change {
    subject: String,
    classes: i64,
    minutes_attended: i64,
    minutes_total: i64,
}

impl Sums {
    /// A record came to be.
    pub(super) fn add(&mut self, row: &records::Model) {
        self.count(row, 1);
    }

    /// A record is no more what it was.
    pub(super) fn take(&mut self, row: &records::Model) {
        self.count(row, -1);
    }

    fn count(&mut self, row: &records::Model, classes: i64) {
        let records::Model { student_id, course_id, semester, subject_key, kind, status, .. } = row.clone();
        let change = self.changed.entry((student_id, course_id, semester, subject_key, kind, status)).or_default();
        change.subject.clone_from(&row.subject);
        change.classes += classes;
        change.minutes_attended += classes * i64::from(row.minutes_attended);
        change.minutes_total += classes * i64::from(row.minutes_total);
    }

    /// Writes the changes, always in one order: two transactions that change the same sums wait for each other and not in a circle.
    pub(super) async fn write(self, tx: &Tx) -> Result<(), StoreError> {
        let changes = self
            .changed
            .into_iter()
            .filter(|(_, change)| change.classes != 0 || change.minutes_attended != 0 || change.minutes_total != 0);
        let rows: Vec<_> = changes
            .map(|((student_id, course_id, semester, subject_key, kind, status), change)| {
                let Change { subject, classes, minutes_attended, minutes_total } = change;
                #[rustfmt::skip]
                let row = sums::Model {
                    student_id, course_id, semester, subject_key, kind, status, subject, classes, minutes_attended, minutes_total,
                };
                row.into_active_model().reset_all()
            })
            .collect();
        for rows in rows.chunks(CHUNK) {
            let more = |column: sums::Column| {
                let there = Expr::col((sums::Entity, column));
                (column, there.add(Expr::col((Alias::new("excluded"), column))))
            };
            let again = OnConflict::columns(KEY)
                .update_column(sums::Column::Subject)
                .values([
                    more(sums::Column::Classes),
                    more(sums::Column::MinutesAttended),
                    more(sums::Column::MinutesTotal),
                ])
                .to_owned();
            sums::Entity::insert_many(rows.to_vec()).on_conflict(again).exec_without_returning(tx.db()).await?;
        }
        Ok(())
    }
}

const KEY: [sums::Column; 6] = [
    sums::Column::StudentId,
    sums::Column::CourseId,
    sums::Column::Semester,
    sums::Column::SubjectKey,
    sums::Column::Kind,
    sums::Column::Status,
];

/// The sums as the records have them.
fn counted(subject: bool) -> SelectStatement {
    use records::Column as C;
    let key = [C::StudentId, C::CourseId, C::Semester, C::SubjectKey, C::Kind, C::Status];
    let mut counted = Query::select();
    counted.columns(key).from(records::Entity).group_by_columns(key);
    if subject {
        counted.expr(Expr::col(C::Subject).max());
    }
    counted.expr(Expr::col(C::Id).count()).expr(sum(C::MinutesAttended)).expr(sum(C::MinutesTotal));
    counted
}

/// How many sums are not what the records add up to.
///
/// # Errors
/// When the database fails.
pub async fn find_wrong<C: ConnectionTrait>(db: &C) -> Result<u64, StoreError> {
    use sums::Column as S;
    let kept = || {
        let mut kept = Query::select();
        kept.columns(KEY).columns([S::Classes, S::MinutesAttended, S::MinutesTotal]).from(sums::Entity);
        // A sum of nothing stays behind when the last record of its kind becomes another.
        kept.and_where(Expr::col(S::Classes).ne(0).or(Expr::col(S::MinutesTotal).ne(0)));
        kept
    };
    let mut wrong = 0_i64;
    for (mut one, other) in [(kept(), counted(false)), (counted(false), kept())] {
        let differ = one.union(UnionType::Except, other).to_owned();
        let count = Query::select()
            .expr(Func::count(Expr::col(Asterisk)))
            .from_subquery(differ, Alias::new("differ"))
            .to_owned();
        let row = db.query_one(&count).await?;
        let found = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
        wrong = Ord::max(wrong, found);
    }
    Ok(u64::try_from(wrong).unwrap_or(0))
}

/// Makes the sums anew from the records. The server may run meanwhile: who writes the sum of a record that was counted waits.
///
/// # Errors
/// When the database fails.
pub async fn recount(tx: &Tx) -> Result<(), StoreError> {
    use sums::Column as S;
    sums::Entity::delete_many().exec(tx.db()).await?;
    let mut insert = Query::insert();
    let counts = [S::Subject, S::Classes, S::MinutesAttended, S::MinutesTotal];
    insert.into_table(sums::Entity).columns(KEY.into_iter().chain(counts));
    insert
        .select_from(counted(true))
        .map_err(|error| StoreError::Database(sea_orm::DbErr::Custom(error.to_string())))?;
    tx.db().execute(&insert).await?;
    Ok(())
}
