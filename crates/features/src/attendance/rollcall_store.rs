use std::collections::HashMap;

use jiff::civil::Date;
use lamplight_kernel::{ClassId, CourseId, StudentId, TapId, UserId};
use lamplight_store::{StoreError, Tx};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, Query},
};
use uuid::Uuid;

use super::{
    entity::{classes, records, taps},
    rollcall_rules::{Tap, take},
    rules::{Kind, Session, Status, Tally, subject_key},
    store,
};

pub(super) use classes::Model as Class;

/// A class that is to be marked.
#[derive(Debug)]
pub(super) struct NewClass {
    pub(super) course: CourseId,
    pub(super) semester: i32,
    pub(super) subject: String,
    pub(super) date: Date,
    pub(super) session: Session,
    pub(super) kind: Kind,
    pub(super) minutes_total: i32,
}

pub(super) async fn insert(tx: &Tx, new: &NewClass, by: UserId) -> Result<Class, StoreError> {
    let row = Class {
        id: tx.id::<ClassId>().uuid(),
        course_id: new.course.uuid(),
        semester: new.semester,
        subject: new.subject.clone(),
        subject_key: subject_key(&new.subject),
        date: new.date.to_string(),
        session: new.session.to_string(),
        kind: new.kind.to_string(),
        minutes_total: new.minutes_total,
        opened_by: by.uuid(),
        opened_at: tx.now().millis(),
        closed_at: None,
    };
    classes::Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx.db()).await?;
    Ok(row)
}

/// Closes a class, or opens it again.
pub(super) async fn update_closed(tx: &Tx, class: &Class, closed_at: Option<i64>) -> Result<Class, StoreError> {
    let update = classes::Entity::update_many().col_expr(classes::Column::ClosedAt, Expr::value(closed_at));
    update.filter(classes::Column::Id.eq(class.id)).exec(tx.db()).await?;
    Ok(Class { closed_at, ..class.clone() })
}

pub(super) async fn find<C: ConnectionTrait>(db: &C, id: ClassId) -> Result<Option<Class>, StoreError> {
    Ok(classes::Entity::find_by_id(id.uuid()).one(db).await?)
}

/// The class that this is, if it is on a board.
pub(super) async fn find_same<C: ConnectionTrait>(
    db: &C,
    (course, semester): (CourseId, i32),
    date: Date,
    subject: &str,
    session: Session,
) -> Result<Option<Class>, StoreError> {
    use classes::Column as C;
    let found = classes::Entity::find()
        .filter(C::CourseId.eq(course.uuid()))
        .filter(C::Semester.eq(semester))
        .filter(C::Date.eq(date.to_string()))
        .filter(C::SubjectKey.eq(subject_key(subject)))
        .filter(C::Session.eq(session.as_str()));
    Ok(found.one(db).await?)
}

/// What is recorded of the course's students for what a class was about, in whatever semester they stood.
pub(super) async fn find_records<C: ConnectionTrait>(db: &C, class: &Class) -> Result<Vec<records::Model>, StoreError> {
    use records::Column as C;
    let found = records::Entity::find()
        .filter(C::CourseId.eq(class.course_id))
        .filter(C::Date.eq(class.date.as_str()))
        .filter(C::SubjectKey.eq(class.subject_key.as_str()))
        .filter(C::Session.eq(class.session.as_str()));
    Ok(found.all(db).await?)
}

/// The classes of a day.
pub(super) async fn list<C: ConnectionTrait>(
    db: &C,
    date: Date,
    within: Option<&[CourseId]>,
) -> Result<Vec<Class>, StoreError> {
    use classes::Column as C;
    let mut all = Condition::all().add(C::Date.eq(date.to_string()));
    if let Some(within) = within {
        all = all.add(C::CourseId.is_in(within.iter().map(|course| course.uuid())));
    }
    let found = classes::Entity::find().filter(all).order_by_asc(C::OpenedAt).order_by_asc(C::Id);
    Ok(found.limit(lamplight_kernel::MAX_LIMIT).all(db).await?)
}

/// What makes the records of a day those of one class.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    pub(super) course: Uuid,
    pub(super) semester: i32,
    pub(super) subject_key: String,
    pub(super) session: String,
}

impl Key {
    pub(super) fn of(class: &Class) -> Self {
        Self {
            course: class.course_id,
            semester: class.semester,
            subject_key: class.subject_key.clone(),
            session: class.session.clone(),
        }
    }
}

/// The records of a day, counted class by class, with how the subject was written and the kind.
pub(super) async fn tally_day<C: ConnectionTrait>(
    db: &C,
    date: Date,
    within: Option<&[CourseId]>,
) -> Result<HashMap<Key, (String, Kind, Tally)>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        course_id: Uuid,
        semester: i32,
        subject_key: String,
        session: String,
        subject: String,
        kind: String,
        status: String,
        students: i64,
    }
    use store::Column as C;
    let filter = store::Filter { dates: Some((date, date)), within, ..store::Filter::default() };
    let rows: Vec<Row> = store::Entity::find()
        .select_only()
        .columns([C::CourseId, C::Semester, C::SubjectKey, C::Session, C::Status])
        .column_as(C::Subject.max(), "subject")
        .column_as(C::Kind.max(), "kind")
        .column_as(C::Id.count(), "students")
        .filter(filter.condition())
        .group_by(C::CourseId)
        .group_by(C::Semester)
        .group_by(C::SubjectKey)
        .group_by(C::Session)
        .group_by(C::Status)
        .into_model()
        .all(db)
        .await?;
    let corrupt = |text: &str| StoreError::Corrupt { table: "attendance", what: text.to_owned() };
    let mut counts = HashMap::<Key, (String, Kind, Tally)>::new();
    for row in rows {
        let kind = row.kind.parse().map_err(|()| corrupt(&row.kind))?;
        let status: Status = row.status.parse().map_err(|()| corrupt(&row.status))?;
        let Row { course_id: course, semester, subject_key, session, .. } = row;
        let key = Key { course, semester, subject_key, session };
        let (_, _, tally) = counts.entry(key).or_insert_with(|| (row.subject, kind, Tally::default()));
        tally.add(status, row.students, 0, 0);
    }
    Ok(counts)
}

/// Which of these taps have arrived before.
pub(super) async fn find_arrived(tx: &Tx, ids: &[TapId]) -> Result<Vec<TapId>, StoreError> {
    let found = taps::Entity::find().select_only().column(taps::Column::Id);
    let ids: Vec<Uuid> =
        found.filter(taps::Column::Id.is_in(ids.iter().map(|id| id.uuid()))).into_tuple().all(tx.db()).await?;
    Ok(ids.into_iter().map(TapId::from).collect())
}

/// The tap that counts for each student of a class.
pub(super) async fn find_counting<C: ConnectionTrait>(
    db: &C,
    class: ClassId,
    students: Option<&[StudentId]>,
) -> Result<HashMap<StudentId, Tap>, StoreError> {
    let mut all = Condition::all().add(taps::Column::ClassId.eq(class.uuid()));
    if let Some(students) = students {
        all = all.add(taps::Column::StudentId.is_in(students.iter().map(|id| id.uuid())));
    }
    let mut counting = HashMap::<StudentId, Tap>::new();
    for row in taps::Entity::find().filter(all).all(db).await? {
        take(&mut counting, row.student_id.into(), tap(&row)?);
    }
    Ok(counting)
}

fn tap(row: &taps::Model) -> Result<Tap, StoreError> {
    let status = row.status.as_deref().map(str::parse).transpose();
    let corrupt = |()| StoreError::Corrupt { table: "attendance_taps", what: format!("{}: {:?}", row.id, row.status) };
    Ok(Tap {
        id: row.id.into(),
        at: row.at,
        status: status.map_err(corrupt)?,
        minutes_attended: row.minutes_attended,
        by: row.by.into(),
    })
}

/// The row of a tap.
pub(super) fn row_of(tx: &Tx, class: ClassId, student: StudentId, tap: &Tap) -> taps::Model {
    taps::Model {
        id: tap.id.uuid(),
        class_id: class.uuid(),
        student_id: student.uuid(),
        status: tap.status.map(|status| status.to_string()),
        minutes_attended: tap.minutes_attended,
        by: tap.by.uuid(),
        at: tap.at,
        received_at: tx.now().millis(),
    }
}

/// Classes that are open since before a moment and were not marked since another.
pub(super) async fn find_forgotten<C: ConnectionTrait>(
    db: &C,
    opened_before: i64,
    quiet_since: i64,
) -> Result<Vec<Class>, StoreError> {
    use classes::Column as C;
    // Class by class, of which few are open: all taps there ever were are many.
    let mut marked = Query::select();
    marked
        .expr(Expr::val(1))
        .from(taps::Entity)
        .and_where(Expr::col((taps::Entity, taps::Column::ClassId)).equals((classes::Entity, C::Id)))
        .and_where(taps::Column::ReceivedAt.gte(quiet_since));
    let found = classes::Entity::find()
        .filter(C::ClosedAt.is_null())
        .filter(C::OpenedAt.lt(opened_before))
        .filter(Expr::exists(marked).not());
    Ok(found.order_by_asc(C::OpenedAt).limit(100).all(db).await?)
}
