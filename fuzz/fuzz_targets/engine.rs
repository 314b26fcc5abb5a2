//! Engine.IO packets: what is taken for one is the same again after it was written.
#![no_main]

use lamplight_socketio::codec::engine::Packet;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Some(packet) = Packet::decode(text) {
        assert_eq!(Packet::decode(&packet.encode()), Some(packet));
    }
});
