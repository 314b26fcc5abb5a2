//! Mail addresses and telephone numbers: how people type them, and how they are kept.

/// The longest mail address (RFC 5321, 4.5.3.1.3).
const MAX_MAIL: usize = 254;

/// A mail address as it is kept, in lower case; nothing when it can't be one. Whether it is somebody's is known only by writing to
/// it, so this looks for typing mistakes and no more.
pub(crate) fn mail(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let (local, domain) = text.rsplit_once('@')?;
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|char| char.is_alphanumeric() || char == '-')
    };
    let is_local = !local.is_empty()
        && local.len() <= 64
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.chars().all(|char| char.is_alphanumeric() || "!#$%&'*+/=?^_`{|}~.-".contains(char));
    let is_domain = domain.contains('.') && domain.split('.').all(is_label);
    (text.len() <= MAX_MAIL && is_local && is_domain).then_some(text)
}

/// A mobile number as it is kept: ten digits. The country's code or a zero before them and what people write between digits are
/// taken off.
pub(crate) fn mobile(text: &str) -> Option<String> {
    let digits = digits(text)?;
    let number = match digits.len() {
        10 => digits.as_str(),
        11 => digits.strip_prefix('0')?,
        12 => digits.strip_prefix("91")?,
        14 => digits.strip_prefix("0091")?,
        _ => return None,
    };
    Some(number.to_owned())
}

/// A telephone number of whatever kind as it is kept, in one line: six to fifteen digits and what people write between them.
pub(crate) fn phone(text: &str) -> Option<String> {
    let number = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (6..=15).contains(&digits(&number)?.len()).then_some(number)
}

/// The digits of a number that has nothing else in it than what belongs between digits.
fn digits(text: &str) -> Option<String> {
    let text = text.trim();
    let between = |char: char| matches!(char, '-' | '.' | '(' | ')' | '/' | '+') || char.is_whitespace();
    let only = text.chars().all(|char| char.is_ascii_digit() || between(char));
    (only && text.len() <= 40).then(|| text.chars().filter(char::is_ascii_digit).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_addresses() {
        for (typed, kept) in [
            (" Asha.Nair@Example.COM ", "asha.nair@example.com"),
            ("a+b@mail.example.museum", "a+b@mail.example.museum"),
            ("o'neil@x-y.in", "o'neil@x-y.in"),
        ] {
            assert_eq!(mail(typed).as_deref(), Some(kept));
        }
        for wrong in [
            "",
            "asha",
            "asha@",
            "@x.in",
            "asha@x",
            "a b@x.in",
            "a@x..in",
            "a@-x.in",
            ".a@x.in",
            "a..b@x.in",
            "a@x.in\0",
            "a@x.in,b@x.in",
            "Asha <a@x.in>",
        ] {
            assert_eq!(mail(wrong), None, "{wrong}");
        }
        assert_eq!(mail(&format!("{}@x.in", "a".repeat(65))), None);
    }

    #[test]
    fn mobile_numbers() {
        for typed in ["9876543210", "98765 43210", "+91 98765-43210", "09876543210", "0091 9876543210", "(98765) 43210"]
        {
            assert_eq!(mobile(typed).as_deref(), Some("9876543210"), "{typed}");
        }
        for wrong in ["", "987654321", "98765432101", "98765x3210", "९८७६५४३२१०", "+1 9876543210 11"]
        {
            assert_eq!(mobile(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn telephone_numbers() {
        for (typed, kept) in [(" 0484  2345678 ", "0484 2345678"), ("+91-484-2345678", "+91-484-2345678")] {
            assert_eq!(phone(typed).as_deref(), Some(kept));
        }
        for wrong in ["", "12345", "call me", "1234567890123456"] {
            assert_eq!(phone(wrong), None, "{wrong}");
        }
    }
}
