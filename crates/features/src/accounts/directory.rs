//! Who a person is today: the answer that HTTP and the sockets ask for.

use async_trait::async_trait;
use lamplight_auth::{Directory, Person, Role};
use lamplight_kernel::{Problem, Standing, UserId};
use lamplight_store::{Store, StoreError};

use super::store::{self, entity};
use crate::{faculty, students};

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
}

#[async_trait]
impl Directory for People {
    async fn person(&self, user: UserId) -> Result<Option<Person>, Problem> {
        let Some(row) = store::find(self.store.reader(), user).await? else {
            return Ok(None);
        };
        Ok(Some(person(&self.store, &row).await?))
    }
}

/// The person of an account.
pub(super) async fn person(store: &Store, row: &entity::Model) -> Result<Person, StoreError> {
    let user = UserId::from(row.id);
    let corrupt = |what: &str| StoreError::Corrupt { table: "users", what: format!("{user}: {what}") };
    let role: Role = row.role.parse().map_err(|()| corrupt("unknown role"))?;
    let standing = match role {
        Role::Admin => Standing::Admin,
        Role::Faculty => {
            let record =
                faculty::find_by_user(store.reader(), user).await?.ok_or_else(|| corrupt("no faculty record"))?;
            Standing::Faculty { faculty: record.row.id.into(), teaches: record.teaches }
        }
        Role::Student => {
            let row =
                students::find_by_user(store.reader(), user).await?.ok_or_else(|| corrupt("no student record"))?;
            Standing::Student {
                student: row.id.into(),
                course: row.course_id.into(),
                semester: row.semester,
                batch_year: row.batch_year,
            }
        }
    };
    Ok(Person {
        user,
        username: row.username.clone(),
        full_name: row.full_name.clone(),
        standing,
        is_active: row.is_active != 0,
        session_version: row.session_version,
    })
}
