//! Marks: entered, listed, corrected, read by their students and by nobody else.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Heard, Institute, Live, Member, both_databases, http::Answer};

/// Marks of a theory paper out of 100, as the existing client sends them: zeros for what the exam does not have.
pub(crate) fn theory(institute: &Institute, rows: &[(&str, Value)]) -> Value {
    let rows = rows.iter().map(|(student, theory)| {
        json!({"studentId": student, "theoryObtained": theory, "practicalObtained": 0, "vivaObtained": 0, "assignmentObtained": 0})
    });
    json!({
        "examType": "Internal", "course": institute.gnm, "semester": 3, "subject": "Pharmacology", "theoryMax": 100,
        "practicalMax": 100, "vivaMax": 50, "assignmentMax": 50, "marksData": rows.collect::<Vec<_>>(), "sendSMS": true,
    })
}

pub(crate) async fn enter(institute: &Institute, body: &Value) -> Value {
    institute.json("POST", &institute.people.teacher, "/api/admin/marks", body).await.data()
}

/// The exam of [`theory`], as the existing client publishes it.
pub(crate) fn exam(institute: &Institute) -> Value {
    json!({"examType": "Internal", "course": institute.gnm, "semester": 3, "subject": "Pharmacology"})
}

pub(crate) async fn publish(institute: &Institute) -> Value {
    institute.json("PUT", &institute.people.teacher, "/api/admin/marks/publish", &exam(institute)).await.data()
}

/// Lets the undo window end and waits until what was due is published.
pub(crate) async fn window_ends(institute: &Institute) {
    institute.clock.advance(institute.settings.undo_window);
    lamplight_features::marks::publish_due(institute.store()).await.unwrap();
}

/// Enters a mark of Asha's and publishes it; gives its document.
pub(crate) async fn published(institute: &Institute, marks: i32) -> Value {
    enter(institute, &theory(institute, &[("asha", json!(marks))])).await;
    publish(institute).await;
    window_ends(institute).await;
    all(institute).await[0].clone()
}

/// All marks, as the office sees them.
pub(crate) async fn all(institute: &Institute) -> Vec<Value> {
    let list = institute.get(&institute.people.office, "/api/admin/marks").await.data();
    list["marks"].as_array().unwrap().clone()
}

/// What a student sees, everywhere.
pub(crate) async fn seen(institute: &Institute, who: &Member) -> (Vec<Value>, Value, String) {
    let own = institute.get(who, "/api/student/marks").await.data();
    let file = institute.get(who, "/api/student/marks/download").await;
    assert_eq!(file.status, 200);
    (own["marks"].as_array().unwrap().clone(), own["semesterStats"].clone(), String::from_utf8(file.body).unwrap())
}

/// The marks events among what was heard, by name.
pub(crate) fn names(heard: &[Heard]) -> Vec<&str> {
    heard.iter().map(|event| event.name.as_str()).filter(|name| *name != "notification:created").collect()
}

async fn heard(institute: &Institute, live: &mut Live) -> Vec<Heard> {
    institute.ring().await;
    live.before_the_bell().await
}

fn refused(answer: &Answer, student: &str, word: &str) {
    let errors = answer.data()["errors"].clone();
    let found = errors.as_array().unwrap().iter().find(|row| row["studentId"] == student);
    assert!(found.is_some_and(|row| row["error"].as_str().unwrap().contains(word)), "{student}: {errors}");
}

both_databases!(marks_are_entered_and_the_refused_rows_are_named, async |institute: Institute| {
    let (office, teacher) = (&institute.people.office, &institute.people.teacher);
    let mut desk = institute.live(office).await;
    let mut asha = institute.live(&institute.people.asha).await;
    let mut body = theory(
        &institute,
        &[
            ("asha", json!(82.5)),
            ("gone", json!(0)),
            ("bina", json!(50)),
            ("chitra", json!(50)),
            ("nobody", json!(50)),
            ("asha", json!(1)),
        ],
    );
    body["marksData"].as_array_mut().unwrap().push(json!({"studentId": " "}));
    let answer = institute.json("POST", teacher, "/api/admin/marks", &body).await;
    let result = answer.data();
    let picked = ["total", "success", "failed", "smsSent"].map(|key| result[key].as_i64().unwrap());
    assert_eq!(picked, [7, 2, 5, 0], "{result}");
    for (student, word) in
        [("bina", "not in this course"), ("chitra", "not in this course"), ("nobody", "no student"), ("asha", "twice")]
    {
        refused(&answer, student, word);
    }

    let marks = all(&institute).await;
    assert_eq!(marks.len(), 2);
    let mark = marks.iter().find(|mark| mark["student"]["studentId"] == "asha").unwrap();
    assert_eq!(mark["student"]["fullName"], "asha Nair");
    assert_eq!(mark["course"]["courseName"], "General Nursing and Midwifery");
    assert_eq!(mark["marks"]["theory"], json!({"obtained": 82.5, "max": 100, "status": "scored"}));
    assert_eq!(mark["marks"]["practical"], json!({"obtained": 0, "max": 0, "status": "blank"}));
    assert_eq!(mark["totalMarks"], json!({"obtained": 82.5, "max": 100}), "one part is not out of 300");
    let picked = ["percentage", "grade", "resultStatus", "isPublished", "examDate"].map(|key| mark[key].clone());
    assert_eq!(picked, [json!(82.5), json!("A+"), json!("Pass"), json!(false), json!("2026-11-22")]);
    let zero = marks.iter().find(|mark| mark["student"]["studentId"] == "gone").unwrap();
    assert_eq!((&zero["totalMarks"], &zero["grade"]), (&json!({"obtained": 0, "max": 100}), &json!("F")));

    let told = heard(&institute, &mut desk).await;
    assert_eq!(names(&told), ["marks:added", "marks:bulkAdded"]);
    let picked = ["course", "semester", "subject", "examType", "count"].map(|key| told[0].payload[key].clone());
    assert_eq!(picked, [json!(institute.gnm), json!(3), json!("Pharmacology"), json!("Internal"), json!(2)]);
    let picked = ["total", "success", "failed", "smsSent"].map(|key| told[1].payload[key].as_i64().unwrap());
    assert_eq!(picked, [7, 2, 5, 0]);
    assert_eq!(heard(&institute, &mut asha).await, [], "nothing that she can see has changed");

    // Again is a correction, and does not double.
    let again = theory(&institute, &[("asha", json!("90")), ("gone", json!("absent"))]);
    assert_eq!(enter(&institute, &again).await["success"], 2);
    let marks = all(&institute).await;
    let grades: Vec<_> = marks.iter().map(|mark| mark["grade"].as_str().unwrap()).collect();
    assert!(marks.len() == 2 && grades.contains(&"O") && grades.contains(&"Absent"), "{grades:?}");
});

both_databases!(what_is_wrong_with_a_request_is_named, async |institute: Institute| {
    let (teacher, lecturer) = (&institute.people.teacher, &institute.people.lecturer);
    let good = theory(&institute, &[("asha", json!(50))]);
    let post = async |who: &Member, change: Value| {
        let mut body = good.clone();
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        institute.json("POST", who, "/api/admin/marks", &body).await
    };
    for (change, field) in [
        (json!({"examType": "Surprise"}), "examType"),
        (json!({"examType": null}), "examType"),
        (json!({"subject": "  "}), "subject"),
        (json!({"subject": "x".repeat(101)}), "subject"),
        (json!({"course": ""}), "course"),
        (json!({"semester": 0}), "semester"),
        (json!({"semester": 13}), "semester"),
        (json!({"marksData": []}), "marksData"),
        (json!({"examDate": "22.11.2026"}), "examDate"),
        (json!({"theoryMax": 0, "practicalMax": 0, "vivaMax": 0, "assignmentMax": 0}), "theoryMax"),
    ] {
        post(teacher, change.clone()).await.refuses(400, "marks.invalid", &[field], &change.to_string());
    }
    post(teacher, json!({"course": "XYZ"})).await.refuses(404, "marks.course_not_found", &[], "a course");
    post(lecturer, json!({})).await.refuses(403, "marks.not_your_course", &[], "another's course");
    post(&institute.people.librarian, json!({})).await.refuses(403, "marks.not_your_course", &[], "no course");
    post(&institute.people.asha, json!({})).await.refuses(403, "auth.wrong_role", &[], "a student");
    assert_eq!(post(teacher, json!({"course": "gnm", "semester": "3"})).await.data()["success"], 1, "by its code");
    for (theory_obtained, word) in
        [(json!(101), "more than"), (json!(-1), "number"), (json!("x"), "number"), (json!([1]), "number")]
    {
        let rows = json!([{"studentId": "asha", "theoryObtained": theory_obtained}]);
        refused(&post(teacher, json!({"marksData": rows})).await, "asha", word);
    }
    let practical = json!([{"studentId": "asha", "practicalObtained": 101}]);
    refused(&post(teacher, json!({"marksData": practical})).await, "asha", "more than");
    assert_eq!(all(&institute).await[0]["totalMarks"]["obtained"], 50);
});

both_databases!(a_second_exam_of_a_kind_does_not_overwrite_the_first, async |institute: Institute| {
    enter(&institute, &theory(&institute, &[("asha", json!(40))])).await;
    let mut second = theory(&institute, &[("asha", json!(70))]);
    second["examDate"] = json!("2026-12-20");
    enter(&institute, &second).await;
    institute.clock.advance(std::time::Duration::from_secs(1));
    let mut third = theory(&institute, &[("asha", json!(80))]);
    third["examLabel"] = json!("Internal 3");
    enter(&institute, &third).await;
    let found: Vec<_> = all(&institute).await.iter().map(|mark| mark["totalMarks"]["obtained"].clone()).collect();
    assert_eq!(found, [json!(70), json!(80), json!(40)], "newest exam first");
    let list = institute
        .get(&institute.people.office, "/api/admin/marks?examType=Internal&semester=3&page=2&limit=2")
        .await
        .data();
    assert_eq!((&list["total"], &list["page"], &list["pages"]), (&json!(3), &json!(2), &json!(2)));
    for (query, count) in [
        ("subject=Pharmacology", 3),
        ("subject=Pharma", 0),
        ("examType=External", 0),
        ("semester=1", 0),
        ("course=&semester=", 3),
        ("startDate=2026-12-01", 1),
    ] {
        let list = institute.get(&institute.people.teacher, &format!("/api/admin/marks?{query}")).await.data();
        assert_eq!(list["marks"].as_array().unwrap().len(), count, "{query}");
    }
    let others = institute.get(&institute.people.lecturer, "/api/admin/marks").await.data();
    assert_eq!(others["marks"], json!([]), "she does not teach this course");
    let id = all(&institute).await[0]["_id"].as_str().unwrap().to_owned();
    for path in [format!("/api/admin/marks/{id}"), format!("/api/admin/marks/{id}/history")] {
        institute.get(&institute.people.lecturer, &path).await.refuses(403, "marks.not_your_course", &[], &path);
        institute.get(&institute.people.asha, &path).await.refuses(403, "auth.wrong_role", &[], &path);
    }
});

both_databases!(a_draft_is_in_nothing_that_a_student_can_reach, async |institute: Institute| {
    let (asha, bina) = (&institute.people.asha, &institute.people.bina);
    let mut live = institute.live(asha).await;
    enter(&institute, &theory(&institute, &[("asha", json!(61)), ("gone", json!(77))])).await;
    let mark = all(&institute).await.into_iter().find(|mark| mark["student"]["studentId"] == "asha").unwrap();
    let id = mark["_id"].as_str().unwrap().to_owned();
    let change = json!({"marks": {"theory": {"obtained": 62}}});
    institute.json("PUT", &institute.people.teacher, &format!("/api/admin/marks/{id}"), &change).await.data();
    publish(&institute).await;
    let header_only = async |who: &Member| {
        let (marks, stats, file) = seen(&institute, who).await;
        assert_eq!((marks, stats, file.lines().count()), (vec![], json!({}), 1), "{}", who.name);
        let path = format!("/api/student/marks/{id}/history");
        institute.get(who, &path).await.refuses(404, "marks.not_found", &[], "its history");
        assert_eq!(institute.get(who, "/api/student/marks").await.data()["student"]["cgpa"], 0.0);
    };
    header_only(asha).await;
    assert_eq!(heard(&institute, &mut live).await, [], "not in the undo window either");
    window_ends(&institute).await;
    assert_eq!(names(&heard(&institute, &mut live).await), ["marks:published"]);

    let (marks, stats, file) = seen(&institute, asha).await;
    assert_eq!((marks.len(), marks[0]["totalMarks"]["obtained"].clone()), (1, json!(62)));
    assert_eq!(stats["3"]["totalSubjects"], 1, "her own alone");
    assert!(file.contains("asha") && !file.contains("gone") && !file.contains("77"), "{file}");
    header_only(bina).await;
    // Nothing of what came before it was published.
    let history = institute.get(asha, &format!("/api/student/marks/{id}/history")).await.data();
    let history = history["history"].as_array().unwrap();
    assert_eq!((history.len(), &history[0]["action"], &history[0]["from"]), (1, &json!("published"), &json!(null)));
    assert!(!history[0].to_string().contains("61"), "{}", history[0]);
    let staff = institute.get(&institute.people.teacher, &format!("/api/admin/marks/{id}/history")).await.data();
    let actions: Vec<_> =
        staff["history"].as_array().unwrap().iter().map(|link| link["action"].as_str().unwrap().to_owned()).collect();
    assert_eq!(actions, ["entered", "changed", "published"]);
});

both_databases!(a_student_reads_their_marks_in_the_shapes_of_the_existing_client, async |institute: Institute| {
    let asha = &institute.people.asha;
    published(&institute, 40).await;
    let mut full = theory(&institute, &[]);
    full["subject"] = json!("=Anatomy, \"applied\"");
    full["marksData"] = json!([{"studentId": "asha", "theoryObtained": 0, "practicalObtained": 90, "vivaObtained": 45, "assignmentObtained": 45}]);
    full["examDate"] = json!("2026-11-23");
    // A zero among other parts is a zero.
    full["marksData"][0]["theoryObtained"] = json!(0.5);
    enter(&institute, &full).await;
    full["marksData"][0]["theoryObtained"] = json!(0);
    enter(&institute, &full).await;
    let key = json!({"examType": "Internal", "course": "GNM", "semester": 3, "subject": "=Anatomy, \"applied\""});
    assert_eq!(
        institute.json("PUT", &institute.people.office, "/api/admin/marks/publish", &key).await.data()["modifiedCount"],
        1
    );
    window_ends(&institute).await;

    let own = institute.get(asha, "/api/student/marks").await.data();
    let stats = json!({"3": {
        "totalSubjects": 2, "totalMarks": 400, "obtainedMarks": 220, "passedSubjects": 2, "percentage": 55.0,
        "passPercentage": 100.0, "gpa": 6.0,
    }});
    assert_eq!(own["semesterStats"], stats);
    let picked = ["name", "studentId", "currentSemester", "cgpa"].map(|key| own["student"][key].clone());
    assert_eq!(picked, [json!("asha Nair"), json!("asha"), json!(3), json!(6.0)]);
    let newest = &own["marks"][0];
    assert_eq!((&newest["marks"]["obtained"], &newest["marks"]["max"]), (&json!(180), &json!(300)));
    assert_eq!(
        (&newest["grade"], &newest["resultStatus"], &newest["isPublished"]),
        (&json!("B+"), &json!("Pass"), &json!(true))
    );

    let one = institute.get(asha, "/api/student/marks?limit=1").await.data();
    assert_eq!((one["marks"].as_array().unwrap().len(), &one["semesterStats"]), (1, &stats), "the sums are of all");
    for (query, count) in
        [("subject=Pharmacology", 1), ("semester=1", 0), ("examType=External", 0), ("semester=&subject=", 2)]
    {
        let list = institute.get(asha, &format!("/api/student/marks?{query}")).await.data();
        assert_eq!(list["marks"].as_array().unwrap().len(), count, "{query}");
    }

    let file = institute.get(asha, "/api/student/marks/download?semester=3").await;
    assert!(
        file.header("content-disposition").contains("filename=\"marks_asha_2026-11-22.csv\""),
        "{:?}",
        file.headers
    );
    assert!(file.header("content-type").starts_with("text/csv"));
    let text = String::from_utf8(file.body).unwrap();
    let lines: Vec<_> = text.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(lines[0].split(',').count(), 20);
    let rest = "100,0,100,90,50,45,50,45,300,180,60,B+,Pass";
    assert_eq!(
        lines[1],
        format!(
            "asha,asha Nair,General Nursing and Midwifery,3,\"'=Anatomy, \"\"applied\"\"\",Internal,2026-11-23,{rest}"
        )
    );
    institute.get(&institute.people.teacher, "/api/student/marks").await.refuses(403, "auth.wrong_role", &[], "staff");
});

both_databases!(one_mark_is_changed_as_the_existing_client_does_it, async |institute: Institute| {
    let teacher = &institute.people.teacher;
    let mut body = theory(&institute, &[]);
    body["marksData"] = json!([{"studentId": "asha", "theoryObtained": 50, "practicalObtained": 50, "vivaObtained": 25, "assignmentObtained": 25}]);
    enter(&institute, &body).await;
    let id = all(&institute).await[0]["_id"].as_str().unwrap().to_owned();
    let path = format!("/api/admin/marks/{id}");
    let put = async |change: Value| institute.json("PUT", teacher, &path, &change).await;
    let change = json!({
        "marks": {"theory": {"obtained": 95}, "practical": {"obtained": 95}, "viva": {"obtained": 45}, "assignment": {"obtained": 45}},
        "isPublished": false, "grade": "F", "student": "x", "totalMarks": {"obtained": 1},
    });
    let saved = put(change).await.data();
    assert_eq!(saved["totalMarks"], json!({"obtained": 280, "max": 300}), "the maxima stay, the sum is made anew");
    assert_eq!((&saved["grade"], &saved["version"]), (&json!("O"), &json!(2)));
    put(json!({"marks": {"viva": {"obtained": 51}}})).await.refuses(
        400,
        "marks.invalid",
        &["marks.viva.obtained"],
        "too much",
    );
    put(json!({"version": 1, "remarks": "x"})).await.refuses(409, "marks.changed_meanwhile", &[], "an old version");
    assert_eq!(put(json!({"version": 2, "remarks": "Good"})).await.data()["remarks"], "Good");
    let other = institute.json("PUT", &institute.people.lecturer, &path, &json!({"remarks": "x"})).await;
    other.refuses(403, "marks.not_your_course", &[], "another's course");

    let answer = put(json!({"isPublished": true})).await.data();
    assert_eq!(answer["isPublished"], false, "it is not, until the undo window ends");
    put(json!({"remarks": "x"})).await.refuses(409, "marks.scheduled", &[], "in the window");
    window_ends(&institute).await;
    assert_eq!(seen(&institute, &institute.people.asha).await.0.len(), 1);

    // From here on with a reason.
    let mut live = institute.live(&institute.people.asha).await;
    let mut desk = institute.live(&institute.people.office).await;
    let change = json!({"marks": {"theory": {"obtained": 60}}, "isPublished": true});
    assert_eq!(put(json!({"isPublished": true})).await.data()["version"], 3, "what changes nothing needs none");
    institute.settled().await;
    let mut with = change;
    with["reason"] = json!("Question 7 was counted twice.");
    put(with).await.data();
    let told = heard(&institute, &mut live).await;
    assert_eq!(names(&told), ["marks:updated"]);
    assert_eq!(told[0].payload["_id"], json!(id));
    let said: BTreeSet<&str> = told[0].payload.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        said,
        ["_id", "course", "examLabel", "examType", "semester", "sheet", "subject"].into(),
        "and nothing of it"
    );
    let office = heard(&institute, &mut desk).await;
    assert_eq!((names(&office), &office[0].payload["subject"]), (vec!["marks:updated"], &json!("Pharmacology")));
    let history = institute.get(&institute.people.asha, &format!("/api/student/marks/{id}/history")).await.data();
    let last = &history["history"][1];
    let picked = ["action", "reason", "by"].map(|key| last[key].as_str().unwrap());
    assert_eq!(picked, ["changed", "Question 7 was counted twice.", "Teacher"]);
    assert_eq!((&last["from"]["theory"], &last["to"]["theory"]), (&json!(95), &json!(60)));
    institute.get(&institute.people.bina, &format!("/api/student/marks/{id}/history")).await.refuses(
        404,
        "marks.not_found",
        &[],
        "another's",
    );

    let mut entry = body.clone();
    entry["marksData"][0]["theoryObtained"] = json!(1);
    refused(&institute.json("POST", teacher, "/api/admin/marks", &entry).await, "asha", "published");
    assert_eq!(institute.bare("DELETE", teacher, &format!("{path}?reason=Not+hers")).await.status, 200);
    assert_eq!(names(&heard(&institute, &mut live).await), ["marks:recalled"]);
    assert_eq!(seen(&institute, &institute.people.asha).await.0.len(), 0);
    for (method, path) in [("DELETE", &path), ("GET", &path)] {
        institute.bare(method, teacher, path).await.refuses(404, "marks.not_found", &[], method);
    }
});

both_databases!(
    a_published_mark_changed_on_the_earlier_page_says_that_no_reason_was_given,
    async |institute: Institute| {
        let people = &institute.people;
        let mark = published(&institute, 50).await;
        let path = format!("/api/admin/marks/{}", mark["_id"].as_str().unwrap());
        let history = format!("/api/student/marks/{}/history", mark["_id"].as_str().unwrap());
        // As the form of the existing client sends it: all parts, no reason, no version.
        let zero = json!({"obtained": 0});
        let change = json!({
            "marks": {"theory": {"obtained": 60}, "practical": zero, "viva": zero, "assignment": zero}, "isPublished": true,
        });
        let saved = institute.json("PUT", &people.teacher, &path, &change).await.data();
        assert_eq!((&saved["totalMarks"]["obtained"], &saved["isPublished"]), (&json!(60), &json!(true)));
        let said = "No reason was given: changed by Teacher on the earlier marks page, which does not ask for one.";
        let links = institute.get(&people.asha, &history).await.data()["history"].clone();
        assert_eq!((&links[1]["action"], &links[1]["reason"]), (&json!("changed"), &json!(said)));
        assert_eq!(
            (&links[1]["from"]["theory"], &links[1]["to"]["theory"]),
            (&json!(50), &json!(60)),
            "its student sees what it was"
        );
        // Sent again it changes nothing, and nothing is noted.
        institute.json("PUT", &people.teacher, &path, &change).await.data();
        assert_eq!(institute.get(&people.asha, &history).await.data()["history"].as_array().unwrap().len(), 2);
        let hidden = institute.json("PUT", &people.teacher, &path, &json!({"isPublished": false})).await.data();
        assert_eq!(hidden["isPublished"], false);
        let all = institute.get(&people.office, &format!("{path}/history")).await.data()["history"].clone();
        assert_eq!((&all[3]["action"], &all[3]["reason"]), (&json!("recalled"), &json!(said)));
        publish(&institute).await;
        window_ends(&institute).await;
        assert_eq!(institute.bare("DELETE", &people.teacher, &path).await.status, 200);
        let sql = "SELECT COUNT(*) FROM mark_history WHERE action = 'deleted' AND reason LIKE 'No reason was given: changed by Teacher%'";
        assert_eq!(institute.number(sql).await, 1);
        lamplight_features::marks::verify(institute.store().reader()).await.unwrap().unwrap();
    }
);

both_databases!(numbers_of_marks, async |institute: Institute| {
    let office = &institute.people.office;
    let empty = institute.get(office, "/api/admin/marks/stats").await.data();
    assert_eq!(
        empty["overall"],
        json!({
            "totalRecords": 0, "totalStudents": 0, "averagePercentage": 0.0, "passedCount": 0, "failedCount": 0, "passPercentage": 0.0,
        })
    );
    enter(&institute, &theory(&institute, &[("asha", json!(82.5)), ("gone", json!(20))])).await;
    let mut other = theory(&institute, &[("asha", json!("absent"))]);
    other["subject"] = json!("Anatomy");
    enter(&institute, &other).await;
    let stats = institute.get(office, &format!("/api/admin/marks/stats?course={}", institute.gnm)).await.data();
    assert_eq!(
        stats["overall"],
        json!({
            "totalRecords": 3, "totalStudents": 2, "averagePercentage": 51.25, "passedCount": 1, "failedCount": 1, "passPercentage": 33.33,
        })
    );
    assert_eq!(
        stats["subjectStats"],
        json!([
            {"_id": "Anatomy", "count": 1, "average": 0.0, "highest": 0.0, "lowest": 0.0},
            {"_id": "Pharmacology", "count": 2, "average": 51.25, "highest": 82.5, "lowest": 20.0},
        ])
    );
    assert_eq!(
        stats["gradeStats"],
        json!([{"_id": "A+", "count": 1}, {"_id": "Absent", "count": 1}, {"_id": "F", "count": 1}])
    );
    let none = institute.get(&institute.people.lecturer, "/api/admin/marks/stats").await.data();
    assert_eq!(none["overall"]["totalRecords"], 0);
});

both_databases!(marks_are_exported_as_tables, async |institute: Institute| {
    enter(&institute, &theory(&institute, &[("asha", json!(0)), ("gone", json!("absent"))])).await;
    let get = async |who: &Member, query: &str| institute.get(who, &format!("/api/admin/marks/export{query}")).await;
    let csv = get(&institute.people.office, "").await;
    assert!(csv.header("content-disposition").contains("filename=\"marks_2026-11-22.csv\""), "{:?}", csv.headers);
    let text = String::from_utf8(csv.body).unwrap();
    assert_eq!(text.lines().count(), 3);
    assert!(text.contains("2026-11-22,100,0,") && text.contains("2026-11-22,100,absent,"), "{text}");
    let of_others = get(&institute.people.lecturer, "?format=csv").await;
    assert_eq!(String::from_utf8(of_others.body).unwrap().lines().count(), 1);
    let mut other = theory(&institute, &[("asha", json!(50))]);
    other["subject"] = json!("Anatomy");
    enter(&institute, &other).await;
    let sheets = institute.get(&institute.people.office, "/api/admin/marks/sheets?subject=Anatomy").await.data();
    let anatomy = sheets["sheets"][0]["_id"].as_str().unwrap();
    for (query, lines) in [
        ("?state=draft".to_owned(), 4),
        ("?state=published".to_owned(), 1),
        (format!("?sheet={anatomy}"), 2),
        (format!("?sheet={anatomy}&state=published"), 1),
    ] {
        let csv = get(&institute.people.office, &query).await;
        assert_eq!(String::from_utf8(csv.body).unwrap().lines().count(), lines, "{query}");
    }
    assert!(get(&institute.people.office, "?format=xlsx").await.body.starts_with(b"PK"));
    assert!(get(&institute.people.office, "?format=pdf").await.body.starts_with(b"%PDF"));
    get(&institute.people.office, "?format=doc").await.refuses(400, "request.invalid_query", &["format"], "a format");
    get(&institute.people.asha, "").await.refuses(403, "auth.wrong_role", &[], "a student");
});
