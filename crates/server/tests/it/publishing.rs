//! Marks are published: rehearsed, undone in the window, in one piece, recalled; also when the program is killed.

use std::time::Duration;

use lamplight_features::marks::{publish_due, verify};
use lamplight_kernel::Clock;
use lamplight_store::fault;
use serde_json::{Value, json};

use crate::{
    marks::{all, enter, exam, names, publish, published, seen, theory, window_ends},
    support::{
        Institute, both_databases,
        live::back,
        program::{self, Running, lamplight},
        until,
    },
};

async fn sheet(institute: &Institute) -> String {
    let list = institute.get(&institute.people.teacher, "/api/admin/marks/sheets").await.data();
    format!("/api/admin/marks/sheets/{}", list["sheets"][0]["_id"].as_str().unwrap())
}

both_databases!(what_was_rehearsed_is_published_to_those_it_concerns_and_to_each_once, async |institute: Institute| {
    let people = &institute.people;
    enter(&institute, &theory(&institute, &[("asha", json!(90))])).await;
    let path = sheet(&institute).await;
    let rehearsal = institute.get(&people.teacher, &format!("{path}/rehearsal")).await.data();
    assert_eq!(rehearsal["students"][0]["studentId"], "asha");
    assert_eq!(rehearsal["blank"][0]["studentId"], "gone", "who of the class has no mark");
    let picked =
        ["passed", "failed", "average", "averageCap", "exceedsCap", "undoSeconds"].map(|key| rehearsal[key].clone());
    assert_eq!(picked, [json!(1), json!(0), json!(90.0), json!(75), json!(true), json!(15)]);

    institute.settled().await;
    let mut pages = Vec::new();
    for who in [&people.asha, &people.bina, &people.chitra, &people.teacher, &people.office, &people.lecturer] {
        pages.push(institute.live(who).await);
    }
    let old = json!({"digest": "0".repeat(64)});
    let publish =
        async |digest: &Value| institute.json("POST", &people.teacher, &format!("{path}/publish"), digest).await;
    publish(&old).await.refuses(409, "marks.changed_meanwhile", &[], "another set");
    let due = publish(&json!({"digest": rehearsal["digest"]})).await.data();
    assert_eq!(due, json!({"modifiedCount": 1, "dueAt": "2026-11-22T10:00:15.000Z"}));
    publish(&json!({"digest": rehearsal["digest"]})).await.refuses(409, "marks.scheduled", &[], "twice");
    window_ends(&institute).await;
    institute.ring().await;
    let mut told = Vec::new();
    for page in &mut pages {
        told.push(page.before_the_bell().await);
    }
    let [asha, bina, chitra, teacher, office, lecturer] = told.try_into().unwrap();
    assert_eq!(names(&asha), ["marks:published"]);
    let expected = json!({
        "course": institute.gnm, "semester": 3, "subject": "Pharmacology", "examType": "Internal", "examLabel": "",
        "sheet": path.rsplit('/').next().unwrap(),
    });
    assert_eq!(asha[0].payload, expected, "a stamp holds no mark");
    for staff in [&teacher, &office] {
        assert_eq!(names(staff), ["marks:staged", "marks:published", "marks:staged"]);
        assert_eq!(staff[0].payload["dueAt"], "2026-11-22T10:00:15.000Z");
    }
    for nobody in [bina, chitra, lecturer] {
        assert_eq!(nobody, []);
    }
    assert_eq!(seen(&institute, &people.asha).await.0[0]["publishedDate"], "2026-11-22T10:00:15.000Z");
    let list = institute.get(&people.teacher, "/api/admin/marks/sheets").await.data();
    let picked = ["state", "entered", "published", "dueAt"].map(|key| list["sheets"][0][key].clone());
    assert_eq!(picked, [json!("published"), json!(1), json!(1), json!(null)]);
    assert_eq!(list["sheets"][0]["course"]["courseCode"], "GNM");
    assert_eq!(
        institute.json("PUT", &people.teacher, "/api/admin/marks/publish", &exam(&institute)).await.data()["modifiedCount"],
        0
    );
});

both_databases!(until_the_window_ends_it_can_be_undone_and_nobody_knew, async |institute: Institute| {
    let people = &institute.people;
    enter(&institute, &theory(&institute, &[("asha", json!(40))])).await;
    let path = sheet(&institute).await;
    let mut asha = institute.live(&people.asha).await;
    let undo = async || institute.bare("POST", &people.teacher, &format!("{path}/undo")).await;
    undo().await.refuses(409, "marks.window_over", &[], "nothing to undo");
    assert_eq!(publish(&institute).await["modifiedCount"], 1);
    institute.clock.advance(institute.settings.undo_window - Duration::from_millis(1));
    assert_eq!(publish_due(institute.store()).await.unwrap(), 0);
    assert_eq!(seen(&institute, &people.asha).await.0.len(), 0, "a millisecond before the end");
    institute.bare("POST", &people.lecturer, &format!("{path}/undo")).await.refuses(
        403,
        "marks.not_your_course",
        &[],
        "another's",
    );
    assert_eq!(undo().await.data(), json!({"state": "draft"}));
    institute.clock.advance(Duration::from_secs(60));
    assert_eq!(publish_due(institute.store()).await.unwrap(), 0);
    institute.ring().await;
    assert_eq!(asha.before_the_bell().await, []);
    assert_eq!(seen(&institute, &people.asha).await.0.len(), 0);

    // It can be changed and published again; then it is too late.
    enter(&institute, &theory(&institute, &[("asha", json!(41))])).await;
    publish(&institute).await;
    institute.clock.advance(institute.settings.undo_window);
    undo().await.refuses(409, "marks.window_over", &[], "its end, whether it was carried out or not");
    publish_due(institute.store()).await.unwrap();
    institute.ring().await;
    assert_eq!(names(&asha.before_the_bell().await), ["marks:published"]);
    assert_eq!(seen(&institute, &people.asha).await.0[0]["totalMarks"]["obtained"], 41);
});

both_databases!(two_servers_publish_what_is_due_once, async |institute: Institute| {
    enter(&institute, &theory(&institute, &[("asha", json!(40))])).await;
    publish(&institute).await;
    let before = institute.number("SELECT head FROM log").await;
    institute.clock.advance(institute.settings.undo_window);
    let (one, other) = tokio::join!(publish_due(institute.store()), publish_due(institute.store()));
    let own = institute.number("SELECT COUNT(*) FROM mark_publications WHERE state = 'done'").await;
    assert_eq!(own, 1);
    assert!(one.unwrap() + other.unwrap() <= 1, "the server's own publisher may have been first");
    assert_eq!(institute.number("SELECT head FROM log").await, before + 3, "two events and a notice");
});

both_databases!(a_recall_is_told_and_the_history_stays, async |institute: Institute| {
    let people = &institute.people;
    let mark = published(&institute, 50).await;
    let path = sheet(&institute).await;
    let recall = async |body: Value| institute.json("POST", &people.teacher, &format!("{path}/recall"), &body).await;
    recall(json!({"reason": " "})).await.refuses(400, "marks.reason_needed", &["reason"], "no reason");
    institute.settled().await;
    let mut asha = institute.live(&people.asha).await;
    let mut bina = institute.live(&people.bina).await;
    assert_eq!(recall(json!({"reason": "Wrong key"})).await.data(), json!({"state": "draft"}));
    institute.ring().await;
    assert_eq!(names(&asha.before_the_bell().await), ["marks:recalled"]);
    assert_eq!(bina.before_the_bell().await, []);
    let (marks, stats, file) = seen(&institute, &people.asha).await;
    assert_eq!((marks, stats, file.lines().count()), (vec![], json!({}), 1));
    let history = format!("/api/student/marks/{}/history", mark["_id"].as_str().unwrap());
    institute.get(&people.asha, &history).await.refuses(404, "marks.not_found", &[], "recalled");
    recall(json!({"reason": "Again"})).await.refuses(409, "marks.not_published", &[], "nothing to recall");

    // As a draft it changes without a reason, and that is nobody's business.
    enter(&institute, &theory(&institute, &[("asha", json!(51))])).await;
    enter(&institute, &theory(&institute, &[("asha", json!(52))])).await;
    let rehearsal = institute.get(&people.teacher, &format!("{path}/rehearsal")).await.data();
    assert_eq!(rehearsal["students"][0]["before"]["total"], 50, "what changed since it was published");
    publish(&institute).await;
    window_ends(&institute).await;
    let history = institute.get(&people.asha, &history).await.data();
    let told: Vec<_> = history["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|link| (link["action"].clone(), link["to"]["total"].clone()))
        .collect();
    let expected =
        [("published", 50), ("recalled", 50), ("published", 52)].map(|(action, total)| (json!(action), json!(total)));
    assert_eq!(told, expected);
});

both_databases!(a_byte_that_was_changed_is_found, async |institute: Institute| {
    enter(&institute, &theory(&institute, &[("asha", json!(40)), ("gone", json!(41))])).await;
    enter(&institute, &theory(&institute, &[("asha", json!(42))])).await;
    publish(&institute).await;
    window_ends(&institute).await;
    let whole = verify(institute.store().reader()).await.unwrap().unwrap();
    assert_eq!((whole.sheets, whole.links), (1, 5));
    let find = async || verify(institute.store().reader()).await.unwrap().map_err(|bad| (bad.number, bad.what));
    for (change, back, number) in [
        (
            "UPDATE mark_history SET became = REPLACE(became, '42', '43') WHERE number = 3",
            "UPDATE mark_history SET became = REPLACE(became, '43', '42') WHERE number = 3",
            3,
        ),
        (
            "UPDATE mark_history SET at = at + 1 WHERE number = 1",
            "UPDATE mark_history SET at = at - 1 WHERE number = 1",
            1,
        ),
        (
            "UPDATE mark_history SET number = 9 WHERE number = 2",
            "UPDATE mark_history SET number = 2 WHERE number = 9",
            2,
        ),
        (
            "UPDATE mark_history SET number = 9 WHERE number = 5",
            "UPDATE mark_history SET number = 5 WHERE number = 9",
            5,
        ),
        ("UPDATE marks SET theory = '44' WHERE theory = '42'", "UPDATE marks SET theory = '42' WHERE theory = '44'", 4),
    ] {
        institute.execute(change, []).await;
        let (found, _) = find().await.expect_err(change);
        assert!(found == number || (number == 4 && found == 5), "{change}: {found}");
        institute.execute(back, []).await;
        find().await.expect(back);
    }
});

#[tokio::test]
async fn the_operator_can_verify_the_history_from_the_command_line() {
    let mut institute = Institute::open(crate::support::Backend::Sqlite).await;
    published(&institute, 50).await;
    institute.stop().await;
    let folder = institute.settings.data_dir.parent().unwrap().to_owned();
    let verify = async || program::run(lamplight(&folder, &institute.environment(), &["verify"]), "").await;
    let said = verify().await;
    assert!(said.success && said.out.contains("2 links"), "{said:?}");
    institute.start().await;
    institute.execute("UPDATE mark_history SET reason = 'x' WHERE number = 2", []).await;
    institute.stop().await;
    let verify = program::run(lamplight(&folder, &institute.environment(), &["verify"]), "").await;
    assert!(!verify.success && verify.err.contains("link 2"), "{verify:?}");
}

both_databases!(killed_in_the_window_it_is_published_by_the_next_start, async |mut institute: Institute| {
    enter(&institute, &theory(&institute, &[("asha", json!(50))])).await;
    let seat = institute.live(&institute.people.asha).await.cut().await;
    publish(&institute).await;
    institute.stop().await;
    let folder = institute.settings.data_dir.parent().unwrap().to_owned();
    let mark = institute.settings.data_dir.join("mark");
    // By the machine's clock the window is over: the process publishes at once, and hangs before the commit.
    let mut command = lamplight(&folder, &institute.environment(), &["serve"]);
    command.env("LAMPLIGHT_FAULT", fault::BEFORE_COMMIT).env("LAMPLIGHT_FAULT_MARK", &mark);
    let running = Running::start(command).await;
    until("the fault point is reached", async || mark.exists()).await;
    running.kill().await;

    let running = Running::start(lamplight(&folder, &institute.environment(), &["serve"])).await;
    let token = institute.token(&institute.people.asha, Clock::system().now(), 1);
    let mut asha = back(running.address, &token, &seat).await;
    assert_eq!(asha.next().await.name, "marks:published");
    let own = institute.http.get(format!("http://{}/api/student/marks", running.address)).bearer_auth(&token);
    let own: Value = own.send().await.unwrap().json().await.unwrap();
    assert_eq!(own["data"]["marks"][0]["totalMarks"]["obtained"], 50);
    running.terminate().await;
    institute.start().await;
    assert_eq!(institute.number("SELECT COUNT(*) FROM mark_history WHERE action = 'published'").await, 1, "once");
    assert_eq!(all(&institute).await.len(), 1);
});
