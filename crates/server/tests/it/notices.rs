//! What students are told of their attendance and marks: each once, their own, and no mark.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    attendance::{PATH, crowd, row},
    marks::{enter, publish, published, theory, window_ends},
    support::{Institute, Member, both_databases, institute::DAY},
};

/// Titles of somebody's notices, newest first.
async fn titles(institute: &Institute, who: &Member) -> Vec<String> {
    notices(institute, who).await.iter().map(|notice| notice["title"].as_str().unwrap().to_owned()).collect()
}

async fn notices(institute: &Institute, who: &Member) -> Vec<Value> {
    institute.get(who, "/api/student/notifications").await.data().as_array().unwrap().clone()
}

both_databases!(an_absence_and_a_correction_ring_and_being_there_does_not, async |institute: Institute| {
    let people = &institute.people;
    let mut asha = institute.live(&people.asha).await;
    let record = async |rows: &Value| institute.record(&people.teacher, &institute.class(rows)).await;
    record(&json!([row(&people.asha, "Present", 4), row(&people.gone, "Absent", 0)])).await;
    assert_eq!(titles(&institute, &people.asha).await, [""; 0], "she was there, as every day");
    let absent = json!([row(&people.asha, "Absent", 0), row(&people.gone, "Absent", 0)]);
    record(&absent).await;
    record(&absent).await;
    let told = notices(&institute, &people.asha).await;
    assert_eq!(told.len(), 1, "the same again rings no bell");
    let expected = [
        ("title", json!("Attendance corrected: Anatomy")),
        ("category", json!("Academic")),
        ("type", json!("warning")),
        ("priority", json!("high")),
        ("actionUrl", json!("/attendance")),
        ("sender", json!(null)),
        (
            "message",
            json!(
                "Anatomy (Morning), 20 November 2026: Absent instead of Present.\nIf something is not right, ask who teaches the class."
            ),
        ),
    ];
    for (key, value) in expected {
        assert_eq!(told[0][key], value, "{key}");
    }
    institute.ring().await;
    let heard = asha.before_the_bell().await;
    let bells: Vec<_> = heard.iter().filter(|event| event.name == "notification:created").collect();
    assert_eq!((bells.len(), &bells[0].payload["title"]), (1, &json!("Attendance corrected: Anatomy")));

    let id = institute.only("studentId=asha").await["_id"].as_str().unwrap().to_owned();
    institute.clock.advance(Duration::from_secs(1));
    let gone = institute.bare("DELETE", &people.teacher, &format!("{PATH}/{id}?rev=2&reason=bina+was+meant")).await;
    assert_eq!(gone.status, 200, "{}", gone.json());
    let told = notices(&institute, &people.asha).await;
    assert_eq!(told[0]["title"], "Attendance deleted: Anatomy");
    assert!(!told[0].to_string().contains("bina"), "a reason may name others: {}", told[0]);
    for nobody in [&people.bina, &people.chitra] {
        assert_eq!(titles(&institute, nobody).await, [""; 0], "{}", nobody.name);
    }
});

both_databases!(a_file_of_many_classes_is_one_notice, async |institute: Institute| {
    let people = &institute.people;
    let mut file = "Date,Student ID,Course,Subject,Semester,Status\n".to_owned();
    for day in 1..=20 {
        file += &format!("2026-11-{day:02},asha,GNM,Anatomy,3,{}\n", if day % 2 == 0 { "Absent" } else { "Present" });
    }
    let form = crate::support::Form::new().file("november.csv", file.as_bytes());
    let kind = crate::support::Form::content_type();
    let answer = institute.raw(("POST", &format!("{PATH}/bulk")), &people.teacher, &kind, form.finish()).await;
    assert_eq!(answer.data()["success"], 20);
    let told = notices(&institute, &people.asha).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["title"], "Attendance: 10 classes");
    let text = told[0]["message"].as_str().unwrap();
    assert!(
        text.starts_with("Anatomy (Morning), 2 November 2026: Absent.\n") && !text.contains("3 November"),
        "{text}"
    );
});

both_databases!(a_class_on_the_board_rings_when_it_is_closed, async |institute: Institute| {
    let people = &institute.people;
    let form = json!({"course": institute.gnm, "semester": 3, "subject": "Ward duty", "type": "Clinical"});
    let classes = format!("{PATH}/classes");
    let open = async || institute.json("POST", &people.teacher, &classes, &form).await.data()["class"]["_id"].clone();
    let class = open().await;
    let path = format!("{classes}/{}", class.as_str().unwrap());
    let mut number = 0;
    let mut tap = async |student: &Member, status: &str| {
        number += 1;
        let at = institute.clock.now().to_string();
        let tap =
            json!({"tapId": uuid::Uuid::from_u128(number), "student": student.student, "status": status, "at": at});
        let answer =
            institute.json("POST", &people.teacher, &format!("{path}/taps"), &json!({"taps": [tap]})).await.data();
        assert_eq!(answer["results"][0]["outcome"], "counts", "{answer}");
        institute.clock.advance(Duration::from_secs(1));
    };
    let close = async || institute.bare("POST", &people.teacher, &format!("{path}/close")).await.data();
    tap(&people.asha, "Absent").await;
    tap(&people.asha, "Present").await;
    tap(&people.asha, "Late").await;
    assert_eq!(titles(&institute, &people.asha).await, [""; 0], "not at each tap");
    close().await;
    close().await;
    assert_eq!(titles(&institute, &people.asha).await, ["Marked late: Ward duty"]);
    // Opened again and closed as it was, there is nothing to tell; what differs then is a correction.
    institute.clock.advance(Duration::from_secs(1));
    open().await;
    tap(&people.asha, "Absent").await;
    tap(&people.asha, "Late").await;
    close().await;
    assert_eq!(titles(&institute, &people.asha).await.len(), 1);
    institute.clock.advance(Duration::from_secs(1));
    open().await;
    tap(&people.asha, "Present").await;
    close().await;
    let told = notices(&institute, &people.asha).await;
    assert_eq!((told.len(), &told[0]["title"]), (2, &json!("Attendance corrected: Ward duty")));
    assert!(told[0]["message"].as_str().unwrap().contains("Present instead of Late"), "{}", told[0]);
    // A class that somebody forgot is closed, and rings then.
    institute.clock.advance(Duration::from_secs(1));
    open().await;
    tap(&people.asha, "Absent").await;
    let forgotten = async || lamplight_features::attendance::close_forgotten(institute.store()).await.unwrap();
    institute.clock.advance(Duration::from_secs(11 * 3600));
    assert_eq!(forgotten().await, 0, "it may be a long night on the ward");
    institute.clock.advance(DAY);
    assert_eq!((forgotten().await, forgotten().await), (1, 0));
    assert_eq!(titles(&institute, &people.asha).await.len(), 3);
});

both_databases!(marks_ring_when_they_can_be_seen_and_when_they_can_not, async |institute: Institute| {
    let people = &institute.people;
    enter(&institute, &theory(&institute, &[("asha", json!(61.25)), ("gone", json!(77.75))])).await;
    publish(&institute).await;
    assert_eq!(titles(&institute, &people.asha).await, [""; 0], "not while it can be undone");
    window_ends(&institute).await;
    let marks = crate::marks::all(&institute).await;
    let mark = marks.iter().find(|mark| mark["student"]["studentId"] == "asha").unwrap();
    let path = format!("/api/admin/marks/{}", mark["_id"].as_str().unwrap());
    institute.clock.advance(Duration::from_secs(1));
    let change = json!({"marks": {"theory": {"obtained": 62.25}}, "reason": "Question 7, as for gone"});
    institute.json("PUT", &people.teacher, &path, &change).await.data();
    institute.clock.advance(Duration::from_secs(1));
    let sheet = format!("/api/admin/marks/sheets/{}/recall", mark["sheet"].as_str().unwrap());
    institute.json("POST", &people.teacher, &sheet, &json!({"reason": "The wrong key"})).await.data();
    institute.clock.advance(Duration::from_secs(1));
    publish(&institute).await;
    window_ends(&institute).await;
    institute.clock.advance(Duration::from_secs(1));
    assert_eq!(institute.bare("DELETE", &people.teacher, &format!("{path}?reason=x")).await.status, 200);
    let expected = ["Mark deleted", "Marks published", "Marks recalled", "Mark changed", "Marks published"];
    assert_eq!(titles(&institute, &people.asha).await, expected.map(|title| format!("{title}: Pharmacology")));
    let told = notices(&institute, &people.asha).await;
    assert_eq!(told[4]["message"], "Pharmacology (Internal), exam of 22 November 2026: your marks are on your page.");
    let text = json!(told).to_string();
    for never in ["61.25", "62.25", "77.75", "gone", "Question", "wrong key", "A+", "B+"] {
        assert!(!text.contains(never), "{never} in {text}");
    }
    for nobody in [&people.bina, &people.chitra] {
        assert_eq!(titles(&institute, nobody).await, [""; 0], "{}", nobody.name);
    }
});

both_databases!(notices_are_not_kept_for_ever, async |institute: Institute| {
    let people = &institute.people;
    published(&institute, 50).await;
    institute.clock.advance(institute.settings.notifications_keep - DAY);
    let drop = async || {
        let cutoff = institute.clock.now().minus(institute.settings.notifications_keep);
        lamplight_features::notifications::drop_before(institute.store(), cutoff, 1000).await.unwrap()
    };
    assert_eq!(drop().await, 0);
    institute.clock.advance(2 * DAY);
    assert_eq!((drop().await, drop().await), (1, 0));
    let asha = institute.token(&people.asha, institute.clock.now(), 1);
    assert_eq!(institute.get(&asha, "/api/student/notifications").await.data(), json!([]));
    assert_eq!(institute.number("SELECT COUNT(*) FROM notification_receivers").await, 0);
});

both_databases!(a_class_of_sixty_is_listed_whole_and_told_each_once, async |institute: Institute| {
    let people = &institute.people;
    crowd(&institute).await;
    let names: Vec<String> = (0..60).map(|number| format!("pupil{number:02}")).collect();
    let rows: Vec<(&str, Value)> = names.iter().map(|name| (name.as_str(), json!(50))).collect();
    enter(&institute, &theory(&institute, &rows)).await;
    assert_eq!(crate::marks::all(&institute).await.len(), 60, "without paging the whole list, not the first 50 (M-22)");
    publish(&institute).await;
    window_ends(&institute).await;
    let rows: Vec<Value> = names.iter().map(|name| json!({"studentId": name, "status": "Absent"})).collect();
    let class = institute.class(&json!(rows));
    assert_eq!(institute.record(&people.teacher, &class).await["added"], 60);
    let told = async |sql: &str| institute.number(&format!("SELECT COUNT(*) FROM {sql}")).await;
    assert_eq!(told("notifications WHERE title = 'Marks published: Pharmacology'").await, 1, "one text for all");
    assert_eq!(told("notifications WHERE title = 'Marked absent: Anatomy'").await, 60);
    assert_eq!(told("notification_receivers").await, 120);
    let twice = "(SELECT user_id FROM notification_receivers GROUP BY user_id HAVING COUNT(*) <> 2) AS others";
    assert_eq!(told(twice).await, 0, "each of both, once");
});
