use lamplight_kernel::{CourseId, Event, MarkId, Room, SheetId, StudentId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    rules::{Cell, Part},
    store::sheets,
};

/// Who enters marks of a course hears what happens to them.
pub(super) fn staff_rooms(sheet: &sheets::Model) -> Vec<Room> {
    vec![Room::admins(), Room::teachers(sheet.course())]
}

/// Which exam of which class. Nothing of anybody's marks.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Exam {
    #[schema(value_type = String)]
    course: CourseId,
    semester: i32,
    subject: String,
    exam_type: String,
    /// Tells two exams of one kind apart; empty for the first.
    exam_label: String,
    #[schema(value_type = String)]
    sheet: SheetId,
}

impl From<&sheets::Model> for Exam {
    fn from(sheet: &sheets::Model) -> Self {
        Self {
            course: sheet.course(),
            semester: sheet.semester,
            subject: sheet.subject.clone(),
            exam_type: sheet.exam_type.clone(),
            exam_label: sheet.label.clone(),
            sheet: sheet.id.into(),
        }
    }
}

/// Marks were entered. Drafts: no student hears of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MarksAdded)]
pub struct Added {
    #[serde(flatten)]
    pub(super) exam: Exam,
    /// How many.
    pub(super) count: usize,
}

impl Event for Added {
    const NAME: &'static str = "marks:added";
}

/// What became of a list of marks that was sent at once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MarksBulkAdded)]
#[serde(rename_all = "camelCase")]
pub struct BulkAdded {
    #[serde(flatten)]
    pub(super) exam: Exam,
    /// Rows.
    pub(super) total: usize,
    /// Rows that were taken.
    pub(super) success: usize,
    /// Rows that were refused.
    pub(super) failed: usize,
    /// Always 0: no messages are sent to phones.
    pub(super) sms_sent: usize,
}

impl Event for BulkAdded {
    const NAME: &'static str = "marks:bulkAdded";
}

/// Cells of a sheet that is open in somebody's grid.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MarksEdited)]
#[serde(rename_all = "camelCase")]
pub struct Edited {
    #[serde(flatten)]
    pub(super) exam: Exam,
    /// Who.
    pub(super) by: String,
    /// The sheet's version after it.
    pub(super) version: i32,
    /// The cells.
    pub(super) cells: Vec<EditedCell>,
}

impl Event for Edited {
    const NAME: &'static str = "marks:edited";
}

/// A cell as it is now.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EditedCell {
    /// Whose.
    #[schema(value_type = String)]
    pub(super) student: StudentId,
    pub(super) part: Part,
    /// A number, `absent`, `withheld` or nothing.
    pub(super) value: Cell,
    /// Its revision.
    pub(super) rev: i32,
}

/// Somebody is in a cell.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MarksEntered)]
#[serde(rename_all = "camelCase")]
pub struct Entered {
    #[schema(value_type = String)]
    pub(super) sheet: SheetId,
    /// Who, by the name they sign in with.
    pub(super) username: String,
    /// What the institute calls them.
    pub(super) full_name: String,
    /// Whose row; none when they left the grid.
    #[schema(required, value_type = Option<String>)]
    pub(super) student: Option<StudentId>,
    /// Which cell of it.
    #[schema(required)]
    pub(super) part: Option<Part>,
}

impl Event for Entered {
    const NAME: &'static str = "marks:entered";
}

/// Marks can be seen by their students from now on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MarksPublished)]
pub struct Published {
    #[serde(flatten)]
    pub(super) exam: Exam,
}

impl Event for Published {
    const NAME: &'static str = "marks:published";
}

/// Published marks are hidden again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MarksRecalled)]
pub struct Recalled {
    #[serde(flatten)]
    pub(super) exam: Exam,
}

impl Event for Recalled {
    const NAME: &'static str = "marks:recalled";
}

/// A sheet is a draft, in review, about to be published, or published.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MarksStaged)]
#[serde(rename_all = "camelCase")]
pub struct Staged {
    #[serde(flatten)]
    pub(super) exam: Exam,
    /// `draft`, `review`, `scheduled` or `published`.
    pub(super) state: String,
    /// When the marks become visible, while that can be undone.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    pub(super) due_at: Option<Timestamp>,
}

impl Event for Staged {
    const NAME: &'static str = "marks:staged";
}

/// A mark was changed. Which, and nothing of it: events are replayed for weeks, and what was right when it was told may have been recalled
/// since, unseen by its student.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MarksUpdated)]
pub struct Updated {
    #[serde(flatten)]
    pub(super) exam: Exam,
    /// The mark's.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    pub(super) id: MarkId,
}

impl Event for Updated {
    const NAME: &'static str = "marks:updated";
}
