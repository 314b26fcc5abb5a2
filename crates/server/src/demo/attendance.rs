//! Attendance of the demo institute: the weeks before today, so that percentages and charts have something to show.

use jiff::{
    Span,
    civil::{Date, Weekday},
};
use lamplight_features::attendance::{self, Kind, NewAttendance, Session, Status};
use lamplight_kernel::{CourseId, StudentId, UserId};
use lamplight_store::Tx;

/// Days back from today.
const DAYS: i32 = 35;

/// What is taught, by kind.
const PLAN: &[(&str, Kind)] = &[
    ("Anatomy", Kind::Theory),
    ("Nursing Foundations", Kind::Practical),
    ("Pharmacology", Kind::Theory),
    ("Community posting", Kind::Clinical),
    ("Child Health Nursing", Kind::Theory),
];

/// One class in the morning and one in the afternoon of each working day; who was there follows from numbers alone, so that
/// every demo institute is the same.
pub(super) async fn insert(
    tx: &Tx,
    classes: &[(CourseId, i32, Vec<StudentId>)],
    by: UserId,
    today: Date,
) -> anyhow::Result<()> {
    let pupils: Vec<_> = classes
        .iter()
        .flat_map(|(course, semester, students)| students.iter().map(move |&student| (student, *course, *semester)))
        .collect();
    let mut rows = Vec::new();
    for back in 1..=DAYS {
        let date = today.checked_sub(Span::new().days(back))?;
        if date.weekday() == Weekday::Sunday {
            continue;
        }
        for (number, &(student, course, semester)) in (0_i32..).zip(&pupils) {
            let shift = back + semester;
            let plan = PLAN.iter().cycle().skip(usize::try_from(shift.rem_euclid(5))?).take(2);
            for (part, (subject, kind)) in (0_i32..).zip(plan) {
                let session = if part == 0 { Session::Morning } else { Session::Afternoon };
                let status = match (number * 31 + back * 17 + part * 7).rem_euclid(29) {
                    // Some are seldom there.
                    0..4 if number % 9 == 4 => Status::Absent,
                    0 => Status::Absent,
                    1 => Status::Late,
                    2 if *kind != Kind::Clinical => Status::Leave,
                    3 if number % 5 == 0 => Status::MedicalLeave,
                    _ => Status::Present,
                };
                rows.push(NewAttendance { student, course, semester, subject, date, session, kind: *kind, status });
            }
        }
    }
    attendance::insert(tx, &rows, by).await?;
    Ok(())
}
