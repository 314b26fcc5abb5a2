//! Counts and texts for searching that triggers keep: right whoever writes the rows, and how many there may be.

use futures_util::future::join_all;
use serde_json::json;

use crate::{
    students::PATH,
    support::{
        Backend, Institute, Member, both_databases,
        http::{each, strings},
    },
};

/// More than a search counts.
const MANY: u64 = 2_000;

impl Institute {
    /// Puts students with accounts into the tables, as nobody of ours does: the last of them in the third semester.
    async fn crowd(&self, size: u64) {
        let numbers = match self.store().backend() {
            Backend::Sqlite => {
                format!(
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {size}) SELECT i FROM n"
                )
            }
            Backend::Postgres => format!("SELECT i FROM generate_series(1, {size}) AS i"),
        };
        let id = |kind: char| match self.store().backend() {
            Backend::Sqlite => format!("unhex(printf('{kind}%031x', i))"),
            Backend::Postgres => format!("('{kind}' || lpad(to_hex(i), 31, '0'))::uuid"),
        };
        let users = "INSERT INTO users (id, username, email, password_hash, role, full_name, is_active, session_version, created_at, updated_at)";
        let (user, student) = (id('a'), id('b'));
        self.execute(
            &format!("{users} SELECT {user}, 'u' || i, 'crowd' || i || '@nursing.example', '', 'student', 'Crowd Nair', 1, 1, i, i FROM ({numbers}) AS n"),
            [],
        )
        .await;
        let course = match self.store().backend() {
            Backend::Sqlite => format!("unhex('{}')", self.gnm.to_string().replace('-', "")),
            Backend::Postgres => format!("'{}'::uuid", self.gnm),
        };
        let students = "INSERT INTO students (id, user_id, student_id, first_name, last_name, course_id, semester, batch_year, academic_status, \
                        created_at, updated_at, search_text)";
        self.execute(
            &format!(
                "{students} SELECT {student}, {user}, 'CROWD' || i, 'Crowd', 'Nair', {course}, CASE WHEN i = {size} THEN 3 ELSE 2 END, 2025, \
                 'Active', i, i, 'crowd nair crowd' || i FROM ({numbers}) AS n"
            ),
            [],
        )
        .await;
    }
}

both_databases!(a_search_counts_as_far_as_anybody_reads, async |institute: Institute| {
    institute.crowd(MANY).await;
    let found = async |query: &str| {
        let list = institute.get(&institute.people.office, &format!("{PATH}?{query}")).await.data();
        (each(&list["students"], "studentId"), list["pagination"].clone())
    };
    let all = json!({"page": 1, "limit": 3, "total": MANY, "pages": 667});
    let first = strings(&["CROWD1", "CROWD10", "CROWD100"]);
    assert_eq!(found("search=nair+CROWD&limit=3&sort=studentId").await, (first.clone(), all.clone()));
    // One more, and it says so; what is on the page is in order all the same.
    institute
        .execute("UPDATE students SET search_text = search_text || ' nair crowd' WHERE student_id = 'asha'", [])
        .await;
    let mut more = all;
    more["more"] = json!(true);
    assert_eq!(found("search=nair+crowd&limit=3&sort=studentId").await, (first, more.clone()));
    assert_eq!(found("search=nair+crowd&limit=3&sort=newest").await.0[0], "asha");
    // Of so many, those of one semester are counted to the last.
    let few = json!({"page": 1, "limit": 10, "total": 1, "pages": 1});
    assert_eq!(found("search=crowd&semester=3&batch=2025&status=Active&sort=newest").await.0.len(), 2);
    assert_eq!(found("search=crowd2000").await, (strings(&["CROWD2000"]), few.clone()));
    assert_eq!(found("search=crowd2000&semester=2").await.1["total"], 0);
    // Fewer letters than the index knows, alone and beside a word that it knows.
    more["pages"] = json!(200);
    more["limit"] = json!(10);
    assert_eq!(found("search=na").await.1, more);
    assert_eq!(found("search=00+crowd2000").await, (strings(&["CROWD2000"]), few.clone()));
    // The address they sign in with, when it is another.
    institute.execute("UPDATE users SET email = 'lamp@nursing.example' WHERE username = 'u7'", []).await;
    assert_eq!(found("search=lamp@").await, (strings(&["CROWD7"]), few));
    assert_eq!(found("search=crowd7@nursing").await.0, [""; 0]);
    // An unsearched list is counted to the last, however long it is.
    assert_eq!(found("limit=1").await.1["total"], MANY + 4);
    assert_eq!(found("batch=2025&limit=1").await.1["total"], MANY + 3);
    let users = async |query: &str| {
        institute.get(&institute.people.office, &format!("/api/admin/users?limit=1{query}")).await.json()
    };
    assert_eq!(users("&role=student&status=active").await["pagination"]["total"], MANY + 3);
    let pagination = users("&search=crowd").await["pagination"].clone();
    assert_eq!(pagination, json!({"page": 1, "limit": 1, "total": MANY, "pages": MANY}));
    // All are in the file.
    let file = institute.get(&institute.people.office, &format!("{PATH}/export?format=csv&search=crowd")).await.body;
    assert_eq!(
        String::from_utf8(file).unwrap().lines().count() as u64,
        MANY + 2,
        "a line each, asha's, and the headings"
    );
});

both_databases!(what_is_asked_of_the_index_is_words_and_nothing_else, async |institute: Institute| {
    let search = async |words: &str| {
        let list = institute.get(&institute.people.office, &format!("{PATH}?search={words}")).await.data();
        each(&list["students"], "studentId")
    };
    institute
        .execute(
            "UPDATE students SET search_text = 'say \"hello\" or (nothing) and* ^x:y ദീപക്' WHERE student_id = 'asha'",
            [],
        )
        .await;
    for words in [
        "%22hello%22",
        "say+OR",
        "(nothing)",
        "AND*",
        "^x:y",
        "\"hello",
        "o%22",
        "ദീപ",
        "%E0%B4%A6%E0%B5%80%E0%B4%AA%E0%B4%95%E0%B5%8D",
    ] {
        assert_eq!(search(words).await, ["asha"], "{words}");
    }
    for words in
        ["hello+NEAR+say", "sa*y", "text:say", "NEAR(say+hello)", "%22%22", "s_y", "%25say%25x", "\"say hello\""]
    {
        assert_eq!(search(words).await, [""; 0], "{words}");
    }
});

both_databases!(whoever_writes_at_once_is_counted_once, async |institute: Institute| {
    let total = async |query: &str| {
        institute.get(&institute.people.office, &format!("{PATH}?limit=1&{query}")).await.data()["pagination"]["total"]
            .clone()
    };
    join_all((1..=8).map(async |number| institute.added_student(number).await)).await;
    assert_eq!((total("").await, total("semester=1").await), (json!(12), json!(9)));
    // Put together while others write, and nothing changes.
    let store = institute.store();
    let moves = (1..=8).map(async |number| {
        let sql = format!("UPDATE students SET semester = 2 WHERE student_id = 'GNM202600{number}'");
        institute.execute(&sql, []).await;
        store.tidy().await.unwrap();
    });
    join_all(moves).await;
    assert_eq!(
        (total("").await, total("semester=1").await, total("semester=2").await),
        (json!(12), json!(1), json!(8))
    );
    store.tidy().await.unwrap();
    if institute.store().backend() == Backend::Postgres {
        let rows = "SELECT count(*) - count(DISTINCT (course_id, semester, batch_year, academic_status, gender, is_archived)) FROM student_counts";
        assert_eq!(institute.number(rows).await, 0, "each count is one row");
    }
    institute.execute("DELETE FROM students WHERE student_id = 'GNM2026003'", []).await;
    assert_eq!((total("").await, total("semester=2").await), (json!(11), json!(7)));
    let stats = institute.get(&institute.people.office, &format!("{PATH}/stats")).await.data();
    assert_eq!(stats["overall"]["total"], 11);
});

#[tokio::test]
async fn the_operator_is_told_of_wrong_counts_and_of_a_damaged_index() {
    let mut institute = Institute::open(Backend::Sqlite).await;
    institute.execute("UPDATE student_counts SET total = 7 WHERE semester = 1", []).await;
    institute
        .execute(
            "INSERT INTO user_search_index (user_search_index, rowid, text) VALUES ('delete', 1, 'what is not there')",
            [],
        )
        .await;
    institute.stop().await;
    let wrong = institute.verify(&[]).await;
    assert!(
        !wrong.success && wrong.err.contains("1 counts") && wrong.err.contains("The index for searching"),
        "{wrong:?}"
    );
    let mended = institute.verify(&["--recount"]).await;
    assert!(mended.success && mended.out.contains("1 were wrong"), "{mended:?}");
    let right = institute.verify(&[]).await;
    assert!(right.success && right.out.contains("are what their rows say"), "{right:?}");
}

both_databases!(faculty_search_in_what_they_are_shown, async |institute: Institute| {
    let people = &institute.people;
    institute.added_student(1).await;
    let asha = format!("{PATH}/{}", people.asha.student.unwrap());
    institute.json("PUT", &people.office, &asha, &json!({"personalEmail": "quiet@home.example"})).await.data();
    let found = async |who: &Member, words: &str| {
        let list = institute.get(who, &format!("{PATH}?search={words}")).await.data();
        assert_eq!(list["pagination"]["total"], list["students"].as_array().unwrap().len(), "{words}");
        !list["students"].as_array().unwrap().is_empty()
    };
    for (words, by_faculty) in [
        ("devi", true),
        ("NUMBER1", true),
        ("gnm2026001", true),
        ("devi gnm2026", true),
        ("asha@nursing", true),
        ("9800000001", false),
        ("GNM2026001 98", false),
        ("quiet@home", false),
    ] {
        assert!(found(&people.office, words).await, "{words}");
        assert_eq!(found(&people.teacher, words).await, by_faculty, "{words}");
        assert!(!found(&people.lecturer, words).await, "{words}");
    }
});
