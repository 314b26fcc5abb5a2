//! Socket.IO packets, protocol 5: `<type>[<attachments>-][<namespace>,][<ack id>][<JSON>]`.
//!
//! Decoding checks what the official parser checks (payload shapes, reserved event names, attachment counts) so that what
//! closes a connection there closes it here. Binary arguments stay as the placeholders they are on the wire,
//! `{"_placeholder":true,"num":0}`; the attachments follow in messages of their own and are collected by the caller.

use serde::Serialize;
use serde_json::{Map, Value};

/// The namespace every client joins unless told otherwise, and the only one this server has.
pub const ROOT: &str = "/";

/// The packet that tells a client it has been disconnected for good, in the root namespace.
pub const DISCONNECT: &str = "1";

/// Names a client must not use for its events (the official parser refuses them too).
const RESERVED: [&str; 6] =
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

/// A packet and the namespace it is for.
#[derive(Debug, Clone, PartialEq)]
pub struct Packet<'a> {
    /// `/` if the packet named none.
    pub namespace: &'a str,
    /// What it says.
    pub body: Body,
}

/// The kinds of packets. The two binary kinds are the plain ones with `attachments` above zero.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// `0`: join the namespace, with the client's auth object, or null.
    Connect(Value),
    /// `1`: leave the namespace.
    Disconnect,
    /// `2` and `5`: an event.
    Event {
        /// What happened.
        name: String,
        /// The arguments after the name.
        args: Vec<Value>,
        /// Set if the sender wants an acknowledgement.
        ack: Option<u64>,
        /// How many binary messages follow.
        attachments: usize,
    },
    /// `3` and `6`: an acknowledgement.
    Ack {
        /// The id of the event being acknowledged.
        ack: u64,
        /// The answer.
        args: Vec<Value>,
        /// How many binary messages follow.
        attachments: usize,
    },
    /// `4`: the namespace could not be joined; an object or a string.
    ConnectError(Value),
}

/// Text that is not a packet; says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAPacket(pub &'static str);

impl<'a> Packet<'a> {
    /// The packet in an Engine.IO message. A binary kind may announce up to `max_attachments`.
    pub fn decode(text: &'a str, max_attachments: usize) -> Result<Self, NotAPacket> {
        let mut chars = text.chars();
        let kind = chars.next().ok_or(NotAPacket("empty packet"))?;
        let mut rest = chars.as_str();

        let mut attachments = 0;
        if matches!(kind, '5' | '6') {
            let (count, after) = rest.split_once('-').ok_or(NotAPacket("attachments not counted"))?;
            attachments =
                number(count).and_then(|n| usize::try_from(n).ok()).ok_or(NotAPacket("bad attachment count"))?;
            if attachments > max_attachments {
                return Err(NotAPacket("too many attachments"));
            }
            rest = after;
        }
        let mut namespace = ROOT;
        if rest.starts_with('/') {
            (namespace, rest) = rest.split_once(',').unwrap_or((rest, ""));
        }
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (digits, json) = rest.split_at_checked(digits).unwrap_or(("", rest));
        let ack = match digits {
            "" => None,
            digits => Some(number(digits).ok_or(NotAPacket("ack id out of range"))?),
        };

        let body = match kind {
            '0' => match parse(json)? {
                None => Body::Connect(Value::Null),
                Some(auth @ Value::Object(_)) => Body::Connect(auth),
                Some(_) => return Err(NotAPacket("auth is not an object")),
            },
            '1' if json.is_empty() => Body::Disconnect,
            '1' => return Err(NotAPacket("disconnect with a payload")),
            '2' | '5' => {
                let mut values = array(json)?.into_iter();
                let name = match values.next() {
                    Some(Value::String(name)) if !RESERVED.contains(&name.as_str()) => name,
                    Some(Value::Number(name)) => name.to_string(),
                    _ => return Err(NotAPacket("event without an allowed name")),
                };
                Body::Event { name, args: values.collect(), ack, attachments }
            }
            '3' | '6' => {
                let ack = ack.ok_or(NotAPacket("ack without an id"))?;
                Body::Ack { ack, args: array(json)?, attachments }
            }
            '4' => match parse(json)? {
                Some(data @ (Value::Object(_) | Value::String(_))) => Body::ConnectError(data),
                _ => return Err(NotAPacket("connect error is neither an object nor a string")),
            },
            _ => return Err(NotAPacket("unknown packet type")),
        };
        Ok(Self { namespace, body })
    }

    /// The packet as an Engine.IO message.
    pub fn encode(&self) -> String {
        let (kind, attachments, ack, json) = match &self.body {
            Body::Connect(Value::Null) => ('0', 0, None, String::new()),
            Body::Connect(auth) => ('0', 0, None, auth.to_string()),
            Body::Disconnect => ('1', 0, None, String::new()),
            Body::Event { name, args, ack, attachments } => {
                let kind = if *attachments == 0 { '2' } else { '5' };
                (kind, *attachments, *ack, event_json(name, args).unwrap_or_default())
            }
            Body::Ack { ack, args, attachments } => {
                let kind = if *attachments == 0 { '3' } else { '6' };
                (kind, *attachments, Some(*ack), serde_json::to_string(args).unwrap_or_default())
            }
            Body::ConnectError(data) => ('4', 0, None, data.to_string()),
        };
        let mut text = String::with_capacity(json.len() + self.namespace.len() + 12);
        text.push(kind);
        if attachments > 0 {
            text.push_str(&attachments.to_string());
            text.push('-');
        }
        if self.namespace != ROOT {
            text.push_str(self.namespace);
            text.push(',');
        }
        if let Some(ack) = ack {
            text.push_str(&ack.to_string());
        }
        text.push_str(&json);
        text
    }
}

/// The answer to a CONNECT that was accepted: the socket's id and, for connection state recovery, its private id.
pub fn connected(sid: &str, pid: Option<&str>) -> String {
    let mut data = Map::new();
    data.insert("sid".to_owned(), sid.into());
    if let Some(pid) = pid {
        data.insert("pid".to_owned(), pid.into());
    }
    Packet { namespace: ROOT, body: Body::Connect(Value::Object(data)) }.encode()
}

/// The answer to a CONNECT that was refused. Null `data` is left out, as the official server does.
pub fn refused(namespace: &str, message: &str, data: Value) -> String {
    let mut error = Map::new();
    error.insert("message".to_owned(), message.into());
    if !data.is_null() {
        error.insert("data".to_owned(), data);
    }
    Packet { namespace, body: Body::ConnectError(Value::Object(error)) }.encode()
}

/// An event in the root namespace. `args` must serialise as a list or as nothing: a tuple, a slice, `()`.
pub fn event<A: Serialize + ?Sized>(name: &str, args: &A) -> Result<String, serde_json::Error> {
    event_json(name, args).map(|json| format!("2{json}"))
}

/// An event in the root namespace that is to be acknowledged under `id`; `args` as in [`event`].
pub fn asking<A: Serialize + ?Sized>(id: u64, name: &str, args: &A) -> Result<String, serde_json::Error> {
    event_json(name, args).map(|json| format!("2{id}{json}"))
}

/// An acknowledgement in the root namespace; `args` as in [`event`].
pub fn ack<A: Serialize + ?Sized>(id: u64, args: &A) -> Result<String, serde_json::Error> {
    let json = serde_json::to_string(args)?;
    match json.as_str() {
        "null" => Ok(format!("3{id}[]")),
        list if list.starts_with('[') => Ok(format!("3{id}{list}")),
        _ => Err(not_a_list()),
    }
}

fn event_json<A: Serialize + ?Sized>(name: &str, args: &A) -> Result<String, serde_json::Error> {
    let name = serde_json::to_string(name)?;
    let args = serde_json::to_string(args)?;
    match args.as_str() {
        "null" | "[]" => Ok(format!("[{name}]")),
        list => match list.strip_prefix('[') {
            Some(list) => Ok(format!("[{name},{list}")),
            None => Err(not_a_list()),
        },
    }
}

fn not_a_list() -> serde_json::Error {
    serde::ser::Error::custom("the arguments of a packet must be a list")
}

fn number(digits: &str) -> Option<u64> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

fn parse(json: &str) -> Result<Option<Value>, NotAPacket> {
    if json.is_empty() {
        return Ok(None);
    }
    serde_json::from_str(json).map(Some).map_err(|_| NotAPacket("payload is not JSON"))
}

fn array(json: &str) -> Result<Vec<Value>, NotAPacket> {
    serde_json::from_str(json).map_err(|_| NotAPacket("payload is not a JSON array"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn decode(text: &str) -> Result<Packet<'_>, NotAPacket> {
        Packet::decode(text, 10)
    }

    #[test]
    fn packets_as_the_protocol_page_writes_them() {
        let cases = [
            ("0", ROOT, Body::Connect(Value::Null)),
            (r#"0{"token":"123"}"#, ROOT, Body::Connect(json!({"token": "123"}))),
            ("0/admin,", "/admin", Body::Connect(Value::Null)),
            ("0/admin", "/admin", Body::Connect(Value::Null)),
            ("1", ROOT, Body::Disconnect),
            ("1/admin,", "/admin", Body::Disconnect),
            (
                r#"2["hello",1]"#,
                ROOT,
                Body::Event { name: "hello".to_owned(), args: vec![json!(1)], ack: None, attachments: 0 },
            ),
            (
                r#"2/admin,456["project:delete",123]"#,
                "/admin",
                Body::Event {
                    name: "project:delete".to_owned(),
                    args: vec![json!(123)],
                    ack: Some(456),
                    attachments: 0,
                },
            ),
            (r#"3/admin,456[]"#, "/admin", Body::Ack { ack: 456, args: vec![], attachments: 0 }),
            (r#"4{"message":"Not authorized"}"#, ROOT, Body::ConnectError(json!({"message": "Not authorized"}))),
            (
                r#"51-["hello",{"_placeholder":true,"num":0}]"#,
                ROOT,
                Body::Event {
                    name: "hello".to_owned(),
                    args: vec![json!({"_placeholder": true, "num": 0})],
                    ack: None,
                    attachments: 1,
                },
            ),
        ];
        for (text, namespace, body) in cases {
            assert_eq!(decode(text), Ok(Packet { namespace, body }), "{text}");
        }
    }

    #[test]
    fn what_the_official_parser_refuses_is_refused() {
        let cases = [
            "",
            "7",
            "abc",
            "0[]",
            "1{}",
            "2",
            "2{}",
            "2[]",
            "2[null]",
            r#"2["connect"]"#,
            r#"2abc["x"]"#,
            "3[]",
            "3",
            "4",
            "41",
            "5[]",
            "5-[]",
            "5a-[]",
            r#"511-["x"]"#,
            "299999999999999999999[\"x\"]",
        ];
        for text in cases {
            assert!(decode(text).is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn deep_nesting_is_an_error_not_a_stack_overflow() {
        let deep = format!("2[\"x\",{}", "[".repeat(90_000));
        assert!(decode(&deep).is_err());
    }

    #[test]
    fn events_take_tuples_slices_and_nothing() {
        assert_eq!(event("a", &()).ok().as_deref(), Some(r#"2["a"]"#));
        assert_eq!(event("a", &[1, 2]).ok().as_deref(), Some(r#"2["a",1,2]"#));
        assert_eq!(event("a", &(json!({"b": "é"}), "e.7")).ok().as_deref(), Some(r#"2["a",{"b":"é"},"e.7"]"#));
        assert!(event("a", &7).is_err());
        assert_eq!(ack(3, &()).ok().as_deref(), Some("33[]"));
        assert_eq!(ack(3, &("ok",)).ok().as_deref(), Some(r#"33["ok"]"#));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map(".*", inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    fn any_object() -> impl Strategy<Value = Value> {
        prop::collection::hash_map(".*", any_json(), 0..4).prop_map(|map| Value::Object(map.into_iter().collect()))
    }

    fn any_body() -> impl Strategy<Value = Body> {
        let args = || prop::collection::vec(any_json(), 0..4);
        prop_oneof![
            prop_oneof![Just(Value::Null), any_object()].prop_map(Body::Connect),
            Just(Body::Disconnect),
            (".*", args(), any::<Option<u64>>(), 0_usize..=10)
                .prop_filter("not reserved", |(name, ..)| !RESERVED.contains(&name.as_str()))
                .prop_map(|(name, args, ack, attachments)| Body::Event { name, args, ack, attachments }),
            (any::<u64>(), args(), 0_usize..=10).prop_map(|(ack, args, attachments)| Body::Ack {
                ack,
                args,
                attachments
            }),
            prop_oneof![".*".prop_map(Value::from), any_object()].prop_map(Body::ConnectError),
        ]
    }

    proptest! {
        #[test]
        fn every_packet_comes_back(body in any_body(), namespace in "(/|/[a-z0-9]{1,8})") {
            let packet = Packet { namespace: &namespace, body };
            let text = packet.encode();
            prop_assert_eq!(decode(&text), Ok(packet.clone()));
        }

        #[test]
        fn any_text_is_a_packet_or_refused(text in "[0-7]?[0-9]{0,3}-?(/[a-z]{0,3},?)?[0-9]{0,25}.*") {
            let _ = decode(&text);
        }
    }
}
