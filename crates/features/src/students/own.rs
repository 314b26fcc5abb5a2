//! What students change of their own record: how they can be reached, and nothing else.

use lamplight_auth::Student;
use lamplight_kernel::Problem;

use super::{
    StudentError,
    entity::Model,
    form::{Form, OwnForm},
    office, store, trail, write,
};
use crate::{App, audit};

/// What became of a student's own change.
#[derive(Debug)]
pub(crate) enum Saved {
    /// It is stored, and this is the record now.
    Stored(Model),
    /// It was made from another version; this is the record as it is.
    Outdated(Model),
}

/// Stores what a student says about how they can be reached.
pub(crate) async fn save_own(app: &App, student: &Student, form: OwnForm) -> Result<Saved, Problem> {
    let mut tx = app.store.begin().await?;
    let before = store::find_for_change(&tx, student.student()).await?.ok_or(StudentError::NotFound)?;
    let form = Form::from(form);
    if form.is_outdated(&before) {
        return Ok(Saved::Outdated(before));
    }
    let ground = office::ground(app, tx.db()).await?;
    let (row, is_changed) = office::save(&mut tx, app, &ground, &before, form).await?;
    if is_changed {
        write::tell_changed(&mut tx, &row)?;
        audit::write(&tx, student, trail::changed(&before, &row, &ground)).await?;
    }
    tx.commit().await?;
    Ok(Saved::Stored(row))
}
