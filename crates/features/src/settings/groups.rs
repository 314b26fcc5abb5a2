//! The groups of settings, what each field may be, and which act.

use std::collections::BTreeMap;

use lamplight_kernel::{Class, Problem};
use lamplight_store::StoreError;
use sea_orm::ConnectionTrait;
use serde_json::{Map, Value, json};

use super::store;
use crate::Institute;

/// Which settings change what the server does.
pub(super) const ACTING: [&str; 3] = ["general.instituteName", "security.allowedFileTypes", "security.maxFileSize"];

/// The longest text of a field, in characters.
const MAX_TEXT: usize = 500;
const MAX_NAME: usize = 150;
/// Of the largest file, in bytes.
const MB: u64 = 1024 * 1024;

/// The groups by name, each a JSON object of single values.
pub(super) type Groups = BTreeMap<String, Map<String, Value>>;

/// What the groups are when nobody has changed them. Whatever does not act is off or empty: nothing is promised.
pub(super) fn defaults(institute: &Institute, year: i16) -> Groups {
    let groups = json!({
        "general": {
            "instituteName": institute.name, "instituteAddress": "", "contactEmail": "", "contactPhone": "", "websiteUrl": "",
            "timezone": institute.time_zone_name, "language": "en", "dateFormat": "DD/MM/YYYY", "currency": "INR",
            "academicYear": year, "maxLoginAttempts": 0, "sessionTimeout": 0,
        },
        "theme": {
            "primaryColor": "", "secondaryColor": "", "accentColor": "", "themeMode": "light", "logoUrl": "", "faviconUrl": "",
            "headerColor": "", "sidebarColor": "",
        },
        "notification": {
            "emailNotifications": false, "smsNotifications": false, "pushNotifications": false, "studentAlerts": true,
            "facultyAlerts": true, "adminAlerts": true, "attendanceAlerts": true, "marksAlerts": true, "feeAlerts": false,
            "newsAlerts": false,
        },
        "security": {
            "requireStrongPassword": true, "passwordExpiryDays": 0, "twoFactorAuth": false, "ipWhitelist": "",
            "allowedFileTypes": usual_types(institute).join(", "), "maxFileSize": institute.upload_limit / MB, "sslEnforced": false,
            "cookieSecure": false,
        },
        "backup": {
            "autoBackup": false, "backupFrequency": "", "backupTime": "", "keepBackups": 0, "backupLocation": "",
            "cloudStorage": false, "lastBackup": null, "nextBackup": null,
        },
    });
    serde_json::from_value(groups).unwrap_or_default()
}

/// The endings that the server can take, without the dot.
fn usual_types(institute: &Institute) -> Vec<String> {
    institute.accepted_extensions.iter().map(|ending| ending.trim_start_matches('.').to_owned()).collect()
}

/// The groups with what was stored of them.
pub(super) fn with_stored(mut groups: Groups, stored: Groups) -> Groups {
    for (name, fields) in stored {
        let Some(group) = groups.get_mut(&name) else { continue };
        // A field that an older version knew is not given back.
        for (field, value) in fields {
            if let Some(known) = group.get_mut(&field) {
                *known = value;
            }
        }
    }
    groups
}

/// What a client wants to be kept: known fields of known groups, checked. What it sends beyond that is left out.
pub(super) fn checked(sent: &Map<String, Value>, defaults: &Groups, institute: &Institute) -> Result<Groups, Problem> {
    let mut wrong = BTreeMap::new();
    let mut kept = Groups::new();
    for (name, group) in defaults {
        let Some(fields) = sent.get(name).and_then(Value::as_object) else { continue };
        for field in group.keys() {
            let Some(value) = fields.get(field) else { continue };
            let path = format!("{name}.{field}");
            match check(&path, value, institute) {
                Ok(value) => drop(kept.entry(name.clone()).or_default().insert(field.clone(), value)),
                Err(text) => drop(wrong.insert(path, text)),
            }
        }
    }
    if wrong.is_empty() {
        return Ok(kept);
    }
    let message = match (wrong.len(), wrong.values().next()) {
        (1, Some(text)) => text.clone(),
        _ => "Some settings are not as they should be.".to_owned(),
    };
    let problem = Problem::new(Class::Invalid, "settings.invalid", message);
    Err(wrong.into_iter().fold(problem, |problem, (field, text)| problem.with_field(field, text)))
}

/// One value as it is kept.
fn check(path: &str, value: &Value, institute: &Institute) -> Result<Value, String> {
    match path {
        "general.instituteName" => {
            let name = value.as_str().unwrap_or_default().trim().replace('\0', "");
            if name.is_empty() || name.chars().count() > MAX_NAME {
                return Err(format!("The institute needs a name of at most {MAX_NAME} characters."));
            }
            Ok(name.into())
        }
        "security.allowedFileTypes" => {
            let known = usual_types(institute);
            let types = types(value.as_str().unwrap_or_default());
            if types.is_empty() {
                return Err("Name at least one type of file.".to_owned());
            }
            match types.iter().find(|one| !known.contains(one)) {
                Some(other) => Err(format!("Files of type {other} are not taken. Choose from {}.", known.join(", "))),
                None => Ok(types.join(", ").into()),
            }
        }
        "security.maxFileSize" => {
            let most = institute.upload_limit / MB;
            let number = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok());
            let number = number.filter(|number| (1..=most).contains(number));
            let number = number
                .ok_or_else(|| format!("This must be a number of MB from 1 to {most}, which the server takes."))?;
            Ok(number.into())
        }
        _ => match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(value.clone()),
            Value::String(text) if text.chars().count() <= MAX_TEXT && !text.contains('\0') => Ok(value.clone()),
            _ => Err(format!("This must be a single value of at most {MAX_TEXT} characters.")),
        },
    }
}

/// `".PDF, docx;"` as `["pdf", "docx"]`.
fn types(text: &str) -> Vec<String> {
    let mut types: Vec<String> = Vec::new();
    for one in text.split([',', ';', ' ']) {
        let one = one.trim().trim_start_matches('.').to_lowercase();
        if !one.is_empty() && !types.contains(&one) {
            types.push(one);
        }
    }
    types
}

/// The settings that act, as they are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Acting {
    /// The institute's name.
    pub(crate) institute_name: String,
    /// The largest file that may be uploaded, in bytes.
    pub(crate) upload_limit: u64,
    /// The endings that an uploaded file may have, with the dot.
    pub(crate) accepted_extensions: Vec<String>,
}

/// The settings that act, as they are now. Never more than the operator permits, also after the operator has permitted less.
pub(crate) async fn acting<C: ConnectionTrait>(db: &C, institute: &Institute) -> Result<Acting, StoreError> {
    Ok(acting_of(&store::read(db).await?, institute))
}

fn acting_of(stored: &Groups, institute: &Institute) -> Acting {
    let value = |group: &str, field: &str| stored.get(group).and_then(|group| group.get(field));
    let name = value("general", "instituteName").and_then(Value::as_str).unwrap_or(&institute.name);
    let limit = value("security", "maxFileSize").and_then(Value::as_u64).map(|number| number.saturating_mul(MB));
    let wanted = value("security", "allowedFileTypes").and_then(Value::as_str).map(types);
    let endings = institute.accepted_extensions.iter();
    let accepted = endings.filter(|ending| {
        wanted.as_ref().is_none_or(|wanted| wanted.iter().any(|one| one == ending.trim_start_matches('.')))
    });
    Acting {
        institute_name: name.to_owned(),
        upload_limit: limit.map_or(institute.upload_limit, |limit| limit.min(institute.upload_limit)),
        accepted_extensions: accepted.cloned().collect(),
    }
}

impl Acting {
    /// Refuses a file that was received, by its name and size.
    pub(crate) fn check_file(&self, name: &str, size: u64) -> Result<(), Problem> {
        let refuse =
            |code, text: String| Err(Problem::new(Class::Invalid, code, text.clone()).with_field("file", text));
        if size > self.upload_limit {
            return refuse("uploads.too_large", format!("A file may have at most {} MB here.", self.upload_limit / MB));
        }
        let lower = name.to_lowercase();
        if self.accepted_extensions.iter().any(|ending| lower.ends_with(ending.as_str())) {
            return Ok(());
        }
        refuse(
            "uploads.type_refused",
            format!("Files of this type are not taken here. Choose one of {}.", self.accepted_extensions.join(", ")),
        )
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn institute() -> Institute {
        Institute {
            public_url: String::new(),
            student_mail_domain: None,
            name: "Usual".to_owned(),
            time_zone: jiff::tz::TimeZone::UTC,
            time_zone_name: "UTC".to_owned(),
            upload_limit: 50 * MB,
            upload_patience: Duration::ZERO,
            undo_window: Duration::ZERO,
            accepted_extensions: [".pdf", ".docx", ".zip"].map(str::to_owned).to_vec(),
            demo_sign_ins: Vec::new(),
        }
    }

    fn keep(sent: &Value) -> Result<Groups, Problem> {
        let institute = institute();
        checked(sent.as_object().unwrap(), &defaults(&institute, 2026), &institute)
    }

    #[test]
    fn only_known_fields_are_kept_and_those_that_act_are_checked() {
        let kept = keep(&json!({
            "general": {"instituteName": " St. Anne ", "nonsense": 1}, "security": {"allowedFileTypes": ".PDF; docx,pdf", "maxFileSize": "5"},
            "backup": {"autoBackup": true}, "other": {"x": 1}, "theme": 3,
        }));
        let expected = json!({
            "general": {"instituteName": "St. Anne"}, "security": {"allowedFileTypes": "pdf, docx", "maxFileSize": 5},
            "backup": {"autoBackup": true},
        });
        assert_eq!(serde_json::to_value(kept.unwrap()).unwrap(), expected);
        for bad in [
            json!({"general": {"instituteName": "  "}}),
            json!({"general": {"instituteName": 7}}),
            json!({"general": {"language": ["en"]}}),
            json!({"general": {"language": "x".repeat(501)}}),
            json!({"security": {"allowedFileTypes": "pdf, exe"}}),
            json!({"security": {"allowedFileTypes": " "}}),
            json!({"security": {"maxFileSize": 51}}),
            json!({"security": {"maxFileSize": 0}}),
        ] {
            assert!(keep(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn nothing_widens_what_the_operator_permits() {
        let institute = institute();
        let acting = |stored| acting_of(&serde_json::from_value(stored).unwrap(), &institute);
        let usual = acting(json!({}));
        assert_eq!((usual.institute_name.as_str(), usual.upload_limit), ("Usual", 50 * MB));
        assert_eq!(usual.accepted_extensions, institute.accepted_extensions);
        let less = acting(json!({"security": {"allowedFileTypes": "pdf, exe", "maxFileSize": 2}}));
        assert_eq!((less.upload_limit, less.accepted_extensions.as_slice()), (2 * MB, &[".pdf".to_owned()][..]));
        assert_eq!(acting(json!({"security": {"maxFileSize": 5000}})).upload_limit, 50 * MB);
        assert!(less.check_file("Notes.PDF", 2 * MB).is_ok());
        assert!(less.check_file("Notes.docx", 1).is_err());
        assert!(less.check_file("Notes.pdf", 2 * MB + 1).is_err());
    }
}
