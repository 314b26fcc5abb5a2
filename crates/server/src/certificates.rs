//! The certificate of our own TLS: read or ordered, exchanged while the server runs, and watched for its end.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use lamplight_acme::Acme;
use lamplight_kernel::{Clock, Timestamp};
use lamplight_tls::{Acceptor, Followed, Pair, PairError, PairFiles, Shown};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    task::spawn_blocking,
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use crate::settings::Encryption;

/// How often the files are looked at, besides when SIGHUP says so.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// From when on before its end a certificate is worth a line in the log each day: renewal has failed by then.
const SOON: Duration = Duration::from_secs(14 * 24 * 3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// How often it is looked whether another certificate is due.
const DUE_EVERY: Duration = Duration::from_secs(3600);
/// How long to wait after each order that failed, and then always the last: authorities count those who ask too often.
const PAUSES: [Duration; 4] =
    [Duration::from_secs(60), Duration::from_secs(600), Duration::from_secs(3600), Duration::from_secs(6 * 3600)];

/// What it takes to speak TLS.
#[derive(Debug)]
pub(crate) struct Encrypted {
    pub(crate) acceptor: Acceptor,
    pub(crate) shown: Arc<Shown>,
    source: Source,
    watch: Watch,
}

/// Where the certificate comes from.
#[derive(Debug)]
enum Source {
    Files(Followed, Signal),
    Authority(Acme),
}

/// Reads the certificate that there is, and says what is odd about it. `None` when no TLS is spoken.
///
/// # Errors
/// When it can't be used; with the name of the setting.
pub(crate) fn open(encryption: &Encryption, clock: &Clock) -> anyhow::Result<Option<Encrypted>> {
    let (pair, source) = match encryption {
        Encryption::Off => return Ok(None),
        Encryption::Files(files) => {
            let (pair, followed) = Followed::read(files.clone()).map_err(named)?;
            if files.is_key_open() {
                tracing::warn!(file = %files.key.display(), "every account of this machine may read the key of the certificate");
            }
            (Some(pair), Source::Files(followed, signal(SignalKind::hangup())?))
        }
        Encryption::Acme(acme) => {
            // One that can't be used is no reason not to start: another is ordered.
            let kept = acme.kept().unwrap_or_else(|error| {
                tracing::warn!(%error, "the certificate that was kept can't be used; another is ordered");
                None
            });
            if kept.is_none() {
                tracing::info!("there is no certificate yet: nobody can connect until the authority has given one");
            }
            (kept, Source::Authority(acme.clone()))
        }
    };
    let mut watch = Watch { clock: clock.clone(), told: None };
    pair.iter().for_each(|pair| watch.look(pair));
    let shown = Shown::new(pair);
    let acceptor = Acceptor::new(Arc::clone(&shown)).context("TLS")?;
    Ok(Some(Encrypted { acceptor, shown, source, watch }))
}

/// The pair in words, for who wants to know whether the server could use it.
///
/// # Errors
/// When it could not.
pub(crate) fn describe(files: &PairFiles) -> anyhow::Result<String> {
    let pair = files.read().map_err(named)?;
    Ok(format!("certificate of {} until {}", pair.names.join(" "), Timestamp::from_millis(millis(pair.not_after))))
}

/// Under the name of its setting.
fn named(error: PairError) -> anyhow::Error {
    let setting = match &error {
        PairError::Certificate { .. } => "TLS_CERTIFICATE",
        PairError::Key { .. } => "TLS_KEY",
    };
    anyhow::Error::new(error).context(setting)
}

impl Encrypted {
    /// Sees to it that the right certificate is shown, until told to stop.
    pub(crate) async fn keep(self, stop: CancellationToken) {
        let Self { shown, source, watch, .. } = self;
        match source {
            Source::Files(followed, hangup) => follow(&shown, followed, hangup, watch, stop).await,
            Source::Authority(acme) => {
                stop.run_until_cancelled(order_when_due(&shown, &acme, watch)).await;
            }
        }
    }
}

/// Shows what the files hold whenever it changes.
async fn follow(shown: &Shown, mut followed: Followed, mut hangup: Signal, mut watch: Watch, stop: CancellationToken) {
    let mut turns = super::serve::every(LOOK_EVERY);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = turns.tick() => {}
            _ = hangup.recv() => {}
        }
        let looked = spawn_blocking(move || {
            let found = followed.look();
            (found, followed)
        });
        let Ok((found, back)) = looked.await else { return };
        followed = back;
        match found {
            Ok(None) => {}
            Ok(Some(pair)) => {
                told(&pair);
                watch.told = None;
                shown.show(pair);
            }
            Err(error) => {
                let error = format!("{:#}", named(error));
                tracing::error!(error, "another certificate can't be used; the one before is shown on");
            }
        }
        if let Some(pair) = shown.now() {
            watch.look(&pair);
        }
    }
}

/// Orders a certificate when there is none, and another when that one has lived for two thirds of its time.
async fn order_when_due(shown: &Shown, acme: &Acme, mut watch: Watch) {
    let mut failed = 0;
    loop {
        let due = shown.now().map(|pair| Timestamp::from_millis(millis(Acme::due_at(&pair))));
        let left = due.map_or(Duration::ZERO, |due| watch.clock.now().until(due));
        if !left.is_zero() {
            sleep(left.min(DUE_EVERY)).await;
            continue;
        }
        match acme.order(shown).await {
            Ok(pair) => {
                told(&pair);
                failed = 0;
                watch.told = None;
                let is_due_again = watch.clock.now() >= Timestamp::from_millis(millis(Acme::due_at(&pair)));
                shown.show(pair);
                if is_due_again {
                    // By our clock: it or the authority's is wrong, and asking on would not help.
                    tracing::warn!("the certificate is due again already: is the clock right?");
                    sleep(DUE_EVERY).await;
                }
            }
            Err(error) => {
                let pause = PAUSES.get(failed).or(PAUSES.last()).copied().unwrap_or(DUE_EVERY);
                failed = failed.saturating_add(1);
                tracing::error!(%error, again_in_seconds = pause.as_secs(), "no certificate could be ordered; will try again");
                if let Some(pair) = shown.now() {
                    watch.look(&pair);
                }
                sleep(pause).await;
            }
        }
    }
}

fn told(pair: &Pair) {
    let until = Timestamp::from_millis(millis(pair.not_after));
    tracing::info!(names = pair.names.join(" "), %until, "new connections are shown another certificate");
}

/// Sees to it that somebody hears of a certificate that ends.
#[derive(Debug)]
struct Watch {
    clock: Clock,
    /// When it was last said.
    told: Option<Timestamp>,
}

impl Watch {
    fn look(&mut self, pair: &Pair) {
        let now = self.clock.now();
        if self.told.is_some_and(|told| now.minus(DAY) < told) {
            return;
        }
        let (from, until) =
            (Timestamp::from_millis(millis(pair.not_before)), Timestamp::from_millis(millis(pair.not_after)));
        if until <= now {
            tracing::warn!(%until, "the certificate has expired: browsers refuse it");
        } else if now < from {
            tracing::warn!(%from, "the certificate does not hold yet: browsers refuse it");
        } else if until.minus(SOON) <= now {
            tracing::warn!(%until, "the certificate ends soon");
        } else {
            return;
        }
        self.told = Some(now);
    }
}

fn millis(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000)
}
