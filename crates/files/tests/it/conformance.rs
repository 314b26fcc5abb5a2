//! What a storage must do, whichever it is. The one suite is the contract of every backend.

use std::ops::Range;

use futures_util::TryStreamExt;
use lamplight_files::{Backend, FileKind, Files, FilesConfig, FilesError, Policy, S3Config, Secret, Sha256};
use sha2::Digest;

use crate::support::{House, all, below, keep, s3_config, stage};

#[tokio::test]
async fn a_folder_conforms() {
    let house = House::local();
    conforms(&house).await;
}

#[tokio::test]
async fn a_bucket_conforms() {
    let house = House::s3().await;
    conforms(&house).await;
}

async fn conforms(house: &House) {
    let files = &house.files;
    files.check().await.unwrap();
    keeps_and_reads(files).await;
    reads_ranges(files).await;
    stores_the_same_bytes_once(house).await;
    replaces_what_was_cut_off(house).await;
    streams_a_large_file(files).await;
    removes(files).await;
    house.nothing_is_staged().await;
}

fn sha256(bytes: &[u8]) -> Sha256 {
    Sha256::from_bytes(sha2::Sha256::digest(bytes).into())
}

async fn keeps_and_reads(files: &Files) {
    let kept = keep(files, "C:\\fakepath\\Unit 1: Heart.txt", b"lub dub").await;
    assert_eq!(kept.name, "Unit 1 Heart.txt");
    assert_eq!((kept.size, kept.kind, kept.written), (7, FileKind::Text, true));
    assert_eq!(kept.sha256, sha256(b"lub dub"));
    assert_eq!(files.size(kept.sha256).await.unwrap(), Some(7));

    let body = files.read(kept.sha256, None).await.unwrap();
    assert_eq!((body.size_total, body.range.clone()), (7, 0..7));
    assert_eq!(all(body).await, b"lub dub");

    let missing = sha256(b"never sent");
    assert!(matches!(files.read(missing, None).await, Err(FilesError::Missing)));
    assert!(matches!(files.read(missing, Some(0..1)).await, Err(FilesError::Missing)));
    assert_eq!(files.size(missing).await.unwrap(), None);
}

async fn reads_ranges(files: &Files) {
    let kept = keep(files, "digits.txt", b"0123456789").await;
    let cases: [(Range<u64>, &[u8]); 6] =
        [(0..10, b"0123456789"), (0..1, b"0"), (3..7, b"3456"), (9..10, b"9"), (4..99, b"456789"), (9..u64::MAX, b"9")];
    for (range, expected) in cases {
        let body = files.read(kept.sha256, Some(range.clone())).await.unwrap();
        assert_eq!((body.size_total, body.range.clone()), (10, range.start..range.end.min(10)));
        assert_eq!(all(body).await, expected, "{range:?}");
    }
    let backwards = Range { start: 5, end: 3 };
    for range in [10..11, 5..5, 0..0, 10..10, backwards, u64::MAX..u64::MAX, 11..u64::MAX] {
        let error = files.read(kept.sha256, Some(range.clone())).await.unwrap_err();
        assert!(matches!(error, FilesError::OutOfRange { size: 10 }), "{range:?}: {error:?}");
    }
}

/// Everything that is kept, below the folder of kept files or of the server.
fn kept_files(house: &House) -> usize {
    let name = |path: &std::path::Path| path.file_name().unwrap().to_string_lossy().len() == 64;
    below(house.folder.path()).iter().filter(|path| name(path)).count()
}

async fn stores_the_same_bytes_once(house: &House) {
    let files = &house.files;
    let before = kept_files(house);
    let first = keep(files, "a.txt", b"the same").await;
    let second = keep(files, "b.csv", b"the same").await;
    assert!(first.written && !second.written);
    assert_eq!(first.sha256, second.sha256);
    assert_eq!((second.kind, second.name.as_str()), (FileKind::Csv, "b.csv"));
    assert_eq!(kept_files(house), before + 1);

    // At the same time, too.
    let (x, y) = tokio::join!(keep(files, "x.txt", b"twins"), keep(files, "y.txt", b"twins"));
    assert_eq!(x.sha256, y.sha256);
    assert_eq!(all(files.read(x.sha256, None).await.unwrap()).await, b"twins");
    assert_eq!(kept_files(house), before + 2);
}

/// An object of the right name and the wrong size (a disk that was full, a restore that was cut off) heals.
async fn replaces_what_was_cut_off(house: &House) {
    let kept = keep(&house.files, "whole.txt", b"whole and good").await;
    let name = kept.sha256.to_string();
    let path = below(house.folder.path()).into_iter().find(|path| path.ends_with(&name)).unwrap();
    std::fs::write(&path, b"whole an").unwrap();
    assert!(keep(&house.files, "whole.txt", b"whole and good").await.written);
    assert_eq!(all(house.files.read(kept.sha256, None).await.unwrap()).await, b"whole and good");
}

/// 20 MB of which no two blocks are alike; sent in parts to a bucket.
async fn streams_a_large_file(files: &Files) {
    let mut large = b"%PDF-1.7\n".to_vec();
    large.extend((0..5_000_000_u32).flat_map(u32::to_le_bytes));
    let kept = keep(files, "large.pdf", &large).await;
    assert_eq!(kept.sha256, sha256(&large));
    let body = files.read(kept.sha256, None).await.unwrap();
    assert_eq!(body.size_total, large.len() as u64);
    let (mut at, mut longest) = (0, 0);
    let mut stream = body.stream;
    while let Some(chunk) = stream.try_next().await.unwrap() {
        assert!(large[at..].starts_with(&chunk), "differs after byte {at}");
        at += chunk.len();
        longest = longest.max(chunk.len());
    }
    assert_eq!(at, large.len());
    assert!(longest < 2_000_000, "came in chunks of {longest}");

    let middle = files.read(kept.sha256, Some(8_388_600..8_388_620)).await.unwrap();
    assert_eq!(all(middle).await, large[8_388_600..8_388_620]);
}

async fn removes(files: &Files) {
    let kept = keep(files, "short-lived.txt", b"short-lived").await;
    files.remove(kept.sha256).await.unwrap();
    assert!(matches!(files.read(kept.sha256, None).await, Err(FilesError::Missing)));
    files.remove(kept.sha256).await.unwrap();
    files.remove(sha256(b"never sent")).await.unwrap();
    assert!(keep(files, "back.txt", b"short-lived").await.written);
}

/// The whole way of a new object in a folder, seen from the folder.
#[cfg(unix)]
#[tokio::test]
async fn kept_files_are_private_and_named_by_hash() {
    use std::os::unix::fs::PermissionsExt;
    let house = House::local();
    let kept = keep(&house.files, "../../etc/passwd.txt", b"root").await;
    let hash = kept.sha256.to_string();
    let path = house.folder.path().join("kept").join(&hash[..2]).join(&hash[2..4]).join(&hash);
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    assert_eq!(mode(&house.config.staging), 0o700);
}

#[tokio::test]
async fn wrong_credentials_are_noticed_by_check() {
    let mut house = House::s3().await;
    let Backend::S3(config) = &mut house.config.backend else { panic!("a bucket") };
    config.secret_access_key = Secret::new("guessed");
    let files = Files::open(house.config.clone()).unwrap();
    let error = files.check().await.unwrap_err();
    assert!(matches!(error, FilesError::Storage { .. }) && !error.is_about_the_file(), "{error:?}");
    assert!(!format!("{error:?} {files:?}").contains("guessed"));
}

/// TLS is there and needs nothing from the caller: the client is made, and fails only at the closed port.
#[tokio::test]
async fn https_endpoints_can_be_opened() {
    let house = House::local();
    let mut config = house.config.clone();
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut s3 = s3_config(&format!("https://{free}"));
    s3.allow_http = false;
    config.backend = Backend::S3(s3);
    let files = Files::open(config).unwrap();
    let staged = stage(&files, "a.txt", b"a").await.unwrap();
    let error = files.keep(staged).await.unwrap_err();
    assert!(matches!(error, FilesError::Storage { .. }), "{error:?}");
    house.nothing_is_staged().await;
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    type Change = fn(&mut S3Config);
    let open = |change: Change| {
        let mut s3 = s3_config("http://127.0.0.1:9");
        change(&mut s3);
        let config =
            FilesConfig { staging: folder.path().join("staging"), backend: Backend::S3(s3), policy: Policy::default() };
        Files::open(config).map(|_| ()).map_err(|e| e.to_string())
    };
    open(|_| {}).unwrap();
    let cases: [(Change, &str); 5] = [
        (|s3| s3.allow_http = false, "http://"),
        (|s3| s3.endpoint = Some("minio:9000".to_owned()), "must begin with https://"),
        (|s3| s3.bucket = String::new(), "bucket is missing"),
        (|s3| s3.secret_access_key = Secret::new(""), "secret access key is missing"),
        (|s3| s3.prefix = "a//b".to_owned(), "prefix"),
    ];
    for (change, expected) in cases {
        let error = open(change).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn secrets_do_not_show() {
    let config = s3_config("http://127.0.0.1:9");
    let shown = format!("{config:?} {:#?}", Backend::S3(config.clone()));
    assert!(!shown.contains("not-so-secret") && shown.contains("***"), "{shown}");
}
