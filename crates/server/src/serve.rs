//! Running the server, top to bottom.

use std::{
    fmt::Display, net::SocketAddr, os::unix::fs::DirBuilderExt, path::Path, pin::Pin, sync::Arc, time::Duration,
};

use anyhow::{Context, bail};
use axum::{
    Extension, Router,
    body::Body,
    extract::{Request, State},
    middleware::{from_fn, from_fn_with_state},
    response::Response,
    routing::any,
};
use lamplight_auth::{Devices, Gate, Passwords, Secret, Tokens};
use lamplight_features::{
    App, Common, DemoSignIn, Institute, accounts, attendance, institute, marks, notifications,
    students::StudentImports, uploads,
};
use lamplight_files::{Accepted, Backend, Files, FilesConfig, Policy};
use lamplight_http::{Home, Peer, Proxies, Stop};
use lamplight_kernel::{Chance, Clock};
use lamplight_mail::Mailer;
use lamplight_realtime::Realtime;
use lamplight_socketio::Snapshot;
use lamplight_store::{Backend as Database, Store};
use lamplight_tls::Stream;
use tokio::{
    net::{TcpListener, TcpSocket},
    signal::unix::{Signal, SignalKind, signal},
    task::JoinSet,
    time::{Interval, MissedTickBehavior, interval, timeout},
};
use tokio_util::sync::CancellationToken;
use utoipa_swagger_ui::SwaggerUi;

use crate::{
    certificates,
    cli::say,
    demo,
    operating::{self, Gauges, Readiness, Scrape, System},
    pages,
    settings::{Encryption, Mail, Settings},
    traces::{self, Exporter},
};

/// How long a request may take that is neither upload nor download.
const REQUEST_DEADLINE: Duration = Duration::from_secs(30);
/// How long requests under way may take after the server was told to stop.
const GRACE: Duration = Duration::from_secs(20);
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// How often it is written down which sessions are in use, and forgotten what is over.
const TIDY_SESSIONS_EVERY: Duration = Duration::from_secs(30);
/// How often marks are looked for whose undo window has ended.
const PUBLISH_EVERY: Duration = Duration::from_millis(250);
/// How often figures are merged that nobody has asked for.
const TIDY_EVERY: Duration = Duration::from_secs(5);
const CLEAN_UP_EVERY: Duration = Duration::from_secs(3600);
/// Connections that wait to be accepted. After a restart everybody comes back at once, and whoever finds the queue full tries again
/// only after a second, then three. The system may allow less (`net.core.somaxconn`).
const BACKLOG: u32 = 4096;
/// Bytes that the kernel takes of a connection before what it took earlier is on its way. Without a limit it takes megabytes for a client
/// that reads slowly, besides what `SOCKET_QUEUE_BYTES` allows, and 18,000 such clients would take all the memory there is. It does not
/// slow down a download over a long way: what is on its way does not count.
const UNSENT: u32 = 128 * 1024;
/// Connections at once of those who read the figures.
const SCRAPERS: usize = 100;
/// Connections at once of those who are sent to HTTPS.
const SENT_ON: usize = 1000;
/// How long a task may be busy with what it does from time to time in the database.
const TURN: Duration = Duration::from_secs(60);
/// Events or notifications dropped in one transaction, so that nobody waits long behind it.
const DROP_AT_ONCE: u64 = 1000;

/// Runs until a signal, or until a part of it ends by itself, which is an error.
///
/// # Errors
/// When something can't be opened, or a part ended by itself.
pub(crate) async fn serve(
    settings: Settings,
    is_demo: bool,
    clock: Clock,
    exporter: Option<Exporter>,
) -> anyhow::Result<()> {
    let mut signals = Signals::listen()?;
    // It may wait: for another server that migrates, for a database that does not answer.
    let mut server = tokio::select! {
        started = Server::start(settings, is_demo, clock, Chance::system()) => started?,
        name = signals.next() => {
            tracing::info!(name, "stopping before it was ready");
            return Ok(());
        }
    };
    server.announce();
    let result = tokio::select! {
        ended = server.parts.join_next() => {
            // The institute may live elsewhere now: what comes over connections that are open is not to be answered any more.
            server.stop.answering.cancel();
            Err(anyhow::anyhow!("a part of the server ended by itself: {ended:?}"))
        }
        name = signals.next() => {
            tracing::info!(name, "stopping");
            Ok(())
        }
    };
    tokio::select! {
        () = server.stop() => {}
        _ = signals.next() => tracing::warn!("stopping at once"),
    }
    if let Some(exporter) = exporter {
        exporter.stop().await;
    }
    result
}

/// A server that runs.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where its figures are read, if anywhere.
    pub metrics: Option<SocketAddr>,
    /// Where plain HTTP is sent to HTTPS, if anywhere.
    pub redirect: Option<SocketAddr>,
    /// Its database.
    pub store: Store,
    settings: Settings,
    demo_sign_ins: Vec<DemoSignIn>,
    realtime: Realtime,
    parts: JoinSet<&'static str>,
    stop: Stop,
    relay_stop: CancellationToken,
}

impl Server {
    /// Opens everything and begins to listen.
    ///
    /// # Errors
    /// When something can't be opened.
    pub async fn start(settings: Settings, is_demo: bool, clock: Clock, chance: Chance) -> anyhow::Result<Self> {
        // Whatever is wrong is wrong here, before anybody is let in.
        let encrypted = certificates::open(&settings.encryption, &clock)?;

        // The stores.
        make_private_folder(&settings.data_dir).with_context(|| settings.data_dir.display().to_string())?;
        let store = Store::connect(&settings.database_url, clock.clone(), chance.clone()).await?;
        let files = open_files(&settings)?;
        files.check().await?;
        // SQLite is ours alone, so no upload can be under way; on PostgreSQL another node's may be.
        let swept = uploads::sweep(&store, &files, store.backend() == Database::Sqlite).await?;
        if swept > 0 {
            tracing::info!(swept, "files that nobody refers to were removed");
        }

        // Who may come in.
        let secret = match &settings.jwt_secret {
            Some(secret) => secret.clone(),
            None => Secret::kept_in(&settings.data_dir.join("jwt.secret"), &chance)?,
        };
        let passwords = Passwords::new().map_err(|error| anyhow::anyhow!("{error}"))?;
        let tokens = Tokens::new(&secret, settings.session, chance.clone());
        let people = accounts::People::new(store.clone());
        let gate = Gate::new(tokens, Arc::new(people.clone()), clock);
        let devices = Devices::new(&secret, chance.clone());
        let mailer = mailer(&settings, is_demo)?;

        // What kind of institute this is.
        let demo_sign_ins = match (institute::kind(store.reader()).await?, is_demo) {
            (institute::Kind::Real, true) => {
                bail!(
                    "this database holds real data, and the demo is never laid over them. Set DATA_DIR to another folder for the demo"
                )
            }
            (institute::Kind::Demo, false) => {
                bail!(
                    "this database holds the demo institute, whose passwords everybody knows. Use `lamplight serve --demo`, or another DATA_DIR"
                )
            }
            (institute::Kind::Empty, true) => demo::found(&store, &files, &passwords, &settings).await?,
            (institute::Kind::Demo, true) => demo::sign_ins(),
            (_, false) => {
                if !accounts::any_admin(store.reader()).await? {
                    tracing::warn!(
                        "nobody can sign in yet: make the first administrator with `lamplight admin create`"
                    );
                }
                Vec::new()
            }
        };

        // The parts that run.
        let (stop, relay_stop) = (Stop::default(), CancellationToken::new());
        let mut parts = JoinSet::new();
        let (realtime, relay) =
            Realtime::start(store.clone(), gate.clone(), &secret, settings.live.clone(), relay_stop.clone()).await?;
        parts.spawn(named("relay", relay));
        if settings.redis.is_some() && store.backend() == Database::Sqlite {
            tracing::warn!(
                "REDIS_URL is not used: with the embedded database there is one process, and nobody to wake"
            );
        }
        if let Some(wake_ups) = store.wake_ups(settings.redis.clone()) {
            let until = stop.accepting.clone();
            parts.spawn(named("wake-ups", async move {
                until.run_until_cancelled(wake_ups).await;
            }));
        }
        if let Some(present) = store.keep_present() {
            let until = stop.accepting.clone();
            parts.spawn(named("presence", async move {
                until.run_until_cancelled(present).await;
            }));
        }
        parts.spawn(named("sweeper", sweep(store.clone(), files.clone(), stop.accepting.clone())));
        parts.spawn(named("sessions' clerk", tidy_sessions(people, stop.accepting.clone())));
        parts.spawn(named("marks' publisher", publish_due(store.clone(), stop.accepting.clone())));
        parts.spawn(named("broom", clean_up(store.clone(), settings.clone(), stop.accepting.clone())));
        let metrics = match settings.metrics_listen {
            None => None,
            Some(address) => {
                let shown = encrypted.as_ref().map(|encrypted| Arc::clone(&encrypted.shown));
                let scrape = Scrape::start(Gauges { store: store.clone(), realtime: realtime.clone(), shown })?;
                let listener = listen(address).with_context(|| {
                    format!("can't listen on {address} for METRICS_LISTEN; is something running there?")
                })?;
                let address = listener.local_addr()?;
                parts.spawn(named("metrics' broom", tidy(scrape.clone(), stop.accepting.clone())));
                let (routes, stop) = (operating::metrics_router(scrape), stop.clone());
                let take = async |stream, _| Some(stream);
                parts.spawn(named(
                    "metrics",
                    lamplight_http::serve((listener, None), routes, take, stop, GRACE, SCRAPERS),
                ));
                Some(address)
            }
        };
        let institute = Arc::new(institute(&settings, demo_sign_ins.clone()));
        let student_imports = StudentImports::default();
        let readiness =
            Readiness { store: store.clone(), realtime: realtime.clone(), stopping: stop.accepting.clone() };
        let machine = Arc::new(System::new(readiness.clone(), &settings));
        let app = App {
            store: store.clone(),
            files,
            gate,
            passwords,
            devices,
            mailer,
            institute,
            student_imports,
            common: Common::default(),
            machine,
        };
        let listener = listen(settings.listen)
            .with_context(|| format!("can't listen on {}; is another server running there?", settings.listen))?;
        let address = listener.local_addr()?;
        let router = router(&app, readiness, realtime.clone(), &settings, chance);
        let intercept = intercept(realtime.clone(), &settings);
        let acceptor = encrypted.as_ref().map(|encrypted| encrypted.acceptor.clone());
        let (listening, most) = ((listener, acceptor), settings.http_connections);
        parts
            .spawn(named("web server", lamplight_http::serve(listening, router, intercept, stop.clone(), GRACE, most)));
        if let Some(encrypted) = encrypted {
            parts.spawn(named("certificate's clerk", encrypted.keep(stop.accepting.clone())));
        }
        let redirect = match settings.http_redirect_listen {
            None => None,
            Some(own) => {
                let listener = listen(own).with_context(|| {
                    format!("can't listen on {own} for HTTP_REDIRECT_LISTEN; is something running there?")
                })?;
                let own = listener.local_addr()?;
                let routes =
                    lamplight_http::redirect(public_url(&settings).map_or(Home::Port(address.port()), Home::At));
                let take = async |stream, _| Some(stream);
                let serve = lamplight_http::serve((listener, None), routes, take, stop.clone(), GRACE, SENT_ON);
                parts.spawn(named("way to HTTPS", serve));
                Some(own)
            }
        };
        Ok(Self { address, metrics, redirect, store, settings, demo_sign_ins, realtime, parts, stop, relay_stop })
    }

    /// Stops accepting, closes the sockets in waves, lets requests finish, then stops the relay, which has nobody left to
    /// tell, and closes the database.
    pub async fn stop(mut self) {
        self.stop.accepting.cancel();
        self.realtime.shutdown(self.settings.drain).await;
        self.stop.answering.cancel();
        self.relay_stop.cancel();
        while self.parts.join_next().await.is_some() {}
        // A connection whose other end has gone without a word would be waited for.
        match timeout(TURN, self.store.close()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the database did not close in order"),
            Err(_) => tracing::warn!("the database did not close in time"),
        }
    }

    /// What the Socket.IO server has counted.
    #[must_use]
    pub fn counters(&self) -> Snapshot {
        self.realtime.counters()
    }

    /// Tells the person who started it where it is and, in the demo, who may sign in.
    fn announce(&self) {
        let ip = self.address.ip();
        let host = if ip.is_unspecified() { "localhost".to_owned() } else { ip.to_string() };
        let scheme = scheme(&self.settings);
        say(&format!("Lamplight is ready at {scheme}://{host}:{}", self.address.port()));
        if let Some(redirect) = self.redirect {
            say(&format!("  sends from http://{redirect} to there"));
        }
        let folder = std::path::absolute(&self.settings.data_dir).unwrap_or(self.settings.data_dir.clone());
        say(&format!("  data in {}, API documentation at /api/docs", folder.display()));
        for sign_in in &self.demo_sign_ins {
            say(&format!("  {:<34} {:<36} {}", sign_in.label, sign_in.email, sign_in.password));
        }
    }
}

/// Only the operator's account looks into it: it holds names, password hashes and the signing secret.
fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restart must not wait for the connections of before.
    socket.set_reuseaddr(true)?;
    // Each connection that is accepted has it from here.
    socket2::SockRef::from(&socket).set_tcp_notsent_lowat(UNSENT)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

async fn named(name: &'static str, part: impl Future<Output = ()>) -> &'static str {
    part.await;
    name
}

/// What tells the server to stop.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> anyhow::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

pub(crate) fn open_files(settings: &Settings) -> anyhow::Result<Files> {
    let backend = match &settings.s3 {
        Some(s3) => Backend::S3(s3.clone()),
        None => Backend::Local { dir: settings.data_dir.join("files") },
    };
    let policy = Policy { limit: settings.upload_limit, accepted: Accepted::all() };
    Ok(Files::open(FilesConfig { staging: settings.data_dir.join("staging"), backend, policy })?)
}

/// How mail is sent. The demo writes it into a folder, where who tries it out can look.
fn mailer(settings: &Settings, is_demo: bool) -> anyhow::Result<Mailer> {
    let folder = settings.data_dir.join("outbox");
    Ok(match &settings.mail {
        Mail::Off if is_demo => Mailer::into_folder(&folder, "lamplight@localhost")?,
        Mail::Off => Mailer::off(),
        Mail::Folder { from } => Mailer::into_folder(&folder, from)?,
        Mail::Smtp { url, from } => Mailer::over_smtp(url, from)?,
    })
}

fn scheme(settings: &Settings) -> &'static str {
    if settings.encryption.is_on() { "https" } else { "http" }
}

/// Where people find the pages, as far as the settings say.
fn public_url(settings: &Settings) -> Option<String> {
    match (settings.public_url.as_str(), &settings.encryption) {
        // It is proven there: at port 443.
        ("", Encryption::Acme(acme)) => acme.domains.first().map(|domain| format!("https://{domain}")),
        ("", _) => None,
        (url, _) => Some(url.to_owned()),
    }
}

fn institute(settings: &Settings, demo_sign_ins: Vec<DemoSignIn>) -> Institute {
    let kinds = Accepted::all();
    let extensions = kinds.iter().flat_map(|kind| kind.extensions()).map(|extension| format!(".{extension}"));
    Institute {
        name: settings.institute_name.clone(),
        public_url: public_url(settings)
            .unwrap_or_else(|| format!("{}://localhost:{}", scheme(settings), settings.listen.port())),
        time_zone: settings.timezone.clone(),
        time_zone_name: settings.timezone_name.clone(),
        student_mail_domain: settings.student_mail_domain.clone(),
        upload_limit: settings.upload_limit,
        upload_patience: settings.upload_patience,
        accepted_extensions: extensions.collect(),
        undo_window: settings.undo_window,
        demo_sign_ins,
    }
}

/// The routes: the API, its description, the sockets, and the pages for every other address.
fn router(app: &App, readiness: Readiness, realtime: Realtime, settings: &Settings, chance: Chance) -> Router {
    let sockets = Router::new()
        .route("/socket.io/", any(socket))
        .route("/socket.io", any(socket))
        .with_state((realtime, settings.proxies.clone()));
    let (quick, moving) = lamplight_features::routers(app);
    let routes = quick
        .layer(from_fn_with_state(REQUEST_DEADLINE, lamplight_http::deadline))
        .merge(moving)
        .merge(sockets)
        .merge(operating::routes(readiness))
        .merge(SwaggerUi::new("/api/docs").url("/api/openapi.json", lamplight_features::openapi()))
        .fallback(pages::page);
    let traced = settings.traces.is_some();
    let within = |routes: Router| if traced { routes.layer(from_fn(traces::request)) } else { routes };
    lamplight_http::shell(routes, &settings.origins, settings.proxies.clone(), chance, within)
}

/// The short way of a WebSocket, past the router. What is not plainly good goes the long way and is told there what is wrong.
fn intercept(
    realtime: Realtime,
    settings: &Settings,
) -> impl Fn(Stream, SocketAddr) -> Pin<Box<dyn Future<Output = Option<Stream>> + Send>> + use<> {
    let (proxies, origins) = (settings.proxies.clone(), settings.origins.clone());
    move |stream, address| {
        let (realtime, proxies, origins) = (realtime.clone(), proxies.clone(), origins.clone());
        let admit = move |request: &http::Request<()>| {
            let is_ours = matches!(request.uri().path(), "/socket.io/" | "/socket.io");
            (is_ours && origins.check(request.headers()).is_ok()).then(|| peer(&proxies, address, request.headers()))
        };
        Box::pin(async move { realtime.intercept(stream, admit).await.err() })
    }
}

fn peer(proxies: &Proxies, address: SocketAddr, headers: &http::HeaderMap) -> lamplight_realtime::Peer {
    let client = proxies.client(address, headers);
    lamplight_realtime::Peer { address: client.address, is_limited: !client.is_shared }
}

async fn socket(
    State((realtime, proxies)): State<(Realtime, Proxies)>,
    Extension(Peer { address, .. }): Extension<Peer>,
    request: Request,
) -> Response {
    let peer = peer(&proxies, address, request.headers());
    realtime.handle(request, peer).await.map(Body::new)
}

async fn sweep(store: Store, files: Files, stop: CancellationToken) {
    let mut turns = every(SWEEP_EVERY);
    while is_next(&mut turns, &stop).await {
        if let Some(removed @ 1..) = turn("sweep the uploads", uploads::sweep(&store, &files, false)).await {
            tracing::info!(removed, "files that nobody refers to were removed");
        }
    }
}

async fn tidy(scrape: Scrape, stop: CancellationToken) {
    let mut turns = every(TIDY_EVERY);
    while is_next(&mut turns, &stop).await {
        scrape.tidy();
    }
}

async fn tidy_sessions(people: accounts::People, stop: CancellationToken) {
    let mut turns = every(TIDY_SESSIONS_EVERY);
    while is_next(&mut turns, &stop).await {
        turn("write down which sessions are in use", people.tidy()).await;
    }
}

async fn publish_due(store: Store, stop: CancellationToken) {
    let mut turns = every(PUBLISH_EVERY);
    while is_next(&mut turns, &stop).await {
        turn("publish the marks that are due", marks::publish_due(&store)).await;
    }
}

/// Closes classes that nobody closed, drops events and notifications that are older than they are kept, and tidies the
/// database.
async fn clean_up(store: Store, settings: Settings, stop: CancellationToken) {
    let mut turns = every(CLEAN_UP_EVERY);
    while is_next(&mut turns, &stop).await {
        let now = store.clock().now();
        if let Some(classes @ 1..) = turn("close forgotten classes", attendance::close_forgotten(&store)).await {
            tracing::info!(classes, "classes that nobody closed were closed");
        }
        let (log, events) = (store.log(), now.minus(settings.events_keep));
        // A little at a time, until nothing is left to be dropped.
        while let Some(DROP_AT_ONCE..) = turn("drop old events", log.drop_before(events, DROP_AT_ONCE)).await
            && !stop.is_cancelled()
        {}
        let notices = now.minus(settings.notifications_keep);
        let drop = || notifications::drop_before(&store, notices, DROP_AT_ONCE);
        while let Some(DROP_AT_ONCE..) = turn("drop old notifications", drop()).await
            && !stop.is_cancelled()
        {}
        turn("tidy the database", store.tidy()).await;
    }
}

/// One turn of a task, which is over in time or given up: a connection to the database whose other end has gone without a word would
/// keep it for a quarter of an hour. What was not done is said, and done in another turn.
async fn turn<T, E: Display>(what: &str, turn: impl Future<Output = Result<T, E>>) -> Option<T> {
    match timeout(TURN, turn).await {
        Ok(Ok(done)) => return Some(done),
        Ok(Err(error)) => tracing::error!(%error, "could not {what}; will try again"),
        Err(_) => tracing::error!(seconds = TURN.as_secs(), "could not {what} in time; will try again"),
    }
    None
}

pub(crate) fn every(period: Duration) -> Interval {
    let mut interval = interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

/// Waits for the next turn; says `false` when there is none, because the server stops.
async fn is_next(turns: &mut Interval, stop: &CancellationToken) -> bool {
    tokio::select! {
        () = stop.cancelled() => false,
        _ = turns.tick() => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_accepted_has_the_limit_of_the_listener() {
        let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let (_client, accepted) = tokio::join!(tokio::net::TcpStream::connect(address), listener.accept());
        let (accepted, _) = accepted.unwrap();
        assert_eq!(socket2::SockRef::from(&accepted).tcp_notsent_lowat().unwrap(), UNSENT);
    }
}
