//! The report of a month: each student's count, and the class as a whole.

use std::collections::BTreeMap;

use axum::{Json as Answer, extract::State};
use jiff::civil::Date;
use lamplight_auth::Staff as StaffCaller;
use lamplight_http::{ApiError, Params, Staff};
use lamplight_kernel::{CourseId, Problem, StudentId};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    routes,
    rules::{Kind, Tally, hours, rounded, threshold},
    store,
};
use crate::{
    App, courses,
    regulations::{self, Regulations},
    students,
    wire::{Envelope, data},
};

/// The attendance of a class over some time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttendanceReport)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    /// The course in full; `All courses` without one.
    pub(super) course_name: String,
    /// 1 to 12.
    #[schema(required)]
    month: Option<i8>,
    /// The year.
    #[schema(required)]
    year: Option<i16>,
    /// First date.
    #[schema(value_type = String, format = Date)]
    pub(super) from: Date,
    /// Last date.
    #[schema(value_type = String, format = Date)]
    pub(super) to: Date,
    /// Days on which classes were held.
    total_days: u64,
    /// Students with at least one record.
    total_students: usize,
    /// The mean of the students' percentages, to two decimals; 0 without any.
    average_percentage: f64,
    /// Who attended most.
    #[schema(required)]
    best_student: Option<Extreme>,
    /// Who attended least.
    #[schema(required)]
    worst_student: Option<Extreme>,
    /// Every student, by human id.
    pub(super) students: Vec<ReportRow>,
}

/// The best or the worst.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttendanceExtreme)]
struct Extreme {
    /// The student's name.
    name: String,
    /// Theirs.
    percentage: f64,
}

/// One student's count. The words say days; a day with two classes counts twice.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttendanceReportRow)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReportRow {
    /// The student record's id.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    id: StudentId,
    /// The human id.
    pub(super) student_id: String,
    /// The student's name.
    pub(super) full_name: String,
    /// Present.
    pub(super) present_days: i64,
    /// Absent without a reason.
    pub(super) absent_days: i64,
    /// Late.
    pub(super) late_days: i64,
    /// On leave, also for illness.
    pub(super) leave_days: i64,
    /// Held.
    pub(super) total_days: i64,
    /// Of those that were held, to two decimals; 0 when none was.
    pub(super) percentage: f64,
    /// Attended.
    pub(super) total_hours: f64,
    /// The same by kind of class, which councils count apart.
    pub(super) by_type: Vec<ByKind>,
}

/// A student's count of one kind of class.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttendanceByKind)]
#[serde(rename_all = "camelCase")]
pub(super) struct ByKind {
    /// The kind.
    #[serde(rename = "type")]
    pub(super) kind: Kind,
    /// Attended.
    pub(super) attended: i64,
    /// Held.
    pub(super) held: i64,
    /// Of those that were held.
    pub(super) percentage: f64,
    /// What is needed, in percent.
    pub(super) threshold: i64,
    /// Whether it is less than that.
    pub(super) is_short: bool,
}

/// The attendance of a class in a month. Without a month of the whole year, without both of the current month.
#[utoipa::path(
    get, path = "/api/admin/attendance/report", tag = "attendance",
    params(
        ("course" = Option<String>, Query, description = "Id of a course; all that the caller may see without one"),
        ("semester" = Option<i32>, Query), ("month" = Option<i8>, Query), ("year" = Option<i16>, Query),
        ("from" = Option<String>, Query), ("to" = Option<String>, Query),
        ("subject" = Option<String>, Query), ("type" = Option<Kind>, Query),
        ("studentId" = Option<String>, Query, description = "Record id or human id of a student"),
    ),
    responses((status = 200, body = Envelope<Report>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
pub(super) async fn report_attendance(
    State(app): State<App>,
    Staff(staff): Staff,
    params: Params,
) -> Result<Answer<Envelope<Report>>, ApiError> {
    Ok(data(report(&app, &staff, &params).await?))
}

pub(super) async fn report(app: &App, staff: &StaffCaller, params: &Params) -> Result<Report, Problem> {
    let db = app.store.reader();
    let today = app.institute.today(app.store.clock().now());
    let dates = routes::dates(app, params)?.unwrap_or((today.first_of_month(), today.last_of_month()));
    let names = courses::find_names(db).await?;
    let found = routes::filter(app, staff, params).await?;
    let course = found.as_ref().and_then(|filter| filter.course);
    let course_name = match course {
        Some(course) => names.get(&course).map_or_else(String::new, |(_, name)| name.clone()),
        None if staff.is_admin() => "All courses".to_owned(),
        None => "The courses you teach".to_owned(),
    };
    let (month, year) = if dates == (dates.0.first_of_month(), dates.0.last_of_month()) {
        (Some(dates.0.month()), Some(dates.0.year()))
    } else {
        (None, (dates.0.year() == dates.1.year()).then_some(dates.0.year()))
    };
    let mut counts = BTreeMap::<StudentId, BTreeMap<Kind, Tally>>::new();
    let mut total_days = 0;
    // A student that is not there has no attendance: somebody typed a part of an id.
    if let Some(filter) = found {
        let filter = store::Filter { dates: Some(dates), ..filter };
        for (group, tally) in store::tally(db, &filter).await? {
            let sum = counts.entry(group.student).or_default().entry(group.kind).or_default();
            *sum = sum.plus(&tally);
        }
        total_days = store::count_days(db, &filter).await?;
    }
    let regulations = regulations::load(db).await?;
    let known = students::find_by_ids(db, counts.keys().copied()).await?;
    let mut rows: Vec<ReportRow> = counts
        .iter()
        .filter_map(|(id, kinds)| {
            let student = known.get(id)?;
            // Whoever has moved since is judged by the rules of the course that was asked about.
            let of = course.unwrap_or(student.course_id.into());
            Some(row(student, kinds, (&regulations, of), dates.1.min(today)))
        })
        .collect();
    rows.sort_by(|a, b| a.student_id.cmp(&b.student_id));
    let counted: Vec<&ReportRow> = rows.iter().filter(|row| row.total_days > 0).collect();
    let sum: f64 = counted.iter().map(|row| row.percentage).sum();
    let average_percentage = if counted.is_empty() { 0.0 } else { rounded(sum / counted.len() as f64) };
    let extreme = |row: &&ReportRow| Extreme { name: row.full_name.clone(), percentage: row.percentage };
    // Of several with the same percentage the first of the list, both times.
    let best = counted.iter().rev().max_by(|a, b| a.percentage.total_cmp(&b.percentage)).map(extreme);
    let worst = counted.iter().min_by(|a, b| a.percentage.total_cmp(&b.percentage)).map(extreme);
    Ok(Report {
        course_name,
        month,
        year,
        from: dates.0,
        to: dates.1,
        total_days,
        total_students: rows.len(),
        average_percentage,
        best_student: best,
        worst_student: worst,
        students: rows,
    })
}

fn row(
    student: &students::entity::Model,
    kinds: &BTreeMap<Kind, Tally>,
    (regulations, course): (&Regulations, CourseId),
    on: Date,
) -> ReportRow {
    let all = kinds.values().fold(Tally::default(), |sum, one| sum.plus(one));
    let by_type = kinds.iter().filter_map(|(&kind, tally)| {
        let percentage = tally.percentage()?;
        let threshold = threshold(regulations, course, kind, on);
        let is_short = tally.attended() * 100 < threshold * tally.held();
        Some(ByKind { kind, attended: tally.attended(), held: tally.held(), percentage, threshold, is_short })
    });
    ReportRow {
        id: student.id.into(),
        student_id: student.student_id.clone(),
        full_name: student.full_name(),
        present_days: all.present,
        absent_days: all.absent,
        late_days: all.late,
        leave_days: all.leave,
        total_days: all.held(),
        percentage: all.percentage().unwrap_or(0.0),
        total_hours: hours(all.minutes_attended),
        by_type: by_type.collect(),
    }
}
