//! The kinds of file that can be kept, and sets of them.

use std::fmt;

/// A kind of file, told from its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FileKind {
    /// Portable Document Format.
    Pdf,
    /// Word up to 2003.
    Doc,
    /// Word since 2007 (OOXML).
    Docx,
    /// Excel up to 2003.
    Xls,
    /// Excel since 2007 (OOXML).
    Xlsx,
    /// PowerPoint up to 2003.
    Ppt,
    /// PowerPoint since 2007 (OOXML).
    Pptx,
    /// A ZIP archive that is none of the above.
    Zip,
    /// A RAR archive, version 4 or 5.
    Rar,
    /// A JPEG photograph.
    Jpeg,
    /// A PNG picture.
    Png,
    /// Plain text.
    Text,
    /// Comma-separated values: text that is named so.
    Csv,
}

/// Label on the wire, MIME type, extensions (the usual one first), name for people.
type Row = (&'static str, &'static str, &'static [&'static str], &'static str);

impl FileKind {
    /// Every kind, in the order in which they are listed to people.
    pub const ALL: [Self; 13] = [
        Self::Pdf,
        Self::Doc,
        Self::Docx,
        Self::Xls,
        Self::Xlsx,
        Self::Ppt,
        Self::Pptx,
        Self::Zip,
        Self::Rar,
        Self::Jpeg,
        Self::Png,
        Self::Text,
        Self::Csv,
    ];

    /// MIME types as registered with IANA (<https://www.iana.org/assignments/media-types>).
    const fn row(self) -> Row {
        const OOXML_TEXT: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
        const OOXML_SHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        const OOXML_SLIDES: &str = "application/vnd.openxmlformats-officedocument.presentationml.presentation";
        match self {
            Self::Pdf => ("PDF", "application/pdf", &["pdf"], "PDF document"),
            Self::Doc => ("DOC", "application/msword", &["doc"], "Word document (DOC)"),
            Self::Docx => ("DOCX", OOXML_TEXT, &["docx"], "Word document (DOCX)"),
            Self::Xls => ("XLS", "application/vnd.ms-excel", &["xls"], "Excel workbook (XLS)"),
            Self::Xlsx => ("XLSX", OOXML_SHEET, &["xlsx"], "Excel workbook (XLSX)"),
            Self::Ppt => ("PPT", "application/vnd.ms-powerpoint", &["ppt"], "PowerPoint presentation (PPT)"),
            Self::Pptx => ("PPTX", OOXML_SLIDES, &["pptx"], "PowerPoint presentation (PPTX)"),
            Self::Zip => ("ZIP", "application/zip", &["zip"], "ZIP archive"),
            Self::Rar => ("RAR", "application/vnd.rar", &["rar"], "RAR archive"),
            Self::Jpeg => ("IMAGE", "image/jpeg", &["jpg", "jpeg", "jfif"], "JPEG image"),
            Self::Png => ("IMAGE", "image/png", &["png"], "PNG image"),
            Self::Text => ("OTHER", "text/plain", &["txt"], "plain text"),
            Self::Csv => ("OTHER", "text/csv", &["csv"], "CSV table"),
        }
    }

    /// The label in documents sent to clients: `PDF DOC DOCX XLS XLSX PPT PPTX ZIP RAR IMAGE OTHER`. JPEG and PNG are
    /// `IMAGE`, text and CSV are `OTHER`.
    pub const fn wire(self) -> &'static str {
        self.row().0
    }

    /// The MIME type to serve it with.
    pub const fn mime(self) -> &'static str {
        self.row().1
    }

    /// The extensions a name may end in: lower case, without the dot, the usual one first.
    pub const fn extensions(self) -> &'static [&'static str] {
        self.row().2
    }

    /// What people call it: `Word document (DOCX)`.
    pub const fn label(self) -> &'static str {
        self.row().3
    }

    /// The kind that names with this extension claim to be; case does not matter.
    pub fn from_extension(extension: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.extensions().iter().any(|e| e.eq_ignore_ascii_case(extension)))
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// A set of kinds. Displays as the extensions for a person to choose from: `.pdf, .docx, .zip`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted(u16);

impl Accepted {
    /// Every kind there is.
    pub fn all() -> Self {
        FileKind::ALL.into_iter().collect()
    }

    /// Whether `kind` is in the set.
    pub const fn contains(self, kind: FileKind) -> bool {
        self.0 & kind.bit() != 0
    }

    /// The kinds of the set, in the order of [`FileKind::ALL`].
    pub fn iter(self) -> impl Iterator<Item = FileKind> {
        FileKind::ALL.into_iter().filter(move |kind| self.contains(*kind))
    }
}

impl FromIterator<FileKind> for Accepted {
    fn from_iter<I: IntoIterator<Item = FileKind>>(kinds: I) -> Self {
        Self(kinds.into_iter().fold(0, |set, kind| set | kind.bit()))
    }
}

impl fmt::Display for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, extension) in self.iter().flat_map(FileKind::extensions).enumerate() {
            write!(f, "{}.{extension}", if n == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bits_are_the_kinds() {
        assert_eq!(Accepted::all().iter().collect::<Vec<_>>(), FileKind::ALL);
        let some = Accepted::from_iter([FileKind::Jpeg, FileKind::Pdf]);
        assert_eq!(some.to_string(), ".pdf, .jpg, .jpeg, .jfif");
        assert!(some.contains(FileKind::Jpeg) && !some.contains(FileKind::Csv));
        assert_eq!(Accepted::from_iter([]).to_string(), "");
    }

    #[test]
    fn every_extension_leads_back_to_its_kind() {
        for kind in FileKind::ALL {
            for extension in kind.extensions() {
                assert_eq!(FileKind::from_extension(extension), Some(kind));
                assert_eq!(FileKind::from_extension(&extension.to_uppercase()), Some(kind));
            }
        }
        assert_eq!(FileKind::from_extension("docm"), None);
        assert_eq!(FileKind::from_extension(""), None);
    }

    #[test]
    fn wire_labels_are_the_agreed_eleven() {
        let mut labels: Vec<_> = FileKind::ALL.map(FileKind::wire).to_vec();
        labels.dedup();
        assert_eq!(labels.join(" "), "PDF DOC DOCX XLS XLSX PPT PPTX ZIP RAR IMAGE OTHER");
    }
}
