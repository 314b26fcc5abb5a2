//! Who may open a piece and who hears of it: one question, asked of the list, the file, the record and the sockets.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};

use crate::support::{Form, Institute, Live, Member, both_databases, http::each, institute::DAY};

/// A form for an audience.
fn meant_for(title: &str, audience: &str, targets: &Value) -> Form {
    Form::titled(title).text("targetAudience", audience).text("specificTargets", &targets.to_string())
}

/// The path of somebody's list.
fn list_of(who: &Member) -> &'static str {
    if who.student.is_some() { "/api/student/downloads" } else { "/api/admin/downloads" }
}

/// Everybody with a page open, and one of the students with two.
async fn pages(institute: &Institute) -> Vec<(&'static str, Live)> {
    let mut pages = Vec::new();
    for who in institute.people.all() {
        pages.push((who.name, institute.live(who).await));
    }
    pages.push(("asha", institute.live(&institute.people.asha).await));
    pages
}

/// Who of the open pages heard what since the last time; the same person's pages must have heard the same.
async fn heard(institute: &Institute, pages: &mut [(&'static str, Live)]) -> Vec<(&'static str, Vec<String>)> {
    institute.ring().await;
    let mut heard: Vec<(&'static str, Vec<String>)> = Vec::new();
    for (name, page) in pages {
        let told = page.told().await;
        match heard.iter().find(|(known, _)| known == name) {
            Some((_, before)) => assert_eq!(before, &told, "both pages of {name}"),
            None => heard.push((*name, told)),
        }
    }
    heard
}

/// Who may open a piece: everybody must be told the same by list, file and record.
async fn openers(institute: &Institute, saved: &Value) -> BTreeSet<&'static str> {
    let id = saved["_id"].as_str().unwrap();
    let mut openers = BTreeSet::new();
    for who in institute.people.all() {
        let list = institute.get(who, &format!("{}?limit=500", list_of(who))).await.data();
        let is_listed = each(&list["downloads"], "_id").contains(&id.to_owned());
        let file = institute.get(who, &format!("/api/downloads/{id}/file")).await;
        assert_eq!(file.status, if is_listed { 200 } else { 404 }, "{}: file of {saved}", who.name);
        if who.student.is_some() {
            let record = institute.bare("POST", who, &format!("/api/student/downloads/{id}/record")).await;
            assert_eq!(record.status, file.status, "{}: record of {saved}", who.name);
        }
        if is_listed {
            openers.insert(who.name);
        } else {
            assert_eq!(file.refusal().1, "downloads.not_found");
        }
    }
    openers
}

both_databases!(who_may_open_hears_of_it_and_nobody_else, async |institute: Institute| {
    let people = &institute.people;
    let (gnm, anm) = (institute.gnm, institute.anm);
    let chitra = people.chitra.student;
    let none = json!({});
    let mut pages = pages(&institute).await;
    let table: Vec<(&Member, &str, Value, &[&str])> = vec![
        (&people.office, "all", none.clone(), &["asha", "bina", "chitra", "teacher", "lecturer", "librarian"]),
        (&people.office, "students", none.clone(), &["asha", "bina", "chitra"]),
        (&people.office, "faculty", none.clone(), &["teacher", "lecturer", "librarian"]),
        (&people.office, "specific_course", json!({"courses": [gnm]}), &["asha", "bina", "teacher"]),
        (
            &people.office,
            "specific_course",
            json!({"courses": [gnm, anm]}),
            &["asha", "bina", "chitra", "teacher", "lecturer"],
        ),
        (&people.office, "specific_year", json!({"years": [2025]}), &["asha", "chitra"]),
        (&people.office, "specific_semester", json!({"semesters": [1]}), &["bina"]),
        (&people.office, "specific_semester", json!({"semesters": [1, 3]}), &["asha", "bina", "chitra"]),
        (&people.office, "specific_course_semester", json!({"courses": [gnm], "semesters": [3]}), &["asha", "teacher"]),
        (&people.office, "specific_students", json!({"students": [chitra]}), &["chitra"]),
        (
            &people.office,
            "students,faculty",
            none.clone(),
            &["asha", "bina", "chitra", "teacher", "lecturer", "librarian"],
        ),
        // Somebody who is in several of the rooms hears of it once.
        (
            &people.office,
            "students,specific_year,specific_course,specific_semester",
            json!({"courses": [gnm], "years": [2025], "semesters": [3]}),
            &["asha", "bina", "chitra", "teacher"],
        ),
        (
            &people.office,
            "faculty,specific_students",
            json!({"students": [people.bina.student]}),
            &["bina", "teacher", "lecturer", "librarian"],
        ),
        // Particulars that the audience is not about mean nothing.
        (
            &people.office,
            "faculty",
            json!({"courses": [gnm], "students": [chitra]}),
            &["teacher", "lecturer", "librarian"],
        ),
        (&people.teacher, "specific_course", json!({"courses": [gnm]}), &["asha", "bina", "teacher"]),
        (
            &people.teacher,
            "specific_course_semester",
            json!({"courses": [gnm], "semesters": [1]}),
            &["bina", "teacher"],
        ),
        (&people.teacher, "specific_students", json!({"students": [people.asha.student]}), &["asha", "teacher"]),
    ];
    for (number, (by, audience, targets, expected)) in table.into_iter().enumerate() {
        let title = format!("{number}");
        let saved = institute.uploaded(by, meant_for(&title, audience, &targets)).await;
        let expected: BTreeSet<_> = expected.iter().copied().chain(["office"]).collect();
        let what = format!("{audience} {targets}");
        assert_eq!(openers(&institute, &saved).await, expected, "{what}");
        for (name, told) in heard(&institute, &mut pages).await {
            let news: &[String] = if expected.contains(name) { &[format!("downloads:created {title}")] } else { &[] };
            assert_eq!(told, news, "{name} of {what}");
        }
    }
});

both_databases!(what_is_told_names_no_other_student, async |institute: Institute| {
    let people = &institute.people;
    let targets = json!({"students": [people.asha.student, people.bina.student]});
    let (mut asha, mut office) = (institute.live(&people.asha).await, institute.live(&people.office).await);
    let saved = institute.uploaded(&people.office, meant_for("Chosen", "specific_students", &targets)).await;
    let path = format!("/api/admin/downloads/{}", saved["_id"].as_str().unwrap());
    institute.json("PUT", &people.office, &path, &json!({"title": "Changed"})).await.data();
    institute.bare("DELETE", &people.office, &path).await;
    institute.ring().await;
    let others = [&people.asha, &people.bina, &people.chitra];
    let ids: Vec<String> =
        others.iter().flat_map(|who| [who.user.to_string(), who.student.unwrap().to_string()]).collect();
    for page in [&mut asha, &mut office] {
        let heard = page.before_the_bell().await;
        assert_eq!(heard.len(), 3);
        for event in heard {
            let text = event.payload.to_string();
            for secret in
                ["specificTargets", "targetAudience", "audience"].into_iter().chain(ids.iter().map(String::as_str))
            {
                assert!(!text.contains(secret), "{secret} in {text}");
            }
        }
    }
});

both_databases!(
    another_audience_is_news_to_whom_it_comes_and_a_farewell_to_whom_it_leaves,
    async |institute: Institute| {
        let people = &institute.people;
        let mut pages = pages(&institute).await;
        let saved =
            institute.uploaded(&people.office, meant_for("X", "specific_semester", &json!({"semesters": [3]}))).await;
        let path = format!("/api/admin/downloads/{}", saved["_id"].as_str().unwrap());
        heard(&institute, &mut pages).await;
        let change = json!({"targetAudience": "specific_course", "specificTargets": {"courses": [institute.gnm]}});
        institute.json("PUT", &people.office, &path, &change).await.data();
        for (name, told) in heard(&institute, &mut pages).await {
            let expected: &[&str] = match name {
                "office" | "asha" => &["downloads:updated X"],
                "bina" | "teacher" => &["downloads:created X", "downloads:updated X"],
                "chitra" => &["downloads:deleted -"],
                _ => &[],
            };
            assert_eq!(told, expected, "{name}");
        }
        assert_eq!(openers(&institute, &saved).await, BTreeSet::from(["office", "asha", "bina", "teacher"]));
        // A change of words is no change of the audience.
        institute.json("PUT", &people.office, &path, &json!({"description": "Y"})).await.data();
        for (name, told) in heard(&institute, &mut pages).await {
            let expected: &[&str] =
                if ["office", "asha", "bina", "teacher"].contains(&name) { &["downloads:updated X"] } else { &[] };
            assert_eq!(told, expected, "{name}");
        }
    }
);

both_databases!(what_the_office_corrects_stays_with_who_uploaded_it, async |institute: Institute| {
    let people = &institute.people;
    let targets = json!({"students": [people.asha.student]});
    let saved = institute.uploaded(&people.teacher, meant_for("Letter", "specific_students", &targets)).await;
    institute.settled().await;
    let mut teacher = institute.live(&people.teacher).await;
    let path = format!("/api/admin/downloads/{}", saved["_id"].as_str().unwrap());
    institute.json("PUT", &people.office, &path, &json!({"title": "Corrected"})).await.data();
    institute.ring().await;
    assert_eq!(teacher.told().await, ["downloads:updated Corrected"]);
    assert_eq!(openers(&institute, &saved).await, BTreeSet::from(["office", "asha", "teacher"]));
    institute.json("PUT", &people.teacher, &path, &json!({"title": "Mine"})).await.data();
});

both_databases!(a_change_and_a_deletion_in_one_moment_leave_nobody_with_what_is_gone, async |institute: Institute| {
    let office = &institute.people.office;
    let mut bina = institute.live(&institute.people.bina).await;
    for _ in 0..8 {
        let saved = institute.uploaded(office, meant_for("X", "specific_semester", &json!({"semesters": [3]}))).await;
        let path = format!("/api/admin/downloads/{}", saved["_id"].as_str().unwrap());
        let change = json!({"targetAudience": "specific_semester", "specificTargets": {"semesters": [1]}});
        let (_, deleted) =
            tokio::join!(institute.json("PUT", office, &path, &change), institute.bare("DELETE", office, &path));
        if deleted.status == 409 {
            deleted.refuses(409, "downloads.changed_meanwhile", &[], "changed first");
            assert_eq!(institute.bare("DELETE", office, &path).await.status, 200);
        }
        institute.ring().await;
        let told = bina.told().await;
        let has = |name| told.iter().any(|event| event.starts_with(name));
        assert_eq!(has("downloads:created"), has("downloads:deleted"), "{told:?}");
    }
});

both_databases!(after_its_last_day_only_its_managers_have_it, async |institute: Institute| {
    let people = &institute.people;
    let course = json!({"courses": [institute.gnm]});
    let form = |title| meant_for(title, "specific_course", &course).text("expiryDate", "2026-11-23");
    let theirs = institute.uploaded(&people.teacher, form("Theirs")).await;
    let id = theirs["_id"].as_str().unwrap().to_owned();
    let path = format!("/api/admin/downloads/{id}");
    let (asha, teacher, office) = (&people.asha, &people.teacher, &people.office);
    let statuses = async || {
        let file = format!("/api/downloads/{id}/file");
        let record = format!("/api/student/downloads/{id}/record");
        let listed = async |who| each(&institute.get(who, list_of(who)).await.data()["downloads"], "title").len();
        (
            [institute.get(asha, &file).await, institute.bare("POST", asha, &record).await].map(|answer| answer.status),
            [institute.get(teacher, &file).await.status, institute.get(office, &file).await.status],
            [listed(asha).await, listed(teacher).await, listed(office).await],
        )
    };
    assert_eq!(statuses().await, ([200, 200], [200, 200], [1, 1, 1]));
    // 2026-11-23 23:59:59 in Kolkata.
    institute.clock.advance(DAY + Duration::from_secs(8 * 3600 + 30 * 60 - 1));
    assert_eq!(statuses().await, ([200, 200], [200, 200], [1, 1, 1]), "the last day counts");
    institute.clock.advance(Duration::from_secs(1));
    assert_eq!(statuses().await, ([410, 410], [200, 200], [0, 1, 1]));
    institute.get(asha, &format!("/api/downloads/{id}/file")).await.refuses(410, "downloads.expired", &[], "the file");
    let list = institute.get(office, "/api/admin/downloads").await.data();
    assert_eq!((&list["downloads"][0]["isExpired"], &list["downloads"][0]["canEdit"]), (&json!(true), &json!(true)));
    let student = institute.get(asha, "/api/student/downloads").await.data();
    assert_eq!((&student["filters"]["categories"], &student["unopened"]), (&json!([]), &json!(0)));

    // What is changed about it now is told to its managers, and made to last longer it is news again.
    institute.settled().await;
    let mut pages = pages(&institute).await;
    institute.json("PUT", teacher, &path, &json!({"title": "Corrected"})).await.data();
    for (name, told) in heard(&institute, &mut pages).await {
        let expected: &[&str] =
            if ["office", "teacher"].contains(&name) { &["downloads:updated Corrected"] } else { &[] };
        assert_eq!(told, expected, "{name}");
    }
    institute.json("PUT", teacher, &path, &json!({"expiryDate": "2026-12-01"})).await.data();
    for (name, told) in heard(&institute, &mut pages).await {
        let expected: &[&str] = match name {
            "office" | "teacher" => &["downloads:updated Corrected"],
            "asha" | "bina" => &["downloads:created Corrected", "downloads:updated Corrected"],
            _ => &[],
        };
        assert_eq!(told, expected, "{name}");
    }
    assert_eq!(statuses().await, ([200, 200], [200, 200], [1, 1, 1]));
});

both_databases!(faculty_do_for_their_courses_what_the_office_does_for_all, async |institute: Institute| {
    let people = &institute.people;
    let (gnm, anm) = (institute.gnm, institute.anm);
    let (asha, chitra) = (people.asha.student, people.chitra.student);
    let before = institute.traces().await;
    for (who, audience, targets) in [
        (&people.teacher, "", json!({})),
        (&people.teacher, "all", json!({})),
        (&people.teacher, "students", json!({})),
        (&people.teacher, "faculty", json!({})),
        (&people.teacher, "specific_year", json!({"years": [2025]})),
        (&people.teacher, "specific_semester", json!({"semesters": [3]})),
        (&people.teacher, "specific_course", json!({"courses": [anm]})),
        (&people.teacher, "specific_course", json!({"courses": [gnm, anm]})),
        (&people.teacher, "specific_course_semester", json!({"courses": [anm], "semesters": [3]})),
        (&people.teacher, "specific_students", json!({"students": [chitra]})),
        (&people.teacher, "specific_students", json!({"students": [asha, chitra]})),
        (&people.teacher, "specific_course,all", json!({"courses": [gnm]})),
        (&people.librarian, "specific_course", json!({"courses": [gnm]})),
    ] {
        let answer = institute.upload(who, meant_for("X", audience, &targets)).await;
        answer.refuses(403, "downloads.audience_forbidden", &["targetAudience"], &format!("{audience} {targets}"));
        institute.is_as(&before, audience).await;
    }

    let course = json!({"courses": [gnm]});
    let theirs = institute.uploaded(&people.teacher, meant_for("Theirs", "specific_course", &course)).await;
    let offices = institute.uploaded(&people.office, meant_for("Office's", "specific_course", &course)).await;
    let lecturers =
        institute.uploaded(&people.lecturer, meant_for("ANM's", "specific_course", &json!({"courses": [anm]}))).await;
    let path = |saved: &Value| format!("/api/admin/downloads/{}", saved["_id"].as_str().unwrap());
    let put = async |who: &Member, saved: &Value, change| institute.json("PUT", who, &path(saved), &change).await;
    let teacher = &people.teacher;
    let title = || json!({"title": "Y"});
    put(teacher, &offices, title()).await.refuses(403, "downloads.not_yours", &[], "the office's");
    put(teacher, &lecturers, title()).await.refuses(404, "downloads.not_found", &[], "another course's");
    let wider = put(teacher, &theirs, json!({"targetAudience": "all"})).await;
    wider.refuses(403, "downloads.audience_forbidden", &["targetAudience"], "made wider");
    for (saved, status) in [(&offices, 403), (&lecturers, 404)] {
        assert_eq!(institute.bare("DELETE", teacher, &path(saved)).await.refusal().0, status);
    }
    assert_eq!(put(teacher, &theirs, title()).await.status, 200);
    let list = institute.get(teacher, "/api/admin/downloads").await.data();
    assert_eq!(list["stats"]["totalFiles"], 2);
    let shown = |index: usize, key: &str| list["downloads"][index][key].clone();
    let index = usize::from(shown(0, "title") == "Office's");
    assert_eq!((shown(index, "canEdit"), shown(1 - index, "canEdit")), (json!(true), json!(false)));
    let hidden = json!({"courses": [], "students": [], "years": [], "semesters": []});
    assert_eq!(shown(1 - index, "specificTargets"), hidden, "whom else it is for is the office's business");
    assert_eq!(institute.bare("DELETE", teacher, &path(&theirs)).await.status, 200);
    assert_eq!(put(&people.office, &lecturers, title()).await.status, 200, "the office may all");
});

#[tokio::test]
async fn a_student_is_forbidden_and_nobody_is_asked_to_sign_in() {
    let institute = Institute::open(crate::support::Backend::Sqlite).await;
    let people = &institute.people;
    let saved = institute.uploaded(&people.office, Form::titled("X")).await;
    let one = format!("/api/admin/downloads/{}", saved["_id"].as_str().unwrap());
    for (method, path) in [
        ("GET", "/api/admin/downloads"),
        ("POST", "/api/admin/downloads"),
        ("GET", "/api/admin/downloads/audience"),
        ("PUT", &one),
        ("DELETE", &one),
        ("GET", "/api/admin/students"),
        ("GET", "/api/admin/courses"),
    ] {
        // 401 would send the existing client to the sign-in page.
        institute.bare(method, &people.asha, path).await.refuses(
            403,
            "auth.wrong_role",
            &[],
            &format!("{method} {path}"),
        );
        institute.bare(method, "", path).await.refuses(401, "auth.token_missing", &[], &format!("{method} {path}"));
    }
}

both_databases!(a_rehearsal_counts_who_would_be_told, async |institute: Institute| {
    let people = &institute.people;
    let (gnm, chitra) = (institute.gnm, people.chitra.student.unwrap());
    for (who, query, text, students, faculty) in [
        (&people.office, "targetAudience=all".to_owned(), "all 3 students and 3 faculty members", 3, 3),
        (&people.office, "targetAudience=faculty".to_owned(), "3 faculty members", 0, 3),
        (
            &people.teacher,
            format!("targetAudience=specific_course&courses={gnm}"),
            "2 students of GNM and 1 teacher",
            2,
            1,
        ),
        (&people.office, "targetAudience=specific_semester&semesters=1".to_owned(), "1 student of semester 1", 1, 0),
        (&people.office, format!("targetAudience=specific_students&students={chitra}"), "1 chosen student", 1, 0),
    ] {
        let told = institute.get(who, &format!("/api/admin/downloads/audience?{query}")).await.data();
        assert_eq!(told, json!({"text": text, "students": students, "faculty": faculty}), "{query}");
    }
    for (who, query) in [
        (&people.office, "targetAudience=specific_course"),
        (&people.teacher, "targetAudience=all"),
        (&people.teacher, ""),
    ] {
        let told = institute.get(who, &format!("/api/admin/downloads/audience?{query}")).await.data();
        assert_eq!((&told["students"], told["problem"].is_string()), (&json!(0), true), "{query}: {told}");
    }
    for (query, field) in
        [("targetAudience=everybody", "targetAudience"), ("courses=GNM", "courses"), ("years=x", "years")]
    {
        let answer = institute.get(&people.office, &format!("/api/admin/downloads/audience?{query}")).await;
        answer.refuses(400, "request.invalid_query", &[field], query);
    }
});
