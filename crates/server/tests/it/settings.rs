//! Settings that the office changes: those that act do, the others are kept.

use serde_json::json;

use crate::support::{Form, Institute, both_databases};

const PATH: &str = "/api/admin/settings";

both_databases!(settings_are_kept_and_those_that_act_act, async |institute: Institute| {
    let people = &institute.people;
    let usual = institute.get(&people.office, PATH).await.json();
    assert_eq!(usual["acting"], json!(["general.instituteName", "security.allowedFileTypes", "security.maxFileSize"]));
    for group in ["general", "theme", "notification", "security", "backup"] {
        assert!(usual["data"][group].is_object(), "{group}");
    }
    assert_eq!(usual["data"]["security"]["maxFileSize"], 1, "what the operator permits");
    assert_eq!(usual["data"]["backup"]["autoBackup"], false, "nothing is promised");

    // As the existing client sends them: all groups, with what it does not know left alone.
    let mut sent = usual["data"].clone();
    sent["general"]["instituteName"] = json!("St. Anne College of Nursing");
    sent["theme"]["primaryColor"] = json!("#0055aa");
    sent["security"]["allowedFileTypes"] = json!("png, PDF");
    sent["extra"] = json!({"x": 1});
    let saved = institute.json("PUT", &people.office, PATH, &sent).await.json();
    assert_eq!(saved["success"], true, "{saved}");
    let read = institute.get(&people.office, PATH).await.json();
    assert_eq!(read["data"], saved["data"]);
    assert_eq!(
        (&read["data"]["theme"]["primaryColor"], &read["data"]["security"]["allowedFileTypes"]),
        (&json!("#0055aa"), &json!("png, pdf"))
    );
    assert!(read["data"].get("extra").is_none());

    let open = institute.get("", "/api/institute").await.data();
    assert_eq!(open["name"], "St. Anne College of Nursing");
    assert_eq!(open["acceptedExtensions"].as_array().unwrap().len(), 2, "{}", open["acceptedExtensions"]);
    let upload = async |name: &str, text: &[u8]| {
        let form =
            Form::new().file(name, text).text("title", "x").text("category", "Notes").text("targetAudience", "all");
        institute.upload(&people.office, form).await
    };
    assert_eq!(upload("a.pdf", crate::support::PDF).await.status, 201);
    upload("a.txt", b"just text").await.refuses(400, "uploads.type_refused", &["file"], "not taken any more");

    for (bad, field) in [
        (json!({"general": {"instituteName": ""}}), "general.instituteName"),
        (json!({"security": {"maxFileSize": 2}}), "security.maxFileSize"),
        (json!({"security": {"allowedFileTypes": "exe"}}), "security.allowedFileTypes"),
        (json!({"theme": {"themeMode": {"a": 1}}}), "theme.themeMode"),
    ] {
        institute.json("PUT", &people.office, PATH, &bad).await.refuses(
            400,
            "settings.invalid",
            &[field],
            &bad.to_string(),
        );
    }
    for who in [&people.teacher, &people.asha] {
        institute.get(who, PATH).await.refuses(403, "auth.wrong_role", &[], who.name);
        institute.json("PUT", who, PATH, &json!({})).await.refuses(403, "auth.wrong_role", &[], who.name);
    }
    let reset = institute.bare("POST", &people.office, &format!("{PATH}/reset")).await.json();
    assert_eq!(reset["data"], usual["data"]);
    assert_eq!(institute.get("", "/api/institute").await.data()["name"], "Institute of Nursing");
    assert_eq!(institute.number("SELECT COUNT(*) FROM audit WHERE kind = 'settings'").await, 2);
});

both_databases!(who_changes_settings_that_another_changed_is_told, async |institute: Institute| {
    let office = &institute.people.office;
    let first = institute.get(office, PATH).await.json();
    assert_eq!((&first["version"], first.get("changed")), (&json!(0), None), "as in the beginning");
    let name =
        |version: &serde_json::Value, name: &str| json!({"general": {"instituteName": name}, "version": version});
    let saved = institute.json("PUT", office, PATH, &name(&first["version"], "One")).await.json();
    assert!(saved["changed"]["fullName"].is_string() && saved["changed"]["at"].is_string(), "{saved}");
    let late = institute.json("PUT", office, PATH, &name(&first["version"], "Two")).await;
    late.refuses(409, "settings.changed_meanwhile", &[], "it was read before");
    let again = institute.json("PUT", office, PATH, &name(&saved["version"], "Two")).await.json();
    assert_ne!(again["version"], saved["version"]);
    // A client that knows no versions is not asked for one.
    let without = institute.json("PUT", office, PATH, &json!({"general": {"instituteName": "Three"}})).await.json();
    assert_eq!(institute.get(office, PATH).await.json()["version"], without["version"]);
    institute.bare("POST", office, &format!("{PATH}/reset")).await;
    assert_eq!(institute.get(office, PATH).await.json()["version"], 0);
});

both_databases!(the_system_is_checked_and_not_praised, async |institute: Institute| {
    let office = &institute.people.office;
    let check = async || institute.get(office, "/api/admin/system-check").await.data();
    let found = check().await;
    assert_eq!((&found["overallHealth"], &found["issues"]), (&json!("healthy"), &json!([])));
    assert_eq!(found["checks"], json!({"database": true, "filesystem": true}));
    // A file where the folder should be: uploads can't be kept.
    let files = institute.settings.data_dir.join("files");
    std::fs::remove_dir_all(&files).unwrap();
    std::fs::write(&files, "").unwrap();
    let found = check().await;
    assert_eq!(
        (&found["overallHealth"], &found["checks"]["filesystem"]),
        (&json!("critical"), &json!(false)),
        "{found}"
    );
    assert_eq!(found["issues"][0]["name"], "Files");
    institute.bare("POST", office, "/api/admin/clear-cache").await.refuses(
        404,
        "request.unknown_address",
        &[],
        "there is no cache",
    );
});
