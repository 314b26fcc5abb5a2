//! What somebody of the staff may record and mark.

use std::collections::HashMap;

use lamplight_auth::Staff;
use lamplight_kernel::{CourseId, Standing};
use lamplight_store::StoreError;
use sea_orm::ConnectionTrait;

use super::{rules::subject_key, store};

/// What somebody of the staff may record and mark: for an administrator everything, for a faculty member what they teach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Teaching(Option<HashMap<CourseId, Vec<String>>>);

impl Teaching {
    /// Of somebody, as it is in this transaction or now.
    pub(crate) async fn of<C: ConnectionTrait>(db: &C, staff: &Staff) -> Result<Self, StoreError> {
        match staff.standing {
            Standing::Admin => Ok(Self(None)),
            Standing::Faculty { faculty, .. } => Ok(Self(Some(store::find_taught(db, faculty).await?))),
            Standing::Student { .. } => Ok(Self(Some(HashMap::new()))),
        }
    }

    /// Whether a subject of a course is among it. No subject of a course named means all of them.
    pub(crate) fn covers(&self, course: CourseId, subject: &str) -> bool {
        let Some(taught) = &self.0 else { return true };
        let Some(subjects) = taught.get(&course) else { return false };
        let key = subject_key(subject);
        subjects.is_empty() || subjects.iter().any(|one| subject_key(one) == key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_course_is_taught_whole_or_by_subjects() {
        let id = |n| CourseId::from(uuid::Uuid::from_u128(n));
        let named = vec!["Child Health Nursing".to_owned()];
        let teaching = Teaching(Some(HashMap::from([(id(1), vec![]), (id(2), named)])));
        for (course, subject, expected) in [
            (1, "Anatomy", true),
            (1, "", true),
            (2, " child  health NURSING", true),
            (2, "Child Health", false),
            (2, "", false),
            (3, "Anatomy", false),
        ] {
            assert_eq!(teaching.covers(id(course), subject), expected, "{course} {subject}");
        }
        assert!(Teaching(None).covers(id(9), "Anything"));
    }
}
