//! `docs/threats.md` names tests that there are.

use std::{collections::BTreeSet, fs, path::Path};

/// The defences of the tables: rows whose last cell names tests as `file`: `name`, `name`; `file`: ...
fn named(document: &str) -> Vec<(String, Vec<(String, String)>)> {
    let rows = document.lines().filter(|line| line.starts_with('|') && !line.starts_with("|---"));
    let cells = rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>());
    let rows = cells.filter(|cells| cells.last().is_some_and(|last| last.contains('`')));
    rows.map(|cells| {
        let last = cells.last().unwrap();
        let files = last.split(';').filter_map(|part| part.split_once(':'));
        let tests = files.flat_map(|(file, names)| {
            let file = file.trim().trim_matches('`').to_owned();
            let names = names.split(',').map(|name| name.trim().trim_matches('`').to_owned());
            names.map(move |name| (file.clone(), name)).collect::<Vec<_>>()
        });
        (cells[0].to_owned(), tests.collect())
    })
    .collect()
}

#[test]
fn every_threat_names_a_test_that_there_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let document = fs::read_to_string(root.join("docs/threats.md")).unwrap();
    let threats = named(&document);
    assert!(threats.len() > 15, "{}", threats.len());
    let mut missing = BTreeSet::new();
    for (threat, tests) in threats {
        assert!(!tests.is_empty(), "{threat}: no test");
        for (file, name) in tests {
            let text = fs::read_to_string(root.join(&file)).unwrap_or_default().replace("!(\n    ", "!(");
            // A Rust test, one of both databases or both kinds of stream, a browser test, or a target of the fuzzer by its file alone.
            let there = [
                format!("fn {name}("),
                format!("both_databases!({name},"),
                format!("both_streams!({name},"),
                format!("test('{name}'"),
            ];
            if !there.iter().any(|one| text.contains(one)) {
                missing.insert(format!("{threat}: {file}: {name}"));
            }
        }
    }
    assert!(missing.is_empty(), "tests that are not there:\n{}", missing.into_iter().collect::<Vec<_>>().join("\n"));
}
