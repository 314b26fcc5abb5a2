//! ZIP archives, and the Office documents of 2007 and later inside them (OOXML, ECMA-376 part 2).
//!
//! Only the central directory is read: it names every member, in whatever order the members were written (Word puts the
//! content types first, LibreOffice its own way, Google Docs last). Layout after PKWARE's APPNOTE 6.3, sections 4.3.12 to
//! 4.3.16.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use super::{Content, Fields, read_at};
use crate::kind::FileKind;

/// The most of a central directory that is looked at: some 100,000 members. A document has a few hundred.
const MOST: u64 = 8 * 1024 * 1024;
/// End record (22 bytes) and the longest comment after it.
const TAIL: u64 = 22 + 65_535;
const END: [u8; 4] = *b"PK\x05\x06";
const END_64: [u8; 4] = *b"PK\x06\x06";
const LOCATOR_64: [u8; 4] = *b"PK\x06\x07";
const MEMBER: [u8; 4] = *b"PK\x01\x02";

/// Whether the file begins with a member, or is an archive without members.
pub(super) fn is_zip(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(&END)
}

/// What the archive is.
pub(super) fn inspect(file: &mut File, size: u64) -> io::Result<Content> {
    let Some((start, length)) = central_directory(file, size)? else {
        return Ok(Content::Damaged);
    };
    file.seek(SeekFrom::Start(start))?;
    let mut marks = Marks::default();
    let mut directory = BufReader::new(file.take(length.min(MOST)));
    let mut left = length.min(MOST);
    let mut header = [0; 46];
    while left >= header.len() as u64 {
        directory.read_exact(&mut header)?;
        let (Some(name), Some(extra), Some(comment)) = (header.u16_at(28), header.u16_at(30), header.u16_at(32)) else {
            return Ok(Content::Damaged);
        };
        let after = u64::from(extra) + u64::from(comment);
        left -= header.len() as u64;
        if !header.starts_with(&MEMBER) {
            return Ok(Content::Damaged);
        }
        if left < u64::from(name) + after {
            break;
        }
        left -= u64::from(name) + after;
        let mut bytes = vec![0; usize::from(name)];
        directory.read_exact(&mut bytes)?;
        marks.see(&bytes);
        io::copy(&mut directory.by_ref().take(after), &mut io::sink())?;
    }
    if length > MOST {
        // Too large to be a document, and too large to be sure of one.
        return Ok(Content::Kind(FileKind::Zip));
    }
    Ok(if left == 0 { marks.content() } else { Content::Damaged })
}

/// Start and length of the central directory, if both lie within the file.
fn central_directory(file: &mut File, size: u64) -> io::Result<Option<(u64, u64)>> {
    let tail_start = size.saturating_sub(TAIL);
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(tail_start))?;
    file.take(TAIL).read_to_end(&mut tail)?;
    // The last end record whose comment reaches the end of the file.
    let mut ends = tail.windows(22).enumerate().rev();
    let Some((at, end)) = ends.find(|(at, end)| {
        end.starts_with(&END) && end.u16_at(20).is_some_and(|comment| at + 22 + usize::from(comment) == tail.len())
    }) else {
        return Ok(None);
    };
    let (Some(length), Some(start)) = (end.u32_at(12), end.u32_at(16)) else {
        return Ok(None);
    };
    let mut place = (u64::from(start), u64::from(length));
    if start == u32::MAX || length == u32::MAX {
        let Some(place_64) = central_directory_64(file, tail_start + at as u64)? else {
            return Ok(None);
        };
        place = place_64;
    }
    let (start, length) = place;
    Ok(start.checked_add(length).is_some_and(|end| end <= size).then_some(place))
}

/// The same from the ZIP64 records before the end record at `end`.
fn central_directory_64(file: &mut File, end: u64) -> io::Result<Option<(u64, u64)>> {
    let (mut locator, mut record) = ([0; 20], [0; 56]);
    let Some(at) = end.checked_sub(20) else { return Ok(None) };
    if !read_at(file, at, &mut locator)? || !locator.starts_with(&LOCATOR_64) {
        return Ok(None);
    }
    let Some(at) = locator.u64_at(8).filter(|at| *at < end) else {
        return Ok(None);
    };
    if !read_at(file, at, &mut record)? || !record.starts_with(&END_64) {
        return Ok(None);
    }
    Ok(record.u64_at(48).zip(record.u64_at(40)))
}

/// The members that tell what the archive is.
#[derive(Default)]
struct Marks {
    content_types: bool,
    word: bool,
    excel: bool,
    excel_binary: bool,
    powerpoint: bool,
    macros: bool,
}

impl Marks {
    /// Names of parts are compared without case (ECMA-376 part 2, 6.2.2.3).
    fn see(&mut self, name: &[u8]) {
        let name = String::from_utf8_lossy(name).to_ascii_lowercase().replace('\\', "/");
        let name = name.trim_start_matches('/');
        let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
        match (folder, file) {
            ("", "[content_types].xml") => self.content_types = true,
            // Word on the web numbers the main part: word/document2.xml.
            ("word", main) if is_main(main, "document") => self.word = true,
            ("xl", main) if is_main(main, "workbook") => self.excel = true,
            ("xl", "workbook.bin") => self.excel_binary = true,
            ("ppt", main) if is_main(main, "presentation") => self.powerpoint = true,
            ("word" | "xl" | "ppt", "vbaproject.bin") => self.macros = true,
            _ => {}
        }
    }

    fn content(&self) -> Content {
        if !self.content_types {
            return Content::Kind(FileKind::Zip);
        }
        if self.macros {
            return Content::Macros;
        }
        match (self.word, self.excel, self.powerpoint) {
            (true, false, false) => Content::Kind(FileKind::Docx),
            (false, true, false) => Content::Kind(FileKind::Xlsx),
            (false, false, true) => Content::Kind(FileKind::Pptx),
            (false, false, false) if self.excel_binary => Content::Other(Some("XLSB file".to_owned())),
            _ => Content::Kind(FileKind::Zip),
        }
    }
}

/// `document.xml`, `document2.xml`, ...
fn is_main(file: &str, stem: &str) -> bool {
    let number = file.strip_prefix(stem).and_then(|rest| rest.strip_suffix(".xml"));
    number.is_some_and(|number| number.bytes().all(|c| c.is_ascii_digit()))
}
