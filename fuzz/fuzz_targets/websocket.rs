//! The WebSocket decoder: a stream cut anywhere says what the whole stream says, and keeps no more than it may.
//!
//! Input: a byte for the limit (times 16), seven for the lengths of the chunks, then the stream.
#![no_main]

use lamplight_socketio::codec::websocket::{Decoder, Incoming, MAX_CONTROL, Violation};
use libfuzzer_sys::fuzz_target;

/// The longest header of a client's frame.
const MAX_HEADER: usize = 14;

/// What a decoder says of a stream that comes in these chunks.
fn heard(stream: &[u8], chunks: &[u8], max: usize) -> (Vec<Incoming<'static>>, Option<Violation>) {
    let mut decoder = Decoder::new();
    let mut all = Vec::new();
    let mut lengths = chunks.iter().map(|length| usize::from(*length).max(1)).cycle();
    let mut rest = stream;
    while !rest.is_empty() {
        let length = lengths.next().unwrap_or(rest.len()).min(rest.len());
        let (chunk, after) = rest.split_at(length);
        rest = after;
        let mut chunk = chunk.to_vec();
        let mut input = &mut chunk[..];
        loop {
            match decoder.next(&mut input, max) {
                Ok(None) => break,
                Ok(Some(incoming)) => all.push(owned(incoming)),
                Err(violation) => return (all, Some(violation)),
            }
        }
        assert!(input.is_empty(), "bytes were left over");
        assert!(decoder.kept() <= max + MAX_CONTROL + MAX_HEADER, "{} bytes kept, {max} allowed", decoder.kept());
    }
    (all, None)
}

fn owned(incoming: Incoming<'_>) -> Incoming<'static> {
    match incoming {
        Incoming::Text(text) => Incoming::Text(text.into_owned().into()),
        Incoming::Binary(bytes) => Incoming::Binary(bytes.into_owned().into()),
        Incoming::Ping(bytes) => Incoming::Ping(bytes.into_owned().into()),
        Incoming::Pong => Incoming::Pong,
        Incoming::Close(code) => Incoming::Close(code),
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((&[max, ref chunks @ ..], stream)) = input.split_first_chunk::<8>() else {
        return;
    };
    let max = usize::from(max) * 16;
    let whole = heard(stream, &[], max);
    assert_eq!(heard(stream, chunks, max), whole);
    for incoming in &whole.0 {
        match incoming {
            Incoming::Text(text) => assert!(text.len() <= max),
            Incoming::Binary(bytes) => assert!(bytes.len() <= max),
            Incoming::Ping(bytes) => assert!(bytes.len() <= MAX_CONTROL),
            Incoming::Pong | Incoming::Close(_) => {}
        }
    }
});
