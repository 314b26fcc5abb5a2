//! Tables in and out: CSV and XLSX are read, CSV, XLSX and PDF are written. Knows nothing of institutes.
//!
//! **In.** [`Sheet::read`] takes the bytes of a file, [`Sheet::records`] finds the header row and addresses the cells below it by
//! the *name* of their column: case, spaces and punctuation do not matter, a column may have other names, the order is free, and
//! columns nobody asked for are left alone. What is wrong is said with its row (as a spreadsheet numbers it) and its column.
//!
//! **Bounds.** A file comes from a stranger. Bytes, rows, columns, bytes of a cell and the size of a workbook when it is unzipped
//! are limited ([`Limits`]); a workbook is unzipped once into nothing, counted, before anything is made of it, and its cells are
//! read one by one: a cell that claims to be in the last row of the last column takes no memory. `fuzz/fuzz_targets/sheet.rs`
//! feeds it nonsense.
//!
//! **Out.** A [`Table`] is written as [`csv`](Table::csv), [`xlsx`](Table::xlsx) or [`pdf`](Table::pdf). What is written as CSV
//! or XLSX reads back equal. Decisions about CSV: UTF-8 *with* a byte order mark, because Excel takes a file without one for the
//! code page of the machine and spoils every name with an accent; CRLF, as RFC 4180 says; and a text that a spreadsheet would
//! carry out as a formula is written with an apostrophe before it (OWASP, CSV injection), which reading takes off again.
#![forbid(unsafe_code)]

mod cell;
mod limits;
mod metrics;
mod pdf;
mod records;
mod text;
mod workbook;
mod write;

pub use limits::{Limits, ReadError};
pub use records::{CellError, Column, Record, Records};
pub use write::{Frame, Heading, Side, Table, Value, WriteError};

/// The rows of a file, as texts. Rows that are empty are left out, the others keep the number a spreadsheet shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    pub(crate) rows: Vec<Row>,
}

/// One row that is not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// From 1, as a spreadsheet shows it.
    pub(crate) number: usize,
    /// Without the empty cells at its end.
    pub(crate) cells: Vec<String>,
}

impl Sheet {
    /// Reads a CSV file (comma, semicolon or tab; UTF-8, UTF-16 with a byte order mark, or Windows-1252) or the first sheet with
    /// anything in it of an XLSX workbook. Which of the two it is, is seen from the content, not from a name.
    ///
    /// # Errors
    ///
    /// It is not a table, it is damaged, or it is larger than `limits` allow.
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Self, ReadError> {
        // Excel 97 files, and workbooks with a password.
        const COMPOUND: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
        if bytes.len() > limits.bytes {
            return Err(ReadError::TooLarge { megabytes: limits.bytes.div_ceil(1 << 20) });
        }
        let rows = if bytes.starts_with(COMPOUND) {
            return Err(ReadError::OldExcel);
        } else if bytes.starts_with(b"PK\x03\x04") {
            workbook::rows(bytes, limits)?
        } else {
            text::rows(bytes, limits)?
        };
        if rows.is_empty() { Err(ReadError::Empty) } else { Ok(Self { rows }) }
    }
}

/// Collects rows within the limits. Reading CSV and reading workbooks share it, so that they share the limits.
pub(crate) struct Collector<'a> {
    limits: &'a Limits,
    rows: Vec<Row>,
}

impl<'a> Collector<'a> {
    pub(crate) fn new(limits: &'a Limits) -> Self {
        Self { limits, rows: Vec::new() }
    }

    /// Notes the cell in this column (from 0) of this row (from 1). Rows and columns come in order.
    pub(crate) fn put(&mut self, number: usize, column: usize, text: &str) -> Result<(), ReadError> {
        let text = cell::tidy(text);
        if text.is_empty() {
            return Ok(());
        }
        if text.len() > self.limits.cell_bytes {
            return Err(ReadError::CellTooLong {
                row: number,
                column: cell::letters(column),
                bytes: self.limits.cell_bytes,
            });
        }
        if column >= self.limits.columns {
            return Err(ReadError::TooManyColumns { row: number, columns: self.limits.columns });
        }
        if self.rows.last().is_none_or(|row| row.number != number) {
            if self.rows.len() >= self.limits.rows {
                return Err(ReadError::TooManyRows { rows: self.limits.rows });
            }
            self.rows.push(Row { number, cells: Vec::new() });
        }
        if let Some(row) = self.rows.last_mut() {
            if row.cells.len() <= column {
                row.cells.resize(column + 1, String::new());
            }
            if let Some(place) = row.cells.get_mut(column) {
                *place = text.into_owned();
            }
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Vec<Row> {
        self.rows
    }
}
