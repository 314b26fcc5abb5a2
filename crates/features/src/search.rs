//! Searching: what somebody typed, as patterns for `LIKE ... ESCAPE '\\'`; and, for students and accounts, of which there may be many, by
//! an index of parts of words (`m0034_search.rs` in `lamplight_store`).

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use lamplight_kernel::{PageRequest, Pagination};
use lamplight_store::StoreError;
use sea_orm::{
    ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, PaginatorTrait, QuerySelect, Select,
    sea_query::{BinOper, Condition, Expr, ExprTrait, Func, LikeExpr, Query, SelectStatement},
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
/// So many texts are looked at for what is common in them.
const SAMPLE: u64 = 500;
/// A part of words that so many of a hundred texts have is common.
const COMMON: usize = 12;
/// How long what was found in a sample is held for true. It is a matter of speed only: every word is looked for whole, too.
const FRESH: Duration = Duration::from_secs(3600);

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

/// Three letters or digits, in ASCII: what `pg_trgm` takes for a part of a word whatever the language of the database.
type Part = [u8; LETTERS];
type Parts = Arc<HashSet<Part>>;

fn parts(text: &str) -> impl Iterator<Item = Part> {
    let parts = text.as_bytes().windows(LETTERS).filter_map(|part| Part::try_from(part).ok());
    parts.filter(|part| part.iter().all(u8::is_ascii_alphanumeric))
}

/// Parts of words that many of the texts have, found in a sample and looked at anew from time to time.
///
/// PostgreSQL reads of its index all rows of every part that it looks for, and a part that many have spares it little. Measured on PostgreSQL 15
/// with 100,000 texts in which six parts of `student7777@` are in all: 1.3 ms, and 0.02 with the other parts alone.
#[derive(Debug, Clone, Default)]
pub struct Common(Arc<Mutex<HashMap<&'static str, (Instant, Parts)>>>);

impl Common {
    async fn of<C: ConnectionTrait>(&self, db: &C, index: Index) -> Result<Parts, StoreError> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(index.texts).cloned();
        if let Some((at, common)) = known
            && at.elapsed() < FRESH
        {
            return Ok(common);
        }
        let texts = index.sample(db).await?;
        let mut counts: HashMap<Part, usize> = HashMap::new();
        for text in &texts {
            for part in parts(text).collect::<HashSet<_>>() {
                *counts.entry(part).or_default() += 1;
            }
        }
        counts.retain(|_, count| *count * 100 >= texts.len() * COMMON);
        let common: Parts = Arc::new(counts.into_keys().collect());
        let found = (Instant::now(), Arc::clone(&common));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(index.texts, found);
        Ok(common)
    }
}

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
        common: &Common,
        search: Option<&str>,
    ) -> Result<Option<Condition>, StoreError> {
        let words: Vec<String> = words(search).collect();
        if words.is_empty() {
            return Ok(None);
        }
        let look_up = match db.get_database_backend() {
            DbBackend::Sqlite => self.look_up_sqlite(&words),
            _ => self.look_up_postgres(&words, &*common.of(db, self).await?),
        };
        let looked_up = db.query_all(&look_up).await?;
        let found = if looked_up.len() as u64 > MANY {
            let of_row = Expr::col((self.texts, "id")).equals((self.rows, "id"));
            let text = Query::select().column("text").from(self.texts).and_where(of_row).to_owned();
            let text = || Expr::SubQuery(None, Box::new(text.clone().into()));
            words.iter().fold(Condition::all(), |all, word| all.add(text().like(like(word))))
        } else if looked_up.len() > FEW {
            Condition::all().add(Expr::col((self.rows, "id")).in_subquery(look_up))
        } else {
            // Not again, although the list and its length both need them.
            let ids = looked_up.iter().map(|row| row.try_get_by_index::<Uuid>(0)).collect::<Result<Vec<_>, _>>()?;
            Condition::all().add(Expr::col((self.rows, "id")).is_in(ids))
        };
        Ok(Some(found))
    }

    /// The ids of the rows; of many, more than enough to know that there are many.
    fn ids(self) -> SelectStatement {
        Query::select().column("id").from(self.texts).limit(MANY + 1).to_owned()
    }

    fn look_up_sqlite(self, words: &[String]) -> SelectStatement {
        let mut found = self.ids();
        let (indexed, read): (Vec<_>, Vec<_>) = words.iter().partition(|word| word.chars().count() >= LETTERS);
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

    /// PostgreSQL uses its index for `LIKE` with every part of it, and not at all for `strpos`: so the parts that few have are looked up, where
    /// there are such, and in what that finds each word is looked for whole.
    fn look_up_postgres(self, words: &[String], common: &HashSet<Part>) -> SelectStatement {
        let mut found = self.ids();
        let all: BTreeSet<Part> = words.iter().flat_map(|word| parts(word)).collect();
        let rare: Vec<&str> =
            all.iter().filter(|part| !common.contains(*part)).filter_map(|part| str::from_utf8(part).ok()).collect();
        if rare.is_empty() || rare.len() == all.len() {
            for word in words {
                found.and_where(Expr::col("text").like(like(word)));
            }
        } else {
            for part in rare {
                found.and_where(Expr::col("text").like(like(part)));
            }
            for word in words {
                let place = Func::cust("strpos").arg(Expr::col("text")).arg(word.as_str());
                found.and_where(Expr::expr(place).gt(0));
            }
        }
        found
    }

    /// Some of the texts, from everywhere. Reads all of them, once in a while.
    async fn sample<C: ConnectionTrait>(self, db: &C) -> Result<Vec<String>, StoreError> {
        // What was not counted yet is given as -1.
        let share = format!(
            "random() < {SAMPLE}.0 / (SELECT greatest(reltuples, 1) FROM pg_class WHERE oid = '{}'::regclass)",
            self.texts
        );
        let mut some = Query::select();
        some.column("text").from(self.texts).and_where(Expr::cust(share)).limit(2 * SAMPLE);
        let rows = db.query_all(&some).await?;
        Ok(rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?)
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
    use sea_orm::sea_query::PostgresQueryBuilder;

    use super::*;

    #[test]
    fn wildcards_stand_for_themselves_and_words_are_bounded() {
        assert_eq!(patterns(Some(r" 100% A_b\ ")).collect::<Vec<_>>(), [r"%100\%%", r"%a\_b\\%"]);
        assert_eq!(patterns(None).count(), 0);
        assert_eq!(patterns(Some(&"x ".repeat(5000))).count(), MAX_WORDS);
    }

    #[test]
    fn postgres_looks_up_what_few_have_and_each_word_whole() {
        let common: HashSet<Part> = parts("student nair").collect();
        let asked = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            let sql = STUDENTS.look_up_postgres(&words, &common).to_string(PostgresQueryBuilder);
            sql.split_once("WHERE ")
                .map(|(_, asked)| asked.replace("\"text\"", "t").replace(r" ESCAPE E'\\'", ""))
                .unwrap_or_default()
        };
        assert_eq!(
            asked(&["student77@", "nair"]),
            "t LIKE '%nt7%' AND t LIKE '%t77%' AND strpos(t, 'student77@') > 0 AND strpos(t, 'nair') > 0 LIMIT 2001"
        );
        // Where all have all of it, or few have each part, and where there is no part.
        assert_eq!(asked(&["nair"]), r"t LIKE '%nair%' LIMIT 2001");
        assert_eq!(asked(&["asha", "7_%"]), r"t LIKE '%asha%' AND t LIKE E'%7\\_\\%%' LIMIT 2001");
        assert_eq!(
            asked(&["7_%", "nair", "77a"]),
            "t LIKE '%77a%' AND strpos(t, '7_%') > 0 AND strpos(t, 'nair') > 0 AND strpos(t, '77a') > 0 LIMIT 2001"
        );
    }
}
