//! Study material for the demo: real PDF files of one page, written here.

use lamplight_features::uploads;
use lamplight_files::{Files, Kept};
use lamplight_store::Store;

/// A piece of study material whose file is kept.
pub(super) struct Piece {
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    pub(super) category: &'static str,
    pub(super) subject: Option<&'static str>,
    pub(super) tags: &'static [&'static str],
    /// Which of the courses, by their order; everybody without one.
    pub(super) course: Option<usize>,
    pub(super) semester: i32,
    pub(super) file: Kept,
}

type Row = (
    &'static str,
    &'static str,
    &'static str,
    Option<&'static str>,
    &'static [&'static str],
    Option<usize>,
    i32,
    &'static str,
);

/// Oldest first.
const ROWS: &[Row] = &[
    (
        "Rules of the library",
        "Opening hours and how long books may be kept.",
        "Circular",
        None,
        &["library"],
        None,
        0,
        "library-rules.pdf",
    ),
    (
        "Fundamentals of nursing: the unit of the patient",
        "Bed making, hygiene and comfort. Read before the first ward day.",
        "Notes",
        Some("Nursing Foundations"),
        &["foundations", "ward"],
        Some(0),
        1,
        "unit-of-the-patient.pdf",
    ),
    (
        "Anatomy: bones of the upper limb",
        "Drawings to label yourself.",
        "Lab Manual",
        Some("Anatomy"),
        &["anatomy"],
        Some(0),
        1,
        "upper-limb.pdf",
    ),
    (
        "Fluid and electrolyte balance",
        "Slides of the lecture, with the worked example.",
        "Notes",
        Some("Medical-Surgical Nursing"),
        &["fluids"],
        Some(1),
        3,
        "fluid-balance.pdf",
    ),
    (
        "Medical-surgical nursing: last year's paper",
        "Three hours, 75 marks.",
        "Question Paper",
        Some("Medical-Surgical Nursing"),
        &["exam"],
        Some(1),
        3,
        "msn-paper.pdf",
    ),
    (
        "Antenatal visits: what to record",
        "For the posting in the health centre.",
        "Notes",
        Some("Midwifery"),
        &["midwifery"],
        Some(2),
        1,
        "antenatal-visits.pdf",
    ),
];

/// Writes the files and keeps them, as an upload would.
pub(super) async fn keep(store: &Store, files: &Files) -> anyhow::Result<Vec<Piece>> {
    let mut pieces = Vec::new();
    for &(title, description, category, subject, tags, course, semester, name) in ROWS {
        let mut staging = files.stage(name);
        staging.write(pdf(title, description)).await?;
        let file = uploads::keep(store, files, staging.finish().await?).await?;
        pieces.push(Piece { title, description, category, subject, tags, course, semester, file });
    }
    Ok(pieces)
}

/// A PDF file (ISO 32000-1) of one A4 page with a heading and a line of text, both plain ASCII.
fn pdf(heading: &str, text: &str) -> Vec<u8> {
    let escape = |text: &str| text.replace('\\', r"\\").replace('(', r"\(").replace(')', r"\)");
    let content =
        format!("BT /F1 22 Tf 60 760 Td ({}) Tj /F1 12 Tf 0 -36 Td ({}) Tj ET", escape(heading), escape(text));
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>".to_owned(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut file = String::from("%PDF-1.4\n");
    let mut places = Vec::new();
    for (number, object) in (1..).zip(objects) {
        places.push(file.len());
        file += &format!("{number} 0 obj\n{object}\nendobj\n");
    }
    let table = file.len();
    file += &format!("xref\n0 {}\n0000000000 65535 f \n", places.len() + 1);
    for place in &places {
        file += &format!("{place:010} 00000 n \n");
    }
    file += &format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n", places.len() + 1);
    file.into_bytes()
}
