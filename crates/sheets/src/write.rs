//! A table, and its writing as CSV and XLSX.

use jiff::civil::Date;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};

use crate::cell;

/// On which side of its column a cell stands in print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Texts.
    Left,
    /// Numbers.
    Right,
}

/// The head of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// What it says.
    pub text: String,
    /// On which side it and its cells are printed.
    pub side: Side,
}

impl Heading {
    /// A column of texts.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), side: Side::Left }
    }

    /// A column of numbers.
    pub fn number(text: impl Into<String>) -> Self {
        Self { text: text.into(), side: Side::Right }
    }
}

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Empty,
    /// A text. It is never taken for a formula.
    Text(String),
    /// A number. One that is not finite is written as an empty cell.
    Number(f64),
    /// A date.
    Date(Date),
}

impl Value {
    /// A text, if there is one.
    pub fn text(text: impl Into<String>) -> Self {
        match text.into() {
            text if text.is_empty() => Self::Empty,
            text => Self::Text(text),
        }
    }

    /// The text as it is read back and printed.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => cell::tidy(text).into_owned(),
            Self::Number(number) if number.is_finite() => number.to_string(),
            Self::Number(_) => String::new(),
            Self::Date(date) => date.to_string(),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::Number(number.into())
    }
}

impl From<Date> for Value {
    fn from(date: Date) -> Self {
        Self::Date(date)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}

/// A table to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// What it is called. Printed above it, and the name of the sheet in a workbook; not in CSV.
    pub title: String,
    /// Lines under the title: of what, of when, by which rule. Printed only.
    pub notes: Vec<String>,
    /// The day it was made on.
    pub made_on: Date,
    /// The heads.
    pub columns: Vec<Heading>,
    /// The rows; cells that are missing at the end are empty.
    pub rows: Vec<Vec<Value>>,
}

/// What stands around a table in print.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frame {
    /// In the middle above the title of the first page: whose form it is.
    pub above: String,
    /// Lines below the table.
    pub closing: Vec<String>,
    /// Below them, side by side: who is to sign. Figures and signatures are on one page.
    pub signatures: Vec<String>,
}

/// Why a table can't be written as a workbook.
#[derive(Debug, thiserror::Error)]
#[error("the table can't be written: {0}")]
pub struct WriteError(#[from] XlsxError);

impl Table {
    /// As CSV: UTF-8 with a byte order mark, commas, CRLF, texts that would be formulas with an apostrophe before them.
    #[must_use]
    pub fn csv(&self) -> Vec<u8> {
        let mut csv = "\u{feff}".to_owned();
        self.line(&mut csv, self.columns.iter().map(|heading| Value::text(heading.text.as_str())));
        for row in &self.rows {
            self.line(&mut csv, row.iter().cloned());
        }
        csv.into_bytes()
    }

    /// Quotes are simple enough to be written by hand, and the writer of the library does not know about formulas either.
    fn line(&self, csv: &mut String, cells: impl Iterator<Item = Value>) {
        for (column, value) in cells.take(self.columns.len()).enumerate() {
            if column > 0 {
                csv.push(',');
            }
            let text = value.shown();
            let text = if matches!(value, Value::Text(_)) { cell::safe(&text) } else { text.into() };
            if text.contains([',', ';', '"', '\n']) {
                csv.push('"');
                csv.push_str(&text.replace('"', "\"\"").replace('\n', "\r\n"));
                csv.push('"');
            } else {
                csv.push_str(&text);
            }
        }
        csv.push_str("\r\n");
    }

    /// As a workbook with one sheet, whose first row is the header and stays in view.
    ///
    /// # Errors
    ///
    /// It has more rows, columns or text in a cell than a workbook can hold.
    pub fn xlsx(&self) -> Result<Vec<u8>, WriteError> {
        let bold = Format::new().set_bold();
        let day = Format::new().set_num_format("yyyy-mm-dd");
        let mut workbook = Workbook::new();
        let made_on = moment(self.made_on)?;
        workbook.set_properties(&DocProperties::new().set_title(&self.title).set_creation_datetime(&made_on));
        let sheet = workbook.add_worksheet();
        sheet.set_name(sheet_name(&self.title))?;
        for (column, heading) in (0_u16..).zip(&self.columns) {
            sheet.write_string_with_format(0, column, cell::tidy(&heading.text), &bold)?;
        }
        for (number, row) in (1_u32..).zip(&self.rows) {
            for (column, value) in (0_u16..).zip(row.iter().take(self.columns.len())) {
                match value {
                    Value::Text(text) => sheet.write_string(number, column, cell::tidy(text))?,
                    Value::Number(value) if value.is_finite() => sheet.write_number(number, column, *value)?,
                    Value::Date(date) => sheet.write_datetime_with_format(number, column, moment(*date)?, &day)?,
                    Value::Empty | Value::Number(_) => sheet,
                };
            }
        }
        sheet.set_freeze_panes(1, 0)?;
        sheet.autofit();
        Ok(workbook.save_to_buffer()?)
    }

    /// As a printable document: A4, upright or across as the columns need it, the title, the header on every page, page numbers.
    ///
    /// It uses Helvetica, which every reader of PDF has, so no font is shipped. It has the letters of western Europe only
    /// (WinAnsi); any other is printed as a question mark. CSV and XLSX hold every letter.
    #[must_use]
    pub fn pdf(&self) -> Vec<u8> {
        self.printed(&Frame::default())
    }

    /// The same, with something around it: the head of a form above, figures and places to sign at below.
    #[must_use]
    pub fn printed(&self, frame: &Frame) -> Vec<u8> {
        crate::pdf::write(self, frame)
    }
}

fn moment(date: Date) -> Result<ExcelDateTime, XlsxError> {
    let part = |number: i8| u8::try_from(number).unwrap_or(1);
    ExcelDateTime::from_ymd(u16::try_from(date.year()).unwrap_or(1900), part(date.month()), part(date.day()))
}

/// A workbook's sheet has a name of at most 31 characters, some are not allowed, and an apostrophe not at its ends.
fn sheet_name(title: &str) -> String {
    let allowed = |one: char| !matches!(one, '[' | ']' | ':' | '*' | '?' | '/' | '\\') && !one.is_control();
    let mut units = 0;
    let name: String = title
        .chars()
        .map(|one| if allowed(one) { one } else { ' ' })
        .take_while(|one| {
            units += one.len_utf16();
            units <= 31
        })
        .collect();
    match name.trim_matches(|one: char| one.is_whitespace() || one == '\'') {
        name if name.is_empty() || name.eq_ignore_ascii_case("history") => "Table".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Limits, Sheet};

    fn table(rows: Vec<Vec<Value>>) -> Table {
        Table {
            title: "Internal marks: GNM / 2".to_owned(),
            notes: vec!["Semester 2".to_owned()],
            made_on: Date::constant(2026, 11, 24),
            columns: vec![Heading::text("Name"), Heading::number("Marks"), Heading::text("Note")],
            rows,
        }
    }

    #[test]
    fn csv_is_as_excel_and_the_standard_want_it() {
        let table = table(vec![
            vec!["Nair, Anju".into(), 17.5.into(), "=cmd()".into()],
            vec!["José \"Zé\"".into(), (-3).into(), "two\nlines".into()],
            vec![Value::Empty, Value::Number(f64::NAN)],
        ]);
        assert_eq!(
            String::from_utf8(table.csv()).unwrap(),
            "\u{feff}Name,Marks,Note\r\n\"Nair, Anju\",17.5,'=cmd()\r\n\"José \"\"Zé\"\"\",-3,\"two\r\nlines\"\r\n,\r\n"
        );
    }

    #[test]
    fn the_sheet_of_a_workbook_has_an_allowed_name() {
        for (title, expected) in [
            ("Internal marks: GNM / 2", "Internal marks  GNM   2"),
            ("", "Table"),
            ("'History'", "Table"),
            ("A title that is much longer than a sheet's name", "A title that is much longer tha"),
        ] {
            assert_eq!(sheet_name(title), expected);
        }
    }

    fn values() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Empty),
            any::<String>().prop_map(Value::text),
            "[=+@'\"a,;\n\t_x0-9-]{0,9}".prop_map(Value::text),
            (-1_000_000..1_000_000).prop_map(|number| Value::Number(f64::from(number) / 100.0)),
            (0..20_000_i32).prop_map(|days| {
                Value::Date(Date::constant(1980, 1, 1).saturating_add(jiff::Span::new().days(days)))
            }),
        ]
    }

    fn shown(table: &Table) -> Vec<Vec<String>> {
        let rows = table.rows.iter().map(|row| row.iter().map(Value::shown).collect::<Vec<_>>());
        let header = table.columns.iter().map(|heading| heading.text.clone()).collect();
        let rows = std::iter::once(header).chain(rows).map(|mut row: Vec<String>| {
            row.truncate(table.columns.len());
            while row.last().is_some_and(String::is_empty) {
                row.pop();
            }
            row
        });
        rows.filter(|row| !row.is_empty()).collect()
    }

    fn read(bytes: &[u8]) -> Vec<Vec<String>> {
        let sheet = Sheet::read(bytes, &Limits::default()).unwrap();
        sheet.rows.into_iter().map(|row| row.cells).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn what_is_written_as_csv_or_xlsx_reads_back_equal(
            rows in prop::collection::vec(prop::collection::vec(values(), 0..4), 0..8)
        ) {
            let table = table(rows);
            prop_assert_eq!(read(&table.csv()), shown(&table));
            prop_assert_eq!(read(&table.xlsx().unwrap()), shown(&table));
            prop_assert!(table.pdf().starts_with(b"%PDF-"));
        }

        #[test]
        fn nothing_makes_reading_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = Sheet::read(&bytes, &Limits::default());
        }
    }
}
