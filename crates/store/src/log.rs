//! The event log: what happened, in commit order.
//!
//! * `log` is one row: the epoch, the number of the newest event, and the number up to which old ones were dropped.
//! * `event` holds the events; `event_room` is their index by room, so that a client that comes back pays for what it
//!   missed and not for what everybody missed.
//!
//! **Why the numbers have no gaps and are in commit order.** A committer takes its numbers by `UPDATE log SET head =
//! head + n RETURNING head`, as its last statements. The row is then locked until the commit (PostgreSQL) or there is no
//! other writer anyway (SQLite), so nobody can take later numbers and commit earlier, and a transaction that is rolled
//! back gives its numbers back. A reader that has seen `n` will never be surprised by a smaller one; a sequence, which
//! hands out numbers in another order than commits, would need an advisory lock for the same and would leave gaps.

use lamplight_kernel::{Recorded, Room, Target, Timestamp};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Select,
    sea_query::{Expr, ExprTrait},
};

use crate::{Store, StoreError, hold, in_time};

/// The number of the newest event, as an expression for a larger statement that must know it of the same moment.
pub const HEAD: &str = "(SELECT head FROM log)";

/// Rows an INSERT carries at most: SQLite binds at most 32,766 values in a statement.
const INSERT_ROWS: usize = 1000;

pub(crate) mod head {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "log")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        pub epoch: i64,
        pub head: i64,
        pub floor: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod event {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "event")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub seq: i64,
        pub at: i64,
        pub name: String,
        /// Room names, one a line.
        pub rooms: String,
        /// Room names, one a line.
        pub except_rooms: String,
        pub until: Option<i64>,
        /// JSON, as it is sent.
        pub payload: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod event_room {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "event_room")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub room: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub seq: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Where the log stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Which log: another one after a backup was restored.
    pub epoch: u32,
    /// The newest event's number; 0 when there is none.
    pub seq: i64,
    /// Everything up to this number was dropped.
    pub floor: i64,
}

/// An event in the log.
#[derive(Debug, Clone)]
pub struct Logged {
    /// Its number.
    pub seq: i64,
    /// When its transaction began.
    pub at: Timestamp,
    /// Its name on the wire; names that begin with `@` are controls.
    pub name: String,
    /// Who hears it.
    pub target: Target,
    /// Its payload, as it was recorded: JSON, unless somebody has been at it since.
    pub payload: String,
}

impl From<event::Model> for Logged {
    fn from(row: event::Model) -> Self {
        let rooms = |text: &str| text.lines().map(|name| Room::from_stored(name.to_owned())).collect();
        Self {
            seq: row.seq,
            at: Timestamp::from_millis(row.at),
            target: Target {
                to: rooms(&row.rooms),
                except: rooms(&row.except_rooms),
                until: row.until.map(Timestamp::from_millis),
            },
            payload: row.payload,
            name: row.name,
        }
    }
}

/// A part of what somebody missed.
#[derive(Debug, Clone)]
pub struct Missed {
    /// The events, in order.
    pub events: Vec<Logged>,
    /// Everything up to this number is in them; more may follow.
    pub up_to: i64,
}

/// The numbers of the first `limit` events after `from` and up to `to` that were for these rooms, in order.
fn in_rooms(rooms: &[Room], from: i64, to: i64, limit: u64) -> Select<event_room::Entity> {
    event_room::Entity::find()
        .select_only()
        .column(event_room::Column::Seq)
        .distinct()
        .filter(event_room::Column::Room.is_in(rooms.iter().map(Room::as_str)))
        .filter(event_room::Column::Seq.gt(from))
        .filter(event_room::Column::Seq.lte(to))
        .order_by_asc(event_room::Column::Seq)
        .limit(limit)
}

/// The log, for reading. What is asked is answered in time ([`in_time`]), because those who ask serve many.
#[derive(Debug, Clone, Copy)]
pub struct Log<'a> {
    store: &'a Store,
}

impl<'a> Log<'a> {
    pub(crate) const fn new(store: &'a Store) -> Self {
        Self { store }
    }

    /// Where the log stands now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn head(self) -> Result<Head, StoreError> {
        let row = in_time(head::Entity::find().one(self.store.reader())).await?;
        let missing = || StoreError::Corrupt { table: "log", what: "its row is missing".to_owned() };
        let row = row.ok_or_else(missing)?;
        Ok(Head {
            epoch: u32::try_from(row.epoch)
                .map_err(|_| StoreError::Corrupt { table: "log", what: format!("epoch {}", row.epoch) })?,
            seq: row.head,
            floor: row.floor,
        })
    }

    /// The events after `seq`, for everybody, in order; at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn after(self, seq: i64, limit: u64) -> Result<Vec<Logged>, StoreError> {
        let found = event::Entity::find().filter(event::Column::Seq.gt(seq)).order_by_asc(event::Column::Seq);
        let rows = in_time(found.limit(limit).all(self.store.reader())).await?;
        Ok(rows.into_iter().map(Logged::from).collect())
    }

    /// The events after `from` and up to `to` that somebody who is in `rooms` may hear now, in order: those among the first
    /// `limit` that were for these rooms.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn missed(self, rooms: &[Room], from: i64, to: i64, limit: u64) -> Result<Missed, StoreError> {
        #[derive(FromQueryResult)]
        struct Number {
            seq: i64,
        }
        let numbers = in_rooms(rooms, from, to, limit).into_model().all(self.store.reader());
        let numbers: Vec<Number> = in_time(numbers).await?;
        let up_to = match numbers.last() {
            Some(last) if numbers.len() as u64 >= limit => last.seq,
            _ => to,
        };
        if numbers.is_empty() {
            return Ok(Missed { events: Vec::new(), up_to });
        }
        let rows = event::Entity::find()
            .filter(event::Column::Seq.is_in(numbers.into_iter().map(|number| number.seq)))
            .order_by_asc(event::Column::Seq)
            .all(self.store.reader());
        let rows = in_time(rows).await?;
        let now = self.store.clock().now();
        let events = rows.into_iter().map(Logged::from).filter(|event| event.target.reaches(rooms, now)).collect();
        Ok(Missed { events, up_to })
    }

    /// How many events after `from` and up to `to` were for these rooms; counted up to `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_missed(self, rooms: &[Room], from: i64, to: i64, limit: u64) -> Result<u64, StoreError> {
        Ok(in_time(in_rooms(rooms, from, to, limit).count(self.store.reader())).await?)
    }

    /// Drops events that were recorded before `cutoff`, oldest first, at most `limit`; says how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drop_before(self, cutoff: Timestamp, limit: u64) -> Result<u64, StoreError> {
        let oldest =
            event::Entity::find().order_by_asc(event::Column::Seq).limit(limit).all(self.store.reader()).await?;
        // Stops at the first that is young enough: the floor must not rise past an event that is kept.
        let Some(floor) = oldest.iter().take_while(|event| event.at < cutoff.millis()).map(|event| event.seq).last()
        else {
            return Ok(0);
        };
        let tx = self.store.begin().await?;
        event_room::Entity::delete_many().filter(event_room::Column::Seq.lte(floor)).exec(tx.db()).await?;
        let dropped = event::Entity::delete_many().filter(event::Column::Seq.lte(floor)).exec(tx.db()).await?;
        // Another node may have dropped more since this one looked.
        let raise = head::Entity::update_many().col_expr(head::Column::Floor, Expr::value(floor));
        raise.filter(head::Column::Floor.lt(floor)).exec(tx.db()).await?;
        tx.commit().await?;
        Ok(dropped.rows_affected)
    }

    /// Begins a new epoch: no client resumes from before, each loads afresh. For a database that was put back to an earlier state.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_epoch(self) -> Result<(), StoreError> {
        let epoch = u32::from_be_bytes(self.store.chance().bytes());
        let tx = self.store.begin().await?;
        let update = head::Entity::update_many().col_expr(head::Column::Epoch, Expr::value(i64::from(epoch)));
        update.exec(tx.db()).await?;
        tx.commit().await
    }

    /// Gives a new log its epoch.
    pub(crate) async fn found_epoch(self) -> Result<(), StoreError> {
        if head::Entity::find().one(self.store.reader()).await?.is_some() {
            return Ok(());
        }
        let epoch = u32::from_be_bytes(self.store.chance().bytes());
        let row = head::ActiveModel { id: Set(1), epoch: Set(epoch.into()), head: Set(0), floor: Set(0) };
        let tx = self.store.begin().await?;
        // Another node may found it in the same moment.
        let first = sea_orm::sea_query::OnConflict::column(head::Column::Id).do_nothing().to_owned();
        head::Entity::insert(row).on_conflict(first).exec_without_returning(tx.db()).await?;
        tx.commit().await
    }
}

/// Writes events with the next numbers of the log.
pub(crate) async fn append(db: &DatabaseTransaction, events: &[Recorded], now: Timestamp) -> Result<(), StoreError> {
    let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
    let mut update = sea_orm::sea_query::Query::update();
    update
        .table(head::Entity)
        .value(head::Column::Head, Expr::col(head::Column::Head).add(count))
        // A server that was cut off while the institute was moved away would go on writing here what nobody reads.
        .and_where(Expr::not_exists(sea_orm::sea_query::Query::select().expr(Expr::val(1)).from("hold").take()))
        .returning_col(head::Column::Head);
    let Some(row) = db.query_one(&update).await? else {
        hold::check(db, false).await?;
        return Err(StoreError::Corrupt { table: "log", what: "its row is missing".to_owned() });
    };
    let head: i64 = row.try_get("", "head")?;
    let numbered = || (head - count + 1..).zip(events);
    let lines = |rooms: &[Room]| rooms.iter().map(Room::as_str).collect::<Vec<_>>().join("\n");
    let rows: Vec<event::ActiveModel> = numbered()
        .map(|(seq, recorded)| event::ActiveModel {
            seq: Set(seq),
            at: Set(now.millis()),
            name: Set(recorded.name.to_owned()),
            rooms: Set(lines(&recorded.target.to)),
            except_rooms: Set(lines(&recorded.target.except)),
            until: Set(recorded.target.until.map(Timestamp::millis)),
            payload: Set(recorded.payload.get().to_owned()),
        })
        .collect();
    for chunk in rows.chunks(INSERT_ROWS) {
        event::Entity::insert_many(chunk.to_vec()).exec_without_returning(db).await?;
    }
    let mut rooms: Vec<(&str, i64)> = numbered()
        .flat_map(|(seq, recorded)| recorded.target.to.iter().map(move |room| (room.as_str(), seq)))
        .collect();
    rooms.sort_unstable();
    rooms.dedup();
    for chunk in rooms.chunks(INSERT_ROWS) {
        let rows =
            chunk.iter().map(|&(room, seq)| event_room::ActiveModel { room: Set(room.to_owned()), seq: Set(seq) });
        event_room::Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    Ok(())
}
