//! Whom study material is meant for: what was chosen, what it means, and how it is said.

use std::{collections::HashMap, str::FromStr};

use lamplight_auth::Staff;
use lamplight_kernel::{Audience, AudiencePart, CourseId, Standing, StudentId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rules::{DownloadError, MAX_SEMESTER, MAX_STUDENTS};
use crate::students::{self, Among};

/// A kind of audience, as the wire spells it. Several of them mean everybody in any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetAudience {
    /// Every student and faculty member.
    All,
    /// Every student.
    Students,
    /// Every faculty member.
    Faculty,
    /// The students of `specificTargets.courses`.
    SpecificCourse,
    /// The students who began in `specificTargets.years`.
    SpecificYear,
    /// The students of `specificTargets.semesters`; without them, of the material's own semester.
    SpecificSemester,
    /// The students of these courses who are in these semesters.
    SpecificCourseSemester,
    /// `specificTargets.students`.
    SpecificStudents,
}

impl TargetAudience {
    const NAMES: [(&'static str, Self); 8] = [
        ("all", Self::All),
        ("students", Self::Students),
        ("faculty", Self::Faculty),
        ("specific_course", Self::SpecificCourse),
        ("specific_year", Self::SpecificYear),
        ("specific_semester", Self::SpecificSemester),
        ("specific_course_semester", Self::SpecificCourseSemester),
        ("specific_students", Self::SpecificStudents),
    ];
}

impl FromStr for TargetAudience {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::NAMES.into_iter().find(|(name, _)| *name == text).map(|(_, target)| target).ok_or(())
    }
}

/// Which courses, years, semesters and students a [`TargetAudience`] is about.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SpecificTargets {
    /// Ids of courses.
    #[schema(value_type = Vec<String>)]
    pub courses: Vec<CourseId>,
    /// Ids of student records.
    #[schema(value_type = Vec<String>)]
    pub students: Vec<StudentId>,
    /// Years in which students began.
    pub years: Vec<i32>,
    /// Semesters, from 1.
    pub semesters: Vec<i32>,
}

/// Whom something is for, as it was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Choice {
    /// The kinds.
    pub target_audience: Vec<TargetAudience>,
    /// Their particulars.
    pub specific_targets: SpecificTargets,
}

/// What is known of the courses and students that a choice names.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Code and name of every course.
    pub(super) courses: HashMap<CourseId, (String, String)>,
    /// The students that are named.
    pub(super) students: HashMap<StudentId, students::entity::Model>,
}

impl Choice {
    /// Completes a choice with what the form around it says, for clients that can't send particulars: the semester is the
    /// material's own, the course is one that a tag names by its code.
    pub(super) fn complete(mut self, semester: Option<i32>, tags: &[String], known: &Known) -> Self {
        use TargetAudience::{All, SpecificCourse, SpecificCourseSemester, SpecificSemester};
        if self.target_audience.is_empty() {
            self.target_audience.push(All);
        }
        self.target_audience.dedup();
        let targets = &mut self.specific_targets;
        let names = |target: &[TargetAudience]| target.iter().any(|one| self.target_audience.contains(one));
        if targets.semesters.is_empty() && names(&[SpecificSemester, SpecificCourseSemester]) {
            targets.semesters.extend(semester);
        }
        if targets.courses.is_empty() && names(&[SpecificCourse, SpecificCourseSemester]) {
            let tagged =
                known.courses.iter().filter(|(_, (code, _))| tags.iter().any(|tag| tag.eq_ignore_ascii_case(code)));
            targets.courses.extend(tagged.map(|(id, _)| *id));
        }
        targets.courses.sort_unstable();
        targets.courses.dedup();
        targets.students.sort_unstable();
        targets.students.dedup();
        targets.years.sort_unstable();
        targets.years.dedup();
        targets.semesters.sort_unstable();
        targets.semesters.dedup();
        self
    }

    /// What the choice means, if it means anything and the caller may address these people.
    pub(super) fn resolve(&self, staff: &Staff, known: &Known) -> Result<Audience, DownloadError> {
        let parts = self.parts(known)?;
        self.check_rights(staff, known)?;
        let mut audience = Audience(parts);
        if let Standing::Faculty { .. } = staff.standing {
            // Who uploads may always see what they uploaded, also when they stop teaching the course.
            audience.0.push(AudiencePart::Person(staff.user));
        }
        Ok(audience)
    }

    fn parts(&self, known: &Known) -> Result<Vec<AudiencePart>, DownloadError> {
        use TargetAudience as Target;
        let targets = &self.specific_targets;
        let invalid = |text: &str| DownloadError::Invalid(vec![("specificTargets", text.to_owned())]);
        if targets.courses.iter().any(|course| !known.courses.contains_key(course)) {
            return Err(invalid("One of the courses does not exist."));
        }
        if targets.semesters.iter().any(|semester| !(1..=MAX_SEMESTER).contains(semester)) {
            return Err(invalid("A semester must be a number from 1 to 12."));
        }
        if targets.years.iter().any(|year| !(1950..=2200).contains(year)) {
            return Err(invalid("A year must have four digits, such as 2026."));
        }
        if targets.students.len() > MAX_STUDENTS {
            return Err(invalid("Choose at most 500 students, or a course or semester."));
        }
        let mut parts = Vec::new();
        for target in &self.target_audience {
            let before = parts.len();
            match target {
                Target::All => parts.push(AudiencePart::All),
                Target::Students => parts.push(AudiencePart::Students),
                Target::Faculty => parts.push(AudiencePart::Faculty),
                Target::SpecificCourse => {
                    parts.extend(targets.courses.iter().map(|&course| AudiencePart::Course(course)));
                }
                Target::SpecificYear => parts.extend(targets.years.iter().map(|&year| AudiencePart::Year(year))),
                Target::SpecificSemester => {
                    parts.extend(targets.semesters.iter().map(|&one| AudiencePart::Semester(one)));
                }
                Target::SpecificCourseSemester => parts.extend(targets.courses.iter().flat_map(|&course| {
                    targets.semesters.iter().map(move |&semester| AudiencePart::CourseSemester(course, semester))
                })),
                Target::SpecificStudents => {
                    for student in &targets.students {
                        let row = known
                            .students
                            .get(student)
                            .ok_or_else(|| invalid("One of the students does not exist."))?;
                        parts.push(AudiencePart::Person(row.user_id.into()));
                    }
                }
            }
            if parts.len() == before {
                return Err(invalid(match target {
                    Target::SpecificYear => "Choose the year in which the students began.",
                    Target::SpecificSemester => "Choose the semester it is for.",
                    Target::SpecificStudents => "Choose at least one student.",
                    Target::SpecificCourseSemester => "Choose the course and the semester it is for.",
                    _ => {
                        "Choose the course it is for. If the form has no such field, add the course code (such as GNM) to the tags."
                    }
                }));
            }
        }
        Ok(parts)
    }

    /// Faculty may address whole courses they teach, semesters of them, and single students of them.
    fn check_rights(&self, staff: &Staff, known: &Known) -> Result<(), DownloadError> {
        use TargetAudience::{SpecificCourse, SpecificCourseSemester, SpecificStudents};
        if staff.is_admin() {
            return Ok(());
        }
        let forbidden = |text: &str| Err(DownloadError::AudienceForbidden(text.to_owned()));
        let narrow =
            |target: &TargetAudience| matches!(target, SpecificCourse | SpecificCourseSemester | SpecificStudents);
        if !self.target_audience.iter().all(narrow) {
            return forbidden("Choose a course you teach. Only the office can upload for everybody.");
        }
        if !self.specific_targets.courses.iter().all(|&course| staff.may_act_for(course)) {
            return forbidden("You can upload only for the courses you teach.");
        }
        let theirs = |student| known.students.get(student).is_some_and(|row| staff.may_act_for(row.course_id.into()));
        if !self.specific_targets.students.iter().all(theirs) {
            return forbidden("You can upload only for students of the courses you teach.");
        }
        Ok(())
    }

    /// The choice in words: `GNM, semester 3`.
    pub(super) fn in_words(&self, known: &Known) -> String {
        use TargetAudience as Target;
        let targets = &self.specific_targets;
        let codes = || {
            let mut codes: Vec<_> =
                targets.courses.iter().filter_map(|id| known.courses.get(id)).map(|(code, _)| code.as_str()).collect();
            codes.sort_unstable();
            codes.join(" and ")
        };
        let numbers = |numbers: &[i32]| numbers.iter().map(i32::to_string).collect::<Vec<_>>().join(" and ");
        let words = self.target_audience.iter().map(|target| match target {
            Target::All => "everybody".to_owned(),
            Target::Students => "all students".to_owned(),
            Target::Faculty => "all faculty".to_owned(),
            Target::SpecificCourse => codes(),
            Target::SpecificYear => format!("the batch of {}", numbers(&targets.years)),
            Target::SpecificSemester => format!("semester {}", numbers(&targets.semesters)),
            Target::SpecificCourseSemester => format!("{}, semester {}", codes(), numbers(&targets.semesters)),
            Target::SpecificStudents if targets.students.len() == 1 => "1 chosen student".to_owned(),
            Target::SpecificStudents => format!("{} chosen students", targets.students.len()),
        });
        words.collect::<Vec<_>>().join("; ")
    }

    /// Who is told, in words: `42 students of GNM, semester 3`.
    pub(super) fn told(&self, known: &Known, students: u64, faculty: u64) -> String {
        use TargetAudience as Target;
        let count = |number: u64, one: &str, many: &str| format!("{number} {}", if number == 1 { one } else { many });
        let pupils = count(students, "student", "students");
        let words = self.in_words(known);
        let mut text = match self.target_audience.as_slice() {
            [
                Target::SpecificCourse
                | Target::SpecificYear
                | Target::SpecificSemester
                | Target::SpecificCourseSemester,
            ] => {
                format!("{pupils} of {words}")
            }
            [Target::SpecificStudents] => words,
            [Target::Faculty] => return count(faculty, "faculty member", "faculty members"),
            [Target::All | Target::Students] => format!("all {pupils}"),
            _ => format!("{pupils} ({words})"),
        };
        if faculty > 0 {
            text += " and ";
            text +=
                &match self.target_audience.contains(&Target::All) || self.target_audience.contains(&Target::Faculty) {
                    true => count(faculty, "faculty member", "faculty members"),
                    false => count(faculty, "teacher", "teachers"),
                };
        }
        text
    }
}

/// The people of an audience as the directory counts them: groups of students, all faculty or not, teachers of courses.
pub(super) fn groups(audience: &Audience) -> (Vec<Among>, bool, Vec<CourseId>) {
    let (mut students, mut faculty, mut teachers) = (Vec::new(), false, Vec::new());
    for part in &audience.0 {
        match *part {
            AudiencePart::All => {
                students.push(Among::All);
                faculty = true;
            }
            AudiencePart::Students => students.push(Among::All),
            AudiencePart::Faculty => faculty = true,
            AudiencePart::Course(course) => {
                students.push(Among::Course(course));
                teachers.push(course);
            }
            AudiencePart::Year(year) => students.push(Among::Year(year)),
            AudiencePart::Semester(semester) => students.push(Among::Semester(semester)),
            AudiencePart::CourseSemester(course, semester) => {
                students.push(Among::CourseSemester(course, semester));
                teachers.push(course);
            }
            AudiencePart::Person(user) => students.push(Among::Person(user)),
        }
    }
    (students, faculty, teachers)
}

#[cfg(test)]
mod tests {
    use lamplight_auth::{Caller, Claims, Person, Role};
    use lamplight_kernel::Room;
    use uuid::Uuid;

    use super::*;

    fn id<T: From<Uuid>>(n: u128) -> T {
        T::from(Uuid::from_u128(n))
    }

    fn staff(standing: Standing) -> Staff {
        let person = Person {
            user: id(9),
            username: "x".to_owned(),
            full_name: "X".to_owned(),
            standing,
            is_active: true,
            session_version: 1,
        };
        let claims = Claims {
            user_id: id(9),
            role: Role::Admin,
            username: "x".to_owned(),
            iat: 0,
            exp: 1,
            jti: Uuid::nil(),
            ver: 1,
            sid: None,
        };
        Staff::try_from(Caller { person, claims, signing_key: 0, log_head: 0, address: None }).unwrap()
    }

    fn known() -> Known {
        let course = |n, code: &str| (id::<CourseId>(n), (code.to_owned(), format!("Course {code}")));
        let student = |user: u128, course: u128| students::entity::Model {
            user_id: Uuid::from_u128(user),
            course_id: Uuid::from_u128(course),
            ..Default::default()
        };
        Known {
            courses: HashMap::from([course(1, "GNM"), course(2, "ANM")]),
            students: HashMap::from([(id(11), student(111, 1)), (id(12), student(112, 2))]),
        }
    }

    fn choice(target: &[TargetAudience], targets: SpecificTargets) -> Choice {
        Choice { target_audience: target.to_vec(), specific_targets: targets }
    }

    #[test]
    fn what_the_existing_client_can_not_say_is_derived() {
        use TargetAudience::*;
        let tags = ["pharma".to_owned(), "gnm".to_owned()];
        let derived = choice(&[SpecificCourseSemester], SpecificTargets::default()).complete(Some(3), &tags, &known());
        assert_eq!(
            derived.specific_targets,
            SpecificTargets { courses: vec![id(1)], semesters: vec![3], ..Default::default() }
        );
        assert_eq!(derived.in_words(&known()), "GNM, semester 3");
        let all = choice(&[], SpecificTargets::default()).complete(Some(3), &tags, &known());
        assert_eq!((all.target_audience, all.specific_targets), (vec![All], SpecificTargets::default()));
    }

    #[test]
    fn what_means_nobody_or_nothing_is_refused() {
        use TargetAudience::*;
        let admin = staff(Standing::Admin);
        for (target, targets, word) in [
            (SpecificCourse, SpecificTargets::default(), "course"),
            (SpecificSemester, SpecificTargets::default(), "semester"),
            (SpecificYear, SpecificTargets::default(), "year"),
            (SpecificStudents, SpecificTargets::default(), "student"),
            (SpecificCourseSemester, SpecificTargets { courses: vec![id(1)], ..Default::default() }, "semester"),
            (SpecificCourse, SpecificTargets { courses: vec![id(3)], ..Default::default() }, "does not exist"),
            (SpecificStudents, SpecificTargets { students: vec![id(1)], ..Default::default() }, "does not exist"),
            (SpecificSemester, SpecificTargets { semesters: vec![13], ..Default::default() }, "1 to 12"),
            (SpecificYear, SpecificTargets { years: vec![26], ..Default::default() }, "four digits"),
        ] {
            match choice(&[target], targets).resolve(&admin, &known()) {
                Err(DownloadError::Invalid(fields)) => assert!(fields[0].1.contains(word), "{target:?}: {fields:?}"),
                other => panic!("{target:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn faculty_address_their_own_courses_alone() {
        use TargetAudience::*;
        let teacher = staff(Standing::Faculty { faculty: id(90), teaches: vec![id(1)] });
        let gnm =
            SpecificTargets { courses: vec![id(1)], semesters: vec![3], students: vec![id(11)], ..Default::default() };
        for target in [SpecificCourse, SpecificCourseSemester, SpecificStudents] {
            let audience = choice(&[target], gnm.clone()).resolve(&teacher, &known()).unwrap();
            assert!(audience.rooms().contains(&Room::user(id(9))), "the uploader sees their own");
        }
        let anm = SpecificTargets { courses: vec![id(2)], students: vec![id(12)], ..gnm.clone() };
        let years = SpecificTargets { years: vec![2026], ..gnm.clone() };
        for (target, targets) in [
            (All, gnm.clone()),
            (Students, gnm.clone()),
            (Faculty, gnm.clone()),
            (SpecificSemester, gnm),
            (SpecificYear, years),
            (SpecificCourse, anm.clone()),
            (SpecificStudents, anm),
        ] {
            let refused = choice(&[target], targets).resolve(&teacher, &known());
            assert!(matches!(refused, Err(DownloadError::AudienceForbidden(_))), "{target:?}: {refused:?}");
        }
    }
}
