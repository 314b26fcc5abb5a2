//! The columns of a file of students, and the fields of the form that they are.

use lamplight_sheets::Column;

pub(in crate::students) const STUDENT_ID: Column =
    Column::optional("Student ID", &["Student No", "Roll No", "Roll Number"]);
const FIRST_NAME: Column = Column::required("First Name", &["Given Name", "Name"]);
const LAST_NAME: Column = Column::optional("Last Name", &["Family Name", "Surname"]);
const PERSONAL_EMAIL: Column = Column::required("Personal Email", &["Email", "Mail", "Email Address"]);
const MOBILE_NUMBER: Column = Column::required("Mobile Number", &["Mobile", "Phone", "Phone Number", "Mobile No"]);
const COURSE: Column = Column::required("Course Code", &["Course", "Programme"]);
const SEMESTER: Column = Column::optional("Semester", &[]);
const ADMISSION_YEAR: Column = Column::optional("Admission Year", &["Batch", "Batch Year", "Year of Admission"]);
pub(super) const ADMISSION_DATE: Column = Column::optional("Admission Date", &["Date of Admission"]);
const ACADEMIC_STATUS: Column = Column::optional("Academic Status", &["Status"]);
const GENDER: Column = Column::optional("Gender", &["Sex"]);
pub(super) const DATE_OF_BIRTH: Column = Column::optional("Date of Birth", &["DOB", "Birth Date"]);
const CONTACT_NUMBER: Column = Column::optional("Contact Number", &["Contact"]);
const ALTERNATE_CONTACT: Column = Column::optional("Alternate Contact", &["Alternate Number", "Alternate Mobile"]);
const FATHER_NAME: Column = Column::optional("Father Name", &["Father's Name", "Father"]);
const FATHER_MOBILE: Column = Column::optional("Father Mobile", &["Father's Mobile", "Father Phone"]);
const MOTHER_NAME: Column = Column::optional("Mother Name", &["Mother's Name", "Mother"]);
const MOTHER_MOBILE: Column = Column::optional("Mother Mobile", &["Mother's Mobile", "Mother Phone"]);
const ADDRESS: Column = Column::optional("Address", &[]);
const GUARDIAN_DETAILS: Column = Column::optional("Guardian Details", &["Guardian"]);
const NOTES: Column = Column::optional("Notes", &["Remarks"]);

/// Every column, in the order in which a file is written. In a file that adds students, those that are required must be there.
pub(in crate::students) const ALL: [Column; 21] = [
    STUDENT_ID,
    FIRST_NAME,
    LAST_NAME,
    PERSONAL_EMAIL,
    MOBILE_NUMBER,
    COURSE,
    SEMESTER,
    ADMISSION_YEAR,
    ADMISSION_DATE,
    ACADEMIC_STATUS,
    GENDER,
    DATE_OF_BIRTH,
    CONTACT_NUMBER,
    ALTERNATE_CONTACT,
    FATHER_NAME,
    FATHER_MOBILE,
    MOTHER_NAME,
    MOTHER_MOBILE,
    ADDRESS,
    GUARDIAN_DETAILS,
    NOTES,
];

/// The fields of the form, each with its column.
pub(super) const FIELDS: [(&str, Column); 20] = [
    ("firstName", FIRST_NAME),
    ("lastName", LAST_NAME),
    ("personalEmail", PERSONAL_EMAIL),
    ("mobileNumber", MOBILE_NUMBER),
    ("courseEnrolled", COURSE),
    ("semester", SEMESTER),
    ("admissionYear", ADMISSION_YEAR),
    ("admissionDate", ADMISSION_DATE),
    ("academicStatus", ACADEMIC_STATUS),
    ("gender", GENDER),
    ("dateOfBirth", DATE_OF_BIRTH),
    ("contactNumber", CONTACT_NUMBER),
    ("alternateContact", ALTERNATE_CONTACT),
    ("fatherName", FATHER_NAME),
    ("fatherMobile", FATHER_MOBILE),
    ("motherName", MOTHER_NAME),
    ("motherMobile", MOTHER_MOBILE),
    ("address", ADDRESS),
    ("guardianDetails", GUARDIAN_DETAILS),
    ("notes", NOTES),
];

/// The same columns for a file that changes students who are there: nothing but their ids must be in it.
pub(super) fn of_changes() -> Vec<Column> {
    ALL.iter().map(|column| Column { required: column.name == STUDENT_ID.name, ..*column }).collect()
}
