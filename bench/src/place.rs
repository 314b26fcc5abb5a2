//! Where an institute that is measured lives: a folder, and a database of its own in it or on the PostgreSQL that was named.

use std::path::Path;

use lamplight_store::{Backend, DatabaseUrl};
use tempfile::TempDir;

use crate::{
    say::progress,
    servers::{Lamplight, POSTGRES, Started, fresh_schema},
};

/// See the module's page.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
    pub(crate) url: DatabaseUrl,
}

impl Place {
    pub(crate) fn new(backend: Backend) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let url = match backend {
            Backend::Sqlite => DatabaseUrl::Sqlite(folder.path().join("lamplight.db")),
            Backend::Postgres => DatabaseUrl::Postgres(fresh_schema()?),
        };
        Ok(Self { folder, url })
    }

    /// How a server on it is started.
    pub(crate) fn lamplight<'a>(&'a self, binary: &'a Path, redis: Option<&'a str>, drain: u32) -> Lamplight<'a> {
        let database = match &self.url {
            DatabaseUrl::Postgres(address) => Some(address.as_str()),
            DatabaseUrl::Sqlite(_) => None,
        };
        Lamplight { binary, data: self.folder.path(), log: "warn", database, redis, drain, tls: None }
    }

    /// Starts a server on it, on the core of servers.
    pub(crate) fn serve(&self, binary: &Path, redis: Option<&str>) -> anyhow::Result<Started> {
        self.lamplight(binary, redis, 0).start_on_its_core(None)
    }
}

/// For people.
pub(crate) const fn label(backend: Backend) -> &'static str {
    match backend {
        Backend::Sqlite => "SQLite",
        Backend::Postgres => "PostgreSQL",
    }
}

/// SQLite, and PostgreSQL where one was named.
pub(crate) fn backends(scenario: &str) -> Vec<Backend> {
    if std::env::var_os(POSTGRES).is_some() {
        return vec![Backend::Sqlite, Backend::Postgres];
    }
    progress(&format!("{scenario}: without {POSTGRES} only SQLite is measured"));
    vec![Backend::Sqlite]
}
