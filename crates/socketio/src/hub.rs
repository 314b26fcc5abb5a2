//! [`Hub`]: rooms, and one frame to all who are in them.
//!
//! A hub belongs to one task, whose calls give all its sockets the same order; nothing in it is locked. A socket's end is told
//! to it through a list ([`Gone`]) that it empties before anything else, so that rooms hold no dead sockets for long.
//!
//! Each member has a stamp. An emit takes the next stamp, marks the excepted with it, then visits the rooms and passes over
//! whoever bears it already: a union without repetition, with nothing hashed per socket.

use std::collections::HashMap;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use slab::Slab;

use crate::outgoing::Frame;
use crate::socket::Socket;

/// How many sockets [`Hub::emit_paced`] writes to between two pauses: about a millisecond of writes.
const PACE: usize = 128;

/// The numbers of sockets that have ended while in the hub.
#[derive(Debug, Default)]
pub(crate) struct Gone {
    any: AtomicBool,
    numbers: Mutex<Vec<u64>>,
}

impl Gone {
    pub(crate) fn push(&self, number: u64) {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner).push(number);
        self.any.store(true, Ordering::Release);
    }

    fn take(&self) -> Vec<u64> {
        if !self.any.swap(false, Ordering::Acquire) {
            return Vec::new();
        }
        mem::take(&mut *self.numbers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Member {
    socket: Socket,
    /// The rooms, and this member's place in each.
    rooms: Vec<Place>,
    /// The last emit that reached or excepted it.
    stamp: u64,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    room: usize,
    at: usize,
}

struct Room {
    name: Arc<str>,
    /// Keys of `Hub::members`.
    members: Vec<usize>,
}

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Delivered {
    /// Sockets it was sent to.
    pub sockets: usize,
    /// Bytes on the wire, all together, as over WebSocket.
    pub bytes: usize,
}

/// Rooms of sockets, owned by the one task that sends to them.
///
/// A socket can be in one hub at a time. A room exists while somebody is in it.
#[derive(Default)]
pub struct Hub {
    gone: Arc<Gone>,
    members: Slab<Member>,
    by_number: HashMap<u64, usize>,
    rooms: Slab<Room>,
    by_name: HashMap<Arc<str>, usize>,
    stamp: u64,
    /// The targets of the current emit; kept for its memory.
    targets: Vec<usize>,
}

impl Hub {
    /// A hub without rooms.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts the socket into `rooms`, besides those it is in. False, and nothing done, if it has ended or is in another hub.
    pub fn join<'a>(&mut self, socket: &Socket, rooms: impl IntoIterator<Item = &'a str>) -> bool {
        self.sweep();
        let Some(member) = self.admit(socket) else { return false };
        for room in rooms {
            self.enter(member, room);
        }
        self.release(member);
        true
    }

    /// Takes the socket out of `rooms`.
    pub fn leave<'a>(&mut self, socket: &Socket, rooms: impl IntoIterator<Item = &'a str>) {
        self.sweep();
        let Some(&member) = self.by_number.get(&socket.conn().number) else {
            return;
        };
        for name in rooms {
            let Some(&room) = self.by_name.get(name) else { continue };
            let place =
                self.members.get(member).and_then(|member| member.rooms.iter().position(|place| place.room == room));
            if let Some(place) = place {
                self.exit(member, place);
            }
        }
        self.release(member);
    }

    /// Puts the socket into exactly these rooms. False, and nothing done, if it has ended or is in another hub.
    pub fn set_rooms<'a>(&mut self, socket: &Socket, rooms: impl IntoIterator<Item = &'a str>) -> bool {
        self.sweep();
        let Some(member) = self.admit(socket) else { return false };
        self.exit_all(member);
        for room in rooms {
            self.enter(member, room);
        }
        self.release(member);
        true
    }

    /// Takes the socket out of all rooms.
    pub fn remove(&mut self, socket: &Socket) {
        self.sweep();
        if let Some(&member) = self.by_number.get(&socket.conn().number) {
            self.exit_all(member);
            self.release(member);
        }
    }

    /// The rooms of the socket, in no order.
    pub fn rooms_of(&self, socket: &Socket) -> impl Iterator<Item = &str> {
        let member = self.by_number.get(&socket.conn().number).and_then(|&member| self.members.get(member));
        let places = member.map_or(&[][..], |member| &member.rooms);
        places.iter().filter_map(|place| self.rooms.get(place.room).map(|room| &*room.name))
    }

    /// The sockets in a room, in no order. Some may have ended a moment ago.
    pub fn members(&self, room: &str) -> impl Iterator<Item = &Socket> {
        let room = self.by_name.get(room).and_then(|&room| self.rooms.get(room));
        let members = room.map_or(&[][..], |room| &room.members);
        members.iter().filter_map(|&member| self.members.get(member).map(|member| &member.socket))
    }

    /// All sockets that are in a room, in no order.
    pub fn sockets(&self) -> impl Iterator<Item = &Socket> {
        self.members.iter().map(|(_, member)| &member.socket)
    }

    /// The names of the rooms somebody is in, and how many sockets each has; in no order.
    pub fn rooms(&self) -> impl Iterator<Item = (&str, usize)> {
        self.rooms.iter().map(|(_, room)| (&*room.name, room.members.len()))
    }

    /// How many sockets are in a room.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// True if no socket is in a room.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Forgets the sockets that have ended. Every method that changes the hub or sends does this first; call it when the hub
    /// has been quiet for long.
    pub fn sweep(&mut self) {
        for number in self.gone.take() {
            if let Some(&member) = self.by_number.get(&number) {
                self.exit_all(member);
                self.release(member);
            }
        }
    }

    /// Sends to everybody who is in a room of `to` and in none of `except`, once each.
    ///
    /// A write takes some microseconds and all happen before this returns; see [`Hub::emit_paced`] for large rooms.
    pub fn emit(&mut self, frame: &Frame, to: &[&str], except: &[&str]) -> Delivered {
        self.select(to, except);
        let targets = mem::take(&mut self.targets);
        let sockets = targets.iter().filter(|&&member| self.send(member, frame)).count();
        self.targets = targets;
        Delivered { sockets, bytes: sockets * frame.wire().len() }
    }

    /// [`Hub::emit`] that lets other tasks of its thread run in between. The order of frames is kept, as the hub cannot be
    /// used otherwise until this is done. Dropped half-way, the frame has reached some and not others.
    pub async fn emit_paced(&mut self, frame: &Frame, to: &[&str], except: &[&str]) -> Delivered {
        self.select(to, except);
        let targets = mem::take(&mut self.targets);
        let mut sockets = 0;
        for (index, chunk) in targets.chunks(PACE).enumerate() {
            if index > 0 {
                tokio::task::yield_now().await;
            }
            sockets += chunk.iter().filter(|&&member| self.send(member, frame)).count();
        }
        self.targets = targets;
        Delivered { sockets, bytes: sockets * frame.wire().len() }
    }

    /// Puts into `targets` who is in `to` but not in `except`.
    fn select(&mut self, to: &[&str], except: &[&str]) {
        self.sweep();
        self.stamp += 1;
        self.targets.clear();
        for (names, wanted) in [(except, false), (to, true)] {
            let rooms = names.iter().filter_map(|&name| self.by_name.get(name));
            for room in rooms.filter_map(|&room| self.rooms.get(room)) {
                for &key in &room.members {
                    let Some(member) = self.members.get_mut(key) else {
                        continue;
                    };
                    if mem::replace(&mut member.stamp, self.stamp) != self.stamp && wanted {
                        self.targets.push(key);
                    }
                }
            }
        }
    }

    fn send(&self, member: usize, frame: &Frame) -> bool {
        self.members.get(member).is_some_and(|member| member.socket.emit(frame))
    }

    /// The socket's key, new or not.
    fn admit(&mut self, socket: &Socket) -> Option<usize> {
        // Told of the end from here on; what ended before is not let in.
        if !socket.conn().enter(&self.gone) {
            return None;
        }
        let number = socket.conn().number;
        Some(
            *self
                .by_number
                .entry(number)
                .or_insert_with(|| self.members.insert(Member { socket: socket.clone(), rooms: Vec::new(), stamp: 0 })),
        )
    }

    /// Forgets a member that is in no room.
    fn release(&mut self, member: usize) {
        if self.members.get(member).is_some_and(|member| member.rooms.is_empty()) {
            let member = self.members.remove(member);
            member.socket.conn().leave(&self.gone);
            self.by_number.remove(&member.socket.conn().number);
        }
    }

    fn enter(&mut self, member: usize, name: &str) {
        let room = match self.by_name.get(name) {
            Some(&room) => room,
            None => {
                let name: Arc<str> = name.into();
                let room = self.rooms.insert(Room { name: name.clone(), members: Vec::new() });
                self.by_name.insert(name, room);
                room
            }
        };
        let (Some(entry), Some(entered)) = (self.members.get_mut(member), self.rooms.get_mut(room)) else {
            return;
        };
        if entry.rooms.iter().all(|place| place.room != room) {
            entry.rooms.push(Place { room, at: entered.members.len() });
            entered.members.push(member);
        }
    }

    /// Takes a member out of the room at `place` in its list.
    fn exit(&mut self, member: usize, place: usize) {
        let Some(entry) = self.members.get_mut(member) else {
            return;
        };
        if place >= entry.rooms.len() {
            return;
        }
        let Place { room, at } = entry.rooms.swap_remove(place);
        let Some(left) = self.rooms.get_mut(room) else { return };
        if at < left.members.len() {
            left.members.swap_remove(at);
        }
        // Who stood last stands here now.
        if let Some(&moved) = left.members.get(at)
            && let Some(moved) = self.members.get_mut(moved)
            && let Some(place) = moved.rooms.iter_mut().find(|place| place.room == room)
        {
            place.at = at;
        }
        if left.members.is_empty() {
            let room = self.rooms.remove(room);
            self.by_name.remove(&room.name);
        }
    }

    fn exit_all(&mut self, member: usize) {
        while let Some(last) = self.members.get(member).and_then(|member| member.rooms.len().checked_sub(1)) {
            self.exit(member, last);
        }
    }
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").field("sockets", &self.members.len()).field("rooms", &self.rooms.len()).finish()
    }
}
