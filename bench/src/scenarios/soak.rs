//! `soak`: more than an hour of an institute in four minutes: people come and go, events flow; the memory is looked at every second.
//!
//! Three parts: people come and go while events flow, then they only come and go, then only events flow. 1,000 stay connected; 1,000
//! others come and go, 200 changes a second; 20 events a second: half of what one core can do. For an hour, ten changes a second and an event a second. What counts is
//! how the memory moves in the second half of each part, when what is kept at all has been filled; the parts tell what moves it.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Bench, IN_FLIGHT, PATIENCE, Zeros, each, open_trigger};
use crate::{
    load::{Phase, Swarm},
    machine::{nanos_of, now, resident},
    report::{Row, Table},
    say::progress,
    servers::Kind,
    trigger::Trigger,
};

/// How it is measured, for the page of figures.
pub(crate) const METHOD: &str = "1,000 clients stay, 1,000 others come and go (200 connects or cuts a second), 20 events a second: \
    80 seconds of both, 80 of coming and going alone, 80 of events alone. Memory is looked at every second; a slope is that of the second half of \
    its part.";

const STAY: usize = 1_000;
const COME_AND_GO: usize = 1_000;
const CHANGES_A_SECOND: u32 = 200;
const EVENTS_A_SECOND: u32 = 20;
/// Of each part.
const TIME: Duration = Duration::from_secs(80);

/// A part: its name in the figures, whether people come and go, whether events flow.
const PARTS: [(&str, bool, bool); 3] = [("both", true, true), ("comingAndGoing", true, false), ("events", false, true)];

pub(crate) fn run(bench: &Bench) -> anyhow::Result<Vec<Value>> {
    // The peers keep nothing and are not what this is about; ask for them by name.
    let only = |kind: &Kind| *kind == Kind::Lamplight || (bench.kinds.len() == 1 && *kind != Kind::Floor);
    each(bench.kinds.iter().copied().filter(only), |kind| one(bench, kind))
}

pub(crate) fn table(figures: &[Value]) -> Table {
    let mut table = Table::new(&[
        "server",
        "connects",
        "events",
        "MB at the start",
        "at the end",
        "KB a minute: both",
        "coming and going",
        "events",
        "lost",
        "doubled",
    ]);
    for row in figures.iter().map(Row) {
        let curve = row.numbers("kilobytesEachSecond");
        let mb = |index: usize| format!("{:.1}", curve.get(index).copied().unwrap_or_default() / 1024.0);
        table.row(vec![
            row.text("server"),
            row.text("connects"),
            row.text("events"),
            mb(0),
            mb(curve.len().saturating_sub(1)),
            format!("{:.0}", row.of("kilobytesPerMinute", "both")),
            format!("{:.0}", row.of("kilobytesPerMinute", "comingAndGoing")),
            format!("{:.0}", row.of("kilobytesPerMinute", "events")),
            row.text("lost"),
            row.text("doubled"),
        ]);
    }
    table
}

fn one(bench: &Bench, kind: Kind) -> anyhow::Result<Value> {
    let by = if bench.is_small { 10 } else { 1 };
    let (stay, moving) = (STAY / by, COME_AND_GO / by);
    let server = bench.start(kind)?;
    let mut swarm = bench.swarm(&server, stay + moving)?;
    // All once, so that what each costs is there before the first look.
    swarm.connect_all(IN_FLIGHT, PATIENCE)?;
    for client in swarm.clients.iter_mut().take(stay) {
        client.received.expect_from(1);
    }
    let time = if bench.is_small { TIME / 10 } else { TIME };
    let accepted = swarm.counts.accepted;
    let mut curve: Vec<(f64, f64)> = Vec::new();
    let mut slopes = Map::new();
    for (name, come_and_go, events) in PARTS {
        let from = curve.len();
        if events {
            open_trigger(&mut swarm, &server)?;
        }
        let steps = u32::try_from(time.as_secs())? * CHANGES_A_SECOND;
        let started = now();
        for step in 0..steps {
            swarm.run_until(started + nanos_of(time / steps * step), |_| false)?;
            if come_and_go {
                let chance = swarm.next_between((stay as f64 / 1e9, (stay + moving) as f64 / 1e9));
                change(&mut swarm, usize::try_from(chance)?.clamp(stay, stay + moving - 1));
            }
            if events && step.is_multiple_of(CHANGES_A_SECOND / EVENTS_A_SECOND) {
                swarm
                    .run_until(now() + nanos_of(time), |swarm| swarm.trigger.as_ref().is_some_and(Trigger::is_idle))?;
                swarm.fire()?;
            }
            if step.is_multiple_of(CHANGES_A_SECOND) {
                curve.push((curve.len() as f64, resident(server.process.pid()).0 as f64));
            }
        }
        let part = curve.get(from + (curve.len() - from) / 2..).unwrap_or_default();
        let slope = slope(part) * 60.0;
        let mb = curve.last().map_or(0.0, |(_, kb)| kb / 1024.0);
        progress(&format!("soak: {kind}, {name}: {mb:.1} MB at its end, {slope:.0} KB a minute in its second half"));
        slopes.insert(name.to_owned(), json!(slope));
    }
    // Whoever is away has lost nothing if it is given all that it missed.
    for index in stay..stay + moving {
        if swarm.clients.get(index).is_some_and(|client| client.phase == Phase::Idle) {
            swarm.start(index);
        }
    }
    let everybody = u32::try_from(stay + moving)?;
    let (everyone, last) = (stay + moving, swarm.deliveries.last_number());
    swarm.run_until(now() + nanos_of(PATIENCE), |swarm| {
        swarm.live == everyone && swarm.deliveries.sent(last).arrivals >= everybody
    })?;
    swarm.run_for(Duration::from_secs(2))?;
    let zeros = Zeros::of(&swarm);
    Ok(json!({
        "server": kind.name(), "stay": stay, "comeAndGo": moving, "connects": swarm.counts.accepted - accepted,
        "events": swarm.deliveries.last_number(), "secondsOfEachPart": time.as_secs(), "kilobytesPerMinute": slopes,
        "lost": zeros.lost, "doubled": zeros.doubled, "outOfOrder": zeros.late,
        "kilobytesEachSecond": curve.iter().map(|(_, kb)| *kb).collect::<Vec<_>>(),
    }))
}

/// Who is there goes, who is not there comes.
fn change(swarm: &mut Swarm, index: usize) {
    match swarm.clients.get(index).map(|client| client.phase) {
        Some(Phase::Live) => swarm.cut(index),
        Some(Phase::Idle) => swarm.start(index),
        _ => {}
    }
}

/// The slope of the straight line that is closest to some points.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0 / count, y + point.1 / count));
    let above: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    let below: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    if below == 0.0 { 0.0 } else { above / below }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_of_a_line_is_its_own() {
        let line: Vec<_> = (0..10).map(|x| (f64::from(x), 3.0 + 2.0 * f64::from(x))).collect();
        assert!((slope(&line) - 2.0).abs() < 1e-9);
        assert_eq!([slope(&[]), slope(&[(1.0, 5.0)])], [0.0, 0.0]);
    }
}
