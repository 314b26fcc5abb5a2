//! A small institute and the server it runs on.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use lamplight::{
    serve::Server,
    settings::{Settings, Values},
};
use lamplight_auth::{Passwords, Person, Role, Tokens};
use lamplight_features::{
    accounts::{self, NewAccount},
    courses::{self, NewCourse},
    faculty::{self, NewFaculty},
    institute,
    students::{self, NewStudent},
};
use lamplight_kernel::{Chance, Clock, CourseId, Event, Room, Standing, StudentId, Target, Timestamp, UserId};
use lamplight_socketio::Snapshot;
use lamplight_store::{DatabaseUrl, Store, Tx, testing::fresh_address};
use sea_orm::{ConnectionTrait, Statement, Value};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::Backend;

/// Everybody's.
pub(crate) const PASSWORD: &str = "lamp of the night";
pub(crate) const SECRET: &str = "a secret for tests, which is long enough";
/// The origin of the setting `FRONTEND_URL`.
pub(crate) const PORTAL: &str = "https://portal.example.org";
/// Where people find its pages.
pub(crate) const PUBLIC: &str = "https://record.nursing.example";
/// 2026-11-22 10:00 UTC, which is 15:30 at the institute.
const NOON: Timestamp = Timestamp::from_millis(1_795_341_600_000);

pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

/// Somebody, and a token that holds.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) name: &'static str,
    pub(crate) user: UserId,
    pub(crate) student: Option<StudentId>,
    pub(crate) standing: Standing,
    pub(crate) token: String,
}

impl AsRef<str> for Member {
    fn as_ref(&self) -> &str {
        &self.token
    }
}

/// The people, each for what they are to the others.
#[derive(Debug, Clone)]
pub(crate) struct People {
    pub(crate) office: Member,
    /// Teaches GNM.
    pub(crate) teacher: Member,
    /// Teaches ANM.
    pub(crate) lecturer: Member,
    /// Teaches nothing.
    pub(crate) librarian: Member,
    /// GNM, semester 3, since 2025.
    pub(crate) asha: Member,
    /// GNM, semester 1, since 2026.
    pub(crate) bina: Member,
    /// ANM, semester 3, since 2025.
    pub(crate) chitra: Member,
    /// A student whose account is switched off.
    pub(crate) gone: Member,
}

impl People {
    /// Everybody who may come in.
    pub(crate) fn all(&self) -> [&Member; 7] {
        [&self.office, &self.teacher, &self.lecturer, &self.librarian, &self.asha, &self.bina, &self.chitra]
    }
}

/// A server with a small institute in it.
pub(crate) struct Institute {
    server: Option<Server>,
    pub(crate) http: reqwest::Client,
    pub(crate) clock: Clock,
    pub(crate) settings: Settings,
    pub(crate) people: People,
    pub(crate) gnm: CourseId,
    pub(crate) anm: CourseId,
    /// Kept for as long as the server runs.
    /// How often [`Institute::ring`] was called.
    pub(crate) rung: Arc<AtomicU64>,
    _folders: (TempDir, Option<TempDir>),
}

impl Institute {
    pub(crate) async fn open(backend: Backend) -> Self {
        let (url, database_folder) = fresh_address(backend).await;
        Self::at(url, database_folder).await
    }

    pub(crate) async fn at(url: DatabaseUrl, database_folder: Option<TempDir>) -> Self {
        // Fails when it is installed already, which is what is wanted.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("data");
        let values = Values::gather(None, |name| {
            Some(match name {
                "HOST" => "127.0.0.1".to_owned(),
                "METRICS_LISTEN" => "127.0.0.1:0".to_owned(),
                "PORT" | "DRAIN_SECONDS" => "0".to_owned(),
                "DATA_DIR" => data_dir.to_str()?.to_owned(),
                "FRONTEND_URL" => PORTAL.to_owned(),
                "JWT_SECRET" => SECRET.to_owned(),
                "UPLOAD_LIMIT_MB" => "1".to_owned(),
                "SMTP_URL" => "folder".to_owned(),
                "PUBLIC_URL" => PUBLIC.to_owned(),
                _ => return None,
            })
        });
        let mut settings = Settings::read(&values.unwrap()).unwrap();
        settings.database_url = url;
        let clock = Clock::mock(NOON);
        let server = Server::start(settings.clone(), false, clock.clone(), Chance::system()).await.unwrap();
        let (people, gnm, anm) = found(&server.store, &settings).await;
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let (rung, folders) = (Arc::default(), (folder, database_folder));
        Self { server: Some(server), http, clock, settings, people, gnm, anm, rung, _folders: folders }
    }

    fn server(&self) -> &Server {
        self.server.as_ref().expect("the server was stopped")
    }

    pub(crate) fn counters(&self) -> Snapshot {
        self.server().counters()
    }

    /// Where its figures are read.
    pub(crate) fn metrics(&self) -> SocketAddr {
        self.server().metrics.unwrap()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server().address
    }

    pub(crate) fn store(&self) -> &Store {
        &self.server().store
    }

    pub(crate) async fn stop(&mut self) {
        self.server.take().expect("the server was stopped").stop().await;
    }

    pub(crate) async fn start(&mut self) {
        let server = Server::start(self.settings.clone(), false, self.clock.clone(), Chance::system()).await.unwrap();
        self.server = Some(server);
    }

    /// The settings of a process that takes over from this server, which must have been stopped.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let url = written(&self.settings.database_url);
        vec![
            ("HOST", "127.0.0.1".to_owned()),
            ("PORT", "0".to_owned()),
            ("DRAIN_SECONDS", "0".to_owned()),
            ("DATA_DIR", self.settings.data_dir.to_str().unwrap().to_owned()),
            ("DATABASE_URL", url),
            ("JWT_SECRET", SECRET.to_owned()),
            ("LOG", "error".to_owned()),
        ]
    }

    /// A token that is issued at a moment.
    pub(crate) fn token(&self, who: &Member, at: Timestamp, session_version: i32) -> String {
        issue(&self.settings, who.user, &who.standing, at, session_version)
    }

    /// The id of somebody's faculty record.
    pub(crate) async fn faculty_of(&self, who: &Member) -> String {
        let rows = self.get(&self.people.office, "/api/admin/faculty").await.data();
        let row = rows.as_array().unwrap().iter().find(|row| row["username"] == who.name).unwrap();
        row["_id"].as_str().unwrap().to_owned()
    }

    /// Changes the database behind the server's back.
    pub(crate) async fn execute(&self, sql: &str, values: impl IntoIterator<Item = Value>) {
        let tx = self.store().begin().await.unwrap();
        let statement = Statement::from_sql_and_values(tx.db().get_database_backend(), sql, values);
        tx.db().execute_raw(statement).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// One number from the database.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let db = self.store().reader();
        let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
        row.unwrap().try_get_by_index(0).unwrap()
    }

    /// Records an event for everybody: who has heard it has heard all that came before.
    pub(crate) async fn ring(&self) {
        let mut tx = self.store().begin().await.unwrap();
        let number = self.rung.fetch_add(1, Ordering::SeqCst) + 1;
        tx.record(&Bell { number }, Target::rooms([Room::admins(), Room::faculty(), Room::students()])).unwrap();
        tx.commit().await.unwrap();
    }
}

/// An address, as it is set.
pub(crate) fn written(url: &DatabaseUrl) -> String {
    match url {
        DatabaseUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
        DatabaseUrl::Postgres(url) => url.clone(),
    }
}

/// See [`Institute::ring`].
#[derive(serde::Serialize)]
struct Bell {
    number: u64,
}

impl Event for Bell {
    const NAME: &'static str = super::live::BELL;
}

fn issue(settings: &Settings, user: UserId, standing: &Standing, at: Timestamp, session_version: i32) -> String {
    let person = Person {
        user,
        username: "x".to_owned(),
        full_name: "X".to_owned(),
        standing: standing.clone(),
        is_active: true,
        session_version,
    };
    let tokens = Tokens::new(settings.jwt_secret.as_ref().unwrap(), settings.session, Chance::system());
    tokens.issue(&person, None, at).unwrap()
}

async fn hash() -> &'static str {
    static HASH: OnceCell<String> = OnceCell::const_new();
    HASH.get_or_init(async || Passwords::new().unwrap().hash(PASSWORD).await.unwrap()).await
}

async fn account(tx: &Tx, name: &str, role: Role) -> UserId {
    let email = format!("{name}@nursing.example");
    let full_name = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
    let new = NewAccount { username: name, email: &email, password_hash: hash().await, role, full_name: &full_name };
    accounts::insert(tx, &new).await.unwrap()
}

async fn course(tx: &Tx, code: &str, name: &str) -> CourseId {
    let new = NewCourse {
        code,
        name,
        description: "",
        duration: "3 Years",
        semesters: 6,
        seats: 40,
        eligibility: &[],
        career_opportunities: &[],
    };
    courses::insert(tx, &new).await.unwrap()
}

async fn found(store: &Store, settings: &Settings) -> (People, CourseId, CourseId) {
    let tx = store.begin().await.unwrap();
    institute::found(&tx, false).await.unwrap();
    let gnm = course(&tx, "GNM", "General Nursing and Midwifery").await;
    let anm = course(&tx, "ANM", "Auxiliary Nursing and Midwifery").await;
    let member = |name, user, student, standing: Standing| {
        let token = issue(settings, user, &standing, NOON, 1);
        Member { name, user, student, standing, token }
    };
    let office = member("office", account(&tx, "office", Role::Admin).await, None, Standing::Admin);
    let mut faculty_members = Vec::new();
    for (name, teaches) in [("teacher", vec![gnm]), ("lecturer", vec![anm]), ("librarian", vec![])] {
        let user = account(&tx, name, Role::Faculty).await;
        let new =
            NewFaculty { user, faculty_id: name, designation: "Lecturer", department: "Nursing", teaches: &teaches };
        let faculty = faculty::insert(&tx, &new).await.unwrap();
        faculty_members.push(member(name, user, None, Standing::Faculty { faculty, teaches }));
    }
    let mut pupils = Vec::new();
    for (name, course, semester, batch_year) in
        [("asha", gnm, 3, 2025), ("bina", gnm, 1, 2026), ("chitra", anm, 3, 2025), ("gone", gnm, 3, 2025)]
    {
        let user = account(&tx, name, Role::Student).await;
        let new =
            NewStudent { user, student_id: name, first_name: name, last_name: "Nair", course, semester, batch_year };
        let student = students::insert(&tx, &new).await.unwrap();
        let standing = Standing::Student { student, course, semester, batch_year };
        pupils.push(member(name, user, Some(student), standing));
    }
    let off = Statement::from_string(
        tx.db().get_database_backend(),
        "UPDATE users SET is_active = 0 WHERE username = 'gone'",
    );
    tx.db().execute_raw(off).await.unwrap();
    tx.commit().await.unwrap();
    let [teacher, lecturer, librarian] = faculty_members.try_into().unwrap();
    let [asha, bina, chitra, gone] = pupils.try_into().unwrap();
    (People { office, teacher, lecturer, librarian, asha, bina, chitra, gone }, gnm, anm)
}
