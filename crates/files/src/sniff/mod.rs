//! What a file is, told from its content alone, and whether its name agrees.
//!
//! Signatures decide what they can; containers (ZIP, OLE) are listed to tell the Office formats apart; what is left is
//! read as text. Reading is bounded by the size of the file, nothing is unpacked, and a file that lies about its own
//! structure is damaged, never a reason to read more.

mod ole;
mod text;
mod zip;

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

use crate::config::Policy;
use crate::error::FilesError;
use crate::kind::FileKind;
use crate::names;

/// What was found in a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// One of the kinds, apart from text and CSV.
    Kind(FileKind),
    /// Unicode text; its name says whether it is a table.
    Text,
    /// Text in another encoding.
    NotUnicode,
    /// An Office document with macros.
    Macros,
    /// An encrypted Office document.
    PasswordProtected,
    /// Begins as a container but does not hold together.
    Damaged,
    /// What must not be handed on: the sort.
    Dangerous(&'static str),
    /// Anything else; its sort, if known.
    Other(Option<String>),
}

/// How much of the beginning the signatures look at: the `ustar` mark of TAR at 257 is the farthest that matters.
const HEAD: usize = 1024;

/// Tells what `file` of `size` bytes is.
pub(crate) fn inspect(file: &mut File, size: u64) -> io::Result<Content> {
    let head = head(file)?;
    if is_pdf(&head) {
        return Ok(Content::Kind(FileKind::Pdf));
    }
    if infer::image::is_png(&head) {
        return Ok(Content::Kind(FileKind::Png));
    }
    if infer::image::is_jpeg(&head) {
        return Ok(Content::Kind(FileKind::Jpeg));
    }
    if infer::archive::is_rar(&head) {
        return Ok(Content::Kind(FileKind::Rar));
    }
    if zip::is_zip(&head) {
        return zip::inspect(file, size);
    }
    if ole::is_ole(&head) {
        return ole::inspect(file, size);
    }
    file.rewind()?;
    Ok(match text::inspect(file)? {
        text::Verdict::Text if head.starts_with(b"{\\rtf") => Content::Other(Some("RTF file".to_owned())),
        text::Verdict::Text => text::danger(&head).map_or(Content::Text, Content::Dangerous),
        // Signatures of two letters ("BM", "MZ") are only trusted where the rest is not text.
        text::Verdict::Binary => binary(&head),
        text::Verdict::NotUnicode => text::danger(&head).map_or(Content::NotUnicode, Content::Dangerous),
    })
}

/// Holds what was found against the name (clean) and the policy.
pub(crate) fn judge(content: Content, name: &str, policy: Policy) -> Result<FileKind, FilesError> {
    let name = name.to_owned();
    let extension = names::extension(&name);
    let named = extension.and_then(FileKind::from_extension);
    let accepted = policy.accepted;
    let found = match content {
        Content::Kind(kind) => kind,
        Content::Text if named == Some(FileKind::Csv) => FileKind::Csv,
        Content::Text => FileKind::Text,
        Content::Macros => return Err(FilesError::Macros { name }),
        Content::PasswordProtected => return Err(FilesError::PasswordProtected { name }),
        Content::Damaged => return Err(FilesError::Damaged { name }),
        Content::Dangerous(found) => return Err(FilesError::Dangerous { name, found }),
        Content::NotUnicode if matches!(named, Some(FileKind::Text | FileKind::Csv)) => {
            return Err(FilesError::NotUnicode { name });
        }
        Content::NotUnicode => {
            return Err(FilesError::Unsupported { name, found: None, accepted });
        }
        Content::Other(found) => return Err(FilesError::Unsupported { name, found, accepted }),
    };
    if named == Some(found) && accepted.contains(found) {
        return Ok(found);
    }
    // Many formats are a ZIP or a text under a name of their own (.odt, .epub, .py): renaming is no advice for those.
    let of_its_own = named.is_none() && extension.is_some() && matches!(found, FileKind::Zip | FileKind::Text);
    if of_its_own {
        return Err(FilesError::Unsupported { name, found: None, accepted });
    }
    if !accepted.contains(found) {
        return Err(FilesError::Unsupported { name, found: Some(found.label().to_owned()), accepted });
    }
    Err(FilesError::Mislabelled { name, named, found })
}

/// Names what is neither accepted nor text.
fn binary(head: &[u8]) -> Content {
    /// Not programs, though `infer` files them with those.
    const HARMLESS: [&str; 3] = ["der", "pem", "qcow2"];
    if let Some(found) = text::danger(head) {
        return Content::Dangerous(found);
    }
    match infer::get(head) {
        Some(t) if t.matcher_type() == infer::MatcherType::App && !HARMLESS.contains(&t.extension()) => {
            Content::Dangerous("program")
        }
        Some(t) => Content::Other(Some(format!("{} file", t.extension().to_uppercase()))),
        None => Content::Other(None),
    }
}

/// At the very beginning, after white space at most. `infer` (like Acrobat) finds the mark anywhere in the first kilobyte,
/// and so lets a program or a page pose as a PDF.
fn is_pdf(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    head.trim_ascii_start().starts_with(b"%PDF-")
}

fn head(file: &mut File) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(HEAD);
    file.rewind()?;
    file.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// Fills `buffer` from `offset`; false when the file ends before.
fn read_at(file: &mut File, offset: u64, buffer: &mut [u8]) -> io::Result<bool> {
    file.seek(SeekFrom::Start(offset))?;
    match file.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(e) => Err(e),
    }
}

/// Little-endian numbers at fixed places of a record; none when the record is too short.
trait Fields {
    fn array<const N: usize>(&self, at: usize) -> Option<[u8; N]>;

    fn u16_at(&self, at: usize) -> Option<u16> {
        self.array(at).map(u16::from_le_bytes)
    }

    fn u32_at(&self, at: usize) -> Option<u32> {
        self.array(at).map(u32::from_le_bytes)
    }

    fn u64_at(&self, at: usize) -> Option<u64> {
        self.array(at).map(u64::from_le_bytes)
    }
}

impl Fields for [u8] {
    fn array<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.get(at..)?.first_chunk().copied()
    }
}
