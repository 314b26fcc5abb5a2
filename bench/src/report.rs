//! Tables on the terminal, and the figures kept as JSON.

use std::{fs, path::Path, process::Command};

use anyhow::Context;
use serde_json::{Value, json};

use crate::{machine, say::say};

/// A table in Markdown, with columns as wide as they must be.
#[derive(Debug)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(titles: &[&str]) -> Self {
        Self { rows: vec![titles.iter().map(|title| (*title).to_owned()).collect()] }
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        let columns = self.rows.first().map_or(0, Vec::len);
        let width = |column: usize| {
            self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!(" {cell:<width$} "));
            format!("|{}|", cells.collect::<Vec<_>>().join("|"))
        };
        let mut lines: Vec<String> = self.rows.iter().map(line).collect();
        let rule = widths.iter().map(|width| "-".repeat(width + 2)).collect::<Vec<_>>().join("|");
        lines.insert(1.min(lines.len()), format!("|{rule}|"));
        lines
    }

    pub(crate) fn say(&self) {
        say("");
        self.lines().iter().for_each(|line| say(line));
        say("");
    }
}

/// One server's figures, for a row of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a>(pub(crate) &'a Value);

impl Row<'_> {
    pub(crate) fn text(self, name: &str) -> String {
        match self.0.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => "-".to_owned(),
        }
    }

    pub(crate) fn maybe(self, name: &str) -> Option<f64> {
        self.0.get(name)?.as_f64()
    }

    pub(crate) fn number(self, name: &str) -> f64 {
        self.maybe(name).unwrap_or(f64::NAN)
    }

    /// A quantile of a latency.
    pub(crate) fn of(self, name: &str, quantile: &str) -> f64 {
        self.0.get(name).and_then(|all| all.get(quantile)).and_then(Value::as_f64).unwrap_or(f64::NAN)
    }

    pub(crate) fn is(self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    pub(crate) fn numbers(self, name: &str) -> Vec<f64> {
        self.0.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_f64).collect()
    }
}

/// Microseconds with as many digits as mean something.
pub(crate) fn micros(value: f64) -> String {
    if value < 100.0 { format!("{value:.1}") } else { format!("{value:.0}") }
}

/// How many times the floor; a dash without a floor.
pub(crate) fn ratio(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.2}"))
}

/// Keeps the figures of a scenario, with the machine they are of.
pub(crate) fn keep(folder: &Path, scenario: &str, is_small: bool, figures: &[Value]) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    let path = folder.join(format!("{scenario}.json"));
    let all = json!({
        "scenario": scenario, "small": is_small, "machine": machine::describe(), "commit": commit(), "figures": figures,
    });
    fs::write(&path, format!("{all:#}\n")).with_context(|| path.display().to_string())
}

/// Which commit is checked out; nothing when that can't be said.
fn commit() -> Option<String> {
    let said = Command::new("git").args(["rev-parse", "--short", "HEAD"]).output().ok()?;
    said.status.success().then(|| String::from_utf8_lossy(&said.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(&["a", "server"]);
        table.row(vec!["100".to_owned(), "x".to_owned()]);
        assert_eq!(table.lines(), ["| a   | server |", "|-----|--------|", "| 100 | x      |"]);
    }
}
