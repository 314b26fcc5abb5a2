//! Socket.IO packets: what is taken for one is the same again after it was written.
#![no_main]

use lamplight_socketio::codec::packet::{Body, Packet};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// Reading a fraction may round its last bit another way each time, which is not what is looked for here.
fn without_fractions(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => *value = Value::Null,
        Value::Array(values) => values.iter_mut().for_each(without_fractions),
        Value::Object(values) => values.values_mut().for_each(without_fractions),
        _ => {}
    }
}

fn comparable(packet: &Packet<'_>) -> (String, Body) {
    let mut body = packet.body.clone();
    match &mut body {
        Body::Connect(value) | Body::ConnectError(value) => without_fractions(value),
        Body::Event { args, .. } | Body::Ack { args, .. } => args.iter_mut().for_each(without_fractions),
        Body::Disconnect => {}
    }
    (packet.namespace.to_owned(), body)
}

fuzz_target!(|text: &str| {
    let Ok(packet) = Packet::decode(text, 10) else {
        return;
    };
    if let Body::Event { attachments, .. } | Body::Ack { attachments, .. } = packet.body {
        assert!(attachments <= 10);
    }
    let written = packet.encode();
    let again = Packet::decode(&written, 10);
    assert_eq!(again.as_ref().map(comparable), Ok(comparable(&packet)), "{written:?}");
});
