//! Multipart forms, byte by byte, so that they can also be wrong.

/// A PDF of one empty page, after the smallest example of ISO 32000-1, annex H.
pub(crate) const PDF: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n\
    2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n\
    trailer<</Root 1 0 R>>\n%%EOF\n";

/// A PNG of one transparent pixel.
pub(crate) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\
    \0\0\0\rIDATx\x9cc\0\x01\0\0\x05\0\x01\r\n-\xb4\0\0\0\0IEND\xaeB`\x82";

const BOUNDARY: &str = "----lamplight-test-form";

/// A form of an upload.
#[derive(Clone, Default)]
pub(crate) struct Form {
    body: Vec<u8>,
}

impl Form {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The least that an upload needs, with a file of its own: the file comes first, as the existing client sends it.
    pub(crate) fn titled(title: &str) -> Self {
        Self::new().file("notes.pdf", &pdf(title)).text("title", title).text("category", "Notes")
    }

    pub(crate) fn text(self, name: &str, text: &str) -> Self {
        self.bytes(name, text.as_bytes())
    }

    pub(crate) fn bytes(self, name: &str, bytes: &[u8]) -> Self {
        self.part(&format!("Content-Disposition: form-data; name=\"{name}\""), bytes)
    }

    /// A file. `name` stands in the form as it is.
    pub(crate) fn file(self, name: &str, bytes: &[u8]) -> Self {
        let head = format!("Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"");
        self.part(&(head + "\r\nContent-Type: application/octet-stream"), bytes)
    }

    pub(crate) fn part(mut self, head: &str, bytes: &[u8]) -> Self {
        self.body.extend_from_slice(format!("--{BOUNDARY}\r\n{head}\r\n\r\n").as_bytes());
        self.body.extend_from_slice(bytes);
        self.body.extend_from_slice(b"\r\n");
        self
    }

    pub(crate) fn content_type() -> String {
        format!("multipart/form-data; boundary={BOUNDARY}")
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        self.body
    }
}

/// A PDF that is like no other: `text` stands in it.
pub(crate) fn pdf(text: &str) -> Vec<u8> {
    [PDF, b"% ", text.as_bytes(), b"\n%%EOF\n"].concat()
}
