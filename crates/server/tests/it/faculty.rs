//! Faculty members, what they teach, and that this decides what they may do.

use serde_json::{Value, json};

use crate::support::{Institute, Member, PASSWORD, both_databases, http::each};

const PATH: &str = "/api/admin/faculty";

/// A faculty member as the existing client sends them.
fn form() -> Value {
    json!({
        "facultyId": "fac26007", "fullName": "Mary Joseph", "email": "Mary@Nursing.example", "username": "mary@nursing.example",
        "password": PASSWORD, "designation": "Head of Department", "department": "Pediatric Nursing",
        "qualification": "M.Sc. Nursing", "specialization": "Neonatal care", "experience": "12", "contactNumber": "9800000000",
        "dateOfJoining": "2014-06-01", "subjectsHandling": [], "isActive": true,
    })
}

fn with(mut form: Value, more: &Value) -> Value {
    form.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    form
}

async fn id_of(institute: &Institute, who: &Member) -> String {
    let list = institute.get(&institute.people.office, PATH).await.json();
    let rows = list["data"].as_array().unwrap();
    rows.iter().find(|row| row["username"] == who.name).unwrap()["_id"].as_str().unwrap().to_owned()
}

both_databases!(
    a_faculty_member_is_added_as_the_existing_client_sends_them_and_signs_in,
    async |institute: Institute| {
        let office = &institute.people.office;
        let answer = institute.json("POST", office, PATH, &form()).await;
        assert_eq!(answer.status, 201, "{}", answer.json());
        let made = answer.data();
        let picked = [
            "facultyId",
            "fullName",
            "email",
            "designation",
            "department",
            "qualification",
            "experience",
            "specialization",
            "contactNumber",
            "dateOfJoining",
            "isActive",
            "teaches",
            "subjectsHandling",
            "version",
        ]
        .map(|key| made[key].clone());
        let expected = json!([
            "FAC26007",
            "Mary Joseph",
            "mary@nursing.example",
            "Head of Department",
            "Pediatric Nursing",
            "M.Sc. Nursing",
            "12",
            "Neonatal care",
            "9800000000",
            "2014-06-01",
            true,
            [],
            [],
            1,
        ]);
        assert_eq!(json!(picked), expected, "texts, whatever was sent (M-27), and any designation (M-28)");
        let login = json!({"email": "mary@nursing.example", "password": PASSWORD});
        let answer = institute.json("POST", "", "/api/auth/login", &login).await.json();
        assert_eq!(answer["user"]["role"], "faculty", "{answer}");

        // Without a number the next one is taken.
        let other =
            with(form(), &json!({"facultyId": "", "email": "b@nursing.example", "username": "", "experience": 3}));
        let second = institute.json("POST", office, PATH, &other).await.data();
        assert_eq!((&second["facultyId"], &second["experience"]), (&json!("FAC26008"), &json!("3")));
        for (change, code, field) in [
            (json!({"email": "x@nursing.example", "username": ""}), "faculty.id_taken", "facultyId"),
            (json!({"facultyId": "F9"}), "faculty.email_taken", "email"),
            (
                json!({"facultyId": "F9", "email": "z@nursing.example", "username": "office"}),
                "faculty.email_taken",
                "email",
            ),
            (json!({"fullName": ""}), "faculty.invalid", "fullName"),
            (json!({"email": "nobody"}), "faculty.invalid", "email"),
            (json!({"designation": null}), "faculty.invalid", "designation"),
            (json!({"department": ""}), "faculty.invalid", "department"),
            (json!({"dateOfJoining": "June"}), "faculty.invalid", "dateOfJoining"),
            (json!({"password": "short"}), "faculty.invalid", "password"),
            (json!({"password": null}), "faculty.invalid", "password"),
            (json!({"teaches": [{"course": "GNM"}]}), "faculty.invalid", "teaches[0].course"),
        ] {
            institute.json("POST", office, PATH, &with(form(), &change)).await.refuses(
                400,
                code,
                &[field],
                &change.to_string(),
            );
        }
        assert_eq!(
            institute.number("SELECT COUNT(*) FROM users WHERE role = 'faculty'").await,
            5,
            "nothing half-written"
        );
        for who in [&institute.people.teacher, &institute.people.asha] {
            institute.json("POST", who, PATH, &form()).await.refuses(403, "auth.wrong_role", &[], who.name);
            institute.get(who, PATH).await.refuses(403, "auth.wrong_role", &[], who.name);
        }
        assert_eq!(
            institute.number("SELECT COUNT(*) FROM audit WHERE kind = 'faculty' AND changes LIKE '%lamp%'").await,
            0
        );
    }
);

both_databases!(everybody_reads_who_teaches_and_nothing_private, async |institute: Institute| {
    let office = &institute.people.office;
    institute.json("POST", office, PATH, &form()).await.data();
    institute.json("POST", office, PATH, &with(form(), &json!({"facultyId": "F2", "email": "off@nursing.example", "username": "", "fullName": "Gone Away", "isActive": false}))).await.data();
    let answer = institute.get("", "/api/faculty").await.json();
    assert_eq!(answer["filters"], answer["data"]["filters"], "in both places (M-27)");
    let departments = answer["filters"]["departments"].as_array().unwrap();
    assert!(
        departments.contains(&json!("Pediatric Nursing")) && departments.contains(&json!("Nursing")),
        "{departments:?}"
    );
    let list = &answer["data"]["faculty"];
    assert_eq!(each(list, "fullName"), ["Lecturer", "Librarian", "Mary Joseph", "Teacher"]);
    let text = answer.to_string();
    for private in ["nursing.example", "9800000000", "FAC26007", "2014", "Gone Away"] {
        assert!(!text.contains(private), "{private} in {text}");
    }
    for (query, found) in [
        ("department=pediatric+nursing", 1),
        ("designation=Lecturer", 3),
        ("search=joseph", 1),
        ("search=9800000000", 0),
        ("search=nursing.example", 0),
        ("department=Nobody", 0),
    ] {
        let list = institute.get("", &format!("/api/faculty?{query}")).await.data();
        assert_eq!(list["count"], found, "{query}");
    }
    for (query, found) in [("search=mary@", 1), ("department=Nursing", 3), ("isActive=false", 1), ("isActive=", 5)] {
        let list = institute.get(office, &format!("{PATH}?{query}")).await.json();
        assert_eq!(list["count"], found, "{query}");
    }
});

both_databases!(what_somebody_teaches_decides_what_they_may_do_from_then_on, async |institute: Institute| {
    let people = &institute.people;
    let mut page = institute.live(&people.librarian).await;
    let path = format!("{PATH}/{}", id_of(&institute, &people.librarian).await);
    let class = |subject: &str| {
        json!({
            "date": "2026-11-20", "course": institute.gnm, "subject": subject, "semester": 3,
            "students": [{"studentId": people.asha.student, "status": "Present"}],
        })
    };
    let record =
        async |subject: &str| institute.json("POST", &people.librarian, "/api/admin/attendance", &class(subject)).await;
    record("Anatomy").await.refuses(403, "attendance.course_forbidden", &["course"], "teaches nothing");
    let teaches = json!({"teaches": [{"course": institute.gnm, "subjects": ["Anatomy", " anatomy", "Child Health"]}], "version": 1});
    let saved = institute.json("PUT", &people.office, &path, &teaches).await.data();
    assert_eq!(saved["teaches"][0]["subjects"], json!(["Anatomy", "Child Health"]));
    assert_eq!(each(&saved["subjectsHandling"], "subjectName"), ["Anatomy", "Child Health"]);
    institute.json("PUT", &people.office, &path, &teaches).await.refuses(
        409,
        "faculty.changed_meanwhile",
        &[],
        "an old version",
    );

    // The open page hears the course from here on, without reconnecting.
    institute
        .json(
            "POST",
            &people.teacher,
            "/api/admin/attendance/classes",
            &json!({"course": institute.gnm, "semester": 3, "subject": "Physiology", "type": "Theory"}),
        )
        .await
        .data();
    institute.ring().await;
    let heard: Vec<String> = page.before_the_bell().await.into_iter().map(|event| event.name).collect();
    assert!(heard.contains(&"attendance:opened".to_owned()), "{heard:?}");

    assert_eq!(record("ANATOMY").await.status, 200);
    record("Physiology").await.refuses(403, "attendance.subject_forbidden", &["subject"], "another subject");
    let sheet = |subject: &str| {
        json!({
            "course": institute.gnm, "semester": 3, "subject": subject, "examType": "Internal",
            "maxima": {"theory": 75, "practical": 0, "viva": 0, "assignment": 0},
        })
    };
    let make = async |subject: &str| {
        institute.json("POST", &people.librarian, "/api/admin/marks/sheets", &sheet(subject)).await
    };
    make("Physiology").await.refuses(403, "marks.not_your_subject", &["subject"], "another subject");
    assert_eq!(make("child health").await.status, 201);
    let other = institute.json("POST", &people.teacher, "/api/admin/marks/sheets", &sheet("Physiology")).await.data();
    let other = format!("/api/admin/marks/sheets/{}", other["_id"].as_str().unwrap());
    assert_eq!(institute.get(&people.librarian, &other).await.status, 200, "who teaches a course reads all of it");
    let cells = json!({"cells": [{"student": people.asha.student, "part": "theory", "value": 5, "base": 0}]});
    let answer = institute.json("PATCH", &people.librarian, &format!("{other}/cells"), &cells).await;
    answer.refuses(403, "marks.not_your_subject", &["subject"], "another subject's cells");
    let board = json!({"course": institute.gnm, "semester": 3, "subject": "Physiology", "type": "Theory"});
    let board = institute.json("POST", &people.teacher, "/api/admin/attendance/classes", &board).await.data();
    let close = format!("/api/admin/attendance/classes/{}/close", board["class"]["_id"].as_str().unwrap());
    institute.bare("POST", &people.librarian, &close).await.refuses(
        403,
        "attendance.subject_forbidden",
        &["subject"],
        "their class",
    );
    let file = "Date,Student ID,Course,Subject,Semester,Status\n2026-11-19,asha,GNM,Physiology,3,Absent\n2026-11-19,asha,GNM,Anatomy,3,Absent\n";
    let form = crate::support::Form::new().file("x.csv", file.as_bytes());
    let kind = crate::support::Form::content_type();
    let done =
        institute.raw(("POST", "/api/admin/attendance/bulk"), &people.librarian, &kind, form.finish()).await.data();
    assert_eq!((&done["success"], &done["errors"][0]["error"]), (&json!(1), &json!("You do not teach this subject.")));

    // No subject named is the whole course; nothing at all is nothing.
    institute.json("PUT", &people.office, &path, &json!({"teaches": [{"course": institute.gnm}]})).await.data();
    assert_eq!(record("Physiology").await.status, 200);
    institute.json("PUT", &people.office, &path, &json!({"teaches": []})).await.data();
    record("Physiology").await.refuses(403, "attendance.course_forbidden", &["course"], "teaches nothing again");
});

both_databases!(who_recorded_something_is_switched_off_and_not_deleted, async |institute: Institute| {
    let people = &institute.people;
    let class = json!({
        "date": "2026-11-20", "course": institute.gnm, "subject": "Anatomy", "semester": 3,
        "students": [{"studentId": people.asha.student, "status": "Present"}],
    });
    institute.json("POST", &people.teacher, "/api/admin/attendance", &class).await.data();
    let path = format!("{PATH}/{}", id_of(&institute, &people.teacher).await);
    institute.bare("DELETE", &people.office, &path).await.refuses(409, "faculty.in_use", &[], "has recorded");
    assert_eq!(
        institute.get(&people.office, &path).await.data()["teaches"].as_array().unwrap().len(),
        1,
        "all or nothing"
    );
    let mut page = institute.live(&people.teacher).await;
    let off = institute.json("PUT", &people.office, &path, &json!({"isActive": false})).await.data();
    assert_eq!(off["isActive"], false);
    assert!(!page.ended().await, "the page is closed at once");
    institute.get(&people.teacher, "/api/admin/attendance").await.refuses(
        401,
        "auth.account_inactive",
        &[],
        "switched off",
    );
    let path = format!("{PATH}/{}", id_of(&institute, &people.lecturer).await);
    assert_eq!(institute.bare("DELETE", &people.office, &path).await.status, 200);
    institute.get(&people.office, &path).await.refuses(404, "faculty.not_found", &[], "deleted");
    assert_eq!(institute.number("SELECT COUNT(*) FROM users WHERE username = 'lecturer'").await, 0);
});
