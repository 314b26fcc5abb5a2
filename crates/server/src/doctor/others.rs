//! Redis, the mail server, and the files that were uploaded.

use std::{io, time::Duration};

use lamplight_features::uploads;
use lamplight_files::{Files, Sha256};
use lamplight_kernel::Chance;
use lamplight_mail::Mailer;
use lamplight_store::{DatabaseUrl, examine::Examination};
use tokio::time::timeout;

use super::{Report, machine::Folder, settings::Set};
use crate::{
    backup::FILES,
    serve,
    settings::{Mail, Settings},
};

/// How long somebody else may take to answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);
/// A storage is tried several times before it is given up, which takes longer.
const STORAGE_PATIENCE: Duration = Duration::from_secs(60);
/// Files that are looked for.
const SAMPLE: u64 = 200;

/// Whether Redis carries a message.
pub(super) async fn redis(report: &mut Report, set: &Set, chance: &Chance) {
    let Some(redis) = set.settings.redis.as_ref().filter(|_| set.holds("REDIS_URL")) else { return };
    if matches!(set.settings.database_url, DatabaseUrl::Sqlite(_)) && set.holds("DATABASE_URL") {
        let what = "REDIS_URL is set and not used: with the embedded database there is one server, and nobody to wake";
        report.warning("redis", what, "take REDIS_URL out");
    }
    match redis.check(chance).await {
        Ok(()) => report.ok("redis", format!("{redis:?} answers and carries messages")),
        Err(error) => {
            let what = format!(
                "{redis:?} does not work: {error}. Nothing is lost meanwhile: servers wake each other through PostgreSQL"
            );
            report.problem("redis", what, "start it and look at REDIS_URL, or take REDIS_URL out");
        }
    }
}

/// Whether a file can be kept, and whether the newest are there.
pub(super) async fn files(report: &mut Report, set: &Set, folder: Folder, database: Option<&Examination>) {
    if !["S3_BUCKET", "S3_REGION", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"].iter().all(|name| set.holds(name)) {
        return;
    }
    let settings = &set.settings;
    let (place, advice) = match &settings.s3 {
        Some(s3) => (
            format!("the bucket {}", s3.bucket),
            "look at S3_ENDPOINT, S3_BUCKET and the key, and whether it may write there",
        ),
        None => {
            (settings.data_dir.join(FILES).display().to_string(), "let the server's account write there, and make room")
        }
    };
    match folder {
        // What is wrong with it was said.
        Folder::Missing => return,
        Folder::Foreign => {
            report.warning("files", format!("{place} was not tried by writing"), "run this in the server's account");
        }
        Folder::Ours => match timeout(STORAGE_PATIENCE, kept_and_removed(settings)).await {
            Ok(Ok(())) => report.ok("files", format!("one was written to {place}, read and removed")),
            Ok(Err(error)) => report.problem("files", format!("{place} does not work: {error:#}"), advice),
            Err(_) => report.problem("files", format!("{place} does not answer in time"), advice),
        },
    }
    if let Some(database) = database {
        match timeout(STORAGE_PATIENCE, missing(settings, folder, database)).await {
            Ok(Ok((0, None))) => report.ok("files", "nothing was uploaded yet"),
            Ok(Ok((looked_at, None))) => {
                report.ok("files", format!("the newest {looked_at} that something refers to are there"));
            }
            Ok(Ok((looked_at, Some((count, first))))) => {
                let what = format!(
                    "{count} of the newest {looked_at} are missing in {place} or not whole, such as {}",
                    first.key()
                );
                let advice = format!("copy them back from a backup: below its folder {FILES} they have the same names");
                report.problem("files", what, advice);
            }
            Ok(Err(error)) => report.problem("files", format!("the newest can't be looked for: {error:#}"), advice),
            Err(_) => report.problem("files", format!("{place} does not answer in time"), advice),
        }
    }
}

async fn kept_and_removed(settings: &Settings) -> anyhow::Result<()> {
    Ok(serve::open_files(settings)?.check().await?)
}

/// How many of the newest files were looked for, how many of them are not as they were, and one of those.
async fn missing(
    settings: &Settings,
    folder: Folder,
    database: &Examination,
) -> anyhow::Result<(usize, Option<(usize, Sha256)>)> {
    let newest = uploads::list_newest_referred(database.reader(), SAMPLE).await?;
    let storage: Option<Files> = match settings.s3 {
        Some(_) if folder == Folder::Ours => Some(serve::open_files(settings)?),
        Some(_) => return Ok((0, None)),
        None => None,
    };
    let mut gone = Vec::new();
    for (sha256, size) in &newest {
        let found = match &storage {
            Some(files) => files.size(*sha256).await?,
            // Without opening the folder as the server does: that would write to it.
            None => match std::fs::metadata(settings.data_dir.join(FILES).join(sha256.key())) {
                Ok(file) => Some(file.len()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => return Err(error.into()),
            },
        };
        if found != Some(*size) {
            gone.push(*sha256);
        }
    }
    Ok((newest.len(), gone.first().map(|first| (gone.len(), *first))))
}

/// Whether the mail server lets us in. Nothing is sent.
pub(super) async fn mail(report: &mut Report, set: &Set) {
    if !set.holds("SMTP_URL") || !set.holds("MAIL_FROM") {
        return;
    }
    match &set.settings.mail {
        Mail::Off => report.ok("mail", "none is sent (SMTP_URL is not set): who forgot a password asks the office"),
        Mail::Folder { .. } => {
            let what = format!(
                "mails are written into {} and nobody is sent any",
                set.settings.data_dir.join("outbox").display()
            );
            report.warning("mail", what, "set SMTP_URL to a mail server");
        }
        Mail::Smtp { url, from } => {
            let check = async { Mailer::over_smtp(url, from)?.check().await };
            let what = match timeout(PATIENCE, check).await {
                Ok(Ok(())) => {
                    return report.ok("mail", "the mail server answers and takes our sign-in; no mail was sent");
                }
                Ok(Err(error)) => chain(&error),
                Err(_) => "the mail server does not answer in time".to_owned(),
            };
            report.problem(
                "mail",
                what,
                "look at SMTP_URL (host, port, user, password, TLS), and whether a firewall lets us out",
            );
        }
    }
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        // Some say their cause themselves.
        if !text.contains(&more) {
            text += &format!(": {more}");
        }
        cause = error.source();
    }
    text
}
