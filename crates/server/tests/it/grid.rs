//! The grid of a sheet: cells with versions, so that two people never overwrite each other unseen.

use std::collections::HashMap;

use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

use crate::{
    marks::{all, names},
    support::{Institute, Member, both_databases},
};

async fn made(institute: &Institute) -> String {
    let form = json!({
        "course": institute.gnm, "semester": 3, "subject": "Pharmacology", "examType": "Internal",
        "maxima": {"theory": 75, "practical": 25, "viva": 0, "assignment": 0},
    });
    let answer = institute.json("POST", &institute.people.teacher, "/api/admin/marks/sheets", &form).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.data()["course"]["courseCode"], "GNM");
    let id = answer.data()["_id"].as_str().unwrap().to_owned();
    let again = institute.json("POST", &institute.people.teacher, "/api/admin/marks/sheets", &form).await;
    again.refuses(409, "marks.sheet_exists", &[], "the same exam");
    format!("/api/admin/marks/sheets/{id}")
}

fn edit(student: &Value, part: &str, value: impl Into<Value>, base: i64) -> Value {
    json!({"student": student, "part": part, "value": value.into(), "base": base})
}

async fn save(institute: &Institute, path: &str, who: &Member, cells: &[Value]) -> Value {
    let answer = institute.json("PATCH", who, &format!("{path}/cells"), &json!({"cells": cells})).await;
    answer.data()
}

both_databases!(cells_are_saved_one_by_one_and_a_conflict_shows_both_values, async |institute: Institute| {
    let (teacher, office) = (&institute.people.teacher, &institute.people.office);
    let path = made(&institute).await;
    let grid = institute.get(teacher, &path).await.data();
    let ids: Vec<_> = grid["rows"].as_array().unwrap().iter().map(|row| row["_id"].clone()).collect();
    assert_eq!((ids.len(), &grid["averageCap"], &grid["sheet"]["state"]), (2, &json!(75), &json!("draft")));
    let mut desk = institute.live(office).await;
    let mut asha = institute.live(&institute.people.asha).await;
    let saved = save(
        &institute,
        &path,
        teacher,
        &[
            edit(&ids[0], "theory", 60.5, 0),
            edit(&ids[0], "practical", "A", 0),
            edit(&ids[1], "theory", 76, 0),
            edit(&ids[1], "viva", 1, 0),
            edit(&json!(institute.people.bina.student.unwrap()), "theory", 1, 0),
            edit(&ids[1], "practical", -1, 0),
        ],
    )
    .await;
    assert_eq!(
        (saved["saved"].as_array().unwrap().len(), saved["refused"].as_array().unwrap().len()),
        (2, 4),
        "{saved}"
    );
    assert_eq!(saved["rows"][0]["grade"], "Absent");
    institute.ring().await;
    let told = desk.before_the_bell().await;
    assert_eq!((names(&told), told[0].payload["cells"][0]["value"].clone()), (vec!["marks:edited"], json!(60.5)));
    assert_eq!(asha.before_the_bell().await, []);

    let late = save(&institute, &path, office, &[edit(&ids[0], "theory", 50, 0), edit(&ids[1], "theory", 50, 0)]).await;
    assert_eq!(
        late["conflicts"],
        json!([{"student": ids[0], "part": "theory", "yours": 50, "theirs": 60.5, "rev": 1}])
    );
    assert_eq!(late["saved"][0]["rev"], 1, "the other cell is saved all the same");
    let again = save(&institute, &path, office, &[edit(&ids[0], "theory", 50, 1)]).await;
    assert_eq!(again["saved"][0], json!({"student": ids[0], "part": "theory", "value": 50, "rev": 2}));
    let same = save(&institute, &path, teacher, &[edit(&ids[0], "theory", 50, 0)]).await;
    assert_eq!((&same["conflicts"], &same["saved"][0]["rev"]), (&json!([]), &json!(2)), "both put the same");
    for who in [&institute.people.lecturer, &institute.people.librarian] {
        let body = json!({"cells": [edit(&ids[0], "theory", 1, 2)]});
        let answer = institute.json("PATCH", who, &format!("{path}/cells"), &body).await;
        answer.refuses(403, "marks.not_your_course", &[], who.name);
        institute.get(who, &path).await.refuses(403, "marks.not_your_course", &[], who.name);
    }
    institute.get(&institute.people.asha, &path).await.refuses(403, "auth.wrong_role", &[], "a student");

    let presence = json!({"student": ids[0], "part": "theory"});
    assert_eq!(institute.json("POST", teacher, &format!("{path}/presence"), &presence).await.status, 200);
    institute.ring().await;
    let told = desk.before_the_bell().await;
    assert_eq!(
        (told.last().unwrap().name.as_str(), &told.last().unwrap().payload["fullName"]),
        ("marks:entered", &json!("Teacher"))
    );
    assert_eq!(asha.before_the_bell().await, []);
});

/// One of two who edit the same grid, and what they know of it.
struct Writer<'a> {
    institute: &'a Institute,
    who: &'a Member,
    path: &'a str,
    dice: StdRng,
    /// Value and revision of each cell, as last seen.
    seen: HashMap<(String, &'static str), i64>,
    saved: i64,
    conflicts: i64,
    /// What this writer puts next, in hundredths: even for one, odd for the other.
    next: u32,
}

impl Writer<'_> {
    /// Some edits, each based on what this writer has seen.
    async fn write(&mut self, students: &[Value], count: usize) {
        let mut cells: HashMap<(String, &'static str), Value> = HashMap::new();
        while cells.len() < count {
            let student = &students[self.dice.random_range(0..students.len())];
            let (part, most) = [("theory", 75), ("practical", 25)][self.dice.random_range(0..2)];
            let key = (student.as_str().unwrap().to_owned(), part);
            let base = self.seen.get(&key).copied().unwrap_or(0);
            // No value twice in a row, and none that the other puts.
            self.next += 2;
            let value = f64::from(self.next % (most * 100)) / 100.0;
            cells.insert(key, edit(student, part, value, base));
        }
        let sent: Vec<Value> = cells.values().cloned().collect();
        let result = save(self.institute, self.path, self.who, &sent).await;
        let (saved, conflicts) = (result["saved"].as_array().unwrap(), result["conflicts"].as_array().unwrap());
        assert_eq!(saved.len() + conflicts.len(), count, "each edit is saved or shown: {result}");
        assert_eq!(result["refused"], json!([]));
        let key = |cell: &Value| {
            let part = if cell["part"] == "theory" { "theory" } else { "practical" };
            (cell["student"].as_str().unwrap().to_owned(), part)
        };
        for cell in saved {
            let (rev, base) = (cell["rev"].as_i64().unwrap(), cells[&key(cell)]["base"].as_i64().unwrap());
            assert_eq!(rev, base + 1, "nothing of another was overwritten: {cell}");
            self.seen.insert(key(cell), rev);
            self.saved += 1;
        }
        for cell in conflicts {
            let (rev, base) = (cell["rev"].as_i64().unwrap(), cells[&key(cell)]["base"].as_i64().unwrap());
            assert!(rev > base, "a conflict is with somebody's newer value: {cell}");
            self.seen.insert(key(cell), rev);
            self.conflicts += 1;
        }
    }
}

both_databases!(of_two_writers_with_a_thousand_edits_each_nothing_is_lost, async |institute: Institute| {
    let path = made(&institute).await;
    let grid = institute.get(&institute.people.teacher, &path).await.data();
    let ids: Vec<_> = grid["rows"].as_array().unwrap().iter().map(|row| row["_id"].clone()).collect();
    let writer = |who, seed: u32| Writer {
        institute: &institute,
        who,
        path: &path,
        dice: StdRng::seed_from_u64(seed.into()),
        seen: HashMap::new(),
        saved: 0,
        conflicts: 0,
        next: seed,
    };
    let (mut one, mut other) = (writer(&institute.people.teacher, 1), writer(&institute.people.office, 2));
    let work = async |writer: &mut Writer<'_>| {
        for _ in 0..500 {
            writer.write(&ids, 2).await;
        }
    };
    tokio::join!(work(&mut one), work(&mut other));
    for writer in [&one, &other] {
        assert_eq!(writer.saved + writer.conflicts, 1000);
        assert!(writer.saved > 100 && writer.conflicts > 50, "{} and {}", writer.saved, writer.conflicts);
    }
    let written = institute.number("SELECT CAST(SUM(theory_rev + practical_rev) AS BIGINT) FROM marks").await;
    assert_eq!(written, one.saved + other.saved, "each saved edit counted its cell up once");
    lamplight_features::marks::verify(institute.store().reader()).await.unwrap().unwrap();
    assert_eq!(all(&institute).await.len(), 2);
});
