//! Uploaded files: how one comes, is kept, and goes.
//!
//! A file and the row that refers to it live in two places that have no common transaction. So that neither a lost file
//! nor a forgotten one can come of a crash, a row of `uploads` says beforehand that somebody must look later:
//!
//! 1. [`receive`] streams the request to a staging file, with limit, hash and type.
//! 2. [`keep`] commits a row of `uploads` whose `check_at` is an hour ahead, then moves the file to its place.
//! 3. The feature's transaction writes its own row, which refers to the hash (a foreign key).
//! 4. When the feature deletes its row, [`release`] sets `check_at` to now, in the same transaction.
//! 5. [`sweep`] looks at every row that is due: if anybody refers to it, it is checked no more; if nobody does, row and
//!    file go.
//!
//! A kill between 2 and 3 leaves a file that the sweeper removes; a kill inside 2 a row without a file, which goes the
//! same way. An upload of the same bytes while the sweeper looks at them is safe: both take the same lock, and the
//! upload moves `check_at` an hour ahead before it looks whether the file is there. While the sweeper removes them it
//! waits: what is to be removed is said beforehand, too (`removing_until`).
//!
//! * **Tables**: `uploads`.
//! * **When you add** a table that refers to an upload, add it to `REFERENCES` in `store.rs`.

mod receive;
mod store;

use std::time::Duration;

use lamplight_files::{Files, FilesError, Kept, Staged};
use lamplight_kernel::{Class, Problem};
use lamplight_store::{Store, StoreError};
use tokio::time::sleep;

pub(crate) use receive::{MAX_FIELDS, Pace, receive, stalled};
pub(crate) use store::release;
pub use store::{list_newest_referred, list_referred, sweep, total};

/// How long an upload may take from its file being whole to its row being written.
const GRACE: Duration = Duration::from_secs(3600);
/// How often and how long an upload waits for the removal of the same bytes.
const TRIES: u32 = 20;
const BETWEEN_TRIES: Duration = Duration::from_millis(100);

/// Keeps a file that was received, so that a row may refer to it for the next hour.
///
/// # Errors
/// When the database or the files fail.
pub async fn keep(store: &Store, files: &Files, staged: Staged) -> Result<Kept, Problem> {
    let sha256 = staged.sha256().to_string();
    for _ in 0..TRIES {
        let tx = store.begin().await?;
        if store::expect(&tx, &sha256, staged.size(), tx.now().plus(GRACE)).await? {
            tx.commit().await?;
            return files.keep(staged).await.map_err(problem);
        }
        drop(tx);
        sleep(BETWEEN_TRIES).await;
    }
    let text = "The same file was deleted a moment ago and is still being removed. Please try again in two minutes.";
    Err(Problem::new(Class::Unavailable, "uploads.being_removed", text).with_field("file", text))
}

/// What went wrong with a file, as an answer.
pub(crate) fn problem(error: FilesError) -> Problem {
    let (class, code) = match &error {
        FilesError::Empty { .. } => (Class::Invalid, "uploads.empty"),
        FilesError::TooLarge { .. } => (Class::TooLarge, "uploads.too_large"),
        FilesError::Mislabelled { .. } => (Class::Invalid, "uploads.mislabelled"),
        FilesError::Unsupported { .. } => (Class::Invalid, "uploads.unsupported_type"),
        FilesError::Dangerous { .. } => (Class::Invalid, "uploads.dangerous"),
        FilesError::Macros { .. } => (Class::Invalid, "uploads.macros"),
        FilesError::PasswordProtected { .. } => (Class::Invalid, "uploads.password_protected"),
        FilesError::NotUnicode { .. } => (Class::Invalid, "uploads.not_unicode"),
        FilesError::Damaged { .. } => (Class::Invalid, "uploads.damaged"),
        FilesError::Disk { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => {
            tracing::error!(%error, "the disk is full");
            let text =
                "The server has no room left for this file. Nothing was changed; please tell who looks after it.";
            return Problem::new(Class::Full, "server.disk_full", text);
        }
        _ => return Problem::internal(error),
    };
    let message = error.to_string();
    Problem::new(class, code, message.clone()).with_field("file", message)
}

/// What can go wrong while sweeping.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The files.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// The files, too late.
    #[error("the storage did not remove a file in time")]
    Late,
}
