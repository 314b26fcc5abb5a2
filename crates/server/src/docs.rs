//! Documents that are made from the code: the API's description, the list of events, the settings, the client's types.
//!
//! `make docs` writes them; a test fails when one that is committed is not what would be written.

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use lamplight_auth::Role;
use lamplight_features::{Permission, events, openapi, permissions};
use lamplight_realtime::SIGNALS;

use crate::{
    operating::{KIND_NAMES, METRICS, Metric},
    settings::KEYS,
};

/// A document and where it stands, from the root of the repository.
#[derive(Debug)]
pub struct Document {
    /// Where.
    pub path: &'static str,
    /// What.
    pub text: String,
}

/// Every document that is made from the code.
///
/// # Errors
/// When the API's description can't be written as JSON: a mistake of ours.
pub fn all() -> Result<Vec<Document>, serde_json::Error> {
    Ok(vec![
        Document { path: "docs/openapi.json", text: openapi().to_pretty_json()? + "\n" },
        Document { path: "docs/events.md", text: events_page() },
        Document { path: "docs/metrics.md", text: metrics_page() },
        Document { path: "docs/permissions.md", text: permissions_page() },
        Document { path: "docs/settings.md", text: settings_page() },
        Document { path: "ui/src/generated/events.ts", text: events_types() },
    ])
}

/// Writes them below `root`; says which changed.
///
/// # Errors
/// When one can't be written.
pub fn write(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut changed = Vec::new();
    for document in all()? {
        let path = root.join(document.path);
        if fs::read_to_string(&path).ok().as_deref() != Some(&document.text) {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(&path, document.text)?;
            changed.push(path);
        }
    }
    Ok(changed)
}

fn events_page() -> String {
    let mut text = String::from(
        "# Events\n\nMade from the code by `make docs`; do not edit.\n\n\
         What the server sends over Socket.IO. Every event below is logged: its last argument is an offset (an opaque text) that \
         a stock client sends back by itself when it reconnects, and it is given what it missed. The shapes of the payloads are \
         the schemas of that name in [openapi.json](openapi.json).\n\n\
         | event | payload | heard by | when |\n|---|---|---|---|\n",
    );
    for event in events::ALL {
        let _ = writeln!(text, "| `{}` | `{}` | {} | {} |", event.name, event.payload, event.heard_by, event.when);
    }
    text.push_str(
        "\n## Signals\n\nAbout one connection alone: not logged, without an offset.\n\n\
         | signal | sent by | arguments | what for |\n|---|---|---|---|\n",
    );
    for signal in SIGNALS {
        let by = if signal.is_from_client { "the client" } else { "the server" };
        let _ = writeln!(text, "| `{}` | {by} | `{}` | {} |", signal.name, signal.arguments, signal.about);
    }
    text
}

fn metrics_page() -> String {
    let mut text = String::from(
        "# Metrics\n\nMade from the code by `make docs`; do not edit.\n\n\
         Prometheus reads them at `/metrics` of the address that the setting `METRICS_LISTEN` names. A dashboard for Grafana is in \
         [operating/grafana.json](operating/grafana.json). No figure holds anything about a person.\n\n\
         | name | kind | labels | what it says |\n|---|---|---|---|\n",
    );
    for Metric { name, kind, labels, about } in METRICS {
        let kind = KIND_NAMES.iter().find(|(known, _)| known == kind).map_or("", |(_, name)| name);
        let labels = labels.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "| `{name}` | {kind} | {labels} | {about} |");
    }
    text
}

fn permissions_page() -> String {
    let mut text = String::from(
        "# Who may do what\n\nMade from the code by `make docs`; do not edit.\n\n\
         Every route and who comes in by it. It is read off the types in the handlers' signatures (`Admin`, `Staff`, `Student`, `SignedIn`), \
         and each cell is tried by a real request (`crates/server/tests/it/permissions.rs`): without a token the answer is 401, in a role \
         without a mark 403 with the code `auth.wrong_role`.\n\n\
         Behind the door it is narrower: students see and change what is theirs alone; faculty act for the courses and subjects they teach; \
         what is about one thing asks whether it is for this person, and answers 404 where its existence is nobody's business.\n\n\
         | route | nobody | student | faculty | office | what it does |\n|---|:-:|:-:|:-:|:-:|---|\n",
    );
    for Permission { method, path, roles, about } in permissions() {
        let mark = |role| if roles.as_ref().is_none_or(|roles| roles.contains(&role)) { "yes" } else { "" };
        let nobody = if roles.is_none() { "yes" } else { "" };
        let [student, faculty, admin] = [Role::Student, Role::Faculty, Role::Admin].map(mark);
        let _ = writeln!(text, "| `{method} {path}` | {nobody} | {student} | {faculty} | {admin} | {about} |");
    }
    text
}

fn events_types() -> String {
    let mut text = String::from(
        "// Made from the code by `make docs`; do not edit.\n\nimport type { components } from './api';\n\n\
         type Schemas = components['schemas'];\n\n\
         /** What the server sends. The last argument is the offset that the client library keeps for itself. */\n\
         export interface ServerEvents {\n",
    );
    for event in events::ALL {
        let _ = writeln!(text, "  /** {} Heard by {}. */", event.when, event.heard_by);
        let _ = writeln!(text, "  '{}': (payload: Schemas['{}'], offset: string) => void;", event.name, event.payload);
    }
    let signals = |text: &mut String, is_from_client| {
        for signal in SIGNALS.iter().filter(|signal| signal.is_from_client == is_from_client) {
            let _ = writeln!(
                text,
                "  /** {} Not logged. */\n  '{}': ({}) => void;",
                signal.about, signal.name, signal.arguments
            );
        }
    };
    signals(&mut text, false);
    text.push_str("}\n\n/** What a client may send. */\nexport interface ClientEvents {\n");
    signals(&mut text, true);
    text.push_str("}\n");
    text
}

fn settings_page() -> String {
    let mut text = String::from(
        "# Settings\n\nMade from the code by `make docs`; do not edit.\n\n\
         Defaults need nothing. `lamplight.toml` in the working folder (or `--config FILE`) comes next, with the names in lower \
         case (`port = 5000`); the environment wins. `lamplight config` shows what holds and where it comes from.\n\n\
         | name | default | what it is |\n|---|---|---|\n",
    );
    for key in KEYS {
        let default = if key.default.is_empty() { String::from("(not set)") } else { format!("`{}`", key.default) };
        let _ = writeln!(text, "| `{}` | {default} | {} |", key.name, key.about);
    }
    text
}
