use std::collections::BTreeMap;

use axum::{Json as Answer, extract::State};
use jiff::civil::Date;
use lamplight_auth::Staff as StaffCaller;
use lamplight_http::{ApiError, Json, Params, PathId, Staff};
use lamplight_kernel::{AttendanceId, Class, CourseId, PageRequest, Problem, StudentId};
use lamplight_store::Tx;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::{
    document::{self, Attendance, Line, Names, Stats, document},
    export,
    form::{self, Form, Known, Refused, Wrong, lengths},
    report, rollcall, rollcall_store,
    rules::{AttendanceError, Kind, MAX_REASON, MAX_REMARKS, Session, Status, minutes},
    store::{self, Filter, Model, word},
    student,
    write::{self, Changes, Hand, Held, Mark, Way, Written, write},
};
use crate::{
    App, accounts,
    audit::{self, Act},
    courses,
    faculty::Teaching,
    routing::routes,
    students,
    wire::{Change, Envelope, PaginationBody, Said, data, said},
};

/// The most records that are answered to who does not turn pages.
pub(super) const WHOLE: u64 = 5000;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(rollcall::routes())
        .routes(routes!(list_attendance, record_attendance))
        .routes(routes!(report::report_attendance))
        .routes(routes!(export::export_attendance))
        .routes(routes!(export::export_report))
        .routes(routes!(correct_attendance, delete_attendance))
        .routes(routes!(list_history))
        .routes(routes!(student::list_own_attendance))
}

/// What became of a class.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttendanceRecorded)]
pub(super) struct Recorded {
    /// Students in the request.
    pub(super) total: usize,
    /// Those that are recorded now.
    pub(super) success: usize,
    /// Those that were refused.
    pub(super) failed: usize,
    /// Of `success`: recorded for the first time.
    pub(super) added: usize,
    /// Of `success`: recorded before, and corrected now.
    pub(super) corrected: usize,
    /// Of `success`: recorded before, just so.
    pub(super) unchanged: usize,
    /// Who was refused and why.
    pub(super) errors: Vec<RowError>,
}

/// A student who was refused.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttendanceRowError)]
#[serde(rename_all = "camelCase")]
pub(super) struct RowError {
    /// As the request named them.
    student_id: String,
    /// Why.
    error: String,
}

/// Record a class. What is recorded already is corrected, what is the same stays; all in one transaction.
///
/// When some students can't be recorded nothing is, and they are named by row; with `partial` the rest is.
#[utoipa::path(
    post, path = "/api/admin/attendance", tag = "attendance", request_body = Form,
    responses(
        (status = 200, body = Envelope<Recorded>),
        (status = 400, description = "`attendance.invalid`, `attendance.rows_refused`", body = lamplight_http::ErrorBody),
        (status = 403, description = "`attendance.course_forbidden`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn record_attendance(
    State(app): State<App>,
    Staff(staff): Staff,
    Json(form): Json<Form>,
) -> Result<Answer<Envelope<Recorded>>, ApiError> {
    let mut checked = form.check(&app.institute, app.store.clock().now())?;
    may_act_for(app.store.reader(), &staff, checked.course, &checked.subject).await?;
    let total = checked.rows.len();

    let mut tx = app.store.begin().await?;
    write::lock(&tx, checked.course, checked.date).await?;
    let known = know(&tx, checked.named()).await?;
    let held = Held {
        course: checked.course,
        date: checked.date,
        subject: checked.subject.clone(),
        session: checked.session,
        kind: checked.kind,
        // A class that is on a board stays on it: what is said here is told to who marks there.
        class: find_class(&tx, &checked).await?,
    };
    let before = write::find_records(&tx, &held, known.by_id.keys().copied()).await?;
    let recorded_of = |student| before.get(&student).map(|row| CourseId::from(row.course_id));
    let (marks, refused) = checked.marks(&known, recorded_of);
    if !refused.is_empty() && !checked.partial {
        return Err(AttendanceError::RowsRefused(by_row(&refused, &known)).into());
    }
    let hand = Hand::now(staff.user, Way::Form, checked.reason.as_deref());
    let mut changes = Changes::default();
    let (written, _) = write(&tx, &held, marks, &before, hand, &mut changes).await?;
    changes.tell(&mut tx).await?;
    if written.added + written.corrected > 0 {
        let act = act("recorded", &held).noted("added", &written.added).noted("corrected", &written.corrected);
        audit::write(&tx, &staff, act.noted("reason", &checked.reason)).await?;
    }
    tx.commit().await?;

    tracing::info!(course = %held.course, date = %held.date, user = %staff.user, added = written.added, corrected = written.corrected, refused = refused.len(), "attendance recorded");
    let message = match (written.all(), refused.len()) {
        (_, 0) => "Saved. It is on their pages now.",
        (0, _) => "Nobody could be recorded.",
        _ => "Saved, except for the students named below.",
    };
    let recorded = recorded(total, written, refused);
    Ok(crate::wire::told(message, recorded))
}

/// What the audit says of a class: that something was done. The values stand in the history of each record.
fn act(action: &'static str, held: &Held) -> Act {
    let Held { course, date, subject, session, .. } = held;
    Act::new(audit::Kind::Attendance, action, format!("{course} {date}"), format!("{subject}, {date}, {session}"))
}

/// What the audit says of one record.
fn of_record(action: &'static str, row: &Model, reason: &str) -> Act {
    let label = format!("{}, {}, {}", row.subject, row.date, row.session);
    Act::new(audit::Kind::Attendance, action, row.id, label).noted("studentId", &row.student_id).noted("reason", reason)
}

async fn find_class(tx: &Tx, checked: &form::Checked) -> Result<Option<uuid::Uuid>, Problem> {
    let Some(semester) = checked.semester else { return Ok(None) };
    let (class, subject) = ((checked.course, semester), checked.subject.as_str());
    let found = rollcall_store::find_same(tx.db(), class, checked.date, subject, checked.session).await?;
    Ok(found.map(|class| class.id))
}

pub(super) fn recorded(total: usize, written: Written, refused: Vec<Refused>) -> Recorded {
    Recorded {
        total,
        success: written.all(),
        failed: refused.len(),
        added: written.added,
        corrected: written.corrected,
        unchanged: written.unchanged,
        errors: refused.into_iter().map(|row| RowError { student_id: row.student_id, error: row.error }).collect(),
    }
}

/// Each refused row with who it is about, by the field of the request.
fn by_row(refused: &[Refused], known: &Known) -> BTreeMap<String, String> {
    let named = |row: &Refused| match known.find(&row.student_id) {
        Some(student) => format!("{} ({}): {}", student.full_name(), student.student_id, row.error),
        None => row.error.clone(),
    };
    refused.iter().map(|row| (format!("students[{}]", row.row), named(row))).collect()
}

/// The students that rows name.
pub(super) async fn know(tx: &Tx, (ids, others): (Vec<StudentId>, Vec<String>)) -> Result<Known, Problem> {
    let mut by_id = students::find_by_ids(tx.db(), ids).await?;
    let others = students::find_by_human_ids(tx.db(), others).await?;
    let by_human_id = others.iter().map(|row| (row.student_id.to_lowercase(), row.id.into())).collect();
    by_id.extend(others.into_iter().map(|row| (row.id.into(), row)));
    Ok(Known { by_id, by_human_id })
}

/// The course exists and the caller may act for it and this subject of it.
pub(super) async fn may_act_for<C: ConnectionTrait>(
    db: &C,
    staff: &StaffCaller,
    course: CourseId,
    subject: &str,
) -> Result<(), Problem> {
    if !staff.may_act_for(course) {
        return Err(AttendanceError::CourseForbidden.into());
    }
    if !courses::find_names_of(db, [course]).await?.contains_key(&course) {
        let field = ("course".to_owned(), "There is no such course.".to_owned());
        return Err(AttendanceError::Invalid(BTreeMap::from([field])).into());
    }
    may_record(db, staff, course, subject).await
}

/// The caller, who may act for the course, may do so for this subject.
pub(super) async fn may_record<C: ConnectionTrait>(
    db: &C,
    staff: &StaffCaller,
    course: CourseId,
    subject: &str,
) -> Result<(), Problem> {
    match Teaching::of(db, staff).await?.covers(course, subject) {
        true => Ok(()),
        false => Err(AttendanceError::SubjectForbidden.into()),
    }
}

/// Attendance as staff see it.
#[derive(Debug, Serialize, ToSchema)]
struct AttendanceList {
    /// Newest first.
    attendance: Vec<Attendance>,
    /// Of everything that fits, on whatever page; `null` when that is 10,000 records or more: name a date, a class or a student.
    #[schema(required)]
    stats: Option<Stats>,
    /// Records in the whole list, 10,000 at most.
    total: u64,
    /// This page, from 1.
    page: u64,
    /// Pages in the whole list.
    pages: u64,
    /// Where the page stands.
    pagination: PaginationBody,
}

/// Attendance, newest first. Faculty see that of the courses they teach.
#[utoipa::path(
    get, path = "/api/admin/attendance", tag = "attendance",
    params(
        ("date" = Option<String>, Query, description = "`YYYY-MM-DD`"),
        ("from" = Option<String>, Query, description = "First date"), ("to" = Option<String>, Query, description = "Last date"),
        ("month" = Option<i8>, Query, description = "1 to 12"), ("year" = Option<i16>, Query),
        ("course" = Option<String>, Query, description = "Id of a course"), ("semester" = Option<i32>, Query),
        ("subject" = Option<String>, Query, description = "Words of the subject"),
        ("type" = Option<Kind>, Query), ("session" = Option<Session>, Query), ("status" = Option<Status>, Query),
        ("studentId" = Option<String>, Query, description = "Record id or human id of a student"),
        ("page" = Option<u64>, Query, description = "From 1"),
        ("limit" = Option<u64>, Query, description = "Rows on a page, at most 500; 50 with `page`, 5000 without both"),
    ),
    responses((status = 200, body = Envelope<AttendanceList>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn list_attendance(
    State(app): State<App>,
    Staff(staff): Staff,
    params: Params,
) -> Result<Answer<Envelope<AttendanceList>>, ApiError> {
    let db = app.store.reader();
    let Some(filter) = filter(&app, &staff, &params).await? else {
        return Err(unknown_student().into());
    };
    let page = store::list(db, &filter, page(&params)?).await?;
    let names = Names::of(db, &page.rows).await?;
    let teaching = Teaching::of(db, &staff).await?;
    let stats = match page.pagination.total {
        crate::bounded::MOST_COUNTED => None,
        _ => Some(Stats::from(&store::total(db, &filter).await?)),
    };
    let attendance = page.rows.iter().map(|row| document(row, &names, &teaching)).collect::<Result<_, _>>()?;
    let lamplight_kernel::Pagination { total, page: number, pages, .. } = page.pagination;
    Ok(data(AttendanceList { attendance, stats, total, page: number, pages, pagination: page.pagination.into() }))
}

/// Which page is wanted. The existing client does not turn pages and counts what it is given.
pub(super) fn page(params: &Params) -> Result<PageRequest, Problem> {
    if params.text("page").is_none() && params.text("limit").is_none() {
        return Ok(PageRequest::first(WHOLE));
    }
    params.page(50)
}

pub(super) fn unknown_student() -> Problem {
    invalid_filter("studentId", "There is no such student.")
}

pub(super) fn invalid_filter(field: &'static str, text: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
    Problem::new(Class::Invalid, "request.invalid_query", "A filter in the address is not as it should be.")
        .with_field(field, text)
}

/// What the address narrows the list by; nothing when it names a student that is not there.
pub(super) async fn filter<'a>(
    app: &App,
    staff: &'a StaffCaller,
    params: &'a Params,
) -> Result<Option<Filter<'a>>, Problem> {
    let student = match params.text("studentId") {
        None => None,
        Some(named) => match find_student(app, named).await? {
            Some(student) => Some(student),
            None => return Ok(None),
        },
    };
    Ok(Some(Filter {
        dates: dates(app, params)?,
        course: params.parsed("course", "the id of a course")?,
        semester: params.parsed("semester", "a whole number")?,
        subject: params.text("subject"),
        subject_is: None,
        kind: word_of(params, "type", &Kind::choices())?,
        session: word_of(params, "session", &Session::choices())?,
        status: word_of(params, "status", &Status::choices())?,
        student,
        within: staff.courses(),
    }))
}

fn word_of<T: std::str::FromStr>(params: &Params, name: &'static str, choices: &str) -> Result<Option<T>, Problem> {
    params.parsed(name, format!("one of {choices}"))
}

/// The student of a record id or a human id.
pub(super) async fn find_student(app: &App, named: &str) -> Result<Option<StudentId>, Problem> {
    if let Ok(id) = named.parse::<StudentId>() {
        return Ok(Some(id));
    }
    let found = students::find_by_human_ids(app.store.reader(), [named.to_owned()]).await?;
    Ok(found.first().map(|row| row.id.into()))
}

/// The dates that the address asks for: `date`, `from` and `to`, `month` and `year`; a month without a year is one of this year.
pub(super) fn dates(app: &App, params: &Params) -> Result<Option<(Date, Date)>, Problem> {
    let date = |name: &'static str| {
        let parse =
            |text| app.institute.date_of(text).ok_or_else(|| invalid_filter(name, "This must be a date, YYYY-MM-DD."));
        params.text(name).map(parse).transpose()
    };
    if let Some(date) = date("date")? {
        return Ok(Some((date, date)));
    }
    let (from, to) = (date("from")?, date("to")?);
    if from.is_some() || to.is_some() {
        return Ok(Some((from.unwrap_or(Date::MIN), to.unwrap_or(Date::MAX))));
    }
    let month: Option<i8> = params.parsed("month", "a number from 1 to 12")?;
    let year: Option<i16> = params.parsed("year", "a year")?;
    let this_year = app.institute.today(app.store.clock().now()).year();
    match (month, year) {
        (None, None) => Ok(None),
        (Some(month), year) => {
            let first = Date::new(year.unwrap_or(this_year), month, 1)
                .map_err(|_| invalid_filter("month", "This must be a number from 1 to 12."))?;
            Ok(Some((first, first.last_of_month())))
        }
        (None, Some(year)) => {
            let first = Date::new(year, 1, 1).map_err(|_| invalid_filter("year", "This must be a year."))?;
            Ok(Some((first, first.last_of_year())))
        }
    }
}

/// What a correction says. What is absent stays as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = AttendanceCorrection)]
#[serde(rename_all = "camelCase", default)]
struct Correction {
    #[schema(value_type = Option<Status>)]
    status: Change<String>,
    #[schema(value_type = Option<Kind>)]
    #[serde(rename = "type")]
    kind: Change<String>,
    #[schema(value_type = Option<f64>)]
    hours_attended: Change<f64>,
    #[schema(value_type = Option<f64>)]
    total_hours: Change<f64>,
    #[schema(value_type = Option<String>)]
    remarks: Change<String>,
    /// Why. Kept in the history.
    #[schema(value_type = String)]
    reason: Change<String>,
    /// The revision that was read. The correction is refused when it is not the current one any more.
    #[schema(value_type = i32)]
    rev: Change<i32>,
}

/// A record, if the caller may correct it. For everybody else it is not there.
async fn find_editable(app: &App, staff: &StaffCaller, id: AttendanceId) -> Result<Model, Problem> {
    let row = store::find(app.store.reader(), id).await?.ok_or(AttendanceError::NotFound)?;
    if !staff.may_act_for(row.course_id.into()) {
        return Err(AttendanceError::NotFound.into());
    }
    may_record(app.store.reader(), staff, row.course_id.into(), &row.subject).await?;
    Ok(row)
}

/// Correct one record.
#[utoipa::path(
    put, path = "/api/admin/attendance/{id}", tag = "attendance", params(("id" = String, Path)), request_body = Correction,
    responses(
        (status = 200, body = Envelope<Attendance>),
        (status = 400, description = "`attendance.invalid`", body = lamplight_http::ErrorBody),
        (status = 404, description = "`attendance.not_found`", body = lamplight_http::ErrorBody),
        (status = 409, description = "`attendance.changed_meanwhile`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn correct_attendance(
    State(app): State<App>,
    Staff(staff): Staff,
    PathId(id): PathId<AttendanceId>,
    Json(form): Json<Correction>,
) -> Result<Answer<Envelope<Attendance>>, ApiError> {
    let seen = find_editable(&app, &staff, id).await?;
    let mut tx = app.store.begin().await?;
    write::lock(&tx, seen.course_id.into(), store::date(&seen.date)?).await?;
    // As it is now that nobody else can change it.
    let old = store::find(tx.db(), id).await?.ok_or(AttendanceError::NotFound)?;
    let (held, mark, reason) = corrected(&old, form)?;
    let before = std::collections::HashMap::from([(StudentId::from(old.student_id), old.clone())]);
    let hand = Hand::now(staff.user, Way::Correction, Some(&reason));
    let mut changes = Changes::default();
    let (_, rows) = write(&tx, &held, vec![mark], &before, hand, &mut changes).await?;
    changes.tell(&mut tx).await?;
    if !rows.is_empty() {
        audit::write(&tx, &staff, of_record("corrected", &old, &reason)).await?;
    }
    tx.commit().await?;
    let row = rows.into_iter().next().unwrap_or(old);
    let names = Names::of(app.store.reader(), std::slice::from_ref(&row)).await?;
    let teaching = Teaching::of(app.store.reader(), &staff).await?;
    Ok(crate::wire::told("Saved.", document(&row, &names, &teaching)?))
}

fn corrected(old: &Model, form: Correction) -> Result<(Held, Mark, String), Problem> {
    let mut wrong = Wrong::default();
    let reason = wrong.text("reason", form.reason, MAX_REASON).unwrap_or_else(|| {
        wrong.say("reason", "Say why. It is kept with the record.");
        String::new()
    });
    let rev = form.rev.apply(None).unwrap_or_else(|| {
        wrong.say("rev", "Say which revision you have read.");
        old.rev
    });
    let (session, old_status, old_kind): (Session, Status, Kind) =
        (word(old, &old.session)?, word(old, &old.status)?, word(old, &old.kind)?);
    let status = form.status.apply(None).map_or(Some(old_status), |text| text.parse().ok()).unwrap_or_else(|| {
        wrong.say("status", format!("Choose one of {}.", Status::choices()));
        old_status
    });
    let kind = form.kind.apply(None).map_or(Some(old_kind), |text| text.parse().ok()).unwrap_or_else(|| {
        wrong.say("type", format!("Choose one of {}.", Kind::choices()));
        old_kind
    });
    let mut length = |field: &str, hours: Change<f64>| {
        let minutes = hours.apply(None).map(minutes)?;
        if minutes.is_none() {
            wrong.say(field, "Hours must be between 0 and 24.");
        }
        minutes
    };
    let (attended, total) = (length("hoursAttended", form.hours_attended), length("totalHours", form.total_hours));
    // Who becomes present was there for the whole class, unless told; who stays what they were, stays as long.
    let attended = attended.or((status.attended() == old_status.attended()).then_some(old.minutes_attended));
    let total = total.unwrap_or(old.minutes_total);
    let (minutes_attended, minutes_total) = lengths(status, session, attended, Some(total)).unwrap_or_else(|text| {
        wrong.say("hoursAttended", text);
        (0, total)
    });
    let remarks = form.remarks.apply(old.remarks.clone()).map(|text| text.trim().to_owned());
    if remarks.as_ref().is_some_and(|text| text.chars().count() > MAX_REMARKS) {
        wrong.say("remarks", format!("A remark may have at most {MAX_REMARKS} characters."));
    }
    wrong.finish()?;
    if rev != old.rev {
        return Err(AttendanceError::ChangedMeanwhile.into());
    }
    let held = Held {
        course: old.course_id.into(),
        date: store::date(&old.date)?,
        subject: old.subject.clone(),
        session,
        kind,
        class: old.class_id,
    };
    let mark = Mark {
        student: old.student_id.into(),
        semester: old.semester,
        status,
        minutes_attended,
        minutes_total,
        remarks: Some(remarks),
    };
    Ok((held, mark, reason))
}

/// Delete one record. Its history stays.
#[utoipa::path(
    delete, path = "/api/admin/attendance/{id}", tag = "attendance",
    params(
        ("id" = String, Path),
        ("rev" = i32, Query, description = "The revision that was read"), ("reason" = String, Query, description = "Why"),
    ),
    responses(
        (status = 200, body = Said),
        (status = 409, description = "`attendance.changed_meanwhile`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn delete_attendance(
    State(app): State<App>,
    Staff(staff): Staff,
    PathId(id): PathId<AttendanceId>,
    params: Params,
) -> Result<Answer<Said>, ApiError> {
    let seen = find_editable(&app, &staff, id).await?;
    let rev: Option<i32> = params.parsed("rev", "a whole number")?;
    let mut wrong = Wrong::default();
    let reason = params.text("reason").map_or(Change::Keep, |text| Change::Set(text.to_owned()));
    let reason = wrong.text("reason", reason, MAX_REASON).unwrap_or_else(|| {
        wrong.say("reason", "Say why. It is kept in the history.");
        String::new()
    });
    let rev = rev.unwrap_or_else(|| {
        wrong.say("rev", "Say which revision you have read.");
        seen.rev
    });
    wrong.finish()?;
    let mut tx = app.store.begin().await?;
    write::lock(&tx, seen.course_id.into(), store::date(&seen.date)?).await?;
    let row = store::find(tx.db(), id).await?.ok_or(AttendanceError::NotFound)?;
    if row.rev != rev {
        return Err(AttendanceError::ChangedMeanwhile.into());
    }
    let hand = Hand::now(staff.user, Way::Correction, Some(&reason));
    let mut changes = Changes::default();
    write::delete(&tx, &row, hand, &mut changes).await?;
    changes.tell(&mut tx).await?;
    audit::write(&tx, &staff, of_record("deleted", &row, &reason)).await?;
    tx.commit().await?;
    tracing::info!(attendance = %id, user = %staff.user, "attendance deleted");
    Ok(said("Deleted."))
}

/// What happened to one record, oldest first; also to one that is deleted.
#[utoipa::path(
    get, path = "/api/admin/attendance/{id}/history", tag = "attendance", params(("id" = String, Path)),
    responses((status = 200, body = Envelope<Vec<Line>>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn list_history(
    State(app): State<App>,
    Staff(staff): Staff,
    PathId(id): PathId<AttendanceId>,
) -> Result<Answer<Envelope<Vec<Line>>>, ApiError> {
    let db = app.store.reader();
    let (course, student, date, subject_key, session) = match store::find(db, id).await? {
        Some(row) => (row.course_id, row.student_id, row.date, row.subject_key, row.session),
        None => {
            let last = store::find_last(db, id).await?.ok_or(AttendanceError::NotFound)?;
            (last.course_id, last.student_id, last.date, last.subject_key, last.session)
        }
    };
    if !staff.may_act_for(course.into()) {
        return Err(AttendanceError::NotFound.into());
    }
    let rows = store::list_history(db, student, &date, &subject_key, &session).await?;
    let users = accounts::find_by_ids(db, rows.iter().map(|row| row.by)).await?;
    let lines = rows.into_iter().map(|row| document::line(row, &users)).collect::<Result<_, _>>()?;
    Ok(data(lines))
}
