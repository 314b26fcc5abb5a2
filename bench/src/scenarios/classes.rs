//! `classes`: recording attendance, and reading it, as the institute and its history grow.
//!
//! A class is 60 students in one request and one transaction, with one event to the staff and one to each student. Four teachers' pages send
//! one after the other. Then students open their month, the office a day's list and a month's report. Three institutes are measured with
//! few records; the one of a thousand students also when its first month is full, and when a million records are stored: days and months
//! hold the same then, and only what came before them has grown. On SQLite and, where one is named by `LAMPLIGHT_TEST_POSTGRES`, on
//! PostgreSQL.

use std::net::SocketAddrV4;

use anyhow::Context;
use lamplight_kernel::CourseId;
use lamplight_store::Backend;
use serde_json::{Value, json};

use super::Bench;
use crate::{
    machine::now,
    page::Page,
    place::{Place, backends, label},
    report::{Row, Table},
    say::progress,
    seed::{self, School},
    stats::{Histogram, quantiles},
};

/// How it is measured, for the page of figures.
pub(crate) const METHOD: &str = "A class of 60 is recorded in one request: a transaction with 60 rows, the events, a commit that is on the disk. Four \
    connections send classes one after the other. Then one connection reads: a student's month with all totals, the office's list of a course's day, a month's report of a \
    course. *Rows* is what is stored when reading begins. Of the institute of 1,000 students the second and the third line read days and months that \
    hold the same, the third with seven times as much history before them. A student's page says how they stand in the semester, which here \
    is all there is: 36, 162 and 1,036 classes of the one student; more than a thousand no semester has. PostgreSQL runs with its usual durability on the same machine, on whatever core is free.";

const CLASS: usize = 60;
const WRITERS: usize = 4;
const STUDENTS: [usize; 3] = [100, 1_000, 10_000];
/// The institute that is measured with a history, and how much of it.
const WITH_HISTORY: usize = 1_000;
const HISTORY: usize = 1_000_000;
/// A month of classes, at least.
const MONTH_DAYS: usize = 31;
const CLASSES: usize = 600;
const READS: usize = 300;
/// Of each course, so that a class is a course and a semester.
const SEMESTERS: usize = 6;

pub(crate) fn run(bench: &Bench) -> anyhow::Result<Vec<Value>> {
    let mut rows = Vec::new();
    for backend in backends("classes") {
        for students in STUDENTS.into_iter().take(if bench.is_small { 1 } else { STUDENTS.len() }) {
            rows.extend(one(bench, backend, students)?);
        }
    }
    Ok(rows)
}

pub(crate) fn table(figures: &[Value]) -> Table {
    let mut table = Table::new(&[
        "database",
        "students",
        "rows",
        "classes a second",
        "a class, ms: p50",
        "p99",
        "student's month: p50",
        "p99",
        "day's list: p50",
        "p99",
        "month's report: p50",
        "p99",
    ]);
    for row in figures.iter().map(Row) {
        let mut cells = vec![
            row.text("database"),
            row.text("students"),
            row.text("rows"),
            format!("{:.0}", row.number("classesPerSecond")),
        ];
        for name in ["nanosToRecord", "nanosToMonth", "nanosToList", "nanosToReport"] {
            cells.extend(["p50", "p99"].map(|quantile| format!("{:.1}", row.of(name, quantile) / 1e6)));
        }
        table.row(cells);
    }
    table
}

/// The students of one course and semester.
pub(super) struct Class {
    pub(super) course: CourseId,
    semester: usize,
    names: Vec<String>,
}

pub(super) fn classes_of(school: &School) -> Vec<Class> {
    let class = |(course, semester, names): &(CourseId, usize, Vec<String>)| Class {
        course: *course,
        semester: *semester,
        names: names.clone(),
    };
    school.cohorts.iter().map(class).collect()
}

fn one(bench: &Bench, backend: Backend, students: usize) -> anyhow::Result<Vec<Value>> {
    let name = label(backend);
    progress(&format!("classes: {name}, {students} students"));
    let place = Place::new(backend)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let school = runtime.block_on(seed::found_school(&place.url, students, CLASS, SEMESTERS))?;
    let classes = classes_of(&school);
    let server = place.serve(&bench.binaries.lamplight, None)?;
    // Records classes from the so-manyth on, and reads a day and its month.
    let measure = |from: usize, day: usize| -> anyhow::Result<Value> {
        let started = now();
        let record = record(server.address, &school.office, &classes, from, CLASSES)?;
        let seconds = (now() - started) as f64 / 1e9;
        let mut page = Page::open(server.address)?;
        let date = date(day);
        let (year, of_month) = (date.get(..4).unwrap_or_default(), date.get(5..7).unwrap_or_default());
        let (mut month, mut list, mut report) = (Histogram::default(), Histogram::default(), Histogram::default());
        for index in 0..READS {
            let token = school.students.get(index * 7 % school.students.len().max(1)).context("no student")?;
            let class = classes.get(index % classes.len().max(1)).context("no class")?;
            month.add(page.get(token, &format!("/api/student/attendance?month={of_month}&year={year}"))?);
            let office = &school.office;
            let course = class.course;
            list.add(page.get(office, &format!("/api/admin/attendance?date={date}&course={course}"))?);
            if index % 10 == 0 {
                let path = format!("/api/admin/attendance/report?course={course}&month={of_month}&year={year}");
                report.add(page.get(office, &path)?);
            }
        }
        let rows = (from + CLASSES) * CLASS.min(students);
        progress(&format!(
            "classes: {name}, {students} students, {rows} rows: {:.0} classes a second",
            CLASSES as f64 / seconds
        ));
        Ok(json!({
            "database": name, "students": students, "rows": rows, "classesPerSecond": CLASSES as f64 / seconds,
            "nanosToRecord": quantiles(&record), "nanosToMonth": quantiles(&month), "nanosToList": quantiles(&list),
            "nanosToReport": quantiles(&report),
        }))
    };
    let mut figures = vec![measure(0, 0)?];
    if students == WITH_HISTORY {
        let of_day = classes.len() * SLOTS;
        let mut from = CLASSES;
        for wanted in [MONTH_DAYS * of_day, HISTORY / CLASS] {
            while from < wanted {
                let step = 2_000.min(wanted - from);
                record(server.address, &school.office, &classes, from, step)?;
                from += step;
                progress(&format!("classes: {name}, {} rows stored", from * CLASS));
            }
            // A day of a month that is full.
            figures.push(measure(from, (from / of_day).saturating_sub(MONTH_DAYS))?);
            from += CLASSES;
        }
    }
    Ok(figures)
}

/// Classes that one course and semester can have on a day here: two subjects, two sessions.
const SLOTS: usize = 4;

/// The so-manyth school day.
fn date(day: usize) -> String {
    let first = jiff::civil::date(2026, 1, 1);
    let days = i64::try_from(day % 300).unwrap_or(0);
    first.checked_add(jiff::Span::new().days(days)).unwrap_or(first).to_string()
}

/// Records so many classes, each another one, beginning with the so-manyth.
pub(super) fn record(
    server: SocketAddrV4,
    office: &str,
    classes: &[Class],
    from: usize,
    count: usize,
) -> anyhow::Result<Histogram> {
    let write = |writer: usize| -> anyhow::Result<Histogram> {
        let mut page = Page::open(server)?;
        let mut times = Histogram::default();
        for number in (from..from + count).filter(|number| number % WRITERS == writer) {
            let class = classes.get(number % classes.len().max(1)).context("no class")?;
            let slot = number / classes.len().max(1);
            let students: Vec<_> = class
                .names
                .iter()
                .enumerate()
                .map(|(index, name)| {
                    let status = if (index + number) % 7 == 0 { "Absent" } else { "Present" };
                    json!({"studentId": name, "status": status, "hoursAttended": if status == "Absent" { 0 } else { 4 }})
                })
                .collect();
            let body = json!({
                "date": date(slot / SLOTS), "course": class.course, "semester": class.semester,
                "subject": if slot.is_multiple_of(2) { "Anatomy" } else { "Physiology" },
                "session": if (slot / 2).is_multiple_of(2) { "Morning" } else { "Afternoon" }, "type": "Theory", "students": students,
            });
            times.add(page.post(office, "/api/admin/attendance", &body)?);
        }
        Ok(times)
    };
    std::thread::scope(|scope| {
        let write = &write;
        let threads: Vec<_> = (0..WRITERS).map(|writer| scope.spawn(move || write(writer))).collect();
        let mut all = Histogram::default();
        for thread in threads {
            all.merge(&thread.join().map_err(|_| anyhow::anyhow!("a writer ended"))??);
        }
        Ok(all)
    })
}
