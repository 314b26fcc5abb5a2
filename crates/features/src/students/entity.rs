//! The table `students`, as rows.

use sea_orm::entity::prelude::*;

use super::rules::AcademicStatus;

/// A student. Personal data (from `personal_email` to `notes`) are the office's and the student's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "students")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) student_id: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) course_id: Uuid,
    pub(crate) semester: i32,
    pub(crate) batch_year: i32,
    pub(crate) academic_status: String,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) personal_email: Option<String>,
    pub(crate) mobile_number: Option<String>,
    pub(crate) contact_number: Option<String>,
    pub(crate) alternate_contact: Option<String>,
    pub(crate) gender: Option<String>,
    pub(crate) date_of_birth: Option<String>,
    pub(crate) admission_date: Option<String>,
    pub(crate) father_name: Option<String>,
    pub(crate) father_mobile: Option<String>,
    pub(crate) mother_name: Option<String>,
    pub(crate) mother_mobile: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) guardian_details: Option<String>,
    pub(crate) notes: Option<String>,
    pub(crate) archived_at: Option<i64>,
    pub(crate) version: i32,
    pub(crate) search_text: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Whether this student holds a seat, and sits in class: not archived, not gone.
    pub(crate) fn is_enrolled(&self) -> bool {
        self.archived_at.is_none() && self.academic_status.parse().is_ok_and(AcademicStatus::is_enrolled)
    }

    /// Whether this student is in a class of this course, and of this semester where one is said.
    pub(crate) fn is_in(&self, course: Uuid, semester: Option<i32>) -> bool {
        self.is_enrolled() && self.course_id == course && semester.is_none_or(|semester| semester == self.semester)
    }

    /// Given and family name.
    pub(crate) fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }

    /// The same with `search_text` as it must be: what a search looks at, in lower case.
    pub(super) fn searchable(mut self) -> Self {
        let texts = [
            Some(self.full_name()),
            Some(self.student_id.clone()),
            self.personal_email.clone(),
            self.mobile_number.clone(),
        ];
        self.search_text = texts.into_iter().flatten().collect::<Vec<_>>().join(" ").to_lowercase();
        self
    }
}

/// The running numbers of human ids.
pub(super) mod numbers {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "student_numbers")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) course_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) year: i32,
        pub(crate) last: i32,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
