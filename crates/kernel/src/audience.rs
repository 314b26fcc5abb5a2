//! Rooms and audiences: who may hear, who may see. The two are one question here.
//!
//! A person is in rooms (by role, course, semester, ...). Whatever is meant for some people names the rooms of those
//! people, and somebody may open it exactly when they are in one of them. The live side sends an event to the same
//! rooms. So "may open" and "hears of it" can't drift apart: lists, files and sockets ask the same thing.
//!
//! Room names are spelt here and nowhere else.

use std::{collections::BTreeSet, fmt};

use crate::{CourseId, FacultyId, StudentId, UserId};

/// A set of people, by a name: `semester:3`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Room(String);

impl Room {
    /// One person, on all their devices.
    #[must_use]
    pub fn user(user: UserId) -> Self {
        Self(format!("user:{user}"))
    }

    /// All students.
    #[must_use]
    pub fn students() -> Self {
        Self("students".to_owned())
    }

    /// All faculty.
    #[must_use]
    pub fn faculty() -> Self {
        Self("faculty".to_owned())
    }

    /// All administrators.
    #[must_use]
    pub fn admins() -> Self {
        Self("admins".to_owned())
    }

    /// The students of a course, of every semester.
    #[must_use]
    pub fn course(course: CourseId) -> Self {
        Self(format!("course:{course}"))
    }

    /// The students who began in a year, of every course.
    #[must_use]
    pub fn year(batch_year: i32) -> Self {
        Self(format!("year:{batch_year}"))
    }

    /// The students of a semester, of every course.
    #[must_use]
    pub fn semester(semester: i32) -> Self {
        Self(format!("semester:{semester}"))
    }

    /// The students of one course in one semester. Rooms are unions, so "course and semester" needs its own.
    #[must_use]
    pub fn cohort(course: CourseId, semester: i32) -> Self {
        Self(format!("cohort:{course}:{semester}"))
    }

    /// The faculty who teach a course.
    #[must_use]
    pub fn teachers(course: CourseId) -> Self {
        Self(format!("teachers:{course}"))
    }

    /// A name read back from the database.
    #[must_use]
    pub const fn from_stored(name: String) -> Self {
        Self(name)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Room {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// What a person is to the institute today. It decides their rooms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Runs the institute.
    Admin,
    /// Teaches.
    Faculty {
        /// The faculty record.
        faculty: FacultyId,
        /// The courses taught: what they may upload for, record and mark.
        teaches: Vec<CourseId>,
    },
    /// Studies.
    Student {
        /// The student record.
        student: StudentId,
        /// The course they are enrolled in.
        course: CourseId,
        /// The semester they are in, from 1.
        semester: i32,
        /// The year they began.
        batch_year: i32,
    },
}

impl Standing {
    /// The rooms of a person of this standing.
    #[must_use]
    pub fn rooms(&self, user: UserId) -> Vec<Room> {
        let mut rooms = vec![Room::user(user)];
        match self {
            Self::Admin => rooms.push(Room::admins()),
            Self::Faculty { teaches, .. } => {
                rooms.push(Room::faculty());
                rooms.extend(teaches.iter().map(|&course| Room::teachers(course)));
            }
            Self::Student { course, semester, batch_year, .. } => rooms.extend([
                Room::students(),
                Room::course(*course),
                Room::year(*batch_year),
                Room::semester(*semester),
                Room::cohort(*course, *semester),
            ]),
        }
        rooms
    }
}

/// One group of people that something is meant for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AudiencePart {
    /// Every student and every faculty member.
    All,
    /// Every student.
    Students,
    /// Every faculty member.
    Faculty,
    /// The students of a course, and who teaches it.
    Course(CourseId),
    /// The students who began in a year.
    Year(i32),
    /// The students of a semester, whatever their course.
    Semester(i32),
    /// The students of a course in one semester, and who teaches the course.
    CourseSemester(CourseId, i32),
    /// One person.
    Person(UserId),
}

/// Whom something is meant for: the union of its parts. Administrators are always included, because they answer for it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Audience(pub Vec<AudiencePart>);

impl Audience {
    /// The rooms of these people, each once, in a fixed order.
    #[must_use]
    pub fn rooms(&self) -> Vec<Room> {
        let mut rooms = BTreeSet::from([Room::admins()]);
        for part in &self.0 {
            match *part {
                AudiencePart::All => rooms.extend([Room::students(), Room::faculty()]),
                AudiencePart::Students => rooms.extend([Room::students()]),
                AudiencePart::Faculty => rooms.extend([Room::faculty()]),
                AudiencePart::Course(course) => rooms.extend([Room::course(course), Room::teachers(course)]),
                AudiencePart::Year(year) => rooms.extend([Room::year(year)]),
                AudiencePart::Semester(semester) => rooms.extend([Room::semester(semester)]),
                AudiencePart::CourseSemester(course, semester) => {
                    rooms.extend([Room::cohort(course, semester), Room::teachers(course)]);
                }
                AudiencePart::Person(user) => rooms.extend([Room::user(user)]),
            }
        }
        rooms.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id<T: From<uuid::Uuid>>(n: u128) -> T {
        T::from(uuid::Uuid::from_u128(n))
    }

    /// A table of every part against every kind of person: who may see it.
    #[test]
    fn who_sees_what() {
        let (gnm, anm): (CourseId, CourseId) = (id(1), id(2));
        let student = |user: u128, course, semester, batch_year| {
            (id::<UserId>(user), Standing::Student { student: id(user + 100), course, semester, batch_year })
        };
        let people = [
            ("gnm3", student(11, gnm, 3, 2025)),
            ("gnm1", student(12, gnm, 1, 2026)),
            ("anm3", student(13, anm, 3, 2025)),
            ("teaches gnm", (id(14), Standing::Faculty { faculty: id(114), teaches: vec![gnm] })),
            ("teaches none", (id(15), Standing::Faculty { faculty: id(115), teaches: vec![] })),
            ("admin", (id(16), Standing::Admin)),
        ];
        use AudiencePart::*;
        let table: [(AudiencePart, &[&str]); 8] = [
            (All, &["gnm3", "gnm1", "anm3", "teaches gnm", "teaches none", "admin"]),
            (Students, &["gnm3", "gnm1", "anm3", "admin"]),
            (Faculty, &["teaches gnm", "teaches none", "admin"]),
            (Course(gnm), &["gnm3", "gnm1", "teaches gnm", "admin"]),
            (Year(2025), &["gnm3", "anm3", "admin"]),
            (Semester(3), &["gnm3", "anm3", "admin"]),
            (CourseSemester(gnm, 3), &["gnm3", "teaches gnm", "admin"]),
            (Person(id(13)), &["anm3", "admin"]),
        ];
        for (part, expected) in table {
            let rooms = Audience(vec![part.clone()]).rooms();
            let seen_by: Vec<&str> = people
                .iter()
                .filter(|(_, (user, standing))| standing.rooms(*user).iter().any(|room| rooms.contains(room)))
                .map(|(name, _)| *name)
                .collect();
            assert_eq!(seen_by, expected, "{part:?}");
        }
    }

    #[test]
    fn an_empty_audience_is_for_administrators_alone() {
        assert_eq!(Audience::default().rooms(), [Room::admins()]);
    }
}
