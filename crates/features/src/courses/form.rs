//! What a form says about a course: read forgivingly, checked as a whole.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    document::{Fees, Installment, Offered, Subject},
    rules::{
        CourseError, MAX_CODE, MAX_DESCRIPTION, MAX_ENTRIES, MAX_LINE, MAX_NAME, MAX_SEATS, MAX_SEMESTERS,
        MAX_SUBJECTS, amount, semesters,
    },
};
use crate::{Institute, wire::Change};

/// A course as the existing client sends it. In a change, what is left out stays as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = CourseForm)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Form {
    #[schema(value_type = Option<String>)]
    course_code: Change<String>,
    #[schema(value_type = Option<String>)]
    course_name: Change<String>,
    #[schema(value_type = Option<String>)]
    description: Change<String>,
    /// `3 Years`.
    #[schema(value_type = Option<String>)]
    duration: Change<String>,
    /// By the duration unless told: two a year.
    #[schema(value_type = Option<i32>)]
    semesters: Change<i32>,
    eligibility: Option<Vec<String>>,
    career_opportunities: Option<Vec<String>>,
    #[schema(value_type = Option<i32>)]
    seats_available: Change<i32>,
    fees_structure: Option<FeesForm>,
    subjects: Option<Vec<SubjectForm>>,
    pub(super) is_active: Option<bool>,
    /// In a change: the version that was read. It is refused when it is not the current one any more.
    #[schema(value_type = Option<i32>)]
    pub(super) version: Change<i32>,
}

/// What a course costs. The total is not read: it is the sum.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = CourseFeesForm)]
#[serde(rename_all = "camelCase", default)]
struct FeesForm {
    #[schema(value_type = Option<f64>)]
    tuition_fee: Change<f64>,
    #[schema(value_type = Option<f64>)]
    hostel_fee: Change<f64>,
    #[schema(value_type = Option<f64>)]
    library_fee: Change<f64>,
    #[schema(value_type = Option<f64>)]
    lab_fee: Change<f64>,
    #[schema(value_type = Option<f64>)]
    exam_fee: Change<f64>,
    #[schema(value_type = Option<f64>)]
    other_charges: Change<f64>,
    installment_plan: Vec<InstallmentForm>,
}

#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = CourseInstallmentForm)]
#[serde(rename_all = "camelCase", default)]
struct InstallmentForm {
    #[schema(value_type = Option<i32>)]
    installment_no: Change<i32>,
    #[schema(value_type = Option<f64>)]
    amount: Change<f64>,
    /// `YYYY-MM-DD`, or a moment of that day.
    #[schema(value_type = Option<String>)]
    due_date: Change<String>,
    #[schema(value_type = Option<String>)]
    label: Change<String>,
}

#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = CourseSubjectForm)]
#[serde(rename_all = "camelCase", default)]
struct SubjectForm {
    #[schema(value_type = i32)]
    semester: Change<i32>,
    #[schema(value_type = Option<String>)]
    subject_code: Change<String>,
    #[schema(value_type = String)]
    subject_name: Change<String>,
    #[schema(value_type = Option<i32>)]
    credits: Change<i32>,
    #[schema(value_type = Option<i32>)]
    theory_hours: Change<i32>,
    #[schema(value_type = Option<i32>)]
    practical_hours: Change<i32>,
}

/// A course, checked.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Details {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) duration: String,
    pub(super) semesters: i32,
    pub(super) seats: i32,
    pub(super) eligibility: Vec<String>,
    pub(super) career_opportunities: Vec<String>,
    pub(super) fees: Option<Fees>,
    pub(super) subjects: Vec<Subject>,
}

impl From<Offered> for Details {
    fn from(course: Offered) -> Self {
        Self {
            code: course.name.course_code,
            name: course.name.course_name,
            description: course.description,
            duration: course.duration,
            semesters: course.semesters,
            seats: course.seats_available,
            eligibility: course.eligibility,
            career_opportunities: course.career_opportunities,
            fees: course.fees_structure,
            subjects: course.subjects,
        }
    }
}

#[derive(Default)]
struct Wrong(BTreeMap<String, String>);

impl Wrong {
    fn say(&mut self, field: impl Into<String>, text: impl Into<String>) {
        self.0.entry(field.into()).or_insert_with(|| text.into());
    }

    /// A text of one field; what is left out is what it was.
    fn text(&mut self, field: &str, given: Change<String>, before: String, most: usize) -> String {
        let text = given.apply(Some(before)).unwrap_or_default();
        let text = text.trim().replace('\0', "");
        if text.chars().count() > most {
            self.say(field, format!("This may have at most {most} characters."));
        }
        text
    }

    fn needed(&mut self, field: &str, given: Change<String>, before: String, most: usize) -> String {
        let text = self.text(field, given, before, most);
        if text.is_empty() {
            self.say(field, "This is needed.");
        }
        text
    }

    fn list(&mut self, field: &str, given: Option<Vec<String>>, before: Vec<String>) -> Vec<String> {
        let Some(given) = given else { return before };
        let entries: Vec<String> =
            given.iter().map(|text| text.trim().replace('\0', "")).filter(|text| !text.is_empty()).collect();
        if entries.len() > MAX_ENTRIES || entries.iter().any(|text| text.chars().count() > MAX_LINE) {
            self.say(field, format!("Write at most {MAX_ENTRIES} lines of {MAX_LINE} characters."));
        }
        entries
    }

    fn amount(&mut self, field: String, given: Change<f64>) -> f64 {
        amount(given.apply(None).unwrap_or(0.0)).unwrap_or_else(|| {
            self.say(field, "This must be an amount in rupees that is not negative.");
            0.0
        })
    }
}

impl Form {
    /// All mistakes at once. `before` is what is changed; nothing for a new course.
    pub(super) fn check(self, before: Details, institute: &Institute) -> Result<Details, CourseError> {
        let mut wrong = Wrong::default();
        let code = wrong.needed("courseCode", self.course_code, before.code, MAX_CODE).to_uppercase();
        let name = wrong.needed("courseName", self.course_name, before.name, MAX_NAME);
        let description = wrong.needed("description", self.description, before.description, MAX_DESCRIPTION);
        let duration = wrong.needed("duration", self.duration, before.duration.clone(), MAX_NAME);
        let by_duration = || if duration == before.duration { None } else { semesters(&duration) };
        let count = match self.semesters {
            Change::Set(count) => Some(count),
            Change::Keep | Change::Clear => by_duration().or(Some(before.semesters).filter(|count| *count > 0)),
        };
        let semesters = count.filter(|count| (1..=MAX_SEMESTERS).contains(count)).unwrap_or_else(|| {
            wrong.say("semesters", format!("Say how many semesters it has: 1 to {MAX_SEMESTERS}."));
            MAX_SEMESTERS
        });
        let seats = self.seats_available.apply(Some(before.seats)).unwrap_or_default();
        if !(1..=MAX_SEATS).contains(&seats) {
            wrong.say("seatsAvailable", format!("This must be a number from 1 to {MAX_SEATS}."));
        }
        let eligibility = wrong.list("eligibility", self.eligibility, before.eligibility);
        let career_opportunities =
            wrong.list("careerOpportunities", self.career_opportunities, before.career_opportunities);
        let fees = match self.fees_structure {
            None => before.fees,
            Some(fees) => Some(fees.check(&mut wrong, institute)),
        };
        let subjects = match self.subjects {
            None => before.subjects,
            Some(subjects) => check_subjects(subjects, semesters, &mut wrong),
        };
        if subjects.iter().any(|subject| subject.semester > semesters) {
            wrong.say("semesters", "There are subjects of a later semester.");
        }
        if !wrong.0.is_empty() {
            return Err(CourseError::Invalid(wrong.0));
        }
        Ok(Details {
            code,
            name,
            description,
            duration,
            semesters,
            seats,
            eligibility,
            career_opportunities,
            fees,
            subjects,
        })
    }
}

impl FeesForm {
    fn check(self, wrong: &mut Wrong, institute: &Institute) -> Fees {
        let mut fee = |field: &str, given| wrong.amount(format!("feesStructure.{field}"), given);
        let fees = [
            fee("tuitionFee", self.tuition_fee),
            fee("hostelFee", self.hostel_fee),
            fee("libraryFee", self.library_fee),
            fee("labFee", self.lab_fee),
            fee("examFee", self.exam_fee),
            fee("otherCharges", self.other_charges),
        ];
        let [tuition_fee, hostel_fee, library_fee, lab_fee, exam_fee, other_charges] = fees;
        if self.installment_plan.len() > MAX_ENTRIES {
            wrong.say("feesStructure.installmentPlan", format!("There may be at most {MAX_ENTRIES}."));
        }
        let mut plan = Vec::new();
        for (number, one) in (1..).zip(self.installment_plan) {
            let field = |name: &str| format!("feesStructure.installmentPlan[{}].{name}", number - 1);
            let due_date = one.due_date.apply(None).and_then(|text| {
                let date = institute.date_of(&text);
                if date.is_none() {
                    wrong.say(field("dueDate"), "Write the date as YYYY-MM-DD.");
                }
                date.map(|date| date.to_string())
            });
            plan.push(Installment {
                installment_no: one.installment_no.apply(None).unwrap_or(number),
                amount: wrong.amount(field("amount"), one.amount),
                due_date,
                label: wrong.text(&field("label"), one.label, String::new(), MAX_LINE),
            });
        }
        Fees {
            tuition_fee,
            hostel_fee,
            library_fee,
            lab_fee,
            exam_fee,
            other_charges,
            total_fee: (fees.iter().sum::<f64>() * 100.0).round() / 100.0,
            installment_plan: plan,
        }
    }
}

fn check_subjects(given: Vec<SubjectForm>, semesters: i32, wrong: &mut Wrong) -> Vec<Subject> {
    if given.len() > MAX_SUBJECTS {
        wrong.say("subjects", format!("There may be at most {MAX_SUBJECTS}."));
    }
    let mut seen = HashSet::new();
    let mut subjects = Vec::new();
    for (at, one) in given.into_iter().enumerate() {
        let field = |name: &str| format!("subjects[{at}].{name}");
        let name = wrong.needed(&field("subjectName"), one.subject_name, String::new(), 100);
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        let semester = one.semester.apply(None).unwrap_or_default();
        if !(1..=semesters).contains(&semester) {
            wrong.say(field("semester"), format!("This must be a number from 1 to {semesters}."));
        }
        if !seen.insert((semester, name.to_lowercase())) {
            wrong.say(field("subjectName"), "This subject is in this semester already.");
        }
        let mut number = |name: &str, given: Change<i32>| {
            let number = given.apply(None);
            if number.is_some_and(|number| !(0..=10_000).contains(&number)) {
                wrong.say(field(name), "This must be a number that is not negative.");
            }
            number
        };
        let (credits, theory_hours, practical_hours) = (
            number("credits", one.credits),
            number("theoryHours", one.theory_hours),
            number("practicalHours", one.practical_hours),
        );
        let subject_code = wrong.text(&field("subjectCode"), one.subject_code, String::new(), MAX_CODE);
        subjects.push(Subject { semester, subject_code, subject_name: name, credits, theory_hours, practical_hours });
    }
    subjects.sort_by(|one, other| (one.semester, &one.subject_name).cmp(&(other.semester, &other.subject_name)));
    subjects
}
