//! The Office documents up to 2003: OLE compound files (MS-CFB), told apart by the streams in their root.
//!
//! Word, Excel and PowerPoint each have one stream that every document of theirs has. It must stand in the root: a Word
//! document with a table of Excel in it has a `Workbook` as well, deeper.

use std::fs::File;
use std::io;

use super::{Content, Fields, read_at};
use crate::kind::FileKind;

const MAGIC: [u8; 8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
/// The largest number of a real sector (MS-CFB 2.1); above are marks for free, end of chain and none.
const LAST_SECTOR: u32 = 0xFFFF_FFFA;
/// The most directory entries that are looked at. A document with hundreds of pictures and equations has thousands.
const MOST_ENTRIES: usize = 65_536;
const ENTRY: usize = 128;

/// Whether the file begins as a compound file.
pub(super) fn is_ole(head: &[u8]) -> bool {
    head.starts_with(&MAGIC)
}

/// What the compound file is.
pub(super) fn inspect(file: &mut File, size: u64) -> io::Result<Content> {
    let Some(mut reader) = Reader::open(file, size)? else {
        return Ok(Content::Damaged);
    };
    let Some(entries) = reader.directory()? else {
        return Ok(Content::Damaged);
    };
    let root = in_root(&entries);
    let has = |name: &str| root.iter().any(|entry| entry.name.eq_ignore_ascii_case(name));
    Ok(if has("EncryptedPackage") {
        Content::PasswordProtected
    } else if has("Macros") || has("_VBA_PROJECT_CUR") || has("_VBA_PROJECT") {
        Content::Macros
    } else if has("WordDocument") {
        Content::Kind(FileKind::Doc)
    } else if has("Workbook") || has("Book") {
        Content::Kind(FileKind::Xls)
    } else if has("PowerPoint Document") {
        Content::Kind(FileKind::Ppt)
    } else if has("__properties_version1.0") {
        Content::Other(Some("Outlook message".to_owned()))
    } else {
        Content::Other(None)
    })
}

/// A directory entry (MS-CFB 2.6.1): a stream, a storage or the root; siblings form a tree.
struct Entry {
    name: String,
    left: u32,
    right: u32,
    child: u32,
}

impl Entry {
    fn parse(bytes: &[u8]) -> Option<Self> {
        // Length in bytes, with the closing zero.
        let units = usize::from(bytes.u16_at(64)?.min(64) / 2).saturating_sub(1);
        let name = (0..units).filter_map(|unit| bytes.u16_at(unit * 2));
        Some(Self {
            name: char::decode_utf16(name).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect(),
            left: bytes.u32_at(68)?,
            right: bytes.u32_at(72)?,
            child: bytes.u32_at(76)?,
        })
    }
}

/// The entries directly below the root (the first entry). Each is visited once, however the tree is knotted.
fn in_root(entries: &[Entry]) -> Vec<&Entry> {
    let mut seen = vec![false; entries.len()];
    let mut found = Vec::new();
    let mut next: Vec<u32> = entries.first().map(|root| root.child).into_iter().collect();
    while let Some(index) = next.pop() {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let (Some(entry), Some(seen)) = (entries.get(index), seen.get_mut(index)) else {
            continue;
        };
        if std::mem::replace(seen, true) {
            continue;
        }
        found.push(entry);
        next.extend([entry.left, entry.right]);
    }
    found
}

/// Follows the chains of sectors.
struct Reader<'a> {
    file: &'a mut File,
    sector_size: usize,
    first_directory: u32,
    /// The sectors that hold the allocation table, in order.
    table: Vec<u32>,
}

impl<'a> Reader<'a> {
    /// Reads the header (MS-CFB 2.2) and where the allocation table is (2.5).
    fn open(file: &'a mut File, size: u64) -> io::Result<Option<Self>> {
        let mut header = [0; 512];
        if !read_at(file, 0, &mut header)? {
            return Ok(None);
        }
        let sector_size: usize = match header.u16_at(30) {
            Some(9) => 512,
            Some(12) => 4096,
            _ => return Ok(None),
        };
        let (Some(first_directory), Some(mut more)) = (header.u32_at(48), header.u32_at(68)) else {
            return Ok(None);
        };
        let mut table: Vec<u32> = (0..109).filter_map(|n| header.u32_at(76 + n * 4)).collect();
        let mut reader = Self { file, sector_size, first_directory, table: Vec::new() };
        // A table of n sectors describes n * (sector_size / 4) sectors: more cannot be needed for this size.
        let sectors = usize::try_from(size).unwrap_or(usize::MAX) / sector_size + 1;
        let most = sectors / (sector_size / 4) + 1;
        while more <= LAST_SECTOR && table.len() < most {
            let Some(sector) = reader.sector(more)? else {
                return Ok(None);
            };
            let numbers = sector_size / 4 - 1;
            table.extend((0..numbers).filter_map(|n| sector.u32_at(n * 4)));
            more = sector.u32_at(numbers * 4).unwrap_or(u32::MAX);
        }
        reader.table = table;
        Ok(Some(reader))
    }

    /// All directory entries; none when the chain breaks.
    fn directory(&mut self) -> io::Result<Option<Vec<Entry>>> {
        let mut entries = Vec::new();
        let mut at = self.first_directory;
        while at <= LAST_SECTOR && entries.len() < MOST_ENTRIES {
            let Some(sector) = self.sector(at)? else {
                return Ok(None);
            };
            entries.extend(sector.chunks_exact(ENTRY).filter_map(Entry::parse));
            let Some(next) = self.after(at)? else { return Ok(None) };
            at = next;
        }
        Ok((!entries.is_empty()).then_some(entries))
    }

    /// The sector that follows in its chain.
    fn after(&mut self, sector: u32) -> io::Result<Option<u32>> {
        let sector = usize::try_from(sector).unwrap_or(usize::MAX);
        let numbers = self.sector_size / 4;
        let Some(table) = self.table.get(sector / numbers).copied() else {
            return Ok(None);
        };
        Ok(self.sector(table)?.and_then(|table| table.u32_at(sector % numbers * 4)))
    }

    /// The bytes of a sector; the header takes the place of the one before the first.
    fn sector(&mut self, number: u32) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = vec![0; self.sector_size];
        let offset = (u64::from(number) + 1) * self.sector_size as u64;
        Ok(read_at(self.file, offset, &mut bytes)?.then_some(bytes))
    }
}
