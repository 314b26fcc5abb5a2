//! The official client, as it comes, before three nodes of which one is killed and started again. Its side of the story is
//! `clients/javascript/cluster.mjs`.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use lamplight_kernel::Clock;
use serde_json::json;

use super::ground::{Cluster, With};
use crate::{
    clients::{official, origins, tell},
    proxied::handshake,
    support::{
        Member, soon, until,
        wire::{Far, Wire},
    },
};

/// For each node an address whose polling goes there.
async fn sources(cluster: &Cluster) -> Vec<IpAddr> {
    let mut found: BTreeMap<SocketAddr, IpAddr> = BTreeMap::new();
    for last in 2..=u8::MAX {
        let from = IpAddr::from(Ipv4Addr::new(127, 0, 0, last));
        soon(handshake(from, cluster.proxy.address)).await;
        let node = async || cluster.proxy.passed().into_iter().find(|passed| passed.from == from);
        until("the proxy has noted it", async || node().await.is_some()).await;
        found.entry(node().await.unwrap().node).or_insert(from);
        if found.len() == cluster.nodes.len() {
            return found.into_values().collect();
        }
    }
    panic!("no address goes to some node: {found:?}");
}

async fn story(with: With, transport: &str) {
    let mut cluster = Cluster::open(3, with).await;
    let mut lines = Vec::new();
    for source in sources(&cluster).await {
        lines.push(Wire::to(Far::Tcp(source, cluster.proxy.address)).await);
    }
    let token = |member: &Member| cluster.institute.token(member, Clock::system().now(), 1);
    let people = &cluster.institute.people;
    let url = |address: SocketAddr| format!("http://{address}");
    let given = json!({
        "lines": lines.iter().map(|line| url(line.address)).collect::<Vec<_>>(),
        "doors": (0..3).map(|node| url(cluster.door(node))).collect::<Vec<_>>(),
        "students": [
            {"token": token(&people.asha), "isOfCourse": true},
            {"token": token(&people.chitra), "isOfCourse": false},
        ],
        "office": token(&people.office),
        "gnm": cluster.institute.gnm.to_string(),
    });
    let mut client = official("cluster.mjs");
    client.arg(given.to_string());
    let proxy = cluster.proxy.address;
    tell(client, origins([proxy, proxy]), transport, async |command| {
        if command == "cut" { cluster.kill(1).await } else { cluster.start(1).await }
    })
    .await;
}

with_and_without_redis!(a_node_is_killed_under_the_official_client_over_websocket, async |with| {
    story(with, "websocket").await;
});

with_and_without_redis!(a_node_is_killed_under_the_official_client_as_it_comes, async |with| {
    story(with, "default").await;
});
