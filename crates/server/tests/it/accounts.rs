//! Signing in, who one is, another password, and what there is not.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Answer, Institute, PASSWORD, both_databases, institute::DAY};

async fn sign_in(institute: &Institute, email: &str, password: &str) -> Answer {
    institute.json("POST", "", "/api/auth/login", &json!({"email": email, "password": password})).await
}

both_databases!(sign_in_by_mail_or_user_name_in_any_case, async |institute: Institute| {
    for login in ["asha", "ASHA", " Asha ", "asha@nursing.example", "Asha@Nursing.Example"] {
        let answer = sign_in(&institute, login, PASSWORD).await;
        assert_eq!(answer.status, 200, "{login}: {}", answer.json());
        let session = answer.json();
        let user = &session["user"];
        assert_eq!(
            (&session["success"], &user["username"], &user["role"]),
            (&json!(true), &json!("asha"), &json!("student"))
        );
        // Truthy, it would lock every student out of the existing client.
        assert_eq!((&user["needsPasswordReset"], &user["isActive"]), (&json!(false), &json!(true)));
        assert_eq!(user["_id"], json!(institute.people.asha.user));
        let token = session["token"].as_str().unwrap();
        assert_eq!(institute.get(token, "/api/auth/me").await.json()["user"]["username"], "asha");
        institute.live(token).await;
    }
});

both_databases!(an_unknown_account_and_a_wrong_password_can_not_be_told_apart, async |institute: Institute| {
    let long = "x".repeat(100_000);
    let mut answers = Vec::new();
    for (login, password) in [
        ("asha", "lamp of the day"),
        ("asha", "Lamp of the night"),
        ("asha", "lamp of the night "),
        ("asha", long.as_str()),
        ("nobody", PASSWORD),
        ("nobody@nursing.example", PASSWORD),
        ("as%", PASSWORD),
        ("asha\0", PASSWORD),
        (long.as_str(), PASSWORD),
        // Whether an account is switched off is told only to who knows its password.
        ("gone", "lamp of the day"),
    ] {
        let answer = sign_in(&institute, login, password).await;
        answer.refuses(400, "accounts.wrong_credentials", &[], login);
        answers.push(answer.body);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "one answer for all");
});

both_databases!(who_is_switched_off_is_told_so_and_stays_out, async |institute: Institute| {
    sign_in(&institute, "gone", PASSWORD).await.refuses(403, "accounts.inactive", &[], "signing in");
    let gone = &institute.people.gone;
    institute.get(gone, "/api/auth/me").await.refuses(401, "auth.account_inactive", &[], "with a token of before");
});

#[tokio::test]
async fn what_is_missing_or_of_another_type_is_named() {
    let institute = Institute::open(crate::support::Backend::Sqlite).await;
    for (body, code, fields) in [
        (json!({}), "accounts.incomplete", &["email", "password"][..]),
        (json!({"email": "asha"}), "accounts.incomplete", &["password"]),
        (json!({"email": "  ", "password": "x"}), "accounts.incomplete", &["email"]),
        (json!({"email": 5, "password": "x"}), "request.invalid", &["email"]),
        (json!({"email": "asha", "password": ["x"]}), "request.invalid", &["password"]),
        (json!({"email": null, "password": "x"}), "request.invalid", &["email"]),
    ] {
        institute.json("POST", "", "/api/auth/login", &body).await.refuses(400, code, fields, &body.to_string());
    }
}

both_databases!(everybody_can_read_who_they_are, async |institute: Institute| {
    let people = &institute.people;
    for (who, role, profile) in [
        (&people.office, "admin", json!({"fullName": "Office"})),
        (
            &people.teacher,
            "faculty",
            json!({"fullName": "Teacher", "facultyId": "teacher", "designation": "Lecturer", "department": "Nursing"}),
        ),
        (
            &people.asha,
            "student",
            json!({"fullName": "Asha", "studentId": "asha", "semester": 3, "batchYear": 2025, "academicStatus": "Active", "courseEnrolled": {
                "_id": institute.gnm, "courseCode": "GNM", "courseName": "General Nursing and Midwifery"}}),
        ),
    ] {
        let mut me = institute.get(who, "/api/auth/me").await.json();
        let user = &mut me["user"];
        assert_eq!((&user["role"], &user["email"]), (&json!(role), &json!(format!("{}@nursing.example", who.name))));
        user["profile"].as_object_mut().unwrap().remove("_id");
        assert_eq!(user["profile"], profile);
        assert!(!me.to_string().contains("argon2"), "{me}");
    }
    for token in ["", "x", "x.y.z"] {
        let code = if token.is_empty() { "auth.token_missing" } else { "auth.token_invalid" };
        institute.get(token, "/api/auth/me").await.refuses(401, code, &[], token);
    }
    let unknown = institute.token(
        &crate::support::Member { user: institute.gnm.uuid().into(), ..people.office.clone() },
        institute.clock.now(),
        1,
    );
    institute.get(unknown, "/api/auth/me").await.refuses(401, "auth.account_unknown", &[], "nobody's token");
});

fn change(current: &str, new: &str, again: &str) -> Value {
    json!({"currentPassword": current, "newPassword": new, "confirmPassword": again})
}

const CHANGE: (&str, &str) = ("PUT", "/api/auth/change-password");

#[tokio::test]
async fn a_new_password_keeps_the_rules() {
    let institute = Institute::open(crate::support::Backend::Sqlite).await;
    let before = institute.traces().await;
    let asha = &institute.people.asha;
    let long = "ab".repeat(129);
    for (body, code, fields) in [
        (json!({}), "accounts.incomplete", &["confirmPassword", "currentPassword", "newPassword"][..]),
        (change(PASSWORD, "", ""), "accounts.incomplete", &["confirmPassword", "newPassword"]),
        (change("lamp of the day", "a new lamp", "a new lamp"), "accounts.wrong_password", &["currentPassword"]),
        (change(PASSWORD, "a new lamp", "another lamp"), "accounts.passwords_differ", &["confirmPassword"]),
        (change(PASSWORD, PASSWORD, PASSWORD), "accounts.password_unchanged", &["newPassword"]),
        (change(PASSWORD, "short", "short"), "accounts.weak_password", &["newPassword"]),
        (change(PASSWORD, "aaaaaaaaaaaa", "aaaaaaaaaaaa"), "accounts.weak_password", &["newPassword"]),
        (change(PASSWORD, &long, &long), "accounts.weak_password", &["newPassword"]),
        (json!({"currentPassword": 1}), "request.invalid", &["currentPassword"]),
    ] {
        institute.json(CHANGE.0, asha, CHANGE.1, &body).await.refuses(400, code, fields, &body.to_string());
    }
    institute.json(CHANGE.0, "", CHANGE.1, &json!({})).await.refuses(401, "auth.token_missing", &[], "nobody");
    institute.is_as(&before, "refused passwords").await;
    assert_eq!(institute.get(asha, "/api/auth/me").await.status, 200, "the session goes on");
}

both_databases!(a_new_password_ends_every_session_but_the_one_that_made_it, async |institute: Institute| {
    let asha = &institute.people.asha;
    let (mut phone, mut laptop) = (institute.live(asha).await, institute.live(asha).await);
    let mut bystander = institute.live(&institute.people.bina).await;

    let answer = institute.json(CHANGE.0, asha, CHANGE.1, &change(PASSWORD, "a new lamp", "a new lamp")).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    let new = answer.json()["token"].as_str().unwrap().to_owned();

    institute.get(asha, "/api/auth/me").await.refuses(401, "auth.signed_out", &[], "the old token");
    for device in [&mut phone, &mut laptop] {
        // Not for good: the page that changed the password comes back with its new token.
        assert!(!device.ended().await);
    }
    let refused = institute.knock(json!({"token": asha.token, "pid": phone.seat.pid})).await.unwrap_err();
    assert_eq!(refused["data"], json!({"code": "auth.signed_out"}));

    assert_eq!(institute.get(&new, "/api/auth/me").await.status, 200);
    let mut back = institute.back(&new, &laptop.seat).await;
    assert_eq!(back.seat.pid, laptop.seat.pid, "the same stream goes on");
    institute.ring().await;
    assert_eq!((back.told().await.len(), bystander.told().await.len()), (0, 0));

    sign_in(&institute, "asha", PASSWORD).await.refuses(400, "accounts.wrong_credentials", &[], "the old password");
    assert_eq!(sign_in(&institute, "asha", "a new lamp").await.status, 200);
});

both_databases!(of_two_changes_in_one_moment_one_wins, async |institute: Institute| {
    let asha = &institute.people.asha;
    let (one, other) =
        (change(PASSWORD, "the first lamp", "the first lamp"), change(PASSWORD, "other lamps", "other lamps"));
    let (one, other) =
        tokio::join!(institute.json(CHANGE.0, asha, CHANGE.1, &one), institute.json(CHANGE.0, asha, CHANGE.1, &other),);
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert!(statuses == [200, 400] || statuses == [200, 401], "{statuses:?}");
    let passwords =
        [sign_in(&institute, "asha", "the first lamp").await, sign_in(&institute, "asha", "other lamps").await];
    assert_eq!(passwords.map(|answer| answer.status), [one.status, other.status].map(|status| status.min(400)));
});

both_databases!(a_session_ends_with_its_time, async |institute: Institute| {
    let asha = &institute.people.asha;
    institute.clock.advance(DAY * 30 - Duration::from_secs(1));
    assert_eq!(institute.get(asha, "/api/auth/me").await.status, 200);
    institute.clock.advance(Duration::from_secs(1));
    institute.get(asha, "/api/auth/me").await.refuses(401, "auth.token_expired", &[], "after 30 days");
});

#[tokio::test]
async fn there_is_no_open_registration_and_no_maintenance_door() {
    let institute = Institute::open(crate::support::Backend::Sqlite).await;
    let before = institute.traces().await;
    let credentials = json!({"username": "x", "email": "x@x.example", "password": "lamp of the day", "role": "admin"});
    for path in [
        "/api/auth/register",
        "/api/auth/fix-admin",
        "/api/auth/test-login",
        "/api/auth/direct-login",
        "/api/auth/reset-password",
        "/api/upload-test",
        "/api/admin/clear-cache",
        "/api/admin/backup",
        "/api/admin/logs",
        "/api/debug",
        "/api/uploads/x.pdf",
        "/upload-test",
        "/auth/register",
    ] {
        for method in ["POST", "PUT", "DELETE"] {
            for who in ["", institute.people.office.as_ref()] {
                let answer = institute.json(method, who, path, &credentials).await;
                answer.refuses(404, "request.unknown_address", &[], &format!("{method} {path}"));
            }
        }
    }
    institute.bare("PUT", "", "/api/auth/login").await.refuses(405, "request.wrong_method", &[], "another method");
    institute.is_as(&before, "knocking on doors").await;
    assert_eq!(institute.number("SELECT COUNT(*) FROM users").await, 8);
}
