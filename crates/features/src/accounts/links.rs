//! Links to set a new password, sent by mail: for one use, for a short time, stored hashed.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use lamplight_kernel::UserId;
use lamplight_mail::Mail;
use lamplight_store::{StoreError, Tx};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::store::entity::Model;
use crate::{App, digest::hex};

mod entity {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "password_links")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) token_hash: String,
        pub(crate) user_id: Uuid,
        pub(crate) expires_at: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

use entity::{Column, Entity};

/// Why somebody is sent a link, and for how long it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// They asked for it on the sign-in page.
    Forgotten,
    /// The office made the account, or wants them to choose a new password.
    Invited,
}

impl Occasion {
    const fn lifetime(self) -> Duration {
        match self {
            Self::Forgotten => Duration::from_secs(3600),
            Self::Invited => Duration::from_secs(3 * 24 * 3600),
        }
    }
}

/// Makes a link for somebody; earlier ones hold no more. It is to be posted after the commit, with [`lamplight_mail::Mailer::post`].
pub(crate) async fn make(tx: &Tx, app: &App, user: &Model, occasion: Occasion) -> Result<Mail, StoreError> {
    let bytes: [u8; 32] = tx.random();
    let token = BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let expires = tx.now().plus(occasion.lifetime());
    remove(tx, user.id.into()).await?;
    let row = entity::ActiveModel {
        token_hash: Set(hex(token.as_bytes())),
        user_id: Set(user.id),
        expires_at: Set(expires.millis()),
    };
    Entity::insert(row).exec_without_returning(tx.db()).await?;
    let (institute, until) = (&app.institute.name, app.institute.clock(expires));
    // After the mark of the fragment: what follows it is sent to no server and stands in no server's log.
    let link = format!("{}/reset-password#{token}", app.institute.public_url);
    let (subject, reason) = match occasion {
        Occasion::Forgotten => (
            format!("A new password for {institute}"),
            "Somebody, we hope you, asked for a new password for your account. If it was not you, do nothing: your password stays \
             as it is.",
        ),
        Occasion::Invited => {
            (format!("Your account at {institute}"), "The office asks you to choose a password for your account.")
        }
    };
    let text = format!(
        "Dear {},\n\n{reason}\n\nChoose it here:\n\n{link}\n\nThe link works once, until {until} (time of the institute). Your user name \
         is {}.\n\n{institute}\n",
        user.full_name, user.username,
    );
    Ok(Mail { to: user.email.clone(), subject, text })
}

/// Whose link this is, if it still holds.
pub(super) async fn find<C: ConnectionTrait>(
    db: &C,
    token: &str,
    now: lamplight_kernel::Timestamp,
) -> Result<Option<UserId>, StoreError> {
    let row = Entity::find_by_id(hex(token.as_bytes())).one(db).await?;
    Ok(row.filter(|row| now.millis() < row.expires_at).map(|row| row.user_id.into()))
}

/// Uses a link up. Says whether it was still there: of two who come with it at once, it is for one of them.
pub(super) async fn spend(tx: &Tx, token: &str) -> Result<bool, StoreError> {
    Ok(Entity::delete_by_id(hex(token.as_bytes())).exec(tx.db()).await?.rows_affected == 1)
}

/// Makes the links of somebody hold no more.
pub(crate) async fn remove(tx: &Tx, user: UserId) -> Result<(), StoreError> {
    let user: Uuid = user.uuid();
    Entity::delete_many().filter(Column::UserId.eq(user)).exec(tx.db()).await?;
    Ok(())
}

/// Forgets links whose time is over.
pub(super) async fn forget(tx: &Tx) -> Result<(), StoreError> {
    Entity::delete_many().filter(Column::ExpiresAt.lte(tx.now().millis())).exec(tx.db()).await?;
    Ok(())
}
