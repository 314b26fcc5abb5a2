//! Tries to sign in: how many may fail, by account, by address and by browser, and when the next one may be made.
//!
//! Each bucket holds some tries and gets one back after a while (a generic cell rate algorithm: one number for each bucket). A try is
//! taken before the password is looked at, so that a thousand requests in one moment are not a thousand tries; a right password
//! gives it back. Who finds a bucket empty is told when to come again. That answer depends on what was typed and from where, not on
//! whether there is such an account.
//!
//! Nobody can be kept out by strangers: a browser in which somebody has signed in before, or set a new password by mail, has a
//! bucket of its own (`auth::Devices`) and does not feel those of the account and the address.

use std::{net::IpAddr, time::Duration};

use lamplight_auth::Devices;
use lamplight_http::Visitor;
use lamplight_kernel::{Timestamp, UserId};
use lamplight_store::{StoreError, Tx};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Statement,
    sea_query::{Expr, ExprTrait},
};

use crate::digest::hex;

mod entity {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sign_in_tries")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) bucket: String,
        pub(crate) full_until: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

use entity::{Column, Entity};

/// How many tries a bucket holds, and after how long it gets one back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Limit {
    most: i64,
    every: Duration,
}

/// Of one account (by the name that was typed) or one browser: ten, then one in six minutes.
const ACCOUNT: Limit = Limit { most: 10, every: Duration::from_secs(6 * 60) };
/// Of one address: a whole institute may be behind it, on the first day of a term.
const ADDRESS: Limit = Limit { most: 300, every: Duration::from_secs(12) };
/// Mails with a link, to one address of mail: three, then one in twenty minutes.
const MAIL: Limit = Limit { most: 3, every: Duration::from_secs(20 * 60) };

impl Limit {
    const fn every(self) -> i64 {
        // Constants of minutes.
        self.every.as_secs() as i64 * 1000
    }
}

/// The buckets from which one try is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tries(Vec<(String, Limit)>);

fn of_address(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => format!("address:{address}"),
        // Whoever has one address of version 6 has the whole net.
        IpAddr::V6(address) => format!("address:{:x}", u128::from(address) >> 64),
    }
}

fn of_login(login: &str) -> String {
    // Hashed: now and then somebody types a password where the name belongs.
    format!("login:{}", hex(login.trim().to_lowercase().as_bytes()))
}

impl Tries {
    /// Of signing in with this name; `user` is whose it is, if anybody's.
    pub(super) fn to_sign_in(devices: &Devices, visitor: &Visitor, login: &str, user: Option<UserId>) -> Self {
        let known = user.zip(visitor.mark.as_deref()).and_then(|(user, mark)| devices.read(mark, user));
        if let Some(name) = known {
            return Self(vec![(format!("device:{}", hex(&name)), ACCOUNT)]);
        }
        let address = visitor.address.map(|address| (of_address(address), ADDRESS));
        Self(std::iter::once((of_login(login), ACCOUNT)).chain(address).collect())
    }

    /// Of saying the current password once more while signed in.
    pub(super) fn to_confirm(user: UserId) -> Self {
        Self(vec![(format!("confirm:{user}"), ACCOUNT)])
    }

    /// Of asking for a mail with a link.
    pub(super) fn to_ask_for_mail(visitor: &Visitor, email: &str) -> Self {
        let mail = (format!("mail:{}", hex(email.trim().to_lowercase().as_bytes())), MAIL);
        let address = visitor.address.map(|address| (format!("mail:{}", of_address(address)), ADDRESS));
        Self(std::iter::once(mail).chain(address).collect())
    }

    /// Takes a try from each bucket. With a moment: one is empty until then, and the transaction is to be given up.
    pub(super) async fn take(&self, tx: &Tx) -> Result<Result<(), Timestamp>, StoreError> {
        let now = tx.now().millis();
        for (bucket, limit) in &self.0 {
            let (every, least) = (limit.every(), (limit.most - 1) * limit.every());
            let statement = Statement::from_sql_and_values(
                tx.db().get_database_backend(),
                "INSERT INTO sign_in_tries (bucket, full_until) VALUES ($1, $2) ON CONFLICT (bucket) DO UPDATE \
                 SET full_until = CASE WHEN sign_in_tries.full_until > $3 THEN sign_in_tries.full_until ELSE $3 END + $4 \
                 WHERE sign_in_tries.full_until <= $5",
                [bucket.clone().into(), (now + every).into(), now.into(), every.into(), (now + least).into()],
            );
            if tx.db().execute_raw(statement).await?.rows_affected() == 0 {
                let row = Entity::find_by_id(bucket.clone()).one(tx.db()).await?;
                let full_until = row.map_or(now, |row| row.full_until);
                return Ok(Err(Timestamp::from_millis(full_until - least)));
            }
        }
        Ok(Ok(()))
    }

    /// Gives the try back. The account's bucket, or the browser's, is full again: it was its owner.
    pub(super) async fn give_back(&self, tx: &Tx) -> Result<(), StoreError> {
        for (bucket, limit) in &self.0 {
            if *limit == ACCOUNT {
                Entity::delete_by_id(bucket.clone()).exec(tx.db()).await?;
            } else {
                let update = Entity::update_many()
                    .col_expr(Column::FullUntil, Expr::col(Column::FullUntil).sub(limit.every()))
                    .filter(Column::Bucket.eq(bucket.clone()));
                update.exec(tx.db()).await?;
            }
        }
        Ok(())
    }
}

/// Forgets the failed tries with these names for signing in: their owner has proved who they are in another way.
pub(crate) async fn forgive(tx: &Tx, logins: [&str; 2]) -> Result<(), StoreError> {
    Entity::delete_many().filter(Column::Bucket.is_in(logins.map(of_login))).exec(tx.db()).await?;
    Ok(())
}

/// Forgets buckets that are full again.
pub(super) async fn forget(tx: &Tx) -> Result<(), StoreError> {
    Entity::delete_many().filter(Column::FullUntil.lte(tx.now().millis())).exec(tx.db()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use lamplight_auth::Secret;
    use lamplight_kernel::Chance;

    use super::*;

    fn visitor(address: &str, mark: Option<String>) -> Visitor {
        Visitor { address: address.parse().ok(), user_agent: String::new(), mark, is_own_page: true, is_tls: false }
    }

    #[test]
    fn a_known_browser_does_not_feel_what_strangers_do() {
        let secret = Secret::from_text("0123456789abcdef0123456789abcdef").unwrap();
        let devices = Devices::new(&secret, Chance::system());
        let (asha, bina): (UserId, UserId) =
            (Chance::system().id(Timestamp::from_millis(1)), Chance::system().id(Timestamp::from_millis(1)));
        let strange = Tries::to_sign_in(&devices, &visitor("192.0.2.1", None), "Asha", Some(asha));
        assert_eq!(strange, Tries::to_sign_in(&devices, &visitor("192.0.2.1", None), " asha ", None), "known or not");
        let known = Tries::to_sign_in(&devices, &visitor("192.0.2.1", Some(devices.mark(asha))), "asha", Some(asha));
        assert!(known.0.len() == 1 && !strange.0.contains(&known.0[0]));
        let others = Tries::to_sign_in(&devices, &visitor("192.0.2.1", Some(devices.mark(bina))), "asha", Some(asha));
        assert_eq!(others, strange, "somebody else's browser is a stranger's");
        assert_eq!(of_address("2001:db8::1".parse().unwrap()), of_address("2001:db8::ffff:2".parse().unwrap()));
        assert!(!format!("{strange:?}").to_lowercase().contains("asha"));
    }
}
