//! A storage to test with, in temporary folders.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use futures_util::TryStreamExt;
use hyper_util::rt::TokioIo;
use lamplight_files::{Backend, FileBody, Files, FilesConfig, FilesError, Kept, Policy, S3Config, Secret, Staged};
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

/// A storage and what must outlive it.
pub(crate) struct House {
    pub(crate) files: Files,
    pub(crate) folder: TempDir,
    pub(crate) config: FilesConfig,
    server: Option<AbortHandle>,
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.abort();
        }
    }
}

impl House {
    pub(crate) fn local() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let backend = Backend::Local { dir: folder.path().join("kept") };
        Self::new(folder, backend, None)
    }

    /// The same behind a real S3 server on a port of its own.
    pub(crate) async fn s3() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (address, server) = s3_server(&folder.path().join("server")).await;
        Self::new(folder, Backend::S3(s3_config(&format!("http://{address}"))), Some(server))
    }

    fn new(folder: TempDir, backend: Backend, server: Option<AbortHandle>) -> Self {
        let config = FilesConfig { staging: folder.path().join("staging"), backend, policy: Policy::default() };
        let files = Files::open(config.clone()).unwrap();
        Self { files, folder, config, server }
    }

    /// Every file below the staging folder that is not a lock.
    pub(crate) fn staged(&self) -> Vec<PathBuf> {
        below(&self.config.staging).into_iter().filter(|path| !path.ends_with("lock")).collect()
    }

    /// Waits until nothing is staged: removal happens on another thread.
    pub(crate) async fn nothing_is_staged(&self) {
        for _ in 0..500 {
            if self.staged().is_empty() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("still staged: {:?}", self.staged());
    }
}

pub(crate) fn s3_config(endpoint: &str) -> S3Config {
    S3Config {
        endpoint: Some(endpoint.to_owned()),
        bucket: "lamp".to_owned(),
        region: "us-east-1".to_owned(),
        access_key_id: "AKIATEST".to_owned(),
        secret_access_key: Secret::new("not-so-secret"),
        path_style: true,
        allow_http: true,
        prefix: "some/where".to_owned(),
    }
}

async fn s3_server(root: &Path) -> (SocketAddr, AbortHandle) {
    std::fs::create_dir_all(root.join("lamp")).unwrap();
    let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(root).unwrap());
    builder.set_auth(SimpleAuth::from_single("AKIATEST", "not-so-secret"));
    let service = builder.build();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let service = service.clone();
            tokio::spawn(async move {
                let _ =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket), service).await;
            });
        }
    });
    (address, server.abort_handle())
}

pub(crate) fn below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] }).collect()
}

/// Stages `bytes` in uneven chunks.
pub(crate) async fn stage(files: &Files, name: &str, bytes: &[u8]) -> Result<Staged, FilesError> {
    let mut staging = files.stage(name);
    for chunk in bytes.chunks(10_007) {
        staging.write(chunk).await?;
    }
    staging.finish().await
}

pub(crate) async fn keep(files: &Files, name: &str, bytes: &[u8]) -> Kept {
    files.keep(stage(files, name, bytes).await.unwrap()).await.unwrap()
}

pub(crate) async fn all(body: FileBody) -> Vec<u8> {
    body.stream
        .try_fold(Vec::new(), |mut all, chunk| async move {
            all.extend_from_slice(&chunk);
            Ok(all)
        })
        .await
        .unwrap()
}
