//! An account as its owner's pages show it.

use std::collections::HashMap;

use lamplight_auth::Role;
use lamplight_kernel::{CourseId, Timestamp, UserId};
use lamplight_store::StoreError;
use sea_orm::ConnectionTrait;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::store::{entity, moment};
use crate::{
    App,
    courses::{self, CourseName},
    faculty, students,
};

/// Somebody who is signed in, as their own pages show them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    /// Their id.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    id: UserId,
    /// The name they sign in with.
    username: String,
    /// The address they sign in with.
    email: String,
    /// What they are.
    #[schema(schema_with = crate::wire::roles)]
    role: Role,
    /// Whether they may sign in.
    is_active: bool,
    /// Always `false`: the existing client sends who must change their password to a page it does not have.
    needs_password_reset: bool,
    /// Whether somebody else knows their password, so that they are to choose another. Our own pages ask them to.
    must_change_password: bool,
    /// When they signed in last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>, format = DateTime)]
    last_login: Option<Timestamp>,
    /// What belongs to their role.
    profile: Profile,
}

/// What the institute knows of somebody: the name of everybody, the rest by their role.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = UserProfile)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Profile {
    /// What the institute calls them.
    pub(crate) full_name: String,
    /// How to reach them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) contact_number: Option<String>,
    /// The id of the student's or faculty member's record.
    #[serde(rename = "_id", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) id: Option<String>,
    /// A student's human id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) student_id: Option<String>,
    /// The semester a student is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) semester: Option<i32>,
    /// The year a student began.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) batch_year: Option<i32>,
    /// `Active`, `On Leave` and so on, of a student.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) academic_status: Option<String>,
    /// What a student studies.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) course_enrolled: Option<CourseName>,
    /// The institute's own number for a faculty member.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) faculty_id: Option<String>,
    /// The institute's own number for an administrator.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) employee_id: Option<String>,
    /// Of faculty and administrators: `Lecturer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) designation: Option<String>,
    /// Of faculty and administrators: `Pediatric Nursing`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) department: Option<String>,
}

/// What belongs to the roles of these people.
pub(crate) async fn profiles<C: ConnectionTrait>(
    db: &C,
    rows: &[entity::Model],
) -> Result<HashMap<Uuid, Profile>, StoreError> {
    let of = |role: Role| rows.iter().filter(move |row| row.role == role.as_str()).map(|row| UserId::from(row.id));
    let mut faculty = faculty::find_by_users(db, of(Role::Faculty)).await?;
    let mut students = students::find_by_users(db, of(Role::Student)).await?;
    let names = courses::find_names_of(db, students.values().map(|student| student.course_id.into())).await?;
    let profile = |row: &entity::Model| {
        let mut profile = Profile {
            full_name: row.full_name.clone(),
            contact_number: row.contact_number.clone(),
            employee_id: row.employee_id.clone(),
            designation: row.designation.clone(),
            department: row.department.clone(),
            ..Profile::default()
        };
        if let Some(record) = faculty.remove(&row.id) {
            profile.id = Some(record.id.to_string());
            profile.faculty_id = Some(record.faculty_id);
            profile.contact_number = Some(record.contact_number).filter(|number| !number.is_empty());
            profile.designation = Some(record.designation);
            profile.department = Some(record.department);
        }
        if let Some(record) = students.remove(&row.id) {
            let course = CourseId::from(record.course_id);
            profile.id = Some(record.id.to_string());
            profile.student_id = Some(record.student_id);
            profile.contact_number = record.contact_number;
            profile.semester = Some(record.semester);
            profile.batch_year = Some(record.batch_year);
            profile.academic_status = Some(record.academic_status);
            profile.course_enrolled = names.get(&course).map(|(code, name)| CourseName {
                id: course,
                course_code: code.clone(),
                course_name: name.clone(),
            });
        }
        (row.id, profile)
    };
    Ok(rows.iter().map(profile).collect())
}

/// An account as its owner sees it.
pub(super) async fn shown(app: &App, row: entity::Model) -> Result<User, StoreError> {
    let id = UserId::from(row.id);
    let role: Role =
        row.role.parse().map_err(|()| StoreError::Corrupt { table: "users", what: format!("{id}: unknown role") })?;
    let profile = profiles(app.store.reader(), std::slice::from_ref(&row)).await?.remove(&row.id).unwrap_or_default();
    Ok(User {
        id,
        username: row.username,
        email: row.email,
        role,
        is_active: row.is_active != 0,
        needs_password_reset: false,
        must_change_password: row.must_change_password != 0,
        last_login: row.last_login_at.map(moment),
        profile,
    })
}
