//! Reading a table that a stranger uploads: it is refused or within its limits, and what was read is written and read back equal.
#![no_main]

use jiff::civil::Date;
use lamplight_sheets::{Column, Heading, Limits, Sheet, Table, Value};
use libfuzzer_sys::fuzz_target;

const NAME: Column = Column::required("name", &[]);
const MARKS: Column = Column::optional("marks", &["obtained"]);

fuzz_target!(|input: &[u8]| {
    let limits = Limits { bytes: 1 << 16, unzipped_bytes: 1 << 20, rows: 50, columns: 20, cell_bytes: 200 };
    let Ok(sheet) = Sheet::read(input, &limits) else {
        return;
    };
    let columns = [NAME, MARKS];
    let Ok(records) = sheet.records(&columns) else {
        return;
    };
    assert!(records.len() < limits.rows);
    let mut rows = Vec::new();
    for record in records.iter() {
        let _ = (record.number(&MARKS), record.date(&MARKS), record.whole::<i32>(&MARKS));
        rows.push(vec![Value::text(record.text(&NAME)), Value::text(record.text(&MARKS))]);
    }
    let table = Table {
        title: "Fuzz".to_owned(),
        notes: Vec::new(),
        made_on: Date::constant(2026, 1, 1),
        columns: vec![Heading::text("name"), Heading::text("marks")],
        rows,
    };
    assert!(table.pdf().starts_with(b"%PDF-"));
    for written in [table.csv(), table.xlsx().expect("within the limits of a workbook")] {
        let again = Sheet::read(&written, &Limits::default()).expect("what we write can be read");
        let again = again.records(&columns).expect("its header is there");
        let read: Vec<_> = again.iter().map(|record| (record.text(&NAME), record.text(&MARKS))).collect();
        let wanted: Vec<_> = records.iter().map(|record| (record.text(&NAME), record.text(&MARKS))).collect();
        assert_eq!(read, wanted.into_iter().filter(|row| *row != ("", "")).collect::<Vec<_>>());
    }
});
