//! Attendance as files: read, planned, applied, and written.

use serde_json::{Value, json};

use crate::{
    attendance::{PATH, fill, row, told},
    support::{
        Form, Institute, Member, both_databases,
        http::{Answer, each},
    },
};

const HEAD: &str = "Date,Student ID,Course,Subject,Semester,Session,Type,Status,Hours Attended,Remarks\n";

impl Institute {
    async fn send_file(&self, who: &Member, path: &str, text: &str) -> Answer {
        let form = Form::new().file("november.csv", text.as_bytes());
        let path = format!("{PATH}/{path}");
        self.raw(("POST", path.as_str()), who, &Form::content_type(), form.finish()).await
    }
}

both_databases!(a_file_is_recorded_at_once_as_the_existing_client_sends_it, async |institute: Institute| {
    let people = &institute.people;
    let mut asha = institute.live(&people.asha).await;
    let file = format!(
        "{HEAD}2026-11-20,ASHA,gnm,Anatomy,3,Morning,Theory,Present,0,\n20/11/2026,gone,GNM,Anatomy,3,Morning,Theory,absent,,ill?\n\
         2026-11-20,bina,GNM,Anatomy,3,Morning,Theory,Present,4,\n2026-11-20,chitra,ANM,Anatomy,3,Morning,Theory,Present,4,\n\
         2026-11-20,gone,GNM,Anatomy,3,Morning,Theory,Late,4,\n2026-11-20,asha,GNM,Anatomy,3,Night,Theory,Late,4,\n"
    );
    let answer = institute.send_file(&people.teacher, "bulk", &file).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    let imported = answer.data();
    assert_eq!((&imported["total"], &imported["success"], &imported["failed"]), (&json!(6), &json!(2), &json!(4)));
    let rows: Vec<_> = imported["errors"].as_array().unwrap().iter().map(|error| error["row"].clone()).collect();
    assert_eq!(rows, [4, 5, 6, 7], "as a spreadsheet numbers them");
    let record = institute.only("studentId=asha").await;
    assert_eq!((&record["status"], &record["hoursAttended"]), (&json!("Present"), &json!(0.0)), "M-34");
    assert_eq!(institute.only("studentId=gone").await["remarks"], "ill?");
    institute.ring().await;
    assert_eq!(told(&mut asha).await.len(), 1, "an import tells too");
    for (text, what) in [("", "nothing"), ("a,b\n1,2\n", "other columns"), (HEAD, "no rows")] {
        let answer = institute.send_file(&people.teacher, "bulk", text).await;
        answer.refuses(400, "attendance.file_unreadable", &["file"], what);
    }
    institute.send_file(&people.asha, "bulk", &file).await.refuses(403, "auth.wrong_role", &[], "a student");
});

both_databases!(a_plan_is_applied_exactly_or_not_at_all, async |institute: Institute| {
    let people = &institute.people;
    institute.record(&people.teacher, &institute.class(&json!([row(&people.asha, "Present", 4)]))).await;
    let file = format!(
        "{HEAD}2026-11-20,asha,GNM,Anatomy,3,Morning,Theory,Absent,,\n2026-11-20,gone,GNM,Anatomy,3,Morning,Theory,Late,,\n\
         2026-11-20,nobody,GNM,Anatomy,3,Morning,Theory,Late,,\n"
    );
    let plan = institute.send_file(&people.teacher, "imports", &file).await.data();
    assert_eq!(each(&plan["rows"], "action"), ["change", "add", "refused"]);
    assert_eq!((&plan["rows"][0]["was"], &plan["add"], &plan["refused"]), (&json!("Present"), &json!(1), &json!(1)));
    assert_eq!(institute.only("").await["status"], "Present", "nothing is recorded yet");
    let apply = async |who: &Member, plan: &Value| {
        let path = format!("{PATH}/imports/{}/apply", plan["_id"].as_str().unwrap());
        institute.bare("POST", who, &path).await
    };
    apply(&people.lecturer, &plan).await.refuses(404, "attendance.import_not_found", &[], "somebody else's");
    let done = apply(&people.teacher, &plan).await.data();
    assert_eq!((&done["success"], &done["failed"]), (&json!(2), &json!(1)));
    let asha = institute.only("studentId=asha").await;
    assert_eq!(asha["status"], "Absent");
    let history = institute.get(&people.teacher, &format!("{PATH}/{}/history", asha["_id"].as_str().unwrap())).await;
    assert_eq!(history.data()[0]["reason"], "Import of november.csv");
    apply(&people.teacher, &plan).await.refuses(409, "attendance.import_applied", &[], "twice");

    let plan = institute.send_file(&people.teacher, "imports", &file.replace("Absent", "Leave")).await.data();
    institute.record(&people.teacher, &institute.class(&json!([row(&people.asha, "Late", 4)]))).await;
    apply(&people.teacher, &plan).await.refuses(409, "attendance.import_outdated", &[], "corrected meanwhile");
    assert_eq!(institute.only("studentId=asha").await["status"], "Late");
});

both_databases!(records_and_report_are_written_as_tables, async |institute: Institute| {
    fill(&institute).await;
    let people = &institute.people;
    let get = async |who: &Member, query: &str| institute.get(who, &format!("{PATH}/{query}")).await;
    let csv = get(&people.office, "export?month=11&year=2026&studentId=asha").await;
    assert!(csv.header("content-disposition").contains("filename=\"attendance_2026-11-22.csv\""), "{:?}", csv.headers);
    let text = String::from_utf8(csv.body).unwrap();
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(
        lines[0],
        "Date,Student ID,Student Name,Course,Subject,Semester,Session,Type,Status,Hours Attended,Total Hours,Remarks"
    );
    assert_eq!(lines.len(), 7, "{text}");
    assert_eq!(lines[1], "2026-11-05,asha,asha Nair,GNM,Child Health,3,Full Day,Clinical,Present,8,8,");
    // What was written is read again, and changes nothing.
    let plan = institute.send_file(&people.teacher, "imports", &text).await.data();
    assert_eq!((&plan["same"], &plan["total"]), (&json!(6), &json!(6)), "{plan}");
    let of_others = get(&people.lecturer, "export").await;
    assert_eq!(String::from_utf8(of_others.body).unwrap().lines().count(), 2, "ANM alone");

    let report = get(&people.teacher, &format!("report/export?course={}&month=11&year=2026", institute.gnm)).await;
    assert!(report.header("content-disposition").contains("attendance_report_2026-11-01_2026-11-30.csv"));
    let text = String::from_utf8(report.body).unwrap();
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    assert!(
        lines[0].starts_with("Student ID,Student Name,Held,Present,Late,Absent,Leave,Percentage,Hours,Theory Held"),
        "{text}"
    );
    assert!(lines[1].starts_with("asha,asha Nair,5,2,1,1,1,60,16,3,2,66.67,80,"), "{text}");
    assert!(lines[1].ends_with("\"Theory, Practical\""), "{text}");
    for path in ["export?format=xlsx", "report/export?format=xlsx"] {
        assert!(get(&people.office, path).await.body.starts_with(b"PK"), "{path}");
    }
    for path in ["export?format=pdf", "report/export?format=pdf"] {
        assert!(get(&people.office, path).await.body.starts_with(b"%PDF"), "{path}");
    }
    for path in ["export?format=doc", "report/export?format=doc"] {
        get(&people.office, path).await.refuses(400, "request.invalid_query", &["format"], path);
    }
    for path in ["export", "report/export"] {
        get(&people.asha, path).await.refuses(403, "auth.wrong_role", &[], path);
    }
});

both_databases!(what_a_file_does_not_say_stays_as_it_is, async |institute: Institute| {
    let people = &institute.people;
    let class = json!({
        "course": institute.gnm, "semester": 3, "subject": "Anatomy", "date": "2026-11-20", "type": "Practical", "totalHours": 2,
    });
    let board = institute.json("POST", &people.teacher, &format!("{PATH}/classes"), &class).await.data();
    let taps = format!("{PATH}/classes/{}/taps", board["class"]["_id"].as_str().unwrap());
    let tap = json!({
        "tapId": "00000000-0000-4000-8000-000000000001", "student": people.asha.student.unwrap(), "status": "Late",
        "hoursAttended": 1, "base": 0, "at": "2026-11-20T09:00:00Z",
    });
    let marked = institute.json("POST", &people.teacher, &taps, &json!({"taps": [tap]})).await.data();
    let record = format!("{PATH}/{}", marked["marks"][0]["attendance"].as_str().unwrap());
    institute
        .json("PUT", &people.teacher, &record, &json!({"rev": 1, "remarks": "Bus", "reason": "She said so."}))
        .await
        .data();
    let before = institute.only("studentId=asha").await;
    assert_eq!((&before["totalHours"], &before["hoursAttended"]), (&json!(2.0), &json!(1.0)));
    let saved = institute.get(&people.teacher, &format!("{PATH}/export")).await.body;
    let plan = institute.send_file(&people.teacher, "imports", &String::from_utf8(saved).unwrap()).await.data();
    assert_eq!(plan["same"], 1, "what was written is read again: {plan}");

    const NEEDED: &str = "Date,Student ID,Course,Subject,Status\n2026-11-20,asha,GNM,Anatomy,";
    let plan = institute.send_file(&people.teacher, "imports", &format!("{NEEDED}Late\n")).await.data();
    assert_eq!(plan["same"], 1, "{plan}");
    let done = institute.send_file(&people.teacher, "bulk", &format!("{NEEDED}Present\n")).await.data();
    assert_eq!(done["success"], 1, "{done}");
    let after = institute.only("studentId=asha").await;
    assert_eq!(
        ["status", "type", "totalHours", "hoursAttended", "remarks"].map(|name| after[name].clone()),
        [json!("Present"), json!("Practical"), json!(2.0), json!(2.0), json!("Bus")]
    );
    let long = "Date,Student ID,Course,Subject,Status,Hours,Total Hours\n2026-11-20,asha,GNM,Anatomy,Present,3,2\n";
    let plan = institute.send_file(&people.teacher, "imports", long).await.data();
    assert_eq!(plan["rows"][0]["error"], "Hours Attended: Nobody attends longer than the class was.");
});

both_databases!(a_file_overrules_the_taps_that_were_made_before_it, async |institute: Institute| {
    let people = &institute.people;
    let class = json!({"course": institute.gnm, "semester": 3, "subject": "Anatomy", "date": "2026-11-20"});
    let board = institute.json("POST", &people.teacher, &format!("{PATH}/classes"), &class).await.data();
    let class = board["class"]["_id"].as_str().unwrap();
    let file = format!("{HEAD}2026-11-20,asha,GNM,Anatomy,3,Morning,Theory,Absent,,\n");
    institute.send_file(&people.office, "bulk", &file).await.data();
    // It was offline.
    let tap = json!({
        "tapId": "00000000-0000-4000-8000-000000000001", "student": people.asha.student.unwrap(), "status": "Present",
        "base": 0, "at": "2026-11-22T09:00:00Z",
    });
    let taps = format!("{PATH}/classes/{class}/taps");
    let answer = institute.json("POST", &people.teacher, &taps, &json!({"taps": [tap]})).await.data();
    assert_eq!(
        (&answer["results"][0]["outcome"], &answer["marks"][0]["status"]),
        (&json!("overtaken"), &json!("Absent"))
    );
    assert_eq!(institute.only("studentId=asha").await["status"], "Absent");
});
