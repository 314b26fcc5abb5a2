//! Searching: what somebody typed, as patterns for `LIKE ... ESCAPE '\\'`; and, for students and accounts, of which there may be many, by
//! an index of parts of words (`m0034_search.rs` in `lamplight_store`).

use lamplight_kernel::{PageRequest, Pagination};
use lamplight_store::StoreError;
use sea_orm::{
    ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, PaginatorTrait, QuerySelect, Select,
    sea_query::{BinOper, Condition, Expr, ExprTrait, LikeExpr, Query, SelectStatement},
};
use uuid::Uuid;

/// More words than these narrow nothing down and cost the database.
const MAX_WORDS: usize = 8;
/// How many rows a search counts. Nobody reads so many; whoever has them types another word.
pub(crate) const MANY: u64 = 2_000;
/// So many ids are named in a statement. A list that names a thousand took PostgreSQL three times as long as one that looks them up again.
const FEW: usize = 100;
/// What the index knows are three letters.
const LETTERS: usize = 3;

/// A pattern for each word: in lower case, found anywhere, with the wildcards of LIKE standing for themselves.
pub(crate) fn patterns(search: Option<&str>) -> impl Iterator<Item = String> {
    words(search).map(|word| pattern(&word))
}

fn words(search: Option<&str>) -> impl Iterator<Item = String> {
    search.unwrap_or_default().split_whitespace().take(MAX_WORDS).map(str::to_lowercase)
}

fn pattern(word: &str) -> String {
    format!("%{}%", word.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_"))
}

/// A table of what is searched, its index, and the rows they are of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Index {
    rows: &'static str,
    texts: &'static str,
    parts: &'static str,
}

/// By name, human id, mail addresses and mobile number.
pub(crate) const STUDENTS: Index = Index { rows: "students", texts: "student_search", parts: "student_search_index" };
/// By user name, mail address and full name.
pub(crate) const USERS: Index = Index { rows: "users", texts: "user_search", parts: "user_search_index" };

impl Index {
    /// Which rows have every word somewhere; `None` when no word was typed.
    ///
    /// A few are looked up by the index, and then sorted. Where there are many, the list is gone through in its order until a page is full:
    /// that needs a look at few rows, because so many have the words.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn found<C: ConnectionTrait>(
        self,
        db: &C,
        search: Option<&str>,
    ) -> Result<Option<Condition>, StoreError> {
        let words: Vec<String> = words(search).collect();
        if words.is_empty() {
            return Ok(None);
        }
        let look_up = self.look_up(db.get_database_backend(), &words);
        let looked_up = db.query_all(&look_up).await?;
        let found = if looked_up.len() as u64 > MANY {
            let of_row = Expr::col((self.texts, "id")).equals((self.rows, "id"));
            let text = Query::select().column("text").from(self.texts).and_where(of_row).to_owned();
            let text = || Expr::SubQuery(None, Box::new(text.clone().into()));
            words.iter().fold(Condition::all(), |all, word| all.add(text().like(like(word))))
        } else if looked_up.len() > FEW {
            Condition::all().add(Expr::col((self.rows, "id")).in_subquery(look_up))
        } else {
            // Not again, although the list and its length both need them: PostgreSQL reads much of its index for a word of common parts.
            let ids = looked_up.iter().map(|row| row.try_get_by_index::<Uuid>(0)).collect::<Result<Vec<_>, _>>()?;
            Condition::all().add(Expr::col((self.rows, "id")).is_in(ids))
        };
        Ok(Some(found))
    }

    /// The ids of the rows, by the index; of many, more than enough to know that there are many.
    fn look_up(self, backend: DbBackend, words: &[String]) -> SelectStatement {
        let mut found = Query::select();
        found.column("id").from(self.texts).limit(MANY + 1);
        // PostgreSQL uses its index for LIKE.
        let (indexed, read): (Vec<_>, Vec<_>) =
            words.iter().partition(|word| backend == DbBackend::Sqlite && word.chars().count() >= LETTERS);
        let is_all = read.is_empty();
        for word in read {
            found.and_where(Expr::col("text").like(like(word)));
        }
        if !indexed.is_empty() {
            // In quotes each is a string and nothing else: https://www.sqlite.org/fts5.html#fts5_strings
            let strings: Vec<String> =
                indexed.iter().map(|word| format!("\"{}\"", word.replace('"', "\"\""))).collect();
            let matches = Expr::col(self.parts).binary(BinOper::Custom("MATCH"), strings.join(" AND "));
            let mut rows = Query::select();
            rows.column("rowid").from(self.parts).and_where(matches);
            if is_all {
                // Here too, or all are found before the first is taken.
                rows.limit(MANY + 1);
            }
            found.and_where(Expr::col("number").in_subquery(rows));
        }
        found
    }
}

fn like(word: &str) -> LikeExpr {
    LikeExpr::new(pattern(word)).escape('\\')
}

/// Where a page stands among what was found, which is counted up to [`MANY`].
///
/// # Errors
/// When the database fails.
pub(crate) async fn count_found<C, E>(db: &C, found: Select<E>, page: PageRequest) -> Result<Pagination, StoreError>
where
    C: ConnectionTrait,
    E: EntityTrait,
    E::Model: FromQueryResult + Sized + Send + Sync,
{
    let count = found.limit(MANY + 1).count(db).await?;
    Ok(Pagination { is_more: count > MANY, ..Pagination::new(page, Ord::min(count, MANY)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_themselves_and_words_are_bounded() {
        assert_eq!(patterns(Some(r" 100% A_b\ ")).collect::<Vec<_>>(), [r"%100\%%", r"%a\_b\\%"]);
        assert_eq!(patterns(None).count(), 0);
        assert_eq!(patterns(Some(&"x ".repeat(5000))).count(), MAX_WORDS);
    }
}
