//! Cells by the name of their column.

use std::str::FromStr;

use jiff::civil::Date;

use crate::{ReadError, Row, Sheet, cell};

/// How far down the header may stand: sheets of an office often begin with its name and a date.
const MAX_HEADER_ROW: usize = 15;

/// A column that a reader knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name, as templates and messages spell it.
    pub name: &'static str,
    /// Other names it may have.
    pub aliases: &'static [&'static str],
    /// Whether a file without it is refused.
    pub required: bool,
}

impl Column {
    /// A column that must be there. Its cells may still be empty: see [`Record::need`].
    #[must_use]
    pub const fn required(name: &'static str, aliases: &'static [&'static str]) -> Self {
        Self { name, aliases, required: true }
    }

    /// A column that may be left out.
    #[must_use]
    pub const fn optional(name: &'static str, aliases: &'static [&'static str]) -> Self {
        Self { name, aliases, required: false }
    }

    fn is_called(&self, heading: &str) -> bool {
        let heading = cell::key(heading);
        !heading.is_empty()
            && (cell::key(self.name) == heading || self.aliases.iter().any(|alias| cell::key(alias) == heading))
    }
}

/// What is wrong with one cell.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Row {row}, {column}: {message}")]
pub struct CellError {
    /// From 1, as a spreadsheet shows it.
    pub row: usize,
    /// The name of its column.
    pub column: String,
    /// A sentence.
    pub message: String,
}

/// The rows below the header.
#[derive(Debug)]
pub struct Records<'a> {
    columns: &'a [Column],
    /// Where in a row each of `columns` is.
    places: Vec<Option<usize>>,
    rows: &'a [Row],
}

/// One row below the header.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    records: &'a Records<'a>,
    row: &'a Row,
}

impl Sheet {
    /// Finds the header: the first row that has all required columns.
    ///
    /// # Errors
    ///
    /// No row has them, or one column is there twice.
    pub fn records<'a>(&'a self, columns: &'a [Column]) -> Result<Records<'a>, ReadError> {
        let complete = |row: &Row| {
            let is_there = |column: &Column| row.cells.iter().any(|heading| column.is_called(heading));
            columns.iter().filter(|column| column.required).all(is_there) && columns.iter().any(is_there)
        };
        let found = self.rows.iter().take(MAX_HEADER_ROW).position(complete);
        let Some((header, rows)) = found.and_then(|at| self.rows.get(at..)).and_then(<[Row]>::split_first) else {
            let first = self.rows.first();
            let is_missing = |column: &&Column| {
                column.required && !first.is_some_and(|row| row.cells.iter().any(|heading| column.is_called(heading)))
            };
            let names = |column: &Column| column.name.to_owned();
            return Err(ReadError::MissingColumns {
                missing: match columns.iter().filter(is_missing).map(names).collect::<Vec<_>>() {
                    none if none.is_empty() => columns.iter().map(names).collect(),
                    missing => missing,
                },
                found: first.map_or_else(Vec::new, |row| {
                    row.cells.iter().filter(|cell| !cell.is_empty()).take(30).cloned().collect()
                }),
            });
        };
        let mut places = Vec::with_capacity(columns.len());
        for column in columns {
            let mut called = header.cells.iter().enumerate().filter(|(_, heading)| column.is_called(heading));
            let place = called.next().map(|(place, _)| place);
            if called.next().is_some() {
                return Err(ReadError::DoubledColumn { name: column.name.to_owned() });
            }
            places.push(place);
        }
        Ok(Records { columns, places, rows })
    }
}

impl Records<'_> {
    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is only a header.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether the file has this column.
    #[must_use]
    pub fn has(&self, column: &Column) -> bool {
        self.place(column).is_some()
    }

    /// Every row.
    pub fn iter(&self) -> impl Iterator<Item = Record<'_>> {
        self.rows.iter().map(|row| Record { records: self, row })
    }

    fn place(&self, column: &Column) -> Option<usize> {
        let at = self.columns.iter().position(|known| known.name == column.name)?;
        self.places.get(at).copied().flatten()
    }
}

impl<'a> Record<'a> {
    /// Its number, from 1, as a spreadsheet shows it.
    #[must_use]
    pub fn row(&self) -> usize {
        self.row.number
    }

    /// The text of a cell; empty when the cell is empty or there is no such column.
    #[must_use]
    pub fn text(&self, column: &Column) -> &'a str {
        self.records.place(column).and_then(|place| self.row.cells.get(place)).map_or("", String::as_str)
    }

    /// The text of a cell that must have one.
    ///
    /// # Errors
    ///
    /// It is empty.
    pub fn need(&self, column: &Column) -> Result<&'a str, CellError> {
        match self.text(column) {
            "" => Err(self.error(column, "this cell must not be empty.")),
            text => Ok(text),
        }
    }

    /// What a cell holds, read as `T`; nothing when it is empty. `what` completes "`x` is not ..".
    ///
    /// # Errors
    ///
    /// It is something else.
    pub fn parse<T: FromStr>(&self, column: &Column, what: &str) -> Result<Option<T>, CellError> {
        match self.text(column) {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| self.error(column, &format!("“{text}” is not {what}."))),
        }
    }

    /// A number; nothing when the cell is empty. A comma is refused, because it means thousands to one and a decimal to another.
    ///
    /// # Errors
    ///
    /// It is no number.
    pub fn number(&self, column: &Column) -> Result<Option<f64>, CellError> {
        let number: Option<f64> = self.parse(column, "a number, such as 17 or 17.5")?;
        match number {
            Some(number) if !number.is_finite() => {
                Err(self.error(column, &format!("“{}” is not a number, such as 17 or 17.5.", self.text(column))))
            }
            number => Ok(number),
        }
    }

    /// A whole number; nothing when the cell is empty.
    ///
    /// # Errors
    ///
    /// It is no whole number.
    pub fn whole<T: FromStr>(&self, column: &Column) -> Result<Option<T>, CellError> {
        self.parse(column, "a whole number")
    }

    /// A date; nothing when the cell is empty. `2026-11-24`, or the day first, as India writes it: `24/11/2026`, `24-11-2026`,
    /// `24.11.2026`. A time behind it is ignored.
    ///
    /// # Errors
    ///
    /// It is no date.
    pub fn date(&self, column: &Column) -> Result<Option<Date>, CellError> {
        match self.text(column) {
            "" => Ok(None),
            text => date(text).map(Some).ok_or_else(|| {
                self.error(column, &format!("“{text}” is not a date, such as 2026-11-24 or 24/11/2026."))
            }),
        }
    }

    /// Something wrong with a cell of this row.
    #[must_use]
    pub fn error(&self, column: &Column, message: &str) -> CellError {
        CellError { row: self.row.number, column: column.name.to_owned(), message: message.to_owned() }
    }
}

fn date(text: &str) -> Option<Date> {
    let day = text.split([' ', 'T']).next()?;
    let parts: Vec<&str> = day.split(['-', '/', '.']).collect();
    let digits = |text: &str, length| text.len() <= length && text.bytes().all(|byte| byte.is_ascii_digit());
    match parts.as_slice() {
        [year, month, day] if year.len() == 4 && digits(year, 4) && digits(month, 2) && digits(day, 2) => {
            Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
        }
        [day, month, year] if year.len() == 4 && digits(year, 4) && digits(month, 2) && digits(day, 2) => {
            Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    const ID: Column = Column::required("studentId", &["roll no"]);
    const MARKS: Column = Column::optional("marks", &["obtained"]);
    const DATE: Column = Column::optional("date", &[]);
    const ALL: &[Column] = &[ID, MARKS, DATE];

    fn sheet(text: &str) -> Sheet {
        Sheet::read(text.as_bytes(), &Limits::default()).unwrap()
    }

    #[test]
    fn columns_are_found_by_their_names() {
        for header in ["Student ID,Marks", "STUDENT_ID, obtained ", "Roll No.,marks"] {
            let sheet = sheet(&format!("{header}\nG1,17.5\n\nG2,\n"));
            let records = sheet.records(ALL).unwrap();
            let rows: Vec<_> =
                records.iter().map(|row| (row.row(), row.text(&ID), row.number(&MARKS).unwrap())).collect();
            assert_eq!(rows, [(2, "G1", Some(17.5)), (4, "G2", None)]);
            assert!(!records.has(&DATE));
        }
        let swapped = sheet("remarks,marks,student id\nwell done,5,G1");
        assert_eq!(swapped.records(ALL).unwrap().iter().next().unwrap().text(&ID), "G1");
    }

    #[test]
    fn the_name_of_the_institute_may_stand_above_the_header() {
        let sheet = sheet("Institute of Nursing\nInternal marks\n\nStudent Id,Marks\nG1,5\n");
        let records = sheet.records(ALL).unwrap();
        assert_eq!(records.len(), 1);
        assert_eq!(records.iter().next().unwrap().row(), 5);
    }

    #[test]
    fn a_missing_column_is_named_with_what_was_found() {
        assert_eq!(
            sheet("name,marks\nAnju,5").records(ALL).unwrap_err().to_string(),
            "The file has no column studentId. Its first row says: name, marks."
        );
        assert_eq!(
            sheet("roll no,student id\n1,2").records(ALL).unwrap_err().to_string(),
            "The column studentId is there twice. Delete or rename one of them."
        );
        assert!(sheet("x\ny").records(&[MARKS]).is_err(), "a file with none of the known columns is not of this kind");
    }

    #[test]
    fn a_wrong_cell_is_said_with_its_row_and_column() {
        let sheet = sheet("studentId,marks,date\n,1,\nG2,\"1,5\",31/02/2026\nG3,NaN,11/24/2026\n");
        let records = sheet.records(ALL).unwrap();
        let rows: Vec<_> = records.iter().collect();
        assert_eq!(rows[0].need(&ID).unwrap_err().to_string(), "Row 2, studentId: this cell must not be empty.");
        assert_eq!(
            rows[1].number(&MARKS).unwrap_err().to_string(),
            "Row 3, marks: “1,5” is not a number, such as 17 or 17.5."
        );
        assert!(rows[1].date(&DATE).is_err());
        assert!(rows[2].number(&MARKS).is_err());
        assert!(rows[2].date(&DATE).is_err());
    }

    #[test]
    fn dates_are_read_with_the_day_first() {
        for text in [
            "2026-11-04",
            "04/11/2026",
            "4/11/2026",
            "04-11-2026",
            "4.11.2026",
            "2026-11-04 09:30",
            "2026-11-04T00:00:00Z",
        ] {
            assert_eq!(date(text), Some(Date::constant(2026, 11, 4)), "{text}");
        }
        for text in ["04/11/26", "2026-13-01", "yesterday", "20261104", "+026-11-04"] {
            assert_eq!(date(text), None, "{text}");
        }
    }
}
