//! An institute for Lamplight to serve: as many students as there are clients, each with a token.
//!
//! It is laid into a database as the tests do it, through the crates that own the tables, before any server is measured. The
//! study material whose title will be changed is uploaded to the real server. Each server under test gets a copy.

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddrV4, TcpStream},
    path::Path,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, bail};
use lamplight_auth::{Passwords, Person, Role, Secret, Tokens};
use lamplight_features::{
    accounts::{self, NewAccount},
    courses::{self, NewCourse},
    institute,
    students::{self, NewStudent},
};
use lamplight_kernel::{Chance, Clock, CourseId, Standing, UserId};
use lamplight_store::{DatabaseUrl, Store, Tx};
use tempfile::TempDir;

use crate::{say::progress, servers::Lamplight, trigger::request, wire};

/// Signs the tokens, Lamplight's and the peers'.
pub(crate) const SECRET: &str = "a secret for measuring, which is long enough";
/// Everybody's.
pub(crate) const PASSWORD: &str = "lamp of the night";
const SESSION: Duration = Duration::from_secs(24 * 3600);

/// See the module's page.
pub(crate) struct Seed {
    /// What `DATA_DIR` is copied from.
    pub(crate) folder: TempDir,
    /// One for each student.
    pub(crate) students: Vec<Arc<str>>,
    /// An administrator's.
    pub(crate) office: String,
    /// The id of the study material that is for all students.
    pub(crate) download: String,
}

impl Seed {
    pub(crate) fn sow(students: usize, lamplight: &Path) -> anyhow::Result<Self> {
        progress(&format!("making an institute of {students} students"));
        let folder = tempfile::tempdir()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (office, students) = runtime.block_on(found(folder.path(), students))?;
        // It has ended before anybody copies its files.
        let download = {
            let server = Lamplight {
                binary: lamplight,
                data: folder.path(),
                log: "warn",
                database: None,
                redis: None,
                drain: 0,
                tls: None,
            }
            .start()?;
            upload(server.address, &office)?
        };
        Ok(Self { folder, students, office, download })
    }

    /// A copy of the data for one server.
    pub(crate) fn copy(&self) -> anyhow::Result<TempDir> {
        let folder = tempfile::tempdir()?;
        copy_folder(self.folder.path(), folder.path())?;
        Ok(folder)
    }
}

fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), &to).with_context(|| to.display().to_string())?;
        }
    }
    Ok(())
}

async fn found(folder: &Path, count: usize) -> anyhow::Result<(String, Vec<Arc<str>>)> {
    let url = DatabaseUrl::Sqlite(folder.join("lamplight.db"));
    let store = Store::connect(&url, Clock::system(), Chance::system()).await?;
    let hash = hash().await?;
    let tokens = Tokens::new(&Secret::from_text(SECRET)?, SESSION, Chance::system());
    let issue = |user, name: &str, standing| issue(&tokens, user, name, standing);
    let tx = store.begin().await?;
    institute::found(&tx, false).await?;
    let office = issue(account(&tx, "office", "The Office", Role::Admin, &hash).await?, "office", Standing::Admin)?;
    let courses = [course(&tx, "GNM").await?, course(&tx, "ANM").await?];
    let mut places = Vec::with_capacity(count);
    for (number, course) in courses.into_iter().cycle().take(count).enumerate() {
        places.push((course, i32::try_from(number / 2 % 6)? + 1));
    }
    let (_, students) = enrol(&tx, &tokens, &hash, &places).await?;
    tx.commit().await?;
    store.close().await?;
    Ok((office, students.into_iter().map(Into::into).collect()))
}

/// An institute whose classes are full, for measuring what happens in class.
pub(crate) struct School {
    /// An administrator's token.
    pub(crate) office: String,
    /// One for each student.
    pub(crate) students: Vec<String>,
    /// Their accounts, in the same order.
    pub(crate) users: Vec<UserId>,
    /// Each class: course, semester, the human ids of its students.
    pub(crate) cohorts: Vec<(CourseId, usize, Vec<String>)>,
}

/// Lays an institute of so many students into a database, in classes of `size`.
pub(crate) async fn found_school(
    url: &DatabaseUrl,
    count: usize,
    size: usize,
    semesters: usize,
) -> anyhow::Result<School> {
    let store = Store::connect(url, Clock::system(), Chance::system()).await?;
    let tokens = Tokens::new(&Secret::from_text(SECRET)?, SESSION, Chance::system());
    let hash = hash().await?;
    let issue = |user, name: &str, standing| issue(&tokens, user, name, standing);
    let tx = store.begin().await?;
    institute::found(&tx, false).await?;
    let office = issue(account(&tx, "office", "The Office", Role::Admin, &hash).await?, "office", Standing::Admin)?;
    let (mut places, mut cohorts) = (Vec::with_capacity(count), Vec::new());
    let mut programme = course(&tx, "C0").await?;
    for number in 0..count {
        let place = number / size % semesters;
        if number % size == 0 {
            if number > 0 && place == 0 {
                programme = course(&tx, &format!("C{}", number / size / semesters)).await?;
            }
            cohorts.push((programme, place + 1, Vec::with_capacity(size)));
        }
        places.push((programme, i32::try_from(place)? + 1));
        if let Some((_, _, names)) = cohorts.last_mut() {
            names.push(format!("student{number}"));
        }
    }
    let (users, students) = enrol(&tx, &tokens, &hash, &places).await?;
    tx.commit().await?;
    store.close().await?;
    Ok(School { office, students, users, cohorts })
}

/// Adds a student for each course and semester: `student0` and so on. Gives their accounts and tokens.
async fn enrol(
    tx: &Tx,
    tokens: &Tokens,
    hash: &str,
    places: &[(CourseId, i32)],
) -> anyhow::Result<(Vec<UserId>, Vec<String>)> {
    let names: Vec<(String, String)> = (0..places.len())
        .map(|number| (format!("student{number}"), format!("student{number}@nursing.example")))
        .collect();
    let new = names.iter().map(|(name, email)| NewAccount {
        username: name,
        email,
        password_hash: hash,
        role: Role::Student,
        full_name: name,
    });
    let users = accounts::insert_all(tx, &new.collect::<Vec<_>>()).await?;
    let batch_year = |semester: i32| 2026 - (semester - 1) / 2;
    let new = names.iter().zip(&users).zip(places).map(|(((name, _), &user), &(course, semester))| NewStudent {
        user,
        student_id: name,
        first_name: name,
        last_name: "Nair",
        course,
        semester,
        batch_year: batch_year(semester),
    });
    let students = students::insert_all(tx, &new.collect::<Vec<_>>()).await?;
    let mut issued = Vec::with_capacity(places.len());
    for ((((name, _), &user), &student), &(course, semester)) in names.iter().zip(&users).zip(&students).zip(places) {
        let standing = Standing::Student { student, course, semester, batch_year: batch_year(semester) };
        issued.push(issue(tokens, user, name, standing)?);
    }
    Ok((users, issued))
}

/// One for all: nobody signs in, and each costs a tenth of a second.
pub(crate) async fn hash() -> anyhow::Result<String> {
    let passwords = Passwords::new().map_err(|error| anyhow::anyhow!("{error}"))?;
    passwords.hash(PASSWORD).await.map_err(|error| anyhow::anyhow!("{error}"))
}

fn issue(tokens: &Tokens, user: UserId, username: &str, standing: Standing) -> anyhow::Result<String> {
    let person = Person {
        user,
        username: username.to_owned(),
        full_name: username.to_owned(),
        standing,
        is_active: true,
        session_version: 1,
    };
    Ok(tokens.issue(&person, None, Clock::system().now())?)
}

async fn account(tx: &Tx, name: &str, full_name: &str, role: Role, hash: &str) -> anyhow::Result<UserId> {
    let email = format!("{name}@nursing.example");
    let new = NewAccount { username: name, email: &email, password_hash: hash, role, full_name };
    Ok(accounts::insert(tx, &new).await?)
}

async fn course(tx: &Tx, code: &str) -> anyhow::Result<CourseId> {
    let new = NewCourse {
        code,
        name: code,
        description: "",
        duration: "3 Years",
        semesters: 6,
        seats: 40,
        eligibility: &[],
        career_opportunities: &[],
    };
    Ok(courses::insert(tx, &new).await?)
}

/// Uploads study material for all students, and says its id.
pub(crate) fn upload(server: SocketAddrV4, office: &str) -> anyhow::Result<String> {
    let mut body = Vec::new();
    for (name, value) in [("title", wire::title(0).as_str()), ("category", "Notes"), ("targetAudience", "students")] {
        write!(body, "--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")?;
    }
    write!(body, "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"bench.txt\"\r\n")?;
    write!(body, "Content-Type: text/plain\r\n\r\nmeasured\r\n--x--\r\n")?;
    let headers = format!("Authorization: Bearer {office}\r\nContent-Type: multipart/form-data; boundary=x\r\n");
    let mut stream = TcpStream::connect(server)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    stream.write_all(&request("POST", "/api/admin/downloads", server, &headers, &body))?;
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let answer = loop {
        let length = stream.read(&mut buffer)?;
        bytes.extend_from_slice(buffer.get(..length).unwrap_or_default());
        match wire::answer(&bytes) {
            Some((answer, _)) => break answer,
            None if length == 0 => bail!("the server hung up on the upload"),
            None => {}
        }
    };
    let id = wire::text_of(answer.body.as_bytes(), "_id");
    match (answer.status, id) {
        (201, Some(id)) => Ok(String::from_utf8_lossy(id).into_owned()),
        _ => bail!("the upload was answered with {}: {}", answer.status, answer.body),
    }
}
