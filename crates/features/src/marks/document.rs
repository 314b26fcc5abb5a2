//! The document of a mark, as it goes over the wire.

use std::collections::HashMap;

use lamplight_kernel::{CourseId, MarkId, SheetId, StudentId, Timestamp};
use lamplight_store::StoreError;
use sea_orm::ConnectionTrait;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    rules::{self, Parts, Score},
    store::{self, marks, sheets},
};
use crate::{
    courses::{self, CourseName},
    students,
};

/// One part of an exam.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct PartOf {
    /// 0 unless `status` is `scored`.
    #[schema(value_type = f64)]
    obtained: Score,
    /// 0 when the exam does not have this part.
    #[schema(value_type = f64)]
    max: Score,
    /// `scored`, `absent`, `withheld` or `blank`.
    status: &'static str,
}

/// The parts, and their sums.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct AllParts {
    #[serde(flatten)]
    parts: Parts<PartOf>,
    /// As in `totalMarks`.
    #[schema(value_type = f64)]
    obtained: Score,
    /// As in `totalMarks`.
    #[schema(value_type = f64)]
    max: Score,
}

/// Marks and what they are out of.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct Total {
    /// Of the parts that have marks.
    #[schema(value_type = f64)]
    obtained: Score,
    /// Of the parts that have marks; of all when none has.
    #[schema(value_type = f64)]
    max: Score,
}

/// Whose mark it is.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Owner {
    /// The student record's id.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    pub(super) id: StudentId,
    /// The human id.
    pub(super) student_id: String,
    /// The student's name.
    pub(super) full_name: String,
}

impl From<&students::entity::Model> for Owner {
    fn from(row: &students::entity::Model) -> Self {
        Self { id: row.id.into(), student_id: row.student_id.clone(), full_name: row.full_name() }
    }
}

/// The marks of one student in one exam.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Mark {
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    id: MarkId,
    #[schema(value_type = String)]
    sheet: SheetId,
    /// Whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    student: Option<Owner>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    course: Option<CourseName>,
    subject: String,
    semester: i32,
    /// `Internal`, `External`, `Practical`, `Assignment`, `Project` or `Terminal`.
    exam_type: String,
    /// Tells two exams of one kind apart; empty for the first.
    exam_label: String,
    /// The date of the exam.
    #[schema(format = Date)]
    exam_date: String,
    marks: AllParts,
    total_marks: Total,
    /// To two decimals.
    percentage: f64,
    /// `O`, `A+`, `A`, `B+`, `B`, `C`, `D`, `F`, `Absent`, `Withheld`; empty while something is missing.
    grade: String,
    /// `Pass`, `Fail`, `Absent` or `Pending`.
    result_status: String,
    /// Whether its student sees it.
    is_published: bool,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    published_date: Option<Timestamp>,
    #[schema(required)]
    remarks: Option<String>,
    /// Goes up with each change.
    version: i32,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// What is needed to show marks.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) sheets: HashMap<Uuid, sheets::Model>,
    pub(super) courses: HashMap<CourseId, (String, String)>,
    pub(super) students: HashMap<StudentId, students::entity::Model>,
}

impl Known {
    /// What these marks name.
    pub(super) async fn find<C: ConnectionTrait>(db: &C, rows: &[marks::Model]) -> Result<Self, StoreError> {
        let sheets = store::find_sheets(db, rows.iter().map(|row| row.sheet_id)).await?;
        Ok(Self {
            courses: courses::find_names_of(db, sheets.values().map(sheets::Model::course)).await?,
            sheets,
            students: students::find_by_ids(db, rows.iter().map(|row| row.student_id.into())).await?,
        })
    }

    /// What these sheets name, without their marks.
    pub(super) async fn of_sheets<C: ConnectionTrait>(db: &C, sheets: &[sheets::Model]) -> Result<Self, StoreError> {
        Ok(Self {
            sheets: HashMap::new(),
            courses: courses::find_names_of(db, sheets.iter().map(sheets::Model::course)).await?,
            students: HashMap::new(),
        })
    }

    /// What the marks of one sheet name.
    pub(super) async fn of_sheet<C: ConnectionTrait>(
        db: &C,
        sheet: &sheets::Model,
        students: impl IntoIterator<Item = StudentId>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            sheets: HashMap::from([(sheet.id, sheet.clone())]),
            courses: courses::find_names_of(db, [sheet.course()]).await?,
            students: students::find_by_ids(db, students).await?,
        })
    }

    pub(super) fn course(&self, course: CourseId) -> Option<CourseName> {
        let (code, name) = self.courses.get(&course)?;
        Some(CourseName { id: course, course_code: code.clone(), course_name: name.clone() })
    }
}

/// The document of a mark.
pub(super) fn document(row: &marks::Model, known: &Known) -> Result<Mark, StoreError> {
    let sheet = known
        .sheets
        .get(&row.sheet_id)
        .ok_or_else(|| StoreError::Corrupt { table: "marks", what: format!("{}: its sheet", row.id) })?;
    let (cells, maxima) = (row.cells()?, sheet.maxima());
    let parts = Parts::each(|part| {
        let cell = cells.get(part);
        PartOf { obtained: cell.score().unwrap_or_default(), max: *maxima.get(part), status: cell.status() }
    });
    let (obtained, max) = (Score::from_hundredths(row.obtained), Score::from_hundredths(row.maximum));
    Ok(Mark {
        id: row.id.into(),
        sheet: row.sheet_id.into(),
        student: known.students.get(&row.student_id.into()).map(Owner::from),
        course: known.course(sheet.course()),
        subject: sheet.subject.clone(),
        semester: sheet.semester,
        exam_type: sheet.exam_type.clone(),
        exam_label: sheet.label.clone(),
        exam_date: sheet.exam_on.clone(),
        marks: AllParts { parts, obtained, max },
        total_marks: Total { obtained, max },
        percentage: rules::rounded(rules::percent(obtained, max)),
        grade: row.grade.clone(),
        result_status: row.result.clone(),
        is_published: row.published_at.is_some(),
        published_date: row.published_at.map(Timestamp::from_millis),
        remarks: row.remarks.clone(),
        version: row.version,
        updated_at: Timestamp::from_millis(row.updated_at),
    })
}
