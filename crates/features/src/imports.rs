//! Files with many rows, in two steps, whatever the feature: a file is read and planned, the plan is kept, and applied as it is.
//!
//! * **Table**: `imports`. A plan is its maker's alone.
//! * A feature brings its columns, what a row means, and what applying does; here is what does not depend on these.

use lamplight_kernel::UserId;
use lamplight_store::{StoreError, Tx};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, sea_query::Expr,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

mod entity {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "imports")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) noun: String,
        pub(crate) file_name: String,
        /// As JSON.
        pub(crate) plan: String,
        /// As JSON.
        pub(crate) result: Option<String>,
        pub(crate) made_by: Uuid,
        pub(crate) made_at: i64,
        pub(crate) applied_at: Option<i64>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) use entity::Model as Kept;
use entity::{Column, Entity};

/// A file with rows, CSV or XLSX.
#[derive(ToSchema)]
#[schema(as = ImportFile)]
#[expect(dead_code, reason = "describes the multipart form")]
pub(crate) struct FileForm {
    #[schema(value_type = String, format = Binary)]
    file: (),
}

/// What became of a file.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportResult)]
pub(crate) struct Imported {
    /// Rows of the file.
    pub(crate) total: usize,
    /// Rows that are stored now.
    pub(crate) success: usize,
    /// Rows that could not be.
    pub(crate) failed: usize,
    /// Which, and why.
    pub(crate) errors: Vec<FailedRow>,
}

/// A row that could not be stored.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportError)]
pub(crate) struct FailedRow {
    /// As a spreadsheet numbers it.
    pub(crate) row: usize,
    /// Why.
    pub(crate) error: String,
}

/// Keeps a plan.
pub(crate) async fn keep<I: From<Uuid> + Into<Uuid> + Copy>(
    tx: &Tx,
    noun: &str,
    file_name: &str,
    plan: &impl Serialize,
    by: UserId,
) -> Result<I, StoreError> {
    let id: I = tx.id();
    let row = Kept {
        id: id.into(),
        noun: noun.to_owned(),
        file_name: file_name.to_owned(),
        plan: serde_json::to_string(plan)?,
        result: None,
        made_by: by.uuid(),
        made_at: tx.now().millis(),
        applied_at: None,
    };
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx.db()).await?;
    Ok(id)
}

/// A plan of a feature, if it is this person's.
pub(crate) async fn find<C: ConnectionTrait>(
    db: &C,
    noun: &str,
    id: impl Into<Uuid>,
    by: UserId,
) -> Result<Option<Kept>, StoreError> {
    let found = Entity::find_by_id(id.into()).filter(Column::Noun.eq(noun)).filter(Column::MadeBy.eq(by.uuid()));
    Ok(found.one(db).await?)
}

/// Keeps others from applying a plan at the same time, until the transaction ends.
pub(crate) async fn lock(tx: &Tx, id: impl Into<Uuid>) -> Result<(), StoreError> {
    tx.lock(&format!("import:{}", id.into())).await
}

/// Notes that a plan was applied, and what became of its rows.
pub(crate) async fn mark_applied(tx: &Tx, id: impl Into<Uuid>, result: Option<String>) -> Result<(), StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::AppliedAt, Expr::value(tx.now().millis()))
        .col_expr(Column::Result, Expr::value(result));
    update.filter(Column::Id.eq(id.into())).exec(tx.db()).await?;
    Ok(())
}
