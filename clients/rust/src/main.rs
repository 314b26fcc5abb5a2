//! The story of ../../README.md with rust_socketio.

use std::{
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    time::Duration,
};

use reqwest::blocking::{
    Client as Http,
    multipart::{Form, Part},
};
use rust_socketio::{ClientBuilder, Event, Payload, RawClient, TransportType, client::Client};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(20);

/// Has something done to the line, and waits until it is done.
fn please(what: &str) {
    println!("{what}");
    std::io::stdin().read_line(&mut String::new()).expect("an answer");
}

/// The institute over HTTP.
struct Api {
    http: Http,
    origin: String,
    office: String,
}

impl Api {
    fn sign_in(http: &Http, origin: &str, person: &str) -> String {
        let account = json!({"email": format!("{person}@demo.lamplight.example"), "password": "lamplight-demo"});
        let answer = http.post(format!("{origin}/api/auth/login")).json(&account).send().expect("an answer");
        let answer: Value = answer.error_for_status().expect("to be let in").json().expect("JSON");
        answer["token"].as_str().expect("a token").to_owned()
    }

    fn get(&self, token: &str, path: &str) -> Value {
        let answer = self.http.get(format!("{}/api{path}", self.origin)).bearer_auth(token).send().expect("an answer");
        answer.error_for_status().expect("success").json().expect("JSON")
    }

    fn upload(&self, title: &str, code: &str) {
        let courses = self.get(&self.office, "/admin/courses");
        let course = courses["data"].as_array().expect("a list").iter().find(|course| course["courseCode"] == code);
        let targets = json!({
            "courses": [course.expect("the course")["_id"]], "semesters": [], "students": [], "years": [],
        });
        let file = Part::bytes(format!("%PDF-1.4\n{title}").into_bytes()).file_name("notes.pdf");
        let form = Form::new()
            .part("file", file.mime_str("application/pdf").expect("a type"))
            .text("title", title.to_owned())
            .text("category", "Notes")
            .text("targetAudience", "specific_course")
            .text("specificTargets", targets.to_string());
        let request = self.http.post(format!("{}/api/admin/downloads", self.origin)).bearer_auth(&self.office);
        request.multipart(form).send().expect("an answer").error_for_status().expect("success");
    }
}

/// What a client hears.
#[derive(Debug, PartialEq)]
enum Heard {
    Up,
    Down,
    Error(String),
    Created(String),
}

fn enter(line: &str, transport: &str, auth: Value, heard: &Sender<Heard>) -> Client {
    let on = |tell: fn(Payload) -> Heard| {
        let heard = heard.clone();
        move |payload: Payload, _: RawClient| drop(heard.send(tell(payload)))
    };
    let transport = match transport {
        "websocket" => TransportType::Websocket,
        "polling" => TransportType::Polling,
        _ => TransportType::Any,
    };
    ClientBuilder::new(line)
        .transport_type(transport)
        .auth(auth)
        .reconnect(true)
        .reconnect_delay(50, 100)
        .on(Event::Connect, on(|_| Heard::Up))
        .on(Event::Close, on(|_| Heard::Down))
        .on(Event::Error, on(|payload| Heard::Error(format!("{payload:?}"))))
        .on("downloads:created", on(|payload| Heard::Created(title(&payload))))
        .connect()
        .expect("a connection")
}

/// Of the arguments: the document, and its offset.
fn title(payload: &Payload) -> String {
    let Payload::Text(arguments) = payload else { panic!("{payload:?}") };
    assert!(arguments.len() == 2 && arguments[1].is_string(), "{arguments:?}");
    arguments[0]["title"].as_str().expect("a title").to_owned()
}

fn next(heard: &Receiver<Heard>) -> Heard {
    heard.recv_timeout(PATIENCE).expect("something to hear")
}

fn is_refused(line: &str, transport: &str, auth: Value, code: &str) {
    let (sender, heard) = channel();
    let client = enter(line, transport, auth, &sender);
    match next(&heard) {
        Heard::Error(text) => assert!(text.contains("ConnectError") && text.contains(code), "{text}"),
        other => panic!("{other:?}"),
    }
    let _ = client.disconnect();
}

/// Sends an event and waits for its answer.
fn call(client: &Client, event: &str, data: Value) -> Value {
    let (sender, answer) = channel();
    let sender = Arc::new(Mutex::new(sender));
    let tell = move |payload: Payload, _: RawClient| drop(sender.lock().expect("the sender").send(payload));
    client.emit_with_ack(event, data, PATIENCE, tell).expect("to be sent");
    match answer.recv_timeout(PATIENCE).expect("an answer") {
        Payload::Text(arguments) => arguments[0][0].clone(),
        other => panic!("{other:?}"),
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, origin, line, transport] = &arguments[..] else { panic!("ORIGIN LINE TRANSPORT") };
    let http = Http::builder().no_proxy().build().expect("a client");
    let office = Api::sign_in(&http, origin, "office");
    let api = Api { http, origin: origin.clone(), office };

    is_refused(line, transport, json!({}), "auth.token_missing");
    is_refused(line, transport, json!({"token": "nonsense"}), "auth.token_invalid");

    let token = Api::sign_in(&api.http, origin, "gnm.student");
    let (sender, heard) = channel();
    let client = enter(line, transport, json!({"token": token}), &sender);
    assert_eq!(next(&heard), Heard::Up);
    api.upload("not hers", "ANM");
    api.upload("one", "GNM");
    assert_eq!(next(&heard), Heard::Created("one".to_owned()));

    let answer = call(&client, "tests:nobody-listens", json!({"a": 1}));
    assert_eq!((&answer["success"], &answer["code"]), (&json!(false), &json!("socket.unknown_event")), "{answer}");
    let fresh = Api::sign_in(&api.http, origin, "gnm.student");
    let answer = call(&client, "session:refresh", json!({"token": fresh}));
    assert!(answer["success"] == true && answer["expiresAt"].is_string(), "{answer}");
    let answer = call(&client, "session:refresh", json!({"token": "nonsense"}));
    assert_eq!((&answer["success"], &answer["code"]), (&json!(false), &json!("auth.token_invalid")), "{answer}");

    please("cut");
    while !matches!(next(&heard), Heard::Error(_) | Heard::Down) {}
    api.upload("two", "GNM");
    api.upload("three", "GNM");
    please("mend");
    loop {
        match next(&heard) {
            Heard::Up => break,
            Heard::Error(_) | Heard::Down => {}
            other => panic!("it can't know: {other:?}"),
        }
    }
    // A fresh start: what was missed is in the list.
    let list = api.get(&token, "/student/downloads").to_string();
    for title in ["one", "two", "three"] {
        assert!(list.contains(&format!("\"title\":\"{title}\"")), "{title}: {list}");
    }
    api.upload("four", "GNM");
    assert_eq!(next(&heard), Heard::Created("four".to_owned()));
    client.disconnect().expect("to be sent");
}
