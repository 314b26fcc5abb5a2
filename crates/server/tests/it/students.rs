//! The students' administration: added without races, changed without losing anything, gone without leaving anything hanging.

use std::collections::HashSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    Answer, Heard, Institute, Live, both_databases,
    http::{each, strings},
};

pub(crate) const PATH: &str = "/api/admin/students";

impl Institute {
    /// The form of the existing client, about somebody whom nobody else is.
    pub(crate) fn student_form(&self, number: usize) -> Value {
        json!({
            "firstName": "Devi", "lastName": format!("Number{number}"), "personalEmail": format!("devi{number}@Mail.example"),
            "mobileNumber": format!("98{number:08}"), "courseEnrolled": self.gnm, "gender": "Female", "dateOfBirth": null,
            "fatherName": "", "fatherMobile": "", "admissionYear": 2026, "semester": 1,
        })
    }

    pub(crate) async fn add_student(&self, form: &Value) -> Answer {
        self.json("POST", &self.people.office, PATH, form).await
    }

    /// Adds one who must be taken; gives the row.
    pub(crate) async fn added_student(&self, number: usize) -> Value {
        self.add_student(&self.student_form(number)).await.data()["student"].clone()
    }

    async fn change_student(&self, id: &str, form: &Value) -> Answer {
        self.json("PUT", &self.people.office, &format!("{PATH}/{id}"), form).await
    }

    async fn delete_student(&self, id: &str) -> Answer {
        self.bare("DELETE", &self.people.office, &format!("{PATH}/{id}")).await
    }

    async fn student(&self, id: &str) -> Value {
        self.get(&self.people.office, &format!("{PATH}/{id}")).await.data()
    }

    async fn list(&self, query: &str) -> Vec<String> {
        let list = self.get(&self.people.office, &format!("{PATH}?{query}")).await.data();
        each(&list["students"], "studentId")
    }

    async fn sign_in(&self, email: &str, password: &str) -> Answer {
        self.json("POST", "", "/api/auth/login", &json!({"email": email, "password": password})).await
    }
}

fn id(row: &Value) -> &str {
    row["_id"].as_str().unwrap()
}

/// What is heard before the bell, by name.
async fn names(live: &mut Live) -> Vec<String> {
    live.before_the_bell().await.into_iter().map(|Heard { name, .. }| name).collect()
}

both_databases!(a_student_is_added_and_signs_in, async |institute: Institute| {
    let people = &institute.people;
    let mut office = institute.live(&people.office).await;
    let mut asha = institute.live(&people.asha).await;
    institute.clock.advance(std::time::Duration::from_secs(1));
    let answer = institute.add_student(&institute.student_form(7)).await;
    assert_eq!(answer.status, 201, "{}", answer.json());
    let data = answer.data();
    let (student, credentials) = (&data["student"], &data["credentials"]);
    assert_eq!(student["studentId"], "GNM2026001", "course code, year, running number");
    assert_eq!((&credentials["studentId"], &credentials["loginUrl"]), (&json!("GNM2026001"), &json!("/login")));
    assert_eq!(credentials["instituteEmail"], "devi7@mail.example");

    // Every field that the pages of the existing client read (contract, section 7).
    let expected = json!({
        "_id": student["_id"], "studentId": "GNM2026001", "firstName": "Devi", "lastName": "Number7", "fullName": "Devi Number7",
        "email": "devi7@mail.example", "personalEmail": "devi7@mail.example", "instituteEmail": "devi7@mail.example",
        "mobileNumber": "9800000007", "contactNumber": "", "alternateContact": "", "fatherName": "", "fatherMobile": "",
        "motherName": "", "motherMobile": "", "gender": "Female", "dateOfBirth": null, "age": null,
        "admissionDate": "2026-11-22", "admissionYear": 2026, "batchYear": 2026, "batch": "2026", "semester": 1,
        "academicStatus": "Active", "address": "", "guardianDetails": "", "notes": "", "isActive": true, "isArchived": false,
        "lastLogin": null, "version": 1, "createdAt": student["createdAt"], "updatedAt": student["updatedAt"],
        "courseEnrolled": {"_id": institute.gnm, "courseCode": "GNM", "courseName": "General Nursing and Midwifery",
            "duration": "3 Years"},
    });
    assert_eq!(student, &expected);
    assert_eq!(institute.student(id(student)).await, expected, "M-05: flat");
    let list = institute.get(&people.office, &format!("{PATH}?limit=5")).await.data();
    assert_eq!(list["students"][0], expected, "the newest first");
    assert_eq!(list["pagination"], json!({"page": 1, "limit": 5, "total": 5, "pages": 1}));

    let password = credentials["password"].as_str().unwrap();
    for login in ["GNM2026001", "gnm2026001", "devi7@mail.example"] {
        let session = institute.sign_in(login, password).await;
        assert_eq!(session.status, 200, "{login}: {}", session.json());
        assert_eq!(session.json()["user"]["profile"]["studentId"], "GNM2026001");
    }
    institute.ring().await;
    let heard = office.before_the_bell().await;
    assert_eq!(heard[0].name, "students:created");
    assert_eq!(heard[0].payload, json!({"_id": student["_id"], "studentId": "GNM2026001", "version": 1}));
    assert_eq!(names(&mut asha).await, [""; 0], "nobody else's business");
});

both_databases!(
    what_is_wrong_with_a_form_is_told_so_that_the_existing_client_shows_it,
    async |institute: Institute| {
        let form = |field: &str, value: Value| {
            let mut form = institute.student_form(1);
            form[field] = value;
            form
        };
        institute.added_student(0).await;
        for (form, code, fields) in [
            (json!({}), "students.invalid", &["courseEnrolled", "firstName", "mobileNumber", "personalEmail"][..]),
            (form("personalEmail", json!("asha")), "students.invalid", &["personalEmail"]),
            (form("mobileNumber", json!("12345")), "students.invalid", &["mobileNumber"]),
            (
                form("courseEnrolled", json!("0190c0de-0000-7000-8000-00000000002a")),
                "students.invalid",
                &["courseEnrolled"],
            ),
            (form("semester", json!(9)), "students.invalid", &["semester"]),
            (form("gender", json!("x")), "students.invalid", &["gender"]),
            (form("firstName", json!(["x"])), "request.invalid", &["firstName"]),
            (form("personalEmail", json!("DEVI0@mail.example")), "students.taken", &["personalEmail"]),
            (form("mobileNumber", json!("+91 98000 00000")), "students.taken", &["mobileNumber"]),
            (form("personalEmail", json!("teacher@nursing.example")), "students.taken", &["personalEmail"]),
        ] {
            institute.add_student(&form).await.refuses(400, code, fields, &form.to_string());
        }
        let taken = institute.add_student(&form("mobileNumber", json!("9800000000"))).await.json();
        assert_eq!(taken["existingStudentId"], "GNM2026001");
        assert_eq!(taken["message"], "The student GNM2026001 has this mobile number.");
        for path in ["check-email?email=devi0@mail.example", "check-mobile?mobile=9800000000"] {
            let check = institute.get(&institute.people.office, &format!("{PATH}/{path}")).await.json();
            assert_eq!(
                check,
                json!({"success": true, "exists": true, "existingStudentId": "GNM2026001"}),
                "M-20: {path}"
            );
        }
        for path in
            ["check-email?email=dev@", "check-email?email=nobody@mail.example", "check-mobile?mobile=9800000001"]
        {
            let check = institute.get(&institute.people.office, &format!("{PATH}/{path}")).await.json();
            assert_eq!(check, json!({"success": true, "exists": false}), "{path}");
        }
        let staff =
            institute.get(&institute.people.office, &format!("{PATH}/check-email?email=Teacher@nursing.example")).await;
        assert_eq!(staff.json(), json!({"success": true, "exists": true}));
        assert_eq!(institute.number("SELECT count(*) FROM students").await, 5, "nothing half-written");
        assert_eq!(institute.number("SELECT count(*) FROM users").await, 9);
    }
);

both_databases!(fifty_at_once_get_fifty_ids_and_no_seat_too_many, async |institute: Institute| {
    let forms: Vec<Value> = (0..50).map(|number| institute.student_form(number)).collect();
    let answers = join_all(forms.iter().map(|form| institute.add_student(form))).await;
    let (added, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
    // GNM has forty seats, of which three are taken.
    assert_eq!((added.len(), refused.len()), (37, 13));
    for answer in &refused {
        answer.refuses(400, "students.course_full", &["courseEnrolled"], "no seat is left");
    }
    let ids: HashSet<String> =
        added.iter().map(|answer| answer.data()["student"]["studentId"].as_str().unwrap().to_owned()).collect();
    let expected: HashSet<String> = (1..=37).map(|number| format!("GNM2026{number:03}")).collect();
    assert_eq!(ids, expected, "a refused one takes no number");
    let courses = institute.get(&institute.people.office, "/api/admin/courses").await.json();
    let gnm = courses["data"].as_array().unwrap().iter().find(|course| course["courseCode"] == "GNM").unwrap();
    assert_eq!((&gnm["seatsAvailable"], &gnm["seatsFilled"]), (&json!(40), &json!(40)));

    // Who finishes gives the seat back; who comes back needs one.
    let one = added[0].data()["student"].clone();
    assert_eq!(institute.change_student(id(&one), &json!({"academicStatus": "Completed"})).await.status, 200);
    assert_eq!(institute.add_student(&institute.student_form(99)).await.data()["student"]["studentId"], "GNM2026038");
    let back = institute.change_student(id(&one), &json!({"academicStatus": "Active"})).await;
    back.refuses(400, "students.course_full", &["courseEnrolled"], "the seat is taken");
    let moved = institute
        .change_student(
            &institute.people.chitra.student.unwrap().to_string(),
            &json!({"courseEnrolled": institute.gnm}),
        )
        .await;
    moved.refuses(400, "students.course_full", &["courseEnrolled"], "a move needs one too");
});

both_databases!(the_same_person_twice_at_once_is_added_once, async |institute: Institute| {
    let form = institute.student_form(1);
    let mut other = form.clone();
    other["courseEnrolled"] = json!(institute.anm);
    let answers = join_all((0..10).map(|n| institute.add_student(if n % 2 == 0 { &form } else { &other }))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        let (status, code) = answer.refusal();
        assert_eq!((status, code.as_str()), (400, "students.taken"));
    }
});

both_databases!(numbers_go_on_where_others_have_numbered_by_hand, async |institute: Institute| {
    for number in [1, 2, 4] {
        let sql = "UPDATE students SET student_id = $1 WHERE student_id = $2";
        let name = ["", "asha", "bina", "", "gone"][number];
        institute.execute(sql, [format!("GNM2026{number:03}").into(), name.into()]).await;
    }
    let ids = [institute.added_student(1).await, institute.added_student(2).await];
    assert_eq!(ids.map(|row| row["studentId"].clone()), ["GNM2026003", "GNM2026005"]);
    let mut earlier = institute.student_form(3);
    earlier["admissionYear"] = json!(2025);
    assert_eq!(
        institute.add_student(&earlier).await.data()["student"]["studentId"],
        "GNM2025001",
        "of the year of admission"
    );
    // The number of somebody who was deleted is nobody else's.
    let last = institute.added_student(4).await;
    assert_eq!(institute.delete_student(id(&last)).await.data(), json!({"archived": false}));
    assert_eq!(institute.added_student(5).await["studentId"], "GNM2026007");
});

both_databases!(of_two_who_edit_the_second_is_shown_what_the_first_wrote, async |institute: Institute| {
    let row = institute.added_student(1).await;
    let first = institute.change_student(id(&row), &json!({"version": 1, "mobileNumber": "9811111111"})).await;
    assert_eq!(first.data()["version"], 2);
    let second =
        institute.change_student(id(&row), &json!({"version": 1, "address": "12 Lake Road", "semester": 2})).await;
    second.refuses(409, "students.changed_meanwhile", &[], "an older version");
    assert_eq!(second.json()["current"], institute.student(id(&row)).await, "both sides can be shown");
    assert_eq!(
        (&second.json()["current"]["mobileNumber"], &second.json()["current"]["address"]),
        (&json!("9811111111"), &json!(""))
    );
    let again = institute
        .change_student(id(&row), &json!({"version": 2, "address": "12 Lake Road", "semester": 2}))
        .await
        .data();
    assert_eq!(
        (&again["mobileNumber"], &again["address"], &again["version"]),
        (&json!("9811111111"), &json!("12 Lake Road"), &json!(3))
    );

    // The existing client sends no version: what it sends is written, what it does not send stays.
    let form = json!({
        "firstName": "Devi", "lastName": "Nair", "mobileNumber": "9811111111", "contactNumber": "0484 2345678",
        "address": "12 Lake Road", "guardianDetails": "An aunt", "courseEnrolled": institute.gnm, "semester": "2",
        "academicStatus": "On Leave",
    });
    let saved = institute.change_student(id(&row), &form).await.data();
    assert_eq!(
        (&saved["contactNumber"], &saved["guardianDetails"]),
        (&json!("0484 2345678"), &json!("An aunt")),
        "M-19"
    );
    assert_eq!((&saved["fullName"], &saved["academicStatus"]), (&json!("Devi Nair"), &json!("On Leave")));
    assert_eq!(saved["personalEmail"], "devi1@mail.example");
    let session = institute.sign_in("gnm2026001", "wrong").await;
    session.refuses(400, "accounts.wrong_credentials", &[], "");
    assert_eq!(institute.change_student(id(&row), &form).await.data()["version"], saved["version"], "nothing changed");

    // Twenty at once, each another field or the same: every one is a version, none is lost.
    let forms: Vec<Value> = (0..20)
        .map(|n| if n % 2 == 0 { json!({"notes": n.to_string()}) } else { json!({"fatherName": n.to_string()}) })
        .collect();
    for answer in join_all(forms.iter().map(|form| institute.change_student(id(&row), form))).await {
        assert_eq!(answer.status, 200, "{}", answer.json());
    }
    let after = institute.student(id(&row)).await;
    assert_eq!(after["version"].as_i64(), Some(saved["version"].as_i64().unwrap() + 20));
    assert!(!after["notes"].as_str().unwrap().is_empty() && !after["fatherName"].as_str().unwrap().is_empty());
});

both_databases!(another_mail_address_is_another_name_for_signing_in, async |institute: Institute| {
    let data = institute.add_student(&institute.student_form(1)).await.data();
    let password = data["credentials"]["password"].as_str().unwrap();
    let row = &data["student"];
    let changed = institute
        .change_student(id(row), &json!({"personalEmail": "new@mail.example", "lastName": "Nair"}))
        .await
        .data();
    assert_eq!(
        (&changed["personalEmail"], &changed["email"]),
        (&json!("new@mail.example"), &json!("new@mail.example"))
    );
    assert_eq!(
        institute.sign_in("new@mail.example", password).await.json()["user"]["profile"]["fullName"],
        "Devi Nair"
    );
    institute.sign_in("devi1@mail.example", password).await.refuses(
        400,
        "accounts.wrong_credentials",
        &[],
        "the old one",
    );
    // Asha signs in with an address of the institute, which stays.
    let asha = institute.people.asha.student.unwrap().to_string();
    let changed = institute.change_student(&asha, &json!({"personalEmail": "asha@mail.example"})).await.data();
    assert_eq!(
        (&changed["personalEmail"], &changed["email"]),
        (&json!("asha@mail.example"), &json!("asha@nursing.example"))
    );
});

both_databases!(lists_are_searched_filtered_and_paged, async |institute: Institute| {
    let mut form = institute.student_form(1);
    (form["firstName"], form["lastName"]) = (json!("Étoile"), json!("O'Neil_100%"));
    form["academicStatus"] = json!("Suspended");
    let row = institute.add_student(&form).await.data()["student"].clone();
    assert_eq!(row["academicStatus"], "Suspended");
    for found in ["étoile", "ÉTOILE", "o'neil", "gnm2026001", "9800000001", "devi1@mail", "neil étoile", "_100%25"] {
        assert_eq!(institute.list(&format!("search={found}")).await, ["GNM2026001"], "{found}");
    }
    assert_eq!(institute.list("search=asha@nursing").await, ["asha"], "the address they sign in with");
    for nothing in ["a.*a", "(", "nobody", "%25%25x", "étoile asha"] {
        assert_eq!(institute.list(&format!("search={nothing}")).await, [""; 0], "{nothing}");
    }
    let (gnm, anm) = (institute.gnm, institute.anm);
    for (query, expected) in [
        (format!("course={gnm}"), &["asha", "bina", "gone", "GNM2026001"][..]),
        (format!("course={anm}&semester=3"), &["chitra"]),
        ("semester=1&sort=studentId".to_owned(), &["GNM2026001", "bina"]),
        ("status=Suspended".to_owned(), &["GNM2026001"]),
        ("batch=2025&sort=name".to_owned(), &["asha", "chitra", "gone"]),
        (
            "search=&course=&semester=&status=&batch=&page=1&limit=10&sort=name".to_owned(),
            &["asha", "bina", "chitra", "gone", "GNM2026001"],
        ),
        ("sort=name&limit=2&page=2".to_owned(), &["chitra", "gone"]),
        ("archived=true".to_owned(), &[]),
    ] {
        assert_eq!(institute.list(&query).await, strings(expected), "{query}");
    }
    for (query, field) in
        [("status=Asleep", "status"), ("semester=x", "semester"), ("sort=age", "sort"), ("limit=0", "limit")]
    {
        let answer = institute.get(&institute.people.office, &format!("{PATH}?{query}")).await;
        answer.refuses(400, "request.invalid_query", &[field], query);
    }
    let stats = institute.get(&institute.people.office, &format!("{PATH}/stats")).await.data();
    assert_eq!(stats["overall"], json!({"total": 5, "active": 4, "male": 0, "female": 1}));
    assert_eq!(
        each(&stats["courses"], "courseName"),
        ["General Nursing and Midwifery", "Auxiliary Nursing and Midwifery"]
    );
    assert_eq!(stats["courses"][0]["count"], 4);
    assert_eq!(stats["semesters"], json!([{"_id": 1, "count": 2}, {"_id": 3, "count": 3}]));
    for (query, count) in [("", 5), ("?year=2025", 3), ("?year=2026&courseCode=gnm", 2), ("?courseCode=XYZ", 0)] {
        let answer = institute.get(&institute.people.office, &format!("{PATH}/count{query}")).await.json();
        assert_eq!(answer, json!({"success": true, "count": count}), "{query}");
    }
});

both_databases!(faculty_see_who_is_in_class_and_nothing_about_the_person, async |institute: Institute| {
    let people = &institute.people;
    let row = institute.added_student(1).await;
    let shown = institute.get(&people.teacher, &format!("{PATH}/{}", id(&row))).await.data();
    let keys: HashSet<&str> = shown.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "_id",
        "studentId",
        "firstName",
        "lastName",
        "fullName",
        "email",
        "semester",
        "batchYear",
        "academicStatus",
        "courseEnrolled",
    ];
    assert_eq!(keys, HashSet::from(expected));
    institute.get(&people.lecturer, &format!("{PATH}/{}", id(&row))).await.refuses(
        404,
        "students.not_found",
        &[],
        "not theirs",
    );
    let list = institute.get(&people.teacher, PATH).await;
    assert!(!String::from_utf8_lossy(&list.body).contains("9800000001"));
    let stats = institute.get(&people.lecturer, &format!("{PATH}/stats")).await.data();
    assert_eq!(stats["overall"]["total"], 1);

    let path = format!("{PATH}/{}", id(&row));
    for (method, path) in [
        ("POST", PATH.to_owned()),
        ("PUT", path.clone()),
        ("DELETE", path.clone()),
        ("POST", format!("{path}/restore")),
        ("POST", format!("{path}/reset-password")),
        ("GET", format!("{PATH}/export")),
        ("GET", format!("{PATH}/count")),
        ("GET", format!("{PATH}/check-email?email=a@b.example")),
        ("GET", format!("{PATH}/check-mobile?mobile=9800000001")),
    ] {
        for who in [&people.teacher, &people.asha] {
            institute.json(method, who, &path, &json!({})).await.refuses(403, "auth.wrong_role", &[], &path);
        }
        institute.json(method, "", &path, &json!({})).await.refuses(401, "auth.token_missing", &[], &path);
    }
    institute.get(&people.asha, PATH).await.refuses(403, "auth.wrong_role", &[], "a student");
    institute.get(&people.asha, &path).await.refuses(403, "auth.wrong_role", &[], "a student");
});

both_databases!(who_has_no_records_is_deleted_and_who_has_is_archived, async |institute: Institute| {
    let people = &institute.people;
    let mut office = institute.live(&people.office).await;
    let data = institute.add_student(&institute.student_form(1)).await.data();
    let (row, password) = (&data["student"], data["credentials"]["password"].as_str().unwrap());
    let token = institute.sign_in("gnm2026001", password).await.json()["token"].as_str().unwrap().to_owned();
    let mut page = institute.live(&token).await;
    assert_eq!(institute.delete_student(id(row)).await.data(), json!({"archived": false}));
    assert!(!page.ended().await, "a closed transport: the client comes back and is told");
    let refused = institute.knock(json!({"token": token})).await.unwrap_err();
    assert_eq!(refused["data"]["code"], "auth.account_unknown");
    institute.get(&people.office, &format!("{PATH}/{}", id(row))).await.refuses(404, "students.not_found", &[], "gone");
    institute.delete_student(id(row)).await.refuses(404, "students.not_found", &[], "twice");
    assert_eq!(
        institute.number("SELECT count(*) FROM users WHERE username = 'gnm2026001'").await,
        0,
        "no account is left"
    );

    // Asha has a mark of attendance.
    let asha = people.asha.student.unwrap().to_string();
    let class = institute.class(&json!([{"studentId": asha, "status": "Present", "hoursAttended": 4}]));
    assert_eq!(institute.record(&people.teacher, &class).await["added"], 1);
    let mut page = institute.live(&people.asha).await;
    assert_eq!(institute.delete_student(&asha).await.data(), json!({"archived": true}));
    while !page.before_the_end().await.is_empty() {}
    institute.sign_in("asha", crate::support::PASSWORD).await.refuses(403, "accounts.inactive", &[], "archived");
    assert_eq!(institute.list("search=asha").await, [""; 0]);
    assert_eq!(institute.list("archived=true").await, ["asha"]);
    let records = institute.get(&people.office, "/api/admin/attendance?date=").await.data();
    assert_eq!(records["attendance"][0]["student"]["studentId"], "asha", "the record keeps its name");
    let shown = institute.student(&asha).await;
    assert_eq!((&shown["isArchived"], &shown["isActive"]), (&json!(true), &json!(false)));
    for (answer, what) in [
        (institute.change_student(&asha, &json!({"semester": 4})).await, "changed"),
        (institute.delete_student(&asha).await, "deleted again"),
        (
            institute.json("POST", &people.office, &format!("{PATH}/{asha}/reset-password"), &json!({})).await,
            "a password",
        ),
    ] {
        answer.refuses(400, "students.archived", &[], what);
    }
    let later = institute.class_but(&json!([{"studentId": asha, "status": "Present"}]), &json!({"date": "2026-11-21"}));
    let refused = institute.json("POST", &people.teacher, "/api/admin/attendance", &later).await;
    refused.refuses(400, "attendance.rows_refused", &["students[0]"], "no class any more");
    let marks = crate::marks::enter(&institute, &crate::marks::theory(&institute, &[("asha", json!(50))])).await;
    assert_eq!((&marks["success"], &marks["errors"][0]["studentId"]), (&json!(0), &json!("asha")), "{marks}");

    let restore = format!("{PATH}/{asha}/restore");
    let back = institute.bare("POST", &people.office, &restore).await.data();
    assert_eq!((&back["isArchived"], &back["isActive"]), (&json!(false), &json!(true)));
    institute.bare("POST", &people.office, &restore).await.refuses(400, "students.not_archived", &[], "twice");
    assert_eq!(institute.sign_in("asha", crate::support::PASSWORD).await.status, 200);
    institute.get(&people.asha, "/api/auth/me").await.refuses(401, "auth.signed_out", &[], "a session of before");
    institute.ring().await;
    let heard: Vec<String> =
        names(&mut office).await.into_iter().filter(|name| name.starts_with("students:")).collect();
    assert_eq!(heard, ["students:created", "students:deleted", "students:deleted", "students:updated"]);
});

both_databases!(who_is_named_for_study_material_is_archived, async |institute: Institute| {
    let row = institute.added_student(1).await;
    let form = crate::support::Form::titled("For you").text("targetAudience", "specific_students");
    let form = form.text("specificTargets", &json!({"students": [id(&row)]}).to_string());
    institute.uploaded(&institute.people.office, form).await;
    assert_eq!(institute.delete_student(id(&row)).await.data(), json!({"archived": true}));
});

both_databases!(who_is_moved_hears_nothing_of_the_old_class_from_the_commit_on, async |institute: Institute| {
    let people = &institute.people;
    let mut asha = institute.live(&people.asha).await;
    let mut bina = institute.live(&people.bina).await;
    let material = async |title: &str, semester: &str| {
        let targets = json!({"courses": [institute.gnm], "semesters": [semester.parse::<i32>().unwrap()]});
        let form = crate::support::Form::titled(title).text("targetAudience", "specific_course_semester");
        institute.uploaded(&people.office, form.text("specificTargets", &targets.to_string())).await;
    };
    material("third, before", "3").await;
    let id = people.asha.student.unwrap().to_string();
    assert_eq!(institute.change_student(&id, &json!({"semester": 4})).await.status, 200);
    material("third, after", "3").await;
    material("fourth, after", "4").await;
    assert_eq!(institute.change_student(&id, &json!({"courseEnrolled": institute.anm})).await.status, 200);
    material("fourth, after both", "4").await;
    assert_eq!(institute.change_student(&id, &json!({"notes": "not hers to read"})).await.status, 200);
    institute.ring().await;
    assert_eq!(
        asha.told().await,
        [
            "downloads:created third, before",
            "profile:updated -",
            "downloads:created fourth, after",
            "profile:updated -"
        ],
        "on the same connection"
    );
    assert_eq!(bina.told().await, [""; 0]);
});

both_databases!(who_is_switched_off_is_out_at_once, async |institute: Institute| {
    let asha = &institute.people.asha;
    let id = asha.student.unwrap().to_string();
    let mut page = institute.live(asha).await;
    let off = institute.change_student(&id, &json!({"isActive": false})).await.data();
    assert_eq!((&off["isActive"], &off["version"]), (&json!(false), &json!(2)));
    page.ended().await;
    institute.get(asha, "/api/auth/me").await.refuses(401, "auth.account_inactive", &[], "switched off");
    assert_eq!(institute.change_student(&id, &json!({"isActive": true})).await.data()["isActive"], true);
    institute.get(asha, "/api/auth/me").await.refuses(401, "auth.signed_out", &[], "the session of before stays ended");
});

both_databases!(a_new_password_ends_every_session, async |institute: Institute| {
    let (asha, office) = (&institute.people.asha, &institute.people.office);
    let path = format!("{PATH}/{}/reset-password", asha.student.unwrap());
    let mut page = institute.live(asha).await;
    let typed = json!({"newPassword": "florence nightingale", "sendEmail": true});
    let answer = institute.json("POST", office, &path, &typed).await.data();
    assert_eq!(answer, json!({"studentId": "asha", "instituteEmail": "asha@nursing.example", "emailSent": true}));
    page.ended().await;
    assert_eq!(institute.sign_in("asha", "florence nightingale").await.status, 200);
    institute.get(asha, "/api/auth/me").await.refuses(401, "auth.signed_out", &[], "the old token");
    let made = institute.json("POST", office, &path, &json!({"newPassword": "", "sendEmail": false})).await.data();
    let made = made["newPassword"].as_str().unwrap();
    assert_eq!(institute.sign_in("asha", made).await.status, 200);
    institute.sign_in("asha", "florence nightingale").await.refuses(
        400,
        "accounts.wrong_credentials",
        &[],
        "the one before",
    );
    for (weak, what) in [("short", "short"), ("aaaaaaaaaa", "repeated")] {
        let answer = institute.json("POST", office, &path, &json!({"newPassword": weak})).await;
        answer.refuses(400, "students.weak_password", &["newPassword"], what);
    }
    let unknown = format!("{PATH}/{}/reset-password", institute.gnm);
    institute.json("POST", office, &unknown, &json!({})).await.refuses(404, "students.not_found", &[], "nobody");
});

fn text(answer: &Answer) -> String {
    String::from_utf8(answer.body.clone()).unwrap()
}

both_databases!(students_are_saved_as_tables, async |institute: Institute| {
    let mut form = institute.student_form(1);
    form["lastName"] = json!("=HYPERLINK(\"x\")");
    institute.add_student(&form).await.data();
    let office = &institute.people.office;
    let csv = institute.get(office, &format!("{PATH}/export")).await;
    assert_eq!((csv.status, csv.header("content-type")), (200, "text/csv; charset=utf-8"), "M-03");
    assert!(csv.header("content-disposition").contains("students_2026-11-22.csv"), "{:?}", csv.headers);
    let table = text(&csv);
    assert!(
        table.starts_with("\u{feff}Student ID,First Name,Last Name,Personal Email,Mobile Number,Course Code,Semester,")
    );
    assert!(table.contains("\"'=HYPERLINK(\"\"x\"\")\""), "safe to open: {table}");
    assert_eq!(table.lines().count(), 6);
    let some = institute.get(office, &format!("{PATH}/export?semester=3&course={}", institute.anm)).await;
    assert_eq!(text(&some).lines().count(), 2);
    let xlsx = institute.get(office, &format!("{PATH}/export?format=xlsx")).await;
    assert!(xlsx.body.starts_with(b"PK"));
    let wrong = institute.get(office, &format!("{PATH}/export?format=doc")).await;
    wrong.refuses(400, "request.invalid_query", &["format"], "another format");
});

both_databases!(what_the_office_does_stands_in_the_audit, async |institute: Institute| {
    let office = &institute.people.office;
    // Entries of one moment have no order.
    let later = || institute.clock.advance(std::time::Duration::from_millis(1));
    let data = institute.add_student(&institute.student_form(1)).await.data();
    let (row, password) = (&data["student"], data["credentials"]["password"].as_str().unwrap());
    later();
    institute.change_student(id(row), &json!({"semester": 2, "isActive": false})).await.data();
    institute.change_student(id(row), &json!({"semester": 2})).await.data();
    let path = format!("{PATH}/{}/reset-password", id(row));
    later();
    let made = institute.json("POST", office, &path, &json!({})).await.data()["newPassword"].clone();
    later();
    institute.delete_student(id(row)).await.data();
    let audit = institute.get(office, &format!("/api/admin/audit?record={}", id(row))).await;
    let entries = audit.data()["entries"].clone();
    assert_eq!(each(&entries, "action"), ["deleted", "password_reset", "changed", "added"]);
    assert_eq!(
        entries[2]["changes"],
        json!([{"field": "semester", "old": "1", "new": "2"}, {"field": "isActive", "old": true, "new": false}])
    );
    assert_eq!(entries[3]["label"], "GNM2026001 Devi Number1");
    for secret in [password, made.as_str().unwrap()] {
        assert!(!text(&audit).contains(secret), "a password");
    }
});
