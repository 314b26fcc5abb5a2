//! Searching: what somebody typed, as patterns for `LIKE ... ESCAPE '\\'`.

/// More words than these narrow nothing down and cost the database.
const MAX_WORDS: usize = 8;

/// A pattern for each word: in lower case, found anywhere, with the wildcards of LIKE standing for themselves.
pub(crate) fn patterns(search: Option<&str>) -> impl Iterator<Item = String> {
    let words = search.unwrap_or_default().split_whitespace().take(MAX_WORDS);
    words.map(|word| {
        let word = word.to_lowercase().replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
        format!("%{word}%")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_themselves_and_words_are_bounded() {
        assert_eq!(patterns(Some(r" 100% A_b\ ")).collect::<Vec<_>>(), [r"%100\%%", r"%a\_b\\%"]);
        assert_eq!(patterns(None).count(), 0);
        assert_eq!(patterns(Some(&"x ".repeat(5000))).count(), MAX_WORDS);
    }
}
