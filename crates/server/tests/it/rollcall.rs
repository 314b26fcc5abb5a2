//! The roll-call board: shared, live, and the same in whatever order taps arrive.

use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Institute, Live, Member, both_databases, http::each};

const CLASSES: &str = "/api/admin/attendance/classes";

fn id(member: &Member) -> String {
    member.student.unwrap().to_string()
}

fn tap(number: u128, student: &Member, status: &str, base: i32, at: &str) -> Value {
    json!({
        "tapId": Uuid::from_u128(number), "student": id(student), "status": status, "base": base,
        "at": format!("2026-11-22T{at}Z"),
    })
}

impl Institute {
    fn class_form(&self, subject: &str) -> Value {
        json!({"course": self.gnm, "semester": 3, "subject": subject, "session": "Morning", "type": "Clinical"})
    }

    async fn opened(&self, who: &Member, subject: &str) -> Value {
        self.json("POST", who, CLASSES, &self.class_form(subject)).await.data()
    }

    async fn tapped(&self, who: &Member, class: &Value, taps: &[Value]) -> Value {
        let path = format!("{CLASSES}/{}/taps", class["class"]["_id"].as_str().unwrap());
        self.json("POST", who, &path, &json!({"taps": taps})).await.data()
    }

    async fn board(&self, class: &Value) -> Value {
        let path = format!("{CLASSES}/{}", class["class"]["_id"].as_str().unwrap());
        self.get(&self.people.office, &path).await.data()
    }
}

/// What a board says of its students.
fn said(board: &Value) -> Vec<(String, Value, Value)> {
    let seats = board["students"].as_array().unwrap().iter();
    let one = |seat: &Value| {
        (
            seat["student"]["studentId"].as_str().unwrap().to_owned(),
            seat["status"].clone(),
            seat["hoursAttended"].clone(),
        )
    };
    seats.map(one).collect()
}

/// What is heard but for notices, which have stories of their own.
async fn told(live: &mut Live) -> Vec<(String, Value)> {
    let heard = live.before_the_bell().await.into_iter().filter(|heard| heard.name != "notification:created");
    heard.map(|heard| (heard.name, heard.payload)).collect()
}

fn outcomes(results: &Value) -> Vec<String> {
    each(&results["results"], "outcome")
}

both_databases!(a_class_is_opened_once_and_shared, async |institute: Institute| {
    let people = &institute.people;
    let mut teacher = institute.live(&people.teacher).await;
    let mut lecturer = institute.live(&people.lecturer).await;
    let mut asha = institute.live(&people.asha).await;
    let class = institute.opened(&people.office, "Ward duty").await;
    let expected = json!({
        "_id": class["class"]["_id"],
        "course": {"_id": institute.gnm, "courseCode": "GNM", "courseName": "General Nursing and Midwifery"},
        "semester": 3, "subject": "Ward duty", "date": "2026-11-22", "session": "Morning", "type": "Clinical", "totalHours": 4.0,
        "openedBy": {"username": "office", "fullName": "Office"}, "openedAt": "2026-11-22T10:00:00.000Z", "closedAt": null,
        "taken": false, "students": 2, "marked": 0, "present": 0, "late": 0, "absent": 0, "leave": 0,
    });
    assert_eq!(class["class"], expected);
    let seat = json!({
        "student": {"_id": id(&people.asha), "studentId": "asha", "fullName": "asha Nair"},
        "status": null, "hoursAttended": 0.0, "attendance": null, "rev": 0, "by": null, "at": null,
    });
    assert_eq!(class["students"][0], seat);
    let joined = institute.opened(&people.teacher, "WARD  duty").await;
    assert_eq!(joined["class"], class["class"], "who opens it again joins it");
    institute.ring().await;
    let stamp = json!({
        "classId": class["class"]["_id"], "date": "2026-11-22", "subject": "Ward duty", "semester": 3, "course": institute.gnm,
    });
    assert_eq!(told(&mut teacher).await, [("attendance:opened".to_owned(), stamp)]);
    assert_eq!(told(&mut lecturer).await, []);
    assert_eq!(told(&mut asha).await, []);
});

both_databases!(a_tap_is_saved_and_seen_at_once, async |institute: Institute| {
    let people = &institute.people;
    let class = institute.opened(&people.teacher, "Ward duty").await;
    institute.settled().await;
    let mut office = institute.live(&people.office).await;
    let mut lecturer = institute.live(&people.lecturer).await;
    let mut asha = institute.live(&people.asha).await;
    let mut gone = institute.live(&people.bina).await;
    let results = institute.tapped(&people.teacher, &class, &[tap(1, &people.asha, "Late", 0, "09:00:00")]).await;
    assert_eq!(outcomes(&results), ["counts"]);
    let mark = results["marks"][0].clone();
    assert_eq!((&mark["status"], &mark["hoursAttended"], &mark["rev"]), (&json!("Late"), &json!(4.0), &json!(1)));
    institute.ring().await;
    let tapped = json!({"classId": class["class"]["_id"], "by": "Teacher", "marks": [mark]});
    let stamp = json!({"date": "2026-11-22", "subject": "Ward duty", "semester": 3, "course": institute.gnm});
    let mut letter = stamp.clone();
    letter["studentId"] = json!("asha");
    let (tapped, changed) = (("attendance:tapped".to_owned(), tapped), |it| ("attendance:changed".to_owned(), it));
    assert_eq!(told(&mut office).await, [tapped, changed(stamp.clone())]);
    assert_eq!(told(&mut lecturer).await, [changed(stamp)], "who does not teach them does not hear who was late");
    assert_eq!(told(&mut asha).await, [changed(letter)]);
    assert_eq!(told(&mut gone).await, []);
    let own = institute.get(&people.asha, "/api/student/attendance").await.data();
    assert_eq!((&own["attendance"][0]["status"], &own["attendance"][0]["type"]), (&json!("Late"), &json!("Clinical")));

    let board = institute.board(&class).await;
    assert_eq!(said(&board)[0], ("asha".to_owned(), json!("Late"), json!(4.0)));
    assert_eq!((&board["students"][0]["by"], &board["class"]["marked"]), (&json!("Teacher"), &json!(1)));
    // Undone, it is as if it had not been, and the story is kept.
    let undone = institute.tapped(&people.teacher, &class, &[tap(2, &people.asha, "", 1, "09:00:01")]).await;
    assert_eq!((&undone["marks"][0]["status"], &undone["marks"][0]["rev"]), (&json!(null), &json!(0)));
    assert_eq!(said(&institute.board(&class).await)[0].1, json!(null));
    let path = format!("/api/admin/attendance/{}/history", board["students"][0]["attendance"].as_str().unwrap());
    let history = institute.get(&people.office, &path).await.data();
    assert_eq!((&history[0]["action"], &history[0]["way"]), (&json!("deleted"), &json!("board")));
});

both_databases!(two_markers_never_overwrite_each_other_silently, async |institute: Institute| {
    let people = &institute.people;
    let class = institute.opened(&people.teacher, "Ward duty").await;
    institute.tapped(&people.teacher, &class, &[tap(1, &people.asha, "Absent", 0, "09:00:05")]).await;
    // The office has seen nothing of it, was offline, and tapped later: its tap counts and it is told.
    let late = institute.tapped(&people.office, &class, &[tap(2, &people.asha, "Present", 0, "09:00:06")]).await;
    assert_eq!(outcomes(&late), ["counts"]);
    assert_eq!(late["results"][0]["conflict"], json!({"status": "Absent", "by": "Teacher"}));
    // A tap from before that arrives after does not count, and its maker is told.
    let old = institute.tapped(&people.teacher, &class, &[tap(3, &people.asha, "Leave", 1, "09:00:04")]).await;
    assert_eq!(outcomes(&old), ["overtaken"]);
    assert_eq!(old["results"][0]["conflict"], json!({"status": "Present", "by": "Office"}));
    assert_eq!(old["marks"][0]["status"], "Present");
    // Who has seen what they change is in no conflict.
    let seen = institute.tapped(&people.teacher, &class, &[tap(4, &people.asha, "Late", 2, "09:00:09")]).await;
    assert_eq!((outcomes(&seen), &seen["results"][0]["conflict"]), (vec!["counts".to_owned()], &json!(null)));
    // Nothing is lost.
    let board = institute.board(&class).await;
    let path = format!("/api/admin/attendance/{}/history", board["students"][0]["attendance"].as_str().unwrap());
    let history = institute.get(&people.office, &path).await.data();
    let told: Vec<_> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            (
                line["action"].as_str().unwrap(),
                line["after"]["status"].as_str().unwrap(),
                line["by"]["username"].as_str().unwrap(),
            )
        })
        .collect();
    let mut sorted = told.clone();
    sorted.sort_unstable();
    assert_eq!(
        sorted,
        [("corrected", "Late", "teacher"), ("corrected", "Present", "office"), ("overtaken", "Leave", "teacher")]
    );

    // A correction is not undone by a tap from before it that is still on its way.
    let record = format!("/api/admin/attendance/{}", board["students"][0]["attendance"].as_str().unwrap());
    let change = json!({"status": "Medical Leave", "reason": "Letter of the doctor", "rev": 3});
    institute.json("PUT", &people.office, &record, &change).await.data();
    let before = institute.tapped(&people.teacher, &class, &[tap(5, &people.asha, "Absent", 3, "09:59:59")]).await;
    assert_eq!(
        (outcomes(&before), &before["marks"][0]["status"]),
        (vec!["overtaken".to_owned()], &json!("Medical Leave"))
    );
});

both_databases!(what_is_sent_again_or_can_not_be_taken, async |institute: Institute| {
    let people = &institute.people;
    let class = institute.opened(&people.teacher, "Ward duty").await;
    let taps = [
        tap(1, &people.asha, "Present", 0, "09:00:00"),
        tap(1, &people.asha, "Present", 0, "09:00:00"),
        tap(2, &people.bina, "Present", 0, "09:00:00"),
        tap(3, &people.gone, "Asleep", 0, "09:00:00"),
        json!({"tapId": "4", "student": id(&people.gone), "status": "Present", "at": "2026-11-22T09:00:00Z"}),
        json!({"tapId": Uuid::from_u128(5), "student": id(&people.gone), "status": "Present", "at": "nine"}),
        json!({}),
        tap(6, &people.gone, "Absent", 0, "23:00:00"),
    ];
    let results = institute.tapped(&people.teacher, &class, &taps).await;
    let expected = ["counts", "repeated", "refused", "refused", "refused", "refused", "refused", "counts"];
    assert_eq!(outcomes(&results), expected);
    assert!(results["results"][2]["error"].is_string());
    let events = institute.number("SELECT head FROM log").await;
    let again = institute.tapped(&people.teacher, &class, &taps[..1]).await;
    assert_eq!((outcomes(&again), &again["marks"][0]["status"]), (vec!["repeated".to_owned()], &json!("Present")));
    assert_eq!(institute.number("SELECT head FROM log").await, events, "nothing changed, nothing is told");
    // A device whose clock is ahead does not win for ever.
    institute.clock.advance(std::time::Duration::from_secs(1));
    let now = institute.tapped(&people.office, &class, &[tap(7, &people.gone, "Present", 1, "10:00:01")]).await;
    assert_eq!(outcomes(&now), ["counts"]);
});

both_databases!(rights_on_the_board_are_of_the_course, async |institute: Institute| {
    let people = &institute.people;
    let class = institute.opened(&people.teacher, "Ward duty").await;
    let path = format!("{CLASSES}/{}", class["class"]["_id"].as_str().unwrap());
    let form = institute.class_form("Ward duty");
    let taps = json!({"taps": [tap(1, &people.asha, "Present", 0, "09:00:00")]});
    let answer = institute.json("POST", &people.lecturer, CLASSES, &form).await;
    answer.refuses(403, "attendance.course_forbidden", &["course"], "not theirs");
    for answer in [
        institute.get(&people.lecturer, &path).await,
        institute.bare("POST", &people.lecturer, &format!("{path}/close")).await,
        institute.json("POST", &people.lecturer, &format!("{path}/taps"), &taps).await,
    ] {
        answer.refuses(404, "attendance.class_not_found", &[], "not theirs");
    }
    assert_eq!(institute.get(&people.lecturer, CLASSES).await.data(), json!([]));
    for answer in [
        institute.get(&people.asha, CLASSES).await,
        institute.get(&people.asha, &path).await,
        institute.json("POST", &people.asha, CLASSES, &form).await,
        institute.json("POST", &people.asha, &format!("{path}/taps"), &taps).await,
    ] {
        answer.refuses(403, "auth.wrong_role", &[], "a student");
    }
    assert_eq!(said(&institute.board(&class).await)[0].1, json!(null));
});

both_databases!(the_wall_of_the_office_and_a_class_that_is_closed, async |institute: Institute| {
    let people = &institute.people;
    let class = institute.opened(&people.teacher, "Ward duty").await;
    let plain = json!({
        "date": "2026-11-22", "course": institute.anm, "subject": "Anatomy", "semester": "3",
        "students": [{"studentId": id(&people.chitra), "status": "Absent"}],
    });
    institute.json("POST", &people.office, "/api/admin/attendance", &plain).await.data();
    let wall = async || institute.get(&people.office, &format!("{CLASSES}?date=2026-11-22")).await.data();
    let rows = wall().await;
    let short =
        |row: &Value| (row["subject"].clone(), row["taken"].clone(), row["marked"].clone(), row["students"].clone());
    let rows: Vec<_> = rows.as_array().unwrap().iter().map(short).collect();
    let ward = |taken: bool, marked: i32| (json!("Ward duty"), json!(taken), json!(marked), json!(2));
    let anatomy = (json!("Anatomy"), json!(true), json!(1), json!(1));
    assert_eq!(rows, [ward(false, 0), anatomy.clone()], "also what was recorded without a board");
    let taps = [tap(1, &people.asha, "Present", 0, "09:00:00"), tap(2, &people.gone, "Absent", 0, "09:00:00")];
    institute.tapped(&people.teacher, &class, &taps).await;
    let rows = wall().await;
    assert_eq!(short(&rows[0]), ward(true, 2));
    assert_eq!((&rows[0]["present"], &rows[0]["absent"]), (&json!(1), &json!(1)));

    let path = format!("{CLASSES}/{}/close", class["class"]["_id"].as_str().unwrap());
    let closed = institute.bare("POST", &people.teacher, &path).await.data();
    assert_eq!(closed["class"]["closedAt"], "2026-11-22T10:00:00.000Z");
    institute.clock.advance(std::time::Duration::from_secs(60));
    let taps = [tap(3, &people.asha, "Late", 1, "09:30:00"), tap(4, &people.gone, "Late", 1, "10:00:30")];
    let results = institute.tapped(&people.teacher, &class, &taps).await;
    assert_eq!(outcomes(&results), ["counts", "refused"], "what was made before it was closed counts");
    let again = institute.opened(&people.teacher, "Ward duty").await;
    assert_eq!((&again["class"]["_id"], &again["class"]["closedAt"]), (&class["class"]["_id"], &json!(null)));
});

both_databases!(any_order_and_repetition_of_taps_leads_to_the_same_state, async |institute: Institute| {
    use rand::RngExt;
    let people = &institute.people;
    for seed in 0..4 {
        let mut dice = StdRng::seed_from_u64(seed);
        let statuses = ["Present", "Absent", "Late", "Leave", "Medical Leave", "Holiday", ""];
        // Student, status, second, and who taps.
        let taps: Vec<(usize, &str, u32, usize)> = (0..14)
            .map(|_| {
                let status = statuses[dice.random_range(0..statuses.len())];
                (dice.random_range(0..2), status, dice.random_range(0..5), dice.random_range(0..2))
            })
            .collect();
        let mut states = Vec::new();
        for order in 0..4_u128 {
            let class = institute.opened(&people.teacher, &format!("Subject {seed} {order}")).await;
            let mut queue: Vec<usize> = (0..taps.len()).chain(0..taps.len() / 2).collect();
            queue.shuffle(&mut dice);
            let mut rest = queue.as_slice();
            while !rest.is_empty() {
                let (some, others) = rest.split_at(dice.random_range(1..=rest.len()));
                rest = others;
                // Each device sends its own.
                for device in 0..2 {
                    let some = some.iter().filter(|&&index| taps[index].3 == device);
                    let batch: Vec<Value> = some
                        .map(|&index| {
                            let (student, status, second, _) = taps[index];
                            let number = ((index as u128) << 64) | (u128::from(seed) << 32) | order;
                            let student = [&people.asha, &people.gone][student];
                            tap(number, student, status, 0, &format!("09:00:0{second}"))
                        })
                        .collect();
                    institute.tapped([&people.teacher, &people.office][device], &class, &batch).await;
                }
            }
            states.push(said(&institute.board(&class).await));
        }
        assert!(states.windows(2).all(|pair| pair[0] == pair[1]), "seed {seed}: {taps:?} {states:?}");
    }
});

both_databases!(of_a_phone_whose_clock_is_ahead_the_last_tap_counts, async |institute: Institute| {
    let people = &institute.people;
    let class = institute.opened(&people.teacher, "Ward duty").await;
    // It is ten o'clock. The greater number was tapped first.
    let taps = [tap(9, &people.asha, "Absent", 0, "10:00:20"), tap(1, &people.asha, "Present", 0, "10:00:21")];
    let answer = institute.tapped(&people.teacher, &class, &taps).await;
    assert_eq!(outcomes(&answer), ["overtaken", "counts"]);
    assert_eq!(answer["marks"][0]["status"], "Present");
});

both_databases!(a_class_of_a_semester_that_the_course_does_not_have_is_refused, async |institute: Institute| {
    let mut form = institute.class_form("Ward duty");
    form["semester"] = json!(8);
    let answer = institute.json("POST", &institute.people.teacher, CLASSES, &form).await;
    answer.refuses(400, "attendance.invalid", &["semester"], "GNM has six");
});

both_databases!(who_was_marked_in_another_semester_is_marked_on_the_board, async |institute: Institute| {
    let people = &institute.people;
    let class = institute.opened(&people.teacher, "Ward duty").await;
    institute.tapped(&people.teacher, &class, &[tap(1, &people.asha, "Present", 0, "09:00:00")]).await;
    institute.execute("UPDATE students SET semester = 4 WHERE student_id = 'asha'", []).await;
    let mut form = institute.class_form("Ward duty");
    form["semester"] = json!(4);
    let later = institute.json("POST", &people.teacher, CLASSES, &form).await.data();
    let seat = |board: &Value| said(board).into_iter().find(|(id, ..)| id == "asha").unwrap().1;
    assert_eq!(seat(&later), "Present", "the record is of this class, whatever semester it stands in");
    institute.tapped(&people.teacher, &later, &[tap(2, &people.asha, "Absent", 1, "09:30:00")]).await;
    assert_eq!(seat(&institute.board(&later).await), "Absent");
    let mut asha = institute.live(&people.asha).await;
    let path = format!("{CLASSES}/{}/close", later["class"]["_id"].as_str().unwrap());
    institute.bare("POST", &people.teacher, &path).await.data();
    institute.ring().await;
    let heard = asha.before_the_bell().await;
    assert!(heard.iter().any(|heard| heard.name == "notification:created"), "she is told: {heard:?}");
});
