//! Names as people gave them, made safe to show, to store and to send in a header.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use unicode_segmentation::UnicodeSegmentation;

/// The most characters (Unicode scalar values) of a clean name.
const LONGEST: usize = 150;
/// A longer ending is taken for part of the name, not for an extension.
const LONGEST_EXTENSION: usize = 10;
/// The stem of a name that has nothing left.
const NAMELESS: &str = "file";

/// The name to show and to download under.
///
/// The last component of a path (`/` or `\`, as some browsers send a whole path), without control characters, characters
/// that turn or hide text (so that `exe.fdp` cannot pose as a PDF) and characters that Windows forbids or a header would
/// trip over; white space is one blank, dots and blanks at the ends are gone. At most 150 characters: the stem is
/// shortened between graphemes, the extension stays. Never empty. All scripts survive, with the joiners U+200C and U+200D
/// that Hindi and Malayalam are written with. Cleaning a clean name changes nothing.
pub fn clean_name(original: &str) -> String {
    let last = original.rsplit(['/', '\\']).find(|part| !tidy(part).is_empty()).unwrap_or_default();
    let tidied = tidy(last);
    let name = tidied.trim_end_matches(['.', ' ']);
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if is_extension(extension) => (trimmed(stem), Some(extension)),
        _ => (trimmed(name), None),
    };
    // Joiners alone are invisible.
    let stem = if stem.trim_matches(['\u{200C}', '\u{200D}']).is_empty() { NAMELESS } else { stem };
    let Some(extension) = extension else {
        let short = shortened(stem, LONGEST);
        // What is left may end like an extension now.
        return if short.len() < stem.len() { clean_name(short) } else { short.to_owned() };
    };
    let stem = shortened(stem, LONGEST - 1 - extension.chars().count());
    format!("{stem}.{extension}")
}

/// The extension of a clean name, without the dot.
pub(crate) fn extension(clean: &str) -> Option<&str> {
    clean.rsplit_once('.').map(|(_, extension)| extension).filter(|extension| is_extension(extension))
}

/// The value of a `Content-Disposition` header that makes a browser save a file under `name` (RFC 6266, RFC 8187).
///
/// Both forms are given: `filename` in plain ASCII for old clients, `filename*` with the whole name. Any text is safe: it
/// is cleaned first, and what remains is replaced or percent-encoded, so that no quote or line break can end the value.
pub fn content_disposition(name: &str) -> String {
    /// Everything but `attr-char` of RFC 8187 section 3.2.1.
    const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'!')
        .remove(b'#')
        .remove(b'$')
        .remove(b'&')
        .remove(b'+')
        .remove(b'-')
        .remove(b'.')
        .remove(b'^')
        .remove(b'_')
        .remove(b'`')
        .remove(b'|')
        .remove(b'~');
    let name = clean_name(name);
    let encoded = utf8_percent_encode(&name, ENCODED);
    format!("attachment; filename=\"{}\"; filename*=UTF-8''{encoded}", ascii(&name))
}

/// An ASCII stand-in: each run of other characters becomes one `_`. `%` goes too, which some clients decode
/// (RFC 6266 appendix D).
fn ascii(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_ascii_alphanumeric() || " .-_()[]{}!#$&'+,;=@^~".contains(c) {
            plain.push(c);
        } else if !plain.ends_with('_') {
            plain.push('_');
        }
    }
    // Nothing but stand-ins says nothing.
    match plain.rsplit_once('.') {
        Some((stem, extension)) if !says_something(stem) => format!("{NAMELESS}.{extension}"),
        None if !says_something(&plain) => NAMELESS.to_owned(),
        _ => plain,
    }
}

fn says_something(text: &str) -> bool {
    text.bytes().any(|c| c.is_ascii_alphanumeric())
}

/// Without the characters that have no place in a name, white space as single blanks, none at the ends.
fn tidy(part: &str) -> String {
    let mut tidy = String::with_capacity(part.len());
    for c in part.chars() {
        if c.is_whitespace() {
            if !tidy.is_empty() && !tidy.ends_with(' ') {
                tidy.push(' ');
            }
        } else if !is_unwanted(c) {
            tidy.push(c);
        }
    }
    tidy.truncate(tidy.trim_end().len());
    tidy
}

fn is_unwanted(c: char) -> bool {
    c.is_control()
        || "\"<>:|?*/\\".contains(c)
        || matches!(c,
            // Direction: marks, embeddings, overrides, isolates.
            '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
            // Invisible: soft hyphen, zero width space, word joiner and operators, byte order mark, annotations, tags.
            | '\u{AD}' | '\u{200B}' | '\u{2060}'..='\u{2065}' | '\u{206A}'..='\u{206F}' | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

fn trimmed(stem: &str) -> &str {
    stem.trim_matches(|c: char| c == '.' || c.is_whitespace())
}

fn is_extension(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST_EXTENSION && text.bytes().all(|c| c.is_ascii_alphanumeric())
}

/// At most `longest` characters, cut between graphemes unless the first one alone is longer.
fn shortened(stem: &str, longest: usize) -> &str {
    let Some((limit, _)) = stem.char_indices().nth(longest) else {
        return stem;
    };
    let cut = stem.grapheme_indices(true).map(|(at, _)| at).take_while(|at| *at <= limit).last();
    let cut = cut.filter(|at| *at > 0).unwrap_or(limit);
    let (short, _) = stem.split_at_checked(cut).unwrap_or_default();
    let short = trimmed(short);
    if short.is_empty() { NAMELESS } else { short }
}
