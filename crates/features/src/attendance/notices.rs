//! What a student is told about their attendance, and when it is worth a notice.
//!
//! * A class rings the bell once, not at each tap: what is marked on an open board is told when the class is closed.
//! * Present does not ring, nor does a holiday: nothing is to be done about them, and the page shows them at once. Absent, late and
//!   leave do, and so does every correction and deletion of what the student could take for settled.
//! * What is settled stands with the record (`told`): the status of which its student was told, or which they saw and had nothing to be
//!   told about. What differs from it later is a correction, on whatever way it came.
//! * One notice a student for everything that one request does: a file of a month is one.
//! * It holds no reason and no remark: those are free texts of the staff, and may name others.

use jiff::civil::Date;
use lamplight_kernel::UserId;
use lamplight_store::{StoreError, Tx};

use super::rules::{Session, Status};
use crate::notifications::{Category, Kind, Notice, Priority, tell_each};

/// Classes that one notice names.
const MOST_NAMED: usize = 10;

/// What became of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct News {
    pub(super) date: Date,
    pub(super) subject: String,
    pub(super) session: Session,
    /// What its student took for settled.
    pub(super) was: Option<Status>,
    /// What it is; nothing when it was deleted.
    pub(super) is: Option<Status>,
}

/// Whether it is worth a notice when it is said for the first time.
const fn rings(status: Status) -> bool {
    !matches!(status, Status::Present | Status::Holiday)
}

impl News {
    /// Whether its student is told of it.
    pub(super) fn is_worth_telling(&self) -> bool {
        match (self.was, self.is) {
            (None, Some(status)) => rings(status),
            (Some(_), _) => true,
            (None, None) => false,
        }
    }

    fn line(&self) -> String {
        let class = format!("{} ({}), {}", self.subject, self.session, self.date.strftime("%-d %B %Y"));
        match (self.was, self.is) {
            (None, Some(status)) => format!("{class}: {status}."),
            (Some(was), Some(is)) if was == is => {
                format!("{class}: {is}, as before; the hours, the kind or the remark changed.")
            }
            (Some(was), Some(is)) => format!("{class}: {is} instead of {was}."),
            (was, None) => format!("{class}: the record ({}) was deleted.", was.map_or("none", Status::as_str)),
        }
    }

    fn title(&self) -> String {
        let subject = &self.subject;
        match (self.was, self.is) {
            (None, Some(Status::Absent)) => format!("Marked absent: {subject}"),
            (None, Some(Status::Late)) => format!("Marked late: {subject}"),
            (None, _) => format!("Leave recorded: {subject}"),
            (Some(_), Some(_)) => format!("Attendance corrected: {subject}"),
            (Some(_), None) => format!("Attendance deleted: {subject}"),
        }
    }
}

/// Title and text for what became of a student's records, in the order of their dates.
fn text(news: &mut [News]) -> (String, String) {
    news.sort_by(|a, b| (a.date, &a.subject, a.session).cmp(&(b.date, &b.subject, b.session)));
    let title = match news {
        [one] => one.title(),
        _ => format!("Attendance: {} classes", news.len()),
    };
    let mut lines: Vec<String> = news.iter().take(MOST_NAMED).map(News::line).collect();
    if let Some(more @ 1..) = news.len().checked_sub(MOST_NAMED) {
        lines.push(format!("And {more} more."));
    }
    lines.push("If something is not right, ask who teaches the class.".to_owned());
    (title, lines.join("\n"))
}

/// Tells each student once.
pub(super) async fn tell(tx: &mut Tx, of_each: Vec<(UserId, Vec<News>)>) -> Result<(), StoreError> {
    let texts: Vec<(UserId, bool, (String, String))> = of_each
        .into_iter()
        .map(|(user, mut news)| {
            let absent = news.iter().any(|one| one.is == Some(Status::Absent));
            (user, absent, text(&mut news))
        })
        .collect();
    let notices = texts.iter().map(|(user, absent, (title, message))| {
        let notice = Notice {
            title,
            message,
            kind: if *absent { Kind::Warning } else { Kind::Info },
            category: Category::Academic,
            priority: if *absent { Priority::High } else { Priority::Medium },
            sender: None,
            link: Some("/attendance"),
        };
        (*user, notice)
    });
    tell_each(tx, notices).await
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn news(day: i8, was: Option<Status>, is: Option<Status>) -> News {
        News { date: date(2026, 11, day), subject: "Anatomy".to_owned(), session: Session::Morning, was, is }
    }

    #[test]
    fn what_is_worth_a_notice() {
        use Status::*;
        for (was, is, worth) in [
            (None, Some(Present), false),
            (None, Some(Holiday), false),
            (None, Some(Absent), true),
            (None, Some(Late), true),
            (None, Some(MedicalLeave), true),
            (Some(Absent), Some(Present), true),
            (Some(Present), Some(Present), true),
            (Some(Present), None, true),
            (None, None, false),
        ] {
            assert_eq!(news(20, was, is).is_worth_telling(), worth, "{was:?} {is:?}");
        }
    }

    #[test]
    fn one_class_and_many() {
        use Status::*;
        let one = text(&mut [news(20, None, Some(Absent))]);
        assert_eq!(one.0, "Marked absent: Anatomy");
        assert!(one.1.starts_with("Anatomy (Morning), 20 November 2026: Absent.\n"), "{}", one.1);
        let corrected = text(&mut [news(20, Some(Absent), Some(Present))]);
        assert_eq!(corrected.0, "Attendance corrected: Anatomy");
        assert!(corrected.1.contains("Present instead of Absent"), "{}", corrected.1);
        assert!(text(&mut [news(20, Some(Late), None)]).1.contains("the record (Late) was deleted"));
        let mut many: Vec<News> = (1..=25).rev().map(|day| news(day, None, Some(Absent))).collect();
        let (title, message) = text(&mut many);
        assert_eq!(title, "Attendance: 25 classes");
        assert_eq!(message.lines().count(), MOST_NAMED + 2);
        assert!(message.starts_with("Anatomy (Morning), 1 November") && message.contains("And 15 more."), "{message}");
    }
}
