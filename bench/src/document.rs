//! `docs/performance.md` and its plot, from the figures that were kept.

use std::{fs, path::Path};

use anyhow::{Context, bail};
use clap::ValueEnum;
use serde_json::Value;

use crate::{
    plot::{Line, draw},
    report::Row,
    say::say,
    scenarios::{Scenario, growth},
    servers::Kind,
};

const INTRODUCTION: &str = "# What Lamplight costs

`make bench` measures it and `make bench-docs` writes this page from what was measured; nothing here is written by hand but the words
about how. The figures of one table are of one run on one machine, with the servers taking turns. Compare ratios, not
microseconds: another machine, or another hour of a shared one, has others.

* **floor**: one `write` for each message and connection, in a loop, by a program that does nothing else (`bench/src/floor.rs`).
* **Lamplight**: the release binary as it is shipped, on its embedded database. What causes an event is the HTTP request of an
  administrator who changes the title of study material for all students (`PUT /api/admin/downloads/{id}`): a transaction, a commit
  that is on the disk, the event log, the relay, the sockets. Every client is another student with a token of its own.
* **socketioxide**, **Node socket.io** (with ws): small programs as their documentation shows it (`bench/peers`). They check the same
  tokens, put each client into five rooms and send the same document to one room when they get an HTTP request. **They have no
  database** and no log; what they are asked to send is in nobody's memory but theirs.
* **recovery**: Node socket.io with its connection state recovery switched on, which keeps what was sent in memory.

Each server runs on one core of its own, the load generator (`bench/src/load.rs`) on the other; all over loopback, each client from an
address of its own. Node has its usual one thread for JavaScript.

A section says on which commit it was measured. One that does not was measured before that was noted, most of them before every token had a session,
before there were counters for `/metrics`, and before TLS was built in.
";

pub(crate) fn write(figures: &Path, docs: &Path) -> anyhow::Result<()> {
    let path = docs.join("performance.md");
    let before = fs::read_to_string(&path).unwrap_or_default();
    let mut page = INTRODUCTION.to_owned();
    let mut machine = None;
    let mut sections = String::new();
    for scenario in Scenario::value_variants() {
        let title = format!("\n## {}\n", scenario.title());
        let Ok(text) = fs::read_to_string(figures.join(format!("{}.json", scenario.name()))) else {
            match section(&before, &title) {
                Some(kept) => sections.push_str(kept),
                None => say(&format!("{} was never measured and is left out", scenario.name())),
            }
            continue;
        };
        let kept: Value = serde_json::from_str(&text).with_context(|| scenario.name().to_owned())?;
        let rows = kept.get("figures").and_then(Value::as_array).cloned().unwrap_or_default();
        machine = machine.or_else(|| kept.get("machine").cloned());
        sections.push_str(&format!("{title}\n{}\n\n", scenario.method()));
        match scenario {
            Scenario::Deliver => {
                let lines: Vec<Line<'_>> = Kind::ALL.iter().filter_map(|kind| line(*kind, &rows)).collect();
                let svg =
                    draw("What it costs to tell everybody", "clients", "CPU a delivered message, microseconds", &lines);
                fs::write(docs.join("performance.svg"), svg)?;
                sections.push_str("![CPU a delivered message against clients](performance.svg)\n\n");
            }
            Scenario::Growth => {
                let lines = growth::lines(&rows);
                let svg = draw(
                    "Ten million events",
                    "stored events",
                    "p50, of p50 with the fewest",
                    &growth::as_lines(&lines),
                );
                fs::write(docs.join("growth.svg"), svg)?;
                sections.push_str("![p50 against stored events](growth.svg)\n\n");
            }
            _ => {}
        }
        sections.push_str(&scenario.table(&rows).lines().join("\n"));
        sections.push('\n');
        if let Some(commit) = kept.get("commit").and_then(Value::as_str) {
            sections.push_str(&format!("\nMeasured on commit `{commit}`.\n"));
        }
        if kept.get("small").and_then(Value::as_bool) == Some(true) {
            sections.push_str("\nMeasured with `SCALE=small`: little of it, to see that it runs.\n");
        }
    }
    let Some(machine) = machine else { bail!("nothing was measured yet: run `make bench`") };
    page.push_str(&machine_in_words(&machine));
    page.push_str(&sections);
    fs::write(&path, page).with_context(|| path.display().to_string())?;
    say(&format!("wrote {}", path.display()));
    Ok(())
}

/// What stood under this title, which is not measured anew every time.
fn section<'a>(page: &'a str, title: &str) -> Option<&'a str> {
    let section = page.get(page.find(title)?..)?;
    let end = section.get(title.len()..)?.find("\n## ").map_or(section.len(), |end| end + title.len());
    section.get(..end)
}

fn machine_in_words(machine: &Value) -> String {
    let row = Row(machine);
    let shared = if row.is("hypervisor") { ", a virtual machine, whose cores others may share" } else { "" };
    format!(
        "\nThe machine: {}, {} cores, {} GiB, Linux {}{shared}.\n",
        row.text("cpu"),
        row.text("cores"),
        row.text("memoryGiB"),
        row.text("kernel")
    )
}

fn line(kind: Kind, rows: &[Value]) -> Option<Line<'static>> {
    let of_kind = rows.iter().map(Row).filter(|row| row.text("server") == kind.name());
    let points: Vec<_> = of_kind.map(|row| (row.number("clients"), row.number("cpuMicrosPerMessage"))).collect();
    (!points.is_empty()).then_some(Line { name: kind.name(), points })
}
