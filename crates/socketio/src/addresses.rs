//! How much one address may ask of the server before anybody knows who it is: handshakes a second, and connections.
//!
//! An entry lives while the address has connections or has not been quiet for long enough, so the memory is bounded by what is
//! open and what a few seconds of handshakes can make. An IPv6 address counts by its first 64 bits, the smallest net that is
//! given to a customer (RFC 6177): who has one has all 2^64 of it.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::limiter::Limiter;
use crate::refusal::Refusal;
use crate::server::Server;

/// Where a request comes from, as far as its caller knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Its address.
    pub address: SocketAddr,
    /// False if many clients share the address and cannot be told apart: a proxy that does not say for whom it asks. Then no
    /// limit by address holds.
    pub is_limited: bool,
}

impl From<SocketAddr> for Peer {
    fn from(address: SocketAddr) -> Self {
        Self { address, is_limited: true }
    }
}

#[derive(Debug, Default)]
struct Entry {
    open: u32,
    handshakes: Limiter,
}

/// The addresses that have connections or had handshakes lately.
#[derive(Debug, Default)]
pub(crate) struct Addresses(Mutex<HashMap<IpAddr, Entry>>);

impl Addresses {
    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets the addresses that nothing is known of which matters.
    pub(crate) fn sweep(&self, server: &Server) {
        let now = server.elapsed();
        let mut entries = self.lock();
        entries.retain(|_, entry| entry.open > 0 || !entry.handshakes.is_rested(now));
        if entries.capacity() > 4 * entries.len().max(64) {
            entries.shrink_to_fit();
        }
    }

    /// A connection that [`Place::keep`] was called for has ended.
    pub(crate) fn leave(&self, peer: &Peer) {
        if peer.is_limited
            && let Some(entry) = self.lock().get_mut(&net(peer.address.ip()))
        {
            entry.open = entry.open.saturating_sub(1);
        }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.lock().len()
    }
}

/// A place among the connections of an address, for a connection that is being opened. Dropped, it is free again.
pub(crate) struct Place {
    /// `None` once it is kept.
    server: Option<Arc<Server>>,
    peer: Peer,
}

impl Place {
    /// Counts a handshake and takes a place for the connection it asks for.
    pub(crate) fn take(server: &Arc<Server>, peer: Peer) -> Result<Self, Refusal> {
        if peer.is_limited {
            let settings = &server.settings;
            let mut entries = server.addresses.lock();
            let entry = entries.entry(net(peer.address.ip())).or_default();
            let rate = (settings.handshakes_per_second, settings.handshake_burst);
            if !entry.handshakes.admit(server.elapsed(), rate.0, rate.1) {
                return Err(Refusal::TooManyHandshakes);
            }
            if entry.open >= settings.connections_per_address {
                return Err(Refusal::TooManyConnections);
            }
            entry.open += 1;
        }
        Ok(Self { server: Some(server.clone()), peer })
    }

    /// The connection is there, and gives its place back with [`Addresses::leave`].
    pub(crate) fn keep(mut self) -> Peer {
        self.server = None;
        self.peer
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.addresses.leave(&self.peer);
        }
    }
}

/// What counts as one address.
fn net(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{ConnectAttempt, Handler, Settings, SocketIo};

    struct Nobody;

    impl Handler for Nobody {
        async fn connect(&self, attempt: ConnectAttempt) {
            drop(attempt);
        }
    }

    fn server(per_second: u32, burst: u32, connections: u32) -> SocketIo {
        let settings = Settings {
            handshakes_per_second: per_second,
            handshake_burst: burst,
            connections_per_address: connections,
            ..Settings::default()
        };
        SocketIo::new(settings, Nobody)
    }

    fn peer(address: &str) -> Peer {
        SocketAddr::new(address.parse().unwrap(), 1).into()
    }

    #[tokio::test]
    async fn an_address_has_so_many_places_and_others_have_their_own() {
        let SocketIo(server) = server(1_000, 1_000, 2);
        let place = |address: &str| Place::take(&server, peer(address));
        let first = place("10.0.0.1").unwrap();
        let _second = place("::ffff:10.0.0.1").unwrap();
        assert_eq!(place("10.0.0.1").err(), Some(Refusal::TooManyConnections));
        let _others = (place("10.0.0.2").unwrap(), place("2001:db8::1").unwrap(), place("2001:db8::2").unwrap());
        assert_eq!(place("2001:db8::ffff:1").err(), Some(Refusal::TooManyConnections), "one net");
        assert!(place("2001:db8:0:1::1").is_ok(), "another net");
        drop(first);
        assert!(place("10.0.0.1").is_ok());
    }

    #[tokio::test]
    async fn handshakes_are_counted_whatever_becomes_of_them_and_a_proxy_is_not_limited() {
        let SocketIo(server) = server(1, 3, 100);
        let refused = |peer: Peer| (0..10).filter_map(|_| Place::take(&server, peer).err()).collect::<Vec<Refusal>>();
        assert_eq!(refused(peer("10.0.0.1")), [Refusal::TooManyHandshakes; 7]);
        assert_eq!(refused(Peer { is_limited: false, ..peer("10.0.0.1") }), []);
        assert_eq!(refused(peer("10.0.0.2")).len(), 7);
    }

    #[tokio::test]
    async fn a_quiet_address_is_forgotten() {
        let SocketIo(server) = server(1_000, 1_000, 100);
        let place = Place::take(&server, peer("10.0.0.1")).unwrap();
        drop(Place::take(&server, peer("10.0.0.2")).unwrap());
        tokio::time::sleep(Duration::from_millis(2)).await;
        server.addresses.sweep(&server);
        assert_eq!(server.addresses.len(), 1);
        drop(place);
        server.addresses.sweep(&server);
        assert_eq!(server.addresses.len(), 0);
    }
}
