//! Students as a table to save. Its columns are those that an import reads: a file can be saved, changed and chosen again.

use axum::{extract::State, response::Response};
use lamplight_http::{Admin, ApiError, Params};
use lamplight_kernel::{MAX_LIMIT, PageRequest};
use lamplight_sheets::{Heading, Table, Value};

use super::{
    StudentError,
    form::Ground,
    imports::columns,
    office, routes,
    rules::AcademicStatus,
    store::{self, Listed, Order},
};
use crate::{App, tables};

/// More students than this are asked for course by course.
const MAX_ROWS: u64 = 20_000;

/// Students as a table to save: CSV unless another format is asked for, all of them unless the list is narrowed.
#[utoipa::path(
    get, path = "/api/admin/students/export", tag = "students",
    params(
        ("format" = Option<String>, Query, description = "`csv` or `xlsx`"),
        ("search" = Option<String>, Query), ("course" = Option<String>, Query, description = "Id of a course"),
        ("semester" = Option<i32>, Query), ("status" = Option<AcademicStatus>, Query),
        ("batch" = Option<i32>, Query, description = "The year they began"), ("archived" = Option<bool>, Query),
    ),
    responses((status = 200, content_type = "text/csv", body = String), (status = "4XX", body = lamplight_http::ErrorBody))
)]
pub(super) async fn export_students(
    State(app): State<App>,
    Admin(_): Admin,
    params: Params,
) -> Result<Response, ApiError> {
    let filter = routes::filter(&params, None)?;
    let moment = app.store.moment().await?;
    let db = &moment;
    let ground = office::ground(&app, db).await?;
    let names = columns::ALL.iter().map(|column| Heading::text(column.name));
    let more = ["Institute Email", "Full Name", "Course Name"].map(Heading::text);
    let mut table = Table {
        title: format!("Students · {}", app.institute.name),
        notes: Vec::new(),
        made_on: ground.today,
        columns: names.chain(more).collect(),
        rows: Vec::new(),
    };
    for page in 1.. {
        let found = store::list(db, &app.common, &filter, Order::StudentId, PageRequest::new(page, MAX_LIMIT)).await?;
        // A search says how much it has found only as far as it counts.
        let is_last = (found.rows.len() as u64) < MAX_LIMIT;
        table.rows.extend(found.rows.into_iter().map(|listed| line(listed, &ground)));
        if found.pagination.total.max(table.rows.len() as u64) > MAX_ROWS {
            return Err(StudentError::TooMany.into());
        }
        if is_last {
            break;
        }
    }
    drop(moment);
    // Ten thousand rows take a while to write.
    let name = format!("students_{}", ground.today);
    let saved = tokio::task::spawn_blocking(move || tables::save(&table, &name, &params));
    Ok(saved.await.map_err(lamplight_kernel::Problem::internal)??)
}

fn line((row, user): Listed, ground: &Ground) -> Vec<Value> {
    let date = |text: Option<String>| -> Value {
        text.map_or(Value::Empty, |text| text.parse().map_or(Value::Text(text.clone()), Value::Date))
    };
    let course = ground.courses.get(&row.course_id);
    let full_name = row.full_name();
    vec![
        row.student_id.into(),
        row.first_name.into(),
        row.last_name.into(),
        row.personal_email.into(),
        row.mobile_number.into(),
        course.map(|course| course.code.clone()).into(),
        row.semester.into(),
        row.batch_year.into(),
        date(row.admission_date),
        row.academic_status.into(),
        row.gender.into(),
        date(row.date_of_birth),
        row.contact_number.into(),
        row.alternate_contact.into(),
        row.father_name.into(),
        row.father_mobile.into(),
        row.mother_name.into(),
        row.mother_mobile.into(),
        row.address.into(),
        row.guardian_details.into(),
        row.notes.into(),
        user.map(|user| user.email).into(),
        full_name.into(),
        course.map(|course| course.name.clone()).into(),
    ]
}
