//! How much of a file is read, and why one is refused.

/// What is read at most. The default fits the largest class list of an institute many times over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub bytes: usize,
    /// Bytes of a workbook when it is unzipped.
    pub unzipped_bytes: u64,
    /// Rows that are not empty, the header included.
    pub rows: usize,
    /// Columns up to the last one that is not empty.
    pub columns: usize,
    /// Bytes of one cell.
    pub cell_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 10 << 20, unzipped_bytes: 64 << 20, rows: 20_000, columns: 200, cell_bytes: 4_000 }
    }
}

/// Why a file could not be read. The text tells whoever chose the file what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// There is nothing in it.
    #[error("The file is empty.")]
    Empty,
    /// More bytes than [`Limits::bytes`].
    #[error("The file is too large. At most {megabytes} MB can be read.")]
    TooLarge {
        /// The limit, rounded up.
        megabytes: usize,
    },
    /// More than [`Limits::unzipped_bytes`], or more parts than any workbook has.
    #[error("The workbook is too large when it is unzipped. Copy the rows into a new workbook, or save it as CSV.")]
    Unzipped,
    /// More than [`Limits::rows`].
    #[error("The file has too many rows. At most {rows} can be read at once.")]
    TooManyRows {
        /// The limit.
        rows: usize,
    },
    /// More than [`Limits::columns`].
    #[error("Row {row} has too many columns. At most {columns} can be read.")]
    TooManyColumns {
        /// From 1, as a spreadsheet shows it.
        row: usize,
        /// The limit.
        columns: usize,
    },
    /// More than [`Limits::cell_bytes`].
    #[error("Row {row}, column {column}: the text is too long. At most {bytes} bytes can be read.")]
    CellTooLong {
        /// From 1, as a spreadsheet shows it.
        row: usize,
        /// Its letters, as a spreadsheet shows them.
        column: String,
        /// The limit.
        bytes: usize,
    },
    /// A cell of a workbook holds an error such as `#REF!`.
    #[error("Row {row}, column {column}: the cell holds the error {error}. Correct it in the spreadsheet first.")]
    Formula {
        /// From 1, as a spreadsheet shows it.
        row: usize,
        /// Its letters, as a spreadsheet shows them.
        column: String,
        /// As a spreadsheet shows it.
        error: String,
    },
    /// An Excel 97 file, or a workbook with a password.
    #[error(
        "This is an old Excel file, or one with a password. Save it as an Excel workbook (.xlsx) without a password, or as CSV."
    )]
    OldExcel,
    /// Neither CSV nor a workbook.
    #[error("This is neither a CSV file nor an Excel workbook (.xlsx).")]
    NotATable,
    /// A workbook that can't be read.
    #[error("The workbook is damaged. Open it in a spreadsheet program, save it again, and choose it again.")]
    Damaged,
    /// No row has all columns that must be there.
    #[error("The file has no column {}. {}", missing.join(", "), found_in_words(found))]
    MissingColumns {
        /// Their names.
        missing: Vec<String>,
        /// What its header row says.
        found: Vec<String>,
    },
    /// Two columns are the same one.
    #[error("The column {name} is there twice. Delete or rename one of them.")]
    DoubledColumn {
        /// Its name.
        name: String,
    },
}

fn found_in_words(found: &[String]) -> String {
    match found {
        [] => "Its first row must hold the names of the columns.".to_owned(),
        _ => format!("Its first row says: {}.", found.join(", ")),
    }
}
