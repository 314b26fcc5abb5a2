//! What a file would do, row by row, and doing exactly that.

use std::collections::{BTreeMap, HashMap, HashSet};

use lamplight_auth::Admin;
use lamplight_http::from_value;
use lamplight_kernel::Problem;
use lamplight_store::{StoreError, Tx};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{columns, running::Progress};
use crate::{
    Institute, accounts, audit,
    students::{
        StudentError,
        entity::Model,
        form::{Form, Ground},
        rules::is_human_id,
        seats::Seats,
        store, trail, write,
        write::{Contacts, Refused},
    },
};

/// Rows that are written between two looks at how far it is.
const STEP: usize = 250;

/// What a row of a file would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = StudentImportAction)]
#[serde(rename_all = "lowercase")]
pub(super) enum Action {
    /// Add a student.
    Add,
    /// Change one who is there.
    Change,
    /// Nothing: it is stored just so.
    Same,
    /// Nothing: it can't be done.
    Refused,
}

/// Something wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = StudentImportMistake)]
pub(super) struct Mistake {
    /// The column it is about.
    pub(super) column: String,
    /// What is wrong with it.
    pub(super) message: String,
}

/// A value that a row would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = StudentImportChange)]
pub(super) struct Difference {
    /// The column.
    pub(super) column: String,
    /// What is stored.
    pub(super) from: String,
    /// What would be.
    pub(super) to: String,
}

/// A row of a file and what it would do.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = StudentImportRow)]
#[serde(rename_all = "camelCase")]
pub(super) struct Planned {
    /// As a spreadsheet numbers it.
    pub(super) row: usize,
    /// The human id that the file gives; empty when it gives none.
    pub(super) student_id: String,
    pub(super) action: Action,
    /// Why it can't be done.
    pub(super) errors: Vec<Mistake>,
    /// What it would change of a student who is there.
    pub(super) changes: Vec<Difference>,
    /// The version of the student that it would change; 0 without one.
    pub(super) version: i32,
    /// What the row says, by the names of the form's fields. Empty cells say nothing.
    pub(super) cells: BTreeMap<String, String>,
}

impl Planned {
    /// What applying must find again.
    pub(super) fn promise(&self) -> (Action, i32) {
        (self.action, self.version)
    }

    fn refuse(&mut self, column: &str, message: impl Into<String>) {
        self.action = Action::Refused;
        self.errors.push(Mistake { column: column.to_owned(), message: message.into() });
    }

    fn refuse_field(&mut self, (field, message): (&'static str, String)) {
        self.refuse(column_of(field), message);
    }

    fn refuse_error(&mut self, error: StudentError) {
        match error {
            StudentError::Taken { field, message, .. } => self.refuse_field((field, message)),
            error @ StudentError::CourseFull { .. } => self.refuse_field(("courseEnrolled", error.to_string())),
            error => self.refuse(columns::STUDENT_ID.name, error.to_string()),
        }
    }

    fn form(&self) -> Result<Form, Problem> {
        from_value(self.cells.iter().map(|(field, text)| (field.clone(), Value::String(text.clone()))).collect())
    }
}

fn column_of(field: &str) -> &'static str {
    columns::FIELDS.iter().find(|(name, _)| *name == field).map_or(columns::STUDENT_ID.name, |(_, column)| column.name)
}

/// What a row that is not refused would write.
#[derive(Debug)]
enum Work {
    Add(Box<Model>),
    Change { before: Box<Model>, after: Box<Model> },
}

/// What a file would do.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) rows: Vec<Planned>,
    /// Of some rows, by their place in `rows`.
    work: Vec<(usize, Work)>,
}

/// What became of a file.
#[derive(Debug)]
pub(super) struct Applied {
    pub(super) added: Vec<Model>,
    pub(super) changed: usize,
    /// The human ids that were given out, by the number of the row.
    pub(super) given: BTreeMap<usize, String>,
}

impl Plan {
    /// Looks at each row as things are in this transaction, in which nobody else takes seats of these courses.
    pub(super) async fn make(
        tx: &Tx,
        institute: &Institute,
        ground: &Ground,
        mut rows: Vec<Planned>,
    ) -> Result<Self, Problem> {
        let named: HashSet<String> = rows.iter().map(|row| row.student_id.to_lowercase()).collect();
        let named: Vec<String> = named.into_iter().filter(|id| !id.is_empty()).collect();
        let logins = accounts::find_logins(tx.db(), named.iter().cloned()).await?;
        let known = store::find_by_human_ids(tx.db(), named).await?;
        let known: HashMap<String, Model> = known.into_iter().map(|row| (row.student_id.to_lowercase(), row)).collect();

        // Each row by itself.
        let mut checked = Vec::with_capacity(rows.len());
        let mut seen = HashMap::<String, usize>::new();
        for (place, row) in rows.iter_mut().enumerate() {
            (row.action, row.version) = (Action::Refused, 0);
            row.errors.clear();
            row.changes.clear();
            let id = row.student_id.to_lowercase();
            let before = known.get(&id);
            let form = row.form()?;
            let after = form.check(before, ground, institute);
            if let Err(wrong) = &after {
                wrong.iter().cloned().for_each(|wrong| row.refuse_field(wrong));
            }
            if before.is_some_and(|before| before.archived_at.is_some()) {
                row.refuse(columns::STUDENT_ID.name, "This student is archived. Restore the student first.");
            }
            if !id.is_empty() {
                if before.is_none() && !is_human_id(&row.student_id) {
                    row.refuse(columns::STUDENT_ID.name, "A student id has letters and digits, such as GNM2026001.");
                } else if before.is_none() && logins.contains_key(&id) {
                    row.refuse(columns::STUDENT_ID.name, "Somebody else signs in with this name.");
                }
                if let Some(earlier) = seen.insert(id, row.row) {
                    row.refuse(columns::STUDENT_ID.name, format!("Row {earlier} is about this student too."));
                }
            }
            let Ok(mut after) = after else { continue };
            if !row.errors.is_empty() {
                continue;
            }
            if before.is_none() {
                // Its own until it is stored, so that one row is not taken for another.
                after.id = Uuid::from_u128(place as u128 + 1);
                after.student_id = row.student_id.clone();
            }
            checked.push((place, before, after));
        }

        // What they must not share, with each other or with those who are there.
        let mut contacts = Contacts::find(tx, checked.iter().map(|(_, _, after)| after)).await?;
        let moved = |before: Option<&Model>, after: &Model| match before {
            None => (None, after.is_enrolled().then_some(after.course_id)),
            Some(before) => write::moves_seat(before, after),
        };
        let courses = checked.iter().flat_map(|(_, before, after)| {
            let (left, taken) = moved(*before, after);
            left.into_iter().chain(taken)
        });
        let mut seats = Seats::lock(tx, courses.collect::<Vec<_>>()).await?;
        let mut work = Vec::with_capacity(checked.len());
        for (place, before, after) in checked {
            let Some(row) = rows.get_mut(place) else { continue };
            let (left, taken) = moved(before, &after);
            let allowed = contacts.check(&after).and_then(|()| taken.map_or(Ok(()), |course| seats.take(course)));
            if let Err(error) = allowed {
                row.refuse_error(error);
                continue;
            }
            left.into_iter().for_each(|course| seats.leave(course));
            let name =
                if after.student_id.is_empty() { format!("of row {}", row.row) } else { after.student_id.clone() };
            contacts.note(&after, &name);
            match before {
                None => {
                    row.action = Action::Add;
                    work.push((place, Work::Add(Box::new(Model { id: Uuid::nil(), ..after }))));
                }
                Some(before) if *before == after => row.action = Action::Same,
                Some(before) => {
                    row.action = Action::Change;
                    row.version = before.version;
                    row.changes = differences(before, &after, ground);
                    work.push((place, Work::Change { before: Box::new(before.clone()), after: Box::new(after) }));
                }
            }
        }
        Ok(Self { rows, work })
    }

    /// Does it.
    pub(super) async fn apply(
        &mut self,
        tx: &mut Tx,
        admin: &Admin,
        ground: &Ground,
        account: (Option<&str>, &str),
        progress: &Progress,
    ) -> Result<Applied, Refused> {
        let mut applied = Applied { added: Vec::new(), changed: 0, given: BTreeMap::new() };
        let (mut adds, mut changes) = (Vec::new(), Vec::new());
        for (place, work) in std::mem::take(&mut self.work) {
            let row = self.rows.get(place).map_or(0, |row| row.row);
            match work {
                Work::Add(model) => adds.push((row, *model)),
                Work::Change { before, after } => changes.push((before, after)),
            }
        }
        // First those whose ids the file says: nobody else must be given one of them.
        let (said, made): (Vec<_>, Vec<_>) = adds.into_iter().partition(|(_, model)| !model.student_id.is_empty());
        for adds in [said, made] {
            let mut adds = adds.into_iter().peekable();
            while adds.peek().is_some() {
                let (rows, models): (Vec<usize>, Vec<Model>) = adds.by_ref().take(STEP).unzip();
                let added = write::add(tx, models, ground, account).await?;
                applied.given.extend(rows.into_iter().zip(added.iter().map(|student| student.student_id.clone())));
                progress.advance(added.len());
                applied.added.extend(added);
            }
        }
        for (before, after) in changes {
            let after = write::change(tx, &before, *after).await.map_err(|refused| match refused {
                // What was planned is not there any more as it was.
                Refused::Rule(StudentError::ChangedMeanwhile) => StudentError::ImportOutdated.into(),
                refused => refused,
            })?;
            audit::write(tx, admin, trail::changed(&before, &after, ground)).await?;
            applied.changed += 1;
            progress.advance(1);
        }
        Ok(applied)
    }
}

/// What a change would change, as a file would say it.
fn differences(before: &Model, after: &Model, ground: &Ground) -> Vec<Difference> {
    let both = trail::texts(before, ground).into_iter().zip(trail::texts(after, ground));
    let changed = trail::FIELDS.iter().zip(both).filter(|(_, (from, to))| from != to);
    changed.map(|(field, (from, to))| Difference { column: column_of(field).to_owned(), from, to }).collect()
}

/// What is stored of a plan that was applied.
pub(super) fn stored(given: &BTreeMap<usize, String>) -> Result<String, StoreError> {
    Ok(serde_json::to_string(given)?)
}
