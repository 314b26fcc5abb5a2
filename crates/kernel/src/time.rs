//! Time as an argument: a moment in milliseconds, and the clock it is read from.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A moment, in whole milliseconds since 1970 (UTC). Written as RFC 3339 with three decimals, as JavaScript does.
///
/// Stored as a 64 bit integer in both databases: SQLite has no time type, and comparing texts of varying precision
/// would order them wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since 1970.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, as tokens count (RFC 7519 "NumericDate").
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This moment and so much later; stays at the last moment there is when it would pass it.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// This moment and so much earlier.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long until `later`; zero when it has passed.
    #[must_use]
    pub fn until(self, later: Self) -> Duration {
        Duration::from_millis(u64::try_from(later.0.saturating_sub(self.0)).unwrap_or(0))
    }

    /// The calendar date at this moment in a time zone: what "today" means to the institute.
    #[must_use]
    pub fn date_in(self, zone: &jiff::tz::TimeZone) -> jiff::civil::Date {
        self.jiff().to_zoned(zone.clone()).date()
    }

    fn jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::MAX)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.jiff())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let moment: jiff::Timestamp = text.parse().map_err(D::Error::custom)?;
        Ok(Self(moment.as_millisecond()))
    }
}

/// Where the time comes from: the machine, or a hand in a test.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// `None` is the machine's clock.
    set: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub const fn system() -> Self {
        Self { set: None }
    }

    /// A clock that stands still until it is advanced. Clones show the same time.
    #[must_use]
    pub fn mock(start: Timestamp) -> Self {
        Self { set: Some(Arc::new(AtomicI64::new(start.0))) }
    }

    /// The moment it is.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    pub fn now(&self) -> Timestamp {
        match &self.set {
            Some(set) => Timestamp(set.load(Ordering::SeqCst)),
            None => Timestamp(jiff::Timestamp::now().as_millisecond()),
        }
    }

    /// Makes a mock clock jump, forward or back. Does nothing to the machine's.
    pub fn jump(&self, to: Timestamp) {
        if let Some(set) = &self.set {
            set.store(to.0, Ordering::SeqCst);
        }
    }

    /// Moves a mock clock on. Does nothing to the machine's.
    pub fn advance(&self, by: Duration) {
        if let Some(set) = &self.set {
            set.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_as_javascript_writes_it() {
        for (millis, text) in [(0, "1970-01-01T00:00:00.000Z"), (1_795_383_000_123, "2026-11-22T21:30:00.123Z")] {
            let moment = Timestamp::from_millis(millis);
            assert_eq!(moment.to_string(), text);
            assert_eq!(serde_json::from_str::<Timestamp>(&format!("\"{text}\"")).unwrap(), moment);
        }
    }

    #[test]
    fn a_day_begins_where_the_institute_is() {
        let zone = jiff::tz::TimeZone::get("Asia/Kolkata").unwrap();
        // 18:29 UTC is still the 22nd in Kolkata (UTC+5:30); 18:30 is the 23rd.
        let before = Timestamp::from_millis(1_795_372_140_000);
        assert_eq!(before.to_string(), "2026-11-22T18:29:00.000Z");
        assert_eq!(before.date_in(&zone), jiff::civil::date(2026, 11, 22));
        assert_eq!(before.plus(Duration::from_secs(60)).date_in(&zone), jiff::civil::date(2026, 11, 23));
    }
}
