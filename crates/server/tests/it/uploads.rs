//! Uploads and other requests that are refused: a status, a stable code, the field, and nothing left behind.

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Answer, Form, Institute, PDF, PNG, both_databases, soon, until};

/// A form that is right but for what a case adds to it.
fn good() -> Form {
    Form::titled("Good")
}

fn without_file() -> Form {
    Form::new().text("title", "X").text("category", "Notes")
}

fn with(name: &str, content: &[u8]) -> Form {
    without_file().file(name, content)
}

both_databases!(what_is_wrong_with_a_form_is_named_and_nothing_stays, async |institute: Institute| {
    let long = "x".repeat(10_000);
    let before = institute.traces().await;
    let (gnm, nobody) = (institute.gnm, institute.people.asha.user);
    let many = |count| (0..count).fold(Form::new(), |form, n| form.text(&format!("field{n}"), "x"));
    let targets = |target: &str, targets: &str| good().text("targetAudience", target).text("specificTargets", targets);
    let students = format!(r#"{{"students":["{nobody}"]}}"#);
    let courses = format!(r#"{{"courses":["{nobody}"]}}"#);
    let too_many = json!({"students": vec![nobody; 501]}).to_string();
    let cases: Vec<(Form, u16, &str, &[&str], &str)> = vec![
        (without_file(), 400, "downloads.file_missing", &["file"], "no file"),
        (
            without_file().part("Content-Disposition: form-data; name=\"file\"; filename=\"\"", b""),
            400,
            "downloads.file_missing",
            &["file"],
            "no file was chosen",
        ),
        (
            without_file().text("file", "a text"),
            400,
            "uploads.mislabelled",
            &["file"],
            "a text in the place of the file",
        ),
        (with("", PDF), 400, "uploads.mislabelled", &["file"], "a file without a name"),
        (with("notes", PDF), 400, "uploads.mislabelled", &["file"], "a name without an ending"),
        (with("empty.pdf", b""), 400, "uploads.empty", &["file"], "an empty file"),
        (with("picture.pdf", PNG), 400, "uploads.mislabelled", &["file"], "a picture named as PDF"),
        (
            with("page.pdf", b"<!DOCTYPE html><html><script>alert(1)</script></html>"),
            400,
            "uploads.dangerous",
            &["file"],
            "a page named as PDF",
        ),
        (with("page.html", b"<html></html>"), 400, "uploads.dangerous", &["file"], "a page"),
        (with("run.exe", &[b"MZ".as_slice(), &[0; 300]].concat()), 400, "uploads.dangerous", &["file"], "a program"),
        (
            with("run.pdf", &[b"\x7fELF".as_slice(), &[0; 300]].concat()),
            400,
            "uploads.dangerous",
            &["file"],
            "a program named as PDF",
        ),
        (with("cut.docx", b"PK\x03\x04 and no more"), 400, "uploads.damaged", &["file"], "a damaged document"),
        (
            with("big.pdf", &[PDF, &vec![b' '; 1024 * 1024]].concat()),
            413,
            "uploads.too_large",
            &["file"],
            "a file over the limit",
        ),
        (good().file("second.pdf", PDF), 400, "uploads.several_files", &["file"], "two files"),
        (good().text("file", ""), 400, "uploads.several_files", &["file"], "a second part named file"),
        (many(100), 413, "uploads.too_much_text", &[], "100 fields"),
        (good().text("description", &"x".repeat(200_000)), 413, "uploads.too_much_text", &[], "200 KB of text"),
        (good().bytes("title", b"\xff\xfe"), 400, "request.invalid", &["title"], "a text that is no UTF-8"),
        (Form::new().file("a.pdf", PDF), 400, "downloads.invalid", &["category", "title"], "nothing said"),
        (good().text("title", " \t\n "), 400, "downloads.invalid", &["title"], "a blank title"),
        (good().text("title", "\0\u{1}\u{7f}"), 400, "downloads.invalid", &["title"], "a title of control characters"),
        (good().text("title", &long), 400, "downloads.invalid", &["title"], "a title of 10,000 characters"),
        (good().text("description", &long), 400, "downloads.invalid", &["description"], "a long description"),
        (good().text("subject", &long), 400, "downloads.invalid", &["subject"], "a long subject"),
        (good().text("tags", &long), 400, "downloads.invalid", &["tags"], "a long tag"),
        (
            good().text("tags", &(0..30).map(|n| format!("{n},")).collect::<String>()),
            400,
            "downloads.invalid",
            &["tags"],
            "many tags",
        ),
        (good().text("category", "Novel"), 400, "downloads.invalid", &["category"], "an unknown category"),
        (good().text("semester", "three"), 400, "request.invalid", &["semester"], "a semester in words"),
        (good().text("semester", "0"), 400, "downloads.invalid", &["semester"], "semester 0"),
        (good().text("semester", "99999999999"), 400, "request.invalid", &["semester"], "a semester beyond numbers"),
        (good().text("academicYear", "next"), 400, "downloads.invalid", &["academicYear"], "a year in words"),
        (good().text("requiresLogin", "perhaps"), 400, "request.invalid", &["requiresLogin"], "neither true nor false"),
        (good().text("expiryDate", "2026-11-21"), 400, "downloads.invalid", &["expiryDate"], "a day that is over"),
        (good().text("expiryDate", "2026-02-30"), 400, "downloads.invalid", &["expiryDate"], "a day that is none"),
        (good().text("expiryDate", "soon"), 400, "downloads.invalid", &["expiryDate"], "no day"),
        (good().text("expiryDate", "99999-01-01"), 400, "downloads.invalid", &["expiryDate"], "a far year"),
        (
            good().text("targetAudience", "specific_department"),
            400,
            "downloads.invalid",
            &["targetAudience"],
            "an unknown audience",
        ),
        (
            good().text("targetAudience", "specific_course"),
            400,
            "downloads.invalid",
            &["specificTargets"],
            "a course and none named",
        ),
        (
            good().text("targetAudience", "specific_semester"),
            400,
            "downloads.invalid",
            &["specificTargets"],
            "a semester and none named",
        ),
        (
            good().text("targetAudience", "specific_year"),
            400,
            "downloads.invalid",
            &["specificTargets"],
            "a year and none named",
        ),
        (
            good().text("targetAudience", "specific_students"),
            400,
            "downloads.invalid",
            &["specificTargets"],
            "students and none named",
        ),
        (
            targets("specific_course", "not json"),
            400,
            "request.invalid",
            &["specificTargets"],
            "targets that are no JSON",
        ),
        (targets("specific_course", "[1]"), 400, "request.invalid", &["specificTargets"], "targets that are a list"),
        (
            targets("specific_course", r#"{"courses":["GNM"]}"#),
            400,
            "request.invalid",
            &["specificTargets"],
            "a malformed id",
        ),
        (targets("specific_course", &courses), 400, "downloads.invalid", &["specificTargets"], "an id of another kind"),
        (
            targets("specific_students", &students),
            400,
            "downloads.invalid",
            &["specificTargets"],
            "a user for a student",
        ),
        (targets("specific_students", &too_many), 400, "downloads.invalid", &["specificTargets"], "501 students"),
        (targets("specific_year", r#"{"years":[26]}"#), 400, "downloads.invalid", &["specificTargets"], "a short year"),
        (
            targets("specific_semester", r#"{"semesters":[13]}"#),
            400,
            "downloads.invalid",
            &["specificTargets"],
            "semester 13",
        ),
        (
            targets("specific_semester", r#"{"semesters":["3"]}"#),
            400,
            "request.invalid",
            &["specificTargets"],
            "a text for a number",
        ),
    ];
    for (form, status, code, fields, what) in cases {
        institute.upload(&institute.people.office, form).await.refuses(status, code, fields, what);
        institute.is_as(&before, what).await;
    }
    // What is only untidy is tidied.
    let tidy = good().text("title", "A\0\u{1b}[31m\u{7f}B \r\n C").text("targetAudience", "specific_course");
    let saved = institute.uploaded(&institute.people.office, tidy.text("tags", "a\0b,GNM").text("subject", "\0")).await;
    assert_eq!((&saved["title"], &saved["subject"]), (&json!("A[31mB C"), &json!(null)));
    assert_eq!((&saved["tags"], &saved["specificTargets"]["courses"]), (&json!(["ab", "gnm"]), &json!([gnm])));
});

both_databases!(a_form_that_is_none_is_refused_and_nothing_stays, async |institute: Institute| {
    let office = &institute.people.office;
    let before = institute.traces().await;
    let upload = ("POST", "/api/admin/downloads");
    let whole = good().finish();
    let cut = whole[..whole.len() / 2].to_vec();
    for (kind, body, status, code, what) in [
        ("multipart/form-data", whole.clone(), 415, "uploads.not_multipart", "no boundary"),
        ("application/json", b"{}".to_vec(), 415, "uploads.not_multipart", "JSON"),
        ("text/plain", Vec::new(), 415, "uploads.not_multipart", "nothing"),
        ("multipart/form-data; boundary=other", whole, 400, "uploads.malformed", "another boundary"),
        (&Form::content_type(), cut, 400, "uploads.malformed", "a form that ends early"),
        (&Form::content_type(), Vec::new(), 400, "uploads.malformed", "an empty form"),
        (&Form::content_type(), b"\0\xff".repeat(1000), 400, "uploads.malformed", "noise"),
    ] {
        institute.raw(upload, office, kind, body).await.refuses(status, code, &[], what);
        institute.is_as(&before, what).await;
    }
    for (who, status, code) in
        [("", 401, "auth.token_missing"), (institute.people.asha.as_ref(), 403, "auth.wrong_role")]
    {
        institute.upload(who, good()).await.refuses(status, code, &[], "not theirs to do");
        institute.is_as(&before, code).await;
    }
});

/// Begins an upload of `claimed` bytes over a connection of its own.
async fn begin(institute: &Institute, claimed: usize) -> TcpStream {
    let mut stream = soon(TcpStream::connect(institute.address())).await.unwrap();
    let head = format!(
        "POST /api/admin/downloads HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: {}\r\nContent-Length: {claimed}\r\n\r\n",
        institute.address(),
        institute.people.office.token,
        Form::content_type(),
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

both_databases!(an_upload_that_is_cut_off_leaves_nothing, async |institute: Institute| {
    let before = institute.traces().await;
    let content = [PDF, &vec![b' '; 600_000]].concat();
    let body = with("cut.pdf", &content).finish();
    let mut stream = begin(&institute, body.len()).await;
    stream.write_all(&body[..500_000]).await.unwrap();
    until("part of it is on the disk", async || institute.traces().await.staged.len() > before.staged.len()).await;
    drop(stream);
    institute.is_as(&before, "a cut upload").await;
});

#[tokio::test]
async fn who_sends_too_much_is_told_so_also_when_they_send_it_all() {
    let institute = Institute::open(crate::support::Backend::Sqlite).await;
    let before = institute.traces().await;
    let body = with("large.pdf", &[PDF, &vec![b' '; 12 * 1024 * 1024]].concat()).finish();
    for who in [institute.people.office.as_ref(), institute.people.asha.as_ref(), ""] {
        let status = if who.is_empty() {
            401
        } else if who == institute.people.asha.token {
            403
        } else {
            413
        };
        // A client that looks for an answer only when it has sent everything, as some proxies do.
        let mut stream = soon(TcpStream::connect(institute.address())).await.unwrap();
        let head = format!(
            "POST /api/admin/downloads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {who}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n",
            Form::content_type(),
            body.len(),
        );
        soon(stream.write_all(head.as_bytes())).await.unwrap();
        soon(stream.write_all(&body)).await.expect("the server takes it all");
        let mut answer = String::new();
        soon(stream.read_to_string(&mut answer)).await.expect("an answer and an orderly end");
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        let json: serde_json::Value = serde_json::from_str(answer.rsplit("\r\n\r\n").next().unwrap()).unwrap();
        assert_eq!(json["success"], false);
        institute.is_as(&before, &answer).await;
    }
}

#[tokio::test]
async fn json_that_is_none_or_not_what_belongs_here() {
    let institute = Institute::open(crate::support::Backend::Sqlite).await;
    let office = &institute.people.office;
    let saved = institute.uploaded(office, good()).await;
    let before = institute.traces().await;
    let path = format!("/api/admin/downloads/{}", saved["_id"].as_str().unwrap());
    let large = format!(r#"{{"title":"{}"}}"#, "x".repeat(1024 * 1024));
    let nested = "[".repeat(100_000);
    for (kind, body, status, code, fields) in [
        ("application/json", "{", 400, "request.malformed_json", &[][..]),
        ("application/json", "", 400, "request.malformed_json", &[]),
        ("application/json", "{} {}", 400, "request.malformed_json", &[]),
        ("application/json", r#"{"title": "\ud800"}"#, 400, "request.invalid", &["title"]),
        ("application/json", &nested, 400, "request.invalid", &["."]),
        ("application/json", "[]", 400, "request.invalid", &["."]),
        ("application/json", r#" ["A title by its place"]"#, 400, "request.invalid", &["."]),
        ("application/json", "null", 400, "request.invalid", &["."]),
        ("text/plain", "{}", 415, "request.not_json", &[]),
        ("application/x-www-form-urlencoded", "title=X", 415, "request.not_json", &[]),
        ("application/json", &large, 413, "request.too_large", &[]),
        ("application/json", r#"{"title": ["X"]}"#, 400, "request.invalid", &["title"]),
        ("application/json", r#"{"title": {"$gt": ""}}"#, 400, "request.invalid", &["title"]),
        ("application/json", r#"{"semester": "three"}"#, 400, "request.invalid", &["semester"]),
        ("application/json", r#"{"semester": 3.5}"#, 400, "request.invalid", &["semester"]),
        ("application/json", r#"{"tags": 3}"#, 400, "request.invalid", &["tags"]),
        ("application/json", r#"{"tags": [3]}"#, 400, "request.invalid", &["tags"]),
        ("application/json", r#"{"rev": "x"}"#, 400, "request.invalid", &["rev"]),
        (
            "application/json",
            r#"{"specificTargets": {"courses": ["x"]}}"#,
            400,
            "request.invalid",
            &["specificTargets"],
        ),
        ("application/json", r#"{"expiryDate": "2026-11-21"}"#, 400, "downloads.invalid", &["expiryDate"]),
        ("application/json", r#"{"title": ""}"#, 400, "downloads.invalid", &["title"]),
        (
            "application/json",
            r#"{"title": "\u0000", "category": ""}"#,
            400,
            "downloads.invalid",
            &["category", "title"],
        ),
        ("application/json", r#"{"targetAudience": ["all", "none"]}"#, 400, "downloads.invalid", &["targetAudience"]),
    ] {
        let what: String = body.chars().take(60).collect();
        let answer = institute.raw(("PUT", &path), office, kind, body.to_owned()).await;
        let fields: Vec<_> = fields.iter().map(|field| (*field).to_owned()).collect();
        assert_eq!((answer.refusal(), answer.fields()), ((status, code.to_owned()), fields), "{what}");
        institute.is_as(&before, &what).await;
    }
    let charset = institute.raw(("PUT", &path), office, "Application/JSON; charset=utf-8", r#"{"title":"Y"}"#).await;
    assert_eq!(charset.data()["title"], "Y");
}

both_databases!(an_id_that_is_unknown_malformed_or_of_another_kind_is_nowhere, async |institute: Institute| {
    let people = &institute.people;
    let saved = institute.uploaded(&people.office, good()).await;
    let id = saved["_id"].as_str().unwrap();
    let before = institute.traces().await;
    let (course, user) = (institute.gnm.to_string(), people.asha.user.to_string());
    let (upper, simple, long) = (id.to_uppercase(), id.replace('-', ""), "x".repeat(5000));
    for (id, code) in [
        (course.as_str(), "downloads.not_found"),
        (&user, "downloads.not_found"),
        ("00000000-0000-0000-0000-000000000000", "downloads.not_found"),
        (&upper, "request.unknown_id"),
        (&simple, "request.unknown_id"),
        ("1", "request.unknown_id"),
        ("undefined", "request.unknown_id"),
        ("%00", "request.unknown_id"),
        ("%FF", "request.unknown_id"),
        ("..%2F..%2Fetc%2Fpasswd", "request.unknown_id"),
        ("' OR 1=1 --", "request.unknown_id"),
        (&long, "request.unknown_id"),
    ] {
        let answers: [Answer; 4] = [
            institute.get(&people.asha, &format!("/api/downloads/{id}/file")).await,
            institute.bare("POST", &people.asha, &format!("/api/student/downloads/{id}/record")).await,
            institute.json("PUT", &people.office, &format!("/api/admin/downloads/{id}"), &json!({"title": "X"})).await,
            institute.bare("DELETE", &people.office, &format!("/api/admin/downloads/{id}")).await,
        ];
        for answer in answers {
            answer.refuses(404, code, &[], id);
        }
    }
    institute.is_as(&before, "strange ids").await;
});
