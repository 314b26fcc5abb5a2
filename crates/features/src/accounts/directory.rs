//! Who a person is today: the answer that HTTP and the sockets ask for.
//!
//! Every request and every connect asks it, and after a restart everybody asks at once. So it is one statement for many: whoever
//! asks while an answer is under way is answered together with the others by the next. Alone, nobody waits for anybody.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use lamplight_auth::{Directory, Found, KeyId, Person, Role, SigningKey};
use lamplight_kernel::{CourseId, Problem, SessionId, Standing, UserId};
use lamplight_store::{Store, StoreError, in_time, log::HEAD};
use sea_orm::{DbErr, FromQueryResult, Statement};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::{keys, links, sessions, tries};
use crate::faculty;

/// The most people one statement asks for.
const TOGETHER: usize = 64;
/// How old the moment at which a session was seen may become, before it is written anew.
const SEEN_EVERY: Duration = Duration::from_secs(15 * 60);

#[derive(FromQueryResult)]
struct Row {
    asked_session: Option<Uuid>,
    session: Option<Uuid>,
    seen_at: Option<i64>,
    id: Uuid,
    username: String,
    full_name: String,
    role: String,
    is_active: i32,
    session_version: i32,
    student: Option<Uuid>,
    course_id: Option<Uuid>,
    semester: Option<i32>,
    batch_year: Option<i32>,
    faculty: Option<Uuid>,
    signing_key: Option<KeyId>,
    log_head: i64,
}

type Answer = Result<Option<Found>, StoreError>;

/// Somebody, and perhaps a session of theirs.
type Asked = (Uuid, Option<Uuid>);

/// Who is asked for, and who wants to know.
type Question = (Asked, oneshot::Sender<Answer>);

#[derive(Debug, Default)]
struct Desk {
    waiting: Vec<Question>,
    /// A task is answering, and will look here again before it ends.
    is_answering: bool,
}

/// The people of the institute.
#[derive(Debug, Clone)]
pub struct People {
    store: Store,
    desk: Arc<Mutex<Desk>>,
    /// Sessions in use whose row says otherwise, to be written down together: nobody waits for it.
    seen: Arc<Mutex<HashSet<Uuid>>>,
}

impl People {
    /// The people in this database.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store, desk: Arc::default(), seen: Arc::default() }
    }

    /// Writes down which sessions were in use, and forgets sessions, links and failed tries whose time is over.
    ///
    /// # Errors
    /// When the database fails. What was not written is written when the session is used again.
    pub async fn tidy(&self) -> Result<(), StoreError> {
        let seen: Vec<Uuid> = lock(&self.seen).drain().collect();
        if !seen.is_empty() {
            sessions::see(&self.store, &seen).await?;
        }
        let tx = self.store.begin().await?;
        sessions::forget(&tx).await?;
        links::forget(&tx).await?;
        tries::forget(&tx).await?;
        tx.commit().await
    }

    /// Answers until nobody waits.
    async fn answer_all(self) {
        let at_work = AtWork(&self.desk);
        loop {
            let questions: Vec<Question> = {
                let mut desk = lock(&self.desk);
                if desk.waiting.is_empty() {
                    // Said under the lock that shows nobody to be waiting, so that nobody is forgotten.
                    desk.is_answering = false;
                    std::mem::forget(at_work);
                    return;
                }
                let count = desk.waiting.len().min(TOGETHER);
                desk.waiting.drain(..count).collect()
            };
            match in_time(self.find(questions.iter().map(|(asked, _)| *asked).collect())).await {
                Ok(found) => {
                    for (asked, asker) in questions {
                        // Who has gone meanwhile needs no answer.
                        let _ = asker.send(found.get(&asked).cloned().transpose().map_err(corrupt));
                    }
                }
                Err(error) => {
                    for (_, asker) in questions {
                        let _ = asker.send(Err(StoreError::Database(error.clone())));
                    }
                }
            }
        }
    }

    /// These people. An account whose records do not fit together is told what is wrong with it.
    async fn find(&self, asked: Vec<Asked>) -> Result<HashMap<Asked, Result<Found, String>>, DbErr> {
        let db = self.store.reader();
        let statement =
            Statement::from_sql_and_values(db.get_database_backend(), statement(asked.len()), padded(&asked));
        let rows = Row::find_by_statement(statement).all(db).await?;
        let taught = faculty::map_taught(db, rows.iter().filter_map(|row| row.faculty)).await?;
        let stale = self.store.clock().now().minus(SEEN_EVERY).millis();
        lock(&self.seen)
            .extend(rows.iter().filter(|row| row.seen_at.is_some_and(|at| at < stale)).filter_map(|row| row.session));
        let person = |row: Row| {
            // Somebody may be asked for with several sessions at once.
            let taught = row.faculty.and_then(|faculty| taught.get(&faculty).cloned()).unwrap_or_default();
            ((row.id, row.asked_session), row.person(taught))
        };
        Ok(rows.into_iter().map(person).collect())
    }
}

/// As many pairs of places as questions, rounded up to a power of two: so the database has few statements to prepare. The questions
/// come first in a `CROSS JOIN`, which SQLite takes as the order to look things up in.
fn statement(questions: usize) -> String {
    let pairs = (1..=questions.next_power_of_two()).map(|pair| format!("(${}, ${})", 2 * pair - 1, 2 * pair));
    format!(
        "WITH asked (user_id, session_id) AS (VALUES {}) \
        SELECT a.session_id AS asked_session, x.id AS session, x.seen_at, \
            u.id, u.username, u.full_name, u.role, u.is_active, u.session_version, s.id AS student, s.course_id, \
            s.semester, s.batch_year, f.id AS faculty, (SELECT MAX(k.id) FROM signing_key k) AS signing_key, \
            {HEAD} AS log_head \
        FROM asked a CROSS JOIN users u LEFT JOIN sessions x ON x.id = a.session_id AND x.user_id = u.id \
            LEFT JOIN students s ON s.user_id = u.id LEFT JOIN faculty f ON f.user_id = u.id \
        WHERE u.id = a.user_id",
        pairs.collect::<Vec<_>>().join(", ")
    )
}

/// A pair of values for each pair of places: the last of them again where there are more places than questions.
fn padded(asked: &[Asked]) -> Vec<sea_orm::Value> {
    let (count, last) = (asked.len().next_power_of_two(), asked.last().copied().unwrap_or_default());
    let asked = asked.iter().copied().chain(std::iter::repeat(last)).take(count);
    asked.flat_map(|(user, session)| [user.into(), session.into()]).collect()
}

impl Row {
    fn person(self, teaches: Vec<CourseId>) -> Result<Found, String> {
        let corrupt = |what: &str| format!("{}: {what}", self.id);
        let role: Role = self.role.parse().map_err(|()| corrupt("unknown role"))?;
        let standing = match role {
            Role::Admin => Standing::Admin,
            Role::Faculty => {
                Standing::Faculty { faculty: self.faculty.ok_or_else(|| corrupt("no faculty record"))?.into(), teaches }
            }
            Role::Student => {
                let (Some(student), Some(course), Some(semester), Some(batch_year)) =
                    (self.student, self.course_id, self.semester, self.batch_year)
                else {
                    return Err(corrupt("no student record"));
                };
                Standing::Student { student: student.into(), course: course.into(), semester, batch_year }
            }
        };
        let person = Person {
            user: self.id.into(),
            username: self.username,
            full_name: self.full_name,
            standing,
            is_active: self.is_active != 0,
            session_version: self.session_version,
        };
        let session_holds = self.asked_session.is_none() || self.session.is_some();
        Ok(Found { person, signing_key: self.signing_key.unwrap_or(0), log_head: self.log_head, session_holds })
    }
}

fn corrupt(what: String) -> StoreError {
    StoreError::Corrupt { table: "users", what }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// If answering ends before its time, the next question begins it anew, and those who waited are told that nothing could be found
/// out.
struct AtWork<'a>(&'a Mutex<Desk>);

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        let mut desk = lock(self.0);
        desk.is_answering = false;
        desk.waiting.clear();
    }
}

#[async_trait]
impl Directory for People {
    async fn person(&self, user: UserId, session: Option<SessionId>) -> Result<Option<Found>, Problem> {
        let (asker, answer) = oneshot::channel();
        let begin = {
            let mut desk = lock(&self.desk);
            desk.waiting.push(((user.uuid(), session.map(SessionId::uuid)), asker));
            !std::mem::replace(&mut desk.is_answering, true)
        };
        if begin {
            tokio::spawn(self.clone().answer_all());
        }
        Ok(answer.await.map_err(|_| Problem::internal("nobody was left to answer who somebody is"))??)
    }

    async fn signing_key(&self) -> Result<SigningKey, Problem> {
        Ok(keys::newest(self.store.reader()).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_value_for_each_place_and_the_same_statement_for_similar_numbers() {
        for (people, pairs) in [(1, 1), (2, 2), (3, 4), (5, 8), (33, 64), (64, 64)] {
            let asked: Vec<Asked> = (0..people).map(|n| (Uuid::from_u128(n as u128), None)).collect();
            assert_eq!(padded(&asked).len(), 2 * pairs);
            let text = statement(people);
            assert!(
                text.contains(&format!("${})", 2 * pairs)) && !text.contains(&format!("${}", 2 * pairs + 1)),
                "{text}"
            );
        }
    }
}
