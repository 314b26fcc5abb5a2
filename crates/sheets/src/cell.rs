//! What one cell's text is: how it is tidied, compared, and kept from being a formula.

use std::borrow::Cow;

/// The text without what nobody sees: spaces around it, control characters, byte order marks; every kind of line end is `\n`.
pub(crate) fn tidy(text: &str) -> Cow<'_, str> {
    let plain = |one: char| one == '\n' || !(one.is_control() || matches!(one, '\u{feff}' | '\u{fffe}' | '\u{ffff}'));
    if text.chars().all(plain) {
        return Cow::Borrowed(text.trim());
    }
    let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\t', " ");
    let text: String = text.chars().filter(|&one| plain(one)).collect();
    Cow::Owned(text.trim().to_owned())
}

/// The name of a column as it is compared: letters and digits, small.
pub(crate) fn key(name: &str) -> String {
    name.chars().filter(|one| one.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The letters of a column (from 0) as a spreadsheet shows them: A, B, .. Z, AA.
pub(crate) fn letters(column: usize) -> String {
    let mut rest = column + 1;
    let mut letters = Vec::new();
    while rest > 0 {
        let letter = u8::try_from((rest - 1) % 26).unwrap_or(0);
        letters.push(char::from(b'A' + letter));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}

/// The characters that make a spreadsheet carry a text out, also in their full-width forms (OWASP, CSV injection). Tab and
/// carriage return, the others of that list, do not survive [`tidy`].
fn begins_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

/// The text as CSV may hold it. [`bare`] is its inverse, also for texts that have the apostrophe already.
pub(crate) fn safe(text: &str) -> Cow<'_, str> {
    if begins_formula(text.trim_start_matches('\'')) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// The text that [`safe`] was given.
pub(crate) fn bare(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if begins_formula(rest.trim_start_matches('\'')) => rest,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn columns_have_the_letters_of_a_spreadsheet() {
        for (column, expected) in [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")] {
            assert_eq!(letters(column), expected);
        }
    }

    #[test]
    fn names_of_columns_are_compared_by_letters_and_digits() {
        for same in ["studentId", "Student ID", "STUDENT_ID", " student-id. ", "\u{feff}Student Id"] {
            assert_eq!(key(same), "studentid");
        }
        assert_eq!(key("विषय"), key(" विषय: "));
    }

    #[test]
    fn a_text_that_would_be_carried_out_is_not() {
        for text in ["=1+1", "+91 98", "-5", "@SUM(A1)", "＝1", "'=1", "''@x"] {
            assert!(safe(text).starts_with('\''), "{text}");
            assert!(!begins_formula(&safe(text)));
        }
        for text in ["5", "", "a=b", "'quoted'", "O'Neil"] {
            assert_eq!(safe(text), text);
        }
    }

    proptest! {
        #[test]
        fn what_was_made_safe_is_given_back(text in "['=+@a-]{0,6}") {
            let written = safe(&text).into_owned();
            prop_assert_eq!(bare(&written), text);
        }

        #[test]
        fn tidying_twice_changes_nothing(text in any::<String>()) {
            let once = tidy(&text).into_owned();
            prop_assert_eq!(tidy(&once), once.as_str());
        }
    }
}
