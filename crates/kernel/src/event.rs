//! Events: what happened, who may hear it, and where it stands in the log.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Room, SessionId, Timestamp, UserId};

/// Something that happened and that clients hear of: a name on the wire and a payload.
///
/// A payload must never serialise to a bare string: the client takes a string in last place for its resume offset.
/// Every payload is a struct, so this holds by itself.
pub trait Event: Serialize {
    /// The name on the wire, `<plural noun>:<past tense>`.
    const NAME: &'static str;
}

/// Who hears an event: everybody in one of the rooms of `to`, except who is in a room of `except`; each once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Target {
    /// The union of these rooms.
    pub to: Vec<Room>,
    /// Nobody who is in one of these.
    pub except: Vec<Room>,
    /// Not after this moment: what has expired is not news any more.
    pub until: Option<Timestamp>,
}

impl Target {
    /// Everybody in one of these rooms.
    #[must_use]
    pub fn rooms(to: impl IntoIterator<Item = Room>) -> Self {
        Self { to: to.into_iter().collect(), ..Self::default() }
    }

    /// But nobody who is in one of these.
    #[must_use]
    pub fn except(mut self, rooms: impl IntoIterator<Item = Room>) -> Self {
        self.except.extend(rooms);
        self
    }

    /// And not after this moment.
    #[must_use]
    pub const fn until(mut self, moment: Option<Timestamp>) -> Self {
        self.until = moment;
        self
    }

    /// Whether somebody who is in `rooms` hears it at `now`.
    #[must_use]
    pub fn reaches(&self, rooms: &[Room], now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
            && self.to.iter().any(|room| rooms.contains(room))
            && !self.except.iter().any(|room| rooms.contains(room))
    }
}

/// An event as the log keeps it, before it has a number.
#[derive(Debug)]
pub struct Recorded {
    /// The name on the wire. Names that begin with `@` are [`Control`]s and never leave the server.
    pub name: &'static str,
    /// The payload, encoded once.
    pub payload: Box<RawValue>,
    /// Who hears it.
    pub target: Target,
}

impl Recorded {
    /// Encodes an event for the log.
    ///
    /// # Errors
    /// When the payload can't be written as JSON (a map whose keys are no strings, say): a mistake of ours.
    pub fn event<E: Event>(event: &E, target: Target) -> Result<Self, serde_json::Error> {
        Ok(Self { name: E::NAME, payload: serde_json::value::to_raw_value(event)?, target })
    }

    /// Encodes a control for the log.
    ///
    /// # Errors
    /// As [`Recorded::event`].
    pub fn control(control: &Control) -> Result<Self, serde_json::Error> {
        Ok(Self { name: Control::NAME, payload: serde_json::value::to_raw_value(control)?, target: Target::default() })
    }
}

/// What no client hears but every node must act on, in log order: rights that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Control {
    /// The person's earlier sessions are over (password changed): their sockets are closed, and each comes back only
    /// with a token that still holds.
    SignedOut {
        /// Whose sessions.
        user: UserId,
    },
    /// One session of the person is over: the sockets that hold a token of it are closed.
    SessionEnded {
        /// Whose session.
        user: UserId,
        /// Which.
        session: SessionId,
    },
    /// What decides the person's rooms has changed (course, semester, role, what they teach): from here on in the log, their
    /// sockets hear what their new rooms hear.
    RoomsChanged {
        /// Whose rooms.
        user: UserId,
    },
    /// A signing key is retired: every socket whose token an earlier key than `newest` has signed is closed.
    KeyRetired {
        /// The key that signs from here on.
        newest: i32,
    },
}

impl Control {
    /// The name under which controls stand in the log.
    pub const NAME: &'static str = "@control";

    /// Whether it is about a socket of this person, whose token is of this session and was signed with this key.
    #[must_use]
    pub fn concerns(&self, person: UserId, held: Option<SessionId>, signing_key: i32) -> bool {
        match *self {
            Self::SignedOut { user } | Self::RoomsChanged { user } => user == person,
            Self::SessionEnded { user, session } => user == person && held == Some(session),
            Self::KeyRetired { newest } => signing_key < newest,
        }
    }
}

/// Where an event stands: the epoch of the log and its number there. Clients store it as an opaque string and send it
/// back to be given what followed.
///
/// The epoch changes when a backup is restored, so that a number from before is never taken for one from after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offset {
    /// Which log.
    pub epoch: u32,
    /// Which event in it.
    pub seq: i64,
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}.{}", self.epoch, self.seq)
    }
}

impl FromStr for Offset {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (epoch, seq) = text.split_once('.').ok_or(())?;
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if epoch.len() != 8 || !plain(epoch) || !plain(seq) {
            return Err(());
        }
        Ok(Self { epoch: u32::from_str_radix(epoch, 16).map_err(|_| ())?, seq: seq.parse().map_err(|_| ())? })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_target_is_a_union_less_the_excepted_until_it_expires() {
        let now = Timestamp::from_millis(1000);
        let students = [Room::students(), Room::semester(3)];
        let target = Target::rooms([Room::semester(3), Room::admins()]);
        assert!(target.reaches(&students, now));
        assert!(!target.reaches(&[Room::students(), Room::semester(4)], now));
        assert!(!target.clone().except([Room::students()]).reaches(&students, now));
        assert!(target.clone().until(Some(Timestamp::from_millis(1001))).reaches(&students, now));
        assert!(!target.until(Some(now)).reaches(&students, now));
        assert!(!Target::default().reaches(&students, now));
    }

    proptest! {
        #[test]
        fn offsets_survive_the_round_trip(epoch: u32, seq in 0..i64::MAX) {
            let offset = Offset { epoch, seq };
            prop_assert_eq!(offset.to_string().parse(), Ok(offset));
        }

        #[test]
        fn no_text_makes_an_offset_panic(text in "\\PC*") {
            let _ = text.parse::<Offset>();
        }
    }

    #[test]
    fn what_is_no_offset() {
        for bad in
            ["", ".", "1.2", "0000000g.1", "00000000.", "00000000.-1", "00000000.+1", "+0000000.1", "00000000.1.2"]
        {
            assert_eq!(bad.parse::<Offset>(), Err(()), "{bad}");
        }
    }
}
