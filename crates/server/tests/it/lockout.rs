//! Who guesses at passwords is slowed down; who owns one is not kept out.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Answer, Institute, PASSWORD, both_databases, http::send, institute::PORTAL};

/// Somebody who tries to sign in.
#[derive(Clone, Default)]
struct Browser {
    address: Option<&'static str>,
    origin: Option<&'static str>,
    cookie: Option<String>,
}

impl Browser {
    fn at(address: &'static str) -> Self {
        Self { address: Some(address), ..Self::default() }
    }

    async fn sign_in(&self, institute: &Institute, email: &str, password: &str) -> Answer {
        let mut request = institute.request("POST", "", "/api/auth/login");
        for (name, value) in
            [("X-Forwarded-For", self.address), ("Origin", self.origin), ("Cookie", self.cookie.as_deref())]
        {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        send(request.json(&json!({"email": email, "password": password}))).await
    }

    /// Signs in and keeps what the server wants to be kept.
    async fn settle(mut self, institute: &Institute, email: &str) -> (Self, String) {
        let answer = self.sign_in(institute, email, PASSWORD).await;
        assert_eq!(answer.status, 200, "{}", answer.json());
        let cookie = answer.header("set-cookie").to_owned();
        self.cookie = cookie.split(';').next().map(str::to_owned);
        (self, cookie)
    }
}

both_databases!(after_ten_wrong_passwords_one_is_told_when_to_try_again, async |mut institute: Institute| {
    let stranger = Browser::at("203.0.113.9");
    let mut stories = Vec::new();
    // Whether there is such an account is not seen from it.
    for login in ["asha", "nobody"] {
        let mut answers: Vec<(u16, Value)> = Vec::new();
        for _ in 0..11 {
            let answer = stranger.sign_in(&institute, login, "lamp of the day").await;
            answers.push((answer.status, answer.json()));
        }
        stories.push(answers);
    }
    assert_eq!(stories[0], stories[1]);
    let (told, last) = (&stories[0][..10], &stories[0][10]);
    assert!(
        told.iter().all(|(status, body)| *status == 400 && body["code"] == "accounts.wrong_credentials"),
        "{told:?}"
    );
    assert_eq!((last.0, &last.1["code"]), (403, &json!("accounts.locked")));
    assert!(last.1["message"].as_str().unwrap().contains("2026-11-22 15:36"), "{}", last.1);

    // Not by another address, not with the right password, not after a restart.
    for address in ["203.0.113.9", "198.51.100.7"] {
        let answer = Browser::at(address).sign_in(&institute, "ASHA ", PASSWORD).await;
        answer.refuses(403, "accounts.locked", &[], address);
    }
    institute.stop().await;
    institute.start().await;
    institute.clock.advance(Duration::from_secs(6 * 60 - 1));
    stranger.sign_in(&institute, "asha", PASSWORD).await.refuses(403, "accounts.locked", &[], "a second too early");
    // Who was locked out did not make it longer by trying.
    institute.clock.advance(Duration::from_secs(1));
    assert_eq!(stranger.sign_in(&institute, "asha", PASSWORD).await.status, 200);
    // And whoever proved who they are begins anew.
    for _ in 0..10 {
        stranger.sign_in(&institute, "asha", "x").await.refuses(400, "accounts.wrong_credentials", &[], "anew");
    }
    assert_eq!(institute.number("SELECT COUNT(*) FROM sign_in_tries WHERE bucket LIKE '%asha%'").await, 0, "hashed");
});

both_databases!(tries_at_the_same_moment_are_counted_one_by_one, async |institute: Institute| {
    let stranger = Browser::at("203.0.113.9");
    let tries = (0..40).map(|_| stranger.sign_in(&institute, "asha", "x"));
    let answers = futures_util::future::join_all(tries).await;
    let looked_at = answers.iter().filter(|answer| answer.status == 400).count();
    assert_eq!((looked_at, answers.iter().filter(|answer| answer.status == 403).count()), (10, 30));
});

both_databases!(strangers_can_not_keep_the_owner_out, async |institute: Institute| {
    let (phone, cookie) = Browser::at("198.51.100.7").settle(&institute, "asha").await;
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/api/auth"),
        "{cookie}"
    );
    let (other, _) = Browser::at("198.51.100.7").settle(&institute, "bina").await;
    let stranger = Browser::at("203.0.113.9");
    for _ in 0..11 {
        stranger.sign_in(&institute, "asha", "x").await;
    }
    stranger.sign_in(&institute, "asha", "x").await.refuses(403, "accounts.locked", &[], "a stranger");
    other.sign_in(&institute, "asha", PASSWORD).await.refuses(403, "accounts.locked", &[], "somebody else's browser");
    let again = phone.sign_in(&institute, "asha", PASSWORD).await;
    assert_eq!(again.status, 200, "{}", again.json());
    assert_eq!(again.header("set-cookie"), "", "it is marked already");
    // In their browser one can't guess for ever either.
    for _ in 0..10 {
        phone.sign_in(&institute, "asha", "x").await.refuses(400, "accounts.wrong_credentials", &[], "a guess");
    }
    phone.sign_in(&institute, "asha", PASSWORD).await.refuses(403, "accounts.locked", &[], "guessed too often");
    // The mark is no key.
    let mark = phone.cookie.unwrap();
    institute.get(mark.split_once('=').unwrap().1, "/api/auth/me").await.refuses(
        401,
        "auth.token_invalid",
        &[],
        "a mark",
    );

    let portal = Browser { origin: Some(PORTAL), ..Browser::at("198.51.100.8") };
    let (_, cookie) = portal.settle(&institute, "chitra").await;
    assert!(cookie.contains("SameSite=None; Secure"), "{cookie}");
});

both_databases!(an_address_that_guesses_at_many_is_slowed_down, async |institute: Institute| {
    let (known, _) = Browser::at("203.0.113.9").settle(&institute, "bina").await;
    let full = institute.clock.now().plus(Duration::from_secs(300 * 12)).millis();
    institute
        .execute("UPDATE sign_in_tries SET full_until = $1 WHERE bucket = 'address:203.0.113.9'", [full.into()])
        .await;
    let answer = Browser::at("203.0.113.9").sign_in(&institute, "asha", PASSWORD).await;
    answer.refuses(403, "accounts.locked", &[], "the address");
    assert_eq!(Browser::at("203.0.113.10").sign_in(&institute, "asha", PASSWORD).await.status, 200, "another address");
    assert_eq!(known.sign_in(&institute, "bina", PASSWORD).await.status, 200, "a browser that is known");
    institute.clock.advance(Duration::from_secs(12));
    assert_eq!(Browser::at("203.0.113.9").sign_in(&institute, "asha", PASSWORD).await.status, 200, "after a while");
});

both_databases!(an_open_page_does_not_help_to_guess_the_password, async |institute: Institute| {
    let asha = &institute.people.asha;
    let change = |current: &str| json!({"currentPassword": current, "newPassword": "a new lamp", "confirmPassword": "a new lamp"});
    for _ in 0..10 {
        let answer = institute.json("PUT", asha, "/api/auth/change-password", &change("x")).await;
        answer.refuses(400, "accounts.wrong_password", &["currentPassword"], "a guess");
    }
    let answer = institute.json("PUT", asha, "/api/auth/change-password", &change(PASSWORD)).await;
    answer.refuses(403, "accounts.locked", &[], "too many");
    assert_eq!(institute.get(asha, "/api/auth/me").await.status, 200, "the session goes on");
});
