//! Who a person is today: the answer that HTTP and the sockets ask for.
//!
//! Every request and every connect asks it, and after a restart everybody asks at once. So it is one statement for many: whoever
//! asks while an answer is under way is answered together with the others by the next. Alone, nobody waits for anybody.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use lamplight_auth::{Directory, Found, KeyId, Person, Role, SigningKey};
use lamplight_kernel::{CourseId, Problem, Standing, UserId};
use lamplight_store::{Store, StoreError, log::HEAD};
use sea_orm::{DbErr, FromQueryResult, Statement};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::keys;
use crate::faculty;

/// The most people one statement asks for.
const TOGETHER: usize = 64;

#[derive(FromQueryResult)]
struct Row {
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

/// Somebody who is asked for, and who wants to know.
type Question = (Uuid, oneshot::Sender<Answer>);

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
}

impl People {
    /// The people in this database.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store, desk: Arc::default() }
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
            match self.find(questions.iter().map(|(user, _)| *user).collect()).await {
                Ok(found) => {
                    for (user, asker) in questions {
                        // Who has gone meanwhile needs no answer.
                        let _ = asker.send(found.get(&user).cloned().transpose().map_err(corrupt));
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
    async fn find(&self, users: Vec<Uuid>) -> Result<HashMap<Uuid, Result<Found, String>>, DbErr> {
        let db = self.store.reader();
        let statement =
            Statement::from_sql_and_values(db.get_database_backend(), statement(users.len()), padded(users));
        let rows = Row::find_by_statement(statement).all(db).await?;
        let mut taught = faculty::map_taught(db, rows.iter().filter_map(|row| row.faculty)).await?;
        let person = |row: Row| {
            let taught = row.faculty.and_then(|faculty| taught.remove(&faculty)).unwrap_or_default();
            (row.id, row.person(taught))
        };
        Ok(rows.into_iter().map(person).collect())
    }
}

/// As many places as people, rounded up to a power of two: so the database has few statements to prepare.
fn statement(people: usize) -> String {
    let places: Vec<String> = (1..=people.next_power_of_two()).map(|place| format!("${place}")).collect();
    format!(
        "SELECT u.id, u.username, u.full_name, u.role, u.is_active, u.session_version, s.id AS student, s.course_id, \
            s.semester, s.batch_year, f.id AS faculty, (SELECT MAX(k.id) FROM signing_key k) AS signing_key, \
            {HEAD} AS log_head \
        FROM users u LEFT JOIN students s ON s.user_id = u.id LEFT JOIN faculty f ON f.user_id = u.id \
        WHERE u.id IN ({})",
        places.join(", ")
    )
}

/// A value for each place: the last of them again where there are more places than people.
fn padded(users: Vec<Uuid>) -> Vec<sea_orm::Value> {
    let (count, last) = (users.len().next_power_of_two(), users.last().copied());
    users.into_iter().chain(std::iter::repeat(last.unwrap_or_default())).take(count).map(Into::into).collect()
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
        Ok(Found { person, signing_key: self.signing_key.unwrap_or(0), log_head: self.log_head })
    }
}

fn corrupt(what: String) -> StoreError {
    StoreError::Corrupt { table: "users", what }
}

fn lock(desk: &Mutex<Desk>) -> MutexGuard<'_, Desk> {
    desk.lock().unwrap_or_else(PoisonError::into_inner)
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
    async fn person(&self, user: UserId) -> Result<Option<Found>, Problem> {
        let (asker, answer) = oneshot::channel();
        let begin = {
            let mut desk = lock(&self.desk);
            desk.waiting.push((user.uuid(), asker));
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
        for (people, places) in [(1, 1), (2, 2), (3, 4), (5, 8), (33, 64), (64, 64)] {
            let users: Vec<Uuid> = (0..people).map(|n| Uuid::from_u128(n as u128)).collect();
            assert_eq!(padded(users).len(), places);
            let text = statement(people);
            assert!(text.contains(&format!("${places}")) && !text.contains(&format!("${}", places + 1)), "{text}");
        }
    }
}
