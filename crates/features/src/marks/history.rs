//! What was done to each mark: append-only, each link hashes the one before, so that nothing can be changed unseen.

use std::{collections::HashMap, fmt};

use lamplight_kernel::{MarkId, SheetId, StudentId, UserId};
use lamplight_store::{StoreError, Tx};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    rules::{Cell, Score},
    store::{self, marks, sheets},
};

pub(super) mod entity {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "mark_history")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) sheet_id: Uuid,
        pub(crate) number: i64,
        pub(crate) mark_id: Uuid,
        pub(crate) student_id: Uuid,
        pub(crate) at: i64,
        pub(crate) by_user: Uuid,
        pub(crate) action: String,
        pub(crate) was: Option<String>,
        pub(crate) became: Option<String>,
        pub(crate) reason: Option<String>,
        pub(crate) is_public: i32,
        pub(crate) previous: String,
        pub(crate) hash: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

use entity::{Column, Entity, Model};

/// What happened to a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Entered,
    Changed,
    Published,
    Recalled,
    Deleted,
}

impl Action {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Entered => "entered",
            Self::Changed => "changed",
            Self::Published => "published",
            Self::Recalled => "recalled",
            Self::Deleted => "deleted",
        }
    }
}

/// A mark at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Snapshot {
    /// A number, `absent`, `withheld` or nothing.
    theory: Cell,
    practical: Cell,
    viva: Cell,
    assignment: Cell,
    /// Of all parts that have marks.
    #[schema(value_type = f64)]
    total: Score,
    /// What that is out of.
    #[schema(value_type = f64)]
    out_of: Score,
    /// `O` to `F`, `Absent`, `Withheld`.
    grade: String,
    /// A remark for the student.
    #[schema(required)]
    remarks: Option<String>,
}

impl Snapshot {
    pub(super) fn of(row: &marks::Model) -> Result<Self, StoreError> {
        let cells = row.cells()?;
        Ok(Self {
            theory: cells.theory,
            practical: cells.practical,
            viva: cells.viva,
            assignment: cells.assignment,
            total: Score::from_hundredths(row.obtained),
            out_of: Score::from_hundredths(row.maximum),
            grade: row.grade.clone(),
            remarks: row.remarks.clone(),
        })
    }
}

/// Writes what this transaction does to the marks of one sheet, which must be locked.
#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) sheet: sheets::Model,
    by: UserId,
    links: Vec<Model>,
}

impl Ledger {
    pub(super) const fn open(sheet: sheets::Model, by: UserId) -> Self {
        Self { sheet, by, links: Vec::new() }
    }

    pub(super) const fn by(&self) -> UserId {
        self.by
    }

    /// Notes what was done to one mark. Public is what was done while its student could see it.
    pub(super) fn note(
        &mut self,
        tx: &Tx,
        action: Action,
        was: Option<&marks::Model>,
        became: Option<&marks::Model>,
        reason: Option<&str>,
    ) -> Result<(), StoreError> {
        let Some(mark) = became.or(was) else { return Ok(()) };
        let shot = |row: Option<&marks::Model>| {
            row.map(|row| Ok::<_, StoreError>(serde_json::to_string(&Snapshot::of(row)?)?)).transpose()
        };
        let is_public =
            was.or(became).is_some_and(|row| row.published_at.is_some()) || matches!(action, Action::Published);
        self.sheet.history_count += 1;
        let mut link = Model {
            id: tx.id(),
            sheet_id: self.sheet.id,
            number: self.sheet.history_count,
            mark_id: mark.id,
            student_id: mark.student_id,
            at: tx.now().millis(),
            by_user: self.by.uuid(),
            action: action.as_str().to_owned(),
            // What it was before its first publication was a draft.
            was: if matches!(action, Action::Published) { None } else { shot(was)? },
            became: shot(became)?,
            reason: reason.map(str::to_owned),
            is_public: is_public.into(),
            previous: self.sheet.history_head.clone(),
            hash: String::new(),
        };
        link.hash = hash(&link)?;
        self.sheet.history_head.clone_from(&link.hash);
        self.links.push(link);
        Ok(())
    }

    /// Writes the links and the sheet.
    pub(super) async fn close(self, tx: &Tx) -> Result<sheets::Model, StoreError> {
        // A statement can't have more than 32,766 values on SQLite.
        for links in self.links.chunks(500) {
            let rows = links.iter().map(|link| link.clone().into_active_model().reset_all());
            Entity::insert_many(rows).exec_without_returning(tx.db()).await?;
        }
        store::update_sheet(tx, &self.sheet).await?;
        Ok(self.sheet)
    }
}

use sea_orm::ActiveModelTrait as _;

/// The hash of a link: SHA-256 of all it says and of the hash before, as a JSON list, whose texts can't run into each other.
fn hash(link: &Model) -> Result<String, StoreError> {
    let said = serde_json::to_vec(&(
        (&link.previous, link.id, link.sheet_id, link.number, link.mark_id, link.student_id, link.at, link.by_user),
        (&link.action, &link.was, &link.became, &link.reason, link.is_public),
    ))?;
    Ok(crate::digest::hex(&said))
}

/// What was done to a mark, oldest first; to a student only what was done since it was first published.
pub(super) async fn of_mark<C: ConnectionTrait>(
    db: &C,
    mark: MarkId,
    only_public: bool,
) -> Result<Vec<Model>, StoreError> {
    let mut found = Entity::find().filter(Column::MarkId.eq(mark.uuid()));
    if only_public {
        found = found.filter(Column::IsPublic.eq(1));
    }
    Ok(found.order_by_asc(Column::Number).limit(1000).all(db).await?)
}

/// What each mark of a sheet was when it was last published.
pub(super) async fn last_published<C: ConnectionTrait>(
    db: &C,
    sheet: Uuid,
) -> Result<HashMap<Uuid, Snapshot>, StoreError> {
    let found = Entity::find().filter(Column::SheetId.eq(sheet)).filter(Column::IsPublic.eq(1));
    let rows = found.order_by_asc(Column::Number).all(db).await?;
    let rows = rows.into_iter().filter_map(|row| Some((row.mark_id, row.became.or(row.was)?)));
    rows.map(|(mark, text)| Ok((mark, serde_json::from_str(&text)?))).collect()
}

/// What was verified.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verified {
    /// Sheets whose history is whole.
    pub sheets: u64,
    /// Links in them.
    pub links: u64,
}

/// The first link that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLink {
    /// In the history of which sheet.
    pub sheet: SheetId,
    /// Which link, from 1.
    pub number: i64,
    /// Of which mark, if that can be told.
    pub mark: Option<MarkId>,
    /// Whose mark, if that can be told.
    pub student: Option<StudentId>,
    /// What is wrong.
    pub what: &'static str,
}

impl fmt::Display for BadLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sheet {}, link {}: {}", self.sheet, self.number, self.what)?;
        if let Some(mark) = self.mark {
            write!(f, " (mark {mark})")?;
        }
        if let Some(student) = self.student {
            write!(f, " (student {student})")?;
        }
        Ok(())
    }
}

/// Goes through the history of every sheet, link by link, and holds the marks of today against it.
///
/// # Errors
/// When the database fails. What is wrong with the history is an answer.
pub async fn verify<C: ConnectionTrait>(db: &C) -> Result<Result<Verified, BadLink>, StoreError> {
    let mut verified = Verified::default();
    let mut after = Uuid::nil();
    loop {
        let found = sheets::Entity::find().filter(sheets::Column::Id.gt(after)).order_by_asc(sheets::Column::Id);
        let Some(sheet) = found.one(db).await? else { return Ok(Ok(verified)) };
        after = sheet.id;
        match verify_sheet(db, &sheet).await? {
            Ok(links) => {
                verified.sheets += 1;
                verified.links += links;
            }
            Err(bad) => return Ok(Err(bad)),
        }
    }
}

async fn verify_sheet<C: ConnectionTrait>(db: &C, sheet: &sheets::Model) -> Result<Result<u64, BadLink>, StoreError> {
    let bad = |number: i64, link: Option<&Model>, what: &'static str| {
        let (mark, student) = (link.map(|link| link.mark_id.into()), link.map(|link| link.student_id.into()));
        Ok(Err(BadLink { sheet: sheet.id.into(), number, mark, student, what }))
    };
    let (mut number, mut head) = (0, String::new());
    let mut today: HashMap<Uuid, Model> = HashMap::new();
    loop {
        let found = Entity::find().filter(Column::SheetId.eq(sheet.id)).filter(Column::Number.gt(number));
        let links = found.order_by_asc(Column::Number).limit(1000).all(db).await?;
        if links.is_empty() {
            break;
        }
        for link in links {
            if link.number != number + 1 {
                return bad(number + 1, None, "the link is missing");
            }
            number = link.number;
            if link.previous != head {
                return bad(number, Some(&link), "the link does not follow the one before");
            }
            if hash(&link)? != link.hash {
                return bad(number, Some(&link), "the link was changed after it was written");
            }
            head.clone_from(&link.hash);
            today.insert(link.mark_id, link);
        }
    }
    if number != sheet.history_count || head != sheet.history_head {
        return bad(number + 1, None, "the history does not end where the sheet says it ends");
    }
    for mark in store::of_sheet(db, sheet.id).await? {
        let Some(link) = today.remove(&mark.id) else { return bad(number, None, "a mark has no history") };
        let became: Option<Snapshot> = link.became.as_deref().and_then(|text| serde_json::from_str(text).ok());
        if became != Snapshot::of(&mark).ok() {
            return bad(link.number, Some(&link), "the mark of today is not what its newest link says");
        }
    }
    if let Some(link) = today.values().find(|link| link.action != "deleted") {
        return bad(link.number, Some(link), "the mark is gone, and no link says so");
    }
    Ok(Ok(u64::try_from(number).unwrap_or(0)))
}
