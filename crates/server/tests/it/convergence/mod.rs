//! Convergence: whatever is done to clients, servers and rights, at rest each client has been given what it should have been.
//!
//! A random plan (`plan`), made from a seed, is carried out (`run`) on a server inside the test, on the program as a process, or on
//! two processes with one PostgreSQL (`ground`). Clients (`device`) do what the official one does. The rest is noted (`history`) and
//! given to a model that knows nothing of how the server works (`judge`).
//!
//! `CONVERGE_SEED=17` runs the plan of a seed alone, `CONVERGE_PLANS=1000` that many; `make converge PLANS=1000` does it with
//! progress. The seed decides what is done, not how the threads of the moment take turns: a rare failure may want several runs.

mod device;
mod door;
mod ground;
mod history;
mod judge;
mod judging;
mod people;
mod plan;
mod revocation;
mod run;
mod slow;

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::FutureExt;

use history::{Chronicle, Tick};
use judge::Tally;
use plan::{Kind, plan};
use run::Run;

/// Plans that run beside each other.
const LANES: u64 = 6;
/// What `make test` runs.
const FEW: u64 = 8;
/// No plan takes this long unless it hangs.
const LONGEST: Duration = Duration::from_secs(180);

/// Carries out the plan of a seed. The error is a report for who must find out why.
async fn converge(seed: u64) -> Result<Tally, String> {
    let kind = Kind::of(seed);
    let chronicle = Arc::new(Chronicle::default());
    let story = async {
        let mut run = Run::new(kind, Arc::clone(&chronicle)).await;
        for step in &plan(seed) {
            run.step(step).await;
        }
        run.rest().await
    };
    let told = AssertUnwindSafe(tokio::time::timeout(LONGEST, story)).catch_unwind().await;
    let (until, what) = match told {
        Ok(Ok(Ok(tally))) => return Ok(tally),
        Ok(Ok(Err(fault))) => (fault.tick, fault.what),
        Ok(Err(_)) => (Tick::MAX, "it hung".to_owned()),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| Some((*panic.downcast_ref::<&str>()?).to_owned()));
            (Tick::MAX, format!("a panic: {}", text.unwrap_or_default()))
        }
    };
    let steps = chronicle.told(until);
    Err(format!("CONVERGE_SEED={seed} ({kind:?})\n{steps}{what} (at tick {until})"))
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().filter(|text| !text.is_empty()).map(|text| text.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_each_client_is_given_what_it_should_be() {
    let (first, count) = match (number("CONVERGE_SEED"), number("CONVERGE_PLANS")) {
        (Some(seed), count) => (seed, count.unwrap_or(1)),
        (None, count) => (rand::random_range(0..1 << 48), count.unwrap_or(FEW)),
    };
    println!("{count} plans from CONVERGE_SEED={first}");
    let (next, begun) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let total: Arc<Mutex<(u64, Tally, Vec<String>)>> = Arc::default();
    let lanes: Vec<_> = (0..LANES.min(count))
        .map(|_| {
            let (next, total) = (Arc::clone(&next), Arc::clone(&total));
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= count {
                        return;
                    }
                    let told = converge(first + number).await;
                    let mut total = total.lock().unwrap();
                    total.0 += 1;
                    match told {
                        Ok(tally) => total.1 += tally,
                        Err(report) => {
                            eprintln!("{report}");
                            total.2.push(report);
                        }
                    }
                    if total.0.is_multiple_of(20) || total.0 == count {
                        let (done, tally, failed) = (total.0, total.1, total.2.len());
                        println!(
                            "{done} of {count} plans, {failed} failed, {} s: {tally:?}",
                            begun.elapsed().as_secs()
                        );
                    }
                }
            })
        })
        .collect();
    for lane in lanes {
        lane.await.unwrap();
    }
    let (_, tally, failed) = &*total.lock().unwrap();
    assert!(failed.is_empty(), "{} of {count} plans failed; the first: {}", failed.len(), failed[0]);
    assert!(tally.heard > 0 && tally.links > 0, "{tally:?}");
}
