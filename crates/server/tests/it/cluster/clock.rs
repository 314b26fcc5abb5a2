//! A clock that jumps.

use std::time::Duration;

use lamplight::serve::Server;
use lamplight_kernel::{Chance, Clock};
use serde_json::json;

use crate::support::{Backend, Form, Heard, Institute, Live, institute::DAY, live::transport, soon};

#[tokio::test]
async fn the_clock_of_a_node_jumps() {
    let institute = Institute::open(Backend::Postgres).await;
    let now = institute.clock.now();
    let mut others = Vec::new();
    for _ in 0..2 {
        let clock = Clock::mock(now);
        let server = Server::start(institute.settings.clone(), false, clock.clone(), Chance::system()).await.unwrap();
        others.push((server, clock));
    }
    let addresses = [institute.address(), others[0].0.address, others[1].0.address];
    let asha = institute.people.asha.token.clone();
    let mut pages = Vec::new();
    for address in addresses {
        pages.push(Live::connect(transport(address, "", &[]).await, &json!({"token": asha})).await.unwrap());
    }
    // One runs ahead by half a day, one falls behind by an hour, one is right; then they are set right again.
    let jumps: [(i64, i64); 3] = [(0, 0), (12, -1), (-12, 1)];
    let mut expected = Vec::new();
    for (round, (ahead, behind)) in jumps.into_iter().enumerate() {
        for ((_, clock), hours) in others.iter().zip([ahead, behind]) {
            let by = Duration::from_secs(3600 * hours.unsigned_abs());
            clock.jump(if hours < 0 { clock.now().minus(by) } else { clock.now().plus(by) });
        }
        for (node, address) in addresses.iter().enumerate() {
            let title = format!("{round} {node}");
            let request = institute.http.post(format!("http://{address}/api/admin/downloads"));
            let request = request.bearer_auth(&institute.people.office.token);
            let request = request.header("Content-Type", Form::content_type()).body(Form::titled(&title).finish());
            assert_eq!(soon(request.send()).await.unwrap().status(), 201, "{title}");
            expected.push(format!("downloads:created {title}"));
        }
    }
    for page in &mut pages {
        let mut heard: Vec<Heard> = Vec::new();
        for _ in &expected {
            heard.push(page.next().await);
        }
        assert_eq!(
            heard.iter().map(Heard::told).collect::<Vec<_>>(),
            expected,
            "the order is the log's, not the clocks'"
        );
    }
    // Whose token ends by the clock of one node is sent to sign in there, and nowhere else.
    let (server, clock) = &others[0];
    clock.advance(31 * DAY);
    let refused = Live::connect(transport(server.address, "", &[]).await, &json!({"token": asha})).await.unwrap_err();
    assert_eq!(refused["data"]["code"], "auth.token_expired");
    Live::connect(transport(institute.address(), "", &[]).await, &json!({"token": asha})).await.unwrap();
    for (server, _) in others {
        server.stop().await;
    }
}
