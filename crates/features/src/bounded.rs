//! How long a list is, without counting all of it.

use lamplight_store::StoreError;
use sea_orm::{
    ConnectionTrait, EntityTrait, QuerySelect, QueryTrait, Select,
    sea_query::{Alias, Asterisk, Expr, Func, Query},
};

/// Lists of what grows with every day (attendance, marks) say how many rows they have up to here. Whoever has more narrows the list; to
/// count a million rows for a page of fifty would make the page slower with every year.
pub(crate) const MOST_COUNTED: u64 = 10_000;

/// How many rows a query finds, [`MOST_COUNTED`] at most.
pub(crate) async fn count<C: ConnectionTrait, E: EntityTrait>(db: &C, found: Select<E>) -> Result<u64, StoreError> {
    let some = found.select_only().expr_as(Expr::value(1), "one").limit(MOST_COUNTED).into_query();
    let count =
        Query::select().expr(Func::count(Expr::col(Asterisk))).from_subquery(some, Alias::new("counted")).to_owned();
    let row = db.query_one(&count).await?;
    let count = row.map(|row| row.try_get_by_index::<i64>(0)).transpose()?.unwrap_or(0);
    Ok(u64::try_from(count).unwrap_or(0))
}
