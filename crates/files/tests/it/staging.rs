//! Files on their way in: limits, leftovers, and what happens when the sender gives up.

use lamplight_files::{Accepted, FileKind, Files, FilesError, Policy};

use crate::support::{House, stage};

fn small(limit: u64) -> Policy {
    Policy { limit, ..Policy::default() }
}

#[tokio::test]
async fn staged_files_tell_what_they_are() {
    let house = House::local();
    let staged = stage(&house.files, "/tmp/हृदय \"notes\".TXT", "नमस्ते".as_bytes()).await.unwrap();
    assert_eq!(staged.name(), "हृदय notes.TXT");
    assert_eq!((staged.size(), staged.kind()), (18, FileKind::Text));
    let path = house.staged();
    assert_eq!(path.len(), 1);
    assert!(!path[0].to_string_lossy().contains("notes"), "the sender's name is not used: {path:?}");
    drop(staged);
    house.nothing_is_staged().await;
}

#[tokio::test]
async fn an_empty_file_is_refused() {
    let house = House::local();
    let mut staging = house.files.stage("empty.pdf");
    staging.write(b"").await.unwrap();
    let error = staging.finish().await.unwrap_err();
    assert!(matches!(&error, FilesError::Empty { name } if name == "empty.pdf"), "{error:?}");
    assert!(house.staged().is_empty());
}

#[tokio::test]
async fn a_file_of_exactly_the_limit_passes_and_one_byte_more_does_not() {
    let house = House::local();
    for (bytes, fits) in [(300_000, true), (300_001, false)] {
        let mut staging = house.files.stage_with("a.txt", small(300_000));
        let whole = vec![b'a'; bytes];
        assert_eq!(staging.write(&whole).await.is_ok(), fits, "{bytes}");
        match staging.finish().await {
            Ok(staged) => assert!(fits && staged.size() == 300_000),
            Err(error) => assert!(!fits && matches!(error, FilesError::TooLarge { limit: 300_000 }), "{error:?}"),
        }
    }
    house.nothing_is_staged().await;
}

#[tokio::test]
async fn a_file_over_the_limit_ends_in_the_middle_and_leaves_nothing() {
    let house = House::local();
    let mut staging = house.files.stage_with("a.txt", small(1_000_000));
    let chunk = vec![b'a'; 100_000];
    for _ in 0..10 {
        staging.write(&chunk).await.unwrap();
    }
    assert_eq!(house.staged().len(), 1, "bytes are on disk, not in memory");
    for _ in 0..2 {
        let error = staging.write(b"a").await.unwrap_err();
        assert!(matches!(error, FilesError::TooLarge { limit: 1_000_000 }));
    }
    house.nothing_is_staged().await;
    assert!(matches!(staging.finish().await, Err(FilesError::TooLarge { .. })));
}

#[tokio::test]
async fn the_limit_is_told_in_units_people_use() {
    for (limit, text) in [
        (25 * 1024 * 1024, "the most is 25 MB."),
        (1_572_864, "the most is 1.5 MB."),
        (300 * 1024, "the most is 300 KB."),
        (10, "the most is 10 bytes."),
    ] {
        let error = FilesError::TooLarge { limit };
        assert!(error.to_string().contains(text) && error.is_about_the_file(), "{error}");
    }
}

#[tokio::test]
async fn dropping_a_staging_removes_its_file() {
    let house = House::local();
    let mut staging = house.files.stage("a.txt");
    staging.write(vec![b'a'; 400_000]).await.unwrap();
    assert_eq!(house.staged().len(), 1);
    drop(staging);
    house.nothing_is_staged().await;
}

#[test]
fn dropping_outside_of_a_runtime_removes_the_file_as_well() {
    let house = House::local();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let staged = runtime.block_on(stage(&house.files, "a.txt", b"a")).unwrap();
    drop(runtime);
    drop(staged);
    assert!(house.staged().is_empty());
}

#[tokio::test]
async fn a_refused_file_is_removed() {
    let house = House::local();
    assert!(stage(&house.files, "a.pdf", b"not a pdf").await.is_err());
    house.nothing_is_staged().await;
}

#[tokio::test]
async fn a_cancelled_write_spoils_the_file() {
    let house = House::local();
    let mut staging = house.files.stage("a.txt");
    // Polled once, then dropped while a blocking thread has the file.
    {
        let mut write = Box::pin(staging.write(vec![b'a'; 400_000]));
        let _ = futures_util::poll!(&mut write);
    }
    assert!(matches!(staging.finish().await, Err(FilesError::BrokenOff)));
    house.nothing_is_staged().await;
}

#[tokio::test]
async fn only_accepted_kinds_pass() {
    let house = House::local();
    let pictures: Accepted = [FileKind::Png, FileKind::Jpeg].into_iter().collect();
    let mut staging = house.files.stage_with("a.pdf", Policy { accepted: pictures, limit: 1000 });
    staging.write(b"%PDF-1.4\n").await.unwrap();
    let error = staging.finish().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "\"a.pdf\" cannot be accepted. Its content is: PDF document. Accepted are files ending in .jpg, .jpeg, .jfif, .png."
    );
}

#[tokio::test]
async fn what_a_killed_process_left_is_cleared_and_nothing_else() {
    let house = House::local();
    let staging = &house.config.staging;
    // A process that was killed: its folder and its lock are there, but nobody holds it.
    let dead = staging.join("0123456789abcdef0123456789abcdef");
    std::fs::create_dir(&dead).unwrap();
    std::fs::write(dead.join("lock"), "").unwrap();
    std::fs::write(dead.join("fedcba9876543210fedcba9876543210"), "half a file").unwrap();
    // Killed before it had a lock.
    std::fs::create_dir(staging.join("00000000000000000000000000000000")).unwrap();
    // Dead as well, with something in it that is not ours.
    let strange = staging.join("11111111111111111111111111111111");
    std::fs::create_dir(&strange).unwrap();
    std::fs::write(strange.join("diary"), "mine").unwrap();
    std::fs::write(staging.join("22222222222222222222222222222222"), "a file where folders are").unwrap();
    // Somebody's own.
    std::fs::create_dir(staging.join("photos")).unwrap();
    std::fs::write(staging.join("photos/cat.jpg"), "meow").unwrap();
    // A process that lives, in the middle of an upload.
    let staged = stage(&house.files, "alive.txt", b"alive").await.unwrap();

    let second = Files::open(house.config.clone()).unwrap();
    assert!(!dead.exists() && !staging.join("00000000000000000000000000000000").exists());
    assert!(staging.join("photos/cat.jpg").exists() && strange.join("diary").exists());
    let kept = house.files.keep(staged).await.unwrap();
    assert_eq!(second.size(kept.sha256).await.unwrap(), Some(5));
}

#[tokio::test]
async fn the_folder_of_a_process_goes_with_its_last_file() {
    let house = House::local();
    let files = Files::open(house.config.clone()).unwrap();
    let folders =
        || std::fs::read_dir(&house.config.staging).unwrap().filter(|e| e.as_ref().unwrap().path().is_dir()).count();
    assert_eq!(folders(), 2);
    let staged = stage(&files, "a.txt", b"a").await.unwrap();
    drop(files);
    assert_eq!(folders(), 2);
    drop(staged);
    for _ in 0..500 {
        if folders() == 1 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the folder is still there");
}

#[test]
fn a_staging_folder_on_another_filesystem_is_refused() {
    use lamplight_files::{Backend, FilesConfig};
    // Two filesystems are not to be had everywhere; where /dev/shm is one, this is checked.
    let (Ok(here), Ok(there)) = (tempfile::tempdir(), tempfile::tempdir_in("/dev/shm")) else {
        return;
    };
    let probe = here.path().join("probe");
    std::fs::write(&probe, "").unwrap();
    if std::fs::rename(&probe, there.path().join("probe")).is_ok() {
        return;
    }
    let error = Files::open(FilesConfig {
        staging: there.path().join("staging"),
        backend: Backend::Local { dir: here.path().join("kept") },
        policy: Policy::default(),
    })
    .unwrap_err();
    assert!(matches!(&error, FilesError::Settings(_)), "{error:?}");
    assert!(error.to_string().contains("same filesystem"));
}
