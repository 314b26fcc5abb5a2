//! Mail: plain texts to one person each, over SMTP, or into a folder for development and the demo.
//!
//! A mail is kept in memory until it is sent, and nowhere else: it may hold a link that lets somebody in, which must stand in no
//! table and no log. What a stopped or killed server had not sent is lost, and whoever waits for it asks again.
//!
//! For the same reason no mail leaves this machine unencrypted, and no password of the mail server either.
#![forbid(unsafe_code)]

use std::{
    fmt,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
};
use tokio::{io::AsyncWriteExt, sync::Semaphore};
use tracing::Instrument;

/// Mails that are sent at the same moment.
const AT_ONCE: usize = 4;
/// How long a mail server may take for one step.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long to wait after each try that failed; after the last one the mail is given up.
const PAUSES: [Duration; 3] = [Duration::from_secs(5), Duration::from_secs(30), Duration::from_secs(120)];

/// A mail to one person.
#[derive(Clone)]
pub struct Mail {
    /// The address.
    pub to: String,
    /// What it is about.
    pub subject: String,
    /// The text.
    pub text: String,
}

/// Without what it says: that may let somebody in.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// Why a mail can't be sent, or the settings are not right.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// No mail is sent by this server.
    #[error("this server sends no mail")]
    Off,
    /// Not an address.
    #[error("this is no mail address: {0}")]
    Address(#[from] lettre::address::AddressError),
    /// Not a mail that can be written.
    #[error("the mail can't be written: {0}")]
    Message(#[from] lettre::error::Error),
    /// The mail server refuses, or can't be reached.
    #[error("the mail server: {0}")]
    Smtp(#[from] lettre::transport::smtp::Error),
    /// The mail server took the sign-in and then said nothing sensible.
    #[error("the mail server does not answer in order")]
    Silent,
    /// It would go over the network unencrypted.
    #[error(
        "passwords and links that let somebody in would go to {host} unencrypted: begin it with smtps:// (TLS from the start), or put \
         ?tls=required behind it (STARTTLS). Only to a mail server on this machine (localhost, 127.0.0.1, [::1]) is mail sent without"
    )]
    Open {
        /// The mail server.
        host: String,
    },
    /// The folder can't be written.
    #[error("{}: {source}", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

enum Way {
    Off,
    Folder(PathBuf),
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
}

struct Inner {
    way: Way,
    from: Option<Mailbox>,
    turns: Semaphore,
    count: AtomicU64,
}

/// Sends mail. Cheap to clone.
#[derive(Clone)]
pub struct Mailer(Arc<Inner>);

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0.way {
            Way::Off => "Mailer(off)",
            Way::Folder(_) => "Mailer(folder)",
            Way::Smtp(_) => "Mailer(smtp)",
        })
    }
}

impl Mailer {
    fn new(way: Way, from: Option<Mailbox>) -> Self {
        Self(Arc::new(Inner { way, from, turns: Semaphore::new(AT_ONCE), count: AtomicU64::new(0) }))
    }

    /// Sends nothing.
    #[must_use]
    pub fn off() -> Self {
        Self::new(Way::Off, None)
    }

    /// Writes each mail into a folder, as an `.eml` file that mail programs open.
    ///
    /// # Errors
    /// When `from` is no address.
    pub fn into_folder(folder: &Path, from: &str) -> Result<Self, MailError> {
        Ok(Self::new(Way::Folder(folder.to_owned()), Some(from.parse()?)))
    }

    /// Sends over `smtps://user:password@host` (TLS from the start) or `smtp://user:password@host?tls=required` (STARTTLS); without TLS,
    /// or with what anybody on the way can take out of it (`tls=opportunistic`), to this machine alone.
    ///
    /// # Errors
    /// When the address is not understood, would have mail go unencrypted, or `from` is no address.
    pub fn over_smtp(url: &str, from: &str) -> Result<Self, MailError> {
        let from = from.parse()?;
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)?.timeout(Some(PATIENCE)).build();
        if let Some(host) = open_to(url) {
            return Err(MailError::Open { host: host.to_owned() });
        }
        Ok(Self::new(Way::Smtp(transport), Some(from)))
    }

    /// Whether mail is sent at all.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !matches!(self.0.way, Way::Off)
    }

    /// Sends a mail in the background, with some patience for a mail server that is not there at the moment. Nobody learns from how
    /// long this takes whether there is anybody to send to.
    pub fn post(&self, mail: Mail) {
        let mailer = self.clone();
        // Of the request that asked for it, and longer than that.
        let span = tracing::debug_span!(target: "lamplight::traces", "mail", sent = tracing::field::Empty);
        let outcome = span.clone();
        let sending = async move {
            let mut pauses = PAUSES.into_iter();
            loop {
                let result = mailer.send(&mail).await;
                let Err(error) = result else {
                    outcome.record("sent", true);
                    return;
                };
                let Some(pause) = pauses.next() else {
                    outcome.record("sent", false);
                    tracing::error!(%error, subject = mail.subject, "a mail could not be sent and is given up");
                    return;
                };
                tracing::warn!(%error, subject = mail.subject, "a mail could not be sent; trying again");
                tokio::time::sleep(pause).await;
            }
        };
        tokio::spawn(sending.instrument(span));
    }

    /// Connects to the mail server and signs in there, if mail goes over one. Sends nothing.
    ///
    /// # Errors
    /// When it can't be reached or refuses.
    pub async fn check(&self) -> Result<(), MailError> {
        match &self.0.way {
            Way::Smtp(transport) if !transport.test_connection().await? => Err(MailError::Silent),
            Way::Smtp(_) | Way::Off | Way::Folder(_) => Ok(()),
        }
    }

    /// Sends a mail.
    ///
    /// # Errors
    /// When it can't be sent.
    pub async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let Some(from) = &self.0.from else { return Err(MailError::Off) };
        let message = Message::builder()
            .from(from.clone())
            .to(mail.to.parse()?)
            .subject(mail.subject.as_str())
            .message_id(None)
            .header(ContentType::TEXT_PLAIN)
            .body(mail.text.clone())?;
        let Ok(_turn) = self.0.turns.acquire().await else { return Err(MailError::Off) };
        match &self.0.way {
            Way::Off => Err(MailError::Off),
            Way::Smtp(transport) => {
                transport.send(message).await?;
                Ok(())
            }
            Way::Folder(folder) => {
                let number = self.0.count.fetch_add(1, Ordering::Relaxed);
                write(folder, number, &message.formatted())
                    .await
                    .map_err(|source| MailError::Folder { path: folder.clone(), source })
            }
        }
    }
}

/// The host to which mail would go with no TLS, or with some that is given up when somebody on the way says so; not when it is this one.
fn open_to(url: &str) -> Option<&str> {
    let (scheme, rest) = url.trim().split_once("://")?;
    if scheme.eq_ignore_ascii_case("smtps") {
        return None;
    }
    let (rest, _) = rest.split_once('#').unwrap_or((rest, ""));
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    // The first one holds.
    let tls = query.split('&').find_map(|pair| pair.strip_prefix("tls="));
    let authority = place.split('/').next().unwrap_or_default();
    // A password may have an @ in it.
    let address = authority.rsplit('@').next().unwrap_or_default();
    let host = match address.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => address.split(':').next().unwrap_or_default(),
    };
    let is_here = host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|host: IpAddr| host.is_loopback());
    Some(host).filter(|_| tls != Some("required") && !is_here)
}

/// Writes a file that only the operator's account reads, and that nobody sees half-written.
#[expect(
    clippy::disallowed_methods,
    reason = "names a file, so that they stand in their order; nothing is decided by it"
)]
async fn write(folder: &Path, number: u64, bytes: &[u8]) -> std::io::Result<()> {
    tokio::fs::create_dir_all(folder).await?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let name = format!("{}-{number:04}", now.as_millis());
    let unfinished = folder.join(format!("{name}.part"));
    let mut options = tokio::fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    let mut file = options.open(&unfinished).await?;
    file.write_all(bytes).await?;
    file.sync_all().await?;
    tokio::fs::rename(&unfinished, folder.join(format!("{name}.eml"))).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(to: &str) -> Mail {
        Mail { to: to.to_owned(), subject: "Ihr Paßwort".to_owned(), text: "Guten Tag,\n\nbitte …\n".to_owned() }
    }

    #[tokio::test]
    async fn a_folder_takes_mails_one_file_each() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = folder.path().join("outbox");
        let mailer = Mailer::into_folder(&outbox, "The Office <office@nursing.example>").unwrap();
        mailer.send(&mail("asha@nursing.example")).await.unwrap();
        mailer.send(&mail("bina@nursing.example")).await.unwrap();
        let mut texts: Vec<String> = std::fs::read_dir(&outbox)
            .unwrap()
            .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
            .collect();
        texts.sort_by_key(|text| text.contains("bina@"));
        assert_eq!(texts.len(), 2);
        assert!(texts[0].contains("To: asha@nursing.example\r\n") && texts[0].contains("office@nursing.example"));
        assert!(matches!(mailer.send(&mail("no address")).await, Err(MailError::Address(_))));
        assert!(!format!("{:?}", mail("asha@nursing.example")).contains("Guten"));
    }

    #[tokio::test]
    async fn who_sends_none_says_so_and_settings_are_checked() {
        assert!(!Mailer::off().is_on());
        assert!(matches!(Mailer::off().send(&mail("asha@nursing.example")).await, Err(MailError::Off)));
        assert!(
            Mailer::over_smtp("smtps://user:secret@mail.nursing.example", "office@nursing.example").unwrap().is_on()
        );
        assert!(Mailer::over_smtp("http://mail.nursing.example", "office@nursing.example").is_err());
        assert!(Mailer::over_smtp("smtps://mail.nursing.example", "office").is_err());
    }

    #[tokio::test]
    async fn no_mail_leaves_this_machine_unencrypted() {
        let made = |url: &str| Mailer::over_smtp(url, "office@nursing.example");
        for url in [
            "smtps://user:secret@mail.nursing.example",
            "SMTPS://user:secret@mail.nursing.example:465/me",
            "smtp://user:secret@mail.nursing.example?tls=required",
            "smtp://user:secret@mail.nursing.example:25/me?tls=required",
            "smtp://user:se@cret@mail.nursing.example?tls=required",
            "smtp://127.0.0.1:2525",
            "smtp://user:secret@localhost",
            "smtp://user:secret@LocalHost:25?tls=opportunistic",
            "smtp://user:secret@[::1]:25/me",
        ] {
            assert!(made(url).is_ok(), "{url}: {:?}", made(url));
        }
        for url in [
            "smtp://mail.nursing.example",
            "SMTP://user:secret@mail.nursing.example:587",
            "smtp://user:secret@mail.nursing.example?tls=opportunistic",
            "smtp://user:secret@mail.nursing.example?tls=opportunistic&tls=required",
            "smtp://user:secret@mail.nursing.example#?tls=required",
            "smtp://user:secret@mail.nursing.example/?tls=opportunistic",
            "smtp://localhost:secret@mail.nursing.example",
            "smtp://user:secret@mail.nursing.example/localhost",
            "smtp://127.0.0.1@mail.nursing.example",
            "smtp://localhost.nursing.example",
            "smtp://[2001:db8::1]:25",
            "smtp://10.0.0.1",
        ] {
            let error = made(url).unwrap_err();
            assert!(matches!(error, MailError::Open { .. }), "{url}: {error}");
            let words = error.to_string();
            assert!(
                words.contains("smtps://") && words.contains("?tls=required") && !words.contains("secret"),
                "{words}"
            );
        }
    }
}
