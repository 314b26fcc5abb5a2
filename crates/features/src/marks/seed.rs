//! Whole sheets laid in at once, for the demo institute and for measuring.

use jiff::civil::Date;
use lamplight_kernel::{CourseId, SheetId, StudentId, UserId};
use lamplight_store::{StoreError, Tx};

use super::{
    exam::ExamKey,
    history::{Action, Ledger},
    rules::{Cell, Part, Parts, Score},
    store,
    write::{Edit, rule_of, write},
};

/// A sheet to be added, with its marks.
#[derive(Debug, Clone)]
pub struct NewSheet<'a> {
    /// Of which course.
    pub course: CourseId,
    /// Of which semester, from 1.
    pub semester: i32,
    /// In what.
    pub subject: &'a str,
    /// One of [`super::EXAM_TYPES`].
    pub exam_type: &'a str,
    /// The date of the exam.
    pub on: Date,
    /// Of each part; zero when the exam does not have it.
    pub maxima: Parts<Score>,
    /// Who enters them.
    pub by: UserId,
    /// Whether the students see them.
    pub is_published: bool,
    /// Whose marks, and which.
    pub marks: &'a [(StudentId, Parts<Cell>)],
}

/// Adds a sheet. Tells nobody: that is the business of who adds it.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &Tx, new: &NewSheet<'_>) -> Result<SheetId, StoreError> {
    let key = ExamKey {
        course: new.course,
        semester: new.semester,
        subject: new.subject.to_owned(),
        exam_type: new.exam_type.to_owned(),
    };
    let sheet = key.make(tx, ("", new.on), &new.maxima, new.by).await?;
    let rule = rule_of(tx.db(), &sheet).await?;
    let mut ledger = Ledger::open(sheet, new.by);
    for (student, cells) in new.marks {
        let filled = Part::ALL.into_iter().map(|part| (part, *cells.get(part)));
        let edit = Edit { cells: filled.filter(|(_, cell)| *cell != Cell::Blank).collect(), ..Edit::default() };
        let row = write(tx, &mut ledger, &rule, None, *student, edit, (new.by, None)).await?;
        if let Some(before) = row.filter(|_| new.is_published) {
            let mut row = before.clone();
            row.published_at = Some(tx.now().millis());
            ledger.note(tx, Action::Published, Some(&before), Some(&row), None)?;
            store::update(tx, &row).await?;
        }
    }
    if new.is_published {
        store::PUBLISHED.clone_into(&mut ledger.sheet.state);
    }
    Ok(ledger.close(tx).await?.id.into())
}
