//! What a form, or a row of a file, says about a student: read forgivingly, checked as a whole.

use std::collections::HashMap;

use jiff::civil::Date;
use lamplight_kernel::CourseId;
use lamplight_store::StoreError;
use sea_orm::ConnectionTrait;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    entity::Model,
    rules::{AcademicStatus, Gender},
};
use crate::{Institute, contact, courses, wire::Change, wrong::Wrong};

const MAX_NAME: usize = 100;
const MAX_TEXT: usize = 1_000;
/// Nobody who studies was born before.
const ELDEST: Date = Date::constant(1900, 1, 1);
const FIRST_YEAR: i32 = 1950;

/// What may be said about a student. What is absent stays as it is (or gets its default, when the student is new); an empty text
/// clears it. Fields that are not named here are ignored: the existing client sends back what it was given.
#[derive(Debug, Default, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
#[schema(as = StudentForm)]
pub(super) struct Form {
    #[schema(value_type = Option<String>)]
    pub(super) first_name: Change<String>,
    #[schema(value_type = Option<String>)]
    pub(super) last_name: Change<String>,
    #[schema(value_type = Option<String>)]
    pub(super) personal_email: Change<String>,
    /// Ten digits; the country's code before them is taken off.
    #[schema(value_type = Option<String>)]
    pub(super) mobile_number: Change<String>,
    #[schema(value_type = Option<String>)]
    pub(super) contact_number: Change<String>,
    #[schema(value_type = Option<String>)]
    pub(super) alternate_contact: Change<String>,
    #[schema(value_type = Option<Gender>)]
    pub(super) gender: Change<String>,
    /// `YYYY-MM-DD`.
    #[schema(value_type = Option<String>)]
    pub(super) date_of_birth: Change<String>,
    /// `YYYY-MM-DD`; today for a new student unless told.
    #[schema(value_type = Option<String>)]
    pub(super) admission_date: Change<String>,
    #[schema(value_type = Option<String>)]
    pub(super) father_name: Change<String>,
    #[schema(value_type = Option<String>)]
    pub(super) father_mobile: Change<String>,
    #[schema(value_type = Option<String>)]
    pub(super) mother_name: Change<String>,
    #[schema(value_type = Option<String>)]
    pub(super) mother_mobile: Change<String>,
    #[schema(value_type = Option<String>)]
    pub(super) address: Change<String>,
    #[schema(value_type = Option<String>)]
    pub(super) guardian_details: Change<String>,
    /// The office's own; the student does not see them.
    #[schema(value_type = Option<String>)]
    pub(super) notes: Change<String>,
    /// Id of a course, or its code.
    #[schema(value_type = Option<String>)]
    pub(super) course_enrolled: Change<String>,
    /// From 1; a number or its text.
    #[schema(value_type = Option<i32>)]
    pub(super) semester: Change<String>,
    /// The year of admission, which is the year of the batch.
    #[schema(value_type = Option<i32>)]
    pub(super) admission_year: Change<String>,
    /// The same by its other name.
    #[schema(value_type = Option<i32>)]
    pub(super) batch_year: Change<String>,
    #[schema(value_type = Option<AcademicStatus>)]
    pub(super) academic_status: Change<String>,
    /// In a change: whether the student may sign in.
    #[schema(value_type = Option<bool>)]
    pub(super) is_active: Change<bool>,
    /// In a change: the version that was changed. The change is refused when it is not the current one any more.
    #[schema(value_type = Option<i32>)]
    pub(super) version: Change<i32>,
}

/// A course, as far as its students are concerned.
#[derive(Debug, Clone)]
pub(super) struct Course {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) duration: String,
    pub(super) semesters: i32,
    pub(super) is_active: bool,
}

/// What a form is checked against.
#[derive(Debug, Clone)]
pub(super) struct Ground {
    pub(super) courses: HashMap<Uuid, Course>,
    pub(super) today: Date,
}

impl Ground {
    pub(super) async fn find<C: ConnectionTrait>(db: &C, today: Date) -> Result<Self, StoreError> {
        Ok(Self::of(courses::list(db).await?, today))
    }

    /// As far as it is needed to show these students.
    pub(super) async fn find_for<C: ConnectionTrait>(
        db: &C,
        students: impl Iterator<Item = &Model>,
        today: Date,
    ) -> Result<Self, StoreError> {
        Ok(Self::of(courses::find_by_ids(db, students.map(|student| student.course_id)).await?, today))
    }

    fn of(rows: Vec<courses::entity::Model>, today: Date) -> Self {
        let courses = rows.into_iter().map(|row| {
            let course = Course {
                code: row.code,
                name: row.name,
                duration: row.duration,
                semesters: row.semesters,
                is_active: row.is_active != 0,
            };
            (row.id, course)
        });
        Self { courses: courses.collect(), today }
    }

    /// The course with this id or code.
    pub(super) fn course(&self, text: &str) -> Option<Uuid> {
        if let Ok(id) = text.parse::<CourseId>() {
            return self.courses.contains_key(&id.uuid()).then_some(id.uuid());
        }
        self.courses.iter().find(|(_, course)| course.code.eq_ignore_ascii_case(text)).map(|(id, _)| *id)
    }
}

impl Form {
    /// Whether it was made from another version than the one that is stored.
    pub(super) fn is_outdated(&self, stored: &Model) -> bool {
        matches!(self.version, Change::Set(version) if version != stored.version)
    }

    /// The student after this form, all mistakes reported at once. Without `before` it is a new one, who has no ids yet.
    pub(super) fn check(
        self,
        before: Option<&Model>,
        ground: &Ground,
        institute: &Institute,
    ) -> Result<Model, Vec<(&'static str, String)>> {
        let mut wrong = Wrong::default();
        let is_new = before.is_none();
        let row = before.cloned().unwrap_or_else(|| Model {
            academic_status: AcademicStatus::Active.to_string(),
            semester: 1,
            batch_year: ground.today.year().into(),
            admission_date: Some(ground.today.to_string()),
            version: 1,
            ..Model::default()
        });
        let first_name = wrong.text("firstName", self.first_name.apply(Some(row.first_name)), MAX_NAME);
        let first_name = first_name.unwrap_or_else(|| wrong.say("firstName", "Give a first name."));
        let last_name = wrong.text("lastName", self.last_name.apply(Some(row.last_name)), MAX_NAME);

        let (course_id, semester) =
            place(&mut wrong, (self.course_enrolled, self.semester), before, (row.course_id, row.semester), ground);
        let year = match self.admission_year {
            Change::Keep => self.batch_year,
            year => year,
        };
        let batch_year = match year {
            Change::Keep | Change::Clear => row.batch_year,
            Change::Set(text) => match text.parse() {
                Ok(year) if (FIRST_YEAR..=i32::from(ground.today.year()) + 5).contains(&year) => year,
                _ => {
                    wrong.say("admissionYear", "Write the year of admission with four digits, such as 2026.");
                    row.batch_year
                }
            },
        };
        let academic_status = match self.academic_status {
            Change::Set(text) => text.parse::<AcademicStatus>().map_or_else(
                |()| wrong.say("academicStatus", &format!("Choose one of {}.", AcademicStatus::choices())),
                |status| status.to_string(),
            ),
            Change::Keep | Change::Clear => row.academic_status,
        };
        let gender = match self.gender {
            Change::Set(text) => Some(text.parse::<Gender>().map_or_else(
                |()| wrong.say("gender", &format!("Choose one of {}.", Gender::choices())),
                |gender| gender.to_string(),
            )),
            Change::Keep => row.gender,
            Change::Clear => None,
        };
        let personal_email = needed(
            &mut wrong,
            ("personalEmail", "This is not a mail address, such as asha@example.com.", "Give a mail address."),
            self.personal_email,
            (row.personal_email, is_new),
            contact::mail,
        );
        let mobile_number = needed(
            &mut wrong,
            ("mobileNumber", "A mobile number has ten digits.", "Give a mobile number."),
            self.mobile_number,
            (row.mobile_number, is_new),
            contact::mobile,
        );
        let mut phone = |field, change: Change<String>, was: Option<String>| match change {
            Change::Set(text) => match contact::phone(&text) {
                Some(number) => Some(number),
                None if was.as_ref() == Some(&text) => was,
                None => Some(wrong.say(field, "This is not a telephone number.")),
            },
            Change::Keep => was,
            Change::Clear => None,
        };
        let contact_number = phone("contactNumber", self.contact_number, row.contact_number);
        let alternate_contact = phone("alternateContact", self.alternate_contact, row.alternate_contact);
        let father_mobile = phone("fatherMobile", self.father_mobile, row.father_mobile);
        let mother_mobile = phone("motherMobile", self.mother_mobile, row.mother_mobile);

        let mut date = |field, change: Change<String>, was: Option<String>, last: Date| match change {
            Change::Set(text) => match institute.date_of(&text) {
                Some(date) if (ELDEST..=last).contains(&date) => Some(date.to_string()),
                Some(_) => Some(wrong.say(field, "This date can't be right.")),
                None => Some(wrong.say(field, "Write the date as year-month-day, such as 2008-11-30.")),
            },
            Change::Keep => was,
            Change::Clear => None,
        };
        let date_of_birth = date("dateOfBirth", self.date_of_birth, row.date_of_birth, ground.today);
        let admission_date = date("admissionDate", self.admission_date, row.admission_date, Date::constant(2200, 1, 1));

        let father_name = wrong.text("fatherName", self.father_name.apply(row.father_name), MAX_NAME);
        let mother_name = wrong.text("motherName", self.mother_name.apply(row.mother_name), MAX_NAME);
        let address = wrong.lines("address", self.address.apply(row.address), MAX_TEXT);
        let guardian_details =
            wrong.lines("guardianDetails", self.guardian_details.apply(row.guardian_details), MAX_TEXT);
        let notes = wrong.lines("notes", self.notes.apply(row.notes), MAX_TEXT);
        if !wrong.0.is_empty() {
            return Err(wrong.0);
        }
        Ok(Model {
            first_name,
            last_name: last_name.unwrap_or_default(),
            course_id,
            semester,
            batch_year,
            academic_status,
            gender,
            personal_email,
            mobile_number,
            contact_number,
            alternate_contact,
            father_name,
            father_mobile,
            mother_name,
            mother_mobile,
            date_of_birth,
            admission_date,
            address,
            guardian_details,
            notes,
            ..row
        })
    }
}

/// Course and semester, which must fit together unless nobody touched them.
fn place(
    wrong: &mut Wrong,
    (course, semester): (Change<String>, Change<String>),
    before: Option<&Model>,
    (mut course_id, mut number): (Uuid, i32),
    ground: &Ground,
) -> (Uuid, i32) {
    match course {
        Change::Set(text) => match ground.course(text.trim()) {
            Some(id) => course_id = id,
            None => drop(wrong.say("courseEnrolled", "There is no such course.")),
        },
        Change::Keep if before.is_some() => {}
        Change::Keep | Change::Clear => drop(wrong.say("courseEnrolled", "Choose a course.")),
    }
    match semester {
        Change::Set(text) => match text.parse() {
            Ok(semester) => number = semester,
            Err(_) => drop(wrong.say("semester", "A semester is a whole number, from 1.")),
        },
        Change::Keep | Change::Clear => {}
    }
    let is_as_it_was = before.is_some_and(|row| (row.course_id, row.semester) == (course_id, number));
    if let Some(course) = ground.courses.get(&course_id).filter(|_| !is_as_it_was) {
        if !course.is_active && before.is_none_or(|row| row.course_id != course_id) {
            wrong.say("courseEnrolled", "This course is not offered any more.");
        }
        if !(1..=course.semesters).contains(&number) {
            wrong.say("semester", &format!("{} has the semesters 1 to {}.", course.code, course.semesters));
        }
    }
    (course_id, number)
}

/// What a new student must have. Who is there without it may stay so, and who has it keeps it.
fn needed(
    wrong: &mut Wrong,
    (field, unreadable, missing): (&'static str, &str, &str),
    change: Change<String>,
    (was, is_new): (Option<String>, bool),
    read: fn(&str) -> Option<String>,
) -> Option<String> {
    match change {
        Change::Set(text) => Some(read(&text).unwrap_or_else(|| wrong.say(field, unreadable))),
        Change::Keep if !is_new => was,
        Change::Clear if !is_new && was.is_none() => None,
        Change::Keep | Change::Clear => Some(wrong.say(field, missing)),
    }
}

/// What a student may change of their own.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
#[schema(as = OwnContactForm)]
pub(crate) struct OwnForm {
    #[schema(value_type = Option<String>)]
    contact_number: Change<String>,
    #[schema(value_type = Option<String>)]
    alternate_contact: Change<String>,
    #[schema(value_type = Option<String>)]
    address: Change<String>,
    #[schema(value_type = Option<String>)]
    guardian_details: Change<String>,
    /// The version that was changed. The change is refused when it is not the current one any more.
    #[schema(value_type = Option<i32>)]
    version: Change<i32>,
}

impl OwnForm {
    /// A change of the telephone number alone.
    pub(crate) fn reached_at(contact_number: Change<String>) -> Self {
        Self { contact_number, ..Self::default() }
    }
}

impl From<OwnForm> for Form {
    fn from(own: OwnForm) -> Self {
        Self {
            contact_number: own.contact_number,
            alternate_contact: own.alternate_contact,
            address: own.address,
            guardian_details: own.guardian_details,
            version: own.version,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;

    fn institute() -> Institute {
        Institute {
            public_url: String::new(),
            name: String::new(),
            time_zone: jiff::tz::TimeZone::get("Asia/Kolkata").unwrap(),
            time_zone_name: "Asia/Kolkata".to_owned(),
            upload_limit: 1,
            upload_patience: Duration::ZERO,
            undo_window: Duration::ZERO,
            accepted_extensions: Vec::new(),
            demo_sign_ins: Vec::new(),
            student_mail_domain: None,
        }
    }

    fn ground() -> Ground {
        let course = |code: &str, semesters, is_active| Course {
            code: code.to_owned(),
            name: code.to_owned(),
            duration: String::new(),
            semesters,
            is_active,
        };
        Ground {
            courses: HashMap::from([
                (Uuid::from_u128(1), course("GNM", 6, true)),
                (Uuid::from_u128(2), course("ANM", 4, true)),
                (Uuid::from_u128(3), course("OLD", 4, false)),
            ]),
            today: Date::constant(2026, 11, 22),
        }
    }

    fn check(json: Value, before: Option<&Model>) -> Result<Model, Vec<&'static str>> {
        let form: Form = serde_json::from_value(json).unwrap();
        let checked = form.check(before, &ground(), &institute());
        checked.map_err(|wrong| wrong.into_iter().map(|(field, _)| field).collect())
    }

    /// As the form of the existing client sends it.
    fn asha() -> Value {
        json!({
            "firstName": " Asha  Rani ", "lastName": "Nair", "personalEmail": "Asha@Example.com", "mobileNumber": "+91 98765 43210",
            "courseEnrolled": Uuid::from_u128(1), "gender": "Female", "dateOfBirth": null, "fatherName": "", "fatherMobile": "",
            "admissionYear": 2025, "semester": 3,
        })
    }

    #[test]
    fn a_new_student_and_the_defaults() {
        let row = check(asha(), None).unwrap();
        assert_eq!((row.first_name.as_str(), row.last_name.as_str()), ("Asha Rani", "Nair"));
        assert_eq!(row.personal_email.as_deref(), Some("asha@example.com"));
        assert_eq!(row.mobile_number.as_deref(), Some("9876543210"));
        assert_eq!((row.batch_year, row.semester, row.academic_status.as_str()), (2025, 3, "Active"));
        assert_eq!((row.admission_date.as_deref(), row.date_of_birth), (Some("2026-11-22"), None));
        let least = json!({"firstName": "Asha", "personalEmail": "a@x.in", "mobileNumber": "9876543210", "courseEnrolled": "gnm"});
        let row = check(least, None).unwrap();
        assert_eq!((row.batch_year, row.semester, row.gender), (2026, 1, None));
    }

    #[test]
    fn all_mistakes_at_once_each_by_its_field() {
        assert_eq!(
            check(json!({}), None).unwrap_err(),
            ["firstName", "courseEnrolled", "personalEmail", "mobileNumber"]
        );
        let mut form = asha();
        for (field, value) in [
            ("firstName", json!("x".repeat(101))),
            ("courseEnrolled", json!("XYZ")),
            ("semester", json!("third")),
            ("admissionYear", json!(25)),
            ("academicStatus", json!("Asleep")),
            ("gender", json!("F")),
            ("personalEmail", json!("asha")),
            ("mobileNumber", json!(12345)),
            ("fatherMobile", json!("at home")),
            ("dateOfBirth", json!("2030-01-01")),
            ("admissionDate", json!("yesterday")),
            ("notes", json!("x".repeat(1001))),
        ] {
            form[field] = value;
        }
        assert_eq!(check(form, None).unwrap_err().len(), 12);
    }

    #[test]
    fn course_and_semester_fit_together() {
        for (course, semester, wrong) in [
            (1, 6, None),
            (1, 7, Some("semester")),
            (2, 5, Some("semester")),
            (2, 0, Some("semester")),
            (3, 1, Some("courseEnrolled")),
            (4, 1, Some("courseEnrolled")),
        ] {
            let mut form = asha();
            form["courseEnrolled"] = json!(Uuid::from_u128(course));
            form["semester"] = json!(semester);
            let found = check(form, None).err().map(|wrong| wrong[0]);
            assert_eq!(found, wrong, "{course}, {semester}");
        }
        // Who is there stays as they are until somebody moves them.
        let old = Model { course_id: Uuid::from_u128(3), semester: 9, ..check(asha(), None).unwrap() };
        let same = json!({"courseEnrolled": Uuid::from_u128(3), "semester": "9", "notes": "x"});
        assert_eq!(check(same, Some(&old)).unwrap().notes.as_deref(), Some("x"));
        assert_eq!(check(json!({"semester": 5}), Some(&old)).unwrap_err(), ["semester"]);
    }

    #[test]
    fn a_change_keeps_what_it_does_not_name() {
        let before = check(asha(), None).unwrap();
        assert_eq!(check(json!({}), Some(&before)).unwrap(), before);
        let after = check(json!({"lastName": "", "address": "12 Lake Road\nKochi"}), Some(&before)).unwrap();
        assert_eq!(after.last_name, "");
        assert_eq!(after.address.as_deref(), Some("12 Lake Road\nKochi"));
        assert_eq!(Model { last_name: before.last_name.clone(), address: None, ..after }, before);
        assert_eq!(check(json!({"courseEnrolled": ""}), Some(&before)).unwrap_err(), ["courseEnrolled"]);
        assert_eq!(check(json!({"mobileNumber": ""}), Some(&before)).unwrap_err(), ["mobileNumber"]);
        // Who never had one may be saved without.
        let old = Model { mobile_number: None, ..before };
        assert_eq!(check(json!({"mobileNumber": ""}), Some(&old)).unwrap(), old);
    }

    #[test]
    fn a_student_changes_contact_data_alone() {
        let before = check(asha(), None).unwrap();
        let form =
            json!({"contactNumber": "0484 234567", "semester": 6, "firstName": "X", "notes": "best", "studentId": "X"});
        let own: OwnForm = serde_json::from_value(form).unwrap();
        let after = Form::from(own).check(Some(&before), &ground(), &institute()).unwrap();
        assert_eq!(after, Model { contact_number: Some("0484 234567".to_owned()), ..before });
    }
}
