//! The people of the demo institute. All invented.

/// Who runs it.
pub(super) const ADMIN: &str = "Leela Thomas";

/// Name, designation, department, and which of the courses (by their order) they teach.
pub(super) const FACULTY: [(&str, &str, &str, &[usize]); 8] = [
    ("Mary Kurian", "Associate Professor", "Medical-Surgical Nursing", &[1, 2]),
    ("Sunita Deshpande", "Professor", "Community Health Nursing", &[0]),
    ("Anil Mathew", "Lecturer", "Anatomy", &[0, 1]),
    ("Farzana Sheikh", "Assistant Professor", "Obstetric Nursing", &[1, 2]),
    ("Gopal Krishnan", "Lecturer", "Pharmacology", &[0, 1]),
    ("Ritu Chauhan", "Clinical Instructor", "Pediatric Nursing", &[0]),
    ("Joseph Fernandes", "Clinical Instructor", "Psychiatric Nursing", &[0, 1]),
    ("Kavita Joshi", "Lab Instructor", "Nutrition", &[2]),
];

const FIRST: [&str; 24] = [
    "Aarti", "Bindu", "Chitra", "Deepa", "Esther", "Fatima", "Geeta", "Hema", "Indu", "Jyoti", "Kiran", "Lakshmi",
    "Meena", "Nisha", "Omana", "Priya", "Rahul", "Sneha", "Tara", "Uma", "Vijay", "Wahida", "Yamini", "Zoya",
];

const LAST: [&str; 20] = [
    "Nair", "Sharma", "Das", "Patil", "Reddy", "Kumar", "Pillai", "Singh", "Mishra", "Ansari", "Iyer", "Gowda", "Bose",
    "Jadhav", "Varghese", "Yadav", "Paul", "Saxena", "Rao", "Sahu",
];

/// Given and family name of a student. 24 and 20 walked together give 120 different pairs.
pub(super) fn student(number: usize) -> (&'static str, &'static str) {
    let pick =
        |names: &'static [&'static str], index: usize| names.get(index % names.len()).copied().unwrap_or_default();
    (pick(&FIRST, number), pick(&LAST, number))
}

/// Whether the student is one of the few men.
pub(super) fn is_man(number: usize) -> bool {
    ["Kiran", "Rahul", "Vijay"].contains(&student(number).0)
}

/// The father's given name.
pub(super) fn father(number: usize) -> &'static str {
    const FATHERS: [&str; 7] = ["Anand", "Biju", "Dinesh", "Iqbal", "Mohan", "Suresh", "Thomas"];
    FATHERS.get(number % FATHERS.len()).copied().unwrap_or_default()
}

/// The whole name.
pub(super) fn student_name(number: usize) -> String {
    let (first, last) = student(number);
    format!("{first} {last}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_called_like_somebody_else() {
        let names: std::collections::BTreeSet<_> = (0..120).map(student_name).collect();
        assert_eq!(names.len(), 120);
    }
}
