//! Files of students: the plan names every bad row and its column, and applying does the rest, exactly or not at all.

use std::{fmt::Write as _, path::Path};

use lamplight_kernel::Clock;
use lamplight_store::fault;
use serde_json::{Value, json};

use crate::{
    students::PATH,
    support::{
        Answer, Form, Institute, Member, both_databases,
        http::each,
        program::{Running, lamplight},
        soon, until,
    },
};

/// The template of the existing client.
const HEAD: &str = "firstName,lastName,personalEmail,mobileNumber,courseCode,gender,fatherName,fatherMobile\n";

impl Institute {
    async fn send_students(&self, who: &Member, path: &str, name: &str, file: &[u8]) -> Answer {
        let path = format!("{PATH}/{path}");
        self.raw(("POST", path.as_str()), who, &Form::content_type(), Form::new().file(name, file).finish()).await
    }

    async fn plan_students(&self, text: &str) -> Value {
        self.send_students(&self.people.office, "imports", "intake.csv", text.as_bytes()).await.data()
    }

    async fn apply_students(&self, plan: &Value) -> Answer {
        let path = format!("{PATH}/imports/{}/apply", plan["_id"].as_str().unwrap());
        self.bare("POST", &self.people.office, &path).await
    }

    async fn look_at_import(&self, plan: &Value, query: &str) -> Answer {
        self.get(&self.people.office, &format!("{PATH}/imports/{}{query}", plan["_id"].as_str().unwrap())).await
    }

    /// A student by human id.
    async fn student_called(&self, id: &str) -> Value {
        let list = self.get(&self.people.office, &format!("{PATH}?search={id}")).await.data();
        list["students"].as_array().unwrap().iter().find(|row| row["studentId"] == id).unwrap().clone()
    }

    async fn make_seats(&self, seats: i32) {
        self.execute("UPDATE courses SET seats = $1", [seats.into()]).await;
    }
}

both_databases!(a_file_is_taken_at_once_as_the_existing_client_sends_it, async |institute: Institute| {
    let file = format!(
        "{HEAD}Devi,Nair,devi@mail.example,9800000001,gnm,Female,Ravi Nair,9700000001\n\
         Esha,,esha@mail.example,98000 00002,GNM,,,\n\
         ,X,nobody@mail.example,9800000003,GNM,Male,,\n\
         Farah,Khan,farah@mail,9800000004,XYZ,Female,,12\n\
         Gita,Rao,devi@mail.example,9800000005,ANM,Female,,\n"
    );
    let answer = institute.send_students(&institute.people.office, "bulk-upload", "intake.csv", file.as_bytes()).await;
    assert_eq!(
        (answer.status, &answer.json()["message"]),
        (200, &json!("The students were saved, except for some rows."))
    );
    let errors = json!([
        {"row": 4, "error": "First Name: Give a first name."},
        {"row": 5, "error": "Course Code: There is no such course. Personal Email: This is not a mail address, such as \
            asha@example.com. Father Mobile: This is not a telephone number."},
        {"row": 6, "error": "Personal Email: The student of row 2 has this mail address."},
    ]);
    assert_eq!(answer.data(), json!({"total": 5, "success": 2, "failed": 3, "errors": errors}));
    let devi = institute.student_called("GNM2026001").await;
    assert_eq!(
        (&devi["fatherName"], &devi["fatherMobile"]),
        (&json!("Ravi Nair"), &json!("9700000001")),
        "M-29: by header name"
    );
    assert_eq!(institute.student_called("GNM2026002").await["fullName"], "Esha");
    // Nobody knows the password; the office gives them one.
    for password in ["", "GNM2026001", "devi@mail.example"] {
        let sign_in = json!({"email": "gnm2026001", "password": password});
        assert_eq!(institute.json("POST", "", "/api/auth/login", &sign_in).await.status, 400);
    }
    let path = format!("{PATH}/{}/reset-password", devi["_id"].as_str().unwrap());
    let made = institute.json("POST", &institute.people.office, &path, &json!({})).await.data();
    let sign_in = json!({"email": "devi@mail.example", "password": made["newPassword"]});
    assert_eq!(institute.json("POST", "", "/api/auth/login", &sign_in).await.status, 200);
});

both_databases!(what_is_no_file_of_students_is_told_so, async |institute: Institute| {
    let users = "username,email,password,role,fullName,contactNumber,courseEnrolled,batchYear,semester,designation,department,isActive\n\
        devi,devi@mail.example,x,student,Devi Nair,9800000001,GNM,2026,1,,,true\n";
    for (path, file, what) in [
        ("bulk-upload", "", "nothing"),
        ("bulk-upload", HEAD, "no rows"),
        ("bulk-upload", users, "M-30: the template of the users' page"),
        ("imports", "a,b\n1,2\n", "other columns"),
        ("imports", "\0\0\0", "no text"),
    ] {
        let answer = institute.send_students(&institute.people.office, path, "x.csv", file.as_bytes()).await;
        answer.refuses(400, "students.file_unreadable", &["file"], what);
    }
    let told = institute.send_students(&institute.people.office, "bulk-upload", "x.csv", users.as_bytes()).await.json();
    assert!(told["message"].as_str().unwrap().starts_with("The file has no column First Name, "), "{told}");
    let answer =
        institute.raw(("POST", "/api/admin/students/imports"), &institute.people.office, "text/csv", HEAD).await;
    answer.refuses(400, "students.file_unreadable", &["file"], "not a form");
    for who in [&institute.people.teacher, &institute.people.asha] {
        let file = format!("{HEAD}D,N,d@mail.example,9800000001,GNM,,,\n");
        let answer = institute.send_students(who, "imports", "x.csv", file.as_bytes()).await;
        answer.refuses(403, "auth.wrong_role", &[], "not the office");
    }
});

both_databases!(a_plan_says_what_it_will_add_and_change_and_is_applied_so, async |institute: Institute| {
    let mut office = institute.live(&institute.people.office).await;
    let mut asha = institute.live(&institute.people.asha).await;
    let file = "Student ID,First Name,Last Name,E-Mail,Mobile,Course,Semester,Date of Birth\n\
        ASHA,,,,,,4,\n\
        ,Devi,Nair,devi@mail.example,9800000001,ANM,2,30/11/2007\n\
        chitra,,,,,,3,\n\
        ANM/19/44,Esha,Rao,esha@mail.example,9800000002,ANM,4,2006-01-31\n\
        asha,,,,,,5,\n\
        nobody,Farah,Khan,farah@mail.example,9800000003,ANM,1,\n\
        office,Gita,Rao,gita@mail.example,9800000004,ANM,1,31/02/2007\n";
    let plan = institute.plan_students(file).await;
    let rows = plan["rows"].as_array().unwrap();
    assert_eq!(each(&plan["rows"], "action"), ["change", "add", "same", "add", "refused", "refused", "refused"]);
    let counts = ["total", "add", "change", "same", "refused"].map(|key| plan[key].as_u64().unwrap());
    assert_eq!((counts, &plan["state"]), ([7, 2, 1, 1, 3], &json!("planned")));
    assert_eq!(rows[0]["changes"], json!([{"column": "Semester", "from": "3", "to": "4"}]));
    let columns = |row: usize| each(&rows[row]["errors"], "column");
    assert_eq!((columns(4), columns(5)), (vec!["Student ID".to_owned()], vec!["Student ID".to_owned()]));
    assert_eq!(columns(6), ["Date of Birth", "Student ID"]);
    assert_eq!(rows[4]["errors"][0]["message"], "Row 2 is about this student too.");
    assert_eq!(institute.number("SELECT count(*) FROM students").await, 4, "nothing is changed yet");
    let kept = institute.look_at_import(&plan, "?rows=true").await.data();
    assert_eq!(kept, plan);

    let done = institute.apply_students(&plan).await;
    assert_eq!(done.data()["success"], 4);
    assert_eq!(institute.student_called("asha").await["semester"], 4);
    let devi = institute.student_called("ANM2026001").await;
    assert_eq!((&devi["dateOfBirth"], &devi["semester"]), (&json!("2007-11-30"), &json!(2)));
    assert_eq!(institute.student_called("ANM/19/44").await["fullName"], "Esha Rao");
    let after = institute.look_at_import(&plan, "").await.data();
    assert_eq!((&after["state"], &after["done"], &after["rows"]), (&json!("applied"), &json!(3), &json!([])));
    institute.apply_students(&plan).await.refuses(409, "students.import_applied", &[], "twice");

    let result = String::from_utf8(institute.look_at_import(&plan, "/result").await.body).unwrap();
    let lines: Vec<&str> = result.lines().collect();
    assert!(lines[0].starts_with("\u{feff}Row,Result,Why,Student ID,First Name,"), "{}", lines[0]);
    assert!(lines[1].starts_with("2,changed,,ASHA,"), "{}", lines[1]);
    assert!(lines[2].starts_with("3,added,,ANM2026001,Devi,"), "{}", lines[2]);
    assert!(lines[5].starts_with("6,refused,Student ID: Row 2 is about this student too.,asha,"), "{}", lines[5]);
    let refused = institute.look_at_import(&plan, "/result?refused=true&format=csv").await;
    assert!(refused.header("content-disposition").contains("intake_result.csv"));
    assert_eq!(String::from_utf8(refused.body).unwrap().lines().count(), 4);
    assert!(institute.look_at_import(&plan, "/result?format=xlsx").await.body.starts_with(b"PK"));

    institute.ring().await;
    let heard = office.before_the_bell().await;
    assert_eq!(
        heard.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(),
        ["students:imported"],
        "one for the file"
    );
    assert_eq!(heard[0].payload, json!({"added": 2, "changed": 1}));
    assert_eq!(asha.told().await, ["profile:updated -"]);
    let other = format!("{PATH}/imports/{}", institute.gnm);
    institute.get(&institute.people.office, &other).await.refuses(404, "students.import_not_found", &[], "unknown");
});

both_databases!(what_was_saved_as_a_table_can_be_changed_and_chosen_again, async |institute: Institute| {
    for number in 1..4 {
        institute.added_student(number).await;
    }
    let office = &institute.people.office;
    for format in ["csv", "xlsx"] {
        let saved = institute.get(office, &format!("{PATH}/export?format={format}&batch=2026")).await.body;
        let plan = institute.send_students(office, "imports", "students", &saved).await.data();
        assert_eq!((&plan["total"], &plan["same"]), (&json!(4), &json!(4)), "{format}: {plan}");
    }
    let saved = String::from_utf8(institute.get(office, &format!("{PATH}/export?batch=2026")).await.body).unwrap();
    let plan = institute.plan_students(&saved.replace("Number2", "Pillai")).await;
    assert_eq!((&plan["same"], &plan["change"]), (&json!(3), &json!(1)));
    assert_eq!(institute.apply_students(&plan).await.data()["failed"], 0);
    let row = institute.student_called("GNM2026002").await;
    assert_eq!((&row["fullName"], &row["version"]), (&json!("Devi Pillai"), &json!(2)));
});

both_databases!(a_plan_that_does_not_hold_any_more_does_nothing, async |institute: Institute| {
    let file = |mail: &str| {
        format!("Student ID,First Name,Email,Mobile,Course,Semester\n,Devi,{mail},9800000001,GNM,1\nasha,,,,,4\n")
    };
    let asha = format!("{PATH}/{}", institute.people.asha.student.unwrap());
    let edit = json!({"notes": "x"});
    for (what, meanwhile) in [("changed", 0), ("taken", 1), ("full", 2)] {
        let plan = institute.plan_students(&file("devi@mail.example")).await;
        assert_eq!((&plan["add"], &plan["change"]), (&json!(1), &json!(1)), "{what}");
        match meanwhile {
            0 => drop(institute.json("PUT", &institute.people.office, &asha, &edit).await.data()),
            1 => {
                let mut form = institute.student_form(5);
                form["personalEmail"] = json!("devi@mail.example");
                let added = institute.add_student(&form).await.data();
                let before = institute.number("SELECT count(*) FROM students").await;
                institute.apply_students(&plan).await.refuses(409, "students.import_outdated", &[], what);
                assert_eq!(institute.number("SELECT count(*) FROM students").await, before);
                let path = format!("{PATH}/{}", added["student"]["_id"].as_str().unwrap());
                institute.bare("DELETE", &institute.people.office, &path).await.data();
                continue;
            }
            _ => institute.make_seats(3).await,
        }
        institute.apply_students(&plan).await.refuses(409, "students.import_outdated", &[], what);
        assert_eq!(institute.student_called("asha").await["semester"], 3, "{what}");
        assert_eq!(institute.number("SELECT count(*) FROM students").await, 4, "{what}");
    }
    // Seats are given out in the order of the rows.
    institute.make_seats(4).await;
    let two = format!("{HEAD}A,,a@mail.example,9800000011,GNM,,,\nB,,b@mail.example,9800000012,GNM,,,\n");
    let plan = institute.plan_students(&two).await;
    assert_eq!(each(&plan["rows"], "action"), ["add", "refused"]);
    assert_eq!(plan["rows"][1]["errors"][0]["message"], "Every seat of GNM is taken: it has 4.");
});

/// Five thousand rows, of which each fiftieth is bad in one of five ways.
fn large_file() -> (String, Vec<(u64, &'static str)>) {
    let (mut file, mut bad) = (HEAD.to_owned(), Vec::new());
    for number in 0..5_000_u64 {
        let row = number + 2;
        let (mut mail, mut mobile) = (format!("s{number}@mail.example"), format!("97{number:08}"));
        let (mut name, mut course, mut gender) = ("Devi", "GNM", "Female");
        if number % 50 == 49 {
            let column = match number / 50 % 5 {
                0 => {
                    mail = "not a mail address".to_owned();
                    "Personal Email"
                }
                1 => {
                    mobile = "12345".to_owned();
                    "Mobile Number"
                }
                2 => {
                    name = "";
                    "First Name"
                }
                3 => {
                    course = "XYZ";
                    "Course Code"
                }
                _ => {
                    gender = "unknown";
                    "Gender"
                }
            };
            bad.push((row, column));
        }
        writeln!(file, "{name},Number{number},{mail},{mobile},{course},{gender},Father of {number},").unwrap();
    }
    (file, bad)
}

both_databases!(
    of_five_thousand_rows_the_hundred_bad_ones_are_named_and_the_rest_is_added,
    async |institute: Institute| {
        institute.make_seats(6_000).await;
        let (file, bad) = large_file();
        let start = std::time::Instant::now();
        let plan = institute.plan_students(&file).await;
        let planned = start.elapsed();
        let found: Vec<(u64, String)> = plan["rows"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|row| row["action"] == "refused")
            .map(|row| (row["row"].as_u64().unwrap(), each(&row["errors"], "column").join(", ")))
            .collect();
        let expected: Vec<(u64, String)> = bad.iter().map(|(row, column)| (*row, (*column).to_owned())).collect();
        assert_eq!(found, expected);
        assert_eq!((&plan["add"], &plan["refused"]), (&json!(4_900), &json!(100)));

        let start = std::time::Instant::now();
        let done = institute.apply_students(&plan).await.data();
        println!("planned in {planned:?}, applied in {:?}", start.elapsed());
        assert_eq!((&done["total"], &done["success"], &done["failed"]), (&json!(5_000), &json!(4_900), &json!(100)));
        let failed: Vec<u64> =
            done["errors"].as_array().unwrap().iter().map(|one| one["row"].as_u64().unwrap()).collect();
        assert_eq!(failed, bad.iter().map(|(row, _)| *row).collect::<Vec<_>>());
        assert_eq!(institute.number("SELECT count(*) FROM students").await, 4_904);
        assert_eq!(institute.number("SELECT count(*) FROM users WHERE role = 'student'").await, 4_904);
        assert_eq!(institute.number("SELECT count(DISTINCT student_id) FROM students").await, 4_904);
        // In the order of the file, and past three digits.
        assert_eq!(institute.student_called("GNM2026001").await["lastName"], "Number0");
        assert_eq!(institute.student_called("GNM20264900").await["lastName"], "Number4998");

        // The rows that were refused, corrected, are the next file.
        let refused = institute.look_at_import(&plan, "/result?refused=true").await.body;
        let again = institute.send_students(&institute.people.office, "imports", "again.csv", &refused).await.data();
        assert_eq!((&again["total"], &again["refused"]), (&json!(100), &json!(100)));
    }
);

/// The server as a process; `mark` is the file that says that it hangs before it commits.
fn serve(institute: &Institute, mark: Option<&Path>) -> tokio::process::Command {
    let folder = institute.settings.data_dir.parent().unwrap();
    let mut command = lamplight(folder, &institute.environment(), &["serve"]);
    if let Some(mark) = mark {
        command.env("LAMPLIGHT_FAULT", fault::BEFORE_COMMIT).env("LAMPLIGHT_FAULT_MARK", mark);
    }
    command
}

both_databases!(killed_while_it_is_applied_it_has_done_nothing, async |mut institute: Institute| {
    institute.make_seats(6_000).await;
    let plan = institute.plan_students(&large_file().0).await;
    institute.stop().await;
    let mark = institute.settings.data_dir.join("mark");
    let token = institute.token(&institute.people.office, Clock::system().now(), 1);
    let path = format!("{PATH}/imports/{}", plan["_id"].as_str().unwrap());

    let running = Running::start(serve(&institute, Some(&mark))).await;
    let url = format!("http://{}{path}", running.address);
    let apply = institute.http.post(format!("{url}/apply")).bearer_auth(&token).send();
    let hanging = tokio::spawn(apply);
    until("every row is written and nothing committed", async || mark.exists()).await;
    let progress = soon(institute.http.get(&url).bearer_auth(&token).send()).await.unwrap();
    let progress = Answer::read(progress).await.data();
    assert_eq!((&progress["state"], &progress["done"]), (&json!("applying"), &json!(4_900)));
    let again = soon(institute.http.post(format!("{url}/apply")).bearer_auth(&token).send()).await.unwrap();
    Answer::read(again).await.refuses(409, "students.import_running", &[], "twice at once");
    running.kill().await;
    assert!(soon(hanging).await.unwrap().is_err(), "nobody was told that it was done");

    institute.start().await;
    assert_eq!(institute.number("SELECT count(*) FROM students").await, 4);
    assert_eq!(institute.number("SELECT count(*) FROM users").await, 8);
    assert_eq!(institute.number("SELECT count(*) FROM student_numbers").await, 0);
    assert_eq!(institute.look_at_import(&plan, "").await.data()["state"], "planned");
    assert_eq!(institute.apply_students(&plan).await.data()["success"], 4_900, "and it can be applied");
});

both_databases!(no_id_is_given_out_that_somebody_has, async |institute: Institute| {
    let file = |rows: &str| {
        format!("studentId,firstName,lastName,personalEmail,mobileNumber,courseCode,gender,admissionYear\n{rows}")
    };
    // One says theirs, in the case in which it was typed, and one is given the next.
    let plan = institute
        .plan_students(&file(
            ",Esha,Nair,esha@mail.example,9800000002,GNM,Female,2026\n\
             gnm2026001,Devi,Nair,devi@mail.example,9800000001,GNM,Female,2026\n",
        ))
        .await;
    assert_eq!(plan["add"], 2, "{plan}");
    let done = institute.apply_students(&plan).await;
    assert_eq!(done.status, 200, "{}", done.json());
    assert_eq!(institute.student_called("gnm2026001").await["firstName"], "Devi");
    assert_eq!(institute.student_called("GNM2026002").await["firstName"], "Esha");
    assert_eq!(institute.added_student(7).await["studentId"], "GNM2026003");
});
