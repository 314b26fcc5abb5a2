//! Study material: uploaded, listed, changed, deleted.

use serde_json::{Value, json};

use crate::support::{Form, Institute, PDF, both_databases, form::pdf, http::each, institute::DAY};

both_databases!(the_file_may_come_first_or_last, async |institute: Institute| {
    let office = &institute.people.office;
    let mut asha = institute.live(&institute.people.asha).await;
    let said = |form: Form| {
        form.text("title", " Fluid  balance ")
            .text("description", "Slides\nand example")
            .text("category", "Question Paper")
            .text("subject", "Nursing")
            .text("semester", "3")
            .text("academicYear", "2026")
            .text("tags", "Fluids, EXAM ,,exam")
            .text("requiresLogin", "true")
            .text("expiryDate", "2026-12-01")
            .text("targetAudience", "all")
            .text("fileType", "EXE")
            .text("undefined", "x")
    };
    for (name, form) in
        [("first.pdf", said(Form::new().file("first.pdf", PDF))), ("last.pdf", said(Form::new()).file("last.pdf", PDF))]
    {
        let saved = institute.uploaded(office, form).await;
        let id = saved["_id"].as_str().unwrap();
        let expected = json!({
            "_id": id, "title": "Fluid balance", "description": "Slides\nand example", "category": "Question Paper",
            "subject": "Nursing", "semester": 3, "academicYear": "2026", "tags": ["fluids", "exam"],
            "expiryDate": "2026-12-01", "requiresLogin": true, "fileName": name, "fileType": "PDF",
            "fileSize": PDF.len(), "fileUrl": format!("/api/downloads/{id}/file"), "downloadCount": 0,
            "uploadedBy": {"username": "office", "fullName": "Office"},
            "uploadedAt": "2026-11-22T10:00:00.000Z", "updatedAt": "2026-11-22T10:00:00.000Z",
        });
        let mut managed = expected.clone();
        let more = json!({
            "targetAudience": ["all"], "specificTargets": {"courses": [], "students": [], "years": [], "semesters": []},
            "chosenStudents": [], "audienceText": "everybody", "rev": 1, "canEdit": true, "isExpired": false,
        });
        managed.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(saved, managed);
        let heard = asha.next().await;
        assert_eq!((heard.name.as_str(), &heard.payload), ("downloads:created", &expected));
        let list = institute.get(&institute.people.asha, "/api/student/downloads").await.data();
        let mut seen = expected;
        seen["opened"] = json!(false);
        assert!(list["downloads"].as_array().unwrap().contains(&seen), "{seen} in {list}");
    }
});

both_databases!(the_least_is_enough_and_empty_fields_are_as_none, async |institute: Institute| {
    let office = &institute.people.office;
    let empty =
        ["description", "subject", "semester", "academicYear", "tags", "expiryDate", "targetAudience", "requiresLogin"];
    let form = Form::titled("Least");
    let full = empty.iter().fold(form.clone(), |form, name| form.text(name, "")).text("specificTargets", "");
    for form in [form, full] {
        let saved = institute.uploaded(office, form).await;
        let picked: Vec<&Value> = empty.iter().map(|name| &saved[name]).collect();
        let (null, none) = (json!(null), json!([]));
        assert_eq!(picked, [&null, &null, &null, &json!("2026"), &none, &null, &json!(["all"]), &json!(false)]);
    }
    let twice = Form::titled("One").text("title", "The last counts");
    assert_eq!(institute.uploaded(office, twice).await["title"], "The last counts");
});

/// Five pieces, the newest last.
async fn fill(institute: &Institute) {
    for (title, category, semester, year, tags) in [
        ("100% sure", "Notes", "1", "2025", "alpha"),
        ("under_score", "Notes", "3", "2026", "beta"),
        ("Back\\slash", "Syllabus", "3", "2026", "gamma"),
        ("दीपक Notes", "Form", "", "2026", "delta"),
        ("Plain", "Notes", "3", "2025", "epsilon, 100"),
    ] {
        let form = Form::new().file("Chapter One.pdf", &pdf(title)).text("title", title).text("category", category);
        let form = form.text("semester", semester).text("academicYear", year).text("tags", tags);
        institute.uploaded(&institute.people.office, form.text("description", "For Everybody")).await;
        institute.clock.advance(std::time::Duration::from_secs(1));
    }
}

const NEWEST_FIRST: [&str; 5] = ["Plain", "दीपक Notes", "Back\\slash", "under_score", "100% sure"];

both_databases!(a_list_is_searched_filtered_and_paged, async |institute: Institute| {
    fill(&institute).await;
    let [plain, hindi, back, under, sure] = NEWEST_FIRST;
    let all = &NEWEST_FIRST[..];
    for (query, expected) in [
        ("", all),
        ("search=&category=&semester=&academicYear=&page=&limit=", all),
        ("search=%25", &[sure]),
        ("search=100%25", &[sure]),
        ("search=_", &[under]),
        ("search=R_S", &[under]),
        ("search=%5C", &[back]),
        ("search=plain", &[plain]),
        ("search=PLAIN+everybody", &[plain]),
        ("search=chapter+one.pdf", all),
        ("search=epsi", &[plain]),
        ("search=%E0%A4%A6%E0%A5%80%E0%A4%AA%E0%A4%95", &[hindi]),
        ("search='%20OR%201=1--", &[]),
        ("category=Notes", &[plain, under, sure]),
        ("category=notes", &[]),
        ("category=Question+Paper", &[]),
        ("category=Novel", &[]),
        ("semester=3", &[plain, back, under]),
        ("semester=3&category=Notes&academicYear=2026", &[under]),
        ("semester=1&semester=3&semester=", &[plain, back, under]),
        ("semester=1&semester=3", &[plain, back, under]),
        ("academicYear=2025", &[plain, sure]),
        ("unknown=1", all),
        ("page=1&limit=2", &[plain, hindi]),
        ("page=3&limit=2", &[sure]),
        ("page=4&limit=2", &[]),
        ("page=999999999&limit=500", &[]),
        ("limit=100000", all),
    ] {
        for (who, base) in [
            (&institute.people.office, "/api/admin/downloads"),
            (&institute.people.teacher, "/api/admin/downloads"),
            (&institute.people.asha, "/api/student/downloads"),
        ] {
            let list = institute.get(who, &format!("{base}?{query}")).await.data();
            assert_eq!(each(&list["downloads"], "title"), expected, "{base}?{query}");
        }
    }
    for (query, field) in [
        ("semester=abc", "semester"),
        ("semester=3.5", "semester"),
        ("semester=99999999999", "semester"),
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=99999999999999999999999", "limit"),
        ("page=0", "page"),
        ("page=-1", "page"),
    ] {
        for (who, base) in
            [(&institute.people.office, "/api/admin/downloads"), (&institute.people.asha, "/api/student/downloads")]
        {
            let answer = institute.get(who, &format!("{base}?{query}")).await;
            answer.refuses(400, "request.invalid_query", &[field], query);
        }
    }
});

both_databases!(lists_have_the_shapes_that_the_existing_client_reads, async |institute: Institute| {
    fill(&institute).await;
    let student = institute.get(&institute.people.asha, "/api/student/downloads?category=Form&limit=1").await.data();
    assert_eq!(student["filters"], json!({"categories": ["Form", "Notes", "Syllabus"]}));
    assert_eq!(student["pagination"], json!({"page": 1, "limit": 1, "total": 1, "pages": 1}));
    assert_eq!(student["unopened"], 5);
    let item = &student["downloads"][0];
    for (key, is_so) in [
        ("_id", Value::is_string as fn(&Value) -> bool),
        ("title", Value::is_string),
        ("category", Value::is_string),
        ("fileType", Value::is_string),
        ("fileName", Value::is_string),
        ("uploadedAt", Value::is_string),
        ("fileSize", Value::is_u64),
        ("downloadCount", Value::is_u64),
        ("tags", Value::is_array),
    ] {
        assert!(is_so(&item[key]), "{key} in {item}");
    }
    for key in ["targetAudience", "specificTargets", "audienceText", "rev", "canEdit"] {
        assert!(item.get(key).is_none(), "{key} is the managers' business");
    }

    let id = item["_id"].as_str().unwrap();
    institute.bare("POST", &institute.people.asha, &format!("/api/student/downloads/{id}/record")).await.data();
    let office = institute.get(&institute.people.office, "/api/admin/downloads?limit=2&search=none").await.data();
    assert_eq!(office["stats"], json!({"totalFiles": 5, "totalDownloads": 1}), "of everything, whatever is looked for");
    assert_eq!(office["pagination"], json!({"page": 1, "limit": 2, "total": 0, "pages": 0}));
    let office = institute.get(&institute.people.office, "/api/admin/downloads").await.data();
    assert_eq!(office["pagination"]["limit"], 20);
    assert!(office["downloads"][0]["uploadedBy"]["username"].is_string(), "{office}");
});

both_databases!(a_change_as_the_existing_client_sends_it, async |institute: Institute| {
    let office = &institute.people.office;
    let form = Form::titled("Before").text("description", "Old").text("semester", "3").text("expiryDate", "2026-12-01");
    let before = institute.uploaded(office, form.text("tags", "gnm, old").text("subject", "Anatomy")).await;
    let path = format!("/api/admin/downloads/{}", before["_id"].as_str().unwrap());
    institute.settled().await;
    let mut asha = institute.live(&institute.people.asha).await;
    institute.clock.advance(DAY);

    let change = json!({
        "title": "After", "description": "", "category": "Syllabus", "targetAudience": "specific_course,faculty",
        "academicYear": "2027", "semester": "", "subject": "", "tags": "new, GNM", "requiresLogin": true, "expiryDate": "",
    });
    let after = institute.json("PUT", office, &path, &change).await.data();
    let mut expected = before.clone();
    for (key, value) in [
        ("title", json!("After")),
        ("description", json!(null)),
        ("category", json!("Syllabus")),
        ("subject", json!(null)),
        ("semester", json!(null)),
        ("academicYear", json!("2027")),
        ("tags", json!(["new", "gnm"])),
        ("expiryDate", json!(null)),
        ("requiresLogin", json!(true)),
        ("targetAudience", json!(["specific_course", "faculty"])),
        // Derived from the tag, because that client has no field for it.
        ("specificTargets", json!({"courses": [institute.gnm], "students": [], "years": [], "semesters": []})),
        ("audienceText", json!("GNM; all faculty")),
        ("updatedAt", json!("2026-11-23T10:00:00.000Z")),
        ("rev", json!(2)),
    ] {
        expected[key] = value;
    }
    assert_eq!(after, expected);
    institute.ring().await;
    assert_eq!(asha.told().await, ["downloads:updated After"]);

    let only =
        institute.json("PUT", office, &path, &json!({"semester": "4", "expiryDate": "2026-12-24T20:00:00.000Z"})).await;
    let only = only.data();
    assert_eq!(
        (&only["semester"], &only["expiryDate"], &only["title"]),
        (&json!(4), &json!("2026-12-25"), &json!("After"))
    );
    assert_eq!(only["tags"], json!(["new", "gnm"]), "what is not named stays");
});

both_databases!(a_change_can_not_touch_what_is_not_the_callers_to_say, async |institute: Institute| {
    let office = &institute.people.office;
    let before = institute.uploaded(office, Form::titled("Before")).await;
    let path = format!("/api/admin/downloads/{}", before["_id"].as_str().unwrap());
    let change = json!({
        "_id": institute.gnm, "id": institute.gnm, "fileUrl": "/etc/passwd", "file_sha256": "00", "fileName": "x.exe", "fileType": "EXE",
        "fileSize": 1, "uploadedBy": institute.people.asha.user, "uploadedAt": "2000-01-01", "updatedAt": "2000-01-01",
        "downloadCount": 1000, "isActive": false, "isExpired": true, "canEdit": false, "audienceText": "nobody", "rev": 1,
    });
    let after = institute.json("PUT", office, &path, &change).await.data();
    let mut expected = before;
    expected["rev"] = json!(2);
    assert_eq!(after, expected);
});

both_databases!(a_change_of_something_changed_meanwhile_is_refused, async |institute: Institute| {
    let office = &institute.people.office;
    let saved = institute.uploaded(office, Form::titled("Before")).await;
    let path = format!("/api/admin/downloads/{}", saved["_id"].as_str().unwrap());
    let put = async |change: Value| institute.json("PUT", office, &path, &change).await;
    assert_eq!(put(json!({"title": "Mine", "rev": 1})).await.data()["rev"], 2);
    let before = institute.traces().await;
    for rev in [json!(1), json!("1"), json!(3), json!(-1)] {
        put(json!({"title": "Theirs", "rev": rev})).await.refuses(
            409,
            "downloads.changed_meanwhile",
            &[],
            "an old revision",
        );
    }
    institute.is_as(&before, "a refused change").await;
    // The existing client does not say what it read.
    for rev in [json!(null), json!("")] {
        put(json!({"title": "Last", "rev": rev})).await.data();
    }

    let (one, other) = tokio::join!(put(json!({"title": "One", "rev": 4})), put(json!({"title": "Other", "rev": 4})));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
});

both_databases!(what_is_deleted_is_gone_for_everybody_at_once, async |institute: Institute| {
    let people = &institute.people;
    let saved = institute.uploaded(&people.office, Form::titled("Gone")).await;
    let id = saved["_id"].as_str().unwrap();
    institute.settled().await;
    let mut asha = institute.live(&people.asha).await;
    let path = format!("/api/admin/downloads/{id}");
    let answer = institute.bare("DELETE", &people.office, &path).await;
    assert_eq!((answer.status, &answer.json()["success"]), (200, &json!(true)));
    let heard = asha.next().await;
    assert_eq!((heard.name.as_str(), &heard.payload), ("downloads:deleted", &json!({"_id": id})));

    let list = institute.get(&people.asha, "/api/student/downloads").await.data();
    assert_eq!((&list["downloads"], &list["filters"]["categories"]), (&json!([]), &json!([])));
    for (method, who, path) in [
        ("DELETE", &people.office, path.clone()),
        ("GET", &people.asha, format!("/api/downloads/{id}/file")),
        ("POST", &people.asha, format!("/api/student/downloads/{id}/record")),
    ] {
        institute.bare(method, who, &path).await.refuses(404, "downloads.not_found", &[], &path);
    }
    let put = institute.json("PUT", &people.office, &path, &json!({"title": "Back"})).await;
    put.refuses(404, "downloads.not_found", &[], "a change of what is gone");
});
