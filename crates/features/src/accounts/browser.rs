//! What a browser says it is, in words that its owner recognises.

/// The longest name that is kept of something that is no known browser, in characters.
const MAX: usize = 60;

/// `Firefox on Windows`, `the app curl/8.5`, or what is known of it. Anybody can write anything there: what comes out is short and
/// of plain characters, and nothing is decided by it.
pub(super) fn in_words(user_agent: &str) -> String {
    // In this order: most call themselves by the names of those before them, too.
    let browsers = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS", "Firefox"),
        ("CriOS", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    let systems = [
        ("Android", "Android"),
        ("iPhone", "an iPhone"),
        ("iPad", "an iPad"),
        ("Windows", "Windows"),
        ("CrOS", "a Chromebook"),
        ("Macintosh", "a Mac"),
        ("Linux", "Linux"),
    ];
    let named = |names: &[(&str, &'static str)]| {
        names.iter().find(|(sign, _)| user_agent.contains(sign)).map(|(_, name)| *name)
    };
    match (named(&browsers), named(&systems)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, _) => {
            let is_plain = |char: &char| char.is_ascii_alphanumeric() || matches!(char, '.' | '/' | '-' | '_');
            let first = user_agent.split_whitespace().next().unwrap_or_default();
            let name: String = first.chars().filter(is_plain).take(MAX).collect();
            if name.is_empty() { "An unknown browser".to_owned() } else { format!("The program {name}") }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_recognised_and_nonsense_is_harmless() {
        for (user_agent, expected) in [
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
            (
                "Mozilla/5.0 (Linux; Android 14; SM-A155F) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
                "Safari on an iPhone",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0",
                "Edge on Windows",
            ),
            ("curl/8.5.0", "The program curl/8.5.0"),
            ("<script>alert(1)</script>", "The program scriptalert1/script"),
            ("", "An unknown browser"),
        ] {
            assert_eq!(in_words(user_agent), expected);
        }
        assert!(in_words(&"x".repeat(10_000)).len() < 100);
    }
}
