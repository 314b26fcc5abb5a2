//! The table of failures in `docs/operations.md` names tests that there are.

use std::{fs, path::Path};

fn sources(folder: &Path, into: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_test_that_the_table_of_failures_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = fs::read_to_string(root.join("docs/operations.md")).unwrap();
    let (_, table) = page.split_once("## When something fails").unwrap();
    let table = table.split("\n## ").next().unwrap();
    let mut all = String::new();
    sources(&root.join("crates/server/tests"), &mut all);
    sources(&root.join("crates/store/tests"), &mut all);
    let mut named = 0;
    for row in table.lines().filter(|line| line.starts_with("| ")).skip(1) {
        let last = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        let tests: Vec<_> = last.split('`').skip(1).step_by(2).filter(|name| !name.ends_with(".rs")).collect();
        assert!(!tests.is_empty(), "no test: {row}");
        for name in tests {
            let is_there = [format!("fn {name}("), format!("redis!({name},"), format!("databases!({name},")];
            assert!(is_there.iter().any(|text| all.contains(text)), "{name} is no test");
            named += 1;
        }
    }
    assert!(named >= 10, "{named}");
}
