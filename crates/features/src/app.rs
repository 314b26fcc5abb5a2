//! What every handler has at hand.

use std::{sync::Arc, time::Duration};

use axum::extract::FromRef;
use jiff::tz::TimeZone;
use lamplight_auth::{Devices, Gate, Passwords};
use lamplight_files::Files;
use lamplight_kernel::Timestamp;
use lamplight_mail::Mailer;
use lamplight_store::Store;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{search::Common, students::StudentImports, system::Machine};

/// What every handler has at hand. Cheap to clone.
#[derive(Debug, Clone)]
pub struct App {
    /// The database.
    pub store: Store,
    /// Uploaded files.
    pub files: Files,
    /// Who holds which token.
    pub gate: Gate,
    /// How passwords are hashed.
    pub passwords: Passwords,
    /// In which browsers somebody has signed in before.
    pub devices: Devices,
    /// Sends mail, if the institute has a way to.
    pub mailer: Mailer,
    /// What is the same for everybody.
    pub institute: Arc<Institute>,
    /// The files of students that are being applied.
    pub student_imports: StudentImports,
    /// What is common in what is searched.
    pub common: Common,
    /// Knows how this server is.
    pub machine: Arc<dyn Machine>,
}

impl FromRef<App> for Gate {
    fn from_ref(app: &App) -> Self {
        app.gate.clone()
    }
}

/// What is the same for everybody: settings that features read.
#[derive(Debug)]
pub struct Institute {
    /// Its name, as pages show it.
    pub name: String,
    /// Where its pages are, for links in mails: `https://record.example.org`, without a slash at the end.
    pub public_url: String,
    /// Where its days begin and end.
    pub time_zone: TimeZone,
    /// The name of that zone (IANA), such as `Asia/Kolkata`.
    pub time_zone_name: String,
    /// The domain of the mail addresses that students are given by the institute, if it gives them any.
    pub student_mail_domain: Option<String>,
    /// The largest file that may be uploaded, in bytes.
    pub upload_limit: u64,
    /// How long an upload may send nothing before it is given up.
    pub upload_patience: Duration,
    /// The endings that an uploaded file may have, with the dot.
    pub accepted_extensions: Vec<String>,
    /// How long a publication of marks can be undone before anybody sees or hears of it.
    pub undo_window: Duration,
    /// The sign-ins of the demo institute; empty for a real one.
    pub demo_sign_ins: Vec<DemoSignIn>,
}

/// A sign-in of the demo institute, which its sign-in page offers.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DemoSignIn {
    /// What this person is, in words.
    pub label: String,
    /// Their name.
    pub name: String,
    /// What to type.
    pub email: String,
    /// What to type.
    pub password: String,
    /// What they are.
    #[schema(schema_with = crate::wire::roles)]
    pub role: &'static str,
}

impl Institute {
    /// The date it is at the institute.
    #[must_use]
    pub fn today(&self, now: Timestamp) -> jiff::civil::Date {
        now.date_in(&self.time_zone)
    }

    /// A moment as clocks at the institute show it: `2026-11-24 15:30:07`.
    #[must_use]
    pub fn clock(&self, moment: Timestamp) -> String {
        let moment = jiff::Timestamp::from_millisecond(moment.millis()).unwrap_or(jiff::Timestamp::MAX);
        moment.to_zoned(self.time_zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// A date as forms send it, `YYYY-MM-DD`, or the date of a full timestamp at the institute.
    #[must_use]
    pub fn date_of(&self, text: &str) -> Option<jiff::civil::Date> {
        if text.len() == "2026-11-22".len() {
            return text.parse().ok();
        }
        let moment: jiff::Timestamp = text.parse().ok()?;
        Some(moment.to_zoned(self.time_zone.clone()).date())
    }

    /// The moment a date ends at the institute: the first one that is not part of it.
    #[must_use]
    pub fn end_of(&self, date: jiff::civil::Date) -> Timestamp {
        let next = date.tomorrow().unwrap_or(jiff::civil::Date::MAX);
        let zoned = next.to_zoned(self.time_zone.clone());
        // Out of range only at the end of the calendar, in the year 9999.
        zoned.map_or(Timestamp::from_millis(i64::MAX), |zoned| {
            Timestamp::from_millis(zoned.timestamp().as_millisecond())
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn dates_as_clients_send_them() {
        let institute = Institute {
            name: String::new(),
            public_url: String::new(),
            time_zone: TimeZone::get("Asia/Kolkata").unwrap(),
            time_zone_name: String::new(),
            student_mail_domain: None,
            upload_limit: 0,
            upload_patience: Duration::ZERO,
            undo_window: Duration::ZERO,
            accepted_extensions: Vec::new(),
            demo_sign_ins: Vec::new(),
        };
        let day = Some(date(2026, 12, 1));
        assert_eq!(institute.date_of("2026-12-01"), day);
        assert_eq!(institute.date_of("2026-11-30T20:00:00.000Z"), day, "the next day has begun in Kolkata");
        for bad in ["", "01-12-2026", "2026-02-30", "2026-13-01", "tomorrow", "2026-12-1", "20261201T00"] {
            assert_eq!(institute.date_of(bad), None, "{bad}");
        }
    }
}
