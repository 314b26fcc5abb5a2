//! What students see of their own record, and change.

use serde_json::{Value, json};

use crate::{
    students::PATH,
    support::{Institute, both_databases},
};

const OWN: &str = "/api/student/profile";

both_databases!(a_student_changes_how_they_can_be_reached_and_nothing_else, async |institute: Institute| {
    let people = &institute.people;
    let office_path = format!("{PATH}/{}", people.asha.student.unwrap());
    let secret = json!({"notes": "fees are late", "fatherName": "Ravi Nair"});
    institute.json("PUT", &people.office, &office_path, &secret).await.data();
    let shown = institute.get(&people.asha, OWN).await;
    assert!(!String::from_utf8_lossy(&shown.body).contains("fees are late"), "the office's own");
    let profile = shown.data();
    // The four texts are trimmed by the existing client: none may be missing.
    for text in ["contactNumber", "alternateContact", "address", "guardianDetails"] {
        assert_eq!(profile[text], "", "{text}");
    }
    assert_eq!(
        (&profile["fullName"], &profile["studentId"], &profile["semester"], &profile["batchYear"], &profile["cgpa"]),
        (&json!("asha Nair"), &json!("asha"), &json!(3), &json!(2025), &json!(0.0))
    );
    assert_eq!(profile["courseEnrolled"]["courseName"], "General Nursing and Midwifery");
    assert!(profile["updatedAt"].is_string() && profile.get("profileImage").is_none(), "M-43");

    let mut pages = [institute.live(&people.asha).await, institute.live(&people.asha).await];
    let mut office = institute.live(&people.office).await;
    let form = json!({
        "contactNumber": "0484 2345678", "alternateContact": "", "address": "12 Lake Road\nKochi", "guardianDetails": "An aunt",
        "semester": 6, "firstName": "X", "academicStatus": "Completed", "studentId": "X", "notes": "x", "personalEmail": "x@x.example",
        "isActive": false, "courseEnrolled": institute.anm,
    });
    let saved = institute.json("PUT", &people.asha, OWN, &form).await.data();
    let expected = json!({
        "contactNumber": "0484 2345678", "address": "12 Lake Road\nKochi", "guardianDetails": "An aunt", "version": 3,
    });
    let mut after = profile.clone();
    after.as_object_mut().unwrap().extend(expected.as_object().unwrap().clone());
    after["updatedAt"] = saved["updatedAt"].clone();
    assert_eq!(saved, after, "those fields and no others");
    assert_eq!(institute.get(&people.asha, OWN).await.data(), saved);
    institute.ring().await;
    for page in &mut pages {
        let heard = page.before_the_bell().await;
        assert_eq!(heard.len(), 1, "{heard:?}");
        assert_eq!((heard[0].name.as_str(), &heard[0].payload), ("profile:updated", &json!({"version": 3})));
    }
    assert_eq!(office.told().await, ["students:updated -"]);
    let by_office = institute.get(&people.office, &office_path).await.data();
    assert_eq!((&by_office["contactNumber"], &by_office["notes"]), (&json!("0484 2345678"), &json!("fees are late")));

    let wrong = institute.json("PUT", &people.asha, OWN, &json!({"contactNumber": "call me"})).await;
    wrong.refuses(400, "students.invalid", &["contactNumber"], "no number");
    let old = institute.json("PUT", &people.asha, OWN, &json!({"version": 2, "address": "13 Lake Road"})).await;
    old.refuses(409, "students.changed_meanwhile", &[], "made from another version");
    assert_eq!(old.json()["current"], saved);
    assert!(!old.json().to_string().contains("fees are late"));
    for who in [&people.teacher, &people.office] {
        institute.get(who, OWN).await.refuses(403, "auth.wrong_role", &[], "no student");
        institute.json("PUT", who, OWN, &json!({})).await.refuses(403, "auth.wrong_role", &[], "no student");
    }
    let bina: Value = institute.get(&people.bina, OWN).await.data();
    assert_eq!((&bina["studentId"], &bina["contactNumber"]), (&json!("bina"), &json!("")));
});
