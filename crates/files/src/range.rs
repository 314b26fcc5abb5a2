//! The `Range` request header, RFC 9110 section 14.

use std::ops::Range;

/// What a `Range` header asks for of a file of known size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RangeRequest {
    /// The whole file: no usable range. RFC 9110 section 14.2 lets a server ignore the header, and has it ignore one that is
    /// malformed or of another unit. Several ranges at once are ignored too: browsers and players ask for one.
    Whole,
    /// These bytes, end excluded; never empty and never beyond the size.
    One(Range<u64>),
    /// The range is well-formed but holds not one byte of this file.
    Unsatisfiable,
}

/// Reads the value of a `Range` header for a file of `size` bytes.
pub fn parse_range(header: &str, size: u64) -> RangeRequest {
    let Some((unit, set)) = header.split_once('=') else {
        return RangeRequest::Whole;
    };
    // Units are case-insensitive (14.1).
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return RangeRequest::Whole;
    }
    // A list may have empty elements, which do not count (5.6.1.2).
    let mut specs = set.split(',').map(|spec| spec.trim_matches([' ', '\t'])).filter(|spec| !spec.is_empty());
    let (Some(spec), None) = (specs.next(), specs.next()) else {
        return RangeRequest::Whole;
    };
    let Some((first, last)) = spec.split_once('-') else {
        return RangeRequest::Whole;
    };

    if first.is_empty() {
        // "-n": the last n bytes, all of a shorter file (14.1.2).
        return match number(last) {
            None => RangeRequest::Whole,
            Some(length) if length == 0 || size == 0 => RangeRequest::Unsatisfiable,
            Some(length) => RangeRequest::One(size.saturating_sub(length)..size),
        };
    }
    let last = if last.is_empty() { Some(u64::MAX) } else { number(last) };
    match (number(first), last) {
        (Some(first), Some(last)) if first > last => RangeRequest::Whole,
        (Some(first), Some(_)) if first >= size => RangeRequest::Unsatisfiable,
        (Some(first), Some(last)) => RangeRequest::One(first..last.saturating_add(1).min(size)),
        _ => RangeRequest::Whole,
    }
}

/// Digits only (no sign, unlike `u64::from_str`); what does not fit is as good as the largest.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}
