//! The accounts of everybody, as the office keeps them; and that somebody is always left who can.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{
    Institute, Member, PASSWORD, both_databases, http::each, institute::PUBLIC, traces::files_below, until,
};

const USERS: &str = "/api/admin/users";

fn path(who: &Member, rest: &str) -> String {
    format!("{USERS}/{}{rest}", who.user)
}

async fn sign_in(institute: &Institute, login: &str, password: &str) -> (u16, String) {
    let answer = institute.json("POST", "", "/api/auth/login", &json!({"email": login, "password": password})).await;
    (answer.status, answer.json()["token"].as_str().unwrap_or_default().to_owned())
}

/// A second administrator, made as the existing client does it.
async fn deputy(institute: &Institute) -> Member {
    let form = json!({"username": "deputy", "email": "deputy@nursing.example", "password": "a lamp for two", "role": "admin",
        "fullName": "Deputy", "contactNumber": "9876543210", "isActive": true, "designation": "Clerk", "department": "Accounts"});
    let added = institute.json("POST", &institute.people.office, USERS, &form).await.data();
    let (_, token) = sign_in(institute, "deputy", "a lamp for two").await;
    let user = added["user"]["_id"].as_str().unwrap().parse().unwrap();
    Member { name: "deputy", user, token, ..institute.people.office.clone() }
}

both_databases!(accounts_are_made_and_their_people_can_sign_in, async |institute: Institute| {
    let office = institute.people.office.clone();
    let mut page = institute.live(&office).await;
    let mut teacher = institute.live(&institute.people.teacher).await;
    let form = json!({"username": "Radha", "email": "Radha@Nursing.example", "role": "faculty", "fullName": "Radha  Menon",
        "contactNumber": "", "isActive": true, "designation": "Tutor", "department": "Community Health"});
    let answer = institute.json("POST", &office, USERS, &form).await;
    assert_eq!(answer.status, 201, "{}", answer.json());
    let added = answer.data();
    assert_eq!(
        (&added["profile"]["fullName"], &added["credentials"]["username"]),
        (&json!("Radha Menon"), &json!("radha"))
    );
    assert_eq!(
        (&added["user"]["email"], &added["user"]["mustChangePassword"]),
        (&json!("radha@nursing.example"), &json!(true))
    );
    assert_eq!(added["profile"]["facultyId"], "FAC26001");
    institute.ring().await;
    assert_eq!(page.told().await, ["users:changed -", "faculty:changed -"]);
    assert_eq!(teacher.told().await, ["faculty:changed -"], "and nothing of accounts");

    let password = added["credentials"]["password"].as_str().unwrap();
    let (status, token) = sign_in(&institute, "radha@nursing.example", password).await;
    assert_eq!(status, 200);
    institute.live(&token).await;
    let me = institute.get(&token, "/api/auth/me").await.json();
    assert_eq!((&me["user"]["mustChangePassword"], &me["user"]["needsPasswordReset"]), (&json!(true), &json!(false)));
    let change = json!({"currentPassword": password, "newPassword": "a new lamp", "confirmPassword": "a new lamp"});
    let changed = institute.json("PUT", &token, "/api/auth/change-password", &change).await.json();
    let me = institute.get(changed["token"].as_str().unwrap(), "/api/auth/me").await.json();
    assert_eq!(me["user"]["mustChangePassword"], false, "it is hers alone now");

    let deputy = deputy(&institute).await;
    let seen = institute.get(&office, &path(&deputy, "")).await.data();
    assert_eq!(
        (&seen["profile"]["employeeId"], &seen["profile"]["designation"], &seen["profile"]["contactNumber"]),
        (&json!("ADM26001"), &json!("Clerk"), &json!("9876543210"))
    );
    assert_eq!(institute.get(&deputy, USERS).await.status, 200);
    let audit = institute.get(&office, "/api/admin/audit?kind=users&action=created").await.data();
    assert_eq!(audit["entries"].as_array().unwrap().len(), 2);
    assert!(!audit.to_string().contains(password) && !audit.to_string().contains("a lamp for two"));
});

both_databases!(what_is_wrong_is_named_and_nothing_is_made, async |institute: Institute| {
    let office = institute.people.office.clone();
    let good = json!({"username": "radha", "email": "radha@nursing.example", "role": "faculty", "fullName": "Radha"});
    for (changes, code, fields) in [
        (
            json!({"username": "", "email": "x", "fullName": " "}),
            "users.invalid",
            &["email", "fullName", "username"][..],
        ),
        (json!({"role": "director"}), "users.invalid", &["role"]),
        (json!({"role": null}), "users.invalid", &["role"]),
        (json!({"username": "two words"}), "users.invalid", &["username"]),
        (json!({"username": "asha"}), "users.invalid", &["username"]),
        (json!({"username": "asha@nursing.example"}), "users.invalid", &["username"]),
        (json!({"email": "ASHA@nursing.example"}), "users.invalid", &["email"]),
        (json!({"password": "short"}), "users.invalid", &["password"]),
        (json!({"contactNumber": "12"}), "users.invalid", &["contactNumber"]),
        (json!({"role": "student"}), "users.student", &[]),
    ] {
        let mut form = good.clone();
        form.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        institute.json("POST", &office, USERS, &form).await.refuses(400, code, fields, &changes.to_string());
    }
    assert_eq!(institute.number("SELECT COUNT(*) FROM users").await, 8);
    for who in [&institute.people.teacher, &institute.people.asha] {
        institute.json("POST", who, USERS, &good).await.refuses(403, "auth.wrong_role", &[], "not theirs");
    }
});

both_databases!(accounts_are_listed_searched_and_turned_page_by_page, async |institute: Institute| {
    let office = &institute.people.office;
    let names = async |query: &str| {
        let list = institute.get(office, &format!("{USERS}{query}")).await.json();
        let mut names = each(&list["data"], "username");
        names.sort_unstable();
        names
    };
    assert_eq!(names("?role=faculty").await, ["lecturer", "librarian", "teacher"]);
    assert_eq!(names("?status=inactive&role=&search=").await, ["gone"]);
    assert_eq!(names("?search=L+br").await, ["librarian"]);
    assert_eq!(names("?search=%25").await.len(), 0);
    assert_eq!(names("?search=(((").await.len(), 0);
    let page = institute.get(office, &format!("{USERS}?limit=3&page=2")).await.json();
    assert_eq!(page["pagination"], json!({"page": 2, "limit": 3, "total": 8, "pages": 3}));
    assert_eq!((page["data"].as_array().unwrap().len(), &page["count"]), (3, &json!(8)));
    let asha = institute.get(office, &format!("{USERS}?search=asha")).await.json()["data"][0].clone();
    assert_eq!(
        (
            &asha["profile"]["studentId"],
            &asha["profile"]["courseEnrolled"]["courseName"],
            &asha["profile"]["academicStatus"]
        ),
        (&json!("asha"), &json!("General Nursing and Midwifery"), &json!("Active"))
    );
    assert!(!asha.to_string().contains("argon2"));
    institute.get(office, &format!("{USERS}?role=x")).await.refuses(400, "request.invalid_query", &["role"], "role");
    let nobody = format!("{USERS}/{}", institute.gnm);
    institute.get(office, &nobody).await.refuses(404, "users.not_found", &[], "nobody");
});

both_databases!(a_change_is_told_and_never_overwrites_another, async |institute: Institute| {
    let people = institute.people.clone();
    let mut page = institute.live(&people.lecturer).await;
    let seen = institute.get(&people.office, &path(&people.lecturer, "")).await.data();
    let form = json!({"fullName": "Lecturer Das", "designation": "Reader", "contactNumber": "0422 2570170", "version": seen["version"]});
    let saved = institute.json("PUT", &people.office, &path(&people.lecturer, ""), &form).await.data();
    assert_eq!(
        (&saved["profile"]["designation"], &saved["profile"]["department"]),
        (&json!("Reader"), &json!("Nursing"))
    );
    institute.json("PUT", &people.office, &path(&people.lecturer, ""), &form).await.refuses(
        409,
        "users.changed_meanwhile",
        &[],
        "old",
    );
    institute.ring().await;
    assert_eq!(page.told().await, ["faculty:changed -", "profile:updated -"]);
    // The existing client sends all it knows and no version.
    let form = json!({"username": "asha", "email": "asha.nair@nursing.example", "fullName": "Asha", "contactNumber": "", "isActive": true,
        "courseEnrolled": institute.gnm, "batchYear": "2025", "semester": 3, "academicStatus": "Active"});
    let saved = institute.json("PUT", &people.office, &path(&people.asha, ""), &form).await.data();
    assert_eq!(saved["email"], "asha.nair@nursing.example");
    assert_eq!(sign_in(&institute, "asha.nair@nursing.example", PASSWORD).await.0, 200);
    for (field, value) in [("semester", json!(4)), ("fullName", json!("Somebody")), ("role", json!("admin"))] {
        let mut form = form.clone();
        form[field] = value;
        let answer = institute.json("PUT", &people.office, &path(&people.asha, ""), &form).await;
        answer.refuses(400, "users.invalid", &[field], field);
    }
});

both_databases!(who_is_switched_off_is_out_within_a_second, async |institute: Institute| {
    let people = institute.people.clone();
    let mut desk = institute.live(&people.office).await;
    institute.bare("PATCH", &people.office, &path(&people.asha, "/toggle-active")).await.data();
    institute.ring().await;
    assert_eq!(desk.told().await, ["users:changed -", "students:updated -"], "both lists show who is off");
    let mut page = institute.live(&people.teacher).await;
    let began = Instant::now();
    let answer = institute.bare("PATCH", &people.office, &path(&people.teacher, "/toggle-active")).await;
    assert_eq!(answer.data(), json!({"isActive": false}));
    page.before_the_end().await;
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    institute.get(&people.teacher, "/api/auth/me").await.refuses(401, "auth.account_inactive", &[], "off");
    let refused = institute.knock(json!({"token": people.teacher.token})).await.unwrap_err();
    assert_eq!(refused["data"]["code"], "auth.account_inactive");
    let answer = institute.bare("PATCH", &people.office, &path(&people.teacher, "/toggle-active")).await;
    assert_eq!(answer.data(), json!({"isActive": true}));
    institute.get(&people.teacher, "/api/auth/me").await.refuses(401, "auth.signed_out", &[], "what ended stays ended");
    assert_eq!(sign_in(&institute, "teacher", PASSWORD).await.0, 200);
});

both_databases!(who_is_deleted_is_gone_unless_named_in_records, async |institute: Institute| {
    let people = institute.people.clone();
    let mut page = institute.live(&people.librarian).await;
    assert_eq!(institute.bare("DELETE", &people.office, &path(&people.librarian, "")).await.status, 200);
    page.before_the_end().await;
    institute.get(&people.librarian, "/api/auth/me").await.refuses(401, "auth.account_unknown", &[], "deleted");
    assert_eq!(sign_in(&institute, "librarian", PASSWORD).await.0, 400);
    institute.get(&people.office, &path(&people.librarian, "")).await.refuses(404, "users.not_found", &[], "gone");
    let material = crate::support::Form::titled("Notes").text("targetAudience", "specific_course");
    institute.uploaded(&people.teacher, material.text("tags", "GNM")).await;
    institute.bare("DELETE", &people.office, &path(&people.teacher, "")).await.refuses(
        400,
        "users.in_use",
        &[],
        "named",
    );
    assert_eq!(institute.get(&people.teacher, "/api/auth/me").await.status, 200, "nothing half-done");
    // A student is the students' to delete; one without records is gone.
    assert_eq!(institute.bare("DELETE", &people.office, &path(&people.chitra, "")).await.status, 200);
    institute.get(&people.chitra, "/api/auth/me").await.refuses(401, "auth.account_unknown", &[], "a student");
    assert_eq!(institute.number("SELECT COUNT(*) FROM students WHERE student_id = 'chitra'").await, 0);
});

both_databases!(the_last_administrator_stays_and_nobody_shuts_themselves_out, async |institute: Institute| {
    let office = institute.people.office.clone();
    let acts = [
        ("PATCH", "/toggle-active", json!({})),
        ("DELETE", "", json!({})),
        ("PUT", "", json!({"isActive": false})),
        ("PUT", "", json!({"role": "faculty"})),
    ];
    for (method, rest, body) in &acts {
        let answer = institute.json(method, &office, &path(&office, rest), body).await;
        answer.refuses(400, "users.last_admin", &[], &format!("{method} {rest} {body}"));
    }
    let deputy = deputy(&institute).await;
    for (method, rest, body) in &acts {
        let answer = institute.json(method, &office, &path(&office, rest), body).await;
        answer.refuses(400, "users.yourself", &[], &format!("{method} {rest} {body}"));
    }
    let mut page = institute.live(&deputy).await;
    let demoted = institute.json("PUT", &office, &path(&deputy, ""), &json!({"role": "faculty"})).await.data();
    assert_eq!((&demoted["role"], &demoted["profile"]["facultyId"]), (&json!("faculty"), &json!("FAC26001")));
    institute.get(&deputy, USERS).await.refuses(403, "auth.wrong_role", &[], "at once");
    institute.ring().await;
    assert!(page.told().await.contains(&"profile:updated -".to_owned()), "the socket stays, in other rooms");
});

both_databases!(nor_is_the_last_one_lost_on_the_page_of_the_faculty, async |institute: Institute| {
    const FACULTY: &str = "/api/admin/faculty";
    let (office, teacher) = (institute.people.office.clone(), institute.people.teacher.clone());
    let row = institute.faculty_of(&teacher).await;
    institute.json("PUT", &office, &path(&teacher, ""), &json!({"role": "admin"})).await.data();
    let acts = [("PUT", json!({"isActive": false})), ("DELETE", json!({}))];
    for (method, body) in &acts {
        let answer = institute.json(method, &teacher, &format!("{FACULTY}/{row}"), body).await;
        answer.refuses(400, "users.yourself", &[], &format!("{method} {body}"));
    }
    institute.json("PUT", &teacher, &path(&office, ""), &json!({"role": "faculty"})).await.data();
    for (method, body) in &acts {
        let answer = institute.json(method, &teacher, &format!("{FACULTY}/{row}"), body).await;
        answer.refuses(400, "users.last_admin", &[], &format!("{method} {body}"));
    }
});

both_databases!(what_the_page_of_the_faculty_changes_of_an_account_is_counted, async |institute: Institute| {
    let (office, teacher) = (&institute.people.office, &institute.people.teacher);
    let row = institute.faculty_of(teacher).await;
    let seen = institute.get(office, &path(teacher, "")).await.data()["version"].clone();
    let change = json!({"email": "mary@nursing.example"});
    institute.json("PUT", office, &format!("/api/admin/faculty/{row}"), &change).await.data();
    let late = json!({"contactNumber": "9876543210", "version": seen});
    let answer = institute.json("PUT", office, &path(teacher, ""), &late).await;
    answer.refuses(409, "users.changed_meanwhile", &[], "it was seen before");
});

both_databases!(of_two_who_demote_each_other_at_once_one_remains, async |institute: Institute| {
    let office = institute.people.office.clone();
    let deputy = deputy(&institute).await;
    for (method, rest, body) in
        [("PUT", "", json!({"role": "faculty"})), ("PATCH", "/toggle-active", json!({})), ("DELETE", "", json!({}))]
    {
        // Each of them as it was.
        institute
            .execute("UPDATE users SET role = 'admin', is_active = 1 WHERE username IN ('office', 'deputy')", [])
            .await;
        let (_, one) = sign_in(&institute, "office", PASSWORD).await;
        let (_, other) = sign_in(&institute, "deputy", "a lamp for two").await;
        let (to_deputy, to_office) = (path(&deputy, rest), path(&office, rest));
        let (first, second) = tokio::join!(
            institute.json(method, &one, &to_deputy, &body),
            institute.json(method, &other, &to_office, &body)
        );
        let done = [first.status, second.status].iter().filter(|status| **status == 200).count();
        assert_eq!(done, 1, "{method}: {} {}", first.json(), second.json());
        let left = "SELECT COUNT(*) FROM users WHERE role = 'admin' AND is_active <> 0";
        assert_eq!(institute.number(left).await, 1, "{method}");
    }
});

both_databases!(another_password_is_given_or_a_link_is_mailed, async |institute: Institute| {
    let people = institute.people.clone();
    let mut page = institute.live(&people.asha).await;
    let reset = path(&people.asha, "/reset-password");
    institute.json("POST", &people.office, &reset, &json!({"newPassword": "short"})).await.refuses(
        400,
        "users.invalid",
        &["newPassword"],
        "weak",
    );
    let given = institute
        .json("POST", &people.office, &reset, &json!({"newPassword": "a given lamp", "sendEmail": false}))
        .await
        .data();
    assert_eq!(given, json!({"email": "asha@nursing.example", "passwordSent": false, "emailSent": false}));
    page.before_the_end().await;
    institute.get(&people.asha, "/api/auth/me").await.refuses(401, "auth.signed_out", &[], "signed out");
    let (status, token) = sign_in(&institute, "asha", "a given lamp").await;
    assert_eq!(status, 200);
    let me = institute.get(&token, "/api/auth/me").await.json();
    assert_eq!((&me["user"]["mustChangePassword"], &me["user"]["needsPasswordReset"]), (&json!(true), &json!(false)));
    let made = institute.json("POST", &people.office, &reset, &json!({})).await.data();
    assert_eq!(sign_in(&institute, "asha", made["password"].as_str().unwrap()).await.0, 200);

    let mailed = institute.json("POST", &people.office, &reset, &json!({"sendEmail": true})).await.data();
    assert_eq!((&mailed["emailSent"], &mailed["password"]), (&json!(true), &Value::Null));
    let outbox = institute.settings.data_dir.join("outbox");
    until("a mail", async || files_below(&outbox).iter().any(|file| file.extension().is_some_and(|end| end == "eml")))
        .await;
    let mail = std::fs::read_to_string(files_below(&outbox).first().unwrap()).unwrap();
    assert!(mail.contains(&format!("{PUBLIC}/reset-password#")), "{mail}");
    let (_, token) = sign_in(&institute, "bina", PASSWORD).await;
    let mut page = institute.live(&token).await;
    assert_eq!(institute.bare("DELETE", &people.office, &path(&people.bina, "/sessions")).await.status, 200);
    page.before_the_end().await;
    institute.get(&token, "/api/auth/me").await.refuses(401, "auth.signed_out", &[], "a lost telephone");
    assert_eq!(sign_in(&institute, "bina", PASSWORD).await.0, 200, "the password stays");
});
