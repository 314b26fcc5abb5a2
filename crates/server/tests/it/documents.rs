//! Documents that are made from the code are those that are committed, and say what there is to say.

use std::{fs, path::Path};

use lamplight::docs;
use lamplight_features::{events, openapi};
use serde_json::Value;

#[test]
fn the_committed_documents_are_those_that_the_code_makes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let stale: Vec<_> = docs::all()
        .unwrap()
        .into_iter()
        .filter(|document| fs::read_to_string(root.join(document.path)).ok().as_deref() != Some(&document.text))
        .map(|document| document.path)
        .collect();
    assert!(stale.is_empty(), "{} differ from the code: run `make docs` and commit what it writes", stale.join(", "));
}

fn description() -> Value {
    serde_json::to_value(openapi()).unwrap()
}

#[test]
fn every_event_is_listed_once_and_its_payload_is_described() {
    let description = description();
    let mut names: Vec<_> = events::ALL.iter().map(|event| event.name).collect();
    assert!(names.is_sorted(), "{names:?}");
    names.dedup();
    assert_eq!(names.len(), events::ALL.len());
    for event in events::ALL {
        assert!(description["components"]["schemas"][event.payload].is_object(), "{}: {}", event.name, event.payload);
        assert!(!event.heard_by.is_empty() && event.when.ends_with('.'), "{}", event.name);
        let (noun, happened) = event.name.split_once(':').unwrap();
        // Names that the existing client listens to are as they are.
        let plural = noun.ends_with('s') || ["attendance", "faculty", "notification", "profile"].contains(&noun);
        assert!(plural && happened.ends_with('d'), "{}", event.name);
    }
}

#[test]
fn every_route_says_what_it_does_and_how_it_refuses() {
    let description = description();
    let mut missing = Vec::new();
    // The client's types are named after them.
    let mut names = std::collections::HashSet::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let mut miss = |what: &str| missing.push(format!("{method} {path}: {what}"));
            if operation["summary"].as_str().is_none_or(str::is_empty) {
                miss("what it does");
            }
            if operation["operationId"].as_str().is_none() || operation["tags"][0].as_str().is_none() {
                miss("its name and tag");
            }
            if !names.insert(operation["operationId"].clone()) {
                miss("a name that no other route has");
            }
            let responses = operation["responses"].as_object().unwrap();
            let says = |status: &str| responses.contains_key(status) || responses.contains_key("4XX");
            let is_open =
                operation["security"].as_array().is_some_and(|all| all.iter().all(|one| one == &serde_json::json!({})));
            if !is_open && !says("401") {
                miss("401");
            }
            if !operation["requestBody"].is_null() && !says("400") {
                miss("400");
            }
            if path.contains('{') && !says("404") {
                miss("404");
            }
            for (status, response) in responses.iter().filter(|(status, _)| status.starts_with('4')) {
                let schema = &response["content"]["application/json"]["schema"]["$ref"];
                if schema != "#/components/schemas/ErrorBody" {
                    miss(&format!("the body of {status}"));
                }
            }
        }
    }
    assert!(missing.is_empty(), "not described:\n{}", missing.join("\n"));
}
