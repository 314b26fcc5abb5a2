//! Attendance as tables for the office: the records, in the columns in which they are imported again, and the report.

use axum::{extract::State, response::Response};
use lamplight_http::{ApiError, Params, Staff};
use lamplight_kernel::{Class, MAX_LIMIT, PageRequest, Problem};
use lamplight_sheets::{Heading, Table, Value};

use super::{
    document::Names,
    report::{ReportRow, report},
    routes,
    rules::{Kind, Session, Status, hours},
    store::{self, word},
};
use crate::{App, tables};

/// The records of attendance as a table to save: CSV unless another format is asked for. Faculty get those of the courses they teach.
#[utoipa::path(
    get, path = "/api/admin/attendance/export", tag = "attendance",
    params(
        ("format" = Option<String>, Query, description = "`csv`, `xlsx` or `pdf`"),
        ("date" = Option<String>, Query, description = "`YYYY-MM-DD`"),
        ("from" = Option<String>, Query, description = "First date"), ("to" = Option<String>, Query, description = "Last date"),
        ("month" = Option<i8>, Query, description = "1 to 12"), ("year" = Option<i16>, Query),
        ("course" = Option<String>, Query, description = "Id of a course"), ("semester" = Option<i32>, Query),
        ("subject" = Option<String>, Query, description = "Words of the subject"),
        ("type" = Option<Kind>, Query), ("session" = Option<Session>, Query), ("status" = Option<Status>, Query),
        ("studentId" = Option<String>, Query, description = "Record id or human id of a student"),
    ),
    responses(
        (status = 200, content_type = "text/csv", body = String),
        (status = 400, description = "`attendance.too_many`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
pub(super) async fn export_attendance(
    State(app): State<App>,
    Staff(staff): Staff,
    params: Params,
) -> Result<Response, ApiError> {
    let filter = routes::filter(&app, &staff, &params).await?.ok_or_else(routes::unknown_student)?;
    let title =
        format!("Attendance · {}", crate::settings::acting(app.store.reader(), &app.institute).await?.institute_name);
    let today = app.institute.today(app.store.clock().now());
    let (text, number) = (|name: &str| Heading::text(name), |name: &str| Heading::number(name));
    let columns = vec![
        text("Date"),
        text("Student ID"),
        text("Student Name"),
        text("Course"),
        text("Subject"),
        number("Semester"),
        text("Session"),
        text("Type"),
        text("Status"),
        number("Hours Attended"),
        number("Total Hours"),
        text("Remarks"),
    ];
    let mut rows: Vec<Vec<Value>> = Vec::new();
    let moment = app.store.moment().await?;
    let db = &moment;
    for number in 1.. {
        let page = store::list(db, &filter, PageRequest::new(number, MAX_LIMIT)).await?;
        if page.pagination.total >= tables::MAX_EXPORTED {
            let text = "These are too many records for one table. Choose a course or a month.";
            return Err(Problem::new(Class::Invalid, "attendance.too_many", text).into());
        }
        let names = Names::of(db, &page.rows).await?;
        for row in &page.rows {
            let student = names.students.get(&row.student_id.into());
            let kind: Kind = word(row, &row.kind)?;
            rows.push(vec![
                store::date(&row.date)?.into(),
                student.map(|student| student.student_id.clone()).into(),
                student.map(|student| student.full_name()).into(),
                names.course(row.course_id.into()).map(|course| course.course_code).into(),
                row.subject.clone().into(),
                row.semester.into(),
                row.session.clone().into(),
                kind.as_str().into(),
                row.status.clone().into(),
                hours(row.minutes_attended).into(),
                hours(row.minutes_total).into(),
                row.remarks.clone().into(),
            ]);
        }
        if number >= page.pagination.pages {
            break;
        }
    }
    drop(moment);
    let table = Table { title, notes: Vec::new(), made_on: today, columns, rows };
    Ok(tables::save(&table, &format!("attendance_{today}"), &params)?)
}

/// The report of a class as a table to save: CSV unless another format is asked for.
#[utoipa::path(
    get, path = "/api/admin/attendance/report/export", tag = "attendance",
    params(
        ("format" = Option<String>, Query, description = "`csv`, `xlsx` or `pdf`"),
        ("course" = Option<String>, Query, description = "Id of a course; all that the caller may see without one"),
        ("semester" = Option<i32>, Query), ("month" = Option<i8>, Query), ("year" = Option<i16>, Query),
        ("from" = Option<String>, Query), ("to" = Option<String>, Query),
        ("subject" = Option<String>, Query), ("type" = Option<Kind>, Query),
        ("studentId" = Option<String>, Query, description = "Record id or human id of a student"),
    ),
    responses((status = 200, content_type = "text/csv", body = String), (status = "4XX", body = lamplight_http::ErrorBody))
)]
pub(super) async fn export_report(
    State(app): State<App>,
    Staff(staff): Staff,
    params: Params,
) -> Result<Response, ApiError> {
    let report = report(&app, &staff, &params).await?;
    let today = app.institute.today(app.store.clock().now());
    let kinds: Vec<Kind> = Kind::ALL
        .iter()
        .copied()
        .filter(|kind| report.students.iter().any(|row| row.by_type.iter().any(|one| one.kind == *kind)))
        .collect();
    let mut columns = vec![Heading::text("Student ID"), Heading::text("Student Name")];
    columns.extend(["Held", "Present", "Late", "Absent", "Leave", "Percentage", "Hours"].map(Heading::number));
    for kind in &kinds {
        columns.push(Heading::number(format!("{kind} Held")));
        columns.push(Heading::number(format!("{kind} Attended")));
        columns.push(Heading::number(format!("{kind} %")));
        columns.push(Heading::number(format!("{kind} Needed %")));
    }
    columns.push(Heading::text("Short In"));
    let rows = report.students.iter().map(|row| line(row, &kinds)).collect();
    let notes = vec![
        format!("{}, {} to {}", report.course_name, report.from, report.to),
        "Percentage: present and late of all classes that were held; leave counts as held.".to_owned(),
    ];
    let title = format!(
        "Attendance report · {}",
        crate::settings::acting(app.store.reader(), &app.institute).await?.institute_name
    );
    let table = Table { title, notes, made_on: today, columns, rows };
    let name = format!("attendance_report_{}_{}", report.from, report.to);
    Ok(tables::save(&table, &name, &params)?)
}

fn line(row: &ReportRow, kinds: &[Kind]) -> Vec<Value> {
    let count = |count: i64| Value::Number(count as f64);
    let mut line: Vec<Value> = vec![row.student_id.clone().into(), row.full_name.clone().into()];
    line.extend([row.total_days, row.present_days, row.late_days, row.absent_days, row.leave_days].map(count));
    line.extend([row.percentage, row.total_hours].map(Value::from));
    for kind in kinds {
        let one = row.by_type.iter().find(|one| one.kind == *kind);
        line.push(one.map_or(Value::Empty, |one| count(one.held)));
        line.push(one.map_or(Value::Empty, |one| count(one.attended)));
        line.push(one.map(|one| one.percentage).into());
        line.push(one.map_or(Value::Empty, |one| count(one.threshold)));
    }
    let short: Vec<&str> = row.by_type.iter().filter(|one| one.is_short).map(|one| one.kind.as_str()).collect();
    line.push(short.join(", ").into());
    line
}
