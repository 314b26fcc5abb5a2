//! What an upload leaves behind, and that a refused one leaves nothing.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use lamplight_features::uploads;
use lamplight_files::{Accepted, Backend, Files, FilesConfig, Policy, S3Config, Secret};

use super::{Institute, until};

/// Rows, events and files.
#[derive(Debug, PartialEq, Eq, Clone)]
pub(crate) struct Traces {
    pub(crate) downloads: i64,
    pub(crate) uploads: i64,
    /// The number of the newest event.
    pub(crate) events: i64,
    pub(crate) files: BTreeSet<PathBuf>,
    /// Files on their way in.
    pub(crate) staged: BTreeSet<PathBuf>,
}

/// The files below a folder, without locks.
pub(crate) fn files_below(folder: &Path) -> BTreeSet<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return BTreeSet::new() };
    let paths = entries.map(|entry| entry.unwrap().path()).filter(|path| !path.ends_with("lock"));
    paths.flat_map(|path| if path.is_dir() { files_below(&path) } else { BTreeSet::from([path]) }).collect()
}

impl Institute {
    /// Removes what nobody refers to; says how many files.
    pub(crate) async fn sweep(&self) -> u64 {
        uploads::sweep(self.store(), &self.files(), false).await.unwrap()
    }

    /// The kept files, from another process as it were.
    pub(crate) fn files(&self) -> Files {
        let data = &self.settings.data_dir;
        let config = FilesConfig {
            staging: data.join("staging"),
            backend: Backend::Local { dir: data.join("files") },
            policy: Policy { limit: self.settings.upload_limit, accepted: Accepted::all() },
        };
        Files::open(config).unwrap()
    }

    /// An S3 storage at this address.
    pub(crate) fn files_at(&self, endpoint: &str) -> Files {
        let s3 = S3Config {
            endpoint: Some(endpoint.to_owned()),
            bucket: "lamp".to_owned(),
            region: "us-east-1".to_owned(),
            access_key_id: "me".to_owned(),
            secret_access_key: Secret::new("not-so-secret"),
            path_style: true,
            allow_http: true,
            prefix: String::new(),
        };
        let policy = Policy { limit: self.settings.upload_limit, accepted: Accepted::all() };
        Files::open(FilesConfig { staging: self.settings.data_dir.join("other"), backend: Backend::S3(s3), policy })
            .unwrap()
    }

    pub(crate) async fn traces(&self) -> Traces {
        let data = &self.settings.data_dir;
        Traces {
            downloads: self.number("SELECT COUNT(*) FROM downloads").await,
            uploads: self.number("SELECT COUNT(*) FROM uploads").await,
            events: self.number("SELECT head FROM log").await,
            files: files_below(&data.join("files")),
            staged: files_below(&data.join("staging")),
        }
    }

    /// Nothing was left since `before`. Staged files are removed by another thread, which is waited for.
    pub(crate) async fn is_as(&self, before: &Traces, what: &str) {
        until(&format!("nothing on its way in after {what}"), async || self.traces().await.staged == before.staged)
            .await;
        assert_eq!(&self.traces().await, before, "{what}");
    }
}
