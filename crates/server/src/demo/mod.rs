//! The demo institute: three courses, 120 students, 8 faculty, one administrator and some study material.
//!
//! Everything in it is invented. Its passwords are printed and offered on the sign-in page, so a database that holds it is
//! marked, and never served as a real institute.

mod attendance;
mod material;
mod people;

use std::time::Duration;

use jiff::civil::Date;
use lamplight_auth::{Passwords, Role};
use lamplight_features::{
    DemoSignIn, accounts,
    courses::{self, NewCourse},
    downloads::{self, Choice, Details, NewDownload, SpecificTargets, TargetAudience},
    faculty::{self, NewFaculty},
    institute,
    marks::{self, Cell, NewSheet, Parts, Score},
    students::{self, Gender, NewStudent, Particulars},
};
use lamplight_files::Files;
use lamplight_kernel::{Audience, AudiencePart, CourseId, StudentId, Timestamp, UserId};
use lamplight_store::{Store, Tx};

use crate::settings::Settings;

/// What every demo person signs in with.
const PASSWORD: &str = "lamplight-demo";
/// How far the pieces of study material are apart.
const AGE: Duration = Duration::from_secs(31 * 3600);
const DOMAIN: &str = "demo.lamplight.example";

/// The sign-ins that are printed and offered.
pub(crate) fn sign_ins() -> Vec<DemoSignIn> {
    let sign_in = |label: &str, name: &str, user: &str, role: Role| DemoSignIn {
        label: label.to_owned(),
        name: name.to_owned(),
        email: format!("{user}@{DOMAIN}"),
        password: PASSWORD.to_owned(),
        role: role.as_str(),
    };
    vec![
        sign_in("Administrator", people::ADMIN, "office", Role::Admin),
        sign_in("Faculty, teaches GNM and ANM", people::FACULTY[0].0, "faculty1", Role::Faculty),
        sign_in("Student, GNM semester 3", &people::student_name(GNM_STUDENT), "gnm.student", Role::Student),
        sign_in("Student, B.Sc Nursing semester 1", &people::student_name(BSC_STUDENT), "bsc.student", Role::Student),
    ]
}

/// Which of the 120 students are offered as sign-ins. The order of students is course by course, semester by semester.
const BSC_STUDENT: usize = 0;
const GNM_STUDENT: usize = 70;

/// A course, the semesters that have students now, and how many each has.
struct Programme {
    course: NewCourse<'static>,
    /// Semester and the year its students began.
    classes: &'static [(i32, i32)],
    students: usize,
}

const PROGRAMMES: &[Programme] = &[
    Programme {
        course: NewCourse {
            code: "BSCN",
            name: "B.Sc Nursing",
            description: "The four-year degree programme in nursing: sciences, community and hospital practice, research.",
            duration: "4 Years",
            semesters: 8,
            seats: 60,
            eligibility: &["10+2 with physics, chemistry, biology and English", "17 years of age"],
            career_opportunities: &["Nursing officer", "Community health officer", "Clinical instructor"],
        },
        classes: &[(1, 2026), (3, 2025), (5, 2024), (7, 2023)],
        students: 15,
    },
    Programme {
        course: NewCourse {
            code: "GNM",
            name: "General Nursing and Midwifery",
            description: "The three-year diploma in general nursing and midwifery.",
            duration: "3 Years",
            semesters: 6,
            seats: 40,
            eligibility: &["10+2 in any stream, English passed", "17 years of age"],
            career_opportunities: &["Staff nurse", "Midwife", "Community nurse"],
        },
        classes: &[(1, 2026), (3, 2025), (5, 2024)],
        students: 10,
    },
    Programme {
        course: NewCourse {
            code: "ANM",
            name: "Auxiliary Nursing and Midwifery",
            description: "The two-year diploma for health work in villages and primary health centres.",
            duration: "2 Years",
            semesters: 4,
            seats: 30,
            eligibility: &["10+2 in any stream", "17 years of age"],
            career_opportunities: &["Auxiliary nurse midwife", "Health worker"],
        },
        classes: &[(1, 2026), (3, 2025)],
        students: 15,
    },
];

/// Lays the demo institute into an empty database; gives its sign-ins.
pub(crate) async fn found(
    store: &Store,
    files: &Files,
    passwords: &Passwords,
    settings: &Settings,
) -> anyhow::Result<Vec<DemoSignIn>> {
    let hash = passwords.hash(PASSWORD).await.map_err(|error| anyhow::anyhow!("{error}"))?;
    let material = material::keep(store, files).await?;
    let tx = store.begin().await?;
    institute::found(&tx, true).await?;

    let office = account(&tx, "office", people::ADMIN, Role::Admin, &hash).await?;
    let mut courses = Vec::new();
    let mut number = 0;
    let mut classes: Vec<(CourseId, i32, Vec<StudentId>)> = Vec::new();
    for programme in PROGRAMMES {
        let course = courses::insert(&tx, &programme.course).await?;
        courses.push(course);
        for &(semester, batch_year) in programme.classes {
            let mut class = Vec::new();
            for running in 1..=programme.students {
                let student_id = format!("{}{batch_year}{running:03}", programme.course.code);
                let user = match number {
                    BSC_STUDENT => "bsc.student".to_owned(),
                    GNM_STUDENT => "gnm.student".to_owned(),
                    _ => student_id.to_lowercase(),
                };
                let (first_name, last_name) = people::student(number);
                let user = account(&tx, &user, &people::student_name(number), Role::Student, &hash).await?;
                let student =
                    NewStudent { user, student_id: &student_id, first_name, last_name, course, semester, batch_year };
                let id = students::insert(&tx, &student).await?;
                describe(&tx, id, number, batch_year).await?;
                class.push(id);
                number += 1;
            }
            classes.push((course, semester, class));
        }
    }
    for (index, (name, designation, department, teaches)) in people::FACULTY.iter().enumerate() {
        let user = account(&tx, &format!("faculty{}", index + 1), name, Role::Faculty, &hash).await?;
        let teaches: Vec<CourseId> = teaches.iter().filter_map(|&course| courses.get(course)).copied().collect();
        let faculty_id = format!("FAC{:03}", index + 1);
        faculty::insert(&tx, &NewFaculty { user, faculty_id: &faculty_id, designation, department, teaches: &teaches })
            .await?;
    }
    let today = tx.now().date_in(&settings.timezone);
    attendance::insert(&tx, &classes, office, today).await?;
    // Spread over the last days, the first one longest ago, so that lists have an order to show.
    for (age, piece) in (1..).zip(material.iter().rev()) {
        let at = tx.now().minus(AGE * age);
        insert_material(&tx, piece, office, &courses, today, at).await?;
    }
    for (course, semester, class) in &classes {
        insert_marks(&tx, (*course, *semester), class, office, today).await?;
    }
    tx.commit().await?;
    tracing::info!(students = number, "the demo institute was laid out");
    Ok(sign_ins())
}

/// What the office knows of a student. The telephone numbers begin with a digit that no mobile number in India does.
async fn describe(tx: &Tx, student: StudentId, number: usize, batch_year: i32) -> anyhow::Result<()> {
    let (first, last) = people::student(number);
    let order = i8::try_from(number % 28)? + 1;
    let year = i16::try_from(batch_year)?;
    // The classes began in August, as far as August has come.
    let admitted = Date::new(year, 8, order)?.min(tx.now().date_in(&jiff::tz::TimeZone::UTC));
    let known = Particulars {
        personal_email: &format!("{}.{}@mail.{DOMAIN}", first.to_lowercase(), last.to_lowercase()),
        mobile_number: &format!("10000{number:05}"),
        gender: if people::is_man(number) { Gender::Male } else { Gender::Female },
        date_of_birth: Date::new(year - 18, order % 12 + 1, order)?,
        admission_date: admitted,
        father_name: &format!("{} {last}", people::father(number)),
        address: &format!("{} Lake Road, Kochi", number + 1),
    };
    Ok(students::describe(tx, student, &known).await?)
}

/// Subjects in which there was an internal exam, how many semesters ago, how many days ago, and whether it is published.
const EXAMS: &[(&str, i32, i32, bool)] = &[
    ("Anatomy and Physiology", 2, 400, true),
    ("Nursing Foundations", 1, 230, true),
    ("Nutrition", 1, 220, true),
    ("Pharmacology", 0, 30, true),
    ("Community Health Nursing", 0, 21, true),
    ("Medical-Surgical Nursing", 0, 2, false),
];

/// Marks of a class: earlier semesters and this one published, the newest exam a draft.
async fn insert_marks(
    tx: &Tx,
    (course, semester): (CourseId, i32),
    class: &[StudentId],
    by: UserId,
    today: Date,
) -> anyhow::Result<()> {
    for (exam, &(subject, semesters_ago, days_ago, is_published)) in (0..).zip(EXAMS) {
        let semester = semester - semesters_ago;
        if semester < 1 {
            continue;
        }
        let marks: Vec<_> = (0..)
            .zip(class)
            .map(|(student, id): (i32, _)| {
                let score = |of: i32| Cell::Scored(Score::whole(of * (40 + (student * 17 + exam * 11) % 55) / 100));
                let theory = if student == 6 && exam == 4 { Cell::Absent } else { score(75) };
                (*id, Parts { theory, practical: score(25), ..Parts::default() })
            })
            .collect();
        // Of the draft a few are still to be entered.
        let marks = if is_published { marks.as_slice() } else { marks.get(..class.len() / 2).unwrap_or_default() };
        let maxima = Parts { theory: Score::whole(75), practical: Score::whole(25), ..Parts::default() };
        let on = today.checked_sub(jiff::Span::new().days(days_ago))?;
        let new = NewSheet { course, semester, subject, exam_type: "Internal", on, maxima, by, is_published, marks };
        marks::insert(tx, &new).await?;
    }
    Ok(())
}

async fn account(tx: &Tx, user: &str, full_name: &str, role: Role, password_hash: &str) -> anyhow::Result<UserId> {
    let email = format!("{user}@{DOMAIN}");
    let new = accounts::NewAccount { username: user, email: &email, password_hash, role, full_name };
    Ok(accounts::insert(tx, &new).await?)
}

async fn insert_material(
    tx: &Tx,
    piece: &material::Piece,
    office: UserId,
    courses: &[CourseId],
    today: Date,
    uploaded_at: Timestamp,
) -> anyhow::Result<()> {
    let (target, courses, semester, parts) = match piece.course.and_then(|course| courses.get(course)) {
        Some(&course) => (
            TargetAudience::SpecificCourseSemester,
            vec![course],
            Some(piece.semester),
            vec![AudiencePart::CourseSemester(course, piece.semester)],
        ),
        None => (TargetAudience::All, Vec::new(), None, vec![AudiencePart::All]),
    };
    let specific_targets =
        SpecificTargets { courses, semesters: semester.into_iter().collect(), ..SpecificTargets::default() };
    let details = Details {
        title: piece.title.to_owned(),
        description: Some(piece.description.to_owned()),
        category: piece.category.to_owned(),
        subject: piece.subject.map(str::to_owned),
        semester,
        academic_year: Some(today.year().to_string()),
        tags: piece.tags.iter().map(|&tag| tag.to_owned()).collect(),
        expires_on: None,
        requires_login: true,
        choice: Choice { target_audience: vec![target], specific_targets },
    };
    let rooms = Audience(parts).rooms();
    let new = NewDownload { details: &details, file: &piece.file, uploaded_by: office, uploaded_at, rooms: &rooms };
    downloads::insert(tx, &new).await?;
    Ok(())
}
