//! Names from hostile and from honest senders.

use lamplight_files::{clean_name, content_disposition};
use percent_encoding::percent_decode_str;
use proptest::prelude::*;

#[test]
fn names_and_what_is_left_of_them() {
    let cases = [
        ("notes.pdf", "notes.pdf"),
        ("Anatomy – Unit 3 (final).docx", "Anatomy – Unit 3 (final).docx"),
        ("शरीर रचना विज्ञान.pdf", "शरीर रचना विज्ञान.pdf"),
        ("നഴ്സിംഗ് കുറിപ്പുകൾ.pptx", "നഴ്സിംഗ് കുറിപ്പുകൾ.pptx"),
        // Old spelling of a Malayalam chillu, with a joiner; a Hindi half letter, with a joiner.
        ("അവന്\u{200D}.txt", "അവന്\u{200D}.txt"),
        ("क्\u{200D}ष.txt", "क्\u{200D}ष.txt"),
        ("C:\\fakepath\\Unit 1: Heart.pdf", "Unit 1 Heart.pdf"),
        ("/home/asha/notes.pdf", "notes.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\system.ini", "system.ini"),
        ("folder/", "folder"),
        ("a/ /", "a"),
        ("", "file"),
        (".", "file"),
        ("..", "file"),
        ("...", "file"),
        ("   ", "file"),
        ("///", "file"),
        ("\u{200D}", "file"),
        ("\u{202E}\u{200B}", "file"),
        (".pdf", "file.pdf"),
        (" .pdf", "file.pdf"),
        ("..pdf", "file.pdf"),
        (".htaccess", "file.htaccess"),
        ("notes.pdf. .", "notes.pdf"),
        ("  spaced   out \t .pdf ", "spaced out.pdf"),
        ("two\r\nlines.pdf", "two lines.pdf"),
        ("nul\0byte.pdf", "nulbyte.pdf"),
        ("say \"hi\".pdf", "say hi.pdf"),
        ("a<b>c|d?e*f:g.pdf", "abcdefg.pdf"),
        // Shown as "harmless exe.pdf" by what honours the override.
        ("harmless \u{202E}fdp.exe", "harmless fdp.exe"),
        ("\u{2066}x\u{2069}.pdf", "x.pdf"),
        ("\u{FEFF}bom.csv", "bom.csv"),
        ("line\u{2028}break.txt", "line break.txt"),
        ("Chapter 3. The heart", "Chapter 3. The heart"),
        ("archive.tar.gz", "archive.tar.gz"),
    ];
    for (original, clean) in cases {
        assert_eq!(clean_name(original), clean, "{original:?}");
    }
}

#[test]
fn long_names_are_cut_between_graphemes_and_keep_their_extension() {
    let long = clean_name(&format!("{}.pdf", "a".repeat(500)));
    assert_eq!((long.chars().count(), long.ends_with("a.pdf")), (150, true));

    // क + virama + ष + vowel sign: four characters that are seen as one.
    let syllable = "क्षि";
    let long = clean_name(&format!("{}.pdf", syllable.repeat(100)));
    assert_eq!(long, format!("{}.pdf", syllable.repeat(36)), "146 characters hold 36 whole ones");

    // One grapheme that is longer than any name.
    let long = clean_name(&format!("a{}.pdf", "\u{301}".repeat(500)));
    assert_eq!((long.chars().count(), long.ends_with(".pdf")), (150, true));
}

#[test]
fn dispositions() {
    let cases = [
        ("notes.pdf", "attachment; filename=\"notes.pdf\"; filename*=UTF-8''notes.pdf"),
        ("my notes.pdf", "attachment; filename=\"my notes.pdf\"; filename*=UTF-8''my%20notes.pdf"),
        // The example of RFC 8187 section 3.2.3 as a name.
        (
            "£ and € rates.txt",
            "attachment; filename=\"_ and _ rates.txt\"; filename*=UTF-8''%C2%A3%20and%20%E2%82%AC%20rates.txt",
        ),
        ("हृदय.pdf", "attachment; filename=\"file.pdf\"; filename*=UTF-8''%E0%A4%B9%E0%A5%83%E0%A4%A6%E0%A4%AF.pdf"),
        ("100%.pdf", "attachment; filename=\"100_.pdf\"; filename*=UTF-8''100%25.pdf"),
        ("it's (1).pdf", "attachment; filename=\"it's (1).pdf\"; filename*=UTF-8''it%27s%20%281%29.pdf"),
        (
            "a\"; filename=\"b.exe",
            "attachment; filename=\"a; filename=b.exe\"; filename*=UTF-8''a%3B%20filename%3Db.exe",
        ),
        (
            "a\r\nSet-Cookie: x=1.pdf",
            "attachment; filename=\"a Set-Cookie x=1.pdf\"; filename*=UTF-8''a%20Set-Cookie%20x%3D1.pdf",
        ),
        ("", "attachment; filename=\"file\"; filename*=UTF-8''file"),
    ];
    for (name, expected) in cases {
        assert_eq!(content_disposition(name), expected);
    }
}

/// Any text, and text made of what is known to hurt.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        proptest::collection::vec(
            prop_oneof![
                Just("\r\n"),
                Just("\""),
                Just("\\"),
                Just("/"),
                Just(".."),
                Just("."),
                Just(" "),
                Just("%0d"),
                Just(";"),
                Just("\u{202E}"),
                Just("\0"),
                Just("\u{200D}"),
                Just("\u{301}"),
                Just("a"),
                Just("ക്ഷ"),
                Just(".pdf"),
                Just("👩‍⚕️"),
                Just("filename*="),
                Just("'"),
            ],
            0..200
        )
        .prop_map(|parts| parts.concat()),
    ]
}

proptest! {
    #[test]
    fn clean_names_are_clean(original in hostile()) {
        let name = clean_name(&original);
        let count = name.chars().count();
        prop_assert!((1..=150).contains(&count), "{} characters", count);
        let unwanted = |c: char| c.is_control() || ['/', '\\', '"', '\u{202E}'].contains(&c);
        prop_assert!(!name.contains(unwanted));
        prop_assert!(!name.starts_with(['.', ' ']) && !name.ends_with(['.', ' ']));
        prop_assert_eq!(clean_name(&name), name);
    }

    #[test]
    fn dispositions_are_one_header_with_one_quoted_name(original in hostile()) {
        let value = content_disposition(&original);
        let header = http::HeaderValue::from_str(&value);
        prop_assert!(header.is_ok() && value.is_ascii());
        prop_assert_eq!(value.matches('"').count(), 2);
        prop_assert!(!value.contains('\\'));
        let (_, encoded) = value.rsplit_once("; filename*=UTF-8''").unwrap();
        prop_assert!(encoded.bytes().all(|c| c.is_ascii_alphanumeric() || b"!#$&+-.^_`|~%".contains(&c)));
        prop_assert_eq!(percent_decode_str(encoded).decode_utf8().unwrap(), clean_name(&original));
    }
}
