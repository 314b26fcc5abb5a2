//! Text: Unicode throughout, and not a page or a script in disguise.

use std::fs::File;
use std::io::{self, Read};

/// What the bytes are as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// UTF-8, or UTF-16 with a byte order mark, without control characters that no text has.
    Text,
    /// Like text, but in no encoding that can be told.
    NotUnicode,
    /// Not text.
    Binary,
}

/// Even, so that a unit of UTF-16 is never cut.
const CHUNK: usize = 64 * 1024;

/// Reads the whole file, from its beginning, in chunks.
pub(super) fn inspect(file: &mut File) -> io::Result<Verdict> {
    let mut chunk = Vec::with_capacity(CHUNK + 4);
    fill(file, &mut chunk)?;
    match chunk.as_slice() {
        [0xFF, 0xFE, ..] => utf16(file, chunk, u16::from_le_bytes),
        [0xFE, 0xFF, ..] => utf16(file, chunk, u16::from_be_bytes),
        _ => utf8(file, chunk),
    }
}

/// Adds up to [`CHUNK`] bytes; less only at the end of the file.
fn fill(file: &mut File, chunk: &mut Vec<u8>) -> io::Result<usize> {
    file.take(CHUNK as u64).read_to_end(chunk)
}

fn utf8(file: &mut File, mut chunk: Vec<u8>) -> io::Result<Verdict> {
    let mut verdict = Verdict::Text;
    loop {
        if chunk.iter().any(|byte| is_binary(*byte)) {
            return Ok(Verdict::Binary);
        }
        // Bytes of a character that goes on in the next chunk.
        let carry = match std::str::from_utf8(&chunk) {
            Ok(_) => 0,
            Err(e) if e.error_len().is_none() => chunk.len() - e.valid_up_to(),
            Err(_) => {
                // Go on all the same: it may still turn out to be binary.
                verdict = Verdict::NotUnicode;
                0
            }
        };
        chunk.drain(..chunk.len() - carry);
        if fill(file, &mut chunk)? == 0 {
            return Ok(if carry == 0 { verdict } else { Verdict::NotUnicode });
        }
    }
}

fn utf16(file: &mut File, mut chunk: Vec<u8>, unit: fn([u8; 2]) -> u16) -> io::Result<Verdict> {
    // A high surrogate waits for its low one.
    let mut waiting = false;
    loop {
        let (units, odd) = chunk.as_chunks::<2>();
        if !odd.is_empty() {
            return Ok(Verdict::Binary);
        }
        for unit in units.iter().copied().map(unit) {
            let low = matches!(unit, 0xDC00..=0xDFFF);
            if low != waiting || u8::try_from(unit).is_ok_and(is_binary) {
                return Ok(Verdict::Binary);
            }
            waiting = matches!(unit, 0xD800..=0xDBFF);
        }
        chunk.clear();
        if fill(file, &mut chunk)? == 0 {
            return Ok(if waiting { Verdict::Binary } else { Verdict::Text });
        }
    }
}

/// "Binary data byte" of the WHATWG's MIME Sniffing standard, section 3.
const fn is_binary(byte: u8) -> bool {
    matches!(byte, 0x00..=0x08 | 0x0B | 0x0E..=0x1A | 0x1C..=0x1F)
}

/// The sort of danger in text that begins like `head`, if any.
pub(super) fn danger(head: &[u8]) -> Option<&'static str> {
    let text = beginning(head);
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}' || c == '\0');
    let is_word = |c: char| c.is_ascii_alphanumeric();
    let begins = |mark: &&str| {
        text.get(..mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark))
            && !(mark.ends_with(is_word) && text.get(mark.len()..).is_some_and(|rest| rest.starts_with(is_word)))
    };
    MARKS.iter().find(|(marks, _)| marks.iter().any(begins)).map(|(_, sort)| *sort)
}

/// Tags that make a browser take text for a page (MIME Sniffing, section 7.1), and their like; as whole words:
/// `<b>` counts, `<bacteria>` does not.
const MARKS: [(&[&str], &str); 4] = [
    (&["<svg", "<!doctype svg"], "picture with script (SVG)"),
    (&["<?php", "<%", "#!"], "script"),
    (&["<?xml"], "web document (XML)"),
    (
        &[
            "<!doctype",
            "<html",
            "<head",
            "<script",
            "<iframe",
            "<h1",
            "<div",
            "<font",
            "<table",
            "<a",
            "<style",
            "<title",
            "<b",
            "<body",
            "<br",
            "<p",
            "<!--",
            "<meta",
            "<link",
            "<img",
            "<form",
            "<object",
            "<embed",
        ],
        "web page (HTML)",
    ),
];

/// The beginning as characters, whichever encoding.
fn beginning(head: &[u8]) -> String {
    let units = |unit: fn([u8; 2]) -> u16| -> String {
        let (pairs, _) = head.as_chunks::<2>();
        char::decode_utf16(pairs.iter().copied().map(unit)).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match head {
        [0xFF, 0xFE, ..] => units(u16::from_le_bytes),
        [0xFE, 0xFF, ..] => units(u16::from_be_bytes),
        _ => String::from_utf8_lossy(head).into_owned(),
    }
}
