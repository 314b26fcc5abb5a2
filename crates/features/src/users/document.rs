//! An account as the office sees it.

use std::collections::HashMap;

use lamplight_auth::Role;
use lamplight_kernel::{Timestamp, UserId};
use lamplight_store::StoreError;
use sea_orm::ConnectionTrait;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::accounts::{Profile, entity::Model, profiles};

/// An account as the office sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ManagedUser {
    /// Its id.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    id: UserId,
    /// The name to sign in with.
    username: String,
    /// The address to sign in with.
    email: String,
    /// What they are.
    #[schema(schema_with = crate::wire::roles)]
    role: Role,
    /// Whether they may sign in.
    pub(super) is_active: bool,
    /// Whether somebody else knows their password.
    must_change_password: bool,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When they signed in last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>, format = DateTime)]
    last_login: Option<Timestamp>,
    /// Goes up with each change. A change that names another one is refused.
    version: i32,
    /// What belongs to their role.
    pub(super) profile: Profile,
}

/// These accounts, in their order.
pub(super) async fn documents<C: ConnectionTrait>(db: &C, rows: &[Model]) -> Result<Vec<ManagedUser>, StoreError> {
    let mut known: HashMap<Uuid, Profile> = profiles(db, rows).await?;
    let document = |row: &Model| {
        let role = row.role.parse().map_err(|()| StoreError::Corrupt { table: "users", what: row.id.to_string() })?;
        Ok(ManagedUser {
            id: row.id.into(),
            username: row.username.clone(),
            email: row.email.clone(),
            role,
            is_active: row.is_active != 0,
            must_change_password: row.must_change_password != 0,
            created_at: Timestamp::from_millis(row.created_at),
            last_login: row.last_login_at.map(Timestamp::from_millis),
            version: row.version,
            profile: known.remove(&row.id).unwrap_or_default(),
        })
    };
    rows.iter().map(document).collect()
}

/// One account.
pub(super) async fn document<C: ConnectionTrait>(db: &C, row: &Model) -> Result<ManagedUser, StoreError> {
    let mut one = documents(db, std::slice::from_ref(row)).await?;
    one.pop().ok_or_else(|| StoreError::Corrupt { table: "users", what: row.id.to_string() })
}
