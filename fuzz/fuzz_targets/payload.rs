//! Payloads of long polling: one that can be read is written as it was.
#![no_main]

use lamplight_socketio::codec::payload::{decode, encode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(parts) = decode(text).collect::<Result<Vec<_>, _>>() {
        assert!(!parts.is_empty());
        assert_eq!(encode(parts), text);
    }
});
