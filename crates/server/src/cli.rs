//! The command line.

use std::{
    io::{IsTerminal, Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand};
use lamplight_auth::{Passwords, Role, check_password};
use lamplight_features::{accounts, attendance, audit, institute, marks};
use lamplight_kernel::{Chance, Clock, Timestamp};
use lamplight_store::{DatabaseUrl, Store};
use tracing_subscriber::{Layer, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{
    backup, certificates, docs, doctor, migrate, serve,
    settings::{Encryption, LogFormat, Settings, Values},
    traces::Exporter,
};

/// The live record of a nursing institute.
#[derive(Parser)]
#[command(name = "lamplight", version, about, arg_required_else_help = true)]
struct Cli {
    /// The settings file. Without it, `lamplight.toml` of the working folder, if there is one.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server.
    Serve {
        /// Fill an empty database with the demo institute and offer its sign-ins. Refuses a database that holds real data.
        #[arg(long)]
        demo: bool,
        /// Stop the demo's clock at this moment, so that its pages look the same every day: for comparing pictures of them.
        #[arg(long, requires = "demo", value_name = "TIME", hide = true)]
        at: Option<jiff::Timestamp>,
    },
    /// Administrators.
    #[command(subcommand)]
    Admin(AdminCommand),
    /// The key that signs the sign-ins.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Go through the history of every mark, link by link, and name the first that is not what it was; then count the attendance,
    /// the students and the accounts again, and compare that with the counts that are kept.
    Verify {
        /// Write what is wrong of them anew.
        #[arg(long)]
        recount: bool,
    },
    /// Look whether everything that a server needs is there and works, and say what is to be done. Changes nothing; a server may run
    /// meanwhile. Ends with 1 when there is a problem; warnings alone are none.
    Doctor {
        /// For programs: one JSON document.
        #[arg(long)]
        json: bool,
        /// Also what takes as long as the institute is large: the history of every mark, and each index of an embedded database.
        #[arg(long)]
        deep: bool,
    },
    /// Copy the institute into a new folder: database, files, signing secret. The server may run meanwhile.
    Backup {
        /// The folder, which must not exist yet.
        to: PathBuf,
    },
    /// Note that other tools (pg_dump, a snapshot of the disk) have just made a good backup: `doctor` and the page System say when.
    BackedUp,
    /// Lay a backup out where no institute is yet. Everybody has to sign in again, and open pages load afresh.
    Restore {
        /// The folder of the backup.
        from: PathBuf,
    },
    /// Say that the database was put back to an earlier state by its own tools, before any server is started on it: no page goes on from
    /// what did not happen, and everybody has to sign in again.
    Restored,
    /// Move the institute into another database, from SQLite to PostgreSQL or back, while no server runs. Open pages go on where
    /// they were, and everybody stays signed in.
    MigrateData(MigrateData),
    /// Show the settings that hold and where each comes from. Secrets are masked.
    Config,
    /// Write the documents that are made from the code.
    #[command(hide = true)]
    Docs {
        /// The root of the repository.
        #[arg(default_value = ".")]
        root: PathBuf,
    },
}

#[derive(Subcommand)]
enum AdminCommand {
    /// Make an administrator. The password is asked for, or read from standard input when that is no terminal.
    Create(NewAdmin),
}

#[derive(Subcommand)]
enum KeysCommand {
    /// Retire the key and make a new one: everybody is signed out, everywhere. While a server runs on an embedded database, an
    /// administrator does it there: POST /api/admin/signing-key.
    Rotate,
}

#[derive(Args)]
struct MigrateData {
    /// From where: `sqlite:path/to/file.db` or `postgres://...`. Without it, the database of the settings.
    #[arg(long, value_name = "URL")]
    from: Option<DatabaseUrl>,
    /// To where: a file that does not exist yet, or an empty database. A password may come from PGPASSWORD or ~/.pgpass instead.
    #[arg(long, value_name = "URL")]
    to: DatabaseUrl,
    /// Also copy the uploaded files and the signing secret from DATA_DIR into this folder: the DATA_DIR of a server on another machine.
    #[arg(long, value_name = "FOLDER")]
    files_to: Option<PathBuf>,
}

#[derive(Args)]
struct NewAdmin {
    /// The name to sign in with.
    #[arg(long)]
    username: String,
    /// The mail address to sign in with.
    #[arg(long)]
    email: String,
    /// The person's name.
    #[arg(long)]
    name: String,
    /// Make a password and print it once, instead of asking for one.
    #[arg(long)]
    generate: bool,
}

/// Runs the command that was given.
pub async fn run() -> ExitCode {
    let cli = Cli::parse();
    match command(cli).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say_error(&format!("lamplight: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Whether all is well; only the doctor says that it is not without an error.
async fn command(cli: Cli) -> anyhow::Result<bool> {
    let values = || -> anyhow::Result<Values> {
        let file = settings_file(cli.config.as_deref())?;
        Ok(Values::gather(file.as_deref(), |name| std::env::var(name).ok())?)
    };
    let done: anyhow::Result<()> = match cli.command {
        Command::Config => {
            let values = values()?;
            say(values.shown().trim_end());
            let settings = Settings::read(&values)?;
            if let Encryption::Files(files) = &settings.encryption {
                say(&certificates::describe(files)?);
            }
            Ok(())
        }
        Command::Docs { root } => {
            for path in docs::write(&root)? {
                say(&format!("wrote {}", path.display()));
            }
            Ok(())
        }
        Command::Serve { demo, at } => {
            let settings = Settings::read(&values()?)?;
            let exporter =
                settings.traces.as_ref().map(Exporter::start).transpose().context("OTEL_EXPORTER_OTLP_ENDPOINT")?;
            log_to_stderr(&settings, exporter.as_ref());
            let clock = at.map_or_else(Clock::system, |at| Clock::mock(Timestamp::from_millis(at.as_millisecond())));
            serve::serve(settings, demo, clock, exporter).await
        }
        Command::Backup { to } => backup::backup(&Settings::read(&values()?)?, &to, &Clock::system()).await,
        Command::Restore { from } => backup::restore(&Settings::read(&values()?)?, &from).await,
        Command::BackedUp => backup::backed_up(&Settings::read(&values()?)?, &Clock::system()),
        // Reads by itself what there is of the settings.
        Command::Doctor { json, deep } => return doctor::examine(cli.config.as_deref(), json, deep).await,
        Command::Restored => backup::restored(&Settings::read(&values()?)?).await,
        Command::MigrateData(MigrateData { from, to, files_to }) => {
            let settings = Settings::read(&values()?)?;
            let from = from.unwrap_or_else(|| settings.database_url.clone());
            migrate::migrate(&settings, from, to, files_to.as_deref()).await
        }
        Command::Verify { recount } => verify(&Settings::read(&values()?)?, recount).await,
        Command::Keys(KeysCommand::Rotate) => rotate_keys(&Settings::read(&values()?)?).await,
        Command::Admin(AdminCommand::Create(new)) => create_admin(&Settings::read(&values()?)?, &new).await,
    };
    done.map(|()| true)
}

fn settings_file(named: Option<&Path>) -> anyhow::Result<Option<String>> {
    let path = named.unwrap_or(Path::new("lamplight.toml"));
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("the settings file {}", path.display())),
    }
}

/// The log and, if they are wanted, the traces. Each sees what it asked for, whatever the other did.
fn log_to_stderr(settings: &Settings, exporter: Option<&Exporter>) {
    let filter = tracing_subscriber::EnvFilter::new(&settings.log);
    let is_terminal = std::io::stderr().is_terminal();
    let Some(exporter) = exporter else {
        let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
        return match settings.log_format {
            LogFormat::Text => builder.with_ansi(is_terminal).compact().init(),
            LogFormat::Json => builder.json().init(),
        };
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match settings.log_format {
        LogFormat::Text => lines.with_ansi(is_terminal).compact().boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    tracing_subscriber::registry().with(lines.with_filter(filter)).with(exporter.layer()).init();
}

async fn create_admin(settings: &Settings, new: &NewAdmin) -> anyhow::Result<()> {
    let username = new.username.trim().to_lowercase();
    let email = new.email.trim().to_lowercase();
    if username.is_empty() || username.contains(char::is_whitespace) {
        bail!("a user name has no spaces and is not empty");
    }
    if !email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.')) {
        bail!("{email:?} is no mail address");
    }
    let chance = Chance::system();
    let store = Store::connect(&settings.database_url, Clock::system(), chance.clone()).await?;
    if institute::kind(store.reader()).await? == institute::Kind::Demo {
        bail!("this database holds the demo institute, whose passwords everybody knows. Use another one for real data");
    }
    let password = if new.generate { generated(&chance) } else { asked()? };
    check_password(&password, &username)?;
    let passwords = Passwords::new().map_err(|error| anyhow::anyhow!("{error}"))?;
    let hash = passwords.hash(&password).await.map_err(|error| anyhow::anyhow!("{error}"))?;

    let tx = store.begin().await?;
    institute::found(&tx, false).await?;
    let account = accounts::NewAccount {
        username: &username,
        email: &email,
        password_hash: &hash,
        role: Role::Admin,
        full_name: new.name.trim(),
    };
    match accounts::insert(&tx, &account).await {
        Ok(_) => tx.commit().await?,
        Err(error) if error.is_unique_violation() => bail!("this user name or mail address is taken"),
        Err(error) => return Err(error.into()),
    }
    say(&format!("Administrator {username} was made."));
    if new.generate {
        say(&format!("Password (shown this once): {password}"));
    }
    Ok(())
}

async fn verify(settings: &Settings, recount: bool) -> anyhow::Result<()> {
    let store = Store::connect(&settings.database_url, Clock::system(), Chance::system()).await?;
    match marks::verify(store.reader()).await? {
        Ok(marks::Verified { sheets, links }) => {
            say(&format!("The history of the marks is whole: {links} links of {sheets} sheets."));
        }
        Err(link) => bail!("the history of the marks is not what it was. The first bad link: {link}"),
    }
    let wrong = attendance::find_wrong_sums(store.reader()).await?;
    if wrong > 0 && recount {
        let tx = store.begin().await?;
        attendance::recount(&tx).await?;
        tx.commit().await?;
        say(&format!("The sums of the attendance were counted anew; {wrong} were wrong."));
    } else if wrong > 0 {
        bail!(
            "{wrong} sums of the attendance are not what its records add up to. `lamplight verify --recount` counts them anew"
        );
    } else {
        say("The sums of the attendance are what its records add up to.");
    }
    let wrong = store.count_wrong().await?;
    let index = store.check_indexes().await;
    if wrong == 0 && index.is_ok() {
        say("The counts of students and accounts, and what they are searched by, are what their rows say.");
    } else if recount {
        store.recount().await?;
        say(&format!(
            "Students and accounts were counted, and what they are searched by was written, anew; {wrong} were wrong."
        ));
    } else {
        let index = index.err().map(|error| format!(" The index for searching: {error}.")).unwrap_or_default();
        bail!(
            "{wrong} counts of students and accounts, or texts that they are searched by, are not what their rows say.{index} \
             `lamplight verify --recount` writes them anew"
        );
    }
    Ok(())
}

async fn rotate_keys(settings: &Settings) -> anyhow::Result<()> {
    let store = Store::connect(&settings.database_url, Clock::system(), Chance::system()).await?;
    let mut tx = store.begin().await?;
    let key = accounts::rotate_signing_key(&mut tx, audit::Actor::operator()).await?;
    tx.commit().await?;
    say(&format!("Signing key {key} was made, the others are retired: everybody has to sign in again."));
    Ok(())
}

/// 20 characters of an alphabet of 32 without look-alikes: 100 bits.
fn generated(chance: &Chance) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789+";
    let bytes: [u8; 20] = chance.bytes();
    bytes.iter().filter_map(|byte| ALPHABET.get(usize::from(byte % 32))).map(|&byte| char::from(byte)).collect()
}

fn asked() -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        let password = rpassword::prompt_password("Password: ")?;
        if password != rpassword::prompt_password("Again: ")? {
            bail!("the two are not the same");
        }
        return Ok(password);
    }
    let mut text = String::new();
    std::io::stdin().lock().take(1024).read_to_string(&mut text)?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// What the person at the terminal asked for goes to standard output; the log goes to standard error.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

fn say_error(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
