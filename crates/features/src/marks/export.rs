//! Marks as tables: the office's export and a student's own download.

use axum::{extract::State, response::Response};
use jiff::civil::Date;
use lamplight_http::{ApiError, Params, Staff};
use lamplight_kernel::{Class, PageRequest, Problem};
use lamplight_sheets::{Heading, Table, Value};
use lamplight_store::StoreError;

use super::{
    document::Known,
    routes::filter,
    rules::{self, Part, Score},
    store::{self, Filter, marks},
};
use crate::{App, tables};

/// The marks as a table, in the columns of the existing client.
pub(super) fn table(title: String, made_on: Date, rows: &[marks::Model], known: &Known) -> Result<Table, StoreError> {
    let text = |name: &str| Heading::text(name);
    let mut columns: Vec<_> =
        ["Student ID", "Student Name", "Course", "Semester", "Subject", "Exam Type", "Exam Date"].map(text).into();
    for part in ["Theory", "Practical", "Viva", "Assignment", "Total"] {
        columns.extend([Heading::number(format!("{part} Max")), Heading::number(format!("{part} Obtained"))]);
    }
    columns.extend([Heading::number("Percentage"), text("Grade"), text("Result Status")]);
    let number = |score: Score| Value::Number(f64::from(score.hundredths()) / 100.0);
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(sheet) = known.sheets.get(&row.sheet_id) else { continue };
        let (cells, maxima) = (row.cells()?, sheet.maxima());
        let student = known.students.get(&row.student_id.into());
        let exam = match sheet.label.as_str() {
            "" => sheet.exam_type.clone(),
            label => format!("{} ({label})", sheet.exam_type),
        };
        let mut line: Vec<Value> = vec![
            student.map(|student| student.student_id.clone()).into(),
            student.map(|student| student.full_name()).into(),
            known.courses.get(&sheet.course()).map(|(_, name)| name.clone()).into(),
            sheet.semester.into(),
            sheet.subject.clone().into(),
            exam.into(),
            sheet.date()?.into(),
        ];
        for part in Part::ALL {
            // A zero is a zero, and nothing is nothing.
            let cell = *cells.get(part);
            line.extend([number(*maxima.get(part)), cell.score().map_or_else(|| cell.stored().into(), number)]);
        }
        let (obtained, maximum) = (Score::from_hundredths(row.obtained), Score::from_hundredths(row.maximum));
        line.extend([number(maximum), number(obtained)]);
        line.push(rules::rounded(rules::percent(obtained, maximum)).into());
        line.extend([row.grade.clone().into(), row.result.clone().into()]);
        lines.push(line);
    }
    Ok(Table { title, notes: Vec::new(), made_on, columns, rows: lines })
}

/// Marks as a table to save: CSV unless another format is asked for. Faculty get those of the courses they teach.
#[utoipa::path(
    get, path = "/api/admin/marks/export", tag = "marks",
    params(
        ("format" = Option<String>, Query, description = "`csv`, `xlsx` or `pdf`"),
        ("sheet" = Option<String>, Query, description = "Id of a sheet"),
        ("state" = Option<String>, Query, description = "Those of sheets in this state: `draft`, `review`, `scheduled` or `published`"),
        ("course" = Option<String>, Query, description = "Id of a course"), ("semester" = Option<i32>, Query),
        ("subject" = Option<String>, Query), ("examType" = Option<String>, Query),
        ("startDate" = Option<String>, Query, description = "First date of the exam"), ("endDate" = Option<String>, Query, description = "Last date of the exam"),
    ),
    responses((status = 200, content_type = "text/csv", body = String), (status = "4XX", body = lamplight_http::ErrorBody))
)]
pub(super) async fn export_marks(
    State(app): State<App>,
    Staff(staff): Staff,
    params: Params,
) -> Result<Response, ApiError> {
    let filter = Filter {
        sheet: params.parsed("sheet", "the id of a sheet")?,
        state: params.text("state"),
        ..filter(&params, staff.courses())?
    };
    let today = app.institute.today(app.store.clock().now());
    let title =
        format!("Marks · {}", crate::settings::acting(app.store.reader(), &app.institute).await?.institute_name);
    let mut whole =
        Table { title: title.clone(), notes: Vec::new(), made_on: today, columns: Vec::new(), rows: Vec::new() };
    let moment = app.store.moment().await?;
    let db = &moment;
    for page in 1.. {
        let found = store::list(db, &filter, PageRequest::new(page, lamplight_kernel::MAX_LIMIT)).await?;
        if found.pagination.total >= tables::MAX_EXPORTED {
            let text = "These are too many marks for one table. Choose a course and a semester.";
            return Err(Problem::new(Class::Invalid, "marks.too_many", text).into());
        }
        let known = Known::find(db, &found.rows).await?;
        let part = table(title.clone(), today, &found.rows, &known)?;
        whole.columns = part.columns;
        whole.rows.extend(part.rows);
        if page >= found.pagination.pages {
            break;
        }
    }
    drop(moment);
    Ok(tables::save(&whole, &format!("marks_{today}"), &params)?)
}
