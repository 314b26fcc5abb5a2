//! Coming back after a cut: what was missed, in order, each once, and then what is live.

use std::time::Duration;

use crate::support::{Form, Heard, Institute, Live, Member, Seat, both_databases, institute::DAY};
use lamplight_kernel::{Room, Target};
use rand::{RngExt, SeedableRng, rngs::StdRng};

async fn upload(institute: &Institute, titles: impl IntoIterator<Item = &str>) {
    for title in titles {
        institute.uploaded(&institute.people.office, Form::titled(title)).await;
    }
}

fn titles(heard: &[Heard]) -> Vec<&str> {
    heard.iter().map(|event| event.payload["title"].as_str().unwrap()).collect()
}

async fn next(live: &mut Live) -> String {
    live.next().await.payload["title"].as_str().unwrap().to_owned()
}

both_databases!(what_was_missed_comes_in_order_and_each_once, async |institute: Institute| {
    let asha = &institute.people.asha;
    let mut live = institute.live(asha).await;
    upload(&institute, ["1", "2"]).await;
    assert_eq!([next(&mut live).await, next(&mut live).await], ["1", "2"]);
    let first = live.cut().await;
    upload(&institute, ["3", "4"]).await;

    let mut live = institute.back(asha, &first).await;
    assert_eq!(live.seat.pid, first.pid, "the same pid: the client knows that it was recovered");
    upload(&institute, ["5"]).await;
    institute.ring().await;
    assert_eq!(titles(&live.before_the_bell().await), ["3", "4", "5"]);

    // A second time, with nothing missed, and a third time.
    let second = live.cut().await;
    let live = institute.back(asha, &second).await;
    let third = live.cut().await;
    upload(&institute, ["6"]).await;
    let mut live = institute.back(asha, &third).await;
    assert_eq!(live.seat.pid, first.pid);
    upload(&institute, ["7"]).await;
    institute.ring().await;
    assert_eq!(titles(&live.before_the_bell().await), ["6", "7"]);

    // Who comes back with an old offset is given the rest again: it never handled it.
    let mut live = institute.back(asha, &first).await;
    institute.ring().await;
    assert_eq!(titles(&live.before_the_bell().await), ["3", "4", "5", "6", "7"]);
});

both_databases!(who_had_received_nothing_yet_is_given_what_came_since_they_connected, async |institute: Institute| {
    let asha = &institute.people.asha;
    upload(&institute, ["before"]).await;
    institute.settled().await;
    let mut seat = institute.live(asha).await.cut().await;
    upload(&institute, ["1"]).await;
    assert_eq!(seat.offset, None);
    for _ in 0..2 {
        let mut live = institute.back(asha, &seat).await;
        assert_eq!(live.seat.pid, seat.pid);
        assert_eq!(next(&mut live).await, "1");
        // Cut before it was handled.
        seat = Seat { offset: None, ..live.cut().await };
    }
});

both_databases!(two_devices_come_back_each_to_its_own_place, async |institute: Institute| {
    let asha = &institute.people.asha;
    let (mut phone, mut laptop) = (institute.live(asha).await, institute.live(asha).await);
    upload(&institute, ["1"]).await;
    assert_eq!([next(&mut phone).await, next(&mut laptop).await], ["1", "1"]);
    let phone = phone.cut().await;
    upload(&institute, ["2"]).await;
    assert_eq!(next(&mut laptop).await, "2");
    let laptop = laptop.cut().await;
    upload(&institute, ["3"]).await;
    for (seat, missed) in [(phone, &["2", "3"][..]), (laptop, &["3"])] {
        let mut live = institute.back(asha, &seat).await;
        institute.ring().await;
        assert_eq!(titles(&live.before_the_bell().await), missed);
    }
});

both_databases!(a_restarted_server_goes_on_where_it_was, async |mut institute: Institute| {
    let asha = institute.people.asha.clone();
    let mut live = institute.live(&asha).await;
    upload(&institute, ["1"]).await;
    assert_eq!(next(&mut live).await, "1");
    let idle = institute.live(&asha).await;
    upload(&institute, ["2"]).await;
    institute.stop().await;
    // Not sent away for good, or the official client would not come back.
    let last = live.before_the_end().await;
    assert!(last.is_empty() || titles(&last) == ["2"], "{last:?}");
    let idle = Seat { offset: None, ..idle.cut().await };

    institute.start().await;
    upload(&institute, ["3"]).await;
    let missed: &[&str] = if last.is_empty() { &["2", "3", "4"] } else { &["3", "4"] };
    let mut back = [institute.back(&asha, &live.seat).await, institute.back(&asha, &idle).await];
    upload(&institute, ["4"]).await;
    institute.ring().await;
    for (live, seat, missed) in
        back.iter_mut().zip([&live.seat, &idle]).zip([missed, &["2", "3", "4"]]).map(|((a, b), c)| (a, b, c))
    {
        assert_eq!(live.seat.pid, seat.pid);
        assert_eq!(titles(&live.before_the_bell().await), missed);
    }
});

both_databases!(what_can_not_be_continued_begins_anew, async |mut institute: Institute| {
    let (asha, bina) = (institute.people.asha.clone(), institute.people.bina.clone());
    let mut live = institute.live(&asha).await;
    upload(&institute, ["1"]).await;
    next(&mut live).await;
    let seat = live.cut().await;
    upload(&institute, ["2"]).await;
    institute.settled().await;

    let offset = |text: &str| Seat { pid: seat.pid.clone(), offset: Some(text.to_owned()) };
    let pid = |pid: String| Seat { pid, offset: seat.offset.clone() };
    let (epoch, seq) = seat.offset.as_deref().unwrap().split_once('.').unwrap();
    let seq: i64 = seq.parse().unwrap();
    let mut forged = seat.pid.clone().into_bytes();
    forged[10] = if forged[10] == b'A' { b'B' } else { b'A' };
    for (who, seat, what) in [
        (&bina, seat.clone(), "somebody else's"),
        (&asha, pid(String::from_utf8(forged).unwrap()), "forged"),
        (&asha, pid(String::new()), "empty"),
        (&asha, pid("x".repeat(10_000)), "long"),
        (&asha, pid(asha.token.clone()), "a token"),
        (&asha, offset(&format!("{epoch}.{}", seq + 1000)), "an offset from the future"),
        (&asha, offset(&format!("{epoch}.{}", i64::MAX)), "the last offset there is"),
    ] {
        let mut live = institute.back(who, &seat).await;
        assert_ne!(live.seat.pid, seat.pid, "{what}: a new pid, so that the client loads afresh");
        institute.ring().await;
        assert_eq!(titles(&live.before_the_bell().await), [""; 0], "{what}");
    }
    // An offset that says nothing leaves the pid's own place.
    for (text, what) in [
        ("", "empty"),
        ("x", "no offset"),
        ("00000000.99", "another epoch's"),
        ("-1", "negative"),
        (&format!("{epoch}.-5"), "a negative number"),
        (&format!("{epoch}.0"), "before the pid's own"),
    ] {
        let mut live = institute.back(&asha, &offset(text)).await;
        assert_eq!(live.seat.pid, seat.pid, "{what}");
        institute.ring().await;
        assert_eq!(titles(&live.before_the_bell().await), ["1", "2"], "{what}");
    }

    // Another epoch: a backup was restored.
    institute.execute("UPDATE log SET epoch = $1", [4_000_000_000_i64.into()]).await;
    institute.stop().await;
    institute.start().await;
    let mut live = institute.back(&asha, &seat).await;
    assert_ne!(live.seat.pid, seat.pid);
    upload(&institute, ["3"]).await;
    let heard = live.next().await;
    assert!(heard.offset.starts_with("ee6b2800."), "{heard:?}");
});

both_databases!(who_was_away_longer_than_events_are_kept_begins_anew, async |mut institute: Institute| {
    let (asha, bina) = (&institute.people.asha.clone(), &institute.people.bina.clone());
    let old = institute.live(asha).await.cut().await;
    upload(&institute, ["1"]).await;
    institute.settled().await;
    institute.clock.advance(DAY);
    let (asha_now, bina_now) = (institute.live(asha).await.cut().await, institute.live(bina).await.cut().await);
    upload(&institute, ["2"]).await;
    let dropped = institute.store().log().drop_before(institute.clock.now().minus(DAY / 2), 100).await.unwrap();
    assert_eq!(dropped, 2, "the first and the bell");
    // Until then the relay remembers the newest events, kept or not.
    institute.stop().await;
    institute.start().await;
    assert_ne!(institute.back(asha, &old).await.seat.pid, old.pid, "never a silent hole");
    for (who, seat) in [(asha, asha_now), (bina, bina_now)] {
        let mut live = institute.back(who, &seat).await;
        assert_eq!((live.seat.pid.clone(), next(&mut live).await), (seat.pid, "2".to_owned()));
    }
});

both_databases!(what_expired_meanwhile_is_not_news, async |institute: Institute| {
    let asha = &institute.people.asha;
    let seat = institute.live(asha).await.cut().await;
    let office = &institute.people.office;
    institute.uploaded(office, Form::titled("for today").text("expiryDate", "2026-11-22")).await;
    institute.uploaded(office, Form::titled("for tomorrow").text("expiryDate", "2026-11-23")).await;
    institute.clock.advance(DAY);
    let mut live = institute.back(asha, &seat).await;
    assert_eq!(live.seat.pid, seat.pid);
    institute.ring().await;
    assert_eq!(titles(&live.before_the_bell().await), ["for tomorrow"]);
});

/// A student in the random story: what they are to hear, and what they heard.
struct Pupil<'a> {
    who: &'a Member,
    /// Which audiences are theirs.
    hears: [bool; 4],
    live: Option<Live>,
    seat: Option<Seat>,
    /// Every title for them since before they first connected.
    expected: Vec<String>,
    heard: Vec<String>,
}

impl Pupil<'_> {
    async fn come(&mut self, institute: &Institute) {
        let live = match &self.seat {
            Some(seat) => {
                let live = institute.back(self.who, seat).await;
                assert_eq!(live.seat.pid, seat.pid, "{}", self.who.name);
                live
            }
            None => institute.live(self.who).await,
        };
        self.live = Some(live);
    }

    /// Handles `count` events, which must come, and is cut.
    async fn hear_and_go(&mut self, count: usize) {
        let Some(mut live) = self.live.take() else { return };
        for _ in 0..count {
            self.heard.push(next(&mut live).await);
        }
        self.seat = Some(live.cut().await);
    }
}

/// Audiences of the random story, as form fields.
const AUDIENCES: [(&str, &str); 4] =
    [("all", ""), ("specific_course", "gnm"), ("specific_semester", ""), ("specific_course", "anm")];

async fn random_story(institute: Institute, seed: u64) {
    let mut chance = StdRng::seed_from_u64(seed);
    let mut institute = institute;
    let people = institute.people.clone();
    let pupil = |who, hears| Pupil { who, hears, live: None, seat: None, expected: Vec::new(), heard: Vec::new() };
    let mut pupils = [
        pupil(&people.asha, [true, true, true, false]),
        pupil(&people.asha, [true, true, true, false]),
        pupil(&people.bina, [true, true, false, false]),
        pupil(&people.chitra, [true, false, true, true]),
    ];
    for pupil in &mut pupils {
        pupil.come(&institute).await;
    }
    for step in 0..120 {
        match chance.random_range(0..100) {
            0..45 => {
                let kind = chance.random_range(0..AUDIENCES.len());
                let (audience, tag) = AUDIENCES[kind];
                let title = format!("{step}");
                let form =
                    Form::titled(&title).text("targetAudience", audience).text("tags", tag).text("semester", "3");
                institute.uploaded(&people.office, form).await;
                for pupil in pupils.iter_mut().filter(|pupil| pupil.hears[kind]) {
                    pupil.expected.push(title.clone());
                }
            }
            45..97 => {
                let pupil = &mut pupils[chance.random_range(0..4)];
                if pupil.live.is_none() {
                    pupil.come(&institute).await;
                } else {
                    let waiting = pupil.expected.len() - pupil.heard.len();
                    pupil.hear_and_go(chance.random_range(0..=waiting)).await;
                }
            }
            _ => {
                for pupil in &mut pupils {
                    pupil.hear_and_go(0).await;
                }
                institute.stop().await;
                institute.start().await;
            }
        }
    }
    for pupil in &mut pupils {
        if pupil.live.is_none() {
            pupil.come(&institute).await;
        }
    }
    institute.ring().await;
    for pupil in &mut pupils {
        let rest = pupil.live.as_mut().unwrap().before_the_bell().await;
        pupil.heard.extend(titles(&rest).into_iter().map(str::to_owned));
        assert_eq!(pupil.heard, pupil.expected, "{}", pupil.who.name);
    }
}

/// Runs a story from a seed of its own, or from that of `LAMPLIGHT_TEST_SEED`; a failure says which it was.
async fn with_a_seed(institute: Institute) {
    let seed = std::env::var("LAMPLIGHT_TEST_SEED").map_or_else(|_| rand::random(), |text| text.parse().unwrap());
    let story = tokio::time::timeout(Duration::from_secs(60), random_story(institute, seed));
    let told = futures_util::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(story)).await;
    assert!(matches!(told, Ok(Ok(()))), "LAMPLIGHT_TEST_SEED={seed}");
}

both_databases!(whatever_is_cut_and_when_everybody_hears_all_that_is_theirs, async |institute: Institute| {
    with_a_seed(institute).await;
});

#[tokio::test]
async fn a_hundred_missed_events_come_back_in_order() {
    let institute = Institute::open(crate::support::Backend::Sqlite).await;
    let seat = institute.live(&institute.people.asha).await.cut().await;
    for _ in 0..100 {
        institute.ring().await;
    }
    let mut live = institute.back(&institute.people.asha, &seat).await;
    for number in 1..=100 {
        let offset = live.next().await.offset;
        assert!(offset.ends_with(&format!(".{number}")), "{offset}");
    }
}

#[derive(serde::Serialize)]
struct News {
    title: String,
}

impl lamplight_kernel::Event for News {
    const NAME: &'static str = "tests:news";
}

/// Somebody who polls takes nothing before they ask: whatever is given to them waits in memory, and too much of it closes their session.
#[tokio::test]
async fn who_comes_back_polling_is_given_no_more_at_once_than_may_wait() {
    let mut institute = Institute::open(crate::support::Backend::Sqlite).await;
    institute.settings.live.sockets.max_buffered_bytes = 20_000;
    institute.stop().await;
    institute.start().await;
    let asha = institute.people.asha.clone();
    // Some that the relay remembers, and more than it gives anybody by itself.
    for (missed, size) in [(100, 1_000), (1_000, 100)] {
        let seat = institute.live(&asha).await.cut().await;
        let mut tx = institute.store().begin().await.unwrap();
        for number in 0..missed {
            let title = format!("{number:0size$}");
            tx.record(&News { title }, Target::rooms([Room::user(asha.user)])).unwrap();
        }
        tx.commit().await.unwrap();
        institute.settled().await;

        let url = |sid: &str| format!("http://{}/socket.io/?EIO=4&transport=polling&sid={sid}", institute.address());
        let get = async |sid: &str| institute.http.get(url(sid)).send().await.unwrap().text().await.unwrap();
        let open: serde_json::Value = serde_json::from_str(&get("").await[1..]).unwrap();
        let sid = open["sid"].as_str().unwrap();
        let connect = format!("40{}", serde_json::json!({"token": asha.token, "pid": seat.pid}));
        assert_eq!(institute.http.post(url(sid)).body(connect).send().await.unwrap().text().await.unwrap(), "ok");
        let mut next = 0;
        while next < missed {
            let payload = get(sid).await;
            for packet in payload.split('\u{1e}') {
                if let Some(event) = packet.strip_prefix("42") {
                    let (name, news, _): (String, serde_json::Value, String) = serde_json::from_str(event).unwrap();
                    if name == <News as lamplight_kernel::Event>::NAME {
                        let number = news["title"].as_str().unwrap().trim_start_matches('0');
                        assert_eq!(number.parse().unwrap_or(0), next);
                        next += 1;
                    }
                } else {
                    assert!(packet.starts_with("40"), "after {next} of {missed}: {packet}");
                }
            }
        }
    }
}

both_databases!(what_was_not_for_one_does_not_cut_short_what_was, async |institute: Institute| {
    let asha = &institute.people.asha;
    let seat = institute.live(asha).await.cut().await;
    let mut expected = Vec::new();
    for some in (0..1400).collect::<Vec<_>>().chunks(100) {
        let mut tx = institute.store().begin().await.unwrap();
        for number in some {
            let target = Target::rooms([Room::students()]);
            let target = match number % 4 {
                0 => target.until(Some(institute.clock.now())),
                1 => target.except([Room::semester(3)]),
                _ => {
                    expected.push(number.to_string());
                    target
                }
            };
            tx.record(&News { title: number.to_string() }, target).unwrap();
        }
        tx.commit().await.unwrap();
    }
    let mut live = institute.back(asha, &seat).await;
    assert_eq!(live.seat.pid, seat.pid, "{} events are not too many", expected.len());
    institute.ring().await;
    assert_eq!(titles(&live.before_the_bell().await), expected);
});
