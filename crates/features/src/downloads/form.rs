//! What a form says about study material: read forgivingly, checked as a whole.

use std::collections::HashMap;

use jiff::civil::Date;
use lamplight_http::from_value;
use lamplight_kernel::{Problem, Timestamp};
use serde::{Deserialize, Deserializer, de::Error as _};
use utoipa::ToSchema;

use super::{
    audience::{Choice, SpecificTargets, TargetAudience},
    rules::{CATEGORIES, DownloadError, MAX_DESCRIPTION, MAX_SEMESTER, MAX_SHORT, MAX_TAGS, MAX_TITLE, academic_year},
    store::Details,
};
use crate::{
    Institute,
    wire::{Change, CommaList},
    wrong::Wrong,
};

/// What may be said about a piece of study material. What is absent stays as it is (or gets its default, when it is new);
/// an empty text clears it.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Form {
    #[schema(value_type = Option<String>)]
    title: Change<String>,
    #[schema(value_type = Option<String>)]
    description: Change<String>,
    /// One of the categories of `GET /api/institute`.
    #[schema(value_type = Option<String>)]
    category: Change<String>,
    #[schema(value_type = Option<String>)]
    subject: Change<String>,
    /// From 1; a number or its text.
    #[schema(value_type = Option<i32>)]
    semester: Change<i32>,
    /// The year it begins.
    #[schema(value_type = Option<String>)]
    academic_year: Change<String>,
    /// A list, or one text with commas.
    #[schema(value_type = Option<String>)]
    tags: Option<CommaList>,
    /// The last date it can be opened, `YYYY-MM-DD`.
    #[schema(value_type = Option<String>, format = Date)]
    expiry_date: Change<String>,
    #[schema(value_type = Option<bool>)]
    requires_login: Change<bool>,
    /// Whom it is for: one or several, as a list or one text with commas.
    #[schema(value_type = Option<String>, example = "specific_course_semester")]
    target_audience: Option<CommaList>,
    /// The particulars, as an object or as JSON in a text.
    #[schema(value_type = Option<SpecificTargets>)]
    #[serde(deserialize_with = "targets")]
    specific_targets: Option<SpecificTargets>,
    /// The revision that was read. The change is refused when it is not the current one any more.
    #[schema(value_type = Option<i32>)]
    pub(super) rev: Change<i32>,
}

/// An object, or JSON in a text (so multipart forms send it), or nothing.
fn targets<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SpecificTargets>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Object(SpecificTargets),
        Text(String),
        Nothing,
    }
    let wrong = || D::Error::custom("this must be an object with courses, students, years and semesters");
    match Either::deserialize(deserializer).map_err(|_| wrong())? {
        Either::Nothing => Ok(None),
        Either::Object(targets) => Ok(Some(targets)),
        Either::Text(text) if text.trim().is_empty() => Ok(None),
        Either::Text(text) => serde_json::from_str(&text).map(Some).map_err(|_| wrong()),
    }
}

impl Form {
    /// The text fields of a multipart request.
    pub(super) fn from_fields(fields: HashMap<String, String>) -> Result<Self, Problem> {
        from_value(fields.into_iter().map(|(name, text)| (name, serde_json::Value::String(text))).collect())
    }

    /// What is said about it after this form, all mistakes reported at once. The audience is not resolved yet.
    pub(super) fn check(
        self,
        before: Option<Details>,
        institute: &Institute,
        now: Timestamp,
    ) -> Result<Details, DownloadError> {
        let mut wrong = Wrong::default();
        let old = before.clone();
        let old = |take: fn(Details) -> Option<String>| old.clone().and_then(take);

        let title = self.title.apply(old(|it| Some(it.title)));
        let title = wrong.text("title", title, MAX_TITLE).unwrap_or_else(|| wrong.say("title", "Give it a title."));
        let description = wrong.lines("description", self.description.apply(old(|it| it.description)), MAX_DESCRIPTION);
        let category = self.category.apply(old(|it| Some(it.category)));
        let category = match category {
            Some(category) if CATEGORIES.contains(&category.as_str()) => category,
            Some(_) => wrong.say("category", &format!("Choose one of {}.", CATEGORIES.join(", "))),
            None => wrong.say("category", "Choose a category."),
        };
        let subject = wrong.text("subject", self.subject.apply(old(|it| it.subject)), MAX_SHORT);
        let semester = self.semester.apply(before.as_ref().and_then(|it| it.semester));
        if semester.is_some_and(|semester| !(1..=MAX_SEMESTER).contains(&semester)) {
            wrong.say("semester", "This must be a number from 1 to 12.");
        }
        let today = institute.today(now);
        let year = self.academic_year.apply(old(|it| it.academic_year)).unwrap_or_else(|| academic_year(today));
        let is_year = |text: &str| {
            (text.len() == 4 || text.len() == 7 || text.len() == 9)
                && text.starts_with("20")
                && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
        };
        if !is_year(&year) {
            wrong.say("academicYear", "Write the year it begins with four digits, such as 2026.");
        }
        let tags = match self.tags {
            Some(list) => tags(&mut wrong, list),
            None => before.as_ref().map(|it| it.tags.clone()).unwrap_or_default(),
        };
        let was = before.as_ref().and_then(|it| it.expires_on);
        let expires_on = match self.expiry_date {
            Change::Keep => was,
            Change::Clear => None,
            Change::Set(text) => match institute.date_of(&text) {
                // An item that has expired may be corrected without bringing it back.
                Some(date) if date < today && Some(date) != was => {
                    no_date(&mut wrong, "This day is over. Choose a later one.")
                }
                Some(date) => Some(date),
                None => no_date(&mut wrong, "Write the date as year-month-day, such as 2026-11-30."),
            },
        };
        let requires_login = self.requires_login.apply(before.as_ref().map(|it| it.requires_login)).unwrap_or(false);
        let choice =
            choice(&mut wrong, self.target_audience, self.specific_targets, before.map(|it| it.choice), semester);
        if !wrong.0.is_empty() {
            return Err(DownloadError::Invalid(wrong.0));
        }
        Ok(Details {
            title,
            description,
            category,
            subject,
            semester,
            academic_year: Some(year),
            tags,
            expires_on,
            requires_login,
            choice,
        })
    }
}

fn choice(
    wrong: &mut Wrong,
    target_audience: Option<CommaList>,
    specific_targets: Option<SpecificTargets>,
    before: Option<Choice>,
    semester: Option<i32>,
) -> Choice {
    let old = before.unwrap_or(Choice { target_audience: Vec::new(), specific_targets: SpecificTargets::default() });
    let target_audience = match target_audience {
        None => old.target_audience,
        Some(names) => {
            let parsed: Result<Vec<TargetAudience>, ()> = names.0.iter().map(|name| name.parse()).collect();
            parsed.unwrap_or_else(|()| {
                wrong.say(
                    "targetAudience",
                    "Choose whom it is for: everybody, a course, a semester, a year or single students.",
                );
                Vec::new()
            })
        }
    };
    let specific_targets = specific_targets.unwrap_or_else(|| {
        let mut kept = old.specific_targets;
        // The existing client has one semester field, which is the material's and the audience's at once.
        if semester.is_some() && target_audience == [TargetAudience::SpecificSemester] {
            kept.semesters.clear();
        }
        kept
    });
    Choice { target_audience, specific_targets }
}

fn no_date(wrong: &mut Wrong, text: &str) -> Option<Date> {
    wrong.say("expiryDate", text);
    None
}

fn tags(wrong: &mut Wrong, tags: CommaList) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for tag in tags.0 {
        if let Some(tag) = wrong.text("tags", Some(tag.to_lowercase()), MAX_SHORT)
            && !kept.contains(&tag)
        {
            kept.push(tag);
        }
    }
    if kept.len() > MAX_TAGS {
        wrong.say("tags", &format!("Use at most {MAX_TAGS} tags."));
    }
    kept
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn institute() -> Institute {
        Institute {
            public_url: String::new(),
            name: String::new(),
            time_zone: jiff::tz::TimeZone::get("Asia/Kolkata").unwrap(),
            time_zone_name: "Asia/Kolkata".to_owned(),
            student_mail_domain: None,
            upload_limit: 1,
            upload_patience: Duration::ZERO,
            undo_window: std::time::Duration::from_secs(15),
            accepted_extensions: Vec::new(),
            demo_sign_ins: Vec::new(),
        }
    }

    /// 22 November 2026, 15:30 in Kolkata.
    const NOW: Timestamp = Timestamp::from_millis(1_795_341_600_000);

    fn check(json: serde_json::Value, before: Option<Details>) -> Result<Details, DownloadError> {
        serde_json::from_value::<Form>(json).unwrap().check(before, &institute(), NOW)
    }

    #[test]
    fn the_least_that_is_needed_and_its_defaults() {
        let details = check(serde_json::json!({"title": "  Fluid\nbalance ", "category": "Notes"}), None).unwrap();
        assert_eq!(details.title, "Fluid balance");
        assert_eq!(details.academic_year.as_deref(), Some("2026"));
        assert_eq!((details.expires_on, details.semester, details.requires_login), (None, None, false));
    }

    #[test]
    fn all_mistakes_at_once_each_by_its_field() {
        let refused = check(
            serde_json::json!({
                "category": "Novel", "semester": "13", "academicYear": "next", "expiryDate": "2026-11-21",
                "targetAudience": "specific_department", "subject": "x".repeat(101), "tags": (0..21).map(|n| n.to_string()).collect::<Vec<_>>(),
            }),
            None,
        );
        let Err(DownloadError::Invalid(fields)) = refused else { panic!("{refused:?}") };
        let names: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
        assert_eq!(
            names,
            ["title", "category", "subject", "semester", "academicYear", "tags", "expiryDate", "targetAudience"]
        );
    }

    #[test]
    fn a_change_keeps_what_it_does_not_name_and_clears_what_is_empty() {
        let before = check(
            serde_json::json!({"title": "A", "category": "Notes", "subject": "Anatomy", "semester": 3, "tags": "x,Y", "expiryDate": "2026-11-22"}),
            None,
        )
        .unwrap();
        assert_eq!(before.tags, ["x", "y"]);
        let after =
            check(serde_json::json!({"title": "B", "semester": "", "expiryDate": ""}), Some(before.clone())).unwrap();
        assert_eq!(after, Details { title: "B".to_owned(), semester: None, expires_on: None, ..before });
    }

    #[test]
    fn what_has_expired_can_be_corrected_and_stays_expired() {
        let mut before = check(serde_json::json!({"title": "A", "category": "Notes"}), None).unwrap();
        before.expires_on = Some(jiff::civil::date(2026, 11, 1));
        let after = check(serde_json::json!({"title": "B", "expiryDate": "2026-11-01"}), Some(before.clone())).unwrap();
        assert_eq!(after.expires_on, before.expires_on);
        assert!(check(serde_json::json!({"expiryDate": "2026-11-02"}), Some(before)).is_err());
    }

    #[test]
    fn the_semester_of_the_existing_client_moves_the_audience() {
        let form = |semester| serde_json::json!({"title": "A", "category": "Notes", "semester": semester, "targetAudience": "specific_semester"});
        let mut before = check(form(3), None).unwrap();
        before.choice.specific_targets.semesters = vec![3];
        let after = check(form(4), Some(before)).unwrap();
        assert_eq!(after.choice.specific_targets.semesters, [0; 0], "to be derived anew");
    }
}
