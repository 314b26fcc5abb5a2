//! Courses: added, changed, closed and deleted by the office; read by everybody when they are offered.

use serde_json::{Value, json};

use crate::support::{Institute, both_databases, http::each};

const PATH: &str = "/api/admin/courses";

/// A course as the existing client sends it.
fn form() -> Value {
    json!({
        "courseCode": "pbbn", "courseName": "Post Basic B.Sc Nursing", "description": "For nurses who want a degree.",
        "duration": "2 Years", "eligibility": ["GNM", " ", "Registration with the state council"], "seatsAvailable": 30,
        "careerOpportunities": ["Nurse educator"], "isActive": true,
        "feesStructure": {
            "tuitionFee": 80000, "hostelFee": 20000, "libraryFee": 1000, "labFee": 2500, "examFee": 1500, "otherCharges": "",
            "totalFee": 1, "installmentPlan": [
                {"installmentNo": 1, "amount": 60000, "dueDate": "2026-12-31T18:30:00.000Z", "label": "On admission"},
                {"installmentNo": 2, "amount": 45000, "dueDate": null, "label": ""},
            ],
        },
    })
}

fn with(mut form: Value, more: &Value) -> Value {
    form.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    form
}

both_databases!(a_course_is_added_as_the_existing_client_sends_it, async |institute: Institute| {
    let people = &institute.people;
    let mut asha = institute.live(&people.asha).await;
    let answer = institute.json("POST", &people.office, PATH, &form()).await;
    assert_eq!(answer.status, 201, "{}", answer.json());
    let made = answer.data();
    let expected = json!({
        "_id": made["_id"], "courseCode": "PBBN", "courseName": "Post Basic B.Sc Nursing",
        "description": "For nurses who want a degree.", "duration": "2 Years", "semesters": 4,
        "eligibility": ["GNM", "Registration with the state council"], "careerOpportunities": ["Nurse educator"],
        "seatsAvailable": 30, "seatsFilled": 0, "isActive": true, "version": 1, "teaches": true, "subjects": [],
        "updatedAt": "2026-11-22T10:00:00.000Z",
        "feesStructure": {
            "tuitionFee": 80000.0, "hostelFee": 20000.0, "libraryFee": 1000.0, "labFee": 2500.0, "examFee": 1500.0,
            "otherCharges": 0.0, "totalFee": 105000.0, "installmentPlan": [
                {"installmentNo": 1, "amount": 60000.0, "dueDate": "2027-01-01", "label": "On admission"},
                {"installmentNo": 2, "amount": 45000.0, "dueDate": null, "label": ""},
            ],
        },
    });
    assert_eq!(made, expected, "the total is the sum, the day is the institute's");
    institute.ring().await;
    let heard = asha.before_the_bell().await;
    assert_eq!(
        (heard.len(), heard[0].name.as_str(), &heard[0].payload),
        (1, "courses:changed", &json!({"_id": made["_id"]}))
    );

    let again = institute.json("POST", &people.office, PATH, &with(form(), &json!({"courseCode": " Pbbn "}))).await;
    again.refuses(400, "courses.code_taken", &["courseCode"], "the same code");
    assert_eq!(again.json()["message"], "There is a course with this code already.", "the page shows it");
    for who in [&people.teacher, &people.asha] {
        institute.json("POST", who, PATH, &form()).await.refuses(403, "auth.wrong_role", &[], who.name);
    }
    // Who is not signed in reads what is offered.
    for path in ["/api/public/courses", "/api/courses"] {
        let list = institute.get("", path).await.json();
        assert_eq!((&list["success"], &list["count"]), (&json!(true), &json!(3)), "{path}");
        assert_eq!(each(&list["data"], "courseCode"), ["ANM", "GNM", "PBBN"], "{path}");
        assert_eq!(list["data"][2]["feesStructure"]["totalFee"], 105000.0, "{path}");
        assert!(list["data"][0].get("version").is_none(), "{path}");
    }
    let one = institute.get("", &format!("/api/courses/{}", made["_id"].as_str().unwrap())).await.data();
    assert_eq!(one["courseName"], "Post Basic B.Sc Nursing");
    for (query, found) in [("search=basic+post", 1), ("search=gnm", 1), ("search=%25", 0), ("duration=2+years", 1)] {
        let list = institute.get("", &format!("/api/courses?{query}")).await.json();
        assert_eq!(list["count"], found, "{query}");
    }
});

both_databases!(what_is_wrong_with_a_course_is_named, async |institute: Institute| {
    let office = &institute.people.office;
    for (change, field) in [
        (json!({"courseCode": ""}), "courseCode"),
        (json!({"courseCode": "x".repeat(21)}), "courseCode"),
        (json!({"courseName": " "}), "courseName"),
        (json!({"description": null}), "description"),
        (json!({"duration": ""}), "duration"),
        (json!({"duration": "a while"}), "semesters"),
        (json!({"semesters": 13}), "semesters"),
        (json!({"seatsAvailable": 0}), "seatsAvailable"),
        (json!({"seatsAvailable": ""}), "seatsAvailable"),
        (json!({"eligibility": ["x".repeat(301)]}), "eligibility"),
        (json!({"feesStructure": {"tuitionFee": -1}}), "feesStructure.tuitionFee"),
        (
            json!({"feesStructure": {"installmentPlan": [{"amount": 1, "dueDate": "soon"}]}}),
            "feesStructure.installmentPlan[0].dueDate",
        ),
        (json!({"subjects": [{"semester": 5, "subjectName": "Anatomy"}]}), "subjects[0].semester"),
        (json!({"subjects": [{"semester": 1}]}), "subjects[0].subjectName"),
        (
            json!({"subjects": [{"semester": 1, "subjectName": "Anatomy"}, {"semester": 1, "subjectName": " anatomy "}]}),
            "subjects[1].subjectName",
        ),
    ] {
        let answer = institute.json("POST", office, PATH, &with(form(), &change)).await;
        assert_eq!(answer.refusal(), (400, "courses.invalid".to_owned()), "{change}");
        assert!(answer.fields().contains(&field.to_owned()), "{change}: {:?}", answer.fields());
    }
    assert_eq!(institute.number("SELECT COUNT(*) FROM courses").await, 2);
});

both_databases!(a_course_is_changed_closed_and_opened_and_nobody_overwrites_unseen, async |institute: Institute| {
    let office = &institute.people.office;
    let made = institute.json("POST", office, PATH, &form()).await.data();
    let path = format!("{PATH}/{}", made["_id"].as_str().unwrap());
    let put = async |change: Value| institute.json("PUT", office, &path, &change).await;
    // The switch of the existing client sends this alone.
    let closed = put(json!({"isActive": false})).await.data();
    assert_eq!(
        (&closed["isActive"], &closed["version"], &closed["feesStructure"]),
        (&json!(false), &json!(2), &made["feesStructure"])
    );
    assert_eq!(institute.get("", "/api/public/courses").await.json()["count"], 2);
    let open = format!("/api/courses/{}", made["_id"].as_str().unwrap());
    institute.get("", &open).await.refuses(404, "courses.not_found", &[], "closed");
    assert_eq!(
        each(&institute.get(office, &format!("{PATH}?status=inactive")).await.json()["data"], "courseCode"),
        ["PBBN"]
    );
    put(json!({"isActive": true, "version": 1})).await.refuses(409, "courses.changed_meanwhile", &[], "an old version");
    let subjects = json!([
        {"semester": 2, "subjectName": "Child  Health Nursing", "subjectCode": "N201", "credits": 4, "theoryHours": "60", "practicalHours": ""},
        {"semester": 1, "subjectName": "Anatomy"},
    ]);
    let saved = put(json!({"version": 2, "subjects": subjects, "isActive": true})).await.data();
    let expected = json!([
        {"semester": 1, "subjectName": "Anatomy", "subjectCode": "", "credits": null, "theoryHours": null, "practicalHours": null},
        {"semester": 2, "subjectName": "Child Health Nursing", "subjectCode": "N201", "credits": 4, "theoryHours": 60, "practicalHours": null},
    ]);
    assert_eq!((&saved["subjects"], &saved["version"]), (&expected, &json!(3)));
    assert_eq!(put(json!({"courseCode": "PBBN"})).await.data()["version"], 3, "nothing changed, nothing is counted");
    put(json!({"courseCode": "gnm"})).await.refuses(400, "courses.code_taken", &["courseCode"], "another's code");
    put(json!({"semesters": 1})).await.refuses(400, "courses.invalid", &["semesters"], "there are subjects later");
    let nobody = format!("{PATH}/{}", institute.people.asha.user);
    institute.json("PUT", office, &nobody, &json!({})).await.refuses(404, "courses.not_found", &[], "no course");
});

both_databases!(a_course_with_anything_in_it_is_not_deleted, async |institute: Institute| {
    let office = &institute.people.office;
    let gnm = format!("{PATH}/{}", institute.gnm);
    let answer = institute.bare("DELETE", office, &gnm).await;
    answer.refuses(409, "courses.in_use", &[], "students and a teacher");
    let message = answer.json()["message"].as_str().unwrap().to_owned();
    assert!(message.starts_with("3 students, 1 faculty member who teaches it belong to it, so"), "{message}");
    let made = institute.json("POST", office, PATH, &form()).await.data();
    let path = format!("{PATH}/{}", made["_id"].as_str().unwrap());
    assert_eq!(institute.bare("DELETE", office, &path).await.status, 200);
    institute.bare("DELETE", office, &path).await.refuses(404, "courses.not_found", &[], "twice");
    assert_eq!(institute.number("SELECT COUNT(*) FROM courses").await, 2);
    assert_eq!(institute.number("SELECT COUNT(*) FROM audit WHERE kind = 'courses'").await, 2, "added and deleted");
});
