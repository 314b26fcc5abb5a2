//! Everything a student can see or has heard, held against what they may know.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::http::Answer;

use super::schedule::{Attended, Mark, STUDENTS, World};

/// What only staff may read.
const STAFF_ROUTES: [&str; 11] = [
    "/api/admin/marks",
    "/api/admin/marks/stats",
    "/api/admin/marks/export",
    "/api/admin/marks/sheets",
    "/api/admin/attendance",
    "/api/admin/attendance/report",
    "/api/admin/students",
    "/api/admin/students/stats",
    "/api/admin/students/export",
    "/api/admin/dashboard/stats",
    "/api/admin/downloads",
];

type Looked = Result<(), String>;

impl World {
    /// Looks at everything, as every student.
    pub(super) async fn look(&mut self) -> Looked {
        self.listen().await;
        for (student, name) in STUDENTS.into_iter().enumerate() {
            let heard = std::mem::take(&mut self.heard[student]);
            for event in heard {
                self.judge_event(student, &event.name, &event.payload)
                    .map_err(|leak| format!("{name} heard {} {}: {leak}", event.name, event.payload))?;
            }
            self.look_at_marks(student).await?;
            self.look_at_histories(student).await?;
            self.look_at_attendance(student).await?;
            self.look_at_the_first_page(student).await?;
            for path in STAFF_ROUTES {
                let answer = self.institute.get(self.member(student), path).await;
                self.nothing_of_others(student, path, &answer)?;
                demand(matches!(answer.status, 403 | 404), || format!("{path} answers a student: {}", answer.status))?;
            }
        }
        Ok(())
    }

    fn own(&self, student: usize) -> impl Iterator<Item = &Mark> {
        self.marks.iter().filter(move |((_, of), _)| *of == student).map(|(_, mark)| mark)
    }

    /// What an event may hold that a student hears, however late: nothing that a recall or a deletion takes back.
    fn judge_event(&self, student: usize, name: &str, payload: &Value) -> Looked {
        self.no_name_of_others(student, &payload.to_string())?;
        match name {
            "marks:published" | "marks:recalled" => {
                no_values(payload, &["course", "semester", "subject", "examType", "examLabel", "sheet"])
            }
            "marks:updated" => {
                no_values(payload, &["course", "semester", "subject", "examType", "examLabel", "sheet", "_id"])?;
                let mut of_others = self.marks.iter().filter(|((_, of), _)| *of != student);
                demand(of_others.all(|(_, mark)| mark.id != payload["_id"]), || "another's mark".to_owned())
            }
            "attendance:changed" => {
                no_values(payload, &["date", "subject", "semester", "course", "studentId", "type", "session"])?;
                demand(payload["studentId"] == STUDENTS[student], || "nothing about this student".to_owned())
            }
            "notification:created" => {
                let said = (string(payload, "title"), string(payload, "message"));
                demand(self.notices[student].contains(&said), || "a notice that is not theirs".to_owned())
            }
            "notification:read" => Ok(()),
            _ => Err("no event for students".to_owned()),
        }
    }

    async fn look_at_marks(&self, student: usize) -> Looked {
        let who = self.member(student);
        let path = "/api/student/marks";
        let answer = self.institute.get(who, path).await;
        self.nothing_of_others(student, path, &answer)?;
        let data = answer.data();
        let visible: BTreeMap<&str, i64> =
            self.own(student).filter(|mark| mark.is_published).map(|mark| (mark.id.as_str(), mark.obtained)).collect();
        let marks = data["marks"].as_array().unwrap();
        let shown: BTreeMap<&str, i64> = marks
            .iter()
            .map(|mark| (mark["_id"].as_str().unwrap(), hundredths(&mark["totalMarks"]["obtained"])))
            .collect();
        same(path, &shown, &visible)?;
        demand(marks.len() == visible.len(), || format!("{path}: {} rows", marks.len()))?;

        // All exams of this story are of semester 3. A total that held more would differ.
        let stats = &data["semesterStats"]["3"];
        let total: i64 = visible.values().sum();
        let shown = (stats["totalSubjects"].as_u64().unwrap_or(0), hundredths(&stats["obtainedMarks"]));
        same(&format!("{path}, totals"), &shown, &(visible.len() as u64, total))?;
        let points: Vec<f64> = visible.values().map(|&score| points(score)).filter(|&points| points > 0.0).collect();
        let mean = if points.is_empty() { 0.0 } else { points.iter().sum::<f64>() / points.len() as f64 };
        let cgpa = data["student"]["cgpa"].as_f64().unwrap();
        demand((cgpa - mean).abs() < 0.006, || format!("{path}: a CGPA of {cgpa} and not {mean}"))?;
        let profile = "/api/student/profile";
        let answer = self.institute.get(who, profile).await;
        self.nothing_of_others(student, profile, &answer)?;
        let cgpa = answer.data()["cgpa"].as_f64().unwrap();
        demand((cgpa - mean).abs() < 0.006, || format!("{profile}: a CGPA of {cgpa} and not {mean}"))?;

        for filter in ["?semester=3", "?limit=1", "?examType=Internal", "?subject=Pharmacology", "?isPublished=false"] {
            let path = format!("{path}{filter}");
            let answer = self.institute.get(who, &path).await;
            self.nothing_of_others(student, &path, &answer)?;
            for mark in answer.data()["marks"].as_array().unwrap() {
                let id = mark["_id"].as_str().unwrap();
                demand(visible.contains_key(id), || format!("{path}: a mark that is not published"))?;
            }
        }
        let path = "/api/student/marks/download";
        let answer = self.institute.get(who, path).await;
        self.nothing_of_others(student, path, &answer)?;
        let file = String::from_utf8(answer.body).unwrap();
        demand(file.lines().count() == 1 + visible.len(), || format!("{path}: {file}"))
    }

    /// The history of each mark there is, asked for by each student.
    async fn look_at_histories(&self, student: usize) -> Looked {
        for ((_, of), mark) in &self.marks {
            let path = format!("/api/student/marks/{}/history", mark.id);
            let answer = self.institute.get(self.member(student), &path).await;
            let whole = format!("{path} of {}'s mark", STUDENTS[*of]);
            if *of != student || mark.shown.is_empty() {
                demand(answer.status == 404, || format!("{whole} answers {}", answer.status))?;
                self.nothing_of_others(student, &path, &answer)?;
                continue;
            }
            let mut numbers = BTreeSet::new();
            numbers_of(&answer.json(), &mut numbers);
            let hidden = self.own(student).map(|mark| mark.obtained).filter(|score| !mark.shown.contains(score));
            let hidden: Vec<i64> = hidden.filter(|score| numbers.contains(score)).collect();
            let others: Vec<_> = self.own(student).filter(|other| other.id != mark.id).collect();
            let is_elsewhere = |score: &i64| others.iter().any(|other| other.shown.contains(score));
            let hidden: Vec<_> = hidden.into_iter().filter(|score| !is_elsewhere(score)).collect();
            demand(hidden.is_empty(), || format!("{whole} shows drafts: {hidden:?}"))?;
        }
        Ok(())
    }

    async fn look_at_attendance(&self, student: usize) -> Looked {
        let path = "/api/student/attendance";
        let answer = self.institute.get(self.member(student), path).await;
        self.nothing_of_others(student, path, &answer)?;
        let data = answer.data();
        let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let shown: BTreeSet<[String; 4]> = data["attendance"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| ["date", "session", "status", "remarks"].map(|key| text(row, key)))
            .collect();
        let own = || self.attendance.iter().filter(|((of, ..), _)| *of == student);
        let expected: BTreeSet<[String; 4]> = own()
            .map(|((_, date, session), Attended { status, remarks, .. })| {
                [(*date).to_owned(), (*session).to_owned(), (*status).to_owned(), remarks.clone()]
            })
            .collect();
        same(path, &shown, &expected)?;
        let figures = |records: &[&Attended]| {
            [&["Present"][..], &["Late"], &["Absent"], &["Leave", "Medical Leave"]]
                .map(|statuses| records.iter().filter(|record| statuses.contains(&record.status)).count() as u64)
        };
        let told = |stats: &Value| ["present", "late", "absent", "leave"].map(|key| stats[key].as_u64().unwrap());
        let all: Vec<_> = own().map(|(_, record)| record).collect();
        same(&format!("{path}, totals"), &told(&data["stats"]), &figures(&all))?;

        // How they stand counts the classes of where they are now, which in this story are all of one subject and kind.
        let here: Vec<_> = all.into_iter().filter(|record| record.of == self.places[student]).collect();
        let expected = figures(&here);
        let [present, late, ..] = expected;
        let standing = &data["standing"];
        same(&format!("{path}, standing"), &told(&standing["overall"]), &expected)?;
        for gauges in ["byType", "bySubject"] {
            let gauges = standing[gauges].as_array().unwrap();
            let shown = gauges.iter().map(|gauge| ["attended", "held"].map(|key| gauge[key].as_u64().unwrap()));
            let expected: &[_] = if here.is_empty() { &[] } else { &[[present + late, here.len() as u64]] };
            same(&format!("{path}, standing"), &&*shown.collect::<Vec<_>>(), &expected)?;
        }
        Ok(())
    }

    /// The figures of the dashboard, and what the student was notified of.
    async fn look_at_the_first_page(&self, student: usize) -> Looked {
        let path = "/api/student/dashboard";
        let answer = self.institute.get(self.member(student), path).await;
        self.nothing_of_others(student, path, &answer)?;
        let stats = &answer.data()["stats"];
        let mean = |sum: i64, count: usize| if count == 0 { 0.0 } else { sum as f64 / count as f64 / 100.0 };
        let visible: Vec<i64> = self.own(student).filter(|mark| mark.is_published).map(|mark| mark.obtained).collect();
        let own: Vec<_> = self.attendance.iter().filter(|((of, ..), _)| *of == student).collect();
        let attended = own.iter().filter(|(_, record)| matches!(record.status, "Present" | "Late")).count();
        let attended = i64::try_from(attended).unwrap() * 10_000;
        for (name, expected) in [
            ("internalMarks", mean(visible.iter().sum(), visible.len())),
            ("overallAttendance", mean(attended, own.len())),
        ] {
            let shown = stats[name].as_f64().unwrap();
            demand((shown - expected).abs() < 0.006, || format!("{path}: {name} is {shown} and not {expected}"))?;
        }
        let path = "/api/student/notifications?limit=500";
        let answer = self.institute.get(self.member(student), path).await;
        self.nothing_of_others(student, path, &answer)?;
        let list = answer.data();
        let list = list.as_array().unwrap().iter();
        let mut shown: Vec<_> = list.map(|notice| (string(notice, "title"), string(notice, "message"))).collect();
        let mut expected = self.notices[student].clone();
        shown.sort_unstable();
        expected.sort_unstable();
        same(path, &shown, &expected)
    }

    /// Neither a name nor a word of anybody else.
    fn nothing_of_others(&self, student: usize, path: &str, answer: &Answer) -> Looked {
        let text = String::from_utf8_lossy(&answer.body);
        self.no_name_of_others(student, &text).map_err(|leak| format!("{path} of {}: {leak}", STUDENTS[student]))
    }

    fn no_name_of_others(&self, student: usize, text: &str) -> Looked {
        for other in (0..STUDENTS.len()).filter(|other| *other != student) {
            let member = self.member(other);
            let names = [member.name.to_owned(), member.user.to_string(), member.student.unwrap().to_string()];
            for name in names {
                demand(!text.contains(&name), || format!("{name} in {text}"))?;
            }
        }
        for ((of, ..), record) in &self.attendance {
            demand(*of == student || !text.contains(&record.remarks), || format!("{} in {text}", record.remarks))?;
        }
        Ok(())
    }
}

fn string(document: &Value, key: &str) -> String {
    document[key].as_str().unwrap_or_default().to_owned()
}

/// Nothing but these keys.
fn no_values(payload: &Value, keys: &[&str]) -> Looked {
    let other = payload.as_object().unwrap().keys().find(|key| !keys.contains(&key.as_str()));
    other.map_or(Ok(()), |key| Err(format!("{key} is none of its business")))
}

/// Grade points of a score of 100, as the contract has them (2.14), written down a second time.
fn points(score: i64) -> f64 {
    match score {
        9000.. => 10.0,
        8000.. => 9.0,
        7000.. => 8.0,
        6000.. => 7.0,
        5000.. => 6.0,
        4000.. => 5.0,
        3500.. => 4.0,
        _ => 0.0,
    }
}

fn hundredths(number: &Value) -> i64 {
    number.as_f64().map_or(0, in_hundredths)
}

#[expect(clippy::cast_possible_truncation, reason = "scores are small")]
fn in_hundredths(number: f64) -> i64 {
    (number * 100.0).round() as i64
}

/// All numbers of a document, also those that are written as text, in hundredths.
fn numbers_of(value: &Value, into: &mut BTreeSet<i64>) {
    match value {
        Value::Number(_) => drop(into.insert(hundredths(value))),
        Value::String(text) => {
            if let Ok(number) = text.parse::<f64>() {
                into.insert(in_hundredths(number));
            }
        }
        Value::Array(values) => values.iter().for_each(|value| numbers_of(value, into)),
        Value::Object(values) => values.values().for_each(|value| numbers_of(value, into)),
        Value::Null | Value::Bool(_) => {}
    }
}

fn same<T: PartialEq + std::fmt::Debug>(where_: &str, shown: &T, expected: &T) -> Looked {
    demand(shown == expected, || format!("{where_} shows {shown:?} and not {expected:?}"))
}

fn demand(holds: bool, what: impl FnOnce() -> String) -> Looked {
    if holds { Ok(()) } else { Err(what()) }
}
