//! How wide letters are in Helvetica: the public metrics that every reader of PDF knows (Adobe, Core 14 AFM), in thousandths of the
//! size. Letters outside of ASCII are taken as wide as their widest kin; that moves an edge by a hair.

use encoding_rs::WINDOWS_1252;

/// The bytes of a text in WinAnsi. What it does not have becomes a question mark.
pub(crate) fn win_ansi(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for one in text.chars() {
        match one {
            '\u{2212}' | '\u{2010}' | '\u{2011}' => bytes.push(b'-'),
            '\u{20b9}' => bytes.extend(b"Rs"),
            one if one.is_control() => {}
            one => {
                let mut buffer = [0; 4];
                let (encoded, _, unknown) = WINDOWS_1252.encode(one.encode_utf8(&mut buffer));
                if unknown { bytes.push(b'?') } else { bytes.extend(&*encoded) }
            }
        }
    }
    bytes
}

/// How wide a text in WinAnsi is at this size, in points.
pub(crate) fn width(text: &[u8], bold: bool, size: f32) -> f32 {
    let thousandths: u32 = text.iter().map(|&byte| u32::from(letter(byte, bold))).sum();
    f32::from(u16::try_from(thousandths.min(60_000)).unwrap_or(u16::MAX)) * size / 1_000.0
}

fn letter(byte: u8, bold: bool) -> u16 {
    let table = if bold { &BOLD } else { &REGULAR };
    let at = usize::from(byte).checked_sub(0x20);
    at.and_then(|at| table.get(at)).copied().unwrap_or(if byte < 0xe0 { 722 } else { 611 })
}

/// From the space to the tilde.
const REGULAR: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584,
];

const BOLD: [u16; 95] = [
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 333, 333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556, 333, 556, 611, 556, 611,
    556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611, 611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389,
    280, 389, 584,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_as_wide_as_the_font_says() {
        for (text, bold, thousandths) in
            [("A", false, 667.0), ("~", false, 584.0), ("i", true, 278.0), ("0123", false, 2224.0)]
        {
            assert!((width(text.as_bytes(), bold, 1_000.0) - thousandths).abs() < 0.01, "{text}");
        }
    }

    #[test]
    fn letters_that_the_font_lacks_are_question_marks() {
        assert_eq!(win_ansi("José – ₹5 − अ"), b"Jos\xe9 \x96 Rs5 - ?");
    }
}
