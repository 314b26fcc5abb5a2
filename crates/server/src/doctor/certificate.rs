//! The certificate of our own TLS: whether it can be used, and until when.

use std::time::Duration;

use lamplight_acme::Acme;
use lamplight_kernel::{Clock, Timestamp};
use lamplight_tls::{Pair, PairError};

use super::{Report, settings::Set};
use crate::settings::Encryption;

/// From when on before its end somebody is told; the server's log does so from then on, too.
const SOON: Duration = Duration::from_secs(14 * 24 * 3600);
/// How long another one may be due before somebody is told: a server tries again for hours.
const OVERDUE: Duration = Duration::from_secs(24 * 3600);

/// When the server speaks TLS itself: with what.
pub(super) fn certificate(report: &mut Report, set: &Set, clock: &Clock) {
    let names = ["TLS_CERTIFICATE", "TLS_KEY", "TLS_ACME_DOMAINS", "TLS_ACME_DIRECTORY"];
    if !names.iter().all(|name| set.holds(name)) {
        return;
    }
    let now = clock.now();
    match &set.settings.encryption {
        Encryption::Off => {}
        Encryption::Files(files) => match files.read() {
            Ok(pair) => {
                if files.is_key_open() {
                    let key = files.key.display();
                    let what = format!("every account of this machine can read its key, {key}");
                    report.problem(
                        "certificate",
                        what,
                        format!("chmod o= {key}, and order another one with another key"),
                    );
                }
                of_files(report, &pair, now);
            }
            Err(error) => {
                let (setting, advice) = match &error {
                    PairError::Certificate { .. } => {
                        ("TLS_CERTIFICATE", "name the file of the certificate, with those between it and the authority")
                    }
                    PairError::Key { .. } => (
                        "TLS_KEY",
                        "name the file of the key that belongs to TLS_CERTIFICATE, and let the server's account read it \
                         (docs/operations.md, TLS)",
                    ),
                };
                report.problem("certificate", format!("{setting}: {error}"), advice);
            }
        },
        Encryption::Acme(acme) => {
            let domains = acme.domains.join(", ");
            match acme.kept() {
                Ok(Some(pair)) => ordered(report, &pair, now),
                Ok(None) => report.warning(
                    "certificate",
                    format!("there is none yet for {domains}: until the authority has given one nobody can connect"),
                    "start the server, which orders it; its log says why none comes (docs/operations.md, TLS)",
                ),
                Err(error) => report.warning(
                    "certificate",
                    format!("the one that is kept for {domains} can't be used: {error}"),
                    "start the server again, which orders another one",
                ),
            }
        }
    }
}

/// One that somebody else renews.
fn of_files(report: &mut Report, pair: &Pair, now: Timestamp) {
    let advice = "renew it; the server reads TLS_CERTIFICATE and TLS_KEY again each minute";
    let until = time(pair.not_after);
    if is_out_of_time(report, pair, now, advice) {
        return;
    }
    let what = format!("{} until {until}", described(pair));
    if until.minus(SOON) <= now {
        report.warning("certificate", format!("{what}, which is soon"), advice);
    } else {
        report.ok("certificate", what);
    }
}

/// One that the server renews.
fn ordered(report: &mut Report, pair: &Pair, now: Timestamp) {
    let advice = "start the server, and look into its log for why the authority has given no other one (docs/operations.md, TLS)";
    if is_out_of_time(report, pair, now, advice) {
        return;
    }
    let (until, due) = (time(pair.not_after), time(Acme::due_at(pair)));
    let what = format!("{} until {until}", described(pair));
    if due <= now.minus(OVERDUE) {
        report.warning("certificate", format!("{what}; another one is due since {due}, and was not given"), advice);
    } else {
        report.ok("certificate", format!("{what}; another one is ordered after {due}"));
    }
}

/// Whether browsers refuse it, which is said.
fn is_out_of_time(report: &mut Report, pair: &Pair, now: Timestamp, advice: &str) -> bool {
    let (from, until) = (time(pair.not_before), time(pair.not_after));
    if until <= now {
        report.problem(
            "certificate",
            format!("{} has expired at {until}: browsers refuse it", described(pair)),
            advice,
        );
    } else if now < from {
        let what = format!("{} does not hold before {from}: browsers refuse it", described(pair));
        report.problem(
            "certificate",
            what,
            "look whether the clock of this machine is right; else wait, or take another one",
        );
    } else {
        return false;
    }
    true
}

fn described(pair: &Pair) -> String {
    if pair.names.is_empty() { "one without names".to_owned() } else { format!("one for {}", pair.names.join(", ")) }
}

fn time(seconds: u64) -> Timestamp {
    Timestamp::from_millis(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000))
}
