//! Regulations: set from a date on, for the institute or a course, and never forgotten.

use lamplight_features::regulations::{self, Key};
use serde_json::{Value, json};

use crate::{
    marks,
    support::{Institute, both_databases},
};

const AT: &str = "/api/admin/regulations";

async fn set(institute: &Institute, form: Value) -> Value {
    institute.json("PUT", &institute.people.office, AT, &form).await.data()
}

/// What holds today for the institute, then by course code.
fn today(list: &Value, key: &str) -> Vec<Value> {
    let regulations = list["regulations"].as_array().unwrap();
    let found = regulations.iter().find(|one| one["key"] == key).unwrap();
    found["today"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| json!([one["courseCode"], one["value"], one["since"]]))
        .collect()
}

both_databases!(defaults_hold_until_something_is_set, async |institute: Institute| {
    let list = institute.get(&institute.people.office, AT).await.data();
    assert_eq!(list["history"], json!([]));
    let default =
        |value: Value| vec![json!([null, value, null]), json!(["ANM", value, null]), json!(["GNM", value, null])];
    assert_eq!(today(&list, "attendance_theory"), default(json!(80)));
    assert_eq!(today(&list, "attendance_practical"), default(json!(80)));
    assert_eq!(today(&list, "attendance_clinical"), default(json!(100)));
    assert_eq!(today(&list, "marks_pass"), default(json!(35)));
    for (key, from) in [("grade_o", 90), ("grade_a_plus", 80), ("grade_b_plus", 60), ("grade_d", 35)] {
        assert_eq!(today(&list, key), default(json!(from)), "{key}");
    }
    let cap = [json!([null, null, null]), json!(["ANM", null, null]), json!(["GNM", 75, null])];
    assert_eq!(today(&list, "marks_class_average_cap"), cap);
});

both_databases!(a_regulation_holds_from_its_date_and_the_history_is_kept, async |institute: Institute| {
    let gnm = institute.gnm;
    set(&institute, json!({"key": "attendance_theory", "value": 75, "validFrom": "2026-11-23"})).await;
    institute.clock.advance(std::time::Duration::from_secs(1));
    let list =
        set(&institute, json!({"key": "attendance_theory", "value": "70", "validFrom": "2026-01-01", "course": gnm}))
            .await;
    let expected = [json!([null, 80, null]), json!(["ANM", 80, null]), json!(["GNM", 70, "2026-01-01"])];
    assert_eq!(today(&list, "attendance_theory"), expected, "tomorrow's does not hold yet");

    institute.clock.advance(crate::support::institute::DAY);
    let list = institute.get(&institute.people.office, AT).await.data();
    let expected =
        [json!([null, 75, "2026-11-23"]), json!(["ANM", 75, "2026-11-23"]), json!(["GNM", 70, "2026-01-01"])];
    assert_eq!(today(&list, "attendance_theory"), expected);

    let list = set(
        &institute,
        json!({"key": "marks_class_average_cap", "value": null, "validFrom": "2026-11-01", "course": gnm}),
    )
    .await;
    assert_eq!(today(&list, "marks_class_average_cap")[2], json!(["GNM", null, "2026-11-01"]), "a limit can be lifted");
    let history: Vec<Value> = list["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| json!([one["key"], one["courseCode"], one["value"], one["validFrom"], one["setBy"], one["setAt"]]))
        .collect();
    assert_eq!(
        history,
        [
            json!(["marks_class_average_cap", "GNM", null, "2026-11-01", "Office", "2026-11-23T10:00:01.000Z"]),
            json!(["attendance_theory", "GNM", 70, "2026-01-01", "Office", "2026-11-22T10:00:01.000Z"]),
            json!(["attendance_theory", null, 75, "2026-11-23", "Office", "2026-11-22T10:00:00.000Z"]),
        ]
    );

    let db = institute.store().reader();
    let on = |text: &str| text.parse().unwrap();
    let value = regulations::value(db, Key::AttendanceTheory, institute.anm, on("2026-11-22")).await.unwrap();
    assert_eq!(value, Some(80), "what held then is still told");
    let all = regulations::load(db).await.unwrap();
    assert_eq!(all.value(Key::AttendanceTheory, institute.anm, on("2026-11-23")), Some(75));
    assert_eq!(all.value(Key::AttendanceTheory, gnm, on("2025-12-31")), Some(80));
});

both_databases!(a_wrong_regulation_is_refused_and_nothing_is_kept, async |institute: Institute| {
    let office = &institute.people.office;
    for (form, code, field) in [
        (json!({"key": "marks_pass", "value": 101, "validFrom": "2026-11-01"}), "regulations.invalid", "value"),
        (json!({"key": "marks_pass", "value": -1, "validFrom": "2026-11-01"}), "regulations.invalid", "value"),
        (json!({"key": "marks_pass", "validFrom": "2026-11-01"}), "regulations.invalid", "value"),
        (json!({"key": "marks_pass", "value": 50.5, "validFrom": "2026-11-01"}), "request.invalid", "value"),
        (json!({"key": "marks_pass", "value": 50, "validFrom": "1/11/2026"}), "regulations.invalid", "validFrom"),
        (json!({"key": "marks_pass", "value": 50}), "request.invalid", "validFrom"),
        (json!({"key": "fees", "value": 50, "validFrom": "2026-11-01"}), "request.invalid", "key"),
        (
            json!({"key": "marks_pass", "value": 50, "validFrom": "2026-11-01", "course": "0190c0de-0000-7000-8000-00000000002a"}),
            "regulations.invalid",
            "course",
        ),
    ] {
        let what = form.to_string();
        institute.json("PUT", office, AT, &form).await.refuses(400, code, &[field], &what);
    }
    assert_eq!(institute.get(office, AT).await.data()["history"], json!([]));
});

both_databases!(marks_are_judged_by_the_scale_of_their_course_and_date, async |institute: Institute| {
    let grade = async |marks: i32| {
        marks::enter(&institute, &marks::theory(&institute, &[("asha", json!(marks))])).await;
        marks::all(&institute).await[0]["grade"].clone()
    };
    assert_eq!(grade(88).await, "A+");
    set(&institute, json!({"key": "grade_o", "value": 85, "validFrom": "2027-01-01", "course": institute.gnm})).await;
    set(&institute, json!({"key": "grade_o", "value": 85, "validFrom": "2026-01-01", "course": institute.anm})).await;
    assert_eq!(grade(87).await, "A+", "of another course, or of later exams");
    set(&institute, json!({"key": "grade_o", "value": 85, "validFrom": "2026-01-01", "course": institute.gnm})).await;
    assert_eq!(grade(86).await, "O");
});

both_databases!(only_administrators_set_regulations, async |institute: Institute| {
    let people = &institute.people;
    let form = json!({"key": "marks_pass", "value": 50, "validFrom": "2026-11-01"});
    for who in [&people.teacher, &people.asha] {
        institute.json("PUT", who, AT, &form).await.refuses(403, "auth.wrong_role", &[], who.name);
        institute.get(who, AT).await.refuses(403, "auth.wrong_role", &[], who.name);
    }
    assert_eq!(institute.json("PUT", "", AT, &form).await.status, 401);
});

both_databases!(those_it_concerns_hear_that_it_changed, async |institute: Institute| {
    let people = institute.people.clone();
    let mut pages = Vec::new();
    for who in people.all() {
        pages.push((who.name, institute.live(who).await));
    }
    set(&institute, json!({"key": "marks_pass", "value": 50, "validFrom": "2026-11-01", "course": institute.gnm}))
        .await;
    set(&institute, json!({"key": "attendance_clinical", "value": 90, "validFrom": "2026-11-01"})).await;
    institute.ring().await;
    let own = json!({"key": "marks_pass", "course": institute.gnm});
    let everybody = json!({"key": "attendance_clinical", "course": null});
    for (name, mut page) in pages {
        let heard = page.before_the_bell().await;
        assert!(heard.iter().all(|one| one.name == "regulations:changed"));
        let payloads: Vec<Value> = heard.into_iter().map(|one| one.payload).collect();
        let concerned = ["office", "teacher", "asha", "bina"].contains(&name);
        let expected = if concerned { vec![own.clone(), everybody.clone()] } else { vec![everybody.clone()] };
        assert_eq!(payloads, expected, "{name}");
    }
});
