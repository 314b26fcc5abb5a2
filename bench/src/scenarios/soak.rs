//! `soak`: an hour of an institute in three minutes: people come and go, events flow; the memory is looked at every second.
//!
//! 2,000 stay connected; 3,000 others come and go, 200 a second; 20 events a second. That is 36,000 connects and 3,600 events:
//! for an hour, ten people a second and an event a second. What counts is how the memory moves in the second half, when
//! everything that is kept at all has been filled.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Bench, IN_FLIGHT, PATIENCE, Zeros, each, open_trigger};
use crate::{
    load::Phase,
    machine::{nanos_of, now, resident},
    report::{Row, Table},
    say::progress,
    servers::Kind,
    trigger::Trigger,
};

/// How it is measured, for the page of figures.
pub(crate) const METHOD: &str = "2,000 clients stay, 3,000 others come and go (200 connects or cuts a second), 20 events a second, for three minutes: the connects and events of an \
    hour. Memory is looked at every second; the slope is that of the second half.";

const STAY: usize = 2_000;
const COME_AND_GO: usize = 3_000;
const CHANGES_A_SECOND: u32 = 200;
const EVENTS_A_SECOND: u32 = 20;
const TIME: Duration = Duration::from_secs(180);

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
        "in the middle",
        "at the end",
        "KB a minute, second half",
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
            mb(curve.len() / 2),
            mb(curve.len().saturating_sub(1)),
            format!("{:.0}", row.number("kilobytesPerMinuteSecondHalf")),
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
    open_trigger(&mut swarm, &server)?;
    for client in swarm.clients.iter_mut().take(stay) {
        client.received.expect_from(1);
    }
    let time = if bench.is_small { TIME / 12 } else { TIME };
    let steps = u32::try_from(time.as_secs())? * CHANGES_A_SECOND;
    let (started, accepted) = (now(), swarm.counts.accepted);
    let mut curve: Vec<(f64, f64)> = Vec::new();
    for step in 0..steps {
        swarm.run_until(started + nanos_of(time / steps * step), |_| false)?;
        let chance = swarm.next_between((stay as f64 / 1e9, (stay + moving) as f64 / 1e9));
        let index = usize::try_from(chance)?.clamp(stay, stay + moving - 1);
        match swarm.clients.get(index).map(|client| client.phase) {
            Some(Phase::Live) => swarm.cut(index),
            Some(Phase::Idle) => swarm.start(index),
            _ => {}
        }
        if step % (CHANGES_A_SECOND / EVENTS_A_SECOND) == 0 {
            swarm.run_until(now() + nanos_of(time), |swarm| swarm.trigger.as_ref().is_some_and(Trigger::is_idle))?;
            swarm.fire()?;
        }
        if step % CHANGES_A_SECOND == 0 {
            let second = step / CHANGES_A_SECOND;
            curve.push((f64::from(second), resident(server.process.pid()).0 as f64));
            if second.is_multiple_of(30) {
                let mb = curve.last().map_or(0.0, |(_, kb)| kb / 1024.0);
                progress(&format!("soak: {kind}, second {second}, {} live, {mb:.1} MB", swarm.live));
            }
        }
    }
    swarm.run_for(Duration::from_secs(2))?;
    let zeros = Zeros::of(&swarm);
    let half = curve.get(curve.len() / 2..).unwrap_or_default();
    let slope = slope(half) * 60.0;
    let connects = swarm.counts.accepted - accepted;
    let all = swarm.deliveries.last_number();
    let figures = json!({
        "server": kind.name(), "stay": stay, "comeAndGo": moving, "connects": connects, "events": all,
        "seconds": time.as_secs(), "kilobytesPerMinuteSecondHalf": slope, "lost": zeros.lost, "doubled": zeros.doubled,
        "outOfOrder": zeros.late, "kilobytesEachSecond": curve.iter().map(|(_, kb)| *kb).collect::<Vec<_>>(),
    });
    Ok(figures)
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
