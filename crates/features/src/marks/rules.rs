use lamplight_kernel::{Class, Problem};
use serde::Serialize;
use utoipa::ToSchema;

pub use super::cells::{Cell, Part, Parts, Score};

/// The kinds of exam, as the existing client knows them.
pub const EXAM_TYPES: [&str; 6] = ["Internal", "External", "Practical", "Assignment", "Project", "Terminal"];

/// No programme has more.
pub(super) const MAX_SEMESTER: i32 = 12;
/// The longest texts, in characters.
pub(super) const MAX_SHORT: usize = 100;
pub(super) const MAX_TEXT: usize = 500;
/// Rows or cells in one request.
pub(super) const MAX_ROWS: usize = 500;

/// Why something about marks is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MarkError {
    /// There is no such mark, or none that the caller may know of.
    #[error("This mark is not there.")]
    NotFound,
    /// There is no such sheet, or none that the caller may know of.
    #[error("This sheet of marks is not there.")]
    SheetNotFound,
    /// There is no such course.
    #[error("There is no such course.")]
    CourseNotFound,
    /// The course is not theirs.
    #[error("You can only enter marks for the courses you teach.")]
    NotYourCourse,
    /// Somebody else teaches the subject.
    #[error("You teach this course, but not this subject.")]
    NotYourSubject,
    /// Some fields are not as they should be.
    #[error("Something is not as it should be.")]
    Invalid(Vec<(String, String)>),
    /// A published mark was to be changed without saying why.
    #[error("This mark is published. Say why it changes: its student will see the reason.")]
    ReasonNeeded,
    /// A publication is under way.
    #[error("This sheet is about to be published. Undo that first, or wait until it is done.")]
    Scheduled,
    /// Somebody changed it since it was read.
    #[error("Somebody else changed this in the meantime. Look at it again before you go on.")]
    ChangedMeanwhile,
    /// There is nothing new.
    #[error("There is no mark in it that is not published yet.")]
    NothingToPublish,
    /// There is nothing to undo any more.
    #[error("It is too late to undo this. Recall the marks instead: the students will be told.")]
    WindowOver,
    /// There is nothing to recall.
    #[error("No mark of this sheet is published.")]
    NotPublished,
    /// It is handed in or published.
    #[error("Only a draft takes a file. Take this sheet back, or recall its marks, first.")]
    NotADraft,
    /// There is no such import.
    #[error("This import is not there. Read the file again.")]
    ImportNotFound,
    /// It was applied before.
    #[error("This import was applied already.")]
    ImportApplied,
    /// What it would do is not what it said any more.
    #[error("Marks changed since this plan was made. Read the file again.")]
    ImportOutdated,
    /// There is a sheet for this exam already.
    #[error("There is a sheet for this exam already. Give the new one another name, such as \"Internal 2\".")]
    SheetExists,
}

impl MarkError {
    pub(super) fn field(field: impl Into<String>, text: impl Into<String>) -> Self {
        Self::Invalid(vec![(field.into(), text.into())])
    }
}

impl From<MarkError> for Problem {
    fn from(error: MarkError) -> Self {
        let message = error.to_string();
        let (class, code) = match &error {
            MarkError::NotFound => (Class::NotFound, "marks.not_found"),
            MarkError::SheetNotFound => (Class::NotFound, "marks.sheet_not_found"),
            MarkError::CourseNotFound => (Class::NotFound, "marks.course_not_found"),
            MarkError::NotYourCourse => (Class::Forbidden, "marks.not_your_course"),
            MarkError::NotYourSubject => (Class::Forbidden, "marks.not_your_subject"),
            MarkError::Invalid(_) => (Class::Invalid, "marks.invalid"),
            MarkError::ReasonNeeded => (Class::Invalid, "marks.reason_needed"),
            MarkError::Scheduled => (Class::Conflict, "marks.scheduled"),
            MarkError::ChangedMeanwhile => (Class::Conflict, "marks.changed_meanwhile"),
            MarkError::NothingToPublish => (Class::Conflict, "marks.nothing_to_publish"),
            MarkError::WindowOver => (Class::Conflict, "marks.window_over"),
            MarkError::NotPublished => (Class::Conflict, "marks.not_published"),
            MarkError::NotADraft => (Class::Conflict, "marks.not_a_draft"),
            MarkError::ImportNotFound => (Class::NotFound, "marks.import_not_found"),
            MarkError::ImportApplied => (Class::Conflict, "marks.import_applied"),
            MarkError::ImportOutdated => (Class::Conflict, "marks.import_outdated"),
            MarkError::SheetExists => (Class::Conflict, "marks.sheet_exists"),
        };
        match error {
            MarkError::Invalid(fields) => {
                let message = match fields.as_slice() {
                    [(_, text)] => text.clone(),
                    _ => message,
                };
                let problem = Self::new(class, code, message);
                fields.into_iter().fold(problem, |problem, (field, text)| problem.with_field(field, text))
            }
            MarkError::ReasonNeeded => Self::new(class, code, message.clone()).with_field("reason", message),
            MarkError::NotYourSubject => Self::new(class, code, message.clone()).with_field("subject", message),
            _ => Self::new(class, code, message),
        }
    }
}

/// Why a cell may not hold this.
pub(super) fn check_cell(part: Part, cell: Cell, maximum: Score) -> Result<(), String> {
    match cell {
        Cell::Blank => Ok(()),
        _ if maximum == Score::ZERO => Err(format!("This exam has no {}.", part.as_str())),
        Cell::Scored(score) if score > maximum => {
            Err(format!("{score} is more than the {maximum} marks that the {} has.", part.as_str()))
        }
        _ => Ok(()),
    }
}

/// What the regulations say about one exam, by its course and date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rule {
    /// From here on an exam is passed, in percent of all its parts.
    pub(super) pass_percent: i32,
    /// What the average of a class may not exceed, in percent, or the council returns the marks.
    pub(super) average_cap: Option<i32>,
    /// Where each of [`GRADES`] begins, in percent of all parts.
    pub(super) grades: [i32; 7],
}

/// The grades, best first, with their grade points (contract.md, 2.14). Below the last is an F.
const GRADES: [(&str, i32); 7] = [("O", 10), ("A+", 9), ("A", 8), ("B+", 7), ("B", 6), ("C", 5), ("D", 4)];

/// Grade points of a grade.
pub(super) fn grade_points(grade: &str) -> i32 {
    GRADES.iter().find(|(name, _)| *name == grade).map_or(0, |(_, points)| *points)
}

/// What the rules make of the cells of one student.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tally {
    /// Of the parts that have marks.
    pub(super) obtained: Score,
    /// Of the parts that have marks; of all when none has.
    pub(super) maximum: Score,
    /// `O` to `F`, `Absent`, `Withheld`; empty while something is missing.
    pub(super) grade: &'static str,
    /// `Pass`, `Fail`, `Absent`, `Pending`.
    pub(super) result: &'static str,
}

/// A part without a maximum is not part of the exam. Who was absent from a part has to sit it: that is no zero, and no pass.
pub(super) fn tally(cells: &Parts<Cell>, maxima: &Parts<Score>, rule: &Rule) -> Tally {
    let counting = Part::ALL.into_iter().filter(|part| *maxima.get(*part) > Score::ZERO);
    let counting: Vec<(Cell, Score)> = counting.map(|part| (*cells.get(part), *maxima.get(part))).collect();
    let has = |cell: Cell| counting.iter().any(|(one, _)| *one == cell);
    let scored: Vec<(Score, Score)> =
        counting.iter().filter_map(|(cell, maximum)| Some((cell.score()?, *maximum))).collect();
    let sum = |scores: &mut dyn Iterator<Item = Score>| scores.fold(Score::ZERO, Score::plus);
    let obtained = sum(&mut scored.iter().map(|(score, _)| *score));
    let maximum = match scored.as_slice() {
        [] => sum(&mut counting.iter().map(|(_, maximum)| *maximum)),
        scored => sum(&mut scored.iter().map(|(_, maximum)| *maximum)),
    };
    let reaches = |percent: i32| i64::from(obtained.0) * 100 >= i64::from(percent) * i64::from(maximum.0);
    let (grade, result) = if has(Cell::Withheld) {
        ("Withheld", "Pending")
    } else if has(Cell::Absent) {
        ("Absent", "Absent")
    } else if scored.is_empty() || has(Cell::Blank) {
        ("", "Pending")
    } else {
        let mut best = GRADES.iter().zip(rule.grades);
        let grade = best.find(|(_, from)| reaches(*from)).map_or("F", |((grade, _), _)| grade);
        (grade, if reaches(rule.pass_percent) { "Pass" } else { "Fail" })
    };
    Tally { obtained, maximum, grade, result }
}

/// Obtained of maximum in percent, not rounded.
pub(super) fn percent(obtained: Score, maximum: Score) -> f64 {
    if maximum == Score::ZERO { 0.0 } else { f64::from(obtained.0) * 100.0 / f64::from(maximum.0) }
}

/// To two decimals.
pub(super) fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

/// One record of a semester: obtained, maximum, grade, result.
pub(super) type Record<'a> = (Score, Score, &'a str, &'a str);

/// Of some records of one student: contract.md, 2.14, "semesterStats".
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SemesterStats {
    /// Records.
    total_subjects: u32,
    /// Sum of the maxima.
    #[schema(value_type = f64)]
    total_marks: Score,
    /// Sum of what was obtained.
    #[schema(value_type = f64)]
    obtained_marks: Score,
    /// Records that are passed.
    passed_subjects: u32,
    /// Obtained of maximum, in percent.
    percentage: f64,
    /// Passed of all, in percent.
    pass_percentage: f64,
    /// Mean of the grade points of the passed records, each with the same credits; 0 when none is passed.
    gpa: f64,
}

/// Of the records of one semester.
pub(super) fn semester_stats(records: &[Record<'_>]) -> SemesterStats {
    let total_marks = records.iter().map(|record| record.1).fold(Score::ZERO, Score::plus);
    let obtained_marks = records.iter().map(|record| record.0).fold(Score::ZERO, Score::plus);
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let (total, passed) =
        (count(records.len()), count(records.iter().filter(|(_, _, _, result)| *result == "Pass").count()));
    let pass_percentage = if total == 0 { 0.0 } else { f64::from(passed) * 100.0 / f64::from(total) };
    SemesterStats {
        total_subjects: total,
        total_marks,
        obtained_marks,
        passed_subjects: passed,
        percentage: rounded(percent(obtained_marks, total_marks)),
        pass_percentage: rounded(pass_percentage),
        gpa: grade_point_average(records),
    }
}

/// Mean of the grade points of the passed records, to two decimals: the GPA of a semester, the CGPA of all.
pub(super) fn grade_point_average(records: &[Record<'_>]) -> f64 {
    let points: Vec<i32> =
        records.iter().filter(|record| record.3 == "Pass").map(|record| grade_points(record.2)).collect();
    match u32::try_from(points.len()) {
        Ok(0) | Err(_) => 0.0,
        Ok(count) => rounded(f64::from(points.iter().sum::<i32>()) / f64::from(count)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule { pass_percent: 35, average_cap: None, grades: [90, 80, 70, 60, 50, 40, 35] };

    fn parts<T: Copy>(all: [T; 4]) -> Parts<T> {
        Parts { theory: all[0], practical: all[1], viva: all[2], assignment: all[3] }
    }

    fn cells(all: [&str; 4]) -> Parts<Cell> {
        let cell = |text: &str| text.parse().unwrap();
        parts([cell(all[0]), cell(all[1]), cell(all[2]), cell(all[3])])
    }

    #[test]
    fn what_the_rules_make_of_a_row() {
        let all = [100, 100, 50, 50].map(Score::whole);
        let theory = [100, 0, 0, 0].map(Score::whole);
        for (row, maxima, obtained, maximum, grade, result) in [
            (["90", "90", "45", "45"], all, 270, 300, "O", "Pass"),
            (["80", "80", "40", "40"], all, 240, 300, "A+", "Pass"),
            (["35", "35", "17.5", "17.5"], all, 105, 300, "D", "Pass"),
            (["34.99", "35", "17.5", "17.5"], all, 104, 300, "F", "Fail"),
            (["0", "0", "0", "0"], all, 0, 300, "F", "Fail"),
            // One part alone is not out of 300.
            (["40", "", "", ""], theory, 40, 100, "C", "Pass"),
            (["34", "", "", ""], theory, 34, 100, "F", "Fail"),
            // Not zero.
            (["ab", "80", "40", "40"], all, 160, 200, "Absent", "Absent"),
            (["ab", "", "", ""], theory, 0, 100, "Absent", "Absent"),
            (["90", "w", "40", "40"], all, 170, 200, "Withheld", "Pending"),
            (["90", "", "40", "40"], all, 170, 200, "", "Pending"),
            (["", "", "", ""], all, 0, 300, "", "Pending"),
        ] {
            let found = tally(&cells(row), &parts(maxima), &RULE);
            assert_eq!(
                (found.obtained.0 / 100, found.maximum.0 / 100, found.grade, found.result),
                (obtained, maximum, grade, result),
                "{row:?}"
            );
        }
    }

    #[test]
    fn grades_begin_where_they_begin() {
        for (marks, grade, points) in [
            ("100", "O", 10),
            ("90", "O", 10),
            ("89.99", "A+", 9),
            ("79.99", "A", 8),
            ("69.99", "B+", 7),
            ("59.99", "B", 6),
            ("49.99", "C", 5),
            ("39.99", "D", 4),
            ("35", "D", 4),
            ("34.99", "F", 0),
        ] {
            let found = tally(&cells([marks, "", "", ""]), &parts([100, 0, 0, 0].map(Score::whole)), &RULE);
            assert_eq!((found.grade, grade_points(found.grade)), (grade, points), "{marks}");
        }
    }

    #[test]
    fn a_council_has_its_own_scale() {
        let council = Rule { pass_percent: 50, average_cap: None, grades: [85, 80, 75, 65, 60, 50, 50] };
        for (marks, grade, result) in [
            ("85", "O", "Pass"),
            ("84.99", "A+", "Pass"),
            ("74.99", "B+", "Pass"),
            ("50", "C", "Pass"),
            ("49.99", "F", "Fail"),
        ] {
            let found = tally(&cells([marks, "", "", ""]), &parts([100, 0, 0, 0].map(Score::whole)), &council);
            assert_eq!((found.grade, found.result), (grade, result), "{marks}");
        }
    }

    #[test]
    fn a_semester_in_numbers() {
        let whole = Score::whole;
        let records = [
            (whole(240), whole(300), "A+", "Pass"),
            (whole(30), whole(100), "F", "Fail"),
            (whole(50), whole(100), "B", "Pass"),
        ];
        let stats = semester_stats(&records);
        assert_eq!(
            serde_json::to_value(&stats).unwrap(),
            serde_json::json!({
                "totalSubjects": 3, "totalMarks": 500, "obtainedMarks": 320, "passedSubjects": 2, "percentage": 64.0,
                "passPercentage": 66.67, "gpa": 7.5,
            })
        );
        assert_eq!(semester_stats(&[]).percentage, 0.0);
        assert_eq!(grade_point_average(&records[1..2]), 0.0);
    }

    #[test]
    fn a_cell_is_within_its_part() {
        let maximum = Score::whole(50);
        assert!(check_cell(Part::Viva, "50".parse().unwrap(), maximum).is_ok());
        assert!(
            check_cell(Part::Viva, "50.01".parse().unwrap(), maximum)
                .unwrap_err()
                .contains("50.01 is more than the 50")
        );
        assert!(check_cell(Part::Viva, Cell::Absent, Score::ZERO).is_err());
        assert!(check_cell(Part::Viva, Cell::Blank, Score::ZERO).is_ok());
    }
}
