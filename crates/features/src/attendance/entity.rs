//! The tables, as rows. Words are texts here; [`super::store`] reads them back.

macro_rules! table {
    ($module:ident, $table:literal { $($(#[$attr:meta])* $field:ident: $kind:ty),+ $(,)? }) => {
        pub(super) mod $module {
            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub(crate) struct Model {
                #[sea_orm(primary_key, auto_increment = false)]
                pub(crate) id: Uuid,
                $($(#[$attr])* pub(crate) $field: $kind),+
            }
            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub(crate) enum Relation {}
            impl ActiveModelBehavior for ActiveModel {}
        }
    };
}

table!(records, "attendance" {
    student_id: Uuid,
    course_id: Uuid,
    semester: i32,
    subject: String,
    subject_key: String,
    /// `YYYY-MM-DD`.
    date: String,
    session: String,
    kind: String,
    status: String,
    minutes_attended: i32,
    minutes_total: i32,
    remarks: Option<String>,
    class_id: Option<Uuid>,
    /// The status that its student takes for settled; nothing while it stands on an open board.
    told: Option<String>,
    recorded_by: Uuid,
    recorded_at: i64,
    updated_at: i64,
    rev: i32,
});

table!(history, "attendance_history" {
    attendance_id: Uuid,
    student_id: Uuid,
    course_id: Uuid,
    date: String,
    subject_key: String,
    session: String,
    action: String,
    /// [`super::super::store::Said`] as JSON.
    before: Option<String>,
    after: Option<String>,
    reason: Option<String>,
    way: String,
    by: Uuid,
    at: i64,
    rev: i32,
});

table!(taps, "attendance_taps" {
    class_id: Uuid,
    student_id: Uuid,
    status: Option<String>,
    minutes_attended: i32,
    by: Uuid,
    at: i64,
    received_at: i64,
});

table!(classes, "attendance_classes" {
    course_id: Uuid,
    semester: i32,
    subject: String,
    subject_key: String,
    /// `YYYY-MM-DD`.
    date: String,
    session: String,
    kind: String,
    minutes_total: i32,
    opened_by: Uuid,
    opened_at: i64,
    closed_at: Option<i64>,
});

/// What records add up to ([`super::sums`]).
pub(super) mod sums {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "attendance_sums")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) student_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) course_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) semester: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) subject_key: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) kind: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) status: String,
        /// As it was written last.
        pub(crate) subject: String,
        pub(crate) classes: i64,
        pub(crate) minutes_attended: i64,
        pub(crate) minutes_total: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}
