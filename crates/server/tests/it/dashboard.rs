//! The first page of a student of the existing client.

use serde_json::{Value, json};

use crate::{
    marks,
    support::{Institute, Member, both_databases},
};

async fn dashboard(institute: &Institute, who: &Member) -> Value {
    institute.get(who, "/api/student/dashboard").await.data()
}

both_databases!(a_student_sees_how_they_stand_and_no_mark_before_it_is_published, async |institute: Institute| {
    let people = institute.people.clone();
    let nothing = json!({"overallAttendance": 0.0, "internalMarks": 0.0, "pendingAssignments": 0});
    let shown = dashboard(&institute, &people.asha).await;
    assert_eq!(shown["stats"], nothing);
    assert_eq!((&shown["student"]["studentId"], &shown["student"]["semester"]), (&json!("asha"), &json!(3)));
    assert!(shown["student"]["courseEnrolled"]["courseName"].is_string(), "{shown}");

    for (date, status) in [("2026-11-18", "Present"), ("2026-11-19", "Late"), ("2026-11-20", "Absent")] {
        let class = json!({
            "date": date, "course": institute.gnm, "subject": "Anatomy", "semester": 3, "session": "Morning",
            "type": "Theory", "students": [{"studentId": people.asha.student, "status": status, "hoursAttended": 0}],
        });
        institute.json("POST", &people.teacher, "/api/admin/attendance", &class).await.data();
    }
    marks::enter(&institute, &marks::theory(&institute, &[("asha", json!(80))])).await;
    let shown = dashboard(&institute, &people.asha).await;
    assert_eq!(shown["stats"]["overallAttendance"], 66.67);
    assert_eq!(shown["stats"]["internalMarks"], 0.0, "it is not published");

    marks::publish(&institute).await;
    assert_eq!(dashboard(&institute, &people.asha).await["stats"]["internalMarks"], 0.0, "it can still be undone");
    marks::window_ends(&institute).await;
    let total = institute.get(&people.asha, "/api/student/marks").await.data()["marks"][0]["totalMarks"].clone();
    let percent = total["obtained"].as_f64().unwrap() * 100.0 / total["max"].as_f64().unwrap();
    let average = dashboard(&institute, &people.asha).await["stats"]["internalMarks"].as_f64().unwrap();
    assert!(average > 0.0 && (average - percent).abs() < 0.01, "{average} of {total}");
    assert_eq!(dashboard(&institute, &people.chitra).await["stats"], nothing, "hers is hers");
    institute.get(&people.teacher, "/api/student/dashboard").await.refuses(403, "auth.wrong_role", &[], "a teacher");
});

both_databases!(the_office_sees_the_institute_in_figures, async |institute: Institute| {
    institute.execute("UPDATE students SET admission_date = '2026-08-17' WHERE student_id = 'chitra'", []).await;
    institute.execute("UPDATE students SET admission_date = '2026-05-31' WHERE student_id = 'gone'", []).await;
    institute.added_student(1).await;
    institute.added_student(2).await;
    institute.uploaded(&institute.people.office, crate::support::Form::titled("Notes")).await;
    let shown = institute.get(&institute.people.office, "/api/admin/dashboard/stats").await.data();
    assert_eq!(
        shown,
        json!({
            "stats": {"totalStudents": 6, "totalFaculty": 3, "totalCourses": 2, "totalGallery": 0, "totalNews": 0, "totalDownloads": 1},
            // Six months: the one of May is over.
            "admissionTrend": [{"_id": {"year": 2026, "month": 8}, "count": 1}, {"_id": {"year": 2026, "month": 11}, "count": 2}],
            "courseDistribution": [{"courseName": "General Nursing and Midwifery", "count": 5},
                {"courseName": "Auxiliary Nursing and Midwifery", "count": 1}],
        }),
        "M-16"
    );
    for who in [&institute.people.teacher, &institute.people.asha] {
        institute.get(who, "/api/admin/dashboard/stats").await.refuses(403, "auth.wrong_role", &[], "not the office");
    }
});
