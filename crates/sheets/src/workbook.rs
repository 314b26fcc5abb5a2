//! XLSX workbooks, cell by cell.

use std::{
    io::{Cursor, Read},
    panic::catch_unwind,
};

use calamine::{DataRef, ExcelDateTime, Reader, Xlsx};
use zip::ZipArchive;

use crate::{Collector, Limits, ReadError, Row, cell};

/// More parts than any workbook has that people make.
const MAX_PARTS: usize = 2_000;

pub(crate) fn rows(bytes: &[u8], limits: &Limits) -> Result<Vec<Row>, ReadError> {
    measure(bytes, limits)?;
    // The library computes with what the file says, unchecked: `AAAAAAAA1` overflows, which panics in a debug build.
    catch_unwind(|| read(bytes, limits)).unwrap_or(Err(ReadError::Damaged))
}

fn read(bytes: &[u8], limits: &Limits) -> Result<Vec<Row>, ReadError> {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| ReadError::Damaged)?;
    for name in workbook.sheet_names() {
        // Sheets that hold no cells (charts) are passed over.
        let Ok(mut cells) = workbook.worksheet_cells_reader(&name) else { continue };
        let mut collector = Collector::new(limits);
        let mut last = (0, 0);
        while let Some(cell) = cells.next_cell().map_err(|_| ReadError::Damaged)? {
            let (row, column) = cell.get_position();
            // The collector relies on the order, which a forged workbook need not keep.
            if (row, column) < last {
                return Err(ReadError::Damaged);
            }
            last = (row, column);
            let (Ok(row), Ok(column)) = (usize::try_from(row), usize::try_from(column)) else {
                return Err(ReadError::Damaged);
            };
            let number = row + 1;
            let text = match cell.get_value() {
                DataRef::Empty => continue,
                DataRef::SharedString(text) => (*text).to_owned(),
                DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
                DataRef::Int(value) => value.to_string(),
                DataRef::Float(value) => number_text(*value),
                DataRef::Bool(value) => if *value { "TRUE" } else { "FALSE" }.to_owned(),
                DataRef::DateTime(value) => moment_text(value),
                DataRef::Error(error) => {
                    let column = cell::letters(column);
                    return Err(ReadError::Formula { row: number, column, error: error.to_string() });
                }
            };
            collector.put(number, column, &text)?;
        }
        let rows = collector.finish();
        if !rows.is_empty() {
            return Ok(rows);
        }
    }
    Ok(Vec::new())
}

/// Unzips everything into nothing and counts, because the sizes that an archive states of itself need not be true.
fn measure(bytes: &[u8], limits: &Limits) -> Result<(), ReadError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| ReadError::Damaged)?;
    if archive.len() > MAX_PARTS {
        return Err(ReadError::Unzipped);
    }
    if !archive.file_names().flatten().any(|name| name.to_ascii_lowercase().starts_with("xl/")) {
        return Err(ReadError::NotATable);
    }
    let mut left = limits.unzipped_bytes;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|_| ReadError::Damaged)?;
        let counted = std::io::copy(&mut part.take(left + 1), &mut std::io::sink()).map_err(|_| ReadError::Damaged)?;
        left = left.checked_sub(counted).ok_or(ReadError::Unzipped)?;
    }
    Ok(())
}

/// As a spreadsheet shows it: 15 digits, so that what was computed as 0.30000000000000004 is 0.3.
fn number_text(value: f64) -> String {
    let rounded: f64 = format!("{value:.14e}").parse().unwrap_or(value);
    rounded.to_string()
}

/// `2026-11-24`, `2026-11-24 09:30`, or `09:30` when there is no date.
fn moment_text(value: &ExcelDateTime) -> String {
    let number = value.as_f64();
    if value.is_duration() {
        return number_text(number);
    }
    let (year, month, day, hour, minute, ..) = value.to_ymd_hms_milli();
    let time = format!("{hour:02}:{minute:02}");
    match (number < 1.0, number.fract() == 0.0) {
        (true, _) => time,
        (false, true) => format!("{year:04}-{month:02}-{day:02}"),
        (false, false) => format!("{year:04}-{month:02}-{day:02} {time}"),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use rust_xlsxwriter::{ExcelDateTime as Moment, Format, Formula, Workbook};
    use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

    use super::*;
    use crate::Sheet;

    fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in parts {
            zip.start_file(*name, SimpleFileOptions::default().compression_method(CompressionMethod::Deflated))
                .unwrap();
            zip.write_all(content).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    /// A workbook whose only sheet has this XML between `<sheetData>` and its end.
    fn forged(sheet_data: &str) -> Vec<u8> {
        let sheet = format!(
            r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{sheet_data}</sheetData></worksheet>"#
        );
        zipped(&[
            ("_rels/.rels", br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#),
            ("xl/workbook.xml", br#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="One" sheetId="1" r:id="rId1"/></sheets></workbook>"#),
            ("xl/_rels/workbook.xml.rels", br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#),
            ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ])
    }

    #[test]
    fn cells_of_every_kind_are_texts() {
        let mut workbook = Workbook::new();
        workbook.add_worksheet();
        let sheet = workbook.add_worksheet();
        let date = Format::new().set_num_format("dd/mm/yyyy");
        let clock = Format::new().set_num_format("dd/mm/yyyy hh:mm");
        sheet.write(1, 1, "José").unwrap();
        sheet.write(1, 2, 17).unwrap();
        sheet.write(1, 3, 0.1 + 0.2).unwrap();
        sheet.write(1, 4, true).unwrap();
        sheet.write_with_format(1, 5, Moment::from_ymd(2026, 11, 24).unwrap(), &date).unwrap();
        sheet.write_with_format(1, 6, Moment::parse_from_str("2026-11-24T09:30:00").unwrap(), &clock).unwrap();
        sheet.write(1, 7, Formula::new("=1+1").set_result("2")).unwrap();
        sheet.write(1, 8, 9_876_543_210_u64).unwrap();
        let sheet = Sheet::read(&workbook.save_to_buffer().unwrap(), &Limits::default()).unwrap();
        assert_eq!(sheet.rows.len(), 1, "the first sheet is empty, the second is read");
        assert_eq!(sheet.rows[0].number, 2);
        assert_eq!(
            sheet.rows[0].cells,
            ["", "José", "17", "0.3", "TRUE", "2026-11-24", "2026-11-24 09:30", "2", "9876543210"]
        );
    }

    #[test]
    fn a_cell_in_the_farthest_corner_takes_no_memory() {
        let far = forged(
            r#"<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>"#,
        );
        assert_eq!(
            Sheet::read(&far, &Limits::default()).unwrap_err(),
            ReadError::TooManyColumns { row: 1_048_576, columns: 200 }
        );
        let low =
            forged(r#"<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="A1048576"><v>2</v></c></row>"#);
        assert_eq!(Sheet::read(&low, &Limits::default()).unwrap().rows.len(), 2);
    }

    #[test]
    fn a_zip_bomb_is_not_unzipped() {
        let zeros = vec![b' '; 80 << 20];
        let bomb = zipped(&[("xl/workbook.xml", b"<workbook/>"), ("xl/sharedStrings.xml", &zeros)]);
        assert!(bomb.len() < 200_000);
        assert_eq!(Sheet::read(&bomb, &Limits::default()).unwrap_err(), ReadError::Unzipped);
    }

    #[test]
    fn an_archive_that_is_no_workbook_is_no_table() {
        let document = zipped(&[("word/document.xml", b"<w/>")]);
        assert_eq!(Sheet::read(&document, &Limits::default()).unwrap_err(), ReadError::NotATable);
    }

    #[test]
    fn an_error_in_a_cell_is_said_with_its_place() {
        let sheet = forged(r##"<row r="3"><c r="B3" t="e"><v>#REF!</v></c></row>"##);
        assert_eq!(
            Sheet::read(&sheet, &Limits::default()).unwrap_err().to_string(),
            "Row 3, column B: the cell holds the error #REF!. Correct it in the spreadsheet first."
        );
    }

    #[test]
    fn places_that_overflow_are_no_panic() {
        let sheet = forged(r#"<row r="1"><c r="AAAAAAAAAAAA99999999999999"><v>1</v></c></row>"#);
        assert!(Sheet::read(&sheet, &Limits::default()).is_err());
    }

    #[test]
    fn cells_out_of_order_are_refused() {
        let sheet = forged(r#"<row r="3"><c r="A3"><v>1</v></c></row><row r="2"><c r="A2"><v>2</v></c></row>"#);
        assert_eq!(Sheet::read(&sheet, &Limits::default()).unwrap_err(), ReadError::Damaged);
    }
}
