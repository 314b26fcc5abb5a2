//! The `Range` header against RFC 9110 section 14.

use lamplight_files::RangeRequest::{self, One, Unsatisfiable, Whole};
use lamplight_files::parse_range;
use proptest::prelude::*;

#[test]
fn headers_and_what_they_ask_for() {
    // (header, size, expected); the examples of 14.1.2 are for a size of 10,000.
    let cases: &[(&str, u64, RangeRequest)] = &[
        ("bytes=0-499", 10_000, One(0..500)),
        ("bytes=500-999", 10_000, One(500..1000)),
        ("bytes=-500", 10_000, One(9500..10_000)),
        ("bytes=9500-", 10_000, One(9500..10_000)),
        ("bytes=0-0", 10_000, One(0..1)),
        ("bytes=-1", 10_000, One(9999..10_000)),
        ("bytes=0-", 10_000, One(0..10_000)),
        ("bytes=9999-9999", 10_000, One(9999..10_000)),
        ("bytes=9000-20000", 10_000, One(9000..10_000)),
        ("bytes=-20000", 10_000, One(0..10_000)),
        ("BYTES=1-2", 10, One(1..3)),
        ("bytes= 1-2 ", 10, One(1..3)),
        ("bytes=,1-2,", 10, One(1..3)),
        ("bytes=0-99999999999999999999999", 10, One(0..10)),
        ("bytes=-99999999999999999999999", 10, One(0..10)),
        ("bytes=0-18446744073709551615", 10, One(0..10)),
        ("bytes=10000-", 10_000, Unsatisfiable),
        ("bytes=10000-10001", 10_000, Unsatisfiable),
        ("bytes=-0", 10_000, Unsatisfiable),
        ("bytes=99999999999999999999999-", 10, Unsatisfiable),
        ("bytes=0-", 0, Unsatisfiable),
        ("bytes=-5", 0, Unsatisfiable),
        ("bytes=0-0,-1", 10_000, Whole),
        ("bytes=500-600,601-999", 10_000, Whole),
        ("bytes=5-4", 10_000, Whole),
        ("bytes=", 10, Whole),
        ("bytes=-", 10, Whole),
        ("bytes=a-b", 10, Whole),
        ("bytes=+1-2", 10, Whole),
        ("bytes=1-+2", 10, Whole),
        ("bytes=--1", 10, Whole),
        ("bytes=1 - 2", 10, Whole),
        ("bytes=0x1-2", 10, Whole),
        ("bytes 1-2", 10, Whole),
        ("bytes:1-2", 10, Whole),
        ("lines=1-2", 10, Whole),
        ("bytes=١-٢", 10, Whole),
        ("", 10, Whole),
    ];
    for (header, size, expected) in cases {
        assert_eq!(parse_range(header, *size), *expected, "{header} of {size}");
    }
}

proptest! {
    #[test]
    fn any_header_gives_a_range_inside_the_file(header in "(bytes=)?.{0,40}", size: u64) {
        if let One(range) = parse_range(&header, size) {
            prop_assert!(!range.is_empty() && range.end <= size);
        }
    }

    #[test]
    fn first_and_last_are_what_was_asked(first in 0..1000_u64, length in 1..1000_u64, size in 1..1000_u64) {
        let last = first + length - 1;
        let expected = if first < size { One(first..(last + 1).min(size)) } else { Unsatisfiable };
        prop_assert_eq!(parse_range(&format!("bytes={first}-{last}"), size), expected);
        prop_assert_eq!(parse_range(&format!("bytes=-{length}"), size), One(size.saturating_sub(length)..size));
    }
}
