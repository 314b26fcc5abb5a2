use axum::{Json, extract::State};
use lamplight_http::{Admin, ApiError, Params, PathId, Staff};
use lamplight_kernel::{Class, CourseId, Problem, StudentId};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::{
    StudentError,
    counts::{self, Group},
    document::{StudentRow, document},
    export,
    form::Ground,
    office,
    rules::{AcademicStatus, Gender},
    store::{self, Filter, Order},
};
use crate::{
    App, accounts, contact,
    routing::routes,
    wire::{Envelope, PaginationBody, data},
};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_students))
        .routes(routes!(get_student))
        .routes(routes!(count_students))
        .routes(routes!(show_student_statistics))
        .routes(routes!(check_student_mail))
        .routes(routes!(check_student_mobile))
        .routes(routes!(export::export_students))
        .merge(office::routes())
}

/// A page of students.
#[derive(Debug, Serialize, ToSchema)]
struct StudentList {
    /// The students.
    students: Vec<StudentRow>,
    /// Where the page stands.
    pagination: PaginationBody,
}

/// What an address narrows a list by.
pub(super) fn filter<'a>(params: &'a Params, within: Option<&'a [CourseId]>) -> Result<Filter<'a>, Problem> {
    let status = params.text("status").map(|text| {
        text.parse::<AcademicStatus>()
            .map_err(|()| invalid("status", &format!("This must be one of {}.", AcademicStatus::choices())))
    });
    Ok(Filter {
        search: params.text("search"),
        course: params.parsed("course", "the id of a course")?,
        semester: params.parsed("semester", "a whole number")?,
        status: status.transpose()?,
        batch: params.parsed("batch", "a year")?,
        archived: params.parsed("archived", "true or false")?.unwrap_or(false),
        within,
    })
}

fn invalid(field: &'static str, text: &str) -> Problem {
    Problem::new(Class::Invalid, "request.invalid_query", "A filter in the address is not as it should be.")
        .with_field(field, text.to_owned())
}

/// Students. Faculty see those of the courses they teach, and nothing that is about the person.
#[utoipa::path(
    get, path = "/api/admin/students", tag = "students",
    params(
        ("search" = Option<String>, Query, description = "Words of the name, the student id or the address they sign in with; the office finds them also by their own mail address and mobile number"),
        ("course" = Option<String>, Query, description = "Id of a course"),
        ("semester" = Option<i32>, Query),
        ("status" = Option<AcademicStatus>, Query),
        ("batch" = Option<i32>, Query, description = "The year they began"),
        ("archived" = Option<bool>, Query, description = "Those who are archived, and no others"),
        ("sort" = Option<String>, Query, description = "`name`, `newest` or `studentId`. Unless told: the newest first, and by name where a course or words are given"),
        ("page" = Option<u64>, Query, description = "From 1"),
        ("limit" = Option<u64>, Query, description = "Rows on a page: 10 unless told; the whole class when `course` is given without `limit`; at most 500"),
    ),
    responses((status = 200, body = Envelope<StudentList>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn list_students(
    State(app): State<App>,
    staff: Staff,
    params: Params,
) -> Result<Json<Envelope<StudentList>>, ApiError> {
    let db = app.store.reader();
    let filter = filter(&params, staff.courses())?;
    let order = match params.text("sort") {
        Some("name") => Order::Name,
        Some("newest") => Order::Newest,
        Some("studentId") => Order::StudentId,
        Some(_) => return Err(invalid("sort", "This must be name, newest or studentId.").into()),
        None if filter.course.is_some() || filter.search.is_some() => Order::Name,
        None => Order::Newest,
    };
    // The attendance page of the existing client asks for a class without saying how many it can take.
    let page = params.page(if filter.course.is_some() { lamplight_kernel::MAX_LIMIT } else { 10 })?;
    let page = store::list(db, &app.common, &filter, order, page).await?;
    let ground = office::ground_for(&app, db, page.rows.iter().map(|(row, _)| row)).await?;
    let page = page.map(|listed| document(listed, &ground, staff.is_admin()));
    Ok(data(StudentList { students: page.rows, pagination: page.pagination.into() }))
}

/// A student. Faculty may look at those of the courses they teach, and see nothing that is about the person.
#[utoipa::path(
    get, path = "/api/admin/students/{id}", tag = "students", params(("id" = String, Path)),
    responses((status = 200, body = Envelope<StudentRow>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn get_student(
    State(app): State<App>,
    staff: Staff,
    PathId(id): PathId<StudentId>,
) -> Result<Json<Envelope<StudentRow>>, ApiError> {
    let db = app.store.reader();
    let row = store::find(db, id).await?.filter(|row| staff.may_act_for(row.course_id.into()));
    let row = row.ok_or(StudentError::NotFound)?;
    let ground = office::ground_for(&app, db, std::iter::once(&row)).await?;
    let listed = store::with_accounts(db, vec![row]).await?.pop().ok_or(StudentError::NotFound)?;
    Ok(data(document(listed, &ground, staff.is_admin())))
}

/// How many.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StudentCount)]
struct Count {
    /// Always `true`.
    #[schema(example = true)]
    success: bool,
    /// How many.
    count: i64,
}

/// How many students were admitted in a year, to a course.
#[utoipa::path(
    get, path = "/api/admin/students/count", tag = "students",
    params(
        ("year" = Option<i32>, Query, description = "The year of admission"),
        ("courseCode" = Option<String>, Query),
    ),
    responses((status = 200, body = Count), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn count_students(State(app): State<App>, Admin(_): Admin, params: Params) -> Result<Json<Count>, ApiError> {
    let db = app.store.reader();
    let mut filter = Filter { batch: params.parsed("year", "a year")?, ..Filter::default() };
    if let Some(code) = params.text("courseCode") {
        let Some(course) = office::ground(&app, db).await?.course(code) else {
            return Ok(Json(Count { success: true, count: 0 }));
        };
        filter.course = Some(course.into());
    }
    Ok(Json(Count { success: true, count: counts::count(db, &filter).await? }))
}

/// Figures about students.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StudentStatistics)]
struct Statistics {
    /// Of all.
    overall: Overall,
    /// By course, the largest first.
    courses: Vec<OfCourse>,
    /// By semester, of those who are enrolled.
    semesters: Vec<OfSemester>,
}

/// Figures about all students.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = StudentTotals)]
struct Overall {
    total: i64,
    /// Whose status is `Active`.
    active: i64,
    male: i64,
    female: i64,
}

/// How many students a course has.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StudentsOfCourse)]
#[serde(rename_all = "camelCase")]
struct OfCourse {
    /// Its id.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    id: CourseId,
    /// In full.
    course_name: String,
    count: i64,
}

/// How many students a semester has.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StudentsOfSemester)]
struct OfSemester {
    /// Which.
    #[serde(rename = "_id")]
    id: i32,
    count: i64,
}

/// Figures about students. Faculty are given those of the courses they teach.
#[utoipa::path(
    get, path = "/api/admin/students/stats", tag = "students",
    responses((status = 200, body = Envelope<Statistics>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn show_student_statistics(State(app): State<App>, staff: Staff) -> Result<Json<Envelope<Statistics>>, ApiError> {
    let db = app.store.reader();
    let groups = counts::count_groups(db, staff.courses()).await?;
    Ok(data(statistics(&groups, &office::ground(&app, db).await?)))
}

fn statistics(groups: &[Group], ground: &Ground) -> Statistics {
    let sum = |is: &dyn Fn(&Group) -> bool| groups.iter().filter(|group| is(group)).map(|group| group.students).sum();
    let by_gender = |gender: Gender| sum(&|group| group.gender == gender.as_str());
    let overall = Overall {
        total: sum(&|_| true),
        active: sum(&|group| group.academic_status == AcademicStatus::Active.as_str()),
        male: by_gender(Gender::Male),
        female: by_gender(Gender::Female),
    };
    let mut courses: Vec<OfCourse> = ground
        .courses
        .iter()
        .map(|(&id, course)| OfCourse {
            id: id.into(),
            course_name: course.name.clone(),
            count: sum(&|group| group.course_id == id),
        })
        .filter(|course| course.count > 0)
        .collect();
    courses.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.course_name.cmp(&b.course_name)));
    let is_enrolled = |group: &Group| group.academic_status.parse().is_ok_and(AcademicStatus::is_enrolled);
    let mut semesters = std::collections::BTreeMap::<i32, i64>::new();
    for group in groups.iter().filter(|group| is_enrolled(group)) {
        *semesters.entry(group.semester).or_default() += group.students;
    }
    let semesters = semesters.into_iter().map(|(id, count)| OfSemester { id, count }).collect();
    Statistics { overall, courses, semesters }
}

/// Whether something is somebody's already.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StudentContactCheck)]
#[serde(rename_all = "camelCase")]
struct Exists {
    /// Always `true`.
    #[schema(example = true)]
    success: bool,
    /// Whether it is.
    exists: bool,
    /// The human id of the student who has it; absent when it is another account's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    existing_student_id: Option<String>,
}

/// Whether a mail address is somebody's already. What can't be one is nobody's: the page asks while it is typed.
#[utoipa::path(
    get, path = "/api/admin/students/check-email", tag = "students",
    params(("email" = String, Query)),
    responses((status = 200, body = Exists), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn check_student_mail(State(app): State<App>, Admin(_): Admin, params: Params) -> Result<Json<Exists>, ApiError> {
    let db = app.store.reader();
    let given = params.text("email").ok_or_else(|| invalid("email", "This is needed."))?;
    let Some(mail) = contact::mail(given) else { return Ok(exists(false, None)) };
    let owner = store::find_by_contact(db, vec![mail.clone()], Vec::new()).await?.pop();
    let is_login = owner.is_some() || !accounts::find_logins(db, [mail]).await?.is_empty();
    Ok(exists(is_login, owner.map(|owner| owner.student_id)))
}

/// Whether a mobile number is a student's already.
#[utoipa::path(
    get, path = "/api/admin/students/check-mobile", tag = "students",
    params(("mobile" = String, Query)),
    responses((status = 200, body = Exists), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn check_student_mobile(
    State(app): State<App>,
    Admin(_): Admin,
    params: Params,
) -> Result<Json<Exists>, ApiError> {
    let given = params.text("mobile").ok_or_else(|| invalid("mobile", "This is needed."))?;
    let Some(mobile) = contact::mobile(given) else { return Ok(exists(false, None)) };
    let owner = store::find_by_contact(app.store.reader(), Vec::new(), vec![mobile]).await?.pop();
    Ok(exists(owner.is_some(), owner.map(|owner| owner.student_id)))
}

const fn exists(exists: bool, existing_student_id: Option<String>) -> Json<Exists> {
    Json(Exists { success: true, exists, existing_student_id })
}
