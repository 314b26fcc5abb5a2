//! Whose request it is: the address of the client, also behind proxies.
//!
//! A proxy of ours says for whom it asks in `X-Forwarded-For`, to which each proxy on the way appends the address it was
//! called from. Only the part that our own proxies have written is believed: read from the right, the first address that is
//! none of them. Anybody can send the header, so from an address that is no proxy of ours it means nothing.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::extract::FromRequestParts;
use http::{Extensions, HeaderMap, header, request::Parts};
use ipnet::IpNet;

use crate::Peer;

const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_PROTO: &str = "x-forwarded-proto";

/// The client asks over TLS: an extension of the request, from [`crate::shell`] on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OverTls;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// The address. Its port is 0 when a proxy told it.
    pub address: SocketAddr,
    /// True for a proxy of ours that does not say for whom it asks: the address is that of many.
    pub is_shared: bool,
}

impl Client {
    /// The address of one client alone, of a request that went through [`crate::shell`].
    pub(crate) fn address_in(extensions: &Extensions) -> Option<IpAddr> {
        let client = extensions.get::<Self>().filter(|client| !client.is_shared)?;
        Some(client.address.ip().to_canonical())
    }
}

/// From where somebody calls who need not be signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    /// The address; nothing when it is not known, or that of many.
    pub address: Option<IpAddr>,
    /// What the browser says it is, as it came. Anybody can write anything here.
    pub user_agent: String,
    /// The value of the cookie [`DEVICE_COOKIE`], as it came.
    pub mark: Option<String>,
    /// Whether it is one of our own pages that asks, or no page at all; otherwise one of another site.
    pub is_own_page: bool,
    /// Whether it asks over TLS, as far as we know.
    pub is_tls: bool,
}

/// The name of the cookie that marks a browser in which somebody has signed in. It lets nobody in: see `auth::Devices`.
pub const DEVICE_COOKIE: &str = "lamplight_device";

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(one, _)| *one == name).map(|(_, value)| value.to_owned())
}

fn is_own_page(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    match (text(header::ORIGIN), text(header::HOST)) {
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, of)| of.eq_ignore_ascii_case(host)),
        (origin, _) => origin.is_none(),
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let user_agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        Ok(Self {
            address: Client::address_in(&parts.extensions),
            user_agent: user_agent.unwrap_or_default().to_owned(),
            mark: cookie(&parts.headers, DEVICE_COOKIE),
            is_own_page: is_own_page(&parts.headers),
            is_tls: parts.extensions.get::<OverTls>().is_some(),
        })
    }
}

/// The text is no address and no net.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyError(pub String);

impl std::fmt::Display for ProxyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} is not an address or a net such as 10.0.0.0/8", self.0)
    }
}

impl std::error::Error for ProxyError {}

/// The addresses of our own proxies.
#[derive(Debug, Clone, Default)]
pub struct Proxies(Arc<[IpNet]>);

impl Proxies {
    /// Reads a list of addresses and nets separated by commas.
    ///
    /// # Errors
    /// When one of them is neither.
    pub fn parse(list: &str) -> Result<Self, ProxyError> {
        let items = list.split(',').map(str::trim).filter(|item| !item.is_empty());
        let nets = items.map(|item| {
            let address = || item.parse::<IpAddr>().map(IpNet::from);
            item.parse::<IpNet>().or_else(|_| address()).map_err(|_| ProxyError(item.to_owned()))
        });
        Ok(Self(nets.collect::<Result<_, _>>()?))
    }

    fn include(&self, address: IpAddr) -> bool {
        self.0.iter().any(|net| net.contains(&address))
    }

    /// Whether the client asks over TLS: with a proxy of ours, when that says so; otherwise with us.
    #[must_use]
    pub(crate) fn is_tls(&self, peer: Peer, headers: &HeaderMap) -> bool {
        // Of several, our own proxy wrote the last.
        let scheme = headers.get_all(FORWARDED_PROTO).iter().next_back().and_then(|line| line.to_str().ok());
        let scheme = scheme.and_then(|line| line.rsplit(',').next()).map(str::trim);
        match scheme.filter(|_| self.include(peer.address.ip().to_canonical())) {
            Some(scheme) => scheme.eq_ignore_ascii_case("https"),
            None => peer.is_tls,
        }
    }

    /// Who asks, when the connection comes from `peer` and the request has these headers.
    #[must_use]
    pub fn client(&self, peer: SocketAddr, headers: &HeaderMap) -> Client {
        let own = Client { address: peer, is_shared: false };
        if !self.include(peer.ip().to_canonical()) {
            return own;
        }
        let lines: Vec<_> = headers.get_all(FORWARDED_FOR).iter().collect();
        let hops = lines.iter().rev().flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
        for hop in hops {
            match address(hop.trim()) {
                Some(hop) if self.include(hop) => {}
                Some(client) => return Client { address: SocketAddr::new(client, 0), is_shared: false },
                // What our proxy wrote can't be read. What stands before it may be anybody's words.
                None => break,
            }
        }
        Client { is_shared: true, ..own }
    }
}

/// The address of one hop; some proxies write the port too.
fn address(hop: &str) -> Option<IpAddr> {
    let plain = hop.parse().ok();
    let with_port = || hop.parse::<SocketAddr>().ok().map(|address| address.ip());
    plain.or_else(with_port).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(proxies: &str, peer: &str, forwarded: &[&'static str]) -> (String, bool) {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED_FOR, http::HeaderValue::from_static(line));
        }
        let client = Proxies::parse(proxies).unwrap().client(SocketAddr::new(peer.parse().unwrap(), 7), &headers);
        (client.address.ip().to_string(), client.is_shared)
    }

    #[test]
    fn the_first_address_from_the_right_that_is_no_proxy_of_ours() {
        let ours = "127.0.0.0/8, ::1, 10.0.0.5";
        let cases: [(&str, &[&'static str], &str, bool); 11] = [
            ("192.0.2.1", &[], "192.0.2.1", false),
            ("192.0.2.1", &["203.0.113.9"], "192.0.2.1", false),
            ("127.0.0.1", &["203.0.113.9"], "203.0.113.9", false),
            ("::ffff:127.0.0.1", &["203.0.113.9"], "203.0.113.9", false),
            ("::1", &["1.2.3.4, 203.0.113.9"], "203.0.113.9", false),
            ("127.0.0.1", &["1.2.3.4, 203.0.113.9, 10.0.0.5"], "203.0.113.9", false),
            ("127.0.0.1", &["1.2.3.4", "2001:db8::7"], "2001:db8::7", false),
            ("127.0.0.1", &["203.0.113.9:4711"], "203.0.113.9", false),
            ("127.0.0.1", &[], "127.0.0.1", true),
            ("127.0.0.1", &["10.0.0.5"], "127.0.0.1", true),
            ("127.0.0.1", &["1.2.3.4, unknown"], "127.0.0.1", true),
        ];
        for (peer, forwarded, expected, is_shared) in cases {
            assert_eq!(client(ours, peer, forwarded), (expected.to_owned(), is_shared), "{peer} {forwarded:?}");
        }
        assert_eq!(client("", "127.0.0.1", &["203.0.113.9"]), ("127.0.0.1".to_owned(), false), "no proxies");
    }

    #[tokio::test]
    async fn what_a_visitor_brings() {
        let visitor = async |headers: &[(&str, &str)]| {
            let request =
                headers.iter().fold(http::Request::builder(), |request, (name, value)| request.header(*name, *value));
            Visitor::from_request_parts(&mut request.body(()).unwrap().into_parts().0, &()).await.unwrap()
        };
        let cookies = ("cookie", "a=1; lamplight_device=x=y; b=2");
        let own =
            visitor(&[cookies, ("origin", "http://here:5000"), ("host", "here:5000"), ("user-agent", "curl/8")]).await;
        assert_eq!((own.mark.as_deref(), own.is_own_page, own.user_agent.as_str()), (Some("x=y"), true, "curl/8"));
        let other = visitor(&[("cookie", "lamplight_devices=x"), ("origin", "https://there"), ("host", "here")]).await;
        assert_eq!((other.mark, other.is_own_page), (None, false));
        assert!(visitor(&[]).await.is_own_page);
    }

    #[test]
    fn what_is_no_net_is_named() {
        assert_eq!(Proxies::parse("10.0.0.0/8, nginx").unwrap_err(), ProxyError("nginx".to_owned()));
        assert!(Proxies::parse("10.0.0.0/33").is_err());
    }
}
