//! Carries out a plan, and keeps what the judge must know.

use std::{sync::Arc, time::Duration};

use lamplight_kernel::Room;
use lamplight_store::Store;
use rand::random;
use sea_orm::ConnectionTrait;

use crate::support::soon;

use super::{
    device::{Away, Device, Pass},
    door::Door,
    ground::Ground,
    history::{Chronicle, History, Line, Moment, Who},
    judge::{Fault, Tally, judge},
    people::Pen,
    plan::{Change, DEVICES, Kind, OFFICE, Step, Write, bulk, flood},
};

/// How long a device may take at the end to hear all.
const PATIENCE: Duration = Duration::from_secs(15);
/// Events read from the log at once.
const BATCH: u64 = 1000;

/// Study material that was uploaded.
struct Material {
    id: String,
    rooms: Vec<Room>,
}

pub(super) struct Run {
    ground: Ground,
    chronicle: Arc<Chronicle>,
    pen: Pen,
    door: Door,
    devices: Vec<Device>,
    materials: Vec<Material>,
    history: History,
    epoch: u32,
    /// The last event of the log that the history has.
    collected: i64,
    bells: u64,
}

impl Run {
    pub(super) async fn new(kind: Kind, chronicle: Arc<Chronicle>) -> Self {
        let ground = Ground::open(kind).await;
        let pen = Pen::new(&ground.institute, Arc::clone(&chronicle));
        let door = Door { http: ground.institute.http.clone(), pen: pen.clone() };
        let devices = DEVICES.iter().map(|&who| Device::new(who, Arc::clone(&chronicle))).collect();
        let mut history = History::default();
        history.people = (0..=DEVICES[DEVICES.len() - 1]).map(|who| pen.state(&pen.person(who))).collect();
        let tick = chronicle.tick();
        history.clock.push(Moment { begun: tick, done: tick, what: ground.clock().now().millis() });
        let mut run = Self {
            epoch: ground.head.epoch,
            collected: ground.head.seq,
            ground,
            chronicle,
            pen,
            door,
            devices,
            materials: Vec::new(),
            history,
            bells: 0,
        };
        run.new_epoch(run.epoch);
        run
    }

    fn new_epoch(&mut self, epoch: u32) {
        self.epoch = epoch;
        let (begun, done) = (self.chronicle.tick(), self.chronicle.tick());
        self.history.epochs.push(Moment { begun, done, what: epoch });
    }

    pub(super) async fn step(&mut self, step: &Step) {
        self.chronicle.step(format!("{step:?}"));
        match step {
            Step::Write(write) => self.write(write).await,
            Step::Edit(which, crowds) => {
                if let (Some(address), Some(which)) = (self.ground.address(0), which.checked_rem(self.materials.len()))
                {
                    let material = &self.materials[which];
                    let rooms = crowds.as_ref().map(|crowds| (crowds.as_slice(), self.pen.names.audience(crowds)));
                    self.door.edit(address, &self.office(), &material.id, &material.rooms, rooms.as_ref()).await;
                    if let Some((_, rooms)) = rooms {
                        self.materials[which].rooms = rooms;
                    }
                }
            }
            Step::Delete(which) => {
                if let (Some(address), Some(which)) = (self.ground.address(0), which.checked_rem(self.materials.len()))
                {
                    let material = self.materials.swap_remove(which);
                    self.door.delete(address, &self.office(), &material.id, &material.rooms).await;
                }
            }
            Step::Password(who) => {
                if let Some(address) = self.ground.address(0)
                    && self.pen.person(*who).active
                {
                    self.door.password(address, *who, &self.pass(*who).token).await;
                }
            }
            Step::Come(device, node) => {
                let _ = self.come(*device, *node).await;
            }
            Step::Graze(device, node) => {
                if let Some(address) = self.ground.address(*node) {
                    let pass = self.pass(self.devices[*device].who);
                    self.devices[*device].graze(address, &pass).await;
                }
            }
            Step::Cut(device) => self.devices[*device].cut().await,
            Step::CutAll => {
                for device in &mut self.devices {
                    device.cut().await;
                }
            }
            Step::Haunt(device, node) => {
                self.devices[*device].leave().await;
                let _ = self.come(*device, *node).await;
            }
            Step::Pause(device) => self.devices[*device].read(false),
            Step::Resume(device) => self.devices[*device].read(true),
            Step::Switch(device, who) => {
                self.devices[*device].cut().await;
                self.devices[*device].who = *who;
                let _ = self.come(*device, 0).await;
            }
            Step::Flood(who) => self.tell_all(&flood(*who)).await,
            Step::Bulk => self.tell_all(&bulk()).await,
            Step::Burst { writes, meanwhile } => self.burst(writes, meanwhile).await,
            Step::Settle => self.settle().await,
            Step::Forget(percent) => self.forget(*percent).await,
            Step::Clock(millis) => {
                let begun = self.chronicle.tick();
                self.ground.institute.clock.advance(Duration::from_millis((*millis).unsigned_abs()));
                let what = self.ground.clock().now().millis();
                self.history.clock.push(Moment { begun, done: self.chronicle.tick(), what });
            }
            Step::Restart { node, kill, hanging, meanwhile } => {
                self.restart(*node, *kill, *hanging, meanwhile).await;
            }
            Step::Restore(lost) => self.restore(*lost).await,
        }
    }

    fn pass(&self, who: Who) -> Pass {
        let person = self.pen.person(who);
        Pass { who, session: person.session, token: self.ground.token(&person.member, person.session) }
    }

    fn office(&self) -> String {
        self.pass(OFFICE).token
    }

    async fn come(&mut self, device: usize, node: usize) -> Result<(), Away> {
        let address = self.ground.address(node).ok_or(Away::Later)?;
        let pass = self.pass(self.devices[device].who);
        self.devices[device].come(address, &pass).await
    }

    async fn tell_all(&self, tales: &[super::plan::Tale]) {
        if let Some(store) = self.ground.store() {
            for some in tales.chunks(25) {
                self.pen.tell(&store, some).await;
            }
        }
    }

    async fn write(&mut self, write: &Write) {
        if let Write::Upload(crowds) = write {
            if let Some(address) = self.ground.address(0)
                && let Some(id) = self.door.upload(address, &self.office(), crowds).await
            {
                self.materials.push(Material { id, rooms: self.pen.names.audience(crowds) });
            }
        } else if let Some(store) = self.ground.store() {
            put(&self.pen, &store, write).await;
        }
    }

    async fn burst(&mut self, writes: &[Write], meanwhile: &[Step]) {
        let (pen, door, store) = (self.pen.clone(), self.door.clone(), self.ground.store());
        let (address, office, writes) = (self.ground.address(0), self.office(), writes.to_vec());
        let writer = tokio::spawn(async move {
            for write in &writes {
                match (write, address, &store) {
                    (Write::Upload(crowds), Some(address), _) => {
                        door.upload(address, &office, crowds).await;
                    }
                    (Write::Upload(_), ..) | (_, _, None) => {}
                    (write, _, Some(store)) => put(&pen, store, write).await,
                }
            }
        });
        for step in meanwhile {
            Box::pin(self.step(step)).await;
        }
        writer.await.unwrap();
    }

    /// Rings a bell for everybody; nothing when no node runs.
    async fn ring(&mut self) -> bool {
        self.bells += 1;
        match (self.ground.store(), self.ground.address(0)) {
            (Some(store), Some(_)) => self.pen.ring(&store, self.bells).await,
            (None, Some(address)) => self.door.ring(address, &self.office(), self.bells).await,
            _ => return false,
        }
        true
    }

    async fn settle(&mut self) {
        if self.ring().await {
            for device in self.devices.iter_mut().filter(|device| device.is_reading()) {
                device.hears(self.bells).await;
            }
        }
    }

    /// Takes what the log has into the history.
    async fn collect(&mut self, store: &Store) {
        loop {
            let events = store.log().after(self.collected, BATCH).await.unwrap();
            let Some(last) = events.last() else { return };
            self.collected = last.seq;
            self.history.lines.extend(events.iter().map(|event| Line::read(self.epoch, event)));
        }
    }

    async fn forget(&mut self, percent: u64) {
        let Some(store) = self.ground.store() else { return };
        self.collect(&store).await;
        let head = store.log().head().await.unwrap();
        let count = (head.seq - head.floor).unsigned_abs() * percent / 100;
        let begun = self.chronicle.tick();
        let ever = lamplight_kernel::Timestamp::from_millis(i64::MAX);
        store.log().drop_before(ever, count).await.unwrap();
        let floor = store.log().head().await.unwrap().floor;
        self.history.floors.push(Moment { begun, done: self.chronicle.tick(), what: (self.epoch, floor) });
    }

    async fn restart(&mut self, node: usize, kill: bool, hanging: usize, meanwhile: &[Step]) {
        let mut uploads = Vec::new();
        if let (Some(address), office) = (self.ground.address(node), self.office()) {
            for _ in 0..hanging {
                let (door, office) = (self.door.clone(), office.clone());
                uploads.push(tokio::spawn(async move { door.upload_or_not(address, &office).await }));
                // Somewhere between the request and its answer.
                tokio::time::sleep(Duration::from_micros(random::<u64>() % 3000)).await;
            }
        }
        self.ground.take_down(node, kill).await;
        for upload in uploads {
            upload.await.unwrap();
        }
        for step in meanwhile {
            Box::pin(self.step(step)).await;
        }
        self.ground.bring_up(node).await;
    }

    /// The log ends earlier than it did, and is another one from then on. What else was in the database stays.
    async fn restore(&mut self, lost: i64) {
        for node in 0..self.ground.kind.nodes() {
            self.ground.take_down(node, false).await;
        }
        let store = self.ground.store().unwrap();
        self.collect(&store).await;
        let head = store.log().head().await.unwrap();
        let to = (head.seq - lost).max(head.floor);
        let epoch = self.epoch.wrapping_add(1);
        let tx = store.begin().await.unwrap();
        for sql in [
            format!("DELETE FROM event_room WHERE seq > {to}"),
            format!("DELETE FROM event WHERE seq > {to}"),
            format!("UPDATE log SET head = {to}, epoch = {epoch}"),
        ] {
            tx.db().execute_unprepared(&sql).await.unwrap();
        }
        tx.commit().await.unwrap();
        drop(store);
        self.collected = to;
        self.new_epoch(epoch);
        for node in 0..self.ground.kind.nodes() {
            self.ground.bring_up(node).await;
        }
    }

    /// Everybody connected, everything heard; then the judge.
    pub(super) async fn rest(mut self) -> Result<Tally, Fault> {
        self.chronicle.step("the end: all come to rest".to_owned());
        for node in 0..self.ground.kind.nodes() {
            self.ground.bring_up(node).await;
        }
        let away: Vec<Who> = (0..self.history.people.len()).filter(|&who| !self.pen.person(who).active).collect();
        if self.ground.kind == Kind::Alone && !away.is_empty() {
            self.ground.take_down(0, false).await;
        }
        if let Some(store) = self.ground.store() {
            for who in away {
                self.pen.change(&store, who, Change::Active).await;
            }
        }
        self.ground.bring_up(0).await;
        assert!(self.ring().await, "a node runs");
        let mut silent = Vec::new();
        for device in 0..self.devices.len() {
            self.devices[device].read(true);
            let hears = tokio::time::timeout(PATIENCE, self.hears_the_last(device));
            match hears.await {
                Ok(None) => {}
                Ok(Some(code)) => silent.push(format!("device {device} was refused: {code}")),
                Err(_) => silent.push(format!("device {device}: {}", self.devices[device].told())),
            }
        }
        let store = self.ground.close().await;
        self.collect(&store).await;
        for device in &mut self.devices {
            self.history.devices.push(device.finish().await);
        }
        self.history.acts = self.chronicle.acts();
        soon(store.close()).await.unwrap();
        match (judge(&self.history), silent.as_slice()) {
            (told, []) => told,
            (Ok(_), silent) => Err(Fault { tick: self.chronicle.tick(), what: silent.join("; ") }),
            (Err(fault), silent) => Err(Fault { what: format!("{}; {}", fault.what, silent.join("; ")), ..fault }),
        }
    }

    /// Waits until a device has heard all, coming back as often as its connection ends; a refusal ends it.
    async fn hears_the_last(&mut self, device: usize) -> Option<String> {
        loop {
            match self.come(device, device % self.ground.kind.nodes()).await {
                Ok(()) => {
                    // Who begins afresh hears nothing that was before.
                    if self.devices[device].is_fresh() {
                        assert!(self.ring().await, "a node runs");
                    }
                    if self.devices[device].hears(self.bells).await {
                        return None;
                    }
                }
                Err(Away::Refused(code)) => return Some(code),
                Err(Away::Later) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    }
}

async fn put(pen: &Pen, store: &Store, write: &Write) {
    match write {
        Write::Tell(tales) => pen.tell(store, tales).await,
        Write::Rights(who, change) => pen.change(store, *who, *change).await,
        Write::Upload(_) => {}
    }
}
