//! Rows on their way: read from one database, hashed in a form that both share, written to the other.

use futures_util::{StreamExt, TryStreamExt, stream::BoxStream};
use sha2::{Digest as _, Sha256};
use sqlx::{
    AssertSqlSafe, PgConnection, Row as _, SqliteConnection,
    postgres::{PgCopyIn, PgRow},
    sqlite::SqliteRow,
};
use uuid::Uuid;

use super::{
    MoveError, Side,
    catalogue::{Column, Kind, Table, quoted},
};

/// Bytes that are sent to PostgreSQL at once.
const SEND: usize = 256 * 1024;
/// Rows of one INSERT; fewer when they have many columns, because SQLite binds at most 32,766 values.
const INSERT_ROWS: usize = 500;
const MOST_VALUES: usize = 32_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    Null,
    Integer(i64),
    Text(String),
    Uuid(Uuid),
    Bytes(Vec<u8>),
}

/// The rows of a table as a set: how many, and the sum of their SHA-256 modulo 2^256. The sum does not depend on the order, in which
/// two databases need not agree; it is against accidents, not against somebody who looks for rows of the same sum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Contents {
    /// How many rows.
    pub rows: u64,
    sum: [u64; 4],
}

impl Contents {
    fn add(&mut self, row: &[Cell]) {
        let mut hasher = Sha256::new();
        let mut part = |tag: u8, bytes: &[u8]| {
            hasher.update([tag]);
            hasher.update((bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        for cell in row {
            match cell {
                Cell::Null => part(0, &[]),
                Cell::Integer(number) => part(1, &number.to_le_bytes()),
                Cell::Text(text) => part(2, text.as_bytes()),
                Cell::Uuid(id) => part(3, id.as_bytes()),
                Cell::Bytes(bytes) => part(4, bytes),
            }
        }
        let hash: [u8; 32] = hasher.finalize().into();
        let mut carry = false;
        for (word, bytes) in self.sum.iter_mut().zip(hash.chunks_exact(8)) {
            let added = u64::from_le_bytes(bytes.try_into().unwrap_or_default());
            let (sum, over) = word.overflowing_add(added);
            let (sum, again) = sum.overflowing_add(u64::from(carry));
            (*word, carry) = (sum, over || again);
        }
        self.rows += 1;
    }
}

/// Copies a table; gives what was read.
pub(super) async fn copy(
    from: &mut Side,
    to: &mut Side,
    table: &Table,
    said: &mut impl FnMut(u64),
) -> Result<Contents, MoveError> {
    let mut contents = Contents::default();
    let may_hold_nul = matches!(to, Side::Sqlite { .. });
    let mut sink = Sink::open(to, table).await?;
    let mut rows = read(from, table);
    while let Some(row) = rows.try_next().await? {
        contents.add(&row);
        for (cell, column) in row.iter().zip(&table.columns) {
            if let Cell::Text(text) = cell
                && !may_hold_nul
                && text.contains('\0')
            {
                return Err(MoveError::Nul { table: table.name.clone(), column: column.name.clone() });
            }
        }
        sink.put(row).await?;
        said(contents.rows);
    }
    sink.finish().await?;
    Ok(contents)
}

/// What a table holds.
pub(super) async fn contents(side: &mut Side, table: &Table) -> Result<Contents, MoveError> {
    let mut contents = Contents::default();
    let mut rows = read(side, table);
    while let Some(row) = rows.try_next().await? {
        contents.add(&row);
    }
    Ok(contents)
}

pub(super) async fn count(side: &mut Side, table: &str) -> Result<u64, MoveError> {
    let sql = AssertSqlSafe(format!("SELECT count(*) FROM {}", quoted(table)));
    let count: i64 = match side {
        Side::Sqlite { db, .. } => sqlx::query_scalar(sql).fetch_one(db).await?,
        Side::Postgres { db } => sqlx::query_scalar(sql).fetch_one(db).await?,
    };
    Ok(u64::try_from(count).unwrap_or(0))
}

fn read<'a>(side: &'a mut Side, table: &'a Table) -> BoxStream<'a, Result<Vec<Cell>, MoveError>> {
    let from = quoted(&table.name);
    match side {
        Side::Sqlite { db, .. } => {
            let sql = format!("SELECT {} FROM {from}", table.column_list());
            let rows = sqlx::query(AssertSqlSafe(sql)).fetch(db);
            rows.map(move |row| sqlite_row(&row?, table)).boxed()
        }
        Side::Postgres { db } => {
            let wanted = |column: &Column| match column.kind {
                Kind::Integer => format!("{}::bigint", quoted(&column.name)),
                _ => quoted(&column.name),
            };
            let columns: Vec<String> = table.columns.iter().map(wanted).collect();
            let rows = sqlx::query(AssertSqlSafe(format!("SELECT {} FROM {from}", columns.join(", ")))).fetch(db);
            rows.map(move |row| postgres_row(&row?, table)).boxed()
        }
    }
}

/// SQLite keeps whatever it was given, whatever a column was declared to be: what is of another kind is refused, not guessed at.
fn sqlite_row(row: &SqliteRow, table: &Table) -> Result<Vec<Cell>, MoveError> {
    use sqlx::{TypeInfo as _, ValueRef as _};
    let cell = |(index, column): (usize, &Column)| {
        let value = row.try_get_raw(index)?;
        let kept = value.type_info().name().to_owned();
        if value.is_null() {
            return Ok(Cell::Null);
        }
        Ok(match (column.kind, kept.as_str()) {
            (Kind::Integer, "INTEGER") => Cell::Integer(row.try_get_unchecked(index)?),
            (Kind::Text, "TEXT") => Cell::Text(row.try_get_unchecked(index)?),
            (Kind::Uuid, "BLOB") => Cell::Uuid(row.try_get_unchecked(index)?),
            (Kind::Bytes, "BLOB") => Cell::Bytes(row.try_get_unchecked(index)?),
            _ => {
                let (table, column) = (table.name.clone(), column.name.clone());
                return Err(MoveError::Value { table, column, kept });
            }
        })
    };
    table.columns.iter().enumerate().map(cell).collect()
}

fn postgres_row(row: &PgRow, table: &Table) -> Result<Vec<Cell>, MoveError> {
    let cell = |(index, column): (usize, &Column)| {
        let cell = match column.kind {
            Kind::Integer => row.try_get::<Option<i64>, _>(index)?.map(Cell::Integer),
            Kind::Text => row.try_get::<Option<String>, _>(index)?.map(Cell::Text),
            Kind::Uuid => row.try_get::<Option<Uuid>, _>(index)?.map(Cell::Uuid),
            Kind::Bytes => row.try_get::<Option<Vec<u8>>, _>(index)?.map(Cell::Bytes),
        };
        Ok(cell.unwrap_or(Cell::Null))
    };
    table.columns.iter().enumerate().map(cell).collect()
}

/// Where rows go.
enum Sink<'a> {
    /// In the text format of COPY, which needs no types.
    Copy {
        copy: PgCopyIn<&'a mut PgConnection>,
        buffer: Vec<u8>,
    },
    Insert {
        db: &'a mut SqliteConnection,
        table: &'a Table,
        rows: Vec<Vec<Cell>>,
        at_once: usize,
    },
}

impl<'a> Sink<'a> {
    async fn open(side: &'a mut Side, table: &'a Table) -> Result<Self, MoveError> {
        Ok(match side {
            Side::Postgres { db } => {
                let sql = format!("COPY {} ({}) FROM STDIN", quoted(&table.name), table.column_list());
                Self::Copy { copy: db.copy_in_raw(&sql).await?, buffer: Vec::with_capacity(2 * SEND) }
            }
            Side::Sqlite { db, .. } => {
                let at_once = (MOST_VALUES / table.columns.len().max(1)).clamp(1, INSERT_ROWS);
                Self::Insert { db, table, rows: Vec::with_capacity(at_once), at_once }
            }
        })
    }

    async fn put(&mut self, row: Vec<Cell>) -> Result<(), MoveError> {
        match self {
            Self::Copy { copy, buffer } => {
                write_line(buffer, &row);
                if buffer.len() >= SEND {
                    copy.send(buffer.as_slice()).await?;
                    buffer.clear();
                }
            }
            Self::Insert { db, table, rows, at_once } => {
                rows.push(row);
                if rows.len() >= *at_once {
                    insert(db, table, rows).await?;
                }
            }
        }
        Ok(())
    }

    async fn finish(self) -> Result<(), MoveError> {
        match self {
            Self::Copy { mut copy, buffer } => {
                copy.send(buffer.as_slice()).await?;
                copy.finish().await?;
            }
            Self::Insert { db, table, mut rows, .. } => insert(db, table, &mut rows).await?,
        }
        Ok(())
    }
}

async fn insert(db: &mut SqliteConnection, table: &Table, rows: &mut Vec<Vec<Cell>>) -> Result<(), MoveError> {
    if rows.is_empty() {
        return Ok(());
    }
    let row = format!("({})", vec!["?"; table.columns.len()].join(", "));
    let values = vec![row.as_str(); rows.len()].join(", ");
    let sql = format!("INSERT INTO {} ({}) VALUES {values}", quoted(&table.name), table.column_list());
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for cell in rows.drain(..).flatten() {
        query = match cell {
            Cell::Null => query.bind(Option::<i64>::None),
            Cell::Integer(number) => query.bind(number),
            Cell::Text(text) => query.bind(text),
            Cell::Uuid(id) => query.bind(id),
            Cell::Bytes(bytes) => query.bind(bytes),
        };
    }
    query.execute(db).await?;
    Ok(())
}

fn write_line(buffer: &mut Vec<u8>, row: &[Cell]) {
    use std::io::Write as _;
    for (index, cell) in row.iter().enumerate() {
        if index > 0 {
            buffer.push(b'\t');
        }
        // Writing into memory does not fail.
        let _ = match cell {
            Cell::Null => write!(buffer, "\\N"),
            Cell::Integer(number) => write!(buffer, "{number}"),
            Cell::Uuid(id) => write!(buffer, "{id}"),
            Cell::Bytes(bytes) => {
                buffer.extend_from_slice(b"\\\\x");
                bytes.iter().try_for_each(|byte| write!(buffer, "{byte:02x}"))
            }
            Cell::Text(text) => {
                for byte in text.bytes() {
                    match byte {
                        b'\\' => buffer.extend_from_slice(b"\\\\"),
                        b'\n' => buffer.extend_from_slice(b"\\n"),
                        b'\r' => buffer.extend_from_slice(b"\\r"),
                        b'\t' => buffer.extend_from_slice(b"\\t"),
                        byte => buffer.push(byte),
                    }
                }
                Ok(())
            }
        };
    }
    buffer.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashed(rows: &[Vec<Cell>]) -> Contents {
        let mut contents = Contents::default();
        rows.iter().for_each(|row| contents.add(row));
        contents
    }

    #[test]
    fn contents_are_a_set_that_forgets_nothing() {
        let text = |text: &str| Cell::Text(text.to_owned());
        let (a, b) = (vec![text("a"), Cell::Null], vec![text("b"), Cell::Integer(0)]);
        assert_eq!(hashed(&[a.clone(), b.clone()]), hashed(&[b, a.clone()]));
        // None of these is another.
        let all = [
            vec![],
            vec![a.clone()],
            vec![a.clone(), a],
            vec![vec![Cell::Null, text("a")]],
            vec![vec![text("a"), text("")]],
            vec![vec![text(""), text("a")]],
            vec![vec![text("a"), Cell::Integer(0)]],
            vec![vec![Cell::Bytes(b"a".to_vec()), Cell::Null]],
        ];
        for (index, one) in all.iter().enumerate() {
            for other in &all[index + 1..] {
                assert_ne!(hashed(one), hashed(other), "{one:?} {other:?}");
            }
        }
    }
}
