//! What a student sees: their own records, and how they stand.

use std::collections::BTreeMap;

use axum::{Json as Answer, extract::State};
use lamplight_http::{ApiError, Params, Student};
use lamplight_kernel::{CourseId, PageRequest, Standing, StudentId};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    document::{Attended, Stats, attended, recorders},
    routes::{WHOLE, dates},
    rules::{Kind, Meter, Tally, hours, meter, threshold},
    store::{self, Filter},
};
use crate::{
    App, regulations,
    wire::{Envelope, PaginationBody, data},
};

/// A student's own attendance.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OwnAttendance {
    /// Newest first.
    attendance: Vec<Attended>,
    /// Of everything that fits the filter, however much of it is listed.
    stats: Stats,
    /// Who.
    student: Own,
    /// How the student stands in this semester, whatever is listed.
    standing: OwnStanding,
    /// Where the page stands.
    pagination: PaginationBody,
}

/// The student.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttendanceOwner)]
#[serde(rename_all = "camelCase")]
struct Own {
    /// The student record's id.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    id: StudentId,
    /// The student's name.
    name: String,
    /// The id of the course.
    #[schema(value_type = String)]
    course: CourseId,
    /// From 1.
    semester: i32,
}

/// How a student stands in the current semester.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttendanceStanding)]
#[serde(rename_all = "camelCase")]
struct OwnStanding {
    /// Everything.
    overall: Stats,
    /// By kind of class, which councils count apart.
    by_type: Vec<Gauge>,
    /// By subject and kind.
    by_subject: Vec<Gauge>,
    /// The subjects of this semester.
    subjects: Vec<String>,
}

/// How far a student is from what is needed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttendanceGauge)]
#[serde(rename_all = "camelCase")]
struct Gauge {
    /// The subject, when it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    subject: Option<String>,
    /// The kind of class.
    #[serde(rename = "type")]
    kind: Kind,
    /// Classes attended.
    attended: i64,
    /// Classes held.
    held: i64,
    /// Of those that were held, to two decimals; nothing when none was.
    #[schema(required)]
    percentage: Option<f64>,
    /// How long the student was there.
    hours_attended: f64,
    /// How long the classes were.
    total_hours: f64,
    /// What is needed, in percent.
    threshold: i64,
    /// So many of the next classes may be missed.
    may_miss: i64,
    /// So many of the next classes must be attended, without a gap. Nothing when missed ones have to be made up instead.
    #[schema(required)]
    must_attend: Option<i64>,
}

fn gauge(subject: Option<String>, kind: Kind, tally: &Tally, threshold: i64) -> Gauge {
    let Meter { may_miss, must_attend } = meter(tally.attended(), tally.held(), threshold);
    Gauge {
        subject,
        kind,
        attended: tally.attended(),
        held: tally.held(),
        percentage: tally.percentage(),
        hours_attended: hours(tally.minutes_attended),
        total_hours: hours(tally.minutes_held),
        threshold,
        may_miss,
        must_attend,
    }
}

/// A student's own attendance, newest first, and how they stand in this semester.
#[utoipa::path(
    get, path = "/api/student/attendance", tag = "attendance",
    params(
        ("month" = Option<i8>, Query, description = "1 to 12, by the dates of the institute"), ("year" = Option<i16>, Query),
        ("from" = Option<String>, Query), ("to" = Option<String>, Query),
        ("subject" = Option<String>, Query, description = "The whole subject"), ("type" = Option<Kind>, Query),
        ("page" = Option<u64>, Query, description = "From 1"),
        ("limit" = Option<u64>, Query, description = "Rows on a page, at most 500; 50 with `page`, 5000 without both"),
    ),
    responses((status = 200, body = Envelope<OwnAttendance>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
pub(super) async fn list_own_attendance(
    State(app): State<App>,
    Student(student): Student,
    params: Params,
) -> Result<Answer<Envelope<OwnAttendance>>, ApiError> {
    let db = app.store.reader();
    let own = Filter { student: Some(student.student()), ..Filter::default() };
    let filter = Filter {
        dates: dates(&app, &params)?,
        subject_is: params.text("subject"),
        kind: params.parsed("type", format!("one of {}", Kind::choices()))?,
        ..own.clone()
    };
    let asked = params.text("page").is_some() || params.text("limit").is_some();
    let page = if asked { params.page(50)? } else { PageRequest::first(WHOLE) };
    let page = store::list(db, &filter, page).await?;
    let recorders = recorders(db, &page.rows).await?;
    let stats = Stats::from(&store::total(db, &filter).await?);
    let (course, semester) = match student.standing {
        Standing::Student { course, semester, .. } => (course, semester),
        Standing::Admin | Standing::Faculty { .. } => (CourseId::from_uuid(uuid::Uuid::nil()), 0),
    };
    let this_semester = Filter { course: Some(course), semester: Some(semester), ..own };
    let counts = store::tally(db, &this_semester).await?;
    let mut by_type = BTreeMap::<Kind, Tally>::new();
    let mut by_subject = BTreeMap::<(String, Kind), (String, Tally)>::new();
    for (group, tally) in &counts {
        let one = by_type.entry(group.kind).or_default();
        *one = one.plus(tally);
        let (key, subject) = group.subject.clone();
        by_subject.insert((key, group.kind), (subject, *tally));
    }
    let mut subjects: Vec<String> = by_subject.values().map(|(subject, _)| subject.clone()).collect();
    subjects.dedup();
    let regulations = regulations::load_for(db, course).await?;
    let today = app.institute.today(app.store.clock().now());
    let needed = |kind| threshold(&regulations, course, kind, today);
    let standing = OwnStanding {
        overall: Stats::from(&counts.values().fold(Tally::default(), |sum, one| sum.plus(one))),
        by_type: by_type.iter().map(|(&kind, tally)| gauge(None, kind, tally, needed(kind))).collect(),
        by_subject: by_subject
            .into_iter()
            .map(|((_, kind), (subject, tally))| gauge(Some(subject), kind, &tally, needed(kind)))
            .collect(),
        subjects,
    };
    let attendance = page.rows.iter().map(|row| attended(row, &recorders)).collect::<Result<_, _>>()?;
    Ok(data(OwnAttendance {
        attendance,
        stats,
        student: Own { id: student.student(), name: student.full_name.clone(), course, semester },
        standing,
        pagination: page.pagination.into(),
    }))
}

/// What a student attended of all that was held, in percent; nothing when nothing was held.
pub(crate) async fn overall<C: sea_orm::ConnectionTrait>(
    db: &C,
    student: lamplight_kernel::StudentId,
) -> Result<Option<f64>, lamplight_store::StoreError> {
    Ok(store::total(db, &Filter { student: Some(student), ..Filter::default() }).await?.percentage())
}
