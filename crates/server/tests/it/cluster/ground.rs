//! Real nodes, a real proxy before them, real PostgreSQL and Redis behind them, and a wire on every way between.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use lamplight_features::downloads;
use lamplight_kernel::{Chance, Clock, Event};
use lamplight_store::{
    DatabaseUrl, Head, Store,
    testing::{TestRedis, fresh_schema},
};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tokio::{task::JoinHandle, time::sleep};

use super::{follow::Follower, postgres::OwnPostgres};
use crate::support::{
    Form, Institute, Member,
    program::{Running, lamplight},
    proxy::{Kind, Proxy},
    soon, until,
    wire::{Far, Flow, Wire},
};

/// A page or a form waits so long for an answer.
const ANSWER: Duration = Duration::from_secs(4);
/// Between two uploads of a writer.
const BETWEEN: Duration = Duration::from_millis(25);

/// Whether the nodes have a Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum With {
    Redis,
    PostgresAlone,
}

pub(super) struct Node {
    running: Option<Running>,
    pub(super) to_database: Wire,
    pub(super) to_redis: Option<Wire>,
    pub(super) from_proxy: Wire,
}

/// What became of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The server said that it was done.
    Done,
    /// The server said that it was not, with this status and code.
    Refused(u16, String),
    /// Nobody said anything, or that it is not known.
    Unknown,
}

/// What was uploaded, by title.
pub(super) type Ledger = Arc<Mutex<BTreeMap<String, Outcome>>>;

pub(super) struct Cluster {
    pub(super) institute: Institute,
    pub(super) nodes: Vec<Node>,
    pub(super) proxy: Proxy,
    pub(super) redis: Option<TestRedis>,
    pub(super) postgres: Option<OwnPostgres>,
    pub(super) followers: Vec<Follower>,
    pub(super) ledger: Ledger,
    head: Head,
    is_writing: Arc<AtomicBool>,
    writers: Vec<JoinHandle<()>>,
    http: reqwest::Client,
}

impl Cluster {
    pub(super) async fn open(count: usize, with: With) -> Self {
        let server = std::env::var("LAMPLIGHT_TEST_POSTGRES").expect("LAMPLIGHT_TEST_POSTGRES: run `make test`");
        Self::at(&server, None, count, with).await
    }

    /// One whose PostgreSQL is its own and may be restarted.
    pub(super) async fn open_alone(count: usize, with: With) -> Self {
        let postgres = OwnPostgres::start().await;
        let server = postgres.server.clone();
        Self::at(&server, Some(postgres), count, with).await
    }

    async fn at(server: &str, postgres: Option<OwnPostgres>, count: usize, with: With) -> Self {
        let url = fresh_schema(server).await;
        let mut institute = Institute::at(DatabaseUrl::Postgres(url.clone()), None).await;
        let settings = institute.settings.clone();
        institute.stop().await;
        let store = Store::connect(&settings.database_url, Clock::system(), Chance::system()).await.unwrap();
        let head = store.log().head().await.unwrap();
        store.close().await.unwrap();
        let redis = if with == With::Redis { Some(TestRedis::start().await) } else { None };
        let mut nodes = Vec::new();
        for _ in 0..count {
            let to_redis = match &redis {
                Some(redis) => Some(Wire::to(Far::Unix(redis.socket())).await),
                None => None,
            };
            let nowhere: SocketAddr = "127.0.0.1:9".parse().unwrap();
            let to_database = Wire::to(Far::Unix(socket_of(server))).await;
            nodes.push(Node { running: None, to_database, to_redis, from_proxy: Wire::to(nowhere).await });
        }
        let addresses: Vec<SocketAddr> = nodes.iter().map(|node| node.from_proxy.address).collect();
        let mut cluster = Self {
            institute,
            nodes,
            proxy: Proxy::before(Kind::Nginx, &addresses).await,
            redis,
            postgres,
            followers: Vec::new(),
            ledger: Arc::default(),
            head,
            is_writing: Arc::new(AtomicBool::new(true)),
            writers: Vec::new(),
            http: reqwest::Client::builder().no_proxy().timeout(ANSWER).pool_max_idle_per_host(0).build().unwrap(),
        };
        for node in 0..count {
            cluster.start(node).await;
        }
        cluster
    }

    /// Starts a node, which finds all it needs at the end of a wire.
    pub(super) async fn start(&mut self, node: usize) {
        let DatabaseUrl::Postgres(url) = &self.institute.settings.database_url else { unreachable!() };
        let (_, options) = url.split_once("options=").unwrap();
        let node = &mut self.nodes[node];
        let database =
            format!("postgres://lamplight@{}/postgres?sslmode=disable&options={options}", node.to_database.address);
        let mut settings: BTreeMap<&str, String> = self.institute.environment().into_iter().collect();
        settings.insert("DATABASE_URL", database);
        settings.insert("PING_INTERVAL_SECONDS", "1".to_owned());
        settings.insert("PING_TIMEOUT_SECONDS", "1".to_owned());
        settings.insert("LOG", "off".to_owned());
        if let Some(wire) = &node.to_redis {
            settings.insert("REDIS_URL", format!("redis://{}", wire.address));
        }
        let settings: Vec<(&str, String)> = settings.into_iter().collect();
        let folder = self.institute.settings.data_dir.parent().unwrap();
        let running = Running::start(lamplight(folder, &settings, &["serve"])).await;
        node.from_proxy.lead(running.address);
        node.running = Some(running);
    }

    /// `kill -9`.
    pub(super) async fn kill(&mut self, node: usize) {
        self.nodes[node].running.take().unwrap().kill().await;
    }

    pub(super) async fn signal(&self, node: usize, name: &str) {
        self.nodes[node].running.as_ref().unwrap().signal(name).await;
    }

    fn token(&self, member: &Member) -> String {
        self.institute.token(member, Clock::system().now(), 1)
    }

    /// What a node says of itself.
    pub(super) async fn ready(&self, node: usize) -> Option<Value> {
        let address = self.nodes[node].running.as_ref()?.address;
        let answer = self.http.get(format!("http://{address}/readyz")).send().await.ok()?;
        answer.json().await.ok()
    }

    /// Waits until a node says that it may be sent requests, or may not.
    pub(super) async fn says(&self, node: usize, is_ready: bool) -> Value {
        let mut said = Value::Null;
        let what = format!("node {node} says ready: {is_ready}");
        until(&what, async || {
            said = self.ready(node).await.unwrap_or_default();
            said["ready"] == is_ready
        })
        .await;
        said
    }

    /// Pages of everybody at the proxy, and of two students at each node; writers at the proxy and at each node.
    pub(super) async fn populate(&mut self) {
        let people = self.institute.people.clone();
        let mut at: Vec<(SocketAddr, &Member)> =
            people.all().iter().map(|&member| (self.proxy.address, member)).collect();
        for node in &self.nodes {
            at.extend([(node.from_proxy.address, &people.asha), (node.from_proxy.address, &people.chitra)]);
        }
        for (address, member) in at {
            let token = self.token(member);
            self.followers.push(Follower::start(address, member, token));
        }
        let all_in = async || self.followers.iter().all(|follower| follower.connects() > 0);
        until("all pages are connected", all_in).await;
        let doors = self.nodes.iter().map(|node| node.from_proxy.address).chain([self.proxy.address]);
        for (writer, door) in doors.enumerate().collect::<Vec<_>>() {
            let (ledger, is_writing) = (Arc::clone(&self.ledger), Arc::clone(&self.is_writing));
            let desk = self.desk(door);
            self.writers.push(tokio::spawn(async move {
                let mut number = 0;
                while is_writing.load(Ordering::SeqCst) {
                    let title = format!("{writer}-{number}");
                    let outcome = desk.upload(&title, number % 2 == 0).await;
                    ledger.lock().unwrap().insert(title, outcome);
                    number += 1;
                    sleep(BETWEEN).await;
                }
            }));
        }
    }

    pub(super) fn desk(&self, door: SocketAddr) -> Desk {
        let (http, token) = (self.http.clone(), self.token(&self.institute.people.office));
        Desk { http, door, token, gnm: self.institute.gnm.to_string() }
    }

    /// A way to a node that the proxy uses.
    pub(super) fn door(&self, node: usize) -> SocketAddr {
        self.nodes[node].from_proxy.address
    }

    /// How many uploads were said to be done since this was asked for the last time.
    pub(super) fn done(&self) -> usize {
        self.ledger.lock().unwrap().values().filter(|outcome| **outcome == Outcome::Done).count()
    }

    /// Waits until so many more uploads were done.
    pub(super) async fn goes_on(&self, more: usize) {
        let before = self.done();
        until("uploads are done", async || self.done() >= before + more).await;
    }

    /// What pages heard, by node, of an upload that is done now: waits until it was heard there.
    pub(super) async fn hear_at(&self, nodes: &[usize], title: &str) {
        let all = self.institute.people.all().len();
        let followers = || nodes.iter().flat_map(|node| &self.followers[all + node * 2..all + node * 2 + 2]);
        until("it is heard", async || followers().all(|follower| follower.has_heard(title))).await;
    }

    /// Everything is whole again, without a hand: whoever can't come to rest has not recovered. Then all is held against the log.
    pub(super) async fn rest(mut self) -> Told {
        for node in &self.nodes {
            for wire in [Some(&node.to_database), node.to_redis.as_ref(), Some(&node.from_proxy)].into_iter().flatten()
            {
                wire.set(Flow::Whole);
            }
        }
        for node in 0..self.nodes.len() {
            self.says(node, true).await;
        }
        self.goes_on(self.nodes.len() * 2).await;
        self.is_writing.store(false, Ordering::SeqCst);
        for writer in std::mem::take(&mut self.writers) {
            soon(writer).await.unwrap();
        }
        for (number, node) in (0..self.nodes.len()).enumerate() {
            // Through each node one for all, so that each is seen to work.
            let (desk, title) = (self.desk(self.door(node)), format!("last {number}"));
            until("an upload is done", async || {
                let outcome = desk.upload(&title, false).await;
                let is_done = outcome == Outcome::Done;
                if is_done || outcome == Outcome::Unknown {
                    self.ledger.lock().unwrap().insert(title.clone(), outcome);
                }
                is_done
            })
            .await;
        }
        let last = format!("last {}", self.nodes.len() - 1);
        for follower in &self.followers {
            until(
                &format!("{} hears the last, after {} connects", follower.member.name, follower.connects()),
                async || follower.has_heard(&last),
            )
            .await;
        }
        self.judge().await
    }

    /// The database, without a wire between.
    pub(super) async fn store(&self) -> Store {
        Store::connect(&self.institute.settings.database_url, Clock::system(), Chance::system()).await.unwrap()
    }

    async fn judge(&self) -> Told {
        let store = self.store().await;
        let mut log = Vec::new();
        loop {
            let after = log.last().map_or(self.head.seq, |event: &lamplight_store::Logged| event.seq);
            let events = store.log().after(after, 1000).await.unwrap();
            if events.is_empty() {
                break;
            }
            log.extend(events);
        }
        store.close().await.unwrap();
        for follower in &self.followers {
            let name = follower.member.name;
            let rooms = follower.member.standing.rooms(follower.member.user);
            let reached = log.iter().filter(|event| event.target.reaches(&rooms, Clock::system().now()));
            let expected: Vec<String> =
                reached.map(|event| told(&event.name, &serde_json::from_str(&event.payload).unwrap())).collect();
            let heard = follower.notes.heard.lock().unwrap();
            let heard: Vec<String> = heard.iter().map(|heard| told(&heard.name, &heard.payload)).collect();
            let first = heard.iter().zip(&expected).position(|(heard, expected)| heard != expected);
            assert_eq!(
                (first, heard.len()),
                (None, expected.len()),
                "{name}: nothing lost, doubled, leaked or out of order"
            );
            assert_eq!(follower.notes.fresh.load(Ordering::SeqCst), 0, "{name} had to load afresh");
            assert_eq!(*follower.notes.refusals.lock().unwrap(), Vec::<Value>::new(), "{name} was turned away");
        }
        let mut logged: BTreeMap<String, usize> = BTreeMap::new();
        for event in log.iter().filter(|event| event.name == downloads::Created::NAME) {
            let payload: Value = serde_json::from_str(&event.payload).unwrap();
            *logged.entry(payload["title"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        let ledger = self.ledger.lock().unwrap();
        let mut told = Told::default();
        for (title, outcome) in ledger.iter() {
            let count = logged.remove(title).unwrap_or(0);
            match outcome {
                Outcome::Done => assert_eq!(count, 1, "{title} was said to be done"),
                Outcome::Unknown => assert!(count <= 1, "{title} is there {count} times"),
                Outcome::Refused(status, code) => {
                    assert_eq!(count, 0, "{title} was said not to be done: {status} {code}");
                    *told.refused.entry(format!("{status} {code}")).or_default() += 1;
                }
            }
            told.done += usize::from(*outcome == Outcome::Done);
            told.unknown += usize::from(*outcome == Outcome::Unknown);
        }
        assert_eq!(logged, BTreeMap::new(), "what nobody uploaded");
        told
    }
}

/// What was said of the uploads.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) done: usize,
    pub(super) unknown: usize,
    /// By status and code.
    pub(super) refused: BTreeMap<String, usize>,
}

/// Somebody of the office, at a door.
pub(super) struct Desk {
    http: reqwest::Client,
    door: SocketAddr,
    token: String,
    gnm: String,
}

impl Desk {
    fn request(&self, title: &str, for_some: bool) -> RequestBuilder {
        let mut form = Form::titled(title);
        if for_some {
            let targets = json!({"courses": [self.gnm]}).to_string();
            form = form.text("targetAudience", "specific_course").text("specificTargets", &targets);
        }
        let request = self.http.post(format!("http://{}/api/admin/downloads", self.door)).bearer_auth(&self.token);
        request.header("Content-Type", Form::content_type()).body(form.finish())
    }

    /// Uploads something for all, or for those of one course.
    pub(super) async fn upload(&self, title: &str, for_some: bool) -> Outcome {
        let Ok(response) = self.request(title, for_some).send().await else { return Outcome::Unknown };
        let status = response.status().as_u16();
        let Ok(body) = response.bytes().await else { return Outcome::Unknown };
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        match (status, body["code"].as_str()) {
            (201, _) => Outcome::Done,
            // The proxy does not know what its server has done; a server that does not know says so.
            (502 | 504, None) | (_, Some("server.outcome_unknown")) => Outcome::Unknown,
            (_, Some(code)) => Outcome::Refused(status, code.to_owned()),
            (status, None) => panic!("{status} {body}"),
        }
    }
}

fn socket_of(server: &str) -> PathBuf {
    let (_, host) = server.split_once("host=").unwrap();
    PathBuf::from(host.split('&').next().unwrap()).join(".s.PGSQL.5432")
}

/// An event, for comparing.
fn told(name: &str, payload: &Value) -> String {
    format!("{name} {payload}")
}
