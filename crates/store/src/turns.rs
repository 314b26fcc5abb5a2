//! Turns at the one connection that writes to SQLite, and commits that are made together.
//!
//! A commit has to reach the disk, and meanwhile nobody else can write. So whoever is done with its rows lets those who wait go on within the
//! same transaction of SQLite, each in a savepoint of its own, and queues behind them: the first whose turn comes again commits for all of
//! them. Alone it has its turn again at once, and commits as ever. PostgreSQL has no part in this: there many write at a time.
//!
//! What must hold:
//!
//! * **Nobody is told of anything before it is on the disk.** Other connections see nothing of a group before its commit, which is a full one
//!   (`synchronous=FULL`). Who joins a group does see what the others wrote, and might answer from that without a commit of its own ("you have
//!   this already"). So only what runs within [`answering`] joins, and its answer is held until the group has ended.
//! * **All of a group or nothing**, and all of it are told the same.
//! * **An act that fails or is given up takes back its own rows only**, and ends its group: the database may have taken back more than that (it
//!   does when the disk is full), and then the commit must fail. What tells is [`MARK`].

use std::{
    cell::RefCell,
    sync::Arc,
    time::{Duration, Instant},
};

use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, RuntimeErr, TransactionTrait,
};
use tokio::sync::{Mutex, OwnedMutexGuard, SetOnce};

use crate::{
    StoreError,
    connect::{ACQUIRE_TIMEOUT, late},
};

/// Nobody joins a group that is older, so that the first of it is not kept for long.
const OPEN_FOR: Duration = Duration::from_millis(10);
/// A savepoint below those of all who join. It is there at the end unless all was taken back meanwhile; a commit of nothing succeeds.
const MARK: &str = "lamplight_group";

tokio::task_local! {
    /// The groups that what runs here has joined.
    static JOINED: RefCell<Vec<Arc<Group>>>;
}

/// Runs what will answer somebody, and holds its answer until everything that it wrote or saw is on the disk.
///
/// Transactions that begin within it may be committed together with those of others; elsewhere, also in a task of its own, each is committed
/// alone.
///
/// # Errors
/// When something that it saw could not be saved. The answer may be about that, so it must not be given.
pub async fn answering<T>(answer: impl Future<Output = T>) -> Result<T, StoreError> {
    let (answer, joined) = JOINED
        .scope(RefCell::default(), async {
            let answer = answer.await;
            (answer, JOINED.with(RefCell::take))
        })
        .await;
    for group in joined {
        group.outcome().await?;
    }
    Ok(answer)
}

/// Acts that are committed together.
#[derive(Debug)]
struct Group {
    began: Instant,
    outcome: SetOnce<Result<(), DbErr>>,
}

impl Group {
    async fn outcome(&self) -> Result<(), DbErr> {
        self.outcome.wait().await.clone()
    }
}

/// A transaction of SQLite that holds the rows of acts which wait for their commit.
#[derive(Debug)]
struct Open {
    db: DatabaseTransaction,
    group: Arc<Group>,
    is_marked: bool,
    /// An act of it was given up.
    is_spoilt: bool,
}

impl Open {
    /// A part of it for one more act.
    async fn join(&mut self) -> Result<DatabaseTransaction, DbErr> {
        if !self.is_marked {
            self.db.execute_unprepared(&format!("SAVEPOINT {MARK}")).await?;
            self.is_marked = true;
        }
        self.db.begin().await
    }

    async fn commit(self) -> Result<(), DbErr> {
        if self.is_marked {
            // An outage, for those who have no part in what went wrong: nothing was changed, and they may try again.
            let taken_back = |error| DbErr::Conn(RuntimeErr::Internal(format!("taken back with another act: {error}")));
            self.db.execute_unprepared(&format!("RELEASE {MARK}")).await.map_err(taken_back)?;
        }
        self.db.commit().await
    }
}

type Slot = OwnedMutexGuard<Option<Open>>;

/// Commits what waits.
async fn end(slot: &mut Slot) {
    if let Some(open) = slot.take() {
        let ending = Ending(Arc::clone(&open.group));
        ending.tell(open.commit().await);
    }
}

/// Who is about to end a group. They tell those who wait for it, whatever happens: nobody else can.
struct Ending(Arc<Group>);

impl Ending {
    fn tell(&self, outcome: Result<(), DbErr>) {
        // What was told already stays.
        let _ = self.0.outcome.set(outcome);
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.tell(Err(late()));
    }
}

/// In a task of its own: cut off in the middle, nobody would know what became of it.
async fn unhurried<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Result<T, DbErr> {
    // It has panicked, which its hook has told, or the runtime ends.
    tokio::spawn(work).await.map_err(|_| late())
}

/// The queue for the connection, first come, first served.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    open: Arc<Mutex<Option<Open>>>,
}

impl Turns {
    /// A transaction on `writer`, when it is its turn; as part of a group when it may and there is one.
    ///
    /// # Errors
    /// When the turn does not come in time, or the database fails.
    pub(crate) async fn begin(
        &self,
        writer: &DatabaseConnection,
        may_join: bool,
    ) -> Result<(DatabaseTransaction, Turn), StoreError> {
        let mut slot = tokio::time::timeout(ACQUIRE_TIMEOUT, Arc::clone(&self.open).lock_owned())
            .await
            .map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?;
        let joinable =
            slot.as_ref().filter(|open| may_join && !open.is_spoilt && open.group.began.elapsed() < OPEN_FOR);
        if let Some(group) = joinable.map(|open| Arc::clone(&open.group))
            && JOINED.try_with(|joined| joined.borrow_mut().push(group)).is_ok()
        {
            let joined = unhurried(async move {
                let mut turn = Turn { slot, is_done: false };
                let db = match &mut *turn.slot {
                    Some(open) => open.join().await?,
                    None => return Err(late()),
                };
                Ok((db, turn))
            });
            return Ok(joined.await??);
        }
        if slot.is_some() {
            slot = unhurried(async move {
                end(&mut slot).await;
                slot
            })
            .await?;
        }
        Ok((writer.begin().await?, Turn { slot, is_done: false }))
    }
}

/// The right to use the connection, of a transaction and for as long as that lasts.
#[derive(Debug)]
pub(crate) struct Turn {
    slot: Slot,
    is_done: bool,
}

impl Turn {
    /// Commits `db`, which is of this turn. Not to be cut off.
    ///
    /// # Errors
    /// When the database fails. Then nothing was written.
    pub(crate) async fn commit(mut self, db: DatabaseTransaction) -> Result<(), DbErr> {
        let group = if let Some(open) = &*self.slot {
            let group = Arc::clone(&open.group);
            db.commit().await?;
            group
        } else {
            let group = Arc::new(Group { began: Instant::now(), outcome: SetOnce::new() });
            *self.slot = Some(Open { db, group: Arc::clone(&group), is_marked: false, is_spoilt: false });
            group
        };
        self.is_done = true;
        if group.began.elapsed() >= OPEN_FOR {
            end(&mut self.slot).await;
            return group.outcome().await;
        }
        let turns = Arc::clone(OwnedMutexGuard::mutex(&self.slot));
        drop(self);
        tokio::select! {
            biased;
            outcome = group.outcome() => outcome,
            mut slot = turns.lock_owned() => {
                if slot.as_ref().is_some_and(|open| Arc::ptr_eq(&open.group, &group)) {
                    end(&mut slot).await;
                }
                drop(slot);
                group.outcome().await
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.is_done
            && let Some(open) = &mut *self.slot
        {
            open.is_spoilt = true;
        }
    }
}
