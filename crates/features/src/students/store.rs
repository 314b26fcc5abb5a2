use std::collections::HashMap;

use lamplight_kernel::{CourseId, Page, PageRequest, Pagination, StudentId, UserId};
use lamplight_store::{StoreError, Tx};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Asterisk, Expr, ExprTrait, Func, LikeExpr, Query},
};

use super::{
    counts,
    entity::{Column, Entity, Model},
    rules::{AcademicStatus, Gender},
};
use crate::{
    accounts,
    search::{self, Common},
};

/// Rows of one statement: SQLite takes 32,766 values, a student has twenty-eight.
const CHUNK: usize = 1_000;

/// A student to be added.
#[derive(Debug, Clone)]
pub struct NewStudent<'a> {
    /// Their account.
    pub user: UserId,
    /// The human id: course code, year, running number.
    pub student_id: &'a str,
    /// Given name.
    pub first_name: &'a str,
    /// Family name; may be empty.
    pub last_name: &'a str,
    /// What they study.
    pub course: CourseId,
    /// In which semester they are, from 1.
    pub semester: i32,
    /// The year they began.
    pub batch_year: i32,
}

/// Adds a student.
///
/// # Errors
/// When the database fails, or the human id is taken.
pub async fn insert(tx: &Tx, new: &NewStudent<'_>) -> Result<StudentId, StoreError> {
    let ids = insert_all(tx, std::slice::from_ref(new)).await?;
    ids.into_iter().next().ok_or_else(|| sea_orm::DbErr::RecordNotInserted.into())
}

/// Adds students; gives their ids in the same order. A few statements for many: each that is searched for costs more in one of its own.
///
/// # Errors
/// As [`insert`].
pub async fn insert_all(tx: &Tx, new: &[NewStudent<'_>]) -> Result<Vec<StudentId>, StoreError> {
    let now = tx.now().millis();
    let rows = new.iter().map(|new| Model {
        id: tx.id::<StudentId>().uuid(),
        user_id: new.user.uuid(),
        student_id: new.student_id.to_owned(),
        first_name: new.first_name.to_owned(),
        last_name: new.last_name.to_owned(),
        course_id: new.course.uuid(),
        semester: new.semester,
        batch_year: new.batch_year,
        academic_status: AcademicStatus::Active.to_string(),
        created_at: now,
        updated_at: now,
        version: 1,
        ..Model::default()
    });
    let rows: Vec<Model> = rows.collect();
    let ids = rows.iter().map(|row| row.id.into()).collect();
    insert_rows(tx, rows).await?;
    Ok(ids)
}

/// What the office knows of a person who studies.
#[derive(Debug, Clone)]
pub struct Particulars<'a> {
    /// Their own mail address, in lower case.
    pub personal_email: &'a str,
    /// Ten digits.
    pub mobile_number: &'a str,
    /// As they say.
    pub gender: Gender,
    /// When they were born.
    pub date_of_birth: jiff::civil::Date,
    /// When they were admitted.
    pub admission_date: jiff::civil::Date,
    /// Their father.
    pub father_name: &'a str,
    /// Where they live.
    pub address: &'a str,
}

/// Completes the record of a student who was just added. Tells nobody: that is the business of who adds them.
///
/// # Errors
/// When the database fails, or the mail address or mobile number is somebody else's.
pub async fn describe(tx: &Tx, student: StudentId, known: &Particulars<'_>) -> Result<(), StoreError> {
    let Some(before) = find(tx.db(), student).await? else { return Ok(()) };
    let row = Model {
        personal_email: Some(known.personal_email.to_owned()),
        mobile_number: Some(known.mobile_number.to_owned()),
        gender: Some(known.gender.to_string()),
        date_of_birth: Some(known.date_of_birth.to_string()),
        admission_date: Some(known.admission_date.to_string()),
        father_name: Some(known.father_name.to_owned()),
        address: Some(known.address.to_owned()),
        ..before.clone()
    };
    update(tx, &before, &row).await?;
    Ok(())
}

/// Adds students as they are, but for what is searched, which is made from the rest.
pub(super) async fn insert_rows(tx: &Tx, rows: Vec<Model>) -> Result<(), StoreError> {
    for rows in rows.chunks(CHUNK) {
        let rows = rows.iter().map(|row| row.clone().searchable().into_active_model().reset_all());
        Entity::insert_many(rows).exec_without_returning(tx.db()).await?;
    }
    Ok(())
}

/// Writes a changed student, if nobody has changed it since it was read as `before`. Says whether nobody had.
pub(super) async fn update(tx: &Tx, before: &Model, row: &Model) -> Result<bool, StoreError> {
    let row = Model { version: before.version + 1, updated_at: tx.now().millis(), ..row.clone() };
    let update = Entity::update_many().set(row.searchable().into_active_model().reset_all());
    let update = update.filter(Column::Id.eq(before.id)).filter(Column::Version.eq(before.version));
    Ok(update.exec(tx.db()).await?.rows_affected == 1)
}

/// A student, to be changed in this transaction: on PostgreSQL nobody else changes it until it ends.
pub(super) async fn find_for_change(tx: &Tx, id: StudentId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(id.uuid()).lock_exclusive().one(tx.db()).await?)
}

/// A student.
pub(super) async fn find<C: ConnectionTrait>(db: &C, id: StudentId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(id.uuid()).one(db).await?)
}

/// Whose these mail addresses and mobile numbers are, archived or not.
pub(super) async fn find_by_contact<C: ConnectionTrait>(
    db: &C,
    emails: Vec<String>,
    mobiles: Vec<String>,
) -> Result<Vec<Model>, StoreError> {
    let mut found = Vec::new();
    for (column, values) in [(Column::PersonalEmail, emails), (Column::MobileNumber, mobiles)] {
        for values in values.chunks(CHUNK) {
            found.extend(Entity::find().filter(column.is_in(values.to_vec())).all(db).await?);
        }
    }
    Ok(found)
}

/// The student record of an account.
pub(crate) async fn find_by_user<C: ConnectionTrait>(db: &C, user: UserId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find().filter(Column::UserId.eq(user.uuid())).one(db).await?)
}

/// The student records of these accounts, by account.
pub(crate) async fn find_by_users<C: ConnectionTrait>(
    db: &C,
    users: impl Iterator<Item = UserId>,
) -> Result<HashMap<uuid::Uuid, Model>, StoreError> {
    let users: Vec<uuid::Uuid> = users.map(UserId::uuid).collect();
    if users.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = Entity::find().filter(Column::UserId.is_in(users)).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.user_id, row)).collect())
}

/// These students; unknown ones are missing from the answer.
pub(crate) async fn find_by_ids<C: ConnectionTrait>(
    db: &C,
    students: impl IntoIterator<Item = StudentId>,
) -> Result<HashMap<StudentId, Model>, StoreError> {
    let ids = students.into_iter().map(StudentId::uuid);
    let rows = Entity::find().filter(Column::Id.is_in(ids)).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.id.into(), row)).collect())
}

/// The students with these human ids, in whatever case they were typed; unknown ones are missing from the answer.
pub(crate) async fn find_by_human_ids<C: ConnectionTrait>(
    db: &C,
    ids: impl IntoIterator<Item = String>,
) -> Result<Vec<Model>, StoreError> {
    let ids: Vec<String> = ids.into_iter().map(|id| id.to_lowercase()).collect();
    let mut found = Vec::new();
    for ids in ids.chunks(CHUNK) {
        let lower = Expr::expr(Func::lower(Expr::col(Column::StudentId)));
        found.extend(Entity::find().filter(lower.is_in(ids.to_vec())).all(db).await?);
    }
    Ok(found)
}

/// Those who sit in class: not archived, not gone.
fn in_class() -> Condition {
    Condition::all()
        .add(Column::ArchivedAt.is_null())
        .add(Column::AcademicStatus.is_in(AcademicStatus::ENROLLED.map(AcademicStatus::as_str)))
}

/// The students of a course in a semester, by their human ids.
pub(crate) async fn of_class<C: ConnectionTrait>(
    db: &C,
    course: CourseId,
    semester: i32,
) -> Result<Vec<Model>, StoreError> {
    let found = Entity::find().filter(Column::CourseId.eq(course.uuid())).filter(in_class());
    let found = found.filter(Column::Semester.eq(semester)).order_by_asc(Column::StudentId);
    Ok(found.limit(lamplight_kernel::MAX_LIMIT).all(db).await?)
}

/// How many seats of a course are taken.
pub(super) async fn count_seats<C: ConnectionTrait>(db: &C, course: CourseId) -> Result<i64, StoreError> {
    let taken = Entity::find().filter(Column::CourseId.eq(course.uuid())).filter(in_class()).count(db).await?;
    Ok(i64::try_from(taken).unwrap_or(i64::MAX))
}

/// A group of students.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Among {
    /// Every one.
    All,
    /// Of a course.
    Course(CourseId),
    /// Who began in a year.
    Year(i32),
    /// Of a semester.
    Semester(i32),
    /// Of a course in a semester.
    CourseSemester(CourseId, i32),
    /// One person.
    Person(UserId),
}

/// How many students who may sign in are in one of these groups; each is counted once.
pub(crate) async fn count_among<C: ConnectionTrait>(db: &C, groups: &[Among]) -> Result<u64, StoreError> {
    let mut any = Condition::any();
    for group in groups {
        any = match group {
            Among::All => any.add(Expr::value(true)),
            Among::Course(course) => any.add(Column::CourseId.eq(course.uuid())),
            Among::Year(year) => any.add(Column::BatchYear.eq(*year)),
            Among::Semester(semester) => any.add(Column::Semester.eq(*semester)),
            Among::CourseSemester(course, semester) => {
                any.add(Column::CourseId.eq(course.uuid()).and(Column::Semester.eq(*semester)))
            }
            Among::Person(user) => any.add(Column::UserId.eq(user.uuid())),
        };
    }
    if groups.is_empty() {
        return Ok(0);
    }
    let found = Entity::find().filter(any);
    Ok(found.filter(Column::UserId.in_subquery(crate::accounts::active_users())).count(db).await?)
}

/// What a list of students is narrowed by.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Filter<'a> {
    pub(crate) search: Option<&'a str>,
    pub(crate) course: Option<CourseId>,
    pub(crate) semester: Option<i32>,
    pub(crate) status: Option<AcademicStatus>,
    pub(crate) batch: Option<i32>,
    /// Those who are archived, and no others; otherwise those who are not.
    pub(crate) archived: bool,
    /// Only of these courses.
    pub(crate) within: Option<&'a [CourseId]>,
}

impl Filter<'_> {
    fn condition(&self) -> Condition {
        let within = self.within.map(|within| Column::CourseId.is_in(within.iter().map(|course| course.uuid())));
        Condition::all()
            .add(if self.archived { Column::ArchivedAt.is_not_null() } else { Column::ArchivedAt.is_null() })
            .add_option(self.course.map(|course| Column::CourseId.eq(course.uuid())))
            .add_option(self.semester.map(|semester| Column::Semester.eq(semester)))
            .add_option(self.status.map(|status| Column::AcademicStatus.eq(status.as_str())))
            .add_option(self.batch.map(|year| Column::BatchYear.eq(year)))
            .add_option(within)
    }
}

impl Filter<'_> {
    /// For whom is not given the record: each word is in what they are shown. Whoever guesses a number or an address learns nothing.
    fn shown(&self, backend: DbBackend) -> Condition {
        if self.within.is_none() {
            return Condition::all();
        }
        // The text begins with the name and the human id; what is about the person follows.
        let place = if backend == DbBackend::Sqlite { "instr" } else { "strpos" };
        let text = format!(
            "substr(students.search_text, 1, {place}(students.search_text, lower(students.student_id)) - 1 + length(students.student_id))"
        );
        search::patterns(self.search).fold(Condition::all(), |all, pattern| {
            let fits = || LikeExpr::new(pattern.clone()).escape('\\');
            let address = Query::select()
                .expr(Expr::val(1))
                .from(accounts::entity::Entity)
                .and_where(
                    Expr::col((accounts::entity::Entity, accounts::entity::Column::Id))
                        .equals((Entity, Column::UserId)),
                )
                .and_where(Expr::col((accounts::entity::Entity, accounts::entity::Column::Email)).like(fits()))
                .take();
            all.add(Condition::any().add(Expr::cust(text.clone()).like(fits())).add(Expr::exists(address)))
        })
    }
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// By name.
    Name,
    /// Who was added last comes first.
    Newest,
    /// By human id.
    StudentId,
}

/// A student and the account.
pub(crate) type Listed = (Model, Option<accounts::entity::Model>);

/// Students with their accounts.
pub(crate) async fn list<C: ConnectionTrait>(
    db: &C,
    common: &Common,
    filter: &Filter<'_>,
    order: Order,
    page: PageRequest,
) -> Result<Page<Listed>, StoreError> {
    let found = Entity::find().filter(filter.condition()).filter(filter.shown(db.get_database_backend()));
    // Each word must be somewhere: "asha gnm" finds Asha of GNM2024007.
    let (found, pagination) = match search::STUDENTS.found(db, common, filter.search).await? {
        Some(words) => {
            let found = found.filter(words);
            let pagination = search::count_found(db, found.clone(), page).await?;
            (found, pagination)
        }
        None => {
            let total = counts::count(db, filter).await?;
            (found, Pagination::new(page, u64::try_from(total).unwrap_or(0)))
        }
    };
    let found = match order {
        Order::Name => found.order_by_asc(Column::FirstName).order_by_asc(Column::LastName).order_by_asc(Column::Id),
        Order::Newest => found.order_by_desc(Column::CreatedAt).order_by_desc(Column::Id),
        Order::StudentId => found.order_by_asc(Column::StudentId),
    };
    let students = found.offset(page.offset()).limit(page.limit()).all(db).await?;
    Ok(Page { rows: with_accounts(db, students).await?, pagination })
}

/// These students with their accounts.
pub(crate) async fn with_accounts<C: ConnectionTrait>(db: &C, students: Vec<Model>) -> Result<Vec<Listed>, StoreError> {
    let users = accounts::find_by_ids(db, students.iter().map(|student| student.user_id)).await?;
    let rows = students.into_iter().map(|student| {
        let user = users.get(&student.user_id).cloned();
        (student, user)
    });
    Ok(rows.collect())
}

/// How many students were admitted in each month, `YYYY-MM`, from a date on.
pub(crate) async fn count_admitted<C: ConnectionTrait>(db: &C, from: &str) -> Result<Vec<(String, i64)>, StoreError> {
    // The same text each time: PostgreSQL takes two placeholders for two different expressions.
    let month = || Expr::cust("substr(admission_date, 1, 7)");
    let found = Entity::find()
        .select_only()
        .column_as(month(), "month")
        .column_as(Expr::col(Asterisk).count(), "students")
        .filter(Column::AdmissionDate.gte(from))
        .filter(Column::ArchivedAt.is_null())
        .group_by(month())
        .order_by_asc(month());
    Ok(found.into_tuple().all(db).await?)
}
