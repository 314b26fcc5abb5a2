//! Small real files, made on the spot.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;

/// A PDF of one empty page, after the smallest example of ISO 32000-1, annex H.
pub(crate) const PDF: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n\
    2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n\
    trailer<</Root 1 0 R>>\n%%EOF\n";

/// A PNG of one transparent pixel.
pub(crate) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\
    \0\0\0\rIDATx\x9cc\0\x01\0\0\x05\0\x01\r\n-\xb4\0\0\0\0IEND\xaeB`\x82";

/// The beginning of every JFIF photograph, and its end.
pub(crate) const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xd9";

/// A RAR 5 archive without members: signature, main header, end header.
pub(crate) const RAR: &[u8] =
    b"Rar!\x1a\x07\x01\0\x33\x92\xb5\xe5\n\x01\x05\x06\0\x05\x01\x01\x80\x80\0\x1dwVQ\x03\x05\x04\0";
pub(crate) const RAR_4: &[u8] = b"Rar!\x1a\x07\0\xcf\x90\x73\0\0\r\0\0\0\0\0\0\0";

/// A ZIP of these members, in this order.
pub(crate) fn zip_of(members: &[&str]) -> Vec<u8> {
    zip_with(members, "")
}

pub(crate) fn zip_with(members: &[&str], comment: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.set_comment(comment).unwrap();
    for member in members {
        let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        zip.start_file(*member, options).unwrap();
        zip.write_all(member.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The members of a document as Word writes it; LibreOffice and Google write others, and in another order.
pub(crate) const WORD: [&str; 5] =
    ["[Content_Types].xml", "_rels/.rels", "word/document.xml", "word/_rels/document.xml.rels", "docProps/core.xml"];
pub(crate) const EXCEL: [&str; 5] =
    ["[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml"];
pub(crate) const POWERPOINT: [&str; 4] =
    ["[Content_Types].xml", "_rels/.rels", "ppt/presentation.xml", "ppt/slides/slide1.xml"];

/// An OLE compound file with these streams (and storages, where a path has more than one part).
pub(crate) fn ole_of(version: cfb::Version, streams: &[&str]) -> Vec<u8> {
    let mut ole = cfb::CompoundFile::create_with_version(version, Cursor::new(Vec::new())).unwrap();
    for stream in streams {
        if let Some((storage, _)) = stream.rsplit_once('/').filter(|(storage, _)| !storage.is_empty()) {
            ole.create_storage_all(storage).unwrap();
        }
        ole.create_stream(stream).unwrap().write_all(&[b'x'; 5000]).unwrap();
    }
    ole.flush().unwrap();
    ole.into_inner().into_inner()
}

/// UTF-16 with a byte order mark.
pub(crate) fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(order).collect()
}
