use std::collections::HashSet;

use jiff::civil::Date;
use lamplight_files::Kept;
use lamplight_kernel::{DownloadId, Page, PageRequest, Room, Timestamp, UserId};
use lamplight_store::{StoreError, Tx};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, LikeExpr, OnConflict, Query},
};
use uuid::Uuid;

use super::{audience::Choice, rules::DownloadError};
use crate::search;

pub(super) mod entity {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "downloads")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) title: String,
        pub(crate) description: Option<String>,
        pub(crate) category: String,
        pub(crate) subject: Option<String>,
        pub(crate) semester: Option<i32>,
        pub(crate) academic_year: Option<String>,
        /// JSON list of texts.
        pub(crate) tags: String,
        /// What a search looks at, in lower case.
        pub(crate) search_text: String,
        /// A [`super::Choice`] as JSON.
        pub(crate) audience: String,
        pub(crate) requires_login: i32,
        /// `YYYY-MM-DD`.
        pub(crate) expires_on: Option<String>,
        pub(crate) file_sha256: String,
        pub(crate) file_name: String,
        pub(crate) file_kind: String,
        pub(crate) file_size: i64,
        pub(crate) uploaded_by: Uuid,
        pub(crate) uploaded_at: i64,
        pub(crate) updated_at: i64,
        pub(crate) download_count: i64,
        pub(crate) rev: i32,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

mod rooms {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "download_rooms")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) room: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) download_id: Uuid,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

mod records {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "download_records")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) user_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) download_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) day: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

use entity::{Column, Entity, Model};

/// What people say about a piece of study material, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    /// What it is called.
    pub title: String,
    /// More about it.
    pub description: Option<String>,
    /// One of [`super::CATEGORIES`].
    pub category: String,
    /// What it is about.
    pub subject: Option<String>,
    /// From 1.
    pub semester: Option<i32>,
    /// The year it begins.
    pub academic_year: Option<String>,
    /// In lower case.
    pub tags: Vec<String>,
    /// The last date it can be opened.
    pub expires_on: Option<Date>,
    /// Kept for the existing client.
    pub requires_login: bool,
    /// Whom it is for.
    pub choice: Choice,
}

impl Details {
    fn search_text(&self, file_name: &str) -> String {
        let texts = [Some(self.title.as_str()), self.description.as_deref(), self.subject.as_deref(), Some(file_name)];
        let texts = texts.into_iter().flatten().chain(self.tags.iter().map(String::as_str));
        texts.collect::<Vec<_>>().join("\n").to_lowercase()
    }
}

/// A piece of study material to be added.
#[derive(Debug, Clone)]
pub struct NewDownload<'a> {
    /// What is said about it.
    pub details: &'a Details,
    /// Its file, which is kept already.
    pub file: &'a Kept,
    /// Who uploads it.
    pub uploaded_by: UserId,
    /// When. Lists show the newest first.
    pub uploaded_at: Timestamp,
    /// Who may see it.
    pub rooms: &'a [Room],
}

/// Adds a piece of study material. Tells nobody: that is the business of who adds it.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &Tx, new: &NewDownload<'_>) -> Result<DownloadId, StoreError> {
    Ok(insert_row(tx, new).await?.id.into())
}

pub(super) async fn insert_row(tx: &Tx, new: &NewDownload<'_>) -> Result<Model, StoreError> {
    let id: DownloadId = tx.id();
    let details = new.details;
    let row = Model {
        id: id.uuid(),
        title: details.title.clone(),
        description: details.description.clone(),
        category: details.category.clone(),
        subject: details.subject.clone(),
        semester: details.semester,
        academic_year: details.academic_year.clone(),
        tags: serde_json::to_string(&details.tags)?,
        search_text: details.search_text(&new.file.name),
        audience: serde_json::to_string(&details.choice)?,
        requires_login: details.requires_login.into(),
        expires_on: details.expires_on.map(|date| date.to_string()),
        file_sha256: new.file.sha256.to_string(),
        file_name: new.file.name.clone(),
        file_kind: new.file.kind.wire().to_owned(),
        file_size: i64::try_from(new.file.size).unwrap_or(i64::MAX),
        uploaded_by: new.uploaded_by.uuid(),
        uploaded_at: new.uploaded_at.millis(),
        updated_at: new.uploaded_at.millis(),
        download_count: 0,
        rev: 1,
    };
    Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx.db()).await?;
    insert_rooms(tx, row.id, new.rooms).await?;
    Ok(row)
}

/// How many pieces there are.
pub(crate) async fn count<C: ConnectionTrait>(db: &C) -> Result<u64, StoreError> {
    Ok(Entity::find().count(db).await?)
}

/// Whether some piece is for this room.
pub(crate) async fn is_for<C: ConnectionTrait>(db: &C, room: &Room) -> Result<bool, StoreError> {
    let found = rooms::Entity::find().filter(rooms::Column::Room.eq(room.as_str()));
    Ok(found.one(db).await?.is_some())
}

async fn insert_rooms(tx: &Tx, download: Uuid, rooms: &[Room]) -> Result<(), StoreError> {
    let rows =
        rooms.iter().map(|room| rooms::ActiveModel { room: Set(room.as_str().to_owned()), download_id: Set(download) });
    rooms::Entity::insert_many(rows).exec_without_returning(tx.db()).await?;
    Ok(())
}

/// Changes what is said about it and who may see it, if it is still at revision `rev`.
pub(super) async fn update(tx: &Tx, before: &Model, details: &Details, rooms: &[Room]) -> Result<Model, UpdateError> {
    let row = Model {
        title: details.title.clone(),
        description: details.description.clone(),
        category: details.category.clone(),
        subject: details.subject.clone(),
        semester: details.semester,
        academic_year: details.academic_year.clone(),
        tags: serde_json::to_string(&details.tags).map_err(StoreError::from)?,
        search_text: details.search_text(&before.file_name),
        audience: serde_json::to_string(&details.choice).map_err(StoreError::from)?,
        requires_login: details.requires_login.into(),
        expires_on: details.expires_on.map(|date| date.to_string()),
        updated_at: tx.now().millis(),
        rev: before.rev + 1,
        ..before.clone()
    };
    let mut change: entity::ActiveModel = row.clone().into();
    // Counted by others meanwhile.
    change.download_count = sea_orm::ActiveValue::NotSet;
    let update = Entity::update_many().set(change.reset_all());
    let updated = update.filter(Column::Id.eq(before.id)).filter(Column::Rev.eq(before.rev)).exec(tx.db()).await;
    if updated.map_err(StoreError::from)?.rows_affected != 1 {
        return Err(UpdateError::Refused(DownloadError::ChangedMeanwhile));
    }
    let old = rooms::Entity::delete_many().filter(rooms::Column::DownloadId.eq(before.id));
    old.exec(tx.db()).await.map_err(StoreError::from)?;
    insert_rooms(tx, before.id, rooms).await?;
    Ok(row)
}

/// Why a row was not changed.
#[derive(Debug, thiserror::Error)]
pub(super) enum UpdateError {
    #[error(transparent)]
    Refused(DownloadError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<UpdateError> for lamplight_kernel::Problem {
    fn from(error: UpdateError) -> Self {
        match error {
            UpdateError::Refused(error) => error.into(),
            UpdateError::Store(error) => error.into(),
        }
    }
}

/// Deletes it, if it is still as it was read. Says whether it was.
pub(super) async fn delete(tx: &Tx, before: &Model) -> Result<bool, StoreError> {
    let delete = Entity::delete_many().filter(Column::Id.eq(before.id)).filter(Column::Rev.eq(before.rev));
    Ok(delete.exec(tx.db()).await?.rows_affected == 1)
}

pub(super) async fn find<C: ConnectionTrait>(db: &C, download: DownloadId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(download.uuid()).one(db).await?)
}

/// The rooms of those who may see it, in the order of [`lamplight_kernel::Audience::rooms`].
pub(super) async fn find_rooms<C: ConnectionTrait>(db: &C, download: Uuid) -> Result<Vec<Room>, StoreError> {
    let rows = rooms::Entity::find().filter(rooms::Column::DownloadId.eq(download)).all(db).await?;
    let mut rooms: Vec<_> = rows.into_iter().map(|row| Room::from_stored(row.room)).collect();
    // Not by the database, which may order by the rules of a language.
    rooms.sort_unstable();
    Ok(rooms)
}

/// What a list is narrowed by.
#[derive(Debug, Default)]
pub(super) struct Filter<'a> {
    pub(super) search: Option<&'a str>,
    pub(super) category: Option<&'a str>,
    pub(super) semester: Option<i32>,
    pub(super) academic_year: Option<&'a str>,
    /// Only what somebody in one of these rooms may see.
    pub(super) rooms: &'a [Room],
    /// Only what has not expired by this date, except for what this person uploaded.
    pub(super) current: Option<(Date, Option<UserId>)>,
}

impl Filter<'_> {
    /// What the reader may see, whatever they look for.
    fn visible(&self) -> Condition {
        let mut seen = Query::select();
        seen.column(rooms::Column::DownloadId)
            .from(rooms::Entity)
            .and_where(rooms::Column::Room.is_in(self.rooms.iter().map(Room::as_str)));
        let mut all = Condition::all().add(Column::Id.in_subquery(seen));
        if let Some((today, owner)) = self.current {
            let mut any =
                Condition::any().add(Column::ExpiresOn.is_null()).add(Column::ExpiresOn.gte(today.to_string()));
            if let Some(owner) = owner {
                any = any.add(Column::UploadedBy.eq(owner.uuid()));
            }
            all = all.add(any);
        }
        all
    }

    fn condition(&self) -> Condition {
        let mut all = self.visible();
        if let Some(category) = self.category {
            all = all.add(Column::Category.eq(category));
        }
        if let Some(semester) = self.semester {
            all = all.add(Column::Semester.eq(semester));
        }
        if let Some(year) = self.academic_year {
            all = all.add(Column::AcademicYear.eq(year));
        }
        for pattern in search::patterns(self.search) {
            all = all.add(Expr::col(Column::SearchText).like(LikeExpr::new(pattern).escape('\\')));
        }
        all
    }
}

/// Newest first.
pub(super) async fn list<C: ConnectionTrait>(
    db: &C,
    filter: &Filter<'_>,
    page: PageRequest,
) -> Result<Page<Model>, StoreError> {
    let found = Entity::find().filter(filter.condition());
    let total = found.clone().count(db).await?;
    let found = found.order_by_desc(Column::UploadedAt).order_by_desc(Column::Id);
    let rows = found.offset(page.offset()).limit(page.limit()).all(db).await?;
    Ok(Page::new(rows, page, total))
}

/// The categories among what the reader may see.
pub(super) async fn list_categories<C: ConnectionTrait>(
    db: &C,
    filter: &Filter<'_>,
) -> Result<Vec<String>, StoreError> {
    let found = Entity::find().select_only().column(Column::Category).distinct().filter(filter.visible());
    Ok(found.order_by_asc(Column::Category).into_tuple().all(db).await?)
}

/// Files and openings of everything the reader may see.
pub(super) async fn totals<C: ConnectionTrait>(db: &C, filter: &Filter<'_>) -> Result<(i64, i64), StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        files: i64,
        opened: Option<i64>,
    }
    // SUM of BIGINT is NUMERIC in PostgreSQL, so it is told what to be.
    let row: Option<Row> = Entity::find()
        .select_only()
        .column_as(Column::Id.count(), "files")
        .column_as(Expr::col(Column::DownloadCount).sum().cast_as("BIGINT"), "opened")
        .filter(filter.visible())
        .into_model()
        .one(db)
        .await?;
    Ok(row.map_or((0, 0), |row| (row.files, row.opened.unwrap_or(0))))
}

/// Which of these somebody has opened.
pub(super) async fn find_opened<C: ConnectionTrait>(
    db: &C,
    user: UserId,
    downloads: &[Uuid],
) -> Result<HashSet<Uuid>, StoreError> {
    let found = records::Entity::find().select_only().column(records::Column::DownloadId).distinct();
    let found = found
        .filter(records::Column::UserId.eq(user.uuid()))
        .filter(records::Column::DownloadId.is_in(downloads.to_vec()));
    let ids: Vec<Uuid> = found.into_tuple().all(db).await?;
    Ok(ids.into_iter().collect())
}

/// How much of what the reader may see they have not opened.
pub(super) async fn count_unopened<C: ConnectionTrait>(
    db: &C,
    user: UserId,
    filter: &Filter<'_>,
) -> Result<u64, StoreError> {
    let mut opened = Query::select();
    opened.column(records::Column::DownloadId).from(records::Entity).and_where(records::Column::UserId.eq(user.uuid()));
    Ok(Entity::find().filter(filter.visible()).filter(Column::Id.not_in_subquery(opened)).count(db).await?)
}

/// Records that somebody opened it on a day, and counts the first time of that day. Gives the count.
pub(super) async fn record(tx: &Tx, user: UserId, download: DownloadId, day: Date) -> Result<Option<i64>, StoreError> {
    let row = records::ActiveModel {
        user_id: Set(user.uuid()),
        download_id: Set(download.uuid()),
        day: Set(day.to_string()),
    };
    let again = OnConflict::columns([records::Column::UserId, records::Column::DownloadId, records::Column::Day])
        .do_nothing()
        .to_owned();
    let first = records::Entity::insert(row).on_conflict(again).exec_without_returning(tx.db()).await?;
    if first > 0 {
        let update = Entity::update_many().col_expr(Column::DownloadCount, Expr::col(Column::DownloadCount).add(1));
        update.filter(Column::Id.eq(download.uuid())).exec(tx.db()).await?;
    }
    Ok(find(tx.db(), download).await?.map(|row| row.download_count))
}
