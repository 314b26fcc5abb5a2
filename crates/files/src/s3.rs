//! Kept files in a bucket that speaks the protocol of Amazon S3.
//!
//! A small file is one request, a large one is sent in parts, each read from the staging file when its turn comes: at most
//! one part is in memory. Every request is signed with the SHA-256 of its body (AWS Signature 4), which the server compares,
//! so that damage on the way is noticed without the checksum headers that not every server knows. An upload that is cut off
//! leaves no object; its parts are aborted where possible, and a lifecycle rule of the bucket should take the rest.

use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{
    BackoffConfig, ClientOptions, Error, GetOptions, GetRange, MultipartUpload, ObjectStore, ObjectStoreExt,
    RetryConfig,
};

use crate::config::S3Config;
use crate::error::FilesError;
use crate::files::{FileBody, within};
use crate::staging::{StagedFile, blocking};

/// Bytes of a part. S3 wants at least 5 MB, and at most 10,000 parts.
const PART: u64 = 8 * 1024 * 1024;

#[derive(Debug)]
pub(crate) struct Bucket {
    store: AmazonS3,
    prefix: Path,
}

impl Bucket {
    pub(crate) fn open(config: &S3Config) -> Result<Self, FilesError> {
        // The client takes the process's TLS provider. Somebody else's choice is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        if let Some(endpoint) = config.endpoint.as_deref() {
            let lower = endpoint.to_ascii_lowercase();
            if !(lower.starts_with("https://") || lower.starts_with("http://")) {
                return Err(FilesError::Settings("the S3 endpoint must begin with https:// or http://".to_owned()));
            }
            if lower.starts_with("http://") && !config.allow_http {
                return Err(FilesError::Settings(
                    "the S3 endpoint is http://, which sends files unencrypted; permit that expressly or use https://"
                        .to_owned(),
                ));
            }
        }
        for (value, what) in [
            (config.bucket.as_str(), "bucket"),
            (&config.region, "region"),
            (&config.access_key_id, "access key id"),
            (config.secret_access_key.reveal(), "secret access key"),
        ] {
            if value.is_empty() {
                return Err(FilesError::Settings(format!("the S3 {what} is missing")));
            }
        }
        let prefix = Path::parse(&config.prefix)
            .map_err(|e| FilesError::Settings(format!("the S3 prefix cannot be used: {e}")))?;
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&config.bucket)
            .with_region(&config.region)
            .with_access_key_id(&config.access_key_id)
            .with_secret_access_key(config.secret_access_key.reveal())
            .with_virtual_hosted_style_request(!config.path_style)
            .with_client_options(client_options(config.allow_http))
            .with_retry(retries());
        if let Some(endpoint) = &config.endpoint {
            builder = builder.with_endpoint(endpoint.trim_end_matches('/'));
        }
        let store =
            builder.build().map_err(|e| FilesError::Settings(format!("the S3 settings cannot be used: {e}")))?;
        Ok(Self { store, prefix })
    }

    fn path(&self, key: &str) -> Path {
        self.prefix.parts().chain(Path::from(key).parts()).collect()
    }

    /// Puts the file at `key`, unless it is there already. True when it was written.
    pub(crate) async fn put(&self, key: &str, staged: StagedFile, size: u64) -> Result<bool, FilesError> {
        if self.size(key).await? == Some(size) {
            return Ok(false);
        }
        let path = self.path(key);
        let staged = Arc::new(staged);
        if size <= PART {
            let part = part_at(&staged, 0, size).await?;
            self.store.put(&path, part.into()).await.map_err(storage("store a file"))?;
            return Ok(true);
        }
        let mut upload = self.store.put_multipart(&path).await.map_err(storage("begin an upload in parts"))?;
        let mut at = 0;
        while at < size {
            let sent = match part_at(&staged, at, PART.min(size - at)).await {
                Ok(part) => upload.put_part(part.into()).await.map_err(storage("store a part of a file")),
                Err(e) => Err(e),
            };
            if let Err(e) = sent {
                let _ = upload.abort().await;
                return Err(e);
            }
            at += PART;
        }
        match upload.complete().await {
            Ok(_) => Ok(true),
            Err(e) => {
                let _ = upload.abort().await;
                Err(storage("finish an upload in parts")(e))
            }
        }
    }

    /// Size of the object at `key`; none when there is none.
    pub(crate) async fn size(&self, key: &str) -> Result<Option<u64>, FilesError> {
        match self.store.head(&self.path(key)).await {
            Ok(found) => Ok(Some(found.size)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(e) => Err(storage("look for a file")(e)),
        }
    }

    /// Streams the object at `key`, or `range` of it. A connection that breaks is taken up again where it broke.
    pub(crate) async fn read(&self, key: &str, range: Option<Range<u64>>) -> Result<FileBody, FilesError> {
        if range.as_ref().is_some_and(Range::is_empty) {
            let size = self.size(key).await?.ok_or(FilesError::Missing)?;
            return Err(FilesError::OutOfRange { size });
        }
        // Servers need not understand numbers that no file reaches.
        let asked = range.clone().map(|range| match i64::try_from(range.end) {
            Ok(_) => GetRange::Bounded(range),
            Err(_) => GetRange::Offset(range.start),
        });
        let options = GetOptions { range: asked, ..GetOptions::default() };
        let found = match self.store.get_opts(&self.path(key), options).await {
            Ok(found) => found,
            Err(Error::NotFound { .. }) => return Err(FilesError::Missing),
            Err(e) => {
                // A range beyond the end is an error like any other here; the size tells.
                if range.is_some() {
                    within(range, self.size(key).await?.ok_or(FilesError::Missing)?)?;
                }
                return Err(storage("read a file")(e));
            }
        };
        let (size_total, range) = (found.meta.size, found.range.clone());
        let stream = found.into_stream().map(|chunk| chunk.map_err(storage("read a file"))).boxed();
        Ok(FileBody { size_total, range, stream })
    }

    /// Removes the object at `key`; none there is fine.
    pub(crate) async fn remove(&self, key: &str) -> Result<(), FilesError> {
        match self.store.delete(&self.path(key)).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(e) => Err(storage("remove a file")(e)),
        }
    }
}

/// `length` bytes of the file from `at` on.
async fn part_at(staged: &Arc<StagedFile>, at: u64, length: u64) -> Result<Vec<u8>, FilesError> {
    // The thread holds the file as well, so that it stays when the upload is cancelled meanwhile.
    let staged = Arc::clone(staged);
    blocking(move || {
        let mut file = &staged.file;
        let mut part = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
        file.seek(SeekFrom::Start(at))
            .and_then(|_| file.take(length).read_to_end(&mut part))
            .map_err(FilesError::disk("read a staging file"))?;
        Ok(part)
    })
    .await
}

/// No limit on a whole request, since a phone may take minutes for a large file; a silent server is given up.
fn client_options(allow_http: bool) -> ClientOptions {
    ClientOptions::new()
        .with_allow_http(allow_http)
        .with_timeout_disabled()
        .with_connect_timeout(Duration::from_secs(5))
        .with_read_timeout(Duration::from_secs(30))
}

/// A few tries within the patience of a person who waits.
fn retries() -> RetryConfig {
    RetryConfig { backoff: BackoffConfig::default(), max_retries: 3, retry_timeout: Duration::from_secs(20) }
}

fn storage(action: &'static str) -> impl FnOnce(Error) -> FilesError {
    move |source| FilesError::Storage { action, source: Box::new(source) }
}
