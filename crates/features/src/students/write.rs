//! The one way in which students are added, changed and taken away: by the office, by themselves, by a file.
//!
//! Whatever the way: seats are counted, mail addresses and numbers stay one person's, the account follows, sockets change their
//! rooms, and open pages are told, all in the caller's transaction.

use std::collections::HashMap;

use lamplight_auth::Role;
use lamplight_kernel::{Control, Room, StudentId, Target, UserId};
use lamplight_store::{StoreError, Tx};
use sea_orm::{EntityTrait, TransactionTrait};
use uuid::Uuid;

use super::{
    entity::{Entity, Model},
    events::{Created, Deleted, Stamp, Updated},
    form::Ground,
    rules::StudentError,
    seats::{self, Seats},
    store,
};
use crate::{
    accounts::{self, NewAccount, ProfileUpdated},
    downloads,
};

/// Why something was not written.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error(transparent)]
    Rule(#[from] StudentError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Refused> for lamplight_kernel::Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Rule(error) => error.into(),
            // Two typed the same mail address or number in the same moment.
            Refused::Store(error) if error.is_unique_violation() => StudentError::Taken {
                field: "personalEmail",
                message: "This mail address or mobile number was just given to somebody else.".to_owned(),
                existing: None,
            }
            .into(),
            Refused::Store(error) => error.into(),
        }
    }
}

/// Whose mail addresses and mobile numbers are: of some that are asked for at once.
#[derive(Debug, Default)]
pub(super) struct Contacts {
    students: HashMap<String, (Uuid, String)>,
    logins: HashMap<String, UserId>,
}

impl Contacts {
    pub(super) async fn find(tx: &Tx, rows: impl Iterator<Item = &Model> + Clone) -> Result<Self, StoreError> {
        let emails: Vec<String> = rows.clone().filter_map(|row| row.personal_email.clone()).collect();
        let mobiles: Vec<String> = rows.filter_map(|row| row.mobile_number.clone()).collect();
        let logins = accounts::find_logins(tx.db(), emails.iter().cloned()).await?;
        let mut students = HashMap::new();
        for row in store::find_by_contact(tx.db(), emails, mobiles).await? {
            let owner = (row.id, row.student_id);
            students.extend(row.personal_email.into_iter().chain(row.mobile_number).map(|key| (key, owner.clone())));
        }
        Ok(Self { students, logins })
    }

    /// Refuses what is somebody else's.
    pub(super) fn check(&self, row: &Model) -> Result<(), StudentError> {
        for (field, what, value) in [
            ("personalEmail", "mail address", &row.personal_email),
            ("mobileNumber", "mobile number", &row.mobile_number),
        ] {
            let Some(value) = value else { continue };
            if let Some((_, student_id)) = self.students.get(value).filter(|(owner, _)| *owner != row.id) {
                return Err(StudentError::Taken {
                    field,
                    message: format!("The student {student_id} has this {what}."),
                    existing: Some(student_id.clone()),
                });
            }
            if self.logins.get(value).is_some_and(|user| user.uuid() != row.user_id) {
                let message = format!("Another account has this {what}.");
                return Err(StudentError::Taken { field, message, existing: None });
            }
        }
        Ok(())
    }

    /// Notes what a row has, for those that come after it.
    pub(super) fn note(&mut self, row: &Model, name: &str) {
        let keys = [&row.personal_email, &row.mobile_number];
        self.students.extend(keys.into_iter().flatten().map(|key| (key.clone(), (row.id, name.to_owned()))));
    }
}

/// The address somebody signs in with: one at the institute when it has a domain for that, otherwise their own.
pub(super) fn sign_in_mail(row: &Model, domain: Option<&str>) -> String {
    match (domain, &row.personal_email) {
        (None, Some(own)) => own.clone(),
        (domain, _) => {
            format!("{}@{}", row.student_id.to_lowercase().replace('/', "-"), domain.unwrap_or("students.invalid"))
        }
    }
}

/// Adds students who have been checked and whose seats were taken; who has no human id yet is given the next one. They have one
/// password between them: of one, that they are told; of several, one that nobody knows.
pub(super) async fn add(
    tx: &Tx,
    mut rows: Vec<Model>,
    ground: &Ground,
    (domain, hash): (Option<&str>, &str),
) -> Result<Vec<Model>, StoreError> {
    let mut wanted = HashMap::<(Uuid, i32), usize>::new();
    for row in rows.iter().filter(|row| row.student_id.is_empty()) {
        *wanted.entry((row.course_id, row.batch_year)).or_default() += 1;
    }
    let mut wanted: Vec<_> = wanted.into_iter().collect();
    // In their order, so that two who want several do not wait for each other.
    wanted.sort_unstable();
    let mut ids = HashMap::new();
    for ((course, year), count) in wanted {
        let code = ground.courses.get(&course).map_or("", |course| course.code.as_str());
        ids.insert((course, year), seats::next_ids(tx, (course, code), year, count).await?.into_iter());
    }
    let now = tx.now().millis();
    for row in &mut rows {
        if row.student_id.is_empty() {
            let next = ids.get_mut(&(row.course_id, row.batch_year)).and_then(Iterator::next);
            row.student_id = next.ok_or_else(|| StoreError::Corrupt {
                table: "student_numbers",
                what: "it gave out fewer numbers than it was asked for".to_owned(),
            })?;
        }
        row.id = tx.id::<StudentId>().uuid();
        (row.created_at, row.updated_at, row.version) = (now, now, 1);
    }
    let names: Vec<(String, String)> = rows.iter().map(|row| (sign_in_mail(row, domain), row.full_name())).collect();
    let new: Vec<NewAccount<'_>> = rows
        .iter()
        .zip(&names)
        .map(|(row, (email, full_name))| NewAccount {
            username: &row.student_id,
            email,
            password_hash: hash,
            role: Role::Student,
            full_name,
        })
        .collect();
    let users = accounts::insert_many(tx, &new).await?;
    for (row, user) in rows.iter_mut().zip(users) {
        row.user_id = user.uuid();
    }
    store::insert_rows(tx, rows.clone()).await?;
    Ok(rows)
}

/// Tells the office that a student was added.
pub(super) fn tell_added(tx: &mut Tx, row: &Model) -> Result<(), StoreError> {
    tx.record(&Created(Stamp::from(row)), Target::rooms([Room::admins()]))
}

/// Whether a change takes a seat that was not held, and which is given back.
pub(super) fn moves_seat(before: &Model, after: &Model) -> (Option<Uuid>, Option<Uuid>) {
    let (had, has) = (before.is_enrolled(), after.is_enrolled());
    if had && has && before.course_id == after.course_id {
        return (None, None);
    }
    (had.then_some(before.course_id), has.then_some(after.course_id))
}

/// Counts the seats that a change moves.
pub(super) async fn check_seat(tx: &Tx, before: &Model, after: &Model) -> Result<(), Refused> {
    let (left, taken) = moves_seat(before, after);
    let Some(taken) = taken else { return Ok(()) };
    let mut seats = Seats::lock(tx, left.into_iter().chain([taken])).await?;
    Ok(seats.take(taken)?)
}

/// Writes a change that has been checked and whose seat was taken, and what follows from it: account, rooms, pages. Gives the
/// student as stored.
pub(super) async fn change(tx: &mut Tx, before: &Model, after: Model) -> Result<Model, Refused> {
    if !store::update(tx, before, &after).await? {
        return Err(StudentError::ChangedMeanwhile.into());
    }
    let after = Model { version: before.version + 1, updated_at: tx.now().millis(), ..after };
    let user = UserId::from(after.user_id);
    if before.full_name() != after.full_name() || before.personal_email != after.personal_email {
        let account = accounts::find_by_ids(tx.db(), [after.user_id].into_iter()).await?.remove(&after.user_id);
        if let Some(account) = account {
            // Who signs in with their own address signs in with the new one.
            let follows = before.personal_email.as_ref() == Some(&account.email);
            let email = after.personal_email.as_ref().filter(|_| follows).unwrap_or(&account.email);
            accounts::rename(tx, &account, &after.full_name(), email).await?;
        }
    }
    if before.personal_email != after.personal_email {
        // An invitation goes to their own address, whatever they sign in with.
        accounts::links::remove(tx, user).await?;
    }
    let standing = |row: &Model| (row.course_id, row.semester, row.batch_year);
    if standing(before) != standing(&after) {
        tx.control(&Control::RoomsChanged { user })?;
    }
    // The office's notes are none of the student's business, not even that they changed.
    let seen =
        |row: &Model| Model { notes: None, version: 0, updated_at: 0, search_text: String::new(), ..row.clone() };
    if seen(before) != seen(&after) {
        tx.record(&ProfileUpdated { version: after.version }, Target::rooms([Room::user(user)]))?;
    }
    Ok(after)
}

/// Tells the office that a student was changed.
pub(super) fn tell_changed(tx: &mut Tx, row: &Model) -> Result<(), StoreError> {
    tx.record(&Updated(Stamp::from(row)), Target::rooms([Room::admins()]))
}

/// The same of the student with this account, if there is one.
pub(crate) async fn tell_of(tx: &mut Tx, user: UserId) -> Result<(), StoreError> {
    match store::find_by_user(tx.db(), user).await? {
        Some(row) => tell_changed(tx, &row),
        None => Ok(()),
    }
}

/// What became of a student who was to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gone {
    /// Nothing referred to them: the record and the account are not there any more.
    Deleted,
    /// They have records, which stay: nobody can sign in with the account, and they stand in no list.
    Archived,
}

/// Deletes a student, or archives one who has records: attendance, marks, whatever refers to them. The database knows what does, by
/// its foreign keys, so this is right also for tables that do not exist yet.
pub(super) async fn remove(tx: &mut Tx, row: &Model) -> Result<Gone, StoreError> {
    let user = UserId::from(row.user_id);
    let gone = match is_deleted(tx, row).await? {
        true => {
            tx.control(&Control::SignedOut { user })?;
            Gone::Deleted
        }
        false => {
            let archived = Model { archived_at: Some(tx.now().millis()), ..row.clone() };
            store::update(tx, row, &archived).await?;
            accounts::set_active(tx, user, false).await?;
            Gone::Archived
        }
    };
    tx.record(&Deleted(Stamp::from(row)), Target::rooms([Room::admins()]))?;
    Ok(gone)
}

/// Tries to delete record and account. Undone as a whole when something refers to one of them.
async fn is_deleted(tx: &Tx, row: &Model) -> Result<bool, StoreError> {
    // Chosen by name for study material, which no foreign key says: a change of it would not find them.
    if downloads::is_for(tx.db(), &Room::user(row.user_id.into())).await? {
        return Ok(false);
    }
    let attempt = tx.db().begin().await?;
    let deleted = async {
        Entity::delete_by_id(row.id).exec(&attempt).await?;
        accounts::entity::Entity::delete_by_id(row.user_id).exec(&attempt).await?;
        Ok::<_, StoreError>(())
    };
    match deleted.await {
        Ok(()) => {
            attempt.commit().await?;
            Ok(true)
        }
        Err(error) if error.is_foreign_key_violation() => {
            attempt.rollback().await?;
            Ok(false)
        }
        Err(error) => Err(error),
    }
}
