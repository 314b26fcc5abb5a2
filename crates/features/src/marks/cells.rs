//! What stands in the cells of a sheet: exact marks, or why there are none.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type, schema::SchemaType},
};

/// Marks, in hundredths: councils give halves and quarters, and a hash needs exact numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Score(pub(super) i32);

impl Score {
    /// None.
    pub const ZERO: Self = Self(0);
    /// More than any exam gives.
    pub const MAX: Self = Self(100_000);

    /// From hundredths.
    #[must_use]
    pub const fn from_hundredths(hundredths: i32) -> Self {
        Self(hundredths)
    }

    /// From whole marks.
    #[must_use]
    pub const fn whole(marks: i32) -> Self {
        Self(marks.saturating_mul(100))
    }

    /// In hundredths.
    #[must_use]
    pub const fn hundredths(self) -> i32 {
        self.0
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 100, self.0 % 100) {
            (whole, 0) => write!(f, "{whole}"),
            (whole, part) if part % 10 == 0 => write!(f, "{whole}.{}", part / 10),
            (whole, part) => write!(f, "{whole}.{part:02}"),
        }
    }
}

impl FromStr for Score {
    type Err = ();

    /// A number that is not negative, with two decimals at most.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
        let part = part.trim_end_matches('0');
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || whole.len() > 6 || part.len() > 2 || !digits(whole) || !digits(part) {
            return Err(());
        }
        let whole: i32 = whole.parse().map_err(|_| ())?;
        let part: i32 = format!("{part:0<2}").parse().map_err(|_| ())?;
        let score = Self(whole.checked_mul(100).and_then(|whole| whole.checked_add(part)).ok_or(())?);
        if score <= Self::MAX { Ok(score) } else { Err(()) }
    }
}

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % 100 == 0 {
            serializer.serialize_i32(self.0 / 100)
        } else {
            serializer.serialize_f64(f64::from(self.0) / 100.0)
        }
    }
}

impl<'de> Deserialize<'de> for Score {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        let text = match &value {
            serde_json::Value::Number(number) => number.to_string(),
            serde_json::Value::String(text) => text.clone(),
            _ => String::new(),
        };
        text.parse().map_err(|()| D::Error::custom("this must be a number of marks, with two decimals at most"))
    }
}

/// The parts of an exam.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Written.
    Theory,
    /// At the bedside or in the laboratory.
    Practical,
    /// Spoken.
    Viva,
    /// Handed in.
    Assignment,
}

impl Part {
    /// In the order they are shown.
    pub const ALL: [Self; 4] = [Self::Theory, Self::Practical, Self::Viva, Self::Assignment];

    /// As the wire and the database spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Theory => "theory",
            Self::Practical => "practical",
            Self::Viva => "viva",
            Self::Assignment => "assignment",
        }
    }
}

/// Something for each part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[expect(missing_docs, reason = "named as the parts")]
pub struct Parts<T> {
    pub theory: T,
    pub practical: T,
    pub viva: T,
    pub assignment: T,
}

impl<T> Parts<T> {
    /// Of one part.
    pub const fn get(&self, part: Part) -> &T {
        match part {
            Part::Theory => &self.theory,
            Part::Practical => &self.practical,
            Part::Viva => &self.viva,
            Part::Assignment => &self.assignment,
        }
    }

    /// Of one part, to be changed.
    pub const fn get_mut(&mut self, part: Part) -> &mut T {
        match part {
            Part::Theory => &mut self.theory,
            Part::Practical => &mut self.practical,
            Part::Viva => &mut self.viva,
            Part::Assignment => &mut self.assignment,
        }
    }

    /// Made for each part.
    pub fn each(mut make: impl FnMut(Part) -> T) -> Self {
        Self {
            theory: make(Part::Theory),
            practical: make(Part::Practical),
            viva: make(Part::Viva),
            assignment: make(Part::Assignment),
        }
    }
}

/// What stands in one cell. Absent and withheld are not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cell {
    /// Nothing yet.
    #[default]
    Blank,
    /// Marks.
    Scored(Score),
    /// The student was not there.
    Absent,
    /// The mark is kept back, for fees or an inquiry.
    Withheld,
}

impl Cell {
    /// As the database keeps it.
    pub(super) fn stored(self) -> Option<String> {
        match self {
            Self::Blank => None,
            Self::Scored(score) => Some(score.to_string()),
            Self::Absent => Some("absent".to_owned()),
            Self::Withheld => Some("withheld".to_owned()),
        }
    }

    /// A word for it.
    pub(super) const fn status(self) -> &'static str {
        match self {
            Self::Blank => "blank",
            Self::Scored(_) => "scored",
            Self::Absent => "absent",
            Self::Withheld => "withheld",
        }
    }

    /// What counts as marks.
    pub(super) const fn score(self) -> Option<Score> {
        match self {
            Self::Scored(score) => Some(score),
            _ => None,
        }
    }

    /// From JSON as clients send it.
    pub(super) fn read(value: &serde_json::Value) -> Option<Self> {
        match value {
            serde_json::Value::Null => Some(Self::Blank),
            serde_json::Value::Number(number) => number.to_string().parse().ok().map(Self::Scored),
            serde_json::Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }
}

impl FromStr for Cell {
    type Err = ();

    /// A number; `absent`, `AB` or `A`; `withheld`, `WH` or `W`; or nothing.
    fn from_str(text: &str) -> Result<Self, ()> {
        match text.trim().to_lowercase().as_str() {
            "" => Ok(Self::Blank),
            "absent" | "ab" | "a" => Ok(Self::Absent),
            "withheld" | "wh" | "w" => Ok(Self::Withheld),
            number => number.parse().map(Self::Scored),
        }
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Blank => serializer.serialize_none(),
            Self::Scored(score) => score.serialize(serializer),
            _ => serializer.serialize_str(self.status()),
        }
    }
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(&serde_json::Value::deserialize(deserializer)?)
            .ok_or_else(|| D::Error::custom("this must be a number of marks, absent, withheld or nothing"))
    }
}

impl PartialSchema for Cell {
    fn schema() -> RefOr<Schema> {
        let types = SchemaType::from_iter([Type::Number, Type::String, Type::Null]);
        let about = "A number, `absent`, `withheld` or nothing.";
        ObjectBuilder::new().schema_type(types).description(Some(about)).into()
    }
}

impl ToSchema for Cell {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_exact() {
        for (text, hundredths, shown) in [
            ("0", 0, "0"),
            ("17", 1700, "17"),
            ("17.5", 1750, "17.5"),
            (" 17.25 ", 1725, "17.25"),
            ("7.05", 705, "7.05"),
            ("9.10", 910, "9.1"),
            ("5.000", 500, "5"),
        ] {
            let score: Score = text.parse().unwrap();
            assert_eq!((score.hundredths(), score.to_string().as_str()), (hundredths, shown), "{text}");
            assert_eq!(serde_json::to_string(&score).unwrap(), shown);
            assert_eq!(serde_json::from_str::<Score>(shown).unwrap(), score);
        }
        for bad in ["", "-1", "+1", "1.234", "1e3", "NaN", ".5", "1,5", "1000.01", "99999999999999999999", "x"] {
            assert_eq!(bad.parse::<Score>(), Err(()), "{bad}");
        }
    }

    #[test]
    fn cells_are_numbers_or_say_why_not() {
        for (text, cell) in [
            ("", Cell::Blank),
            ("AB", Cell::Absent),
            ("absent", Cell::Absent),
            ("w", Cell::Withheld),
            ("0", Cell::Scored(Score::ZERO)),
        ] {
            assert_eq!(text.parse(), Ok(cell));
            let json = serde_json::to_value(cell).unwrap();
            assert_eq!(Cell::read(&json), Some(cell), "{json}");
            assert_eq!(cell.stored().unwrap_or_default().parse(), Ok(cell));
        }
        assert_eq!(Cell::read(&serde_json::json!([1])), None);
        assert_eq!(Cell::read(&serde_json::json!(-3)), None);
    }
}
