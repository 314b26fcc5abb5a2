//! Migrations: one text for both databases, one file for each noun, in the order they came to be.
//!
//! A migration that has been released is never edited; the next change is a new file. Expand first (add the column,
//! write both), contract in a later release (drop the old one), so that two versions can run side by side while a
//! cluster is upgraded. Kinds of columns, the same on both databases: ids are UUIDs, moments are `BIGINT` milliseconds
//! since 1970, dates are `TEXT` as `YYYY-MM-DD`, lists and documents are JSON in `TEXT`.

use sea_orm::DatabaseConnection;
use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, binary, integer, integer_null, string, string_null, text, text_null, uuid,
        uuid_null,
    },
};

use crate::StoreError;

mod m0001_event_log;
mod m0002_users;
mod m0003_courses;
mod m0004_students;
mod m0005_faculty;
mod m0006_uploads;
mod m0007_downloads;
mod m0008_signing_key;
mod m0009_attendance;
mod m0010_marks;
mod m0011_regulations;
mod m0012_notifications;
mod m0013_student_records;
mod m0014_imports;
mod m0015_student_admissions;
mod m0016_audit;
mod m0017_sessions;
mod m0018_accounts;
mod m0019_attendance_told;
mod m0021_courses_and_faculty;
mod m0022_institute_settings;
mod m0030_hold;
mod m0031_attendance_sums;
mod m0032_users_newest;
pub(crate) mod m0033_counts;
pub(crate) mod m0034_search;
mod m0035_uploads_removal;

struct Migrations;

impl MigratorTrait for Migrations {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_event_log::Migration),
            Box::new(m0002_users::Migration),
            Box::new(m0003_courses::Migration),
            Box::new(m0004_students::Migration),
            Box::new(m0005_faculty::Migration),
            Box::new(m0006_uploads::Migration),
            Box::new(m0007_downloads::Migration),
            Box::new(m0008_signing_key::Migration),
            Box::new(m0009_attendance::Migration),
            Box::new(m0010_marks::Migration),
            Box::new(m0011_regulations::Migration),
            Box::new(m0012_notifications::Migration),
            Box::new(m0013_student_records::Migration),
            Box::new(m0014_imports::Migration),
            Box::new(m0015_student_admissions::Migration),
            Box::new(m0016_audit::Migration),
            Box::new(m0017_sessions::Migration),
            Box::new(m0018_accounts::Migration),
            Box::new(m0019_attendance_told::Migration),
            Box::new(m0021_courses_and_faculty::Migration),
            Box::new(m0022_institute_settings::Migration),
            Box::new(m0030_hold::Migration),
            Box::new(m0031_attendance_sums::Migration),
            Box::new(m0032_users_newest::Migration),
            Box::new(m0033_counts::Migration),
            Box::new(m0034_search::Migration),
            Box::new(m0035_uploads_removal::Migration),
        ]
    }
}

/// The name of each, as the database keeps it when it has been carried out.
pub(crate) fn names() -> Vec<String> {
    Migrations::migrations().iter().map(|migration| migration.name().to_owned()).collect()
}

/// Brings the tables up to date. Refuses a database that a newer version has migrated further.
pub(crate) async fn run(db: &DatabaseConnection) -> Result<(), StoreError> {
    match Migrations::up(db, None).await {
        Ok(()) => Ok(()),
        Err(DbErr::Custom(text)) if text.contains("missing") => {
            tracing::error!(%text, "unknown migrations in the database");
            Err(StoreError::Newer)
        }
        Err(error) => Err(error.into()),
    }
}

/// A primary key of one UUID column.
fn id_key() -> ColumnDef {
    uuid("id").primary_key().take()
}

/// A column that refers to the `id` of another table; the row it points to can't be deleted while this one stands.
fn refers(column: &str, table: &str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .from_col(Alias::new(column))
        .to(Alias::new(table), Alias::new("id"))
        .on_delete(ForeignKeyAction::Restrict)
        .take()
}

/// The same, but the row goes with the one it points to.
fn belongs_to(column: &str, table: &str) -> ForeignKeyCreateStatement {
    refers(column, table).on_delete(ForeignKeyAction::Cascade).take()
}

fn index(table: &str, columns: &[&str]) -> IndexCreateStatement {
    let mut statement = Index::create();
    statement.name(format!("{table}_{}", columns.join("_"))).table(Alias::new(table));
    for column in columns {
        statement.col(Alias::new(*column));
    }
    statement
}
