//! `lists`: what the office opens all day, in an institute of a thousand and of ten thousand students, and what signing in costs beside
//! the check of the password alone.

use std::time::{Duration, Instant};

use anyhow::Context;
use lamplight_auth::Passwords;
use lamplight_store::Backend;
use serde_json::{Value, json};

use super::Bench;
use crate::{
    page::Page,
    place::{Place, backends, label},
    report::{Row, Table},
    say::progress,
    seed,
    servers::analyze,
    stats::{Histogram, quantiles},
};

/// How it is measured, for the page of figures.
pub(crate) const METHOD: &str = "One connection of the office asks for one list after the other, 300 times each. *Growth* is p50 with ten times as many \
    students, of p50 with a thousand. PostgreSQL has counted what its tables hold. Signing in is 40 times one person, beside what checking that password costs without a server (argon2id with the same \
    parameters, in the load generator).";

const SIZES: [usize; 2] = [1_000, 10_000];
const ASKED: usize = 300;
const SIGN_INS: usize = 40;
/// Of a class.
const CLASS: usize = 60;
const SEMESTERS: usize = 6;

/// A name for people, and the address; `{middle}` is the page in the middle of all students.
const LISTS: [(&str, &str); 11] = [
    ("students, first page", "/api/admin/students?page=1&limit=50"),
    ("students, the page in the middle", "/api/admin/students?page={middle}&limit=50"),
    ("students, searched by name", "/api/admin/students?search=student77+nair&limit=50"),
    ("students, of one semester", "/api/admin/students?semester=3&status=Active&limit=50"),
    ("students, statistics", "/api/admin/students/stats"),
    ("users, first page", "/api/admin/users?page=1&limit=50"),
    ("users, searched", "/api/admin/users?search=student77&limit=50"),
    ("courses", "/api/admin/courses"),
    ("faculty", "/api/admin/faculty"),
    ("audit, newest", "/api/admin/audit?limit=50"),
    ("dashboard", "/api/admin/dashboard/stats"),
];

pub(crate) fn run(bench: &Bench) -> anyhow::Result<Vec<Value>> {
    let sizes = if bench.is_small { [100, 1_000] } else { SIZES };
    let mut figures = Vec::new();
    for backend in backends("lists") {
        let [few, many] = [one(bench, backend, sizes[0])?, one(bench, backend, sizes[1])?];
        for ((list, few), (_, many)) in few.into_iter().zip(many) {
            figures.push(json!({"database": label(backend), "list": list, "few": few, "many": many}));
        }
    }
    Ok(figures)
}

pub(crate) fn table(figures: &[Value]) -> Table {
    let mut table =
        Table::new(&["what", "database", "1,000 students, ms: p50", "p99", "10,000 students: p50", "p99", "growth"]);
    for row in figures.iter().map(Row) {
        let mut cells = vec![row.text("list"), row.text("database")];
        for name in ["few", "many"] {
            cells.extend(["p50", "p99"].map(|quantile| format!("{:.1}", row.of(name, quantile) / 1e6)));
        }
        cells.push(format!("{:.1}", row.of("many", "p50") / row.of("few", "p50")));
        table.row(cells);
    }
    table
}

/// Quantiles in nanoseconds by what was asked.
fn one(bench: &Bench, backend: Backend, students: usize) -> anyhow::Result<Vec<(String, Value)>> {
    progress(&format!("lists: {}, {students} students", label(backend)));
    let place = Place::new(backend)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let school = runtime.block_on(seed::found_school(&place.url, students, CLASS, SEMESTERS))?;
    // What it does by itself within a minute.
    analyze(&place.url)?;
    let server = place.serve(&bench.binaries.lamplight, None)?;
    let mut page = Page::open(server.address)?;
    let mut figures = Vec::new();
    for (list, path) in LISTS {
        let path = path.replace("{middle}", &(students / 50 / 2).to_string());
        let mut times = Histogram::default();
        for _ in 0..ASKED {
            times.add(page.get(&school.office, &path).with_context(|| list.to_owned())?);
        }
        figures.push((list.to_owned(), quantiles(&times)));
    }
    let credentials = json!({"email": "student7", "password": seed::PASSWORD});
    let mut times = Histogram::default();
    for _ in 0..SIGN_INS {
        times.add(page.post("", "/api/auth/login", &credentials)?);
    }
    figures.push(("signing in".to_owned(), quantiles(&times)));
    figures.push(("the password alone".to_owned(), quantiles(&runtime.block_on(passwords())?)));
    Ok(figures)
}

async fn passwords() -> anyhow::Result<Histogram> {
    let passwords = Passwords::new().map_err(|error| anyhow::anyhow!("{error}"))?;
    let hash = seed::hash().await?;
    let mut times = Histogram::default();
    for _ in 0..SIGN_INS {
        let started = Instant::now();
        anyhow::ensure!(passwords.verify(seed::PASSWORD, Some(&hash)).await, "the password is not the one it was");
        times.add(nanos(started.elapsed()));
    }
    Ok(times)
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
