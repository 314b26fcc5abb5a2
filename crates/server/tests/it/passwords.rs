//! A forgotten password: a mail, a link for one use, and a new one. And what somebody may change about themselves.

use std::{path::PathBuf, time::Duration};

use serde_json::{Value, json};

use crate::support::{
    Answer, Institute, Member, PASSWORD, both_databases, institute::PUBLIC, traces::files_below, until,
};

const FORGOT: &str = "/api/auth/forgot-password";

/// The mails that were sent, oldest first, each in one line.
fn mails(institute: &Institute) -> Vec<String> {
    let files = files_below(&institute.settings.data_dir.join("outbox"));
    let files = files.into_iter().filter(|path: &PathBuf| path.extension().is_some_and(|ending| ending == "eml"));
    files.map(|path| std::fs::read_to_string(path).unwrap().replace("=\r\n", "").replace("=3D", "=")).collect()
}

/// Asks for a link and takes it from the mail.
async fn token(institute: &Institute, email: &str) -> String {
    let before = mails(institute).len();
    assert_eq!(institute.json("POST", "", FORGOT, &json!({"email": email})).await.status, 200);
    until("a mail", async || mails(institute).len() > before).await;
    let mail = mails(institute).pop().unwrap();
    let link = format!("{PUBLIC}/reset-password#");
    let (_, rest) = mail.split_once(&link).expect("a link");
    rest.split_whitespace().next().unwrap().to_owned()
}

async fn reset(institute: &Institute, token: &str, body: &Value) -> Answer {
    institute.json("PUT", "", &format!("/api/auth/reset-password/{token}"), body).await
}

async fn signs_in(institute: &Institute, login: &str, password: &str) -> bool {
    let answer = institute.json("POST", "", "/api/auth/login", &json!({"email": login, "password": password})).await;
    answer.status == 200
}

both_databases!(a_link_sets_a_new_password_once, async |institute: Institute| {
    let asha = institute.people.asha.clone();
    let mut page = institute.live(&asha).await;
    for _ in 0..11 {
        signs_in(&institute, "asha", "x").await;
    }
    assert!(!signs_in(&institute, "asha", PASSWORD).await, "locked");
    let token = token(&institute, " Asha@nursing.example").await;
    let mail = mails(&institute).pop().unwrap();
    assert!(mail.contains("To: asha@nursing.example") && mail.contains("Asha") && !mail.contains(PASSWORD), "{mail}");
    let stored = format!("SELECT COUNT(*) FROM password_links WHERE token_hash = '{token}'");
    assert_eq!(institute.number(&stored).await, 0, "not as it is");

    for (body, code, fields) in [
        (json!({}), "accounts.incomplete", &["password"][..]),
        (json!({"password": "short"}), "accounts.weak_password", &["password"]),
        (
            json!({"password": "a new lamp", "confirmPassword": "a new lamb"}),
            "accounts.passwords_differ",
            &["confirmPassword"],
        ),
    ] {
        reset(&institute, &token, &body).await.refuses(400, code, fields, &body.to_string());
    }
    // As the existing client sends it.
    let done = reset(&institute, &token, &json!({"password": "a new lamp"})).await;
    assert_eq!(done.status, 200, "{}", done.json());
    assert!(done.header("set-cookie").starts_with("lamplight_device="), "this browser is known from here on");
    assert!(!page.ended().await);
    institute.get(&asha, "/api/auth/me").await.refuses(401, "auth.signed_out", &[], "the old token");
    assert!(signs_in(&institute, "asha", "a new lamp").await, "and not locked any more");
    assert!(!signs_in(&institute, "asha", PASSWORD).await);
    reset(&institute, &token, &json!({"password": "another lamp"})).await.refuses(
        400,
        "accounts.link_over",
        &[],
        "again",
    );
    let audit = institute.get(&institute.people.office, "/api/admin/audit?action=password_reset").await.data();
    assert_eq!(audit["entries"][0]["by"]["username"], "asha");
    assert!(!audit.to_string().contains(&token));
});

both_databases!(a_link_that_is_old_guessed_or_replaced_does_nothing, async |institute: Institute| {
    let first = token(&institute, "asha@nursing.example").await;
    let second = token(&institute, "asha").await;
    let body = json!({"password": "a new lamp"});
    let guessed = "A".repeat(second.len());
    for (name, token) in [("replaced", first.as_str()), ("guessed", &guessed), ("short", "x"), ("cut", &second[1..])] {
        reset(&institute, token, &body).await.refuses(400, "accounts.link_over", &[], name);
    }
    institute.clock.advance(Duration::from_secs(3600));
    reset(&institute, &second, &body).await.refuses(400, "accounts.link_over", &[], "old");
    let third = token(&institute, "asha").await;
    institute.execute("UPDATE users SET is_active = 0 WHERE username = 'asha'", []).await;
    reset(&institute, &third, &body).await.refuses(400, "accounts.link_over", &[], "switched off");
    institute.execute("UPDATE users SET is_active = 1 WHERE username = 'asha'", []).await;
    assert!(signs_in(&institute, "asha", PASSWORD).await);

    let chitra = token(&institute, "chitra").await;
    let (one, other) = (json!({"password": "the first lamp"}), json!({"password": "other lamps"}));
    let (one, other) = tokio::join!(reset(&institute, &chitra, &one), reset(&institute, &chitra, &other));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400], "of two in one moment one");
    let in_with =
        [signs_in(&institute, "chitra", "the first lamp").await, signs_in(&institute, "chitra", "other lamps").await];
    assert_eq!(in_with, [one.status == 200, other.status == 200]);
});

both_databases!(nobody_learns_who_has_an_account, async |institute: Institute| {
    let mut bodies = Vec::new();
    for email in ["asha@nursing.example", "nobody@nursing.example", "gone@nursing.example", "as%", "x\0"] {
        let answer = institute.json("POST", "", FORGOT, &json!({"email": email})).await;
        assert_eq!(answer.status, 200, "{email}");
        bodies.push(answer.body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1);
    until("the one mail", async || mails(&institute).len() == 1).await;
    // Who is switched off gets none. A marker after it, since nothing can be waited for.
    token(&institute, "bina").await;
    assert!(mails(&institute).iter().all(|mail| !mail.contains("gone@")));
    institute.json("POST", "", FORGOT, &json!({})).await.refuses(400, "accounts.incomplete", &["email"], "nothing");
    // Nobody's box is flooded, whether there is one or not.
    for email in ["chitra@nursing.example", "nobody@elsewhere.example"] {
        for _ in 0..3 {
            assert_eq!(institute.json("POST", "", FORGOT, &json!({"email": email})).await.status, 200);
        }
        institute.json("POST", "", FORGOT, &json!({"email": email})).await.refuses(403, "accounts.locked", &[], email);
    }
});

#[tokio::test]
async fn without_mail_one_is_sent_to_the_office() {
    let mut institute = Institute::open(crate::support::Backend::Sqlite).await;
    institute.stop().await;
    institute.settings.mail = lamplight::settings::Mail::Off;
    institute.start().await;
    let answer = institute.json("POST", "", FORGOT, &json!({"email": "asha"})).await;
    answer.refuses(400, "accounts.no_mail", &[], "no mail");
}

both_databases!(one_changes_ones_telephone_number_and_nothing_else, async |institute: Institute| {
    let (asha, office) = (institute.people.asha.clone(), institute.people.office.clone());
    let profile = async |who: &Member, body: Value| institute.json("PUT", who, "/api/auth/profile", &body).await;
    let (mut phone, mut bystander) = (institute.live(&asha).await, institute.live(&institute.people.bina).await);
    let body = json!({"phoneNumber": "+91 98765 43210", "role": "admin", "semester": 6, "isActive": false, "username": "asha",
        "fullName": "Somebody else", "course": "x"});
    let answer = profile(&asha, body).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    let user = &answer.json()["user"];
    assert_eq!(user["profile"]["contactNumber"], "+91 98765 43210");
    assert_eq!(
        (&user["role"], &user["profile"]["semester"], &user["profile"]["fullName"]),
        (&json!("student"), &json!(3), &json!("Asha"))
    );
    institute.ring().await;
    let heard = phone.before_the_bell().await;
    assert_eq!(
        (heard.len(), heard[0].name.as_str(), &heard[0].payload),
        (1, "profile:updated", &json!({"version": 2}))
    );
    assert_eq!(bystander.before_the_bell().await.len(), 0);
    for (body, field) in [
        (json!({"phoneNumber": "12"}), "phoneNumber"),
        (json!({"username": "ashb"}), "username"),
        (json!({"email": "office@elsewhere.example"}), "email"),
    ] {
        profile(&office, body).await.refuses(400, "accounts.invalid", &[field], field);
    }
    profile(&asha, json!({"phoneNumber": "12"})).await.refuses(
        400,
        "students.invalid",
        &["contactNumber"],
        "a student's",
    );
    profile(&asha, json!({"email": "x@y.example"})).await.refuses(400, "accounts.invalid", &["email"], "a student's");
    let saved = profile(&office, json!({"phoneNumber": "0422 2570170"})).await.json();
    assert_eq!(saved["user"]["profile"]["contactNumber"], "0422 2570170");
    let me = institute.get(&asha, "/api/auth/me").await.json();
    assert_eq!((&me["user"]["needsPasswordReset"], &me["user"]["mustChangePassword"]), (&json!(false), &json!(false)));
});

both_databases!(a_student_is_mailed_a_link_and_never_a_password, async |institute: Institute| {
    const SEND: &str = "/api/admin/students/send-credentials";
    let office = &institute.people.office;
    // As the existing client sends it, with a mail address that somebody typed.
    let sent = json!({
        "studentId": "ASHA", "email": "stranger@elsewhere.example", "instituteEmail": "asha@nursing.example",
        "password": "in clear",
    });
    let answer = institute.json("POST", office, SEND, &sent).await;
    assert_eq!(answer.data(), json!({"studentId": "asha", "email": "asha@nursing.example"}));
    until("a mail", async || mails(&institute).len() == 1).await;
    let mail = mails(&institute).pop().unwrap();
    assert!(mail.contains("To: asha@nursing.example") && !mail.contains("in clear"), "{mail}");
    let (_, rest) = mail.split_once(&format!("{PUBLIC}/reset-password#")).expect("a link");
    let token = rest.split_whitespace().next().unwrap().to_owned();
    assert_eq!(reset(&institute, &token, &json!({"password": "a lamp of her own"})).await.status, 200);
    assert!(signs_in(&institute, "asha", "a lamp of her own").await);

    let path = format!("/api/admin/students/{}/reset-password", institute.people.bina.student.unwrap());
    let given =
        institute.json("POST", office, &path, &json!({"newPassword": "a lamp for Bina", "sendEmail": true})).await;
    assert_eq!(given.data()["emailSent"], true);
    until("her mail", async || mails(&institute).iter().any(|mail| mail.contains("To: bina@nursing.example"))).await;
    assert!(mails(&institute).iter().all(|mail| !mail.contains("a lamp for Bina")));

    let refused = institute.json("POST", office, SEND, &json!({"studentId": "gone"})).await;
    refused.refuses(400, "students.no_mail", &[], "switched off");
    let unknown = institute.json("POST", office, SEND, &json!({"studentId": "nobody"})).await;
    unknown.refuses(404, "students.not_found", &[], "unknown");
});

// A mail that went to a wrong address must be no way in once the address was corrected.
both_databases!(a_link_ends_with_the_address_it_was_mailed_to, async |institute: Institute| {
    let people = &institute.people;
    let office = &people.office;
    let teacher = institute.faculty_of(&people.teacher).await;
    let student = |who: &Member| format!("/api/admin/students/{}", who.student.unwrap());
    for (mailed, path, body) in [
        (
            "office@nursing.example",
            format!("/api/admin/users/{}", office.user),
            json!({"email": "right@nursing.example"}),
        ),
        ("teacher@nursing.example", format!("/api/admin/faculty/{teacher}"), json!({"email": "mary@nursing.example"})),
        ("asha@nursing.example", student(&people.asha), json!({"personalEmail": "asha@home.example"})),
    ] {
        let link = token(&institute, mailed).await;
        let said = institute.json("PUT", office, &path, &json!({"fullName": "Another", "firstName": "Another"})).await;
        assert_eq!(said.status, 200, "{}", said.json());
        let links = institute.number("SELECT COUNT(*) FROM password_links").await;
        assert_eq!(links, 1, "{path}: another name alone ends none");
        assert_eq!(institute.json("PUT", office, &path, &body).await.status, 200, "{path}");
        let late = reset(&institute, &link, &json!({"password": "a stranger's lamp"})).await;
        late.refuses(400, "accounts.link_over", &[], &path);
    }
});
