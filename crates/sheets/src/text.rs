//! CSV, as spreadsheets and people write it: the encoding and the delimiter are found out.

use std::borrow::Cow;

use encoding_rs::{Encoding, WINDOWS_1252};

use crate::{Collector, Limits, ReadError, Row, cell};

pub(crate) fn rows(bytes: &[u8], limits: &Limits) -> Result<Vec<Row>, ReadError> {
    let text = decode(bytes);
    if text.contains('\0') {
        return Err(ReadError::NotATable);
    }
    // One kind of line end, one after the last line too: then lines can be counted, and the numbers are those of a spreadsheet.
    let mut text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.push('\n');
    let (delimiter, skipped) = match announced(&text) {
        Some((delimiter, length)) => (delimiter, length),
        None => (delimiter(&text), 0),
    };
    let mut number = usize::from(skipped > 0);
    let body = text.get(skipped..).unwrap_or_default();
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(body.as_bytes());
    let mut record = csv::StringRecord::new();
    let mut collector = Collector::new(limits);
    let mut line = 1;
    while reader.read_record(&mut record).map_err(|_| ReadError::NotATable)? {
        // The reader skips empty lines, a spreadsheet shows them.
        let inner: usize = record.iter().map(|field| field.matches('\n').count()).sum();
        let next = usize::try_from(reader.position().line()).unwrap_or(usize::MAX);
        let empty = next.saturating_sub(line).saturating_sub(1 + inner);
        number += 1 + empty;
        line = next;
        for (column, field) in record.iter().enumerate() {
            collector.put(number, column, cell::bare(field.trim()))?;
        }
    }
    Ok(collector.finish())
}

/// By its byte order mark; without one UTF-8, and if it is not that, Windows-1252, in which every byte is something.
fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(bytes.get(mark..).unwrap_or_default()).0;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}

/// The delimiter of a first line `sep=;`, which Excel writes and understands, and the length of that line.
fn announced(text: &str) -> Option<(u8, usize)> {
    let (line, _) = text.split_once('\n')?;
    match line.to_ascii_lowercase().strip_prefix("sep=")?.as_bytes() {
        [delimiter @ (b',' | b';' | b'\t')] => Some((*delimiter, line.len() + 1)),
        _ => None,
    }
}

/// What may separate cells.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];
/// Lines that are looked at for the delimiter.
const LOOKED_AT: usize = 10;

/// The one that the first lines have most of, outside of quotes. Only a line's own can be meant, so lines are counted, not bytes:
/// `Nair, Anju;GNM` has one of each, and the other lines decide.
fn delimiter(text: &str) -> u8 {
    let mut best = (0, b',');
    for delimiter in DELIMITERS {
        let counts = counts(text, delimiter);
        let first = counts.first().copied().unwrap_or(0);
        let score = counts.iter().filter(|&&count| count > 0).count() * 1_000 + first.min(999);
        if score > best.0 {
            best = (score, delimiter);
        }
    }
    best.1
}

/// How often each of the first lines has it, blank ones left out. A line ends where a record does: not within quotes, which a cell of several
/// lines has, and which begin a cell or are part of it (`5" tape`).
fn counts(text: &str, delimiter: u8) -> Vec<usize> {
    let mut counts = Vec::new();
    let (mut count, mut is_blank, mut begins, mut quoted, mut closed) = (0, true, true, false, false);
    for byte in text.bytes() {
        if byte == b'"' {
            // Two of them within quotes are one that is meant.
            (quoted, closed) = (!quoted && (begins || closed), quoted);
        } else {
            closed = false;
        }
        let ends_line = !quoted && matches!(byte, b'\n' | b'\r');
        // Whichever it is that separates the cells: quotes in a table of another kind hide as much.
        begins = ends_line || !quoted && DELIMITERS.contains(&byte);
        if ends_line {
            if !is_blank {
                counts.push(count);
            }
            if counts.len() == LOOKED_AT {
                return counts;
            }
            (count, is_blank) = (0, true);
        } else {
            count += usize::from(begins && byte == delimiter);
            is_blank &= byte.is_ascii_whitespace();
        }
    }
    if !is_blank {
        counts.push(count);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sheet;

    fn read(bytes: &[u8]) -> Vec<(usize, Vec<String>)> {
        let sheet = Sheet::read(bytes, &Limits::default()).unwrap();
        sheet.rows.into_iter().map(|row| (row.number, row.cells)).collect()
    }

    fn row(number: usize, cells: &[&str]) -> (usize, Vec<String>) {
        (number, cells.iter().map(|&cell| cell.to_owned()).collect())
    }

    #[test]
    fn every_way_people_save_a_table_reads_the_same() {
        let expected = vec![row(1, &["Name", "Marks"]), row(2, &["José", "20"])];
        let utf16: Vec<u8> = [0xff, 0xfe]
            .into_iter()
            .chain("Name\tMarks\r\nJosé\t20".encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        for (how, bytes) in [
            ("UTF-8", "Name,Marks\nJosé,20\n".as_bytes()),
            ("with a byte order mark and CRLF", "\u{feff}Name,Marks\r\nJosé,20\r\n".as_bytes()),
            ("old Mac", "Name,Marks\rJosé,20".as_bytes()),
            ("semicolons", "Name;Marks\r\nJosé;20\r\n".as_bytes()),
            ("tabs", "Name\tMarks\nJosé\t20".as_bytes()),
            ("quotes and spaces", "\"Name\",\" Marks \"\n José ,\"20\"\n".as_bytes()),
            ("empty cells at the end", "Name,Marks,,\nJosé,20,,\n".as_bytes()),
            ("Windows-1252", b"Name,Marks\r\nJos\xe9,20\r\n"),
            ("UTF-16", &utf16),
        ] {
            assert_eq!(read(bytes), expected, "{how}");
        }
    }

    #[test]
    fn a_comma_in_a_name_does_not_hide_the_semicolons() {
        assert_eq!(read(b"Name;Course\nNair, Anju;GNM\n")[1], row(2, &["Nair, Anju", "GNM"]));
        assert_eq!(read(b"sep=;\nName, first;Course\nx;y\n")[0], row(2, &["Name, first", "Course"]));
        assert_eq!(read(b"\"a;b;c\",d\n")[0], row(1, &["a;b;c", "d"]));
    }

    #[test]
    fn lines_of_one_cell_are_no_lines_of_the_table() {
        let table = b"Name,Remark\nAsha,\"one; two\nthree; \"\"four\"\"\nfive; six\nseven; eight\"\nBina 5\" tall,x\n";
        let long = "one; two\nthree; \"four\"\nfive; six\nseven; eight";
        let expected = [row(1, &["Name", "Remark"]), row(2, &["Asha", long]), row(3, &["Bina 5\" tall", "x"])];
        assert_eq!(read(table), expected);
    }

    #[test]
    fn rows_have_the_numbers_a_spreadsheet_shows() {
        let rows = read(b"\n\na,b\n\n\"x\ny\",1\n,,\nz,2\n\n\nw,3");
        assert_eq!(rows, [row(3, &["a", "b"]), row(5, &["x\ny", "1"]), row(7, &["z", "2"]), row(10, &["w", "3"]),]);
    }

    #[test]
    fn what_is_no_table_is_refused() {
        let limits = Limits { bytes: 100, rows: 2, columns: 2, cell_bytes: 5, ..Limits::default() };
        let refused = |bytes: &[u8]| Sheet::read(bytes, &limits).unwrap_err();
        assert_eq!(refused(b""), ReadError::Empty);
        assert_eq!(refused(b" \n,,\n"), ReadError::Empty);
        assert_eq!(refused(b"a\0b"), ReadError::NotATable);
        assert_eq!(refused(&[b'a'; 101]), ReadError::TooLarge { megabytes: 1 });
        assert_eq!(refused(b"a\nb\nc"), ReadError::TooManyRows { rows: 2 });
        assert_eq!(refused(b"a,b\n1,2,3"), ReadError::TooManyColumns { row: 2, columns: 2 });
        assert_eq!(refused(b"a,b\n1,123456"), ReadError::CellTooLong { row: 2, column: "B".to_owned(), bytes: 5 });
        assert_eq!(refused(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, 0]), ReadError::OldExcel);
        assert_eq!(refused(b"PK\x03\x04rubbish"), ReadError::Damaged);
    }
}
