//! Reading a token: a text is none of ours; one that is signed with our secret holds until its end and for HMAC-SHA256 alone.
//!
//! Input: a text, or a header and claims, a line each, which are signed before they are read.
#![no_main]

use std::{sync::LazyLock, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use lamplight_auth::{Secret, Tokens};
use lamplight_kernel::{Chance, Timestamp};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use sha2::Sha256;

const SECRET: &str = "a secret that is known to the fuzzer";

static TOKENS: LazyLock<Tokens> = LazyLock::new(|| {
    let secret = Secret::from_text(SECRET).expect("long enough");
    Tokens::new(&secret, Duration::from_secs(60), Chance::seeded(1))
});

fuzz_target!(|input: &str| {
    let now = Timestamp::from_millis(1_795_383_000_000);
    assert!(TOKENS.read(input, now).is_err(), "not signed by us");
    let Some((header, claims)) = input.split_once('\n') else {
        return;
    };
    let encoded = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let signed = format!("{}.{}", encoded(header), encoded(claims));
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any length").chain_update(&signed);
    let token = format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));
    if let Ok((claims, key)) = TOKENS.read(&token, now) {
        assert!(claims.exp > now.seconds());
        assert_eq!(key, 0, "no other key is known");
        let header: Value = serde_json::from_str(header).expect("a header that was read is JSON");
        assert_eq!(header["alg"], "HS256");
    }
});
