//! Opening study material: the file, and that it was opened.

use std::time::Duration;

use lamplight_features::uploads;
use serde_json::json;
use tokio::net::TcpListener;

use crate::support::{Answer, Form, Institute, Member, PDF, both_databases, http::send, institute::DAY, soon};

async fn opened(institute: &Institute, who: &Member, id: &str) -> Answer {
    institute.bare("POST", who, &format!("/api/student/downloads/{id}/record")).await
}

both_databases!(an_opening_is_counted_once_a_student_and_day, async |institute: Institute| {
    let (asha, bina) = (&institute.people.asha, &institute.people.bina);
    let saved = institute.uploaded(&institute.people.office, Form::titled("Counted")).await;
    let id = saved["_id"].as_str().unwrap();
    let unopened = async |who| institute.get(who, "/api/student/downloads").await.data()["unopened"].clone();
    assert_eq!(unopened(asha).await, 1);
    for (who, expected) in [(asha, 1), (asha, 1), (bina, 2), (asha, 2)] {
        assert_eq!(opened(&institute, who, id).await.data(), json!({"downloadCount": expected}), "{}", who.name);
    }
    assert_eq!(unopened(asha).await, 0);
    // Until 18:30 UTC it is the same day at the institute.
    institute.clock.advance(DAY * 8 / 24);
    assert_eq!(opened(&institute, asha, id).await.data(), json!({"downloadCount": 2}));
    institute.clock.advance(DAY / 24);
    assert_eq!(opened(&institute, asha, id).await.data(), json!({"downloadCount": 3}), "the next day");
    let list = institute.get(asha, "/api/student/downloads").await.data();
    assert_eq!((&list["downloads"][0]["downloadCount"], &list["downloads"][0]["opened"]), (&json!(3), &json!(true)));
    // Fetching the file is no second opening.
    institute.get(asha, &format!("/api/downloads/{id}/file")).await;
    assert_eq!(institute.number("SELECT download_count FROM downloads").await, 3);
});

both_databases!(twenty_openings_in_one_moment_are_one, async |institute: Institute| {
    let saved = institute.uploaded(&institute.people.office, Form::titled("Counted")).await;
    let id = saved["_id"].as_str().unwrap();
    let people = [&institute.people.asha, &institute.people.bina];
    let all = people.iter().flat_map(|who| (0..20).map(|_| opened(&institute, who, id)));
    for answer in futures_util::future::join_all(all).await {
        assert_eq!(answer.status, 200, "{}", answer.json());
    }
    assert_eq!(institute.number("SELECT download_count FROM downloads").await, 2);
    assert_eq!(institute.number("SELECT COUNT(*) FROM download_records").await, 2);
});

#[tokio::test]
async fn only_students_open() {
    let institute = Institute::open(crate::support::Backend::Sqlite).await;
    let people = &institute.people;
    let saved = institute.uploaded(&people.office, Form::titled("X")).await;
    let id = saved["_id"].as_str().unwrap();
    for who in [&people.office, &people.teacher] {
        opened(&institute, who, id).await.refuses(403, "auth.wrong_role", &[], who.name);
        institute.get(who, "/api/student/downloads").await.refuses(403, "auth.wrong_role", &[], who.name);
    }
    let answer = institute.bare("POST", "", &format!("/api/student/downloads/{id}/record")).await;
    answer.refuses(401, "auth.token_missing", &[], "nobody");
}

/// The file of a piece, with headers.
async fn file(institute: &Institute, method: &str, id: &str, headers: &[(&str, &str)]) -> Answer {
    let request = institute.request(method, &institute.people.asha, &format!("/api/downloads/{id}/file"));
    send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
}

both_databases!(the_file_comes_back_whole_or_in_part, async |institute: Institute| {
    let content = [PDF, &b"0123456789".repeat(10_000)].concat();
    let form = Form::new().file("notes.pdf", &content).text("title", "X").text("category", "Notes");
    let saved = institute.uploaded(&institute.people.office, form).await;
    let id = saved["_id"].as_str().unwrap();
    let size = content.len();

    let whole = file(&institute, "GET", id, &[]).await;
    assert_eq!((whole.status, &whole.body), (200, &content));
    let tag = whole.header("etag").to_owned();
    for (name, value) in [
        ("content-type", "application/pdf"),
        ("content-length", size.to_string().as_str()),
        ("accept-ranges", "bytes"),
        ("content-disposition", "attachment; filename=\"notes.pdf\"; filename*=UTF-8''notes.pdf"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("cache-control", "private, no-cache"),
        ("content-encoding", ""),
    ] {
        assert_eq!(whole.header(name), value, "{name}");
    }

    let head = file(&institute, "HEAD", id, &[]).await;
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, size.to_string().as_str(), 0));
    assert_eq!(head.header("etag"), tag);

    for (range, part) in [
        ("bytes=0-0", 0..1),
        ("bytes=0-99", 0..100),
        ("bytes=100-", 100..size),
        ("bytes=-5", size - 5..size),
        ("bytes=0-99999999999999999999", 0..size),
        ("bytes=-99999999", 0..size),
    ] {
        let answer = file(&institute, "GET", id, &[("Range", range)]).await;
        assert_eq!((answer.status, &answer.body[..]), (206, &content[part.clone()]), "{range}");
        let expected = format!("bytes {}-{}/{size}", part.start, part.end - 1);
        assert_eq!(
            (answer.header("content-range"), answer.header("x-content-type-options")),
            (expected.as_str(), "nosniff")
        );
        assert_eq!(answer.header("content-length"), part.len().to_string());
    }
    for range in ["bytes=5-2", "bytes=0-1,3-4", "lines=0-1", "bytes", "bytes=a-b"] {
        let answer = file(&institute, "GET", id, &[("Range", range)]).await;
        assert_eq!((answer.status, answer.body.len()), (200, size), "{range}");
    }
    for range in [format!("bytes={size}-"), "bytes=99999999-".to_owned(), "bytes=-0".to_owned()] {
        let answer = file(&institute, "GET", id, &[("Range", &range)]).await;
        answer.refuses(416, "downloads.range", &[], &range);
        assert_eq!(answer.header("content-range"), format!("bytes */{size}"));
    }

    for (header, value, status) in [
        ("If-None-Match", tag.as_str(), 304),
        ("If-None-Match", &format!("\"x\", W/{tag}"), 304),
        ("If-None-Match", "\"x\"", 200),
    ] {
        let answer = file(&institute, "GET", id, &[(header, value)]).await;
        assert_eq!((answer.status, answer.header("etag")), (status, tag.as_str()), "{header}: {value}");
        assert_eq!(answer.body.len(), if status == 304 { 0 } else { size });
    }
    let other = file(&institute, "GET", id, &[("Range", "bytes=0-0"), ("If-Range", "\"x\"")]).await;
    assert_eq!((other.status, other.body.len()), (200, size), "a part of another version would not fit");
    let same = file(&institute, "GET", id, &[("Range", "bytes=0-0"), ("If-Range", &tag)]).await;
    assert_eq!(same.status, 206);
});

#[tokio::test]
async fn no_name_of_a_file_can_break_out_of_its_header() {
    let institute = Institute::open(crate::support::Backend::Sqlite).await;
    for (sent, name, plain, encoded) in [
        ("notes.pdf", "notes.pdf", "notes.pdf", "notes.pdf"),
        // As browsers send quotes and line breaks (HTML, "multipart/form-data").
        ("a%22; x=%22.pdf", "a%22; x=%22.pdf", "a_22; x=_22.pdf", "a%2522%3B%20x%3D%2522.pdf"),
        (
            "a%0D%0ASet-Cookie: x.pdf",
            "a%0D%0ASet-Cookie x.pdf",
            "a_0D_0ASet-Cookie x.pdf",
            "a%250D%250ASet-Cookie%20x.pdf",
        ),
        ("../../etc/passwd.pdf", "passwd.pdf", "passwd.pdf", "passwd.pdf"),
        ("C:/Users/x/notes.pdf", "notes.pdf", "notes.pdf", "notes.pdf"),
        ("दीपक.pdf", "दीपक.pdf", "file.pdf", "%E0%A4%A6%E0%A5%80%E0%A4%AA%E0%A4%95.pdf"),
        ("fdp\u{202e}\u{2066}exe.pdf", "fdpexe.pdf", "fdpexe.pdf", "fdpexe.pdf"),
        ("a\t\u{85}b.pdf", "a b.pdf", "a b.pdf", "a%20b.pdf"),
        (".pdf", "file.pdf", "file.pdf", "file.pdf"),
    ] {
        let form = Form::new().file(sent, PDF).text("title", "X").text("category", "Notes");
        let saved = institute.uploaded(&institute.people.office, form).await;
        assert_eq!(saved["fileName"], name, "{sent:?}");
        let answer = file(&institute, "GET", saved["_id"].as_str().unwrap(), &[]).await;
        let expected = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}");
        assert_eq!((answer.status, answer.header("content-disposition")), (200, expected.as_str()), "{sent:?}");
        assert_eq!(answer.header("set-cookie"), "");
    }
}

both_databases!(the_same_bytes_are_kept_once_and_go_with_the_last_who_needs_them, async |institute: Institute| {
    let office = &institute.people.office;
    let form = |title: &str| Form::new().file("same.pdf", PDF).text("title", title).text("category", "Notes");
    let (one, two) = (institute.uploaded(office, form("One")).await, institute.uploaded(office, form("Two")).await);
    let kept = institute.traces().await;
    assert_eq!((kept.downloads, kept.uploads, kept.files.len()), (2, 1, 1));

    let delete = async |saved: &serde_json::Value| {
        let path = format!("/api/admin/downloads/{}", saved["_id"].as_str().unwrap());
        assert_eq!(institute.bare("DELETE", office, &path).await.status, 200);
    };
    delete(&one).await;
    // Who uploads may count on a file for an hour.
    institute.clock.advance(DAY);
    assert_eq!(institute.sweep().await, 0);
    let answer = file(&institute, "GET", two["_id"].as_str().unwrap(), &[]).await;
    assert_eq!((answer.status, answer.body), (200, PDF.to_vec()));

    delete(&two).await;
    assert_eq!(institute.sweep().await, 1);
    let gone = institute.traces().await;
    assert_eq!((gone.downloads, gone.uploads, gone.files.len()), (0, 0, 0));

    let again = institute.uploaded(office, form("Again")).await;
    assert_eq!(file(&institute, "GET", again["_id"].as_str().unwrap(), &[]).await.body, PDF);
});

both_databases!(an_upload_and_the_sweeper_do_not_cross, async |institute: Institute| {
    let office = &institute.people.office;
    let form = |title: &str| Form::new().file("same.pdf", PDF).text("title", title).text("category", "Notes");
    let saved = institute.uploaded(office, form("First")).await;
    institute.clock.advance(DAY);
    let path = format!("/api/admin/downloads/{}", saved["_id"].as_str().unwrap());
    let (_, swept, second, _) = tokio::join!(
        institute.bare("DELETE", office, &path),
        institute.sweep(),
        institute.uploaded(office, form("Second")),
        institute.sweep(),
    );
    assert!(swept <= 1);
    let answer = file(&institute, "GET", second["_id"].as_str().unwrap(), &[]).await;
    assert_eq!((answer.status, answer.body), (200, PDF.to_vec()));
    institute.sweep().await;
    assert_eq!(file(&institute, "GET", second["_id"].as_str().unwrap(), &[]).await.status, 200);
});

both_databases!(a_storage_that_does_not_answer_keeps_nobody_from_saving, async |institute: Institute| {
    let office = &institute.people.office;
    let form = |title: &str, bytes| Form::new().file("a.pdf", bytes).text("title", title).text("category", "Notes");
    let saved = institute.uploaded(office, form("First", PDF)).await;
    institute.clock.advance(DAY);
    let path = format!("/api/admin/downloads/{}", saved["_id"].as_str().unwrap());
    assert_eq!(institute.bare("DELETE", office, &path).await.status, 200);

    // It takes requests and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let storage = institute.files_at(&format!("http://{}", silent.local_addr().unwrap()));
    let store = institute.store().clone();
    let sweeping = tokio::spawn(async move { uploads::sweep(&store, &storage, false).await });
    let _asked = soon(silent.accept()).await.unwrap();

    let other = [PDF, b"%another"].concat();
    institute.uploaded(office, form("Other", &other)).await;
    // The storage may still do what it was asked for: nobody counts on that file.
    let answer = institute.upload(office, form("Second", PDF)).await;
    answer.refuses(503, "uploads.being_removed", &["file"], "it may go at any moment");
    assert_eq!(institute.sweep().await, 0, "nor does another server");
    sweeping.abort();
    institute.clock.advance(Duration::from_secs(121));
    let second = institute.uploaded(office, form("Second", PDF)).await;
    assert_eq!(file(&institute, "GET", second["_id"].as_str().unwrap(), &[]).await.body, PDF);
});
