//! Kinds told from content, and held against names.

use lamplight_files::{FileKind, Files, FilesError};
use proptest::prelude::*;

use crate::samples::{EXCEL, JPEG, PDF, PNG, POWERPOINT, RAR, RAR_4, WORD, ole_of, utf16, zip_of, zip_with};
use crate::support::{House, stage};

/// The kind, or the sort of error with what it found.
async fn outcome(files: &Files, name: &str, bytes: &[u8]) -> String {
    match stage(files, name, bytes).await {
        Ok(staged) => format!("{:?}", staged.kind()),
        Err(FilesError::Mislabelled { named, found, .. }) => format!("mislabelled {named:?} {found:?}"),
        Err(FilesError::Unsupported { found, .. }) => format!("unsupported {}", found.unwrap_or_default()),
        Err(FilesError::Dangerous { found, .. }) => format!("dangerous {found}"),
        Err(FilesError::Macros { .. }) => "macros".to_owned(),
        Err(FilesError::PasswordProtected { .. }) => "password".to_owned(),
        Err(FilesError::NotUnicode { .. }) => "not unicode".to_owned(),
        Err(FilesError::Damaged { .. }) => "damaged".to_owned(),
        Err(other) => panic!("{name}: {other}"),
    }
}

async fn check(cases: &[(&str, Vec<u8>, &str)]) {
    let house = House::local();
    for (name, bytes, expected) in cases {
        assert_eq!(outcome(&house.files, name, bytes).await.trim_end(), *expected, "{name}");
    }
    house.nothing_is_staged().await;
}

#[tokio::test]
async fn simple_formats() {
    check(&[
        ("a.pdf", PDF.into(), "Pdf"),
        ("a.PDF", [b"\xEF\xBB\xBF\r\n", PDF].concat(), "Pdf"),
        ("a.png", PNG.into(), "Png"),
        ("a.jpg", JPEG.into(), "Jpeg"),
        ("a.JPEG", JPEG.into(), "Jpeg"),
        ("a.rar", RAR.into(), "Rar"),
        ("a.rar", RAR_4.into(), "Rar"),
        ("a.zip", zip_of(&["a.txt", "b/c.pdf"]), "Zip"),
        ("empty.zip", zip_of(&[]), "Zip"),
        ("comment.zip", zip_with(&["a.txt"], "PK\x05\x06 is not the end record"), "Zip"),
        ("a.txt", "plain\ttext\r\n".into(), "Text"),
        ("a.csv", "roll,mark\n1,40\n".into(), "Csv"),
    ])
    .await;
}

#[tokio::test]
async fn office_since_2007_whatever_the_order_of_members() {
    let reversed = |members: &[&'static str]| zip_of(&members.iter().rev().copied().collect::<Vec<_>>());
    check(&[
        ("word.docx", zip_of(&WORD), "Docx"),
        ("word.xlsx", zip_of(&EXCEL), "Xlsx"),
        ("word.pptx", zip_of(&POWERPOINT), "Pptx"),
        ("google.docx", reversed(&WORD), "Docx"),
        ("google.xlsx", reversed(&EXCEL), "Xlsx"),
        ("google.pptx", reversed(&POWERPOINT), "Pptx"),
        (
            "libreoffice.docx",
            zip_of(&["_rels/.rels", "docProps/app.xml", "word/document.xml", "[Content_Types].xml"]),
            "Docx",
        ),
        ("online.docx", zip_of(&["[Content_Types].xml", "word/document2.xml"]), "Docx"),
        ("case.docx", zip_of(&["[content_types].XML", "Word/Document.xml"]), "Docx"),
        (
            "embedded.docx",
            zip_of(&[&WORD[..], &["word/embeddings/book.xlsx", "word/xl/workbook.xml"]].concat()),
            "Docx",
        ),
        // No document: what a document is packed from, somebody's folders, two documents at once.
        ("folders.zip", zip_of(&["word/document.xml", "ppt/presentation.xml"]), "Zip"),
        ("deeper.zip", zip_of(&["x/[Content_Types].xml", "x/word/document.xml"]), "Zip"),
        ("both.docx", zip_of(&[&WORD[..], &EXCEL[2..]].concat()), "mislabelled Some(Docx) Zip"),
        ("notes.docx", zip_of(&["[Content_Types].xml", "word/documentary.xml"]), "mislabelled Some(Docx) Zip"),
        ("binary.xlsb", zip_of(&["[Content_Types].xml", "xl/workbook.bin"]), "unsupported XLSB file"),
    ])
    .await;
}

#[tokio::test]
async fn macros_are_refused_under_any_name() {
    let word = zip_of(&[&WORD[..], &["word/vbaProject.bin"]].concat());
    check(&[
        ("a.docm", word.clone(), "macros"),
        ("a.docx", word.clone(), "macros"),
        ("a.zip", word, "macros"),
        ("a.xlsm", zip_of(&[&EXCEL[..], &["xl/VBAPROJECT.BIN"]].concat()), "macros"),
        ("a.pptx", zip_of(&[&["ppt/vbaProject.bin"], &POWERPOINT[..]].concat()), "macros"),
        ("a.doc", ole_of(cfb::Version::V3, &["/WordDocument", "/Macros/VBA/dir"]), "macros"),
        ("a.xls", ole_of(cfb::Version::V3, &["/Workbook", "/_VBA_PROJECT_CUR/VBA/dir"]), "macros"),
    ])
    .await;
}

#[tokio::test]
async fn office_up_to_2003() {
    // Many streams make a directory of many sectors.
    let pictures: Vec<String> = (0..300).map(|n| format!("/Data{n}")).collect();
    let mut many: Vec<&str> = pictures.iter().map(String::as_str).collect();
    many.push("/PowerPoint Document");
    for version in [cfb::Version::V3, cfb::Version::V4] {
        check(&[
            ("a.doc", ole_of(version, &["/1Table", "/WordDocument", "/\u{5}SummaryInformation"]), "Doc"),
            ("a.xls", ole_of(version, &["/Workbook"]), "Xls"),
            ("old.xls", ole_of(version, &["/Book"]), "Xls"),
            ("a.ppt", ole_of(version, &["/Pictures", "/PowerPoint Document", "/Current User"]), "Ppt"),
            ("many.ppt", ole_of(version, &many), "Ppt"),
            ("embedded.doc", ole_of(version, &["/ObjectPool/_1/Workbook", "/WordDocument"]), "Doc"),
            ("embedded.xls", ole_of(version, &["/MBD1/WordDocument", "/Workbook"]), "Xls"),
            ("wrong.doc", ole_of(version, &["/Workbook"]), "mislabelled Some(Doc) Xls"),
            ("secret.docx", ole_of(version, &["/EncryptionInfo", "/EncryptedPackage"]), "password"),
            ("mail.msg", ole_of(version, &["/__properties_version1.0"]), "unsupported Outlook message"),
            ("other.doc", ole_of(version, &["/Contents"]), "unsupported"),
        ])
        .await;
    }
}

#[tokio::test]
async fn a_large_compound_file_keeps_its_directory_behind_the_header_table() {
    // Over 109 sectors of allocation table (7 MB) the list of them goes on in sectors of its own.
    let mut ole = cfb::CompoundFile::create_with_version(cfb::Version::V3, std::io::Cursor::new(Vec::new())).unwrap();
    let block = vec![7; 1 << 20];
    for n in 0..9 {
        std::io::Write::write_all(&mut ole.create_stream(format!("/Data{n}")).unwrap(), &block).unwrap();
    }
    // Created last, so that the end of the directory is behind all that.
    for n in 0..50 {
        ole.create_stream(format!("/Small{n}")).unwrap();
    }
    ole.create_stream("/WordDocument").unwrap();
    ole.flush().unwrap();
    check(&[("large.doc", ole.into_inner().into_inner(), "Doc")]).await;
}

#[tokio::test]
async fn names_that_say_something_else() {
    check(&[
        ("a.pdf", JPEG.into(), "mislabelled Some(Pdf) Jpeg"),
        ("a.doc", zip_of(&WORD), "mislabelled Some(Doc) Docx"),
        ("a.docx", zip_of(&["a.txt"]), "mislabelled Some(Docx) Zip"),
        ("a.zip", zip_of(&WORD), "mislabelled Some(Zip) Docx"),
        ("a.zip", RAR.into(), "mislabelled Some(Zip) Rar"),
        ("a.pdf", "not a pdf".into(), "mislabelled Some(Pdf) Text"),
        ("a.txt", PDF.into(), "mislabelled Some(Text) Pdf"),
        ("a.exe", PDF.into(), "mislabelled None Pdf"),
        ("scan", PDF.into(), "mislabelled None Pdf"),
        ("README", "text".into(), "mislabelled None Text"),
        ("Chapter 3.2", PDF.into(), "mislabelled None Pdf"),
        // Renaming is no advice for formats that are a ZIP or a text by another name.
        ("a.odt", zip_of(&["mimetype", "content.xml"]), "unsupported"),
        ("a.py", "print()".into(), "unsupported"),
    ])
    .await;
}

#[tokio::test]
async fn what_is_not_accepted() {
    let mp4 = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom".to_vec();
    check(&[
        ("a.gif", b"GIF89a\x01\0\x01\0\0\0\0;".into(), "unsupported GIF file"),
        ("a.pdf", mp4, "unsupported MP4 file"),
        ("a.doc", b"{\\rtf1\\ansi hello}".into(), "unsupported RTF file"),
        ("a.pdf", vec![0; 100], "unsupported"),
        ("a.pdf", vec![1, 2, 3], "unsupported"),
        // An old Windows code page: a curly quote and a pound sign.
        ("a.csv", b"name,fee\nO\x92Neil,\xa350\n".into(), "not unicode"),
        ("a.txt", b"caf\xe9".into(), "not unicode"),
        ("a.pdf", b"caf\xe9".into(), "unsupported"),
    ])
    .await;
}

#[tokio::test]
async fn what_can_harm() {
    let elf = [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 64]].concat();
    let exe = [b"MZ\x90\0\x03\0\0\0\x04\0\0\0".as_slice(), &[0; 64], b"PE\0\0"].concat();
    let page = "dangerous web page (HTML)";
    check(&[
        ("a.pdf", elf.clone(), "dangerous program"),
        ("a", elf, "dangerous program"),
        ("a.txt", exe.clone(), "dangerous program"),
        // A program that has the mark of a PDF in its first kilobyte.
        ("a.pdf", [exe, PDF.into()].concat(), "dangerous program"),
        ("a.png", b"\xcf\xfa\xed\xfe\x07\0\0\x01".into(), "dangerous program"),
        ("a.png", b"\xca\xfe\xba\xbe\0\0\0\x02\0\0\0\0".into(), "dangerous program"),
        ("a.txt", "#!/bin/sh\nrm -rf ~\n".into(), "dangerous script"),
        ("a.txt", "<?php system('id'); ?>".into(), "dangerous script"),
        ("a.txt", "<!DOCTYPE html><p>".into(), page),
        ("a.txt", "\u{FEFF} \r\n\t<HTML>".into(), page),
        ("a.csv", "<script>alert(1)</script>".into(), page),
        ("a.csv", "<!-- x --><b>".into(), page),
        ("a.txt", "<p>hello".into(), page),
        ("a.txt", "<b>hello".into(), page),
        ("a.txt", utf16("<html>", u16::to_le_bytes), page),
        ("a.txt", utf16("<html>", u16::to_be_bytes), page),
        ("a.pdf", ["<html>".as_bytes(), PDF].concat(), page),
        ("a.html", "<html>".into(), page),
        ("a.xls", "<table><tr><td>1".into(), page),
        ("a.jpg", b"<html>\0\xff\xd8\xff".into(), page),
        ("a.txt", b"<html>caf\xe9".into(), page),
        ("a.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>".into(), "dangerous picture with script (SVG)"),
        ("a.png", "<?xml version='1.0'?><svg/>".into(), "dangerous web document (XML)"),
    ])
    .await;
}

#[tokio::test]
async fn texts_in_every_shape() {
    let long = "शरीर रचना ".repeat(20_000);
    let cut = &"é".repeat(100_000).into_bytes()[..199_999];
    check(&[
        ("hindi.txt", "नमस्ते".into(), "Text"),
        ("bom.csv", "\u{FEFF}a,b\n".into(), "Csv"),
        ("utf16le.csv", utf16("a,ബ\n😀", u16::to_le_bytes), "Csv"),
        ("utf16be.txt", utf16("a,ബ\n😀", u16::to_be_bytes), "Text"),
        ("long.txt", long.clone().into(), "Text"),
        ("shifted.txt", format!("x{long}").into(), "Text"),
        ("long16.txt", utf16(&"😀a".repeat(60_000), u16::to_le_bytes), "Text"),
        ("cut.txt", cut.into(), "not unicode"),
        ("late-nul.txt", [long.as_bytes(), b"\0"].concat(), "unsupported"),
        ("half16.txt", b"\xff\xfea\0b".into(), "unsupported"),
        ("lone16.txt", b"\xff\xfe\x00\xd8a\0".into(), "unsupported"),
        ("nul16.txt", b"\xff\xfea\0\0\0".into(), "unsupported"),
        // Not what their first letters are in other formats, and not tags.
        ("bm.txt", "BMI of patients".into(), "Text"),
        ("mz.txt", "MZ twins are identical".into(), "Text"),
        ("less.txt", "<bacteria> under the lens, <5 mm".into(), "Text"),
        ("less.csv", "<5,>10\n".into(), "Csv"),
    ])
    .await;
}

#[tokio::test]
async fn damaged_containers() {
    let zip = zip_of(&WORD);
    let mut wild = zip.clone();
    let end = wild.len() - 22;
    wild[end + 16..end + 20].copy_from_slice(&0x7FFF_FFFF_u32.to_le_bytes());
    let mut more = zip.clone();
    more[end + 12..end + 16].copy_from_slice(&100_u32.to_le_bytes());
    let mut zip64 = zip.clone();
    zip64[end + 16..end + 20].copy_from_slice(&u32::MAX.to_le_bytes());
    let ole = ole_of(cfb::Version::V3, &["/WordDocument"]);
    let mut looped = ole.clone();
    // The directory's first sector follows itself in the allocation table.
    let directory = u32::from_le_bytes(looped[48..52].try_into().unwrap());
    let table = u32::from_le_bytes(looped[76..80].try_into().unwrap());
    let at = (table as usize + 1) * 512 + directory as usize * 4;
    looped[at..at + 4].copy_from_slice(&directory.to_le_bytes());
    check(&[
        ("half.docx", zip[..zip.len() / 2].into(), "damaged"),
        ("no-end.zip", zip[..end].into(), "damaged"),
        ("wild.docx", wild, "damaged"),
        ("more.docx", more, "damaged"),
        ("no-zip64.docx", zip64, "damaged"),
        ("head.doc", ole[..512].into(), "damaged"),
        ("magic.doc", ole[..8].into(), "damaged"),
        ("looped.doc", looped, "Doc"),
    ])
    .await;
}

#[tokio::test]
async fn an_archive_of_very_many_members_is_an_archive() {
    let mut members: Vec<String> = (0..120_000).map(|n| format!("folder/a rather long name of a member {n}")).collect();
    members.extend(WORD.map(str::to_owned));
    let names: Vec<&str> = members.iter().map(String::as_str).collect();
    let zip = zip_of(&names);
    check(&[("a.zip", zip.clone(), "Zip"), ("a.docx", zip, "mislabelled Some(Docx) Zip")]).await;
}

#[tokio::test]
async fn refusals_are_sentences() {
    let house = House::local();
    let cases: &[(&str, Vec<u8>, &str)] = &[
        (
            "x/notes.pdf",
            zip_of(&WORD),
            "\"notes.pdf\" is not what its name says. Its name says: PDF document; its content is: Word document (DOCX). Rename it to end in .docx, or save it again.",
        ),
        (
            "scan",
            PDF.into(),
            "The name \"scan\" does not say what the file is: PDF document. Rename it to end in .pdf.",
        ),
        (
            "a.docm",
            zip_of(&[&WORD[..], &["word/vbaProject.bin"]].concat()),
            "\"a.docm\" contains macros, which could harm those who open it. Save it without macros and send it again.",
        ),
        (
            "a.txt",
            "<html>".into(),
            "\"a.txt\" cannot be accepted: its content is a web page (HTML), which could harm those who open it.",
        ),
        (
            "a.gif",
            b"GIF89a\x01\0\x01\0\0\0\0;".into(),
            "\"a.gif\" cannot be accepted. Its content is: GIF file. Accepted are files ending in .pdf, .doc, .docx, .xls, .xlsx, .ppt, .pptx, .zip, .rar, .jpg, .jpeg, .jfif, .png, .txt, .csv.",
        ),
    ];
    for (name, bytes, sentence) in cases {
        let error = stage(&house.files, name, bytes).await.unwrap_err();
        assert_eq!(error.to_string(), *sentence);
        assert!(error.is_about_the_file());
    }
}

/// A valid container with some bytes overwritten: any outcome is fine, as long as there is one.
fn broken() -> impl Strategy<Value = (Vec<u8>, FileKind)> {
    let whole = prop_oneof![
        Just((zip_of(&WORD), FileKind::Docx)),
        Just((ole_of(cfb::Version::V3, &["/WordDocument", "/a/b"]), FileKind::Doc)),
    ];
    let damage = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12);
    (whole, damage, any::<prop::sample::Index>(), any::<bool>()).prop_map(|((mut bytes, kind), damage, cut, cuts)| {
        for (at, byte) in damage {
            // The header and the end are where it hurts.
            let length = bytes.len();
            let at = at.index(512 * 4) % length;
            let at = if at.is_multiple_of(2) { at / 4 } else { length - 1 - at / 8 };
            bytes[at] = byte;
        }
        if cuts {
            let length = cut.index(bytes.len()) + 1;
            bytes.truncate(length);
        }
        (bytes, kind)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn broken_containers_come_to_an_end((bytes, kind) in broken()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let house = House::local();
        let name = format!("a.{}", kind.extensions()[0]);
        runtime.block_on(outcome(&house.files, &name, &bytes));
    }
}
