use proptest::prelude::*;

use super::*;

const MAX: usize = 100_000;

/// A client's frame.
fn client(first: u8, payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let mut out = Vec::new();
    header(first, payload.len(), &mut out);
    out[1] |= 0x80;
    out.extend(mask);
    out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key));
    out
}

/// Everything in `bytes`, given in pieces of the given sizes, and how it ended.
fn decode(bytes: &[u8], pieces: &[usize], max: usize) -> (Vec<Incoming<'static>>, Option<Violation>) {
    let mut decoder = Decoder::new();
    let mut sizes = pieces.iter().copied().cycle();
    let mut all = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let size = sizes.next().unwrap_or(rest.len()).clamp(1, rest.len());
        let mut piece = rest[..size].to_vec();
        rest = &rest[size..];
        let mut input = &mut piece[..];
        loop {
            match decoder.next(&mut input, max) {
                Ok(Some(incoming)) => all.push(owned(incoming)),
                Ok(None) => break,
                Err(violation) => return (all, Some(violation)),
            }
        }
        assert!(input.is_empty());
        assert!(decoder.kept() <= max + MAX_CONTROL + MAX_HEADER);
    }
    if decoder.kept() == 0 && decoder.partial.as_ref().is_none_or(|partial| partial.is_idle()) {
        assert!(decoder.partial.is_none(), "memory is kept for nothing");
    }
    (all, None)
}

fn owned(incoming: Incoming<'_>) -> Incoming<'static> {
    match incoming {
        Incoming::Text(text) => Incoming::Text(Cow::Owned(text.into_owned())),
        Incoming::Binary(bytes) => Incoming::Binary(Cow::Owned(bytes.into_owned())),
        Incoming::Ping(bytes) => Incoming::Ping(Cow::Owned(bytes.into_owned())),
        Incoming::Pong => Incoming::Pong,
        Incoming::Close(code) => Incoming::Close(code),
    }
}

fn text(text: &str) -> Incoming<'static> {
    Incoming::Text(Cow::Owned(text.to_owned()))
}

#[test]
fn the_examples_of_the_rfc() {
    // Section 5.7: a masked "Hello"; "Hel" and "lo"; a ping.
    let masked = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    assert_eq!(decode(&masked, &[], MAX), (vec![text("Hello")], None));
    assert_eq!(text_frame("Hello"), [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);
    assert_eq!(binary_frame(&[7; 256])[..4], [0x82, 0x7e, 0x01, 0x00]);
    assert_eq!(binary_frame(&[7; 65_536])[..10], [0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]);
    assert_eq!(pong(b"Hello"), [0x8a, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);
    assert_eq!(close(1000, "bye"), [0x88, 0x05, 0x03, 0xe8, b'b', b'y', b'e']);
    assert_eq!(close(1000, &"é".repeat(100)).len(), 2 + 2 + 122);
}

#[test]
fn control_frames_may_come_between_fragments() {
    let mut bytes = client(0x01, b"Hel", [1, 2, 3, 4]);
    bytes.extend(client(0x89, b"are you there", [5, 6, 7, 8]));
    bytes.extend(client(0x00, b"", [0; 4]));
    bytes.extend(client(0x8a, b"", [0; 4]));
    bytes.extend(client(0x80, b"lo", [9, 9, 9, 9]));
    let ping = Incoming::Ping(Cow::Borrowed(b"are you there"));
    for piece in [1, 2, 3, 7, 1000] {
        assert_eq!(decode(&bytes, &[piece], MAX), (vec![ping.clone(), Incoming::Pong, text("Hello")], None));
    }
}

#[test]
fn violations() {
    let masked = |first: u8, payload: &[u8]| client(first, payload, [1, 2, 3, 4]);
    let long = |second: &[u8]| [&[0x82], second, &[0; 4]].concat();
    let cases: Vec<(Vec<u8>, u16)> = vec![
        (vec![0x81, 0x05, b'H'], 1002),                                            // not masked
        (masked(0xc1, b""), 1002),                                                 // reserved bit
        (masked(0xb1, b""), 1002),                                                 // reserved bit
        (masked(0x83, b""), 1002),                                                 // reserved opcode
        (masked(0x8f, b""), 1002),                                                 // reserved opcode
        (masked(0x09, b""), 1002),                                                 // fragmented ping
        (masked(0x89, &[0; 126]), 1002),                                           // long ping
        (masked(0x80, b"x"), 1002),                                                // nothing to continue
        ([masked(0x01, b"x"), masked(0x81, b"y")].concat(), 1002),                 // message inside a message
        (long(&[0xfe, 0, 125]), 1002),                                             // length not minimal
        (long(&[0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff]), 1002),                       // length not minimal
        (long(&[0xff, 0x80, 0, 0, 0, 0, 0, 0, 0]), 1002),                          // 64th bit
        (masked(0x88, b"x"), 1002),                                                // half a close code
        (masked(0x88, &1005_u16.to_be_bytes()), 1002),                             // reserved close code
        (masked(0x88, &999_u16.to_be_bytes()), 1002),                              // no close code
        (masked(0x88, &[0x03, 0xe8, 0xff]), 1007),                                 // close reason
        (masked(0x81, &[0xc3]), 1007),                                             // half a character
        ([masked(0x01, &[0xc3]), masked(0x80, &[0x28])].concat(), 1007),           // bad across fragments
        (long(&[0xff, 0, 0, 0, 0, 0, 1, 0, 0]), 1009),                             // too big, by its header alone
        ([masked(0x01, &[b'x'; 900]), masked(0x80, &[b'x'; 101])].concat(), 1009), // together
    ];
    for (bytes, code) in cases {
        for piece in [1, 1000] {
            let (messages, violation) = decode(&bytes, &[piece], 1000);
            assert_eq!((messages, violation.map(Violation::close_code)), (vec![], Some(code)), "{bytes:x?}");
        }
    }
}

#[test]
fn a_character_may_be_split_between_fragments() {
    let bytes = [client(0x01, &[0xf0, 0x9f], [1; 4]), client(0x80, &[0x98, 0x80], [2; 4])].concat();
    assert_eq!(decode(&bytes, &[], MAX), (vec![text("😀")], None));
}

/// A message or control frame, and the fragments it is sent in.
#[derive(Debug, Clone)]
enum Sent {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<(u16, String)>),
}

fn any_sent() -> impl Strategy<Value = Sent> {
    let bytes = |max| prop::collection::vec(any::<u8>(), 0..max);
    prop_oneof![
        ".{0,200}".prop_map(Sent::Text),
        bytes(300).prop_map(Sent::Binary),
        Just(Sent::Binary(vec![3; 70_000])),
        bytes(126).prop_map(Sent::Ping),
        bytes(126).prop_map(Sent::Pong),
        prop::option::of((3000_u16..5000, ".{0,20}")).prop_map(Sent::Close),
    ]
}

impl Sent {
    fn write(&self, cuts: &[usize], mask: [u8; 4], out: &mut Vec<u8>) {
        let (opcode, payload) = match self {
            Self::Text(text) => (1, text.as_bytes().to_vec()),
            Self::Binary(bytes) => (2, bytes.clone()),
            Self::Ping(bytes) => return out.extend(client(0x89, bytes, mask)),
            Self::Pong(bytes) => return out.extend(client(0x8a, bytes, mask)),
            Self::Close(None) => return out.extend(client(0x88, b"", mask)),
            Self::Close(Some((code, reason))) => {
                let payload = [&code.to_be_bytes(), reason.as_bytes()].concat();
                return out.extend(client(0x88, &payload, mask));
            }
        };
        let mut rest = &payload[..];
        let mut first = opcode;
        for &cut in cuts {
            let cut = cut.min(rest.len());
            out.extend(client(first, &rest[..cut], mask));
            rest = &rest[cut..];
            first = 0;
        }
        out.extend(client(first | 0x80, rest, mask));
    }

    fn expected(&self) -> Incoming<'static> {
        match self {
            Self::Text(text) => Incoming::Text(Cow::Owned(text.clone())),
            Self::Binary(bytes) => Incoming::Binary(Cow::Owned(bytes.clone())),
            Self::Ping(bytes) => Incoming::Ping(Cow::Owned(bytes.clone())),
            Self::Pong(_) => Incoming::Pong,
            Self::Close(close) => Incoming::Close(close.as_ref().map(|(code, _)| *code)),
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_sent_arrives_however_it_is_cut(
        sent in prop::collection::vec((any_sent(), prop::collection::vec(0_usize..40, 0..4), any::<[u8; 4]>()), 0..8),
        pieces in prop::collection::vec(1_usize..400, 1..8),
    ) {
        let mut bytes = Vec::new();
        for (message, cuts, mask) in &sent {
            message.write(cuts, *mask, &mut bytes);
        }
        let expected: Vec<_> = sent.iter().map(|(message, ..)| message.expected()).collect();
        prop_assert_eq!(decode(&bytes, &pieces, MAX), (expected, None));
    }

    #[test]
    fn any_bytes_are_decoded_or_refused_alike_however_they_are_cut(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        start in prop::sample::select(vec![0x01_u8, 0x02, 0x00, 0x80, 0x81, 0x82, 0x88, 0x89]),
        pieces in prop::collection::vec(1_usize..20, 1..8),
    ) {
        // Random bytes seldom begin a frame: help them.
        let bytes = [&[start, 0x85][..], &bytes].concat();
        prop_assert_eq!(decode(&bytes, &pieces, 200), decode(&bytes, &[], 200));
    }
}
