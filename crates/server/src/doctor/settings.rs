//! What was set, and who can read it.

use std::{
    fs::{self, Metadata},
    io::ErrorKind,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use lamplight_auth::Secret;
use lamplight_store::DatabaseUrl;

use super::Report;
use crate::{
    backup::SECRET,
    settings::{KEYS, Mail, Settings, SettingsError, Source, Values},
};

/// The settings that hold, as far as they can be read.
pub(super) struct Set {
    pub(super) settings: Settings,
    pub(super) values: Values,
    /// The settings whose values can't be used.
    wrong: Vec<String>,
    /// The file that was read.
    pub(super) file: Option<PathBuf>,
}

impl Set {
    /// Whether this setting can be used. What hangs on one that can't is not tried.
    pub(super) fn holds(&self, name: &str) -> bool {
        !self.wrong.iter().any(|wrong| wrong == name)
    }
}

/// Reads file and environment; a file that can't be read leaves the environment.
pub(super) fn settings(report: &mut Report, named: Option<&Path>) -> Set {
    let path = named.unwrap_or(Path::new("lamplight.toml"));
    let before = report.checks.len();
    let text = match fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) if named.is_none() && error.kind() == ErrorKind::NotFound => None,
        Err(error) => {
            let advice = "name a file that is there with --config FILE, and let this account read it";
            report.problem("settings", format!("the settings file {} can't be read: {error}", path.display()), advice);
            None
        }
    };
    let environment = |name: &str| std::env::var(name).ok();
    let values = Values::gather(text.as_deref(), environment).or_else(|SettingsError(problems)| {
        for problem in problems {
            report.problem("settings", format!("{}: {problem}", path.display()), "correct that line of the file");
        }
        Values::gather(None, environment)
    });
    // Without a file there is nothing in it that could be wrong.
    let values = values.unwrap_or_else(|SettingsError(_)| Values::default());
    let (settings, problems) = Settings::read_all(&values);
    let mut wrong = Vec::new();
    for problem in &problems {
        let (name, _) = problem.split_once(':').unwrap_or((problem, ""));
        let place = match values.value(name).1 {
            Source::Environment => "the environment".to_owned(),
            _ => path.display().to_string(),
        };
        let advice = format!("correct it in {place}; docs/settings.md says what it may be");
        report.problem("settings", problem, advice);
        wrong.push(name.to_owned());
    }
    let from = |source| KEYS.iter().filter(|key| values.value(key.name).1 == source).count();
    if report.checks.len() == before {
        let file = match text {
            Some(_) => format!("{} of {}", from(Source::File), path.display()),
            None => "no settings file (lamplight.toml of this folder, or --config FILE)".to_owned(),
        };
        report.ok(
            "settings",
            format!("{file}, {} of the environment; `lamplight config` shows them", from(Source::Environment)),
        );
    }
    Set { settings, values, wrong, file: text.is_some().then(|| path.to_owned()) }
}

/// The last three digits of who may do what with a file.
fn mode(file: &Metadata) -> u32 {
    file.mode() & 0o777
}

/// What signs the sign-ins, and who can read the secrets.
pub(super) fn secret(report: &mut Report, set: &Set) {
    if let Some(file) = &set.file
        && let Ok(metadata) = fs::metadata(file)
        && metadata.mode() & 0o004 != 0
    {
        let is_secret = |name: &str, text: &str| match name {
            "DATABASE_URL" => text.contains('@'),
            name => KEYS.iter().any(|key| key.name == name && key.is_secret),
        };
        for key in KEYS {
            let (text, source) = set.values.value(key.name);
            if source == Source::File && !text.is_empty() && is_secret(key.name, text) {
                let what = format!(
                    "{} holds {}, and everybody on this machine can read it (mode {:o})",
                    file.display(),
                    key.name,
                    mode(&metadata)
                );
                report.problem("secret", what, format!("chmod o= {}, and set another {}", file.display(), key.name));
            }
        }
    }
    if !set.holds("JWT_SECRET") {
        return;
    }
    let path = set.settings.data_dir.join(SECRET);
    if set.settings.jwt_secret.is_some() {
        let source = set.values.value("JWT_SECRET").1;
        return report.ok("secret", format!("the sign-ins are signed with JWT_SECRET ({source})"));
    }
    let metadata = match fs::metadata(&path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return report.ok("secret", format!("JWT_SECRET is not set; the next start makes {}", path.display()));
        }
        Err(error) => {
            let advice = "run this in the server's account";
            return report.problem("secret", format!("{} can't be looked at: {error}", path.display()), advice);
        }
    };
    if mode(&metadata) & 0o077 != 0 {
        let what = format!(
            "others can read {} (mode {:o}): whoever has it and the database can sign in as anybody",
            path.display(),
            mode(&metadata)
        );
        return report.problem("secret", what, format!("chmod 600 {}, then `lamplight keys rotate`", path.display()));
    }
    let read = fs::read_to_string(&path).map_err(|error| error.to_string());
    match read.and_then(|text| Secret::from_text(&text).map_err(|error| error.to_string())) {
        Ok(_) if matches!(set.settings.database_url, DatabaseUrl::Postgres(_)) => report.ok(
            "secret",
            format!("the sign-ins are signed with {}; a second server needs the same, as JWT_SECRET", path.display()),
        ),
        Ok(_) => report.ok("secret", format!("the sign-ins are signed with {}, which nobody else can read", path.display())),
        Err(error) => report.problem(
            "secret",
            format!("{} can't be used: {error}", path.display()),
            "put it back from a backup, or remove it: the next start makes another one, and everybody has to sign in again",
        ),
    }
}

/// Where people find the pages, which other pages may ask, and whose word is taken for where somebody calls from.
pub(super) fn addresses(report: &mut Report, set: &Set) {
    let before = report.checks.len();
    let value = |name| set.values.value(name).0;
    let is_open = |url: &str| url.starts_with("http://") && !url.contains("//localhost") && !url.contains("//127.");
    let public = value("PUBLIC_URL");
    if matches!(set.settings.mail, Mail::Smtp { .. }) && is_open(public) {
        let what = format!(
            "PUBLIC_URL is {public}: links that let somebody in are mailed to an address that is not encrypted"
        );
        report.warning(
            "addresses",
            what,
            "put a proxy that ends TLS before the server, and set PUBLIC_URL=https://...",
        );
    }
    for origin in value("FRONTEND_URL").split(',').map(str::trim).filter(|origin| is_open(origin)) {
        let what =
            format!("FRONTEND_URL lets in {origin}, which is not encrypted: anybody on the way can change that page");
        report.warning("addresses", what, "serve that page over https and write https:// here");
    }
    for net in value("TRUSTED_PROXIES").split(',').map(str::trim).filter(|net| net.ends_with("/0")) {
        let what =
            format!("TRUSTED_PROXIES names {net}, which is everybody: each caller can say to come from any address");
        report.problem("addresses", what, "name the addresses of your own proxies only");
    }
    if report.checks.len() == before {
        let public = if public.is_empty() { "PUBLIC_URL is not set, which only mail needs" } else { public };
        report.ok("addresses", format!("pages at: {public}; proxies: {}", value("TRUSTED_PROXIES")));
    }
}
