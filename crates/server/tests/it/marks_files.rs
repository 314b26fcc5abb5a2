//! Marks as files: read into a sheet, and the sheet on paper.

use serde_json::{Value, json};

use crate::{
    marks::{all, enter, names, publish, theory, window_ends},
    support::{
        Form, Institute, Member, both_databases,
        http::{Answer, each},
    },
};

const SHEETS: &str = "/api/admin/marks/sheets";

/// A sheet of theory out of 75 and practical out of 25; its address.
async fn sheet(institute: &Institute) -> String {
    let form = json!({
        "course": institute.gnm, "semester": 3, "subject": "Pharmacology", "examType": "Internal",
        "maxima": {"theory": 75, "practical": 25, "viva": 0, "assignment": 0},
    });
    let made = institute.json("POST", &institute.people.teacher, SHEETS, &form).await.data();
    format!("{SHEETS}/{}", made["_id"].as_str().unwrap())
}

async fn send(institute: &Institute, who: &Member, sheet: &str, text: &str) -> Answer {
    let form = Form::new().file("internal.csv", text.as_bytes());
    institute.raw(("POST", &format!("{sheet}/imports")), who, &Form::content_type(), form.finish()).await
}

async fn apply(institute: &Institute, who: &Member, plan: &Value) -> Answer {
    institute.bare("POST", who, &format!("/api/admin/marks/imports/{}/apply", plan["_id"].as_str().unwrap())).await
}

both_databases!(a_file_of_marks_is_planned_and_entered_exactly_so, async |institute: Institute| {
    let people = &institute.people;
    let path = sheet(&institute).await;
    let file = "Our college,,,\nRoll No,Remarks,Practical Obtained,Theory,Rank\nASHA,Well done,20,60.5,1\n\
                gone,,ab,76,2\nbina,,1,1,3\nnobody,,1,1,4\nasha,,1,1,5\n ,,1,1,6\n";
    let plan = send(&institute, &people.teacher, &path, file).await.data();
    assert_eq!(each(&plan["rows"], "action"), ["add", "refused", "refused", "refused", "refused", "refused"]);
    let errors: Vec<_> =
        plan["rows"].as_array().unwrap().iter().map(|row| row["error"].as_str().unwrap_or("")).collect();
    for (at, word) in [(1, "76 is more than the 75"), (2, "not in this course"), (3, "no student"), (4, "earlier row")]
    {
        assert!(errors[at].contains(word), "{errors:?}");
    }
    assert_eq!(plan["rows"][0]["row"], 3, "as a spreadsheet numbers it");
    assert_eq!(plan["rows"][0]["studentName"], "asha Nair");
    assert_eq!(
        plan["rows"][0]["cells"],
        json!([
            {"part": "theory", "value": 60.5, "was": null, "rev": 0}, {"part": "practical", "value": 20, "was": null, "rev": 0},
        ])
    );
    assert_eq!(all(&institute).await.len(), 0, "nothing is entered yet");

    let mut desk = institute.live(&people.office).await;
    let mut asha = institute.live(&people.asha).await;
    apply(&institute, &people.office, &plan).await.refuses(404, "marks.import_not_found", &[], "somebody else's");
    let done = apply(&institute, &people.teacher, &plan).await.data();
    assert_eq!((&done["total"], &done["success"], &done["failed"]), (&json!(6), &json!(1), &json!(5)));
    apply(&institute, &people.teacher, &plan).await.refuses(409, "marks.import_applied", &[], "twice");
    let mark = all(&institute).await[0].clone();
    assert_eq!((&mark["totalMarks"], &mark["remarks"]), (&json!({"obtained": 80.5, "max": 100}), &json!("Well done")));
    institute.ring().await;
    let told = desk.before_the_bell().await;
    assert_eq!((names(&told), told[0].payload["cells"].as_array().unwrap().len()), (vec!["marks:edited"], 2));
    assert_eq!(asha.before_the_bell().await, [], "a draft");
    let history = format!("/api/admin/marks/{}/history", mark["_id"].as_str().unwrap());
    let history = institute.get(&people.teacher, &history).await.data();
    assert_eq!(history["history"][0]["reason"], "Import of internal.csv");

    // An empty cell leaves what stands there; a cell that was changed since the plan makes it void.
    let again = "Student ID,Theory,Practical\nasha,61,\ngone,WH,A\n";
    let plan = send(&institute, &people.teacher, &path, again).await.data();
    assert_eq!(each(&plan["rows"], "action"), ["change", "add"]);
    let student = people.asha.student;
    let cell = |value: i32, base: i32| json!({"cells": [{"student": student, "part": "theory", "value": value, "base": base}]});
    institute.json("PATCH", &people.office, &format!("{path}/cells"), &cell(50, 1)).await.data();
    apply(&institute, &people.teacher, &plan).await.refuses(409, "marks.import_outdated", &[], "changed meanwhile");
    let plan = send(&institute, &people.teacher, &path, again).await.data();
    apply(&institute, &people.teacher, &plan).await.data();
    let same = send(&institute, &people.teacher, &path, again).await.data();
    assert_eq!((&same["same"], &same["total"]), (&json!(2), &json!(2)));
    let marks = all(&institute).await;
    let of = |name: &str| marks.iter().find(|mark| mark["student"]["studentId"] == name).unwrap().clone();
    assert_eq!(of("asha")["totalMarks"]["obtained"], 81);
    assert_eq!(
        (&of("gone")["grade"], &of("gone")["marks"]["practical"]["status"]),
        (&json!("Withheld"), &json!("absent"))
    );
    lamplight_features::marks::verify(institute.store().reader()).await.unwrap().unwrap();
});

both_databases!(only_a_draft_takes_a_file_and_only_from_who_teaches_it, async |institute: Institute| {
    let people = &institute.people;
    let path = sheet(&institute).await;
    let file = "Student ID,Theory\nasha,50\n";
    let plan = send(&institute, &people.teacher, &path, file).await.data();
    for (text, what) in [
        ("", "nothing"),
        ("a,b\n1,2\n", "other columns"),
        ("Student ID,Theory\n", "no rows"),
        ("Student ID,Remarks\nasha,x\n", "no marks"),
        ("Student ID,Theory,Theory\nasha,1,2\n", "a column twice"),
    ] {
        send(&institute, &people.teacher, &path, text).await.refuses(400, "marks.file_unreadable", &["file"], what);
    }
    send(&institute, &people.lecturer, &path, file).await.refuses(
        403,
        "marks.not_your_course",
        &[],
        "another's course",
    );
    send(&institute, &people.asha, &path, file).await.refuses(403, "auth.wrong_role", &[], "a student");
    let review = format!("{path}/review");
    institute.json("POST", &people.teacher, &review, &json!({"review": true})).await.data();
    send(&institute, &people.teacher, &path, file).await.refuses(409, "marks.not_a_draft", &[], "in review");
    apply(&institute, &people.teacher, &plan).await.refuses(409, "marks.not_a_draft", &[], "in review");
    institute.json("POST", &people.teacher, &review, &json!({"review": false})).await.data();
    apply(&institute, &people.teacher, &plan).await.data();
    publish(&institute).await;
    send(&institute, &people.teacher, &path, file).await.refuses(409, "marks.scheduled", &[], "about to be published");
    window_ends(&institute).await;
    send(&institute, &people.teacher, &path, file).await.refuses(409, "marks.not_a_draft", &[], "published");
    assert_eq!(
        institute.get(&people.asha, "/api/student/marks").await.data()["marks"][0]["totalMarks"]["obtained"],
        50
    );
});

both_databases!(a_sheet_is_printed_with_what_a_council_asks_for, async |institute: Institute| {
    let people = &institute.people;
    let rows = [("asha", json!(82.5)), ("gone", json!("absent"))];
    enter(&institute, &theory(&institute, &rows)).await;
    let list = institute.get(&people.teacher, SHEETS).await.data();
    let path = format!("{SHEETS}/{}/print", list["sheets"][0]["_id"].as_str().unwrap());
    let pdf = institute.get(&people.teacher, &path).await;
    assert_eq!((pdf.status, pdf.header("content-type")), (200, "application/pdf"));
    assert!(pdf.header("content-disposition").contains("marks_GNM_3_Pharmacology_2026-11-22.pdf"), "{:?}", pdf.headers);
    assert!(pdf.body.starts_with(b"%PDF"));
    let text = String::from_utf8_lossy(&pdf.body).into_owned();
    for expected in [
        "(Institute of Nursing)",
        "(Marks in Pharmacology)",
        "General Nursing and Midwifery (GNM)",
        "Semester: 3",
        "Examination: Internal",
        "Date: 2026-11-22",
        "Draft, not published.",
        "(Theory (100))",
        "(Total (100))",
        "(asha Nair)",
        "(82.5)",
        "(Absent)",
        "Students: 2     Marked: 2     Passed: 1     Failed: 0     Absent: 1     Withheld: 0",
        "average 82.50 %",
        "(Principal)",
        "(Page 1 of 1)",
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    institute.get(&people.lecturer, &path).await.refuses(403, "marks.not_your_course", &[], "another's course");
    institute.get(&people.asha, &path).await.refuses(403, "auth.wrong_role", &[], "a student");
});
