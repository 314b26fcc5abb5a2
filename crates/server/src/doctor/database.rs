//! The database and what stands in it.

use std::path::Path;

use lamplight_features::{accounts, attendance, institute, marks};
use lamplight_kernel::{Clock, Timestamp};
use lamplight_store::{
    DatabaseUrl, StoreError,
    examine::{CONNECTIONS_OF_A_SERVER, Examination, OLDEST_POSTGRES, Server, TESTED_POSTGRES, Tables, keeps_sessions},
};

use super::{Report, State, settings::Set};
use crate::disk::amount;

/// So much in the log of writes means that somebody keeps it from being folded into the file.
const LONG_LOG: u64 = 256 * 1024 * 1024;
/// Two clocks that differ by more make times in lists and reports hard to believe.
const CLOCKS_APART_MILLIS: i64 = 2000;
/// Damage that is named; the rest says the same.
const NAMED: usize = 3;

const FROM_BACKUP: &str = "stop the server, keep a copy of the file as it is, and put the last backup back: `lamplight restore FOLDER` \
                           with another DATA_DIR";

/// Looks at the database. What comes back can be read from, and has this program's tables.
pub(super) async fn database(report: &mut Report, set: &Set, clock: &Clock, deep: bool) -> Option<Examination> {
    if !set.holds("DATABASE_URL") {
        report.warning("database", "it was not looked at: DATABASE_URL is wrong", "correct DATABASE_URL first");
        return None;
    }
    let url = &set.settings.database_url;
    if let DatabaseUrl::Sqlite(path) = url
        && !path.exists()
    {
        let advice = "start `lamplight serve` once, which makes it, or lay a backup out with `lamplight restore FOLDER`; if there is one, set \
                      DATA_DIR or DATABASE_URL to where it is";
        report.problem("database", format!("there is none at {}", path.display()), advice);
        return None;
    }
    let database = match Examination::open(url).await {
        Ok(database) => database,
        Err(error) => {
            let advice = match url {
                DatabaseUrl::Sqlite(_) => {
                    "look whether this account may read the file, and put it back from a backup if it is damaged"
                }
                DatabaseUrl::Postgres(_) => {
                    "start PostgreSQL, and look whether host, name, user and password in DATABASE_URL are right and pg_hba.conf lets this \
                     machine in"
                }
            };
            report.problem("database", format!("{url} can't be opened: {error}"), advice);
            return None;
        }
    };
    let answers = match url {
        DatabaseUrl::Sqlite(path) => embedded(report, &database, path, deep).await,
        DatabaseUrl::Postgres(text) => asked(report, &database, url, text, clock).await,
    };
    if answers && contents(report, &database, clock, deep).await {
        return Some(database);
    }
    database.close().await;
    None
}

async fn embedded(report: &mut Report, database: &Examination, path: &Path, deep: bool) -> bool {
    let found = match database.embedded(path, deep).await {
        Ok(found) => found,
        Err(error) => {
            report.problem("database", format!("{} is damaged: {error}", path.display()), FROM_BACKUP);
            return false;
        }
    };
    let before = report.checks.len();
    if !found.damage.is_empty() {
        let named = found.damage.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join("; ");
        report.problem("database", format!("{} is damaged: {named}", path.display()), FROM_BACKUP);
    }
    if let Some((table, other)) = found.strays.first() {
        let count = found.strays.len();
        let what = format!("{count} rows refer to others that are not there (the first: in {table}, to {other})");
        report.problem("database", what, FROM_BACKUP);
    }
    if found.journal_mode != "wal" {
        let what = format!("it is written in the way {:?} and not in \"wal\"", found.journal_mode);
        report.warning("database", what, "start the server again: it sets this when it opens the file");
    }
    if found.wal_bytes > LONG_LOG {
        let what = format!("{} are in {}-wal and not in the file yet", amount(found.wal_bytes), path.display());
        report.warning(
            "database",
            what,
            "end whatever has been reading the file for long (a backup that hangs), or start the server again",
        );
    }
    if report.checks.len() == before {
        let how = if deep { "every page and every index" } else { "every page" };
        report.ok(
            "database",
            format!("SQLite, {}: {how} was looked at, and each row that is referred to is there", path.display()),
        );
    }
    true
}

async fn asked(report: &mut Report, database: &Examination, url: &DatabaseUrl, text: &str, clock: &Clock) -> bool {
    let answer = match keeps_sessions(text).await {
        Ok(true) => database.server().await,
        Ok(false) => {
            let what = "a pooler in between lends connections for a transaction: the lock that says that a server is here does not hold, and \
                        what is prepared is lost. Nothing else was asked";
            let advice = "let the pooler keep sessions (pgbouncer: pool_mode = session), or let DATABASE_URL name PostgreSQL itself";
            report.problem("database", what, advice);
            return false;
        }
        Err(error) => Err(error),
    };
    match answer {
        Ok(server) => {
            postgres(report, url, &server, clock);
            true
        }
        Err(error) => {
            report.problem("database", format!("{url} does not answer: {error}"), "look into the log of PostgreSQL");
            false
        }
    }
}

fn postgres(report: &mut Report, url: &DatabaseUrl, server: &Server, clock: &Clock) {
    let before = report.checks.len();
    let Server { version, others, most_connections: most, .. } = *server;
    if version < OLDEST_POSTGRES {
        let what = format!("PostgreSQL {version} does not have what Lamplight needs");
        report.problem("database", what, format!("bring it to version {TESTED_POSTGRES} or newer"));
    } else if version < TESTED_POSTGRES {
        let what = format!("this is PostgreSQL {version}; Lamplight is tested with {TESTED_POSTGRES}");
        report.warning("database", what, format!("bring it to version {TESTED_POSTGRES} or newer"));
    }
    if server.encoding != "UTF8" {
        let what = format!("its texts are encoded as {}: names in other scripts can't be saved", server.encoding);
        report.problem(
            "database",
            what,
            "make a database with ENCODING 'UTF8' and move to it: `lamplight migrate-data --to ...`",
        );
    }
    if server.isolation != "read committed" {
        let what =
            format!("transactions are {} when nobody says how: saving fails when two save at once", server.isolation);
        let advice =
            "ALTER ROLE ... SET default_transaction_isolation = 'read committed', and take it out of DATABASE_URL";
        report.problem("database", what, advice);
    }
    let needed = i64::from(CONNECTIONS_OF_A_SERVER);
    if most < needed {
        let what = format!("it takes {most} connections, and one server needs {needed}");
        report.problem("database", what, "raise max_connections (or the CONNECTION LIMIT of role or database)");
    } else if most - others < needed {
        let what = format!("of {most} connections others hold {others}, and one server needs {needed}");
        report.warning("database", what, "raise max_connections, or let the others hold fewer");
    }
    let apart = (server.millis - clock.now().millis()).abs();
    if apart > CLOCKS_APART_MILLIS {
        let what = format!("its clock and that of this machine are {} s apart", apart / 1000);
        report.warning("database", what, "let both follow a time server (timedatectl set-ntp true)");
    }
    if report.checks.len() == before {
        let what = format!(
            "PostgreSQL {version} at {url} answers and keeps sessions; {most} connections, others hold {others}"
        );
        report.ok("database", what);
    }
}

/// Tables, hold, log, people; whether the tables can be read.
async fn contents(report: &mut Report, database: &Examination, clock: &Clock, deep: bool) -> bool {
    match database.tables().await {
        Ok(Tables::Same) => report.ok("tables", "they are of this version"),
        Ok(Tables::Older(missing)) => {
            let what = format!(
                "they are of an older version: {missing} changes are still to be made. What is in them was not looked at"
            );
            report.warning(
                "tables",
                what,
                "start `lamplight serve` of this version: it makes them; take a backup before",
            );
            return false;
        }
        Ok(Tables::Newer(unknown)) => {
            let what = format!("a newer version of lamplight has made them ({})", unknown.join(", "));
            report.problem("tables", what, "install that version, or restore a backup of before");
            return false;
        }
        Ok(Tables::None) => {
            report.problem("tables", "there are none", "start `lamplight serve` once, which makes them");
            return false;
        }
        Err(error) => {
            report.problem("tables", format!("they can't be read: {error}"), "look at the lines about the database");
            return false;
        }
    }
    match database.held().await {
        Ok(()) => {}
        Err(error @ (StoreError::Moved { .. } | StoreError::Unfinished)) => {
            let advice = match error {
                StoreError::Moved { .. } => {
                    "set DATABASE_URL to where it is now; to go back to this one, `lamplight restored`"
                }
                _ => "run the same `lamplight migrate-data` again",
            };
            report.problem("hold", format!("no server starts on this database: {error}"), advice);
        }
        Err(error) => {
            report.problem("hold", format!("it can't be read: {error}"), "look at the lines about the database");
        }
    }
    log(report, database, clock).await;
    people(report, database).await;
    history(report, database, deep).await;
    true
}

async fn log(report: &mut Report, database: &Examination, clock: &Clock) {
    let advice = "stop the server, put the last backup back (`lamplight restore FOLDER`), or, if its own tools changed the database, run \
                  `lamplight restored`: open pages then load afresh";
    match database.log().await {
        Err(error) => report.problem("event log", format!("it can't be read: {error}"), advice),
        Ok(None) => report.problem("event log", "it was not begun", "start `lamplight serve` once, which begins it"),
        Ok(Some(log)) => {
            let faults = log.faults();
            if !faults.is_empty() {
                report.problem("event log", faults.join("; "), advice);
            } else if log.newest_at.is_some_and(|at| at > clock.now().millis() + CLOCKS_APART_MILLIS) {
                let at = Timestamp::from_millis(log.newest_at.unwrap_or_default());
                let what = format!(
                    "the newest event is of {at}, which is still to come: this machine's clock was, or is, wrong"
                );
                report.warning("event log", what, "look at the clock (timedatectl), and let it follow a time server");
            } else {
                report.ok("event log", format!("{} events, up to number {}", log.head - log.floor, log.head));
            }
        }
    }
}

async fn people(report: &mut Report, database: &Examination) {
    let db = database.reader();
    let kind = institute::kind(db).await;
    match (kind, accounts::any_admin(db).await) {
        (Ok(institute::Kind::Demo), Ok(_)) => {
            let what = "this is the demo institute, whose passwords everybody knows";
            report.warning("people", what, "for real data set DATA_DIR to another folder, and start without --demo");
        }
        (Ok(_), Ok(true)) => report.ok("people", "there is an administrator who can sign in"),
        (Ok(_), Ok(false)) => {
            let advice = "lamplight admin create --username NAME --email ADDRESS --name \"FULL NAME\" (on SQLite while no server runs)";
            report.problem("people", "there is no administrator who can sign in", advice);
        }
        (Err(error), _) | (_, Err(error)) => {
            report.problem("people", format!("they can't be read: {error}"), "look at the lines about the database");
        }
    }
}

/// The history of the marks and the sums of the attendance, which take as long as the institute is large: what `lamplight verify` does.
async fn history(report: &mut Report, database: &Examination, deep: bool) {
    if !deep {
        let advice = Some("`lamplight doctor --deep` or `lamplight verify` does".to_owned());
        return report.add(
            "marks",
            State::Ok,
            "their history was not looked through, nor attendance counted, which takes longer".to_owned(),
            advice,
        );
    }
    let advice = "compare with a backup of before; the page \"Audit\" says who was there";
    match marks::verify(database.reader()).await {
        Ok(Ok(marks::Verified { sheets, links })) => {
            report.ok("marks", format!("their history is whole: {links} links of {sheets} sheets"));
        }
        Ok(Err(link)) => {
            report.problem("marks", format!("their history is not what it was. The first bad link: {link}"), advice);
        }
        Err(error) => report.problem("marks", format!("their history can't be read: {error}"), advice),
    }
    match attendance::find_wrong_sums(database.reader()).await {
        Ok(0) => report.ok("attendance", "its sums are what the records add up to"),
        Ok(wrong) => {
            let what = format!("{wrong} sums are not what the records add up to");
            report.problem("attendance", what, "lamplight verify --recount (on SQLite while no server runs)");
        }
        Err(error) => report.problem(
            "attendance",
            format!("it can't be counted: {error}"),
            "look at the lines about the database",
        ),
    }
}
