//! Settings: defaults that need nothing, then `lamplight.toml`, then the environment.
//!
//! Every setting is one row of [`KEYS`]: its name in the environment, its default, what it is. The name in the file is the same
//! in lower case. All problems are reported at once; a name in the file that is no setting is one.
//!
//! When you add a setting: a row in `KEYS`, a field in [`Settings`], a line in [`Settings::read`]; then `make docs` writes
//! `docs/settings.md`.

use std::{collections::BTreeMap, fmt, fmt::Write as _, net::SocketAddr, path::PathBuf, str::FromStr, time::Duration};

use jiff::tz::TimeZone;
use lamplight_auth::Secret;
use lamplight_files::S3Config;
use lamplight_http::{Origins, Proxies};
use lamplight_store::{DatabaseUrl, Redis};

mod encryption;
mod keys;
mod telemetry;

pub use crate::traces::Traces;
pub use encryption::Encryption;
pub use keys::{KEYS, Key};

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines, an object a line.
    Json,
}

/// How mail is sent.
#[derive(Clone, PartialEq, Eq)]
pub enum Mail {
    /// Not at all.
    Off,
    /// Into a folder.
    Folder {
        /// The sender.
        from: String,
    },
    /// Over SMTP.
    Smtp {
        /// With a password in it.
        url: String,
        /// The sender.
        from: String,
    },
}

/// Without the password.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "Off",
            Self::Folder { .. } => "Folder",
            Self::Smtp { .. } => "Smtp",
        })
    }
}

/// The settings, read and checked. What each one is stands in [`KEYS`].
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each field is the setting of the same name, described in KEYS")]
pub struct Settings {
    pub listen: SocketAddr,
    pub encryption: Encryption,
    pub http_redirect_listen: Option<SocketAddr>,
    pub data_dir: PathBuf,
    pub database_url: DatabaseUrl,
    pub redis: Option<Redis>,
    pub origins: Origins,
    pub jwt_secret: Option<Secret>,
    pub session: Duration,
    pub institute_name: String,
    pub public_url: String,
    pub mail: Mail,
    pub timezone: TimeZone,
    pub timezone_name: String,
    pub student_mail_domain: Option<String>,
    pub upload_limit: u64,
    pub upload_patience: Duration,
    /// Connections at once over HTTP.
    pub http_connections: usize,
    pub undo_window: Duration,
    pub events_keep: Duration,
    pub notifications_keep: Duration,
    pub live: lamplight_realtime::Settings,
    pub proxies: Proxies,
    pub drain: Duration,
    pub metrics_listen: Option<SocketAddr>,
    pub traces: Option<Traces>,
    pub s3: Option<S3Config>,
    pub log: String,
    pub log_format: LogFormat,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Nobody said anything.
    Default,
    /// `lamplight.toml`.
    File,
    /// The environment.
    Environment,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Default => "default",
            Self::File => "file",
            Self::Environment => "environment",
        })
    }
}

/// All that is wrong, each with the name of its setting.
#[derive(Debug, PartialEq, Eq)]
pub struct SettingsError(pub Vec<String>);

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the settings are not right:")?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  - {problem}"))
    }
}

impl std::error::Error for SettingsError {}

/// Every setting's text and where it comes from.
#[derive(Debug, Clone, Default)]
pub struct Values {
    known: BTreeMap<&'static str, (String, Source)>,
    /// What the file says that is no setting, to be reported together with what is wrong with the settings.
    problems: Vec<String>,
}

impl Values {
    /// From the text of a settings file and a look into the environment.
    ///
    /// # Errors
    /// When the file is no TOML. What it names that is no setting is reported by [`Settings::read`].
    pub fn gather(file: Option<&str>, environment: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let mut known: BTreeMap<_, _> =
            KEYS.iter().map(|key| (key.name, (key.default.to_owned(), Source::Default))).collect();
        let mut problems = Vec::new();
        if let Some(text) = file {
            let table: toml::Table =
                text.parse().map_err(|error| SettingsError(vec![format!("the file is not TOML: {error}")]))?;
            for (name, value) in table {
                let Some(key) =
                    KEYS.iter().find(|key| key.name.eq_ignore_ascii_case(&name) && name == name.to_lowercase())
                else {
                    problems.push(format!("{name}: there is no such setting"));
                    continue;
                };
                let text = match value {
                    toml::Value::String(text) => text,
                    toml::Value::Integer(number) => number.to_string(),
                    toml::Value::Boolean(boolean) => boolean.to_string(),
                    _ => {
                        problems.push(format!("{name}: write a text, a number or true or false"));
                        continue;
                    }
                };
                known.insert(key.name, (text, Source::File));
            }
        }
        for key in KEYS {
            if let Some(text) = environment(key.name) {
                known.insert(key.name, (text, Source::Environment));
            }
        }
        Ok(Self { known, problems })
    }

    /// What a setting was set to, without spaces around it, and where.
    #[must_use]
    pub fn value(&self, name: &str) -> (&str, Source) {
        self.known.get(name).map_or(("", Source::Default), |(text, source)| (text.trim(), *source))
    }

    /// The values as `lamplight config` shows them: secrets only as being there.
    #[must_use]
    pub fn shown(&self) -> String {
        let mut text = String::new();
        for key in KEYS {
            let Some((value, source)) = self.known.get(key.name) else { continue };
            let value = match value.as_str() {
                "" => "(not set)".to_owned(),
                _ if key.is_secret => "***".to_owned(),
                url if key.name == "DATABASE_URL" => {
                    url.parse::<DatabaseUrl>().map_or("***".to_owned(), |url| url.to_string())
                }
                value => value.to_owned(),
            };
            let _ = writeln!(text, "{:<24} {value}   ({source})", key.name);
        }
        text
    }
}

/// Reads values one by one and remembers what is wrong.
struct Reader<'a> {
    values: &'a Values,
    problems: Vec<String>,
}

impl Reader<'_> {
    fn text(&self, name: &str) -> &str {
        self.values.value(name).0
    }

    fn wrong(&mut self, name: &str, what: impl fmt::Display) {
        self.problems.push(format!("{name}: {what}"));
    }

    fn parsed<T: FromStr>(&mut self, name: &str, expected: &str) -> Option<T> {
        let parsed = self.text(name).parse().ok();
        if parsed.is_none() {
            self.wrong(name, format!("{:?} is not {expected}", self.text(name).to_owned()));
        }
        parsed
    }

    fn whole(&mut self, name: &str, range: std::ops::RangeInclusive<u64>) -> u64 {
        match self.parsed::<u64>(name, "a whole number") {
            Some(number) if range.contains(&number) => number,
            Some(number) => {
                self.wrong(name, format!("{number} is not between {} and {}", range.start(), range.end()));
                *range.start()
            }
            None => *range.start(),
        }
    }

    /// A whole number that fits where it goes; the range sees to it.
    fn size<T: TryFrom<u64> + Default>(&mut self, name: &str, range: std::ops::RangeInclusive<u64>) -> T {
        self.whole(name, range).try_into().unwrap_or_default()
    }

    /// Where else to listen, if anywhere.
    fn listen(&mut self, name: &str, example: &str) -> Option<SocketAddr> {
        match self.text(name) {
            "" => None,
            _ => self.parsed(name, &format!("an address and a port, such as {example}")),
        }
    }

    fn live(&mut self) -> lamplight_realtime::Settings {
        let seconds = Duration::from_secs;
        lamplight_realtime::Settings {
            sockets: lamplight_socketio::Settings {
                ping_interval: seconds(self.whole("PING_INTERVAL_SECONDS", 1..=300)),
                ping_timeout: seconds(self.whole("PING_TIMEOUT_SECONDS", 1..=300)),
                connect_timeout: seconds(self.whole("SOCKET_CONNECT_SECONDS", 1..=300)),
                max_payload: self.size("SOCKET_MESSAGE_BYTES", 10_000..=100_000_000),
                max_buffered_bytes: self.size("SOCKET_QUEUE_BYTES", 10_000..=1_000_000_000),
                packets_per_second: self.size("SOCKET_PACKETS_PER_SECOND", 1..=1_000_000),
                packet_burst: self.size("SOCKET_PACKET_BURST", 1..=1_000_000),
                handshakes_per_second: self.size("SOCKET_HANDSHAKES_PER_SECOND", 1..=1_000_000),
                handshake_burst: self.size("SOCKET_HANDSHAKE_BURST", 1..=1_000_000),
                connections_per_address: self.size("SOCKETS_PER_ADDRESS", 1..=1_000_000),
                ..lamplight_socketio::Settings::default()
            },
            connections_per_user: self.size("SOCKETS_PER_USER", 1..=100_000),
            most_missed: self.whole("MISSED_EVENTS", 1..=10_000_000),
        }
    }

    fn mail(&mut self) -> Mail {
        let (url, from) = (self.text("SMTP_URL").to_owned(), self.text("MAIL_FROM").to_owned());
        if url.is_empty() {
            return Mail::Off;
        }
        if self.text("PUBLIC_URL").is_empty() && url != "folder" {
            self.wrong("PUBLIC_URL", "is needed when SMTP_URL is set: without it a link in a mail leads nowhere");
        }
        let from = if from.is_empty() && url == "folder" { "lamplight@localhost".to_owned() } else { from };
        if url == "folder" {
            if let Err(error) = lamplight_mail::Mailer::into_folder(std::path::Path::new(""), &from) {
                self.wrong("MAIL_FROM", error);
            }
            return Mail::Folder { from };
        }
        if from.is_empty() {
            self.wrong("MAIL_FROM", "is needed when SMTP_URL is set");
        }
        // What is wrong with the address is said at once, whether there is a sender or not.
        let sender = if from.is_empty() { "lamplight@localhost" } else { &from };
        if let Err(error) = lamplight_mail::Mailer::over_smtp(&url, sender) {
            let name = if matches!(error, lamplight_mail::MailError::Address(_)) { "MAIL_FROM" } else { "SMTP_URL" };
            self.wrong(name, error);
        }
        Mail::Smtp { url, from }
    }

    fn s3(&mut self) -> Option<S3Config> {
        let bucket = self.text("S3_BUCKET").to_owned();
        if bucket.is_empty() {
            return None;
        }
        for name in ["S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY", "S3_REGION"] {
            if self.text(name).is_empty() {
                self.wrong(name, "is needed when S3_BUCKET is set");
            }
        }
        Some(S3Config {
            endpoint: Some(self.text("S3_ENDPOINT").to_owned()).filter(|endpoint| !endpoint.is_empty()),
            bucket,
            region: self.text("S3_REGION").to_owned(),
            access_key_id: self.text("S3_ACCESS_KEY_ID").to_owned(),
            secret_access_key: lamplight_files::Secret::new(self.text("S3_SECRET_ACCESS_KEY")),
            path_style: self.parsed("S3_PATH_STYLE", "true or false").unwrap_or(true),
            allow_http: self.parsed("S3_ALLOW_HTTP", "true or false").unwrap_or(false),
            prefix: self.text("S3_PREFIX").to_owned(),
        })
    }
}

impl Settings {
    /// Reads the values and reports all problems at once.
    ///
    /// # Errors
    /// Every value that can't be what it should be.
    pub fn read(values: &Values) -> Result<Self, SettingsError> {
        let (settings, problems) = Self::read_all(values);
        if problems.is_empty() { Ok(settings) } else { Err(SettingsError(problems)) }
    }

    /// Reads the values, with something harmless for each that is wrong, and says what is. Each begins with the name of its setting, whose
    /// value must not be used then.
    pub(crate) fn read_all(values: &Values) -> (Self, Vec<String>) {
        const DAY: u64 = 24 * 3600;
        let mut reader = Reader { values, problems: values.problems.clone() };
        let host = reader.parsed("HOST", "an IP address");
        let port = reader.parsed("PORT", "a port");
        let data_dir = PathBuf::from(reader.text("DATA_DIR"));
        let database_url = match reader.text("DATABASE_URL") {
            "" => Some(DatabaseUrl::Sqlite(data_dir.join("lamplight.db"))),
            text => match text.parse() {
                Ok(url) => Some(url),
                Err(error) => {
                    reader.wrong("DATABASE_URL", error);
                    None
                }
            },
        };
        let redis = match reader.text("REDIS_URL") {
            "" => None,
            text => match text.parse() {
                Ok(redis) => Some(redis),
                Err(error) => {
                    reader.wrong("REDIS_URL", error);
                    None
                }
            },
        };
        let origins = match Origins::parse(reader.text("FRONTEND_URL")) {
            Ok(origins) => origins,
            Err(error) => {
                reader.wrong("FRONTEND_URL", error);
                Origins::default()
            }
        };
        let proxies = match Proxies::parse(reader.text("TRUSTED_PROXIES")) {
            Ok(proxies) => proxies,
            Err(error) => {
                reader.wrong("TRUSTED_PROXIES", error);
                Proxies::default()
            }
        };
        let jwt_secret = match reader.text("JWT_SECRET") {
            "" => None,
            text => match Secret::from_text(text) {
                Ok(secret) => Some(secret),
                Err(error) => {
                    reader.wrong("JWT_SECRET", error);
                    None
                }
            },
        };
        let student_mail_domain = match reader.text("STUDENT_MAIL_DOMAIN").trim_start_matches('@').to_lowercase() {
            domain if domain.is_empty() => None,
            domain => {
                let is_label = |label: &str| {
                    !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                };
                if !domain.contains('.') || !domain.split('.').all(is_label) {
                    reader.wrong("STUDENT_MAIL_DOMAIN", format!("{domain:?} is no domain"));
                }
                Some(domain)
            }
        };
        let timezone_name = reader.text("TIMEZONE").to_owned();
        let timezone = match TimeZone::get(&timezone_name) {
            Ok(zone) => zone,
            Err(_) => {
                reader.wrong("TIMEZONE", format!("{timezone_name:?} is no time zone; write it as Asia/Kolkata"));
                TimeZone::UTC
            }
        };
        let log_format = match reader.text("LOG_FORMAT") {
            "text" => LogFormat::Text,
            "json" => LogFormat::Json,
            _ => {
                reader.wrong("LOG_FORMAT", "write text or json");
                LogFormat::Text
            }
        };
        let log = reader.text("LOG").to_owned();
        if tracing_subscriber::EnvFilter::try_new(&log).is_err() {
            reader.wrong("LOG", format!("{log:?} is no level"));
        }
        let public_url = reader.text("PUBLIC_URL").trim_end_matches('/').to_owned();
        if !public_url.is_empty() && !public_url.starts_with("https://") && !public_url.starts_with("http://") {
            reader.wrong("PUBLIC_URL", "write it with https:// before it");
        }
        let seconds = Duration::from_secs;
        let settings = Self {
            // Stand-ins for what is wrong are never used: the problem names the setting.
            listen: SocketAddr::new(host.unwrap_or(std::net::Ipv4Addr::LOCALHOST.into()), port.unwrap_or(0)),
            encryption: reader.encryption(&data_dir),
            http_redirect_listen: reader.listen("HTTP_REDIRECT_LISTEN", "0.0.0.0:80"),
            database_url: database_url.unwrap_or(DatabaseUrl::Sqlite(PathBuf::new())),
            redis,
            data_dir,
            origins,
            jwt_secret,
            session: seconds(reader.whole("SESSION_DAYS", 1..=365) * DAY),
            institute_name: reader.text("INSTITUTE_NAME").to_owned(),
            public_url,
            mail: reader.mail(),
            timezone,
            timezone_name,
            student_mail_domain,
            upload_limit: reader.whole("UPLOAD_LIMIT_MB", 1..=10_000) * 1024 * 1024,
            upload_patience: seconds(reader.whole("UPLOAD_PATIENCE_SECONDS", 1..=3600)),
            http_connections: reader.size("HTTP_CONNECTIONS", 1..=1_000_000),
            undo_window: seconds(reader.whole("MARKS_UNDO_SECONDS", 0..=3600)),
            events_keep: seconds(reader.whole("EVENTS_KEEP_DAYS", 1..=3650) * DAY),
            notifications_keep: seconds(reader.whole("NOTIFICATIONS_KEEP_DAYS", 1..=36500) * DAY),
            live: reader.live(),
            proxies,
            drain: seconds(reader.whole("DRAIN_SECONDS", 0..=600)),
            metrics_listen: reader.listen("METRICS_LISTEN", "127.0.0.1:9464"),
            traces: reader.traces(),
            s3: reader.s3(),
            log,
            log_format,
        };
        (settings, reader.problems)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(file: &str, environment: &[(&str, &str)]) -> Result<Values, SettingsError> {
        Values::gather(Some(file), |name| {
            environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn values_of(environment: &[(&str, &str)]) -> Values {
        values("", environment).unwrap()
    }

    #[test]
    fn the_defaults_need_nothing() {
        let settings = Settings::read(&Values::gather(None, |_| None).unwrap()).unwrap();
        assert_eq!(settings.listen.port(), 5000);
        assert_eq!(settings.database_url, DatabaseUrl::Sqlite("data/lamplight.db".into()));
        assert_eq!(settings.upload_limit, 50 * 1024 * 1024);
    }

    #[test]
    fn the_environment_wins_over_the_file_and_both_over_the_defaults() {
        let values = values("port = 5001\nupload_limit_mb = 10", &[("PORT", "5002")]).unwrap();
        let settings = Settings::read(&values).unwrap();
        assert_eq!((settings.listen.port(), settings.upload_limit), (5002, 10 * 1024 * 1024));
        let shown = values.shown();
        assert!(shown.contains("5002   (environment)") && shown.contains("10   (file)"), "{shown}");
    }

    #[test]
    fn all_problems_at_once() {
        let values = values(
            "port = 70000",
            &[
                ("DATABASE_URL", "mysql://me:hunter2@x/y"),
                ("REDIS_URL", "cache://:hunter2@x"),
                ("FRONTEND_URL", "*"),
                ("JWT_SECRET", "short"),
                ("TIMEZONE", "Mars/Olympus"),
                ("TRUSTED_PROXIES", "nginx"),
                ("SOCKETS_PER_USER", "none"),
                ("SESSION_DAYS", "0"),
                ("S3_BUCKET", "b"),
            ],
        );
        let SettingsError(problems) = Settings::read(&values.unwrap()).unwrap_err();
        let names: Vec<_> = problems.iter().map(|problem| problem.split(':').next().unwrap()).collect();
        let expected = [
            "PORT",
            "DATABASE_URL",
            "REDIS_URL",
            "FRONTEND_URL",
            "TRUSTED_PROXIES",
            "JWT_SECRET",
            "TIMEZONE",
            "SESSION_DAYS",
            "SOCKETS_PER_USER",
            "S3_ACCESS_KEY_ID",
            "S3_SECRET_ACCESS_KEY",
        ];
        assert_eq!(names, expected, "{problems:?}");
        assert!(!problems.join("").contains("hunter2"));
    }

    #[test]
    fn mail_that_would_go_unencrypted_is_refused() {
        let read = |url: &str, from: &str| {
            let values = [("SMTP_URL", url), ("MAIL_FROM", from), ("PUBLIC_URL", "https://record.example")];
            Settings::read(&values_of(&values))
                .map(|settings| settings.mail)
                .map_err(|SettingsError(problems)| problems)
        };
        let (from, secret) = ("office@nursing.example", "smtp://us:hunter2@mail.nursing.example");
        for url in [secret.to_owned(), format!("{secret}?tls=opportunistic")] {
            let problems = read(&url, from).unwrap_err();
            let [problem] = problems.as_slice() else { panic!("{problems:?}") };
            for part in ["SMTP_URL: ", "mail.nursing.example", "smtps://", "?tls=required"] {
                assert!(problem.contains(part), "{part} in {problem}");
            }
            assert!(!problem.contains("hunter2"), "{problem}");
            assert_eq!(read(&url, "").unwrap_err().len(), 2, "the sender is missing, too");
        }
        for url in
            [format!("{secret}?tls=required"), secret.replace("smtp:", "smtps:"), "smtp://localhost:25".to_owned()]
        {
            assert_eq!(read(&url, from).unwrap(), Mail::Smtp { url, from: from.to_owned() });
        }
    }

    #[test]
    fn what_is_no_setting_is_an_error_and_secrets_are_masked() {
        assert!(values("prot", &[]).is_err());
        let wrong = values("prot = 1\nPORT = 1\nhost = [1]", &[("PORT", "x")]).unwrap();
        let SettingsError(problems) = Settings::read(&wrong).unwrap_err();
        assert_eq!(problems.len(), 4, "{problems:?}");
        let shown = values("", &[("JWT_SECRET", "do-not-show"), ("DATABASE_URL", "postgres://u:do-not-show@h/d")])
            .unwrap()
            .shown();
        assert!(!shown.contains("do-not-show"), "{shown}");
    }
}
