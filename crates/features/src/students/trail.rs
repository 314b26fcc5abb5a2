//! A student in texts, field by field: for the audit, and for what a file would change.

use lamplight_kernel::StudentId;

use super::{entity::Model, form::Ground};
use crate::audit::{Act, Kind};

/// The fields of the form, in the order of [`texts`].
pub(super) const FIELDS: [&str; 20] = [
    "firstName",
    "lastName",
    "personalEmail",
    "mobileNumber",
    "courseEnrolled",
    "semester",
    "admissionYear",
    "admissionDate",
    "academicStatus",
    "gender",
    "dateOfBirth",
    "contactNumber",
    "alternateContact",
    "fatherName",
    "fatherMobile",
    "motherName",
    "motherMobile",
    "address",
    "guardianDetails",
    "notes",
];

/// A student as a file would say it.
pub(super) fn texts(row: &Model, ground: &Ground) -> [String; FIELDS.len()] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        row.first_name.clone(),
        row.last_name.clone(),
        text(&row.personal_email),
        text(&row.mobile_number),
        ground.courses.get(&row.course_id).map(|course| course.code.clone()).unwrap_or_default(),
        row.semester.to_string(),
        row.batch_year.to_string(),
        text(&row.admission_date),
        row.academic_status.clone(),
        text(&row.gender),
        text(&row.date_of_birth),
        text(&row.contact_number),
        text(&row.alternate_contact),
        text(&row.father_name),
        text(&row.father_mobile),
        text(&row.mother_name),
        text(&row.mother_mobile),
        text(&row.address),
        text(&row.guardian_details),
        text(&row.notes),
    ]
}

/// Something that was done to a student.
pub(super) fn act(action: &'static str, row: &Model) -> Act {
    let label = format!("{} {}", row.student_id, row.full_name());
    Act::new(Kind::Students, action, StudentId::from(row.id), label)
}

/// A student was added, with what was said about them.
pub(super) fn added(row: &Model, ground: &Ground) -> Act {
    let said = FIELDS.iter().zip(texts(row, ground)).filter(|(_, text)| !text.is_empty());
    said.fold(act("added", row), |act, (field, text)| act.noted(field, &text))
}

/// A student was changed, with what each field was and is.
pub(super) fn changed(before: &Model, after: &Model, ground: &Ground) -> Act {
    let both = texts(before, ground).into_iter().zip(texts(after, ground));
    FIELDS.iter().zip(both).fold(act("changed", after), |act, (field, (old, new))| act.changed(field, &old, &new))
}
