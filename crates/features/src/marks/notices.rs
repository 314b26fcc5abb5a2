//! What a student is told about their marks.
//!
//! A notice names the exam and never a mark, a grade or a reason: what was sent can't be taken back, and a recalled mark must be
//! gone. So it is one text for all whom it concerns, and each of them looks at their own page.

use jiff::civil::Date;
use lamplight_kernel::UserId;
use lamplight_store::{StoreError, Tx};

use super::store::sheets;
use crate::notifications::{self, Category, Kind, Notice, Priority};

/// What became of published marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Published,
    Changed,
    Recalled,
    Deleted,
}

/// Tells the students whose marks these are; those of who see theirs alone, or saw it until now.
pub(super) async fn tell(
    tx: &mut Tx,
    sheet: &sheets::Model,
    what: What,
    students: impl IntoIterator<Item = UserId>,
) -> Result<(), StoreError> {
    let (title, message) = text(sheet, sheet.date()?, what);
    let (kind, priority) = match what {
        What::Published => (Kind::Success, Priority::High),
        What::Changed => (Kind::Info, Priority::High),
        What::Recalled | What::Deleted => (Kind::Warning, Priority::High),
    };
    let notice = Notice {
        title: &title,
        message: &message,
        kind,
        category: Category::Result,
        priority,
        sender: None,
        link: Some("/marks"),
    };
    notifications::tell(tx, &notice, students).await?;
    Ok(())
}

fn text(sheet: &sheets::Model, on: Date, what: What) -> (String, String) {
    let subject = &sheet.subject;
    let exam = match sheet.label.as_str() {
        "" => sheet.exam_type.clone(),
        label => format!("{}, {label}", sheet.exam_type),
    };
    let exam = format!("{subject} ({exam}), exam of {}", on.strftime("%-d %B %Y"));
    let (title, message) = match what {
        What::Published => ("Marks published", format!("{exam}: your marks are on your page.")),
        What::Changed => (
            "Mark changed",
            format!(
                "{exam}: your mark was changed after it was published. What it was and why it changed is on your page."
            ),
        ),
        What::Recalled => (
            "Marks recalled",
            format!(
                "{exam}: your marks were taken back and can't be seen for now. You are told when they are published again."
            ),
        ),
        What::Deleted => {
            ("Mark deleted", format!("{exam}: your mark was taken back and deleted. It does not count any more."))
        }
    };
    (format!("{title}: {subject}"), message)
}
