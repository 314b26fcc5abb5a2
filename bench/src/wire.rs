//! Just enough of HTTP, WebSocket, Engine.IO and Socket.IO for a client that counts.
//!
//! What must hold: nothing here allocates for a message that is received, or the load generator would measure itself.

/// What stands before the running number in the title of an event's document; see [`marker`].
const MARKER: &[u8] = b"\"title\":\"Bench ";
/// How many digits the running number has.
const DIGITS: usize = 7;
/// Masks what the client sends. Any key will do on loopback; zero would spare the server its work.
const MASK: [u8; 4] = [0x5a, 0xc3, 0x17, 0x9e];

/// A frame that is no WebSocket frame a server may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

/// What a frame carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opcode {
    Text,
    Close,
    Ping,
    Pong,
}

/// A whole message of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Message<'a> {
    pub(crate) opcode: Opcode,
    pub(crate) payload: &'a [u8],
    /// Bytes it took on the wire.
    pub(crate) length: usize,
}

/// The first message in `bytes`, or nothing when it is not there yet.
pub(crate) fn first_message(bytes: &[u8]) -> Result<Option<Message<'_>>, Malformed> {
    let Some((&[first, second], rest)) = bytes.split_first_chunk() else { return Ok(None) };
    // Servers do not mask, and none of ours splits a message.
    if first & 0xf0 != 0x80 || second & 0x80 != 0 {
        return Err(Malformed);
    }
    let opcode = match first & 0x0f {
        1 => Opcode::Text,
        8 => Opcode::Close,
        9 => Opcode::Ping,
        10 => Opcode::Pong,
        _ => return Err(Malformed),
    };
    let (size, header) = match second {
        126 => match rest.first_chunk() {
            Some(size) => (u64::from(u16::from_be_bytes(*size)), 4),
            None => return Ok(None),
        },
        127 => match rest.first_chunk() {
            Some(size) => (u64::from_be_bytes(*size), 10),
            None => return Ok(None),
        },
        size => (u64::from(size), 2),
    };
    let length = usize::try_from(size).ok().and_then(|size| size.checked_add(header)).ok_or(Malformed)?;
    let payload = bytes.get(header..length);
    Ok(payload.map(|payload| Message { opcode, payload, length }))
}

/// Appends a masked frame, as clients send them.
pub(crate) fn push_masked(opcode: Opcode, payload: &[u8], out: &mut Vec<u8>) {
    let opcode = match opcode {
        Opcode::Text => 1,
        Opcode::Close => 8,
        Opcode::Ping => 9,
        Opcode::Pong => 10,
    };
    out.push(0x80 | opcode);
    push_length(payload.len(), 0x80, out);
    out.extend_from_slice(&MASK);
    out.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, key)| byte ^ key));
}

/// An unmasked text frame, as servers send them. The floor's.
pub(crate) fn text_frame(payload: &[u8]) -> Vec<u8> {
    let mut out = vec![0x81];
    push_length(payload.len(), 0, &mut out);
    out.extend_from_slice(payload);
    out
}

fn push_length(length: usize, masked: u8, out: &mut Vec<u8>) {
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(length @ ..126), _) => out.push(masked | length),
        (_, Ok(length)) => {
            out.push(masked | 126);
            out.extend_from_slice(&length.to_be_bytes());
        }
        _ => {
            out.push(masked | 127);
            out.extend_from_slice(&u64::try_from(length).unwrap_or(u64::MAX).to_be_bytes());
        }
    }
}

/// What a text message of the server says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packet<'a> {
    /// The Engine.IO handshake.
    Open,
    Ping,
    /// CONNECT was answered; the answer, as JSON.
    Connected(&'a [u8]),
    /// CONNECT was refused; why, as JSON.
    Refused(&'a [u8]),
    /// An event: its array, as JSON.
    Event(&'a [u8]),
    /// The server is done with us.
    Disconnected,
    Other,
}

pub(crate) fn packet(text: &[u8]) -> Packet<'_> {
    match text {
        [b'0', ..] => Packet::Open,
        [b'2', ..] => Packet::Ping,
        [b'4', b'0', rest @ ..] => Packet::Connected(rest),
        [b'4', b'4', rest @ ..] => Packet::Refused(rest),
        [b'4', b'2', rest @ ..] => Packet::Event(rest),
        [b'4', b'1', ..] | [b'1', ..] => Packet::Disconnected,
        _ => Packet::Other,
    }
}

/// The title of the event with this number: all servers send it inside the document, so one reader serves them all.
pub(crate) fn title(number: u32) -> String {
    format!("Bench {number:0width$}", width = DIGITS)
}

/// The number in an event's document, if it is one of ours. `hint` remembers where it stood last time, for the next look.
pub(crate) fn number(event: &[u8], hint: &mut usize) -> Option<u32> {
    let at = if event.get(*hint..).is_some_and(|rest| rest.starts_with(MARKER)) {
        *hint
    } else {
        event.windows(MARKER.len()).position(|window| window == MARKER)?
    };
    *hint = at;
    let digits = event.get(at + MARKER.len()..)?.get(..DIGITS)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The last argument of an event when that is a text, as the official client takes it for the offset.
pub(crate) fn offset(event: &[u8]) -> Option<&[u8]> {
    let rest = event.strip_suffix(b"\"]")?;
    let quote = rest.iter().rposition(|&byte| byte == b'"')?;
    // Ours, and those of the official server, hold no escapes; the first text of an array is the event's name.
    (rest.get(quote.checked_sub(1)?) == Some(&b',')).then(|| rest.get(quote + 1..)).flatten()
}

/// A text in a flat JSON object, as servers write it, without spaces or escapes.
pub(crate) fn text_of<'a>(json: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let key = format!("\"{name}\":\"");
    let at = json.windows(key.len()).position(|window| window == key.as_bytes())?;
    let rest = json.get(at + key.len()..)?;
    rest.get(..rest.iter().position(|&byte| byte == b'"')?)
}

/// An HTTP answer with its body, as far as it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// Where the head of an HTTP answer ends, and its status.
pub(crate) fn head(bytes: &[u8]) -> Option<(usize, u16)> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let status = std::str::from_utf8(bytes.get(9..12)?).ok()?.parse().ok()?;
    Some((end, status))
}

/// An answer that says its length, when all of it is there, and how many bytes it took.
pub(crate) fn answer(bytes: &[u8]) -> Option<(Answer, usize)> {
    let (end, status) = head(bytes)?;
    let text = String::from_utf8_lossy(bytes.get(..end)?).to_ascii_lowercase();
    let length = text.split("\r\n").find_map(|line| line.strip_prefix("content-length:")).unwrap_or("0");
    let body = bytes.get(end..)?.get(..length.trim().parse().ok()?)?;
    Some((Answer { status, body: String::from_utf8_lossy(body).into_owned() }, end + body.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_read_whole_or_not_at_all() {
        for size in [0, 1, 125, 126, 65535, 65536] {
            let payload = vec![b'x'; size];
            let mut frame = text_frame(&payload);
            let whole = frame.len();
            frame.extend_from_slice(b"\x81\x00");
            for part in [0, 1, 2, 3, whole - 1] {
                if part < whole {
                    assert_eq!(first_message(&frame[..part]), Ok(None), "{part} of {whole}");
                }
            }
            let message = first_message(&frame).unwrap().unwrap();
            assert_eq!((message.opcode, message.payload.len(), message.length), (Opcode::Text, size, whole));
        }
    }

    #[test]
    fn what_no_server_may_send_is_refused() {
        // Masked, split, and of an unknown kind.
        for bytes in [[0x81, 0x80], [0x01, 0x00], [0x83, 0x00]] {
            assert_eq!(first_message(&bytes), Err(Malformed));
        }
    }

    #[test]
    fn what_is_sent_is_masked_and_as_long_as_it_says() {
        let mut out = Vec::new();
        push_masked(Opcode::Text, b"40{}", &mut out);
        assert_eq!(out[..2], [0x81, 0x84]);
        let unmasked: Vec<u8> = out[6..].iter().zip(MASK.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
        assert_eq!(unmasked, b"40{}");
    }

    #[test]
    fn the_number_is_found_wherever_the_title_stands() {
        let mut hint = 0;
        for (number_in, before) in [(7, ""), (1_234_567, "\"_id\":\"x\","), (8, "\"_id\":\"x\","), (9, "")] {
            let event = format!(r#"["downloads:updated",{{{before}"title":"{}"}},"1.2"]"#, title(number_in));
            assert_eq!(number(event.as_bytes(), &mut hint), Some(number_in));
        }
        assert_eq!(number(br#"["other",{}]"#, &mut hint), None);
    }

    #[test]
    fn the_offset_is_the_last_argument_when_that_is_a_text() {
        assert_eq!(offset(br#"["e",{"a":"b"},"7.12"]"#), Some(&b"7.12"[..]));
        assert_eq!(offset(br#"["e",{"a":"b"}]"#), None);
        assert_eq!(offset(br#"["e"]"#), None);
    }

    #[test]
    fn packets_are_told_apart() {
        assert_eq!(packet(b"2"), Packet::Ping);
        let Packet::Connected(json) = packet(br#"40{"sid":"a","pid":"b"}"#) else { panic!() };
        assert_eq!(text_of(json, "pid"), Some(&b"b"[..]));
        assert_eq!(text_of(json, "data"), None);
        assert_eq!(packet(b"41"), Packet::Disconnected);
        assert_eq!(packet(br#"42["e"]"#), Packet::Event(br#"["e"]"#));
    }

    #[test]
    fn an_answer_is_complete_when_its_body_is() {
        let text = b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhello";
        assert_eq!(answer(&text[..text.len() - 1]), None);
        assert_eq!(answer(text), Some((Answer { status: 201, body: "hello".to_owned() }, text.len())));
    }
}
