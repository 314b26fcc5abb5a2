//! How this server is, for the page System: the figures of `/metrics` and `/readyz`, and what the doctor says of a machine that runs, in
//! words for who does not look after servers every day.
//!
//! It is asked every few seconds by everybody who has the page open, so nothing is tried that writes, what takes longer is kept for a
//! minute, and nothing waits for long.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use lamplight_features::{
    system::{
        Machine, SystemAdvice, SystemBackup, SystemBackupState, SystemConnected, SystemCount, SystemCounts,
        SystemDatabase, SystemDatabaseKind, SystemRedis, SystemRole, SystemSeverity, SystemStatus, SystemStorage,
        SystemUploadsIn,
    },
    uploads,
};
use lamplight_kernel::Timestamp;
use lamplight_realtime::Present;
use lamplight_store::Backend;
use rustix::process::{Resource, getrlimit};
use tokio::{sync::Mutex, time::timeout};

use super::{MOST_BEHIND, PATIENCE, REDIS_AWAY, Readiness};
use crate::{
    disk::{Room, Space, amount},
    last_backup,
    settings::Settings,
};

/// Who counts all connections or adds up all uploads does so for everybody who asks within this time.
const COUNT_EVERY: Duration = Duration::from_secs(1);
const ADD_UP_EVERY: Duration = Duration::from_secs(60);
/// A database that takes longer makes every page feel slow.
const SLOW_MILLIS: f64 = 500.0;
/// With more events to hand on than this, pages are seconds behind.
const BEHIND: i64 = 100;

/// What the page shows, and where it is read.
#[derive(Debug)]
pub(crate) struct System {
    readiness: Readiness,
    started: Timestamp,
    data_dir: PathBuf,
    is_redis_set: bool,
    is_s3_set: bool,
    sizes: Kept<Sizes>,
    present: Kept<Vec<Present>>,
}

/// What is asked of the database and takes as long as there is much in it.
#[derive(Debug, Clone, Copy, Default)]
struct Sizes {
    database: Option<u64>,
    uploads: Option<(u64, u64)>,
}

/// What was found out a moment ago holds for a while.
#[derive(Debug, Default)]
struct Kept<T>(Mutex<Option<(Instant, T)>>);

impl<T: Clone> Kept<T> {
    /// One asks, and those who come meanwhile wait for the same answer.
    async fn get(&self, at_most: Duration, ask: impl Future<Output = Option<T>>) -> Option<T> {
        let mut kept = self.0.lock().await;
        if let Some((since, value)) = &*kept
            && since.elapsed() < at_most
        {
            return Some(value.clone());
        }
        let value = ask.await?;
        *kept = Some((Instant::now(), value.clone()));
        Some(value)
    }
}

impl System {
    pub(crate) fn new(readiness: Readiness, settings: &Settings) -> Self {
        let is_postgres = readiness.store.backend() == Backend::Postgres;
        Self {
            started: readiness.store.clock().now(),
            readiness,
            data_dir: settings.data_dir.clone(),
            is_redis_set: settings.redis.is_some() && is_postgres,
            is_s3_set: settings.s3.is_some(),
            sizes: Kept::default(),
            present: Kept::default(),
        }
    }

    /// How long the database takes to say where the log stands, and where that is.
    async fn log(&self) -> Option<(f64, i64)> {
        let asked = Instant::now();
        let head = timeout(PATIENCE, self.readiness.store.log().head()).await.ok()?.ok()?;
        Some((asked.elapsed().as_secs_f64() * 1000.0, head.seq))
    }

    async fn sizes(&self) -> Sizes {
        let store = &self.readiness.store;
        let ask = async {
            let database = timeout(PATIENCE, store.size()).await.ok()?.ok();
            let uploads = timeout(PATIENCE, uploads::total(store.reader())).await.ok()?.ok();
            Some(Sizes { database, uploads })
        };
        self.sizes.get(ADD_UP_EVERY, ask).await.unwrap_or_default()
    }

    async fn roles(&self) -> Option<Vec<SystemRole>> {
        let ask = async { timeout(PATIENCE, self.readiness.realtime.present()).await.ok()? };
        let present = self.present.get(COUNT_EVERY, ask).await?;
        let number = |count: usize| u64::try_from(count).unwrap_or_default();
        let role = |one: Present| SystemRole {
            role: one.role.as_str(),
            people: number(one.people),
            pages: number(one.sockets),
        };
        Some(present.into_iter().map(role).collect())
    }

    fn backup(&self) -> SystemBackup {
        let now = self.readiness.store.clock().now();
        let is_embedded = self.readiness.store.backend() == Backend::Sqlite;
        match last_backup::last(&self.data_dir) {
            Ok(Some(at)) if at.until(now) > last_backup::TOO_OLD => {
                SystemBackup { state: SystemBackupState::Old, at: Some(at) }
            }
            Ok(Some(at)) => SystemBackup { state: SystemBackupState::Recent, at: Some(at) },
            Ok(None) if is_embedded => SystemBackup { state: SystemBackupState::Never, at: None },
            Ok(None) | Err(_) => SystemBackup { state: SystemBackupState::Unknown, at: None },
        }
    }

    fn counts(&self) -> SystemCounts {
        let (counters, done) = (self.readiness.realtime.counters(), self.readiness.realtime.done());
        let occurred = |counts: Vec<(&'static str, u64)>| {
            let counts = counts.into_iter().filter(|(_, count)| *count > 0);
            counts.map(|(reason, count)| SystemCount { reason, count }).collect()
        };
        SystemCounts {
            deliveries: done.deliveries,
            replays: done.replays,
            replayed: done.replayed,
            connects: counters.connected,
            connects_refused: counters.refused,
            refused: occurred(counters.handshakes_refused),
            closed: occurred(counters.closed),
        }
    }

    fn redis(&self) -> SystemRedis {
        match (self.is_redis_set, self.readiness.store.is_redis_away()) {
            (false, _) => SystemRedis::Off,
            (true, false) => SystemRedis::Up,
            (true, true) => SystemRedis::Away,
        }
    }
}

#[async_trait]
impl Machine for System {
    async fn status(&self) -> SystemStatus {
        let store = &self.readiness.store;
        let log = self.log().await;
        let behind = log.map(|(_, head)| (head - self.readiness.realtime.position()).max(0));
        let millis = log.map(|(millis, _)| millis);
        let servers = timeout(PATIENCE, store.count_present()).await.ok().and_then(Result::ok).flatten();
        let roles = self.roles().await;
        let Sizes { database, uploads } = self.sizes().await;
        let (space, backup, redis) = (Space::of(&self.data_dir).ok(), self.backup(), self.redis());
        let is_embedded = store.backend() == Backend::Sqlite;
        let found = Found {
            is_stopping: self.readiness.stopping.is_cancelled(),
            is_embedded,
            millis,
            behind,
            space,
            backup: backup.state,
            redis,
            files: open_files(),
        };
        SystemStatus {
            version: env!("CARGO_PKG_VERSION"),
            at: store.clock().now(),
            up_since: self.started,
            advice: found.advice(),
            database: SystemDatabase {
                kind: if is_embedded { SystemDatabaseKind::Embedded } else { SystemDatabaseKind::Postgresql },
                millis,
                servers,
            },
            behind,
            connected: SystemConnected { connections: self.readiness.realtime.counters().open, roles },
            since_start: self.counts(),
            storage: SystemStorage {
                free: space.map(|space| space.free),
                total: space.map(|space| space.total),
                database,
                uploads: uploads.map(|(_, bytes)| bytes),
                files: uploads.map(|(files, _)| files),
                uploads_in: if self.is_s3_set { SystemUploadsIn::S3 } else { SystemUploadsIn::Folder },
            },
            backup,
            redis,
        }
    }
}

/// How many files and connections this process has open, and how many it may.
fn open_files() -> Option<(u64, u64)> {
    let open = fs::read_dir("/proc/self/fd").ok()?.count();
    Some((u64::try_from(open).ok()?, getrlimit(Resource::Nofile).current?))
}

/// What advice is given for.
#[derive(Debug, Clone, Copy)]
struct Found {
    is_stopping: bool,
    is_embedded: bool,
    millis: Option<f64>,
    behind: Option<i64>,
    space: Option<Space>,
    backup: SystemBackupState,
    redis: SystemRedis,
    files: Option<(u64, u64)>,
}

impl Found {
    fn advice(self) -> Vec<SystemAdvice> {
        use SystemSeverity::{Problem, Warning};
        let mut all = Vec::new();
        let mut add = |severity, what: String, advice: &str| {
            all.push(SystemAdvice { severity, what, advice: advice.to_owned() });
        };
        if self.is_stopping {
            add(
                Warning,
                "This server is being stopped".to_owned(),
                "Pages come back by themselves when it is there again.",
            );
        }
        match self.millis {
            None => add(
                Problem,
                "The database does not answer".to_owned(),
                "Nothing can be saved. Whoever looks after the server runs `lamplight doctor` there, which says why.",
            ),
            Some(millis) if millis > SLOW_MILLIS => add(
                Warning,
                format!("The database is slow: it took {millis:.0} ms to answer"),
                "If that goes on, whoever looks after the server should see what else runs on that machine.",
            ),
            Some(_) => {}
        }
        match self.behind {
            Some(behind) if behind > MOST_BEHIND => add(
                Problem,
                format!("Pages are far behind: {behind} events"),
                "If that number does not fall, the server should be started again; nothing is lost by it.",
            ),
            Some(behind) if behind > BEHIND => add(
                Warning,
                format!("Pages are behind: {behind} events"),
                "After much was changed at once this is normal, and over in seconds.",
            ),
            Some(_) | None => {}
        }
        if let Some(space) = self.space {
            let what = format!("Only {} are free on the server's disk", amount(space.free));
            match space.room() {
                Room::None => add(Problem, what, "Soon nothing can be saved. Room must be made on that disk now."),
                Room::Little => {
                    add(Warning, what, "Whoever looks after the server should make room, or get a larger disk.");
                }
                Room::Enough => {}
            }
        }
        if let Some((open, limit)) = self.files
            && open > limit / 10 * 8
        {
            let what = format!("{open} of {limit} connections and files that the server may have are open");
            add(
                Warning,
                what,
                "With more, people are turned away: raise the limit (LimitNOFILE) and start the server again.",
            );
        }
        let advice = match self.is_embedded {
            true => "Whoever looks after the server should have one made every night: `lamplight backup`.",
            false => {
                "Whoever makes them with the tools of PostgreSQL tells this server after each: `lamplight backed-up`."
            }
        };
        match self.backup {
            SystemBackupState::Recent => {}
            SystemBackupState::Old => add(Warning, "The last backup is more than seven days old".to_owned(), advice),
            SystemBackupState::Never => add(Warning, "There was never a backup".to_owned(), advice),
            SystemBackupState::Unknown => {
                add(Warning, "It is not known when the last backup was made".to_owned(), advice);
            }
        }
        if self.redis == SystemRedis::Away {
            add(Warning, REDIS_AWAY.to_owned(), "Nothing is lost; it should be started again, or REDIS_URL taken out.");
        }
        all.sort_by_key(|one| one.severity);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELL: Found = Found {
        is_stopping: false,
        is_embedded: true,
        millis: Some(1.0),
        behind: Some(0),
        space: Some(Space { free: 1 << 40, total: 1 << 41 }),
        backup: SystemBackupState::Recent,
        redis: SystemRedis::Off,
        files: Some((100, 1000)),
    };

    #[test]
    fn what_is_to_be_done() {
        let well = [WELL, Found { redis: SystemRedis::Up, space: None, files: None, ..WELL }];
        assert!(well.iter().all(|found| found.advice().is_empty()));
        for (found, severity, what) in [
            (Found { is_stopping: true, ..WELL }, SystemSeverity::Warning, "being stopped"),
            (Found { millis: None, behind: None, ..WELL }, SystemSeverity::Problem, "does not answer"),
            (Found { millis: Some(501.0), ..WELL }, SystemSeverity::Warning, "501 ms"),
            (Found { behind: Some(101), ..WELL }, SystemSeverity::Warning, "101 events"),
            (Found { behind: Some(10_001), ..WELL }, SystemSeverity::Problem, "far behind"),
            (Found { space: Some(Space { free: 1 << 20, total: 1 << 40 }), ..WELL }, SystemSeverity::Problem, "1 MB"),
            (Found { space: Some(Space { free: 1 << 29, total: 1 << 40 }), ..WELL }, SystemSeverity::Warning, "512 MB"),
            (Found { files: Some((801, 1000)), ..WELL }, SystemSeverity::Warning, "801 of 1000"),
            (Found { backup: SystemBackupState::Old, ..WELL }, SystemSeverity::Warning, "seven days"),
            (Found { backup: SystemBackupState::Never, ..WELL }, SystemSeverity::Warning, "never"),
            (Found { backup: SystemBackupState::Unknown, ..WELL }, SystemSeverity::Warning, "not known"),
            (Found { redis: SystemRedis::Away, ..WELL }, SystemSeverity::Warning, "Redis"),
        ] {
            let advice = found.advice();
            let [one] = &advice[..] else { panic!("{advice:?}") };
            assert!(one.severity == severity && one.what.contains(what), "{one:?}");
        }
        let worst = Found { backup: SystemBackupState::Never, millis: None, ..WELL }.advice();
        assert_eq!(worst.first().map(|one| one.severity), Some(SystemSeverity::Problem), "the gravest first");
    }
}
