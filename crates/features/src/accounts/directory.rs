//! Who a person is today: the answer that HTTP and the sockets ask for.

use async_trait::async_trait;
use lamplight_auth::{Directory, KeyId, Person, Role, SigningKey};
use lamplight_kernel::{Problem, Standing, UserId};
use lamplight_store::{Store, StoreError};
use sea_orm::{FromQueryResult, Statement};
use uuid::Uuid;

use super::keys;
use crate::faculty;

/// Every request and every socket asks this, so it is one statement, and one text that the database has prepared.
const PERSON: &str = "\
    SELECT u.username, u.full_name, u.role, u.is_active, u.session_version, \
        s.id AS student, s.course_id, s.semester, s.batch_year, f.id AS faculty, \
        (SELECT MAX(k.id) FROM signing_key k) AS signing_key \
    FROM users u LEFT JOIN students s ON s.user_id = u.id LEFT JOIN faculty f ON f.user_id = u.id \
    WHERE u.id = $1";

#[derive(FromQueryResult)]
struct Row {
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
}

/// The people of the institute.
#[derive(Debug, Clone)]
pub struct People {
    store: Store,
}

impl People {
    /// The people in this database.
    #[must_use]
    pub const fn new(store: Store) -> Self {
        Self { store }
    }

    async fn standing(&self, user: UserId, row: &Row) -> Result<Standing, StoreError> {
        let corrupt = |what: &str| StoreError::Corrupt { table: "users", what: format!("{user}: {what}") };
        let role: Role = row.role.parse().map_err(|()| corrupt("unknown role"))?;
        Ok(match role {
            Role::Admin => Standing::Admin,
            Role::Faculty => {
                let faculty = row.faculty.ok_or_else(|| corrupt("no faculty record"))?;
                let teaches = faculty::list_taught(self.store.reader(), faculty).await?;
                Standing::Faculty { faculty: faculty.into(), teaches }
            }
            Role::Student => {
                let (Some(student), Some(course), Some(semester), Some(batch_year)) =
                    (row.student, row.course_id, row.semester, row.batch_year)
                else {
                    return Err(corrupt("no student record"));
                };
                Standing::Student { student: student.into(), course: course.into(), semester, batch_year }
            }
        })
    }
}

#[async_trait]
impl Directory for People {
    async fn person(&self, user: UserId) -> Result<Option<(Person, KeyId)>, Problem> {
        let db = self.store.reader();
        let statement = Statement::from_sql_and_values(db.get_database_backend(), PERSON, [user.uuid().into()]);
        let Some(row) = Row::find_by_statement(statement).one(db).await.map_err(StoreError::from)? else {
            return Ok(None);
        };
        let standing = self.standing(user, &row).await?;
        let person = Person {
            user,
            username: row.username,
            full_name: row.full_name,
            standing,
            is_active: row.is_active != 0,
            session_version: row.session_version,
        };
        Ok(Some((person, row.signing_key.unwrap_or(0))))
    }

    async fn signing_key(&self) -> Result<SigningKey, Problem> {
        Ok(keys::newest(self.store.reader()).await?)
    }
}
