//! `lamplight migrate-data`: the institute moves into another database. How that is safe stands in `lamplight_store::moving`.
//!
//! Uploaded files are beside the database, in `DATA_DIR/files` or in an S3 storage, and stay there: a server with the same `DATA_DIR`
//! and another `DATABASE_URL` finds them. For a server on another machine they are copied, with the secret that signs tokens and the
//! places of open pages.

use std::{
    io::{IsTerminal, Write},
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use lamplight_features::{marks, uploads};
use lamplight_files::Sha256;
use lamplight_kernel::{Chance, Clock};
use lamplight_store::{
    DatabaseUrl, Store,
    moving::{self, Progress},
};

use crate::{
    backup::{self, FILES, SECRET},
    cli::say,
    settings::Settings,
};

/// How often somebody who waits is told how far it is.
const SAY_EVERY: Duration = Duration::from_secs(2);
/// The clock is not asked at each row.
const LOOK_EVERY: u64 = 1024;

pub(crate) async fn migrate(
    settings: &Settings,
    from: DatabaseUrl,
    to: DatabaseUrl,
    files_to: Option<&Path>,
) -> anyhow::Result<()> {
    let (from, to) = (absolute(from)?, absolute(to)?);
    if let Some(folder) = files_to {
        ensure!(
            settings.s3.is_none(),
            "the uploaded files are in the S3 storage, where every server finds them: leave --files-to away"
        );
        ensure!(!folder.join(FILES).exists(), "{} has uploaded files already", folder.display());
    }
    say(&format!("Moving the institute from {from} to {to}."));
    let mut teller = Teller { told: Instant::now(), line: IsLine::None };
    let moved = moving::move_data(&from, &to, |progress| teller.tell(progress)).await?;
    teller.end();
    let rows: u64 = moved.tables.iter().map(|(_, contents)| contents.rows).sum();
    say(&format!("{} tables with {rows} rows are in {to}, each read back and equal.", moved.tables.len()));

    let store = Store::connect(&to, Clock::system(), Chance::system()).await?;
    let verified = marks::verify(store.reader()).await?;
    let referred = match files_to {
        Some(_) => uploads::list_referred(store.reader()).await?,
        None => Vec::new(),
    };
    store.close().await?;
    match files_to {
        Some(folder) => {
            let bytes = copy_files(&settings.data_dir, folder, &referred).with_context(|| {
                format!(
                    "the institute is moved to {to}, its files are not: copy {FILES} and {SECRET} from {} to {} (cp -a), then set DATABASE_URL and start \
                     the server. What went wrong",
                    settings.data_dir.display(),
                    folder.display()
                )
            })?;
            say(&format!(
                "{} uploaded files ({bytes} bytes) and the signing secret are in {}.",
                referred.len(),
                folder.display()
            ));
        }
        None if settings.s3.is_some() => say("The uploaded files stay in the S3 storage."),
        None => say(&format!("The uploaded files stay in {}.", settings.data_dir.join(FILES).display())),
    }
    match verified {
        Ok(marks::Verified { sheets, links }) => {
            say(&format!("The history of the marks is whole: {links} links of {sheets} sheets."));
        }
        Err(link) => bail!(
            "the institute is moved whole, but the history of its marks was changed before that, outside of Lamplight. The first bad link: {link}"
        ),
    }
    say(&format!(
        "Now set DATABASE_URL to {to} (with its password, if it has one) and start the server. {from} is closed and kept as it was."
    ));
    Ok(())
}

/// Copies the uploaded files, and the signing secret when there is none yet; says how many bytes the files have.
fn copy_files(from: &Path, to: &Path, referred: &[Sha256]) -> anyhow::Result<u64> {
    let part = to.join(format!("{FILES}.moving"));
    if part.exists() {
        // Of a move that was cut off: a file in it may be half there.
        std::fs::remove_dir_all(&part)?;
    }
    backup::private_folder(&part)?;
    let Some(bytes) = backup::copy_files(referred, &from.join(FILES), &part)? else {
        bail!("files that the database refers to are missing in {}", from.display());
    };
    backup::sync_all(&part)?;
    std::fs::rename(&part, to.join(FILES))?;
    let secret = from.join(SECRET);
    if secret.exists() && !to.join(SECRET).exists() {
        backup::copy(&secret, &to.join(SECRET)).with_context(|| to.display().to_string())?;
    }
    std::fs::File::open(to)?.sync_all()?;
    Ok(bytes)
}

/// What stands in the databases about each other must be true from every folder.
fn absolute(url: DatabaseUrl) -> anyhow::Result<DatabaseUrl> {
    Ok(match url {
        DatabaseUrl::Sqlite(path) => DatabaseUrl::Sqlite(std::path::absolute(path)?),
        DatabaseUrl::Postgres(_) => url,
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IsLine {
    None,
    /// It is written over by the next one.
    Open,
}

/// Tells a person how far it is: on a terminal in one line that changes, elsewhere a line a table.
struct Teller {
    told: Instant,
    line: IsLine,
}

impl Teller {
    fn tell(&mut self, Progress { table, done, of, checked }: Progress<'_>) {
        let is_end = done == of;
        if !is_end && (!done.is_multiple_of(LOOK_EVERY) || self.told.elapsed() < SAY_EVERY) {
            return;
        }
        self.told = Instant::now();
        let what = if checked { "equal" } else { "copied" };
        let text = format!("{table}: {done} of {of} {what}");
        if std::io::stdout().is_terminal() {
            let _ = write!(std::io::stdout().lock(), "\r\x1b[K{text}").and_then(|()| std::io::stdout().flush());
            self.line = IsLine::Open;
        } else {
            say(&text);
        }
    }

    fn end(&self) {
        if self.line == IsLine::Open {
            say("\r\x1b[K");
        }
    }
}
