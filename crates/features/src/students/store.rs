use std::collections::HashMap;

use lamplight_kernel::{CourseId, Page, PageRequest, StudentId, UserId};
use lamplight_store::{StoreError, Tx};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, ExprTrait, Func, LikeExpr},
};

pub(crate) mod entity {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "students")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) user_id: Uuid,
        pub(crate) student_id: String,
        pub(crate) first_name: String,
        pub(crate) last_name: String,
        pub(crate) course_id: Uuid,
        pub(crate) semester: i32,
        pub(crate) batch_year: i32,
        pub(crate) academic_status: String,
        pub(crate) created_at: i64,
        pub(crate) updated_at: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}

    impl Model {
        /// Given and family name.
        pub(crate) fn full_name(&self) -> String {
            format!("{} {}", self.first_name, self.last_name).trim().to_owned()
        }
    }
}

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
    let id: StudentId = tx.id();
    let now = tx.now().millis();
    let row = entity::ActiveModel {
        id: Set(id.uuid()),
        user_id: Set(new.user.uuid()),
        student_id: Set(new.student_id.to_owned()),
        first_name: Set(new.first_name.to_owned()),
        last_name: Set(new.last_name.to_owned()),
        course_id: Set(new.course.uuid()),
        semester: Set(new.semester),
        batch_year: Set(new.batch_year),
        academic_status: Set("Active".to_owned()),
        created_at: Set(now),
        updated_at: Set(now),
    };
    entity::Entity::insert(row).exec_without_returning(tx.db()).await?;
    Ok(id)
}

/// The student record of an account.
pub(crate) async fn find_by_user<C: ConnectionTrait>(
    db: &C,
    user: UserId,
) -> Result<Option<entity::Model>, StoreError> {
    Ok(entity::Entity::find().filter(entity::Column::UserId.eq(user.uuid())).one(db).await?)
}

/// These students; unknown ones are missing from the answer.
pub(crate) async fn find_by_ids<C: ConnectionTrait>(
    db: &C,
    students: impl IntoIterator<Item = StudentId>,
) -> Result<HashMap<StudentId, entity::Model>, StoreError> {
    let ids = students.into_iter().map(StudentId::uuid);
    let rows = entity::Entity::find().filter(entity::Column::Id.is_in(ids)).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.id.into(), row)).collect())
}

/// The students with these human ids, in whatever case they were typed; unknown ones are missing from the answer.
pub(crate) async fn find_by_human_ids<C: ConnectionTrait>(
    db: &C,
    ids: impl IntoIterator<Item = String>,
) -> Result<Vec<entity::Model>, StoreError> {
    let ids: Vec<String> = ids.into_iter().map(|id| id.to_lowercase()).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let lower = Expr::expr(Func::lower(Expr::col(entity::Column::StudentId)));
    Ok(entity::Entity::find().filter(lower.is_in(ids)).all(db).await?)
}

/// The students of a course in a semester, by their human ids.
pub(crate) async fn of_class<C: ConnectionTrait>(
    db: &C,
    course: CourseId,
    semester: i32,
) -> Result<Vec<entity::Model>, StoreError> {
    let found = entity::Entity::find().filter(entity::Column::CourseId.eq(course.uuid()));
    let found = found.filter(entity::Column::Semester.eq(semester)).order_by_asc(entity::Column::StudentId);
    Ok(found.limit(lamplight_kernel::MAX_LIMIT).all(db).await?)
}

/// How many students each semester of each course has.
pub(crate) async fn count_by_class<C: ConnectionTrait>(db: &C) -> Result<HashMap<(CourseId, i32), i64>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        course_id: uuid::Uuid,
        semester: i32,
        students: i64,
    }
    let rows: Vec<Row> = entity::Entity::find()
        .select_only()
        .columns([entity::Column::CourseId, entity::Column::Semester])
        .column_as(entity::Column::Id.count(), "students")
        .group_by(entity::Column::CourseId)
        .group_by(entity::Column::Semester)
        .into_model()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| ((row.course_id.into(), row.semester), row.students)).collect())
}

/// How many students each course has.
pub(crate) async fn count_by_course<C: ConnectionTrait>(db: &C) -> Result<HashMap<CourseId, u64>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        course_id: uuid::Uuid,
        students: i64,
    }
    let rows: Vec<Row> = entity::Entity::find()
        .select_only()
        .column(entity::Column::CourseId)
        .column_as(entity::Column::Id.count(), "students")
        .group_by(entity::Column::CourseId)
        .into_model()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.course_id.into(), u64::try_from(row.students).unwrap_or(0))).collect())
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
    use entity::Column;
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
    let found = entity::Entity::find().filter(any);
    Ok(found.filter(Column::UserId.in_subquery(crate::accounts::active_users())).count(db).await?)
}

/// What a list of students is narrowed by.
#[derive(Debug, Default)]
pub(crate) struct Filter<'a> {
    pub(crate) search: Option<&'a str>,
    pub(crate) course: Option<CourseId>,
    pub(crate) semester: Option<i32>,
    /// Only of these courses.
    pub(crate) within: Option<&'a [CourseId]>,
}

/// Students by name, with their accounts' mail addresses.
pub(crate) async fn list<C: ConnectionTrait>(
    db: &C,
    filter: &Filter<'_>,
    page: PageRequest,
) -> Result<Page<(entity::Model, Option<crate::accounts::entity::Model>)>, StoreError> {
    use entity::Column;
    let mut all = Condition::all();
    if let Some(course) = filter.course {
        all = all.add(Column::CourseId.eq(course.uuid()));
    }
    if let Some(semester) = filter.semester {
        all = all.add(Column::Semester.eq(semester));
    }
    if let Some(within) = filter.within {
        all = all.add(Column::CourseId.is_in(within.iter().map(|course| course.uuid())));
    }
    // Each word must be somewhere: "asha gnm" finds Asha of GNM2024007.
    for pattern in crate::search::patterns(filter.search) {
        let like = |column: Column| {
            Expr::expr(Func::lower(Expr::col((entity::Entity, column)))).like(LikeExpr::new(&pattern).escape('\\'))
        };
        all = all.add(
            Condition::any().add(like(Column::FirstName)).add(like(Column::LastName)).add(like(Column::StudentId)),
        );
    }
    let found = entity::Entity::find().filter(all);
    let total = found.clone().count(db).await?;
    let students = found
        .order_by_asc(Column::FirstName)
        .order_by_asc(Column::LastName)
        .order_by_asc(Column::Id)
        .offset(page.offset())
        .limit(page.limit())
        .all(db)
        .await?;
    let users = crate::accounts::find_by_ids(db, students.iter().map(|student| student.user_id)).await?;
    let rows = students.into_iter().map(|student| {
        let user = users.get(&student.user_id).cloned();
        (student, user)
    });
    Ok(Page::new(rows.collect(), page, total))
}
