//! Attendance: recorded, corrected, listed, reported; who may, and who hears of it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Institute, Live, Member, both_databases, http::each};

pub(crate) const PATH: &str = "/api/admin/attendance";

pub(crate) fn id(member: &Member) -> String {
    member.student.unwrap().to_string()
}

impl Institute {
    /// A class of GNM, semester 3, as the existing client sends it.
    pub(crate) fn class(&self, students: &Value) -> Value {
        json!({
            "date": "2026-11-20", "course": self.gnm, "subject": "Anatomy", "semester": "3", "session": "Morning",
            "type": "Theory", "students": students,
        })
    }

    /// A class with some fields said otherwise.
    pub(crate) fn class_but(&self, students: &Value, changes: &Value) -> Value {
        let mut class = self.class(students);
        class.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        class
    }

    pub(crate) async fn record(&self, who: &Member, class: &Value) -> Value {
        self.json("POST", who, PATH, class).await.data()
    }

    pub(crate) async fn listed(&self, query: &str) -> Value {
        self.get(&self.people.office, &format!("{PATH}?{query}")).await.data()
    }

    /// The only record that fits.
    pub(crate) async fn only(&self, query: &str) -> Value {
        let list = self.listed(query).await;
        assert_eq!(list["total"], 1, "{list}");
        list["attendance"][0].clone()
    }
}

/// One row as the existing client sends it.
pub(crate) fn row(student: &Member, status: &str, hours: i64) -> Value {
    json!({
        "studentId": id(student), "studentName": "Somebody", "studentRoll": student.name, "status": status,
        "hoursAttended": hours, "remarks": "",
    })
}

/// What is heard but for notices, which have stories of their own.
pub(crate) async fn told(live: &mut Live) -> Vec<(String, Value)> {
    let heard = live.before_the_bell().await.into_iter().filter(|heard| heard.name != "notification:created");
    heard.map(|heard| (heard.name, heard.payload)).collect()
}

both_databases!(a_class_is_recorded_as_the_existing_client_sends_it, async |institute: Institute| {
    let people = &institute.people;
    let class = institute.class(&json!([row(&people.asha, "Present", 4), row(&people.gone, "Absent", 0)]));
    let answer = institute.json("POST", &people.teacher, PATH, &class).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    assert!(answer.json()["message"].is_string());
    let expected = json!({
        "total": 2, "success": 2, "failed": 0, "added": 2, "corrected": 0, "unchanged": 0, "errors": [],
    });
    assert_eq!(answer.data(), expected);

    let list = institute.get(&people.office, &format!("{PATH}?date=2026-11-20&course=&semester=3&subject=")).await;
    assert_eq!(list.json()["success"], true);
    let list = list.data();
    assert_eq!((&list["total"], &list["page"], &list["pages"]), (&json!(2), &json!(1), &json!(1)));
    let rows = list["attendance"].as_array().unwrap();
    let asha = rows.iter().find(|row| row["student"]["studentId"] == "asha").unwrap();
    let expected = json!({
        "_id": asha["_id"], "date": "2026-11-20", "subject": "Anatomy", "semester": 3, "session": "Morning", "type": "Theory",
        "status": "Present", "hoursAttended": 4.0, "totalHours": 4.0, "remarks": null,
        "student": {"_id": id(&people.asha), "studentId": "asha", "fullName": "asha Nair"},
        "course": {"_id": institute.gnm, "courseCode": "GNM", "courseName": "General Nursing and Midwifery"},
        "recordedBy": {"username": "teacher", "fullName": "Teacher"},
        "recordedAt": "2026-11-22T10:00:00.000Z", "updatedAt": "2026-11-22T10:00:00.000Z", "rev": 1, "canEdit": true,
    });
    assert_eq!(asha, &expected, "with the real name (M-23)");
    assert_eq!(list["stats"]["percentage"], 50.0);
});

both_databases!(the_least_is_enough_and_hours_of_zero_stay_zero, async |institute: Institute| {
    let people = &institute.people;
    let class = json!({
        "date": "2026-11-20T21:00:00.000Z", "course": institute.gnm, "subject": "  Child   Health ", "semester": "",
        "students": [{"studentId": "ASHA"}, {"studentId": id(&people.bina), "status": "Present", "hoursAttended": 0}],
    });
    institute.record(&people.office, &class).await;
    let asha = institute.only("studentId=asha").await;
    let said = |row: &Value| {
        ["date", "subject", "semester", "session", "type", "status", "hoursAttended", "totalHours"]
            .map(|key| row[key].clone())
    };
    let expected = |semester: i32, hours: f64| {
        let said = json!(["2026-11-21", "Child Health", semester, "Morning", "Theory", "Present", hours, 4.0]);
        serde_json::from_value::<[Value; 8]>(said).unwrap()
    };
    assert_eq!(said(&asha), expected(3, 4.0), "the date at the institute, the semester of the student");
    let bina = institute.only(&format!("studentId={}", id(&people.bina))).await;
    assert_eq!(said(&bina), expected(1, 0.0), "M-34");
});

both_databases!(recording_again_corrects_and_keeps_what_it_was, async |institute: Institute| {
    let people = &institute.people;
    let first = institute.class(&json!([row(&people.asha, "Absent", 0), row(&people.gone, "Present", 4)]));
    institute.record(&people.teacher, &first).await;
    institute.clock.advance(Duration::from_secs(60));
    let changes = json!({"subject": "ANATOMY", "reason": "Came with the second bus"});
    let second = institute.class_but(&json!([row(&people.asha, "Late", 3), row(&people.gone, "Present", 4)]), &changes);
    let answer = institute.record(&people.office, &second).await;
    assert_eq!((&answer["added"], &answer["corrected"], &answer["unchanged"]), (&json!(0), &json!(1), &json!(1)));

    let asha = institute.only("studentId=asha").await;
    assert_eq!((&asha["status"], &asha["hoursAttended"], &asha["rev"]), (&json!("Late"), &json!(3.0), &json!(2)));
    assert_eq!(asha["recordedBy"]["username"], "teacher");
    let path = format!("{PATH}/{}/history", asha["_id"].as_str().unwrap());
    let history = institute.get(&people.teacher, &path).await.data();
    let expected = json!([{
        "action": "corrected",
        "before": {"status": "Absent", "type": "Theory", "hoursAttended": 0.0, "totalHours": 4.0, "remarks": null},
        "after": {"status": "Late", "type": "Theory", "hoursAttended": 3.0, "totalHours": 4.0, "remarks": null},
        "reason": "Came with the second bus", "way": "form", "by": {"username": "office", "fullName": "Office"},
        "at": "2026-11-22T10:01:00.000Z",
    }]);
    assert_eq!(history, expected);
    let gone = institute.only("studentId=gone").await;
    let path = format!("{PATH}/{}/history", gone["_id"].as_str().unwrap());
    assert_eq!(institute.get(&people.office, &path).await.data(), json!([]), "what did not change has no story");
});

both_databases!(who_is_concerned_hears_once_and_of_themselves_alone, async |institute: Institute| {
    let people = &institute.people;
    let mut asha = institute.live(&people.asha).await;
    let mut bina = institute.live(&people.bina).await;
    let mut office = institute.live(&people.office).await;
    let mut teacher = institute.live(&people.teacher).await;
    let mut lecturer = institute.live(&people.lecturer).await;
    let stamp = json!({"date": "2026-11-20", "subject": "Anatomy", "semester": 3, "course": institute.gnm});
    let mut letter = stamp.clone();
    letter["studentId"] = json!("asha");
    let changed = |payload: &Value| ("attendance:changed".to_owned(), payload.clone());

    let class = institute.class(&json!([row(&people.asha, "Present", 4), row(&people.gone, "Absent", 0)]));
    institute.record(&people.teacher, &class).await;
    institute.ring().await;
    for staff in [&mut office, &mut teacher, &mut lecturer] {
        assert_eq!(told(staff).await, [changed(&stamp)], "one stamp, which names nobody");
    }
    assert_eq!(told(&mut asha).await, [changed(&letter)]);
    assert_eq!(told(&mut bina).await, [], "not in that class");

    // The same again says nothing new.
    institute.record(&people.teacher, &class).await;
    institute.ring().await;
    assert_eq!(told(&mut office).await, []);
    assert_eq!(told(&mut asha).await, []);

    // A correction of one concerns one.
    let class = institute.class(&json!([row(&people.asha, "Present", 4), row(&people.gone, "Leave", 0)]));
    institute.record(&people.teacher, &class).await;
    institute.ring().await;
    assert_eq!(told(&mut office).await, [changed(&stamp)]);
    assert_eq!(told(&mut asha).await, []);

    // Correcting and deleting a single record tell too.
    let record = institute.only("studentId=asha").await;
    let path = format!("{PATH}/{}", record["_id"].as_str().unwrap());
    let change = json!({"status": "Late", "reason": "Bus", "rev": 1});
    institute.json("PUT", &people.teacher, &path, &change).await.data();
    institute.ring().await;
    assert_eq!(told(&mut asha).await, [changed(&letter)]);
    let gone = institute.bare("DELETE", &people.teacher, &format!("{path}?rev=2&reason=Wrong+class")).await;
    assert_eq!(gone.status, 200, "{}", gone.json());
    institute.ring().await;
    assert_eq!(told(&mut asha).await, [changed(&letter)]);
    assert_eq!(told(&mut office).await, [changed(&stamp), changed(&stamp)]);
    assert_eq!(told(&mut bina).await, []);
});

both_databases!(students_outside_the_class_are_named_and_nothing_is_stored, async |institute: Institute| {
    let people = &institute.people;
    let before = institute.traces().await;
    let rows = json!([
        row(&people.asha, "Present", 4),
        row(&people.bina, "Present", 4),
        row(&people.chitra, "Present", 4),
        {"studentId": "nobody"},
        {"studentId": "asha"},
        {"studentId": id(&people.gone), "status": "Asleep"},
        {"studentId": id(&people.gone), "hoursAttended": 25},
        {},
    ]);
    let answer = institute.json("POST", &people.teacher, PATH, &institute.class(&rows)).await;
    let fields =
        ["students[1]", "students[2]", "students[3]", "students[4]", "students[5]", "students[6]", "students[7]"];
    answer.refuses(400, "attendance.rows_refused", &fields, "bad rows");
    assert_eq!(answer.json()["fields"]["students[1]"], "bina Nair (bina): This student is not in this class.");
    assert_eq!(institute.listed("").await["total"], 0);
    institute.is_as(&before, "a refused class").await;

    // The rest only when asked to.
    let class = institute.class_but(&rows, &json!({"partial": true}));
    let answer = institute.record(&people.teacher, &class).await;
    assert_eq!((&answer["total"], &answer["success"], &answer["failed"]), (&json!(8), &json!(1), &json!(7)));
    assert_eq!(answer["errors"][2], json!({"studentId": "nobody", "error": "There is no such student."}));
    assert_eq!(institute.only("").await["student"]["studentId"], "asha");
});

both_databases!(a_form_that_is_wrong_says_where, async |institute: Institute| {
    let people = &institute.people;
    let rows = json!([row(&people.asha, "Present", 4)]);
    for (change, field) in [
        (json!({"date": ""}), "date"),
        (json!({"date": "20-11-2026"}), "date"),
        (json!({"date": "2026-02-30"}), "date"),
        (json!({"date": "2026-11-23"}), "date"),
        (json!({"subject": "  "}), "subject"),
        (json!({"subject": "x".repeat(101)}), "subject"),
        (json!({"course": "GNM"}), "course"),
        (json!({"semester": 13}), "semester"),
        (json!({"session": "Night"}), "session"),
        (json!({"type": "Party"}), "type"),
        (json!({"students": []}), "students"),
    ] {
        let answer = institute.json("POST", &people.office, PATH, &institute.class_but(&rows, &change)).await;
        answer.refuses(400, "attendance.invalid", &[field], &change.to_string());
    }
    let unknown = institute.class_but(&rows, &json!({"course": people.asha.user}));
    institute.json("POST", &people.office, PATH, &unknown).await.refuses(
        400,
        "attendance.invalid",
        &["course"],
        "an unknown course",
    );
    assert_eq!(institute.listed("").await["total"], 0);
});

both_databases!(rights_are_of_the_course, async |institute: Institute| {
    let people = &institute.people;
    let class = institute.class(&json!([row(&people.asha, "Present", 4)]));
    for who in [&people.lecturer, &people.librarian] {
        let answer = institute.json("POST", who, PATH, &class).await;
        answer.refuses(403, "attendance.course_forbidden", &["course"], who.name);
    }
    institute.record(&people.teacher, &class).await;
    let record = institute.only("").await;
    let path = format!("{PATH}/{}", record["_id"].as_str().unwrap());
    let change = json!({"status": "Absent", "reason": "x", "rev": 1});
    for who in [&people.lecturer, &people.librarian] {
        institute.json("PUT", who, &path, &change).await.refuses(404, "attendance.not_found", &[], who.name);
        let gone = institute.bare("DELETE", who, &format!("{path}?rev=1&reason=x")).await;
        gone.refuses(404, "attendance.not_found", &[], who.name);
        institute.get(who, &format!("{path}/history")).await.refuses(404, "attendance.not_found", &[], who.name);
        let list = institute.get(who, PATH).await.data();
        assert_eq!((&list["attendance"], &list["total"], &list["stats"]["total"]), (&json!([]), &json!(0), &json!(0)));
        let report = institute.get(who, &format!("{PATH}/report?course={}", institute.gnm)).await.data();
        assert_eq!((&report["students"], &report["bestStudent"]), (&json!([]), &json!(null)));
    }
    for (method, path) in [
        ("GET", PATH.to_owned()),
        ("POST", PATH.to_owned()),
        ("GET", format!("{PATH}/report")),
        ("PUT", path.clone()),
        ("DELETE", path.clone()),
        ("GET", format!("{path}/history")),
    ] {
        let answer = institute.bare(method, &people.asha, &path).await;
        answer.refuses(403, "auth.wrong_role", &[], &format!("{method} {path}"));
    }
    institute.get(&people.teacher, "/api/student/attendance").await.refuses(403, "auth.wrong_role", &[], "staff");
    assert_eq!(institute.only("").await, record);
});

both_databases!(a_single_record_is_corrected_with_a_reason_and_a_revision, async |institute: Institute| {
    let people = &institute.people;
    institute.record(&people.teacher, &institute.class(&json!([row(&people.asha, "Absent", 0)]))).await;
    let record = institute.only("").await;
    let path = format!("{PATH}/{}", record["_id"].as_str().unwrap());
    let put = async |change: Value| institute.json("PUT", &people.teacher, &path, &change).await;
    put(json!({"status": "Present"})).await.refuses(400, "attendance.invalid", &["reason", "rev"], "neither");
    put(json!({"status": "There", "type": "x", "hoursAttended": 30, "reason": "x", "rev": 1})).await.refuses(
        400,
        "attendance.invalid",
        &["hoursAttended", "status", "type"],
        "wrong words",
    );
    put(json!({"status": "Present", "reason": "x", "rev": 2})).await.refuses(
        409,
        "attendance.changed_meanwhile",
        &[],
        "a revision that is not there",
    );
    assert_eq!(institute.only("").await, record);
    let after = put(
        json!({"status": "Present", "type": "Practical", "remarks": "  Was in the lab ", "reason": "Lab", "rev": 1}),
    )
    .await
    .data();
    let picked = ["status", "type", "hoursAttended", "totalHours", "remarks", "rev"].map(|key| after[key].clone());
    let expected = [json!("Present"), json!("Practical"), json!(4.0), json!(4.0), json!("Was in the lab"), json!(2)];
    assert_eq!(picked, expected, "who becomes present was there for the whole class");
    assert_eq!(institute.only("").await, after);
    let (one, other) = tokio::join!(
        put(json!({"status": "Late", "reason": "One", "rev": 2})),
        put(json!({"status": "Leave", "reason": "Other", "rev": 2}))
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "of two at once one is refused");

    let gone = async |query: &str| institute.bare("DELETE", &people.teacher, &format!("{path}?{query}")).await;
    gone("").await.refuses(400, "attendance.invalid", &["reason", "rev"], "neither");
    gone("rev=2&reason=x").await.refuses(409, "attendance.changed_meanwhile", &[], "an old revision");
    assert_eq!(gone("rev=3&reason=Wrong+class").await.status, 200);
    gone("rev=3&reason=again").await.refuses(404, "attendance.not_found", &[], "it is gone");
    assert_eq!(institute.listed("").await["total"], 0);
    let history = institute.get(&people.teacher, &format!("{path}/history")).await.data();
    assert_eq!(each(&history, "action"), ["corrected", "corrected", "deleted"], "its story stays");
    assert_eq!((&history[2]["after"], &history[2]["reason"]), (&json!(null), &json!("Wrong class")));
});

both_databases!(a_record_keeps_the_semester_of_its_day, async |institute: Institute| {
    let people = &institute.people;
    institute.record(&people.teacher, &institute.class(&json!([row(&people.asha, "Absent", 0)]))).await;
    institute.execute("UPDATE students SET semester = 4 WHERE student_id = 'asha'", []).await;
    let answer = institute.record(&people.teacher, &institute.class(&json!([row(&people.asha, "Present", 4)]))).await;
    assert_eq!(answer["corrected"], 1, "who was in the class then may be corrected now");
    assert_eq!(institute.only("semester=3").await["status"], "Present");
    let elsewhere = institute.class_but(&json!([row(&people.asha, "Present", 4)]), &json!({"date": "2026-11-19"}));
    let answer = institute.json("POST", &people.teacher, PATH, &elsewhere).await;
    answer.refuses(400, "attendance.rows_refused", &["students[0]"], "not in semester 3 any more");
});

/// Records of asha: theory in two subjects, one clinical day, a holiday; and of others.
pub(crate) async fn fill(institute: &Institute) {
    let people = &institute.people;
    for (date, subject, kind, session, asha, gone) in [
        ("2026-10-31", "Anatomy", "Theory", "Morning", "Present", "Present"),
        ("2026-11-01", "Anatomy", "Theory", "Morning", "Present", "Absent"),
        ("2026-11-02", "Anatomy", "Theory", "Morning", "Late", "Absent"),
        ("2026-11-02", "Anatomy", "Practical", "Afternoon", "Absent", "Absent"),
        ("2026-11-03", "Pharmacology", "Theory", "Morning", "Medical Leave", "Present"),
        ("2026-11-04", "Pharmacology", "Theory", "Morning", "Holiday", "Holiday"),
        ("2026-11-05", "Child Health", "Clinical", "Full Day", "Present", "Leave"),
    ] {
        let rows = json!([{"studentId": "asha", "status": asha}, {"studentId": "gone", "status": gone}]);
        let class = json!({"date": date, "subject": subject, "type": kind, "session": session});
        institute.record(&people.office, &institute.class_but(&rows, &class)).await;
    }
    let rows = json!([row(&people.chitra, "Absent", 0)]);
    let class = json!({"course": institute.anm, "subject": "R&D + #1"});
    institute.record(&people.office, &institute.class_but(&rows, &class)).await;
}

both_databases!(a_list_is_filtered_and_paged, async |institute: Institute| {
    fill(&institute).await;
    for (query, total) in [
        ("", 15),
        ("date=&course=&semester=&subject=", 15),
        ("date=2026-11-02", 4),
        ("month=11&year=2026", 13),
        ("month=10", 2),
        ("year=2025", 0),
        ("from=2026-11-03&to=2026-11-04", 4),
        ("from=2026-11-05", 3),
        ("subject=anatomy", 8),
        ("subject=health+child", 2),
        ("subject=R%26D+%2B+%231", 1),
        ("subject=%25", 0),
        ("type=Clinical", 2),
        ("session=Full+Day", 2),
        ("status=Medical+Leave", 1),
        ("semester=1", 0),
        ("studentId=Chitra", 1),
        ("page=2&limit=10", 15),
    ] {
        assert_eq!(institute.listed(query).await["total"], total, "{query}");
    }
    assert_eq!(institute.listed(&format!("course={}", institute.anm)).await["total"], 1);
    let own = institute.get(&institute.people.lecturer, PATH).await.data();
    assert_eq!((&own["total"], &own["attendance"][0]["course"]["courseCode"]), (&json!(1), &json!("ANM")));
    let all = institute.listed("").await;
    assert_eq!(all["attendance"].as_array().unwrap().len(), 15, "all of it without paging (M-22)");
    assert_eq!(all["attendance"][0]["date"], "2026-11-20", "newest first");
    let page = institute.listed("page=2&limit=10").await;
    assert_eq!((page["attendance"].as_array().unwrap().len(), &page["pages"]), (5, &json!(2)));
    for (query, field) in [
        ("date=today", "date"),
        ("month=13", "month"),
        ("course=GNM", "course"),
        ("type=Party", "type"),
        ("status=Asleep", "status"),
        ("studentId=nobody", "studentId"),
        ("limit=0", "limit"),
    ] {
        let answer = institute.get(&institute.people.office, &format!("{PATH}?{query}")).await;
        answer.refuses(400, "request.invalid_query", &[field], query);
    }
});

both_databases!(the_report_of_a_month, async |institute: Institute| {
    fill(&institute).await;
    let people = &institute.people;
    let path = format!("{PATH}/report?studentId=&course={}&semester=&month=11&year=2026", institute.gnm);
    let report = institute.get(&people.teacher, &path).await.data();
    assert_eq!(report["courseName"], "General Nursing and Midwifery");
    for (key, value) in [
        ("month", json!(11)),
        ("year", json!(2026)),
        ("from", json!("2026-11-01")),
        ("to", json!("2026-11-30")),
        ("totalDays", json!(4)),
        ("totalStudents", json!(2)),
        ("averagePercentage", json!(40.0)),
        ("bestStudent", json!({"name": "asha Nair", "percentage": 60.0})),
        ("worstStudent", json!({"name": "gone Nair", "percentage": 20.0})),
    ] {
        assert_eq!(report[key], value, "{key}");
    }
    let asha = &report["students"][0];
    let picked = [
        "studentId",
        "fullName",
        "presentDays",
        "absentDays",
        "lateDays",
        "leaveDays",
        "totalDays",
        "percentage",
        "totalHours",
    ]
    .map(|key| asha[key].clone());
    let expected = json!(["asha", "asha Nair", 2, 1, 1, 1, 5, 60.0, 16.0]);
    assert_eq!(json!(picked), expected, "a leave is not attended, a holiday not held");
    assert_eq!(
        asha["byType"],
        json!([
            {"type": "Theory", "attended": 2, "held": 3, "percentage": 66.67, "threshold": 80, "isShort": true},
            {"type": "Practical", "attended": 0, "held": 1, "percentage": 0.0, "threshold": 80, "isShort": true},
            {"type": "Clinical", "attended": 1, "held": 1, "percentage": 100.0, "threshold": 100, "isShort": false},
        ])
    );

    // Without a course all of them, and with a human id one student (M-26).
    let all = institute.get(&people.office, &format!("{PATH}/report?studentId=&course=&semester=&month=&year=")).await;
    assert_eq!((&all.data()["courseName"], &all.data()["totalStudents"]), (&json!("All courses"), &json!(3)));
    let one = institute.get(&people.office, &format!("{PATH}/report?studentId=GONE&course=&month=11&year=2026")).await;
    assert_eq!(each(&one.data()["students"], "studentId"), ["gone"]);
    let none = institute.get(&people.office, &format!("{PATH}/report?studentId=nob&month=11&year=2026")).await.data();
    assert_eq!(
        (&none["students"], &none["bestStudent"], &none["averagePercentage"]),
        (&json!([]), &json!(null), &json!(0.0))
    );
});

both_databases!(a_student_sees_their_own_and_how_they_stand, async |institute: Institute| {
    fill(&institute).await;
    let asha = &institute.people.asha;
    let get = async |query: &str| institute.get(asha, &format!("/api/student/attendance?{query}")).await.data();
    let all = get("").await;
    assert_eq!(all["attendance"].as_array().unwrap().len(), 7);
    let newest = &all["attendance"][0];
    let expected = json!({
        "_id": newest["_id"], "date": "2026-11-05", "subject": "Child Health", "semester": 3, "session": "Full Day",
        "type": "Clinical", "status": "Present", "hoursAttended": 8.0, "totalHours": 8.0, "remarks": null,
        "recordedBy": {"username": "office", "fullName": "Office"},
        "recordedAt": "2026-11-22T10:00:00.000Z", "updatedAt": "2026-11-22T10:00:00.000Z",
    });
    assert_eq!(newest, &expected);
    let month = get("month=11&year=2026&subject=").await;
    assert_eq!(month["attendance"].as_array().unwrap().len(), 6, "the last and the first of a month are told apart");
    assert_eq!(
        month["stats"],
        json!({
            "total": 5, "present": 2, "absent": 1, "late": 1, "leave": 1, "holiday": 1, "attended": 3,
            "percentage": 60.0, "hoursAttended": 16.0, "totalHours": 24.0,
        })
    );
    assert_eq!(get("month=11&year=2026&subject=anatomy").await["stats"]["percentage"], 66.67, "two decimals (M-41)");
    let few = get("limit=2").await;
    assert_eq!((few["attendance"].as_array().unwrap().len(), &few["stats"]), (2, &all["stats"]), "M-14");

    let standing = &few["standing"];
    assert_eq!(standing["overall"]["percentage"], 66.67);
    assert_eq!(standing["subjects"], json!(["Anatomy", "Child Health", "Pharmacology"]));
    let gauge = |kind: &str,
                 attended: i64,
                 held: i64,
                 percentage: f64,
                 hours: (f64, f64),
                 threshold: i64,
                 meter: (i64, Value)| {
        json!({
            "type": kind, "attended": attended, "held": held, "percentage": percentage, "hoursAttended": hours.0,
            "totalHours": hours.1, "threshold": threshold, "mayMiss": meter.0, "mustAttend": meter.1,
        })
    };
    assert_eq!(
        standing["byType"],
        json!([
            gauge("Theory", 3, 4, 75.0, (12.0, 16.0), 80, (0, json!(1))),
            gauge("Practical", 0, 1, 0.0, (0.0, 4.0), 80, (0, json!(4))),
            gauge("Clinical", 1, 1, 100.0, (8.0, 8.0), 100, (0, json!(0))),
        ])
    );
    let subjects: Vec<_> =
        standing["bySubject"].as_array().unwrap().iter().map(|one| (&one["subject"], &one["type"])).collect();
    let (anatomy, theory) = (json!("Anatomy"), json!("Theory"));
    assert_eq!(subjects.first(), Some(&(&anatomy, &theory)));
    assert_eq!(subjects.len(), 4, "theory and practical of one subject apart");

    // Whoever asks is given their own.
    let bina = institute.get(&institute.people.bina, "/api/student/attendance").await.data();
    assert_eq!((&bina["attendance"], &bina["stats"]["total"]), (&json!([]), &json!(0)));
    let told = institute.get(&institute.people.bina, &format!("/api/student/attendance?studentId={}", id(asha))).await;
    assert_eq!(told.data()["attendance"], json!([]));
    let text = all.to_string();
    for other in ["gone", "chitra", "bina"] {
        assert!(!text.contains(other), "{other} in {text}");
    }
});

/// Sixty more students of GNM, semester 3: `pupil00` to `pupil59`.
pub(crate) async fn crowd(institute: &Institute) {
    let tx = institute.store().begin().await.unwrap();
    for number in 0..60 {
        let name = format!("pupil{number:02}");
        let new = lamplight_features::accounts::NewAccount {
            username: &name,
            email: &format!("{name}@nursing.example"),
            password_hash: "x",
            role: lamplight_auth::Role::Student,
            full_name: &name,
        };
        let user = lamplight_features::accounts::insert(&tx, &new).await.unwrap();
        let new = lamplight_features::students::NewStudent {
            user,
            student_id: &name,
            first_name: &name,
            last_name: "",
            course: institute.gnm,
            semester: 3,
            batch_year: 2025,
        };
        lamplight_features::students::insert(&tx, &new).await.unwrap();
    }
    tx.commit().await.unwrap();
}

both_databases!(the_whole_class_is_given_for_marking, async |institute: Institute| {
    let people = &institute.people;
    crowd(&institute).await;
    let class = institute.get(&people.teacher, &format!("/api/admin/students?course={}", institute.gnm)).await.data();
    let class = class["students"].as_array().unwrap();
    assert_eq!(class.len(), 63, "M-21");
    let rows: Vec<_> = class
        .iter()
        .filter(|student| student["semester"] == 3)
        .map(|student| json!({"studentId": student["_id"], "status": "Present", "hoursAttended": 4}))
        .collect();
    let before = institute.number("SELECT head FROM log").await;
    let answer = institute.record(&people.teacher, &institute.class(&json!(rows))).await;
    assert_eq!((&answer["success"], &answer["added"]), (&json!(62), &json!(62)), "one request, one transaction");
    assert_eq!(institute.number("SELECT head FROM log").await - before, 63, "a stamp and a letter for each");
});

both_databases!(a_report_of_a_course_judges_by_the_rules_of_that_course, async |institute: Institute| {
    fill(&institute).await;
    let office = institute.people.office.clone();
    let rule = json!({"key": "attendance_theory", "value": 50, "validFrom": "2026-01-01", "course": institute.anm});
    institute.json("PUT", &office, "/api/admin/regulations", &rule).await.data();
    institute
        .execute("UPDATE students SET course_id = $1 WHERE student_id = 'asha'", [institute.anm.uuid().into()])
        .await;
    let path = format!("{PATH}/report?course={}&month=11&year=2026", institute.gnm);
    let report = institute.get(&office, &path).await.data();
    let asha = report["students"].as_array().unwrap().iter().find(|row| row["studentId"] == "asha").unwrap();
    assert_eq!((&asha["byType"][0]["type"], &asha["byType"][0]["threshold"]), (&json!("Theory"), &json!(80)));
});
