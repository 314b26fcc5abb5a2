//! A sheet of marks on paper: for the notice board's file, the council's visit, and three signatures.

use axum::{extract::State, response::Response};
use lamplight_http::{ApiError, PathId, Staff};
use lamplight_kernel::{SheetId, StudentId};
use lamplight_sheets::{Frame, Heading, Table, Value};
use lamplight_store::StoreError;

use super::{
    MarkError,
    grid::find_theirs,
    rules::{self, Cell, Part, Score},
    store::{self, marks, sheets},
};
use crate::{App, courses, students, tables};

/// A sheet of marks to print (PDF): every student of the class, with and without a mark, the figures of the class, and lines to sign on.
#[utoipa::path(
    get, path = "/api/admin/marks/sheets/{id}/print", tag = "marks", params(("id" = String, Path)),
    responses((status = 200, content_type = "application/pdf", body = Vec<u8>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
pub(super) async fn print_sheet(
    State(app): State<App>,
    Staff(staff): Staff,
    PathId(id): PathId<SheetId>,
) -> Result<Response, ApiError> {
    let db = app.store.reader();
    let sheet = find_theirs(db, &staff, id).await?;
    let rows = store::of_sheet(db, sheet.id).await?;
    let mut class = students::of_class(db, sheet.course(), sheet.semester).await?;
    // Who has a mark and has moved on since stands on the sheet all the same.
    let listed: Vec<StudentId> = class.iter().map(|student| student.id.into()).collect();
    let moved = rows.iter().map(|row| StudentId::from(row.student_id)).filter(|id| !listed.contains(id));
    class.extend(students::find_by_ids(db, moved).await?.into_values());
    class.sort_by(|one, other| one.student_id.cmp(&other.student_id));
    let names = courses::find_names_of(db, [sheet.course()]).await?;
    let (code, course) = names.get(&sheet.course()).cloned().ok_or(MarkError::CourseNotFound)?;
    let today = app.institute.today(app.store.clock().now());
    let pairs = class.iter().map(|student| (student, rows.iter().find(|row| row.student_id == student.id)));
    let pairs: Vec<_> = pairs.collect();
    let table = table(&sheet, (&code, &course), today, &pairs)?;
    let frame = Frame {
        above: crate::settings::acting(db, &app.institute).await?.institute_name,
        closing: figures(&pairs),
        signatures: ["Entered by", "Checked by", "Principal"].map(str::to_owned).to_vec(),
    };
    let name = format!("marks_{code}_{}_{}_{}.pdf", sheet.semester, sheet.subject, sheet.exam_on);
    Ok(tables::attachment(&name, "application/pdf", table.printed(&frame)))
}

type Pair<'a> = (&'a students::entity::Model, Option<&'a marks::Model>);

fn table(
    sheet: &sheets::Model,
    (code, course): (&str, &str),
    today: jiff::civil::Date,
    pairs: &[Pair<'_>],
) -> Result<Table, StoreError> {
    let maxima = sheet.maxima();
    let parts: Vec<Part> = Part::ALL.into_iter().filter(|part| *maxima.get(*part) > Score::ZERO).collect();
    let whole = parts.iter().fold(Score::ZERO, |sum, part| sum.plus(*maxima.get(*part)));
    let mut columns = vec![Heading::number("No."), Heading::text("Student ID"), Heading::text("Name")];
    let capital = |part: Part| match part {
        Part::Theory => "Theory",
        Part::Practical => "Practical",
        Part::Viva => "Viva",
        Part::Assignment => "Assignment",
    };
    columns.extend(parts.iter().map(|part| Heading::number(format!("{} ({})", capital(*part), maxima.get(*part)))));
    columns.extend([Heading::number(format!("Total ({whole})")), Heading::number("%")]);
    columns.extend(["Grade", "Result"].map(Heading::text));
    let mut rows = Vec::with_capacity(pairs.len());
    for (number, (student, mark)) in (1..).zip(pairs) {
        let cells = mark.map(marks::Model::cells).transpose()?.unwrap_or_default();
        let mut line: Vec<Value> =
            vec![Value::from(number), student.student_id.clone().into(), student.full_name().into()];
        line.extend(parts.iter().map(|part| Value::text(shown(*cells.get(*part)))));
        match mark.filter(|mark| !mark.is_blank()) {
            None => line.extend([Value::Empty, Value::Empty, Value::Empty, "No mark".into()]),
            Some(mark) => {
                let obtained = Score::from_hundredths(mark.obtained);
                let maximum = Score::from_hundredths(mark.maximum);
                // Out of what was sat, when that is not all of it.
                let total = if maximum == whole { obtained.to_string() } else { format!("{obtained} of {maximum}") };
                let judged = matches!(mark.result.as_str(), "Pass" | "Fail");
                let percent = format!("{:.2}", rules::rounded(rules::percent(obtained, maximum)));
                line.extend([
                    total.into(),
                    if judged { percent.into() } else { Value::Empty },
                    mark.grade.clone().into(),
                    mark.result.clone().into(),
                ]);
            }
        }
        rows.push(line);
    }
    let exam = match sheet.label.as_str() {
        "" => sheet.exam_type.clone(),
        label => format!("{}, {label}", sheet.exam_type),
    };
    let state = match sheet.state.as_str() {
        store::PUBLISHED => "Published.",
        store::SCHEDULED => "About to be published.",
        store::REVIEW => "In review, not published.",
        _ => "Draft, not published.",
    };
    Ok(Table {
        title: format!("Marks in {}", sheet.subject),
        notes: vec![
            format!("Course: {course} ({code})     Semester: {}", sheet.semester),
            format!("Examination: {exam}     Date: {}     {state}", sheet.exam_on),
            "Absent and withheld are no marks: they count neither as zero nor as passed.".to_owned(),
        ],
        made_on: today,
        columns,
        rows,
    })
}

fn shown(cell: Cell) -> String {
    match cell {
        Cell::Blank => "–".to_owned(),
        Cell::Scored(score) => score.to_string(),
        Cell::Absent => "Absent".to_owned(),
        Cell::Withheld => "Withheld".to_owned(),
    }
}

/// The figures of the class.
fn figures(pairs: &[Pair<'_>]) -> Vec<String> {
    let marks: Vec<&marks::Model> =
        pairs.iter().filter_map(|(_, mark)| *mark).filter(|mark| !mark.is_blank()).collect();
    let count = |is_so: &dyn Fn(&marks::Model) -> bool| marks.iter().filter(|mark| is_so(mark)).count();
    let of = |result: &'static str| count(&|mark| mark.result == result);
    let withheld = count(&|mark| mark.grade == "Withheld");
    let mut lines = vec![format!(
        "Students: {}     Marked: {}     Passed: {}     Failed: {}     Absent: {}     Withheld: {withheld}     Incomplete: {}",
        pairs.len(),
        marks.len(),
        of("Pass"),
        of("Fail"),
        of("Absent"),
        of("Pending") - withheld,
    )];
    let judged = marks.iter().filter(|mark| matches!(mark.result.as_str(), "Pass" | "Fail"));
    let percents: Vec<f64> = judged
        .map(|mark| rules::percent(Score::from_hundredths(mark.obtained), Score::from_hundredths(mark.maximum)))
        .collect();
    if !percents.is_empty() {
        let average = rules::rounded(percents.iter().sum::<f64>() / percents.len() as f64);
        let highest = rules::rounded(percents.iter().copied().fold(0.0, f64::max));
        let lowest = rules::rounded(percents.iter().copied().fold(100.0, f64::min));
        lines.push(format!(
            "Of those who passed or failed: average {average:.2} %, highest {highest:.2} %, lowest {lowest:.2} %."
        ));
    }
    lines
}
