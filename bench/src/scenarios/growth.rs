//! `growth`: whether anything gets slower when much has been stored.
//!
//! A small institute with few events, and a large one whose log grows to ten million. The events are written through the crate that owns the log,
//! as the server writes them, while no server runs; then one is started and asked.

use std::time::Duration;

use anyhow::Context;
use lamplight_features::attendance::Changed;
use lamplight_kernel::{Chance, Clock, Room, Target};
use lamplight_store::Store;
use serde_json::{Value, json};

use super::{
    Bench, IN_FLIGHT, PATIENCE, caused,
    classes::{classes_of, record as record_classes},
    log::record,
};
use crate::{
    load::Swarm,
    machine::{nanos_of, now},
    page::Page,
    place::{Place, backends, label},
    plot::Line,
    report::{Row, Table},
    say::progress,
    seed::{self, School},
    servers::analyze,
    stats::{Histogram, median, quantiles},
    trigger::{Cause, Trigger},
};

/// How it is measured, for the page of figures.
pub(crate) const METHOD: &str = "An institute of 10,000 students with 10,000 events, then one of 100,000 students whose log grows from 10,000 to 10 million events: six of seven for one \
    student, one for the staff. **Resume**: 100 students one after the other come back with 20 events to get, more than 600 events behind, so that the log is read: from dialling \
    to the twentieth. **Commit**: a title is changed, from request to answer, with a commit that is on the disk. The lists are asked for 100 times each; the mail address that is searched is one student's in both institutes; the name is one student's in the small one and eleven students' in the large, and of the words the large one has ten times as many, too: there the answer grows, not only what it is looked for in. Each cell is p50 and p99 in milliseconds. *More events* is \
    p50 with 10 million events of p50 with 10,000, both with 100,000 students; *more of both* of p50 in the small institute.";

/// Students, and the events that are stored when it is measured.
const INSTITUTES: [(usize, &[i64]); 2] = [(10_000, &[10_000]), (100_000, &[10_000, 100_000, 1_000_000, 10_000_000])];
const SMALL: [(usize, &[i64]); 2] = [(100, &[1_000]), (1_000, &[1_000, 10_000])];
/// Events in one transaction, when the log is filled.
const AT_ONCE: i64 = 20_000;
const RETURNING: usize = 100;
const MISSED: usize = 20;
/// More than the relay answers from memory.
const CLASSES: usize = 11;
const COMMITS: usize = 300;
const ASKED: usize = 100;

/// A name for people, who asks, and the address.
const LISTS: [(&str, bool, &str); 11] = [
    ("a student's attendance", true, "/api/student/attendance?month=1&year=2026"),
    ("a student's study material", true, "/api/student/downloads?page=1&limit=50"),
    ("a student's notices", true, "/api/notifications?limit=50"),
    ("students, first page", false, "/api/admin/students?page=1&limit=50"),
    ("students, of one semester", false, "/api/admin/students?semester=3&status=Active&limit=50"),
    ("students, one searched by mail address", false, "/api/admin/students?search=student7777%40&limit=50"),
    ("students, a name searched", false, "/api/admin/students?search=student7777+nair&limit=50"),
    ("students, a word that a hundredth has", false, "/api/admin/students?search=student77+nair&limit=50"),
    ("students, a word that all have", false, "/api/admin/students?search=nair&limit=50"),
    ("users, first page", false, "/api/admin/users?page=1&limit=50"),
    ("audit, newest", false, "/api/admin/audit?limit=50"),
];

pub(crate) fn run(bench: &Bench) -> anyhow::Result<Vec<Value>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut figures = Vec::new();
    for backend in backends("growth") {
        for (students, sizes) in if bench.is_small { SMALL } else { INSTITUTES } {
            let name = label(backend);
            progress(&format!("growth: {name}, making an institute of {students} students"));
            let place = Place::new(backend)?;
            let school = runtime.block_on(seed::found_school(&place.url, students, 60, 6))?;
            for (step, &events) in sizes.iter().enumerate() {
                runtime.block_on(fill(&place, &school, events, name))?;
                progress(&format!("growth: {name}, {students} students, {events} events: measuring"));
                let measured = measure(bench, &place, &school, step)?;
                progress(&format!("growth: {name}, {students} students, {events} events: measured"));
                for (what, nanos) in measured {
                    figures.push(json!({
                        "what": what, "database": name, "students": students, "events": events, "nanos": quantiles(&nanos),
                    }));
                }
            }
        }
    }
    Ok(figures)
}

/// Writes events until there are so many.
async fn fill(place: &Place, school: &School, events: i64, name: &str) -> anyhow::Result<()> {
    let store = Store::connect(&place.url, Clock::system(), Chance::system()).await?;
    let mut there = store.log().head().await?.seq;
    let users = school.users.len();
    while there < events {
        let mut tx = store.begin().await?;
        for number in there..(there + AT_ONCE).min(events) {
            if number % 7 == 6 {
                let stamp = Changed {
                    date: jiff::civil::date(2026, 11, 20),
                    subject: "Anatomy".to_owned(),
                    semester: 3,
                    course: tx.id(),
                    student_id: None,
                };
                tx.record(&stamp, Target::rooms([Room::faculty(), Room::admins()]))?;
                continue;
            }
            let index = usize::try_from(number).unwrap_or(0).wrapping_mul(7_919) % users.max(1);
            record(&mut tx, *school.users.get(index).context("no student")?)?;
        }
        let before = there;
        there = (there + AT_ONCE).min(events);
        tx.commit().await?;
        if there / 1_000_000 > before / 1_000_000 {
            progress(&format!("growth: {name}, {there} events stored"));
        }
    }
    // What each database does by itself in the long run, and has had no time for.
    store.tidy().await?;
    analyze(&place.url)?;
    store.close().await?;
    Ok(())
}

fn measure(
    bench: &Bench,
    place: &Place,
    school: &School,
    step: usize,
) -> anyhow::Result<Vec<(&'static str, Histogram)>> {
    let server = place.serve(&bench.binaries.lamplight, None)?;
    let download = seed::upload(server.address, &school.office)?;
    let cause = Cause::Lamplight { token: school.office.clone(), download };
    let mut swarm = Swarm::new(server.address)?;
    let returning = RETURNING.min(school.students.len() / 2);
    school.students.iter().take(returning).for_each(|token| swarm.add(token.as_str().into()));
    swarm.connect_all(IN_FLIGHT, PATIENCE)?;
    swarm.open_trigger(Trigger::open(server.address, cause)?)?;
    // Each has an offset to come back with.
    super::deliver_one(&mut swarm)?;
    swarm.expect_from_now();
    (0..returning).for_each(|index| swarm.cut(index));
    let classes = classes_of(school);
    for _ in 0..MISSED {
        fire_alone(&mut swarm)?;
    }
    record_classes(server.address, &school.office, &classes, step * CLASSES, CLASSES)?;
    let last = swarm.deliveries.last_number();
    let mut resume = Histogram::default();
    for index in 0..returning {
        let started = now();
        swarm.start(index);
        let has_all = |swarm: &Swarm| swarm.clients.get(index).is_some_and(|client| client.received.missing(last) == 0);
        if !swarm.run_until(started + nanos_of(Duration::from_secs(20)), has_all)? {
            anyhow::bail!("who came back was not given what they missed");
        }
        resume.add(now() - started);
        swarm.cut(index);
    }
    let fresh = swarm.clients.iter().filter(|client| client.fresh > 1).count();
    anyhow::ensure!(fresh == 0, "{fresh} of those who came back were told to load afresh");

    let mut commit = Histogram::default();
    for _ in 0..COMMITS {
        let number = fire_alone(&mut swarm)?;
        commit.add(caused(&swarm, number)?.answered - swarm.deliveries.sent(number).started);
    }

    let mut figures = vec![("resume", resume), ("commit", commit)];
    let mut page = Page::open(server.address)?;
    for (list, is_students, path) in LISTS {
        let mut times = Histogram::default();
        for index in 0..ASKED {
            let student = school.students.get(index * 31 % school.students.len().max(1)).context("no student")?;
            let token = if is_students { student } else { &school.office };
            times.add(page.get(token, path).with_context(|| list.to_owned())?);
        }
        figures.push((list, times));
    }
    Ok(figures)
}

/// Causes an event while nobody is there to hear it.
fn fire_alone(swarm: &mut Swarm) -> anyhow::Result<u32> {
    let number = swarm.fire()?;
    swarm.run_until(now() + nanos_of(Duration::from_secs(20)), |swarm| {
        swarm.trigger.as_ref().is_some_and(Trigger::is_idle)
    })?;
    Ok(number)
}

/// Columns: students and events.
fn sizes(figures: &[Value]) -> Vec<(f64, f64)> {
    let mut sizes: Vec<(f64, f64)> = Vec::new();
    for row in figures.iter().map(Row) {
        let size = (row.number("students"), row.number("events"));
        if !sizes.contains(&size) {
            sizes.push(size);
        }
    }
    sizes
}

fn find<'a>(figures: &'a [Value], what: &str, database: &str, (students, events): (f64, f64)) -> Option<Row<'a>> {
    figures.iter().map(Row).find(|row| {
        row.text("what") == what
            && row.text("database") == database
            && row.number("students") == students
            && row.number("events") == events
    })
}

/// What was measured on which database, in order.
fn subjects(figures: &[Value]) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for row in figures.iter().map(Row) {
        let subject = (row.text("what"), row.text("database"));
        if !all.contains(&subject) {
            all.push(subject);
        }
    }
    all
}

pub(crate) fn table(figures: &[Value]) -> Table {
    let sizes = sizes(figures);
    let titles = sizes.iter().map(|(students, events)| format!("{students} students, {events} events"));
    let mut columns = vec!["what".to_owned(), "database".to_owned()];
    columns.extend(titles);
    columns.extend(["more events".to_owned(), "more of both".to_owned()]);
    let mut table = Table::new(&columns.iter().map(String::as_str).collect::<Vec<_>>());
    for (what, database) in subjects(figures) {
        let at = |size: Option<&(f64, f64)>| size.and_then(|&size| find(figures, &what, &database, size));
        let p50 = |size: Option<&(f64, f64)>| at(size).map_or(f64::NAN, |row| row.of("nanos", "p50"));
        let mut cells = vec![what.clone(), database.clone()];
        for size in &sizes {
            let cell = at(Some(size))
                .map(|row| format!("{:.2} / {:.2}", row.of("nanos", "p50") / 1e6, row.of("nanos", "p99") / 1e6));
            cells.push(cell.unwrap_or_else(|| "-".to_owned()));
        }
        cells.push(format!("{:.2}", p50(sizes.last()) / p50(sizes.get(1))));
        cells.push(format!("{:.2}", p50(sizes.last()) / p50(sizes.first())));
        table.row(cells);
    }
    table
}

/// Lines for the plot: p50 with so many events, of p50 with the fewest, in the large institute. Of the lists the middle one.
pub(crate) fn lines(figures: &[Value]) -> Vec<(String, Vec<(f64, f64)>)> {
    let sizes = sizes(figures);
    let large: Vec<_> = sizes.get(1..).unwrap_or_default().to_vec();
    let subjects = subjects(figures);
    let growth = |what: &str, database: &str, size: (f64, f64)| {
        let p50 = |size| find(figures, what, database, size).map_or(f64::NAN, |row| row.of("nanos", "p50"));
        p50(size) / large.first().map_or(f64::NAN, |&first| p50(first))
    };
    let mut lines = Vec::new();
    for database in ["SQLite", "PostgreSQL"] {
        for group in ["resume", "commit", "lists"] {
            let members: Vec<&str> = subjects
                .iter()
                .filter(|(what, of)| {
                    of == database
                        && if group == "lists" { what != "resume" && what != "commit" } else { what == group }
                })
                .map(|(what, _)| what.as_str())
                .collect();
            if members.is_empty() {
                continue;
            }
            let point = |&size: &(f64, f64)| {
                (size.1, median(&members.iter().map(|what| growth(what, database, size)).collect::<Vec<_>>()))
            };
            lines.push((format!("{group}, {database}"), large.iter().map(point).collect()));
        }
    }
    lines
}

/// See [`lines`].
pub(crate) fn as_lines(named: &[(String, Vec<(f64, f64)>)]) -> Vec<Line<'_>> {
    named.iter().map(|(name, points)| Line { name, points: points.clone() }).collect()
}
