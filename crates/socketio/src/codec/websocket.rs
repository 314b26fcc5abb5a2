//! WebSocket frames (RFC 6455): the client's, decoded as they trickle in; the server's, encoded at once.
//!
//! [`Decoder`] borrows when it can: a message that arrives whole in one read is handed out as a slice of that read,
//! unmasked in place. Bytes are copied and kept only while a frame or a fragmented message is incomplete, and their number
//! is checked against the limit when the frame's header is known, before its payload is kept.
//!
//! No extension is negotiated, so every reserved bit is an error (section 5.2).

use std::borrow::Cow;
use std::mem;

/// The longest payload of a control frame, in bytes (RFC 6455 section 5.5).
pub const MAX_CONTROL: usize = 125;

/// The longest header of a client's frame: two bytes, eight of length, four of mask (section 5.2).
const MAX_HEADER: usize = 14;

/// One message or control frame of the client, complete and unmasked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming<'a> {
    /// A text message, its fragments joined; checked to be UTF-8.
    Text(Cow<'a, str>),
    /// A binary message, its fragments joined.
    Binary(Cow<'a, [u8]>),
    /// A ping: answer with [`pong`] and the same payload (section 5.5.2).
    Ping(Cow<'a, [u8]>),
    /// A pong nobody needs to answer.
    Pong,
    /// The closing handshake, with the peer's status code if it gave one.
    Close(Option<u16>),
}

/// Why the client's bytes cannot be accepted; the connection must fail (section 7.1.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Violation {
    /// The framing rules were broken; says which.
    Protocol(&'static str),
    /// A text message or close reason that is not UTF-8.
    NotUtf8,
    /// A message longer than the limit.
    TooBig,
}

impl Violation {
    /// The status code to close with: 1002, 1007 or 1009 (section 7.4.1).
    pub fn close_code(self) -> u16 {
        match self {
            Self::Protocol(_) => 1002,
            Self::NotUtf8 => 1007,
            Self::TooBig => 1009,
        }
    }

    /// A few words for the close frame.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Protocol(what) => what,
            Self::NotUtf8 => "not UTF-8",
            Self::TooBig => "message too big",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

#[derive(Debug, Clone, Copy)]
struct Header {
    fin: bool,
    opcode: Opcode,
    mask: [u8; 4],
    len: u64,
}

impl Header {
    /// The header at the start of `bytes` and its length; `None` while it is incomplete.
    fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, Violation> {
        let (Some(&first), Some(&second)) = (bytes.first(), bytes.get(1)) else {
            return Ok(None);
        };
        if first & 0x70 != 0 {
            return Err(Violation::Protocol("reserved bit set"));
        }
        let fin = first & 0x80 != 0;
        let opcode = match first & 0x0f {
            0x0 => Opcode::Continuation,
            0x1 => Opcode::Text,
            0x2 => Opcode::Binary,
            0x8 => Opcode::Close,
            0x9 => Opcode::Ping,
            0xa => Opcode::Pong,
            _ => return Err(Violation::Protocol("reserved opcode")),
        };
        if second & 0x80 == 0 {
            return Err(Violation::Protocol("client frame not masked"));
        }
        let short = second & 0x7f;
        if opcode.is_control() {
            if !fin {
                return Err(Violation::Protocol("fragmented control frame"));
            }
            if usize::from(short) > MAX_CONTROL {
                return Err(Violation::Protocol("control frame too long"));
            }
        }
        let (len, mask_at) = match short {
            126 => {
                let Some(&bytes) = bytes.get(2..).and_then(<[u8]>::first_chunk::<2>) else {
                    return Ok(None);
                };
                let len = u64::from(u16::from_be_bytes(bytes));
                if len < 126 {
                    return Err(Violation::Protocol("length not in its shortest form"));
                }
                (len, 4)
            }
            127 => {
                let Some(&bytes) = bytes.get(2..).and_then(<[u8]>::first_chunk::<8>) else {
                    return Ok(None);
                };
                let len = u64::from_be_bytes(bytes);
                if len <= u64::from(u16::MAX) {
                    return Err(Violation::Protocol("length not in its shortest form"));
                }
                if len >> 63 != 0 {
                    return Err(Violation::Protocol("length out of range"));
                }
                (len, 10)
            }
            short => (u64::from(short), 2),
        };
        let Some(&mask) = bytes.get(mask_at..).and_then(<[u8]>::first_chunk::<4>) else {
            return Ok(None);
        };
        Ok(Some((Self { fin, opcode, mask, len }, mask_at + 4)))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Binary,
}

/// What is kept while something is incomplete.
#[derive(Debug, Default)]
struct Partial {
    /// The first bytes of a header, `header_len` of them.
    header: [u8; MAX_HEADER],
    header_len: usize,
    /// The frame being received and how much of its payload has been consumed.
    current: Option<(Header, usize)>,
    /// Payload of a control frame being received.
    control: Vec<u8>,
    /// Payload so far of the message being received.
    message: Vec<u8>,
    /// Set after the first frame of a fragmented message.
    fragmented: Option<Kind>,
}

impl Partial {
    fn is_idle(&self) -> bool {
        self.header_len == 0 && self.current.is_none() && self.fragmented.is_none()
    }
}

/// Cuts a client's byte stream into messages. One pointer wide while nothing is incomplete.
#[derive(Debug, Default)]
pub struct Decoder {
    partial: Option<Box<Partial>>,
}

impl Decoder {
    /// A decoder at the start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many bytes of the stream are being kept for a message that is incomplete.
    pub fn kept(&self) -> usize {
        self.partial.as_ref().map_or(0, |partial| partial.header_len + partial.control.len() + partial.message.len())
    }

    /// Takes the next message or control frame from the front of `input`, which is unmasked in place and advanced.
    ///
    /// `Ok(None)` means that `input` is used up. A data message may have `max` bytes, fragments together. After an error
    /// the stream cannot be read any further.
    pub fn next<'a>(&mut self, input: &mut &'a mut [u8], max: usize) -> Result<Option<Incoming<'a>>, Violation> {
        loop {
            let Some((header, got)) = self.current(input, max)? else {
                return Ok(None);
            };
            // `current` has checked the length against `max` or 125, so it fits.
            let want = usize::try_from(header.len).unwrap_or(usize::MAX).saturating_sub(got);
            let taken = mem::take(input);
            let here = want.min(taken.len());
            let (chunk, rest) = taken.split_at_mut(here);
            *input = rest;
            unmask(chunk, header.mask, got);
            let chunk: &'a [u8] = chunk;

            if here < want {
                let partial = self.partial.get_or_insert_default();
                partial.current = Some((header, got + here));
                let kept = if header.opcode.is_control() { &mut partial.control } else { &mut partial.message };
                kept.extend_from_slice(chunk);
                return Ok(None);
            }
            if let Some(partial) = &mut self.partial {
                partial.current = None;
            }
            if header.opcode.is_control() {
                let payload = self.join(chunk, |partial| &mut partial.control);
                self.release();
                return control(header.opcode, payload).map(Some);
            }
            let kind = match header.opcode {
                Opcode::Text => Kind::Text,
                Opcode::Binary => Kind::Binary,
                _ => self.partial.as_ref().and_then(|partial| partial.fragmented).unwrap_or(Kind::Binary),
            };
            if !header.fin {
                let partial = self.partial.get_or_insert_default();
                partial.fragmented = Some(kind);
                partial.message.extend_from_slice(chunk);
                continue;
            }
            let payload = self.join(chunk, |partial| &mut partial.message);
            if let Some(partial) = &mut self.partial {
                partial.fragmented = None;
            }
            self.release();
            return match kind {
                Kind::Text => text(payload).map(|text| Some(Incoming::Text(text))),
                Kind::Binary => Ok(Some(Incoming::Binary(payload))),
            };
        }
    }

    /// The frame under way, or the next one once its header is complete and allowed here.
    fn current(&mut self, input: &mut &mut [u8], max: usize) -> Result<Option<(Header, usize)>, Violation> {
        if let Some(current) = self.partial.as_ref().and_then(|partial| partial.current) {
            return Ok(Some(current));
        }
        let Some(header) = self.header(input)? else {
            return Ok(None);
        };
        if !header.opcode.is_control() {
            let fragmented = self.partial.as_ref().is_some_and(|partial| partial.fragmented.is_some());
            match (header.opcode, fragmented) {
                (Opcode::Continuation, false) => return Err(Violation::Protocol("nothing to continue")),
                (Opcode::Text | Opcode::Binary, true) => return Err(Violation::Protocol("message inside a message")),
                _ => {}
            }
            let so_far = self.partial.as_ref().map_or(0, |partial| partial.message.len());
            let room = u64::try_from(max.saturating_sub(so_far)).unwrap_or(u64::MAX);
            if header.len > room {
                return Err(Violation::TooBig);
            }
        }
        Ok(Some((header, 0)))
    }

    fn header(&mut self, input: &mut &mut [u8]) -> Result<Option<Header>, Violation> {
        let waiting = self.partial.as_ref().is_some_and(|partial| partial.header_len > 0);
        if !waiting {
            if let Some((header, len)) = Header::parse(input)? {
                advance(input, len);
                return Ok(Some(header));
            }
            if input.is_empty() {
                return Ok(None);
            }
        }
        let partial = self.partial.get_or_insert_default();
        while let Some(&byte) = input.first() {
            advance(input, 1);
            if let Some(slot) = partial.header.get_mut(partial.header_len) {
                *slot = byte;
                partial.header_len += 1;
            }
            let so_far = partial.header.get(..partial.header_len).unwrap_or_default();
            if let Some((header, _)) = Header::parse(so_far)? {
                partial.header_len = 0;
                return Ok(Some(header));
            }
        }
        Ok(None)
    }

    /// `chunk` behind what was kept before it; borrowed when nothing was.
    fn join<'a>(&mut self, chunk: &'a [u8], kept: impl FnOnce(&mut Partial) -> &mut Vec<u8>) -> Cow<'a, [u8]> {
        match self.partial.as_deref_mut().map(kept) {
            Some(kept) if !kept.is_empty() => {
                let mut whole = mem::take(kept);
                whole.extend_from_slice(chunk);
                Cow::Owned(whole)
            }
            _ => Cow::Borrowed(chunk),
        }
    }

    fn release(&mut self) {
        if self.partial.as_ref().is_some_and(|partial| partial.is_idle()) {
            self.partial = None;
        }
    }
}

fn advance(input: &mut &mut [u8], count: usize) {
    let taken = mem::take(input);
    *input = taken.split_at_mut_checked(count).map_or(&mut [], |(_, rest)| rest);
}

/// Applies the mask to a part of the payload that starts `offset` bytes into it (section 5.3).
fn unmask(bytes: &mut [u8], mut mask: [u8; 4], offset: usize) {
    mask.rotate_left(offset % 4);
    let (quads, rest) = bytes.as_chunks_mut::<4>();
    for quad in quads {
        *quad = (u32::from_ne_bytes(*quad) ^ u32::from_ne_bytes(mask)).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(mask) {
        *byte ^= key;
    }
}

fn text(payload: Cow<'_, [u8]>) -> Result<Cow<'_, str>, Violation> {
    match payload {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| Violation::NotUtf8),
        Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).map_err(|_| Violation::NotUtf8),
    }
}

fn control(opcode: Opcode, payload: Cow<'_, [u8]>) -> Result<Incoming<'_>, Violation> {
    match opcode {
        Opcode::Ping => Ok(Incoming::Ping(payload)),
        Opcode::Pong => Ok(Incoming::Pong),
        _ => close_code(&payload).map(Incoming::Close),
    }
}

/// The code of a close frame's payload (section 5.5.1; allowed codes in 7.4).
fn close_code(payload: &[u8]) -> Result<Option<u16>, Violation> {
    if payload.is_empty() {
        return Ok(None);
    }
    let Some((code, reason)) = payload.split_first_chunk::<2>() else {
        return Err(Violation::Protocol("close code cut short"));
    };
    let code = u16::from_be_bytes(*code);
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(Violation::Protocol("close code not allowed"));
    }
    std::str::from_utf8(reason).map_err(|_| Violation::NotUtf8)?;
    Ok(Some(code))
}

/// Appends the header of an unfragmented, unmasked frame (section 5.2).
fn header(first: u8, len: usize, out: &mut Vec<u8>) {
    out.push(first);
    if let Ok(short) = u8::try_from(len)
        && short < 126
    {
        out.push(short);
    } else if let Ok(medium) = u16::try_from(len) {
        out.push(126);
        out.extend_from_slice(&medium.to_be_bytes());
    } else {
        out.push(127);
        out.extend_from_slice(&u64::try_from(len).unwrap_or(u64::MAX).to_be_bytes());
    }
}

fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() + 10);
    header(first, payload.len(), &mut out);
    out.extend_from_slice(payload);
    out
}

/// A text message of the server, ready for the wire.
pub fn text_frame(text: &str) -> Vec<u8> {
    frame(0x81, text.as_bytes())
}

/// A binary message of the server, ready for the wire.
pub fn binary_frame(bytes: &[u8]) -> Vec<u8> {
    frame(0x82, bytes)
}

/// The answer to a ping, with the ping's payload (section 5.5.3).
pub fn pong(payload: &[u8]) -> Vec<u8> {
    frame(0x8a, payload.get(..MAX_CONTROL).unwrap_or(payload))
}

/// A close frame with a status code and a reason; the reason is cut to the 123 bytes a control frame has left for it.
pub fn close(code: u16, reason: &str) -> Vec<u8> {
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend_from_slice(reason.get(..reason.floor_char_boundary(MAX_CONTROL - 2)).unwrap_or_default().as_bytes());
    frame(0x88, &payload)
}

#[cfg(test)]
mod tests;
