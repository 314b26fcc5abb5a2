//! Payloads of HTTP long polling, Engine.IO protocol 4: the packets of one request or answer, joined by a separator.
//!
//! A text packet stands as it is, its kind's digit in front; a binary message is the letter `b` and standard base64. The
//! separator is the control character U+001E, which cannot occur inside: JSON writes it as `\u001e`.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What stands between two packets.
pub const SEPARATOR: char = '\x1e';

/// What a binary message begins with.
const BINARY: char = 'b';

/// One packet of a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part<'a> {
    /// A text packet, for [`Packet::decode`](super::engine::Packet::decode).
    Text(&'a str),
    /// A binary message: an attachment.
    Binary(Cow<'a, [u8]>),
}

/// A binary message that is not base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotBase64;

/// The packets of a payload, one by one. There is always one at least, though it may be empty.
pub fn decode(payload: &str) -> impl Iterator<Item = Result<Part<'_>, NotBase64>> {
    payload.split(SEPARATOR).map(|part| match part.strip_prefix(BINARY) {
        Some(base64) => STANDARD.decode(base64).map(|bytes| Part::Binary(bytes.into())).map_err(|_| NotBase64),
        None => Ok(Part::Text(part)),
    })
}

/// The payload of these packets.
pub fn encode<'a>(parts: impl IntoIterator<Item = Part<'a>>) -> String {
    let mut payload = String::new();
    for (index, part) in parts.into_iter().enumerate() {
        if index > 0 {
            payload.push(SEPARATOR);
        }
        match part {
            Part::Text(text) => payload.push_str(text),
            Part::Binary(bytes) => {
                payload.push(BINARY);
                STANDARD.encode_string(bytes, &mut payload);
            }
        }
    }
    payload
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_example_of_the_protocol_page() {
        let parts =
            [Part::Text("4hello"), Part::Text("2"), Part::Text("4world"), Part::Binary(Cow::Borrowed(&[1, 2, 3, 4]))];
        let payload = "4hello\u{1e}2\u{1e}4world\u{1e}bAQIDBA==";
        assert_eq!(encode(parts.clone()), payload);
        assert_eq!(decode(payload).collect::<Vec<_>>(), parts.map(Ok));
    }

    #[test]
    fn an_empty_payload_is_one_empty_packet() {
        assert_eq!(decode("").collect::<Vec<_>>(), [Ok(Part::Text(""))]);
        assert_eq!(decode("\u{1e}").count(), 2);
    }

    #[test]
    fn what_is_not_base64_is_told() {
        for payload in ["b!", "bAQIDBA", "bAQID BA==", "bÄ"] {
            assert_eq!(decode(payload).collect::<Vec<_>>(), [Err(NotBase64)], "{payload:?}");
        }
    }

    fn any_part() -> impl Strategy<Value = (bool, String, Vec<u8>)> {
        (any::<bool>(), "[0-6]([^\u{1e}]{0,20})", prop::collection::vec(any::<u8>(), 0..40))
    }

    proptest! {
        #[test]
        fn every_payload_comes_back(parts in prop::collection::vec(any_part(), 1..8)) {
            let parts: Vec<_> = parts
                .iter()
                .map(|(binary, text, bytes)| match binary {
                    true => Part::Binary(Cow::Borrowed(&bytes[..])),
                    false => Part::Text(text),
                })
                .collect();
            let payload = encode(parts.clone());
            prop_assert_eq!(decode(&payload).collect::<Result<Vec<_>, _>>(), Ok(parts));
        }

        #[test]
        fn any_text_is_a_payload_and_the_same_again(payload in "([0-7b]?[^\u{1e}]{0,6}\u{1e}){0,4}.*") {
            if let Ok(parts) = decode(&payload).collect::<Result<Vec<_>, _>>() {
                prop_assert_eq!(encode(parts), payload);
            }
        }
    }
}
