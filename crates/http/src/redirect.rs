//! For the port on which browsers begin: the way to the same address over HTTPS, and nothing else.

use axum::{Router, extract::Request, response::Response};
use http::{HeaderValue, Method, StatusCode, Uri, header, uri::Authority};
use lamplight_kernel::{Class, Problem};

use crate::answer;

/// Where over HTTPS the pages are.
#[derive(Debug, Clone)]
pub enum Home {
    /// At this address: `https://record.example.org`, without a slash at the end.
    At(String),
    /// At the name by which the server was called, on this port.
    Port(u16),
}

/// Routes that send everybody to the same address over HTTPS.
///
/// Only those who ask to be shown something are sent on. Whoever sends something has sent it unencrypted, perhaps with a password in it,
/// and is told so: sent on in silence, they would do it again.
pub fn redirect(home: Home) -> Router {
    Router::new().fallback(move |request: Request| {
        let answer = way(&home, &request);
        async move { answer }
    })
}

fn way(home: &Home, request: &Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let message = "This server is spoken to over HTTPS. What was sent came unencrypted and was not looked at.";
        return answer(Problem::new(Class::Forbidden, "request.https_needed", message));
    }
    let location = address(home, request).and_then(|address| HeaderValue::try_from(address).ok());
    let Some(location) = location else {
        let message = "This server is spoken to over HTTPS. The request does not say by which name it was called.";
        return answer(Problem::new(Class::Invalid, "request.https_needed", message));
    };
    let mut response = Response::new(axum::body::Body::empty());
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    response.headers_mut().insert(header::LOCATION, location);
    response
}

fn address(home: &Home, request: &Request) -> Option<String> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    match home {
        Home::At(home) => Some(format!("{home}{path}")),
        Home::Port(port) => {
            let called = request.headers().get(header::HOST)?.to_str().ok()?.parse::<Authority>().ok()?;
            let host = called.host();
            if host.is_empty() || called.as_str().contains('@') {
                return None;
            }
            let address =
                if *port == 443 { format!("https://{host}{path}") } else { format!("https://{host}:{port}{path}") };
            address.parse::<Uri>().is_ok().then_some(address)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(home: &Home, method: &str, host: Option<&str>, path: &str) -> (u16, String) {
        let request = Request::builder().method(method).uri(path);
        let request = host.into_iter().fold(request, |request, host| request.header("host", host));
        let response = way(home, &request.body(axum::body::Body::empty()).unwrap());
        let location = response.headers().get("location").map_or("", |location| location.to_str().unwrap());
        (response.status().as_u16(), location.to_owned())
    }

    #[test]
    fn the_way_to_the_same_address() {
        let named = Home::At("https://record.example.org".to_owned());
        let cases = [
            (&Home::Port(443), Some("h.example"), "/a?b=c", "https://h.example/a?b=c"),
            (&Home::Port(443), Some("h.example:80"), "/", "https://h.example/"),
            (&Home::Port(8443), Some("h.example"), "//x.example", "https://h.example:8443//x.example"),
            (&Home::Port(5000), Some("[::1]:80"), "/", "https://[::1]:5000/"),
            (&named, Some("other.example"), "/a?b", "https://record.example.org/a?b"),
            (&named, None, "/", "https://record.example.org/"),
        ];
        for (home, host, path, expected) in cases {
            assert_eq!(asked(home, "GET", host, path), (308, expected.to_owned()), "{host:?} {path}");
        }
        assert_eq!(asked(&named, "HEAD", None, "/").0, 308);
    }

    #[test]
    fn who_sends_something_or_does_not_say_whom_they_call_is_told() {
        for host in [None, Some(""), Some("me@h.example"), Some("a b"), Some(":80")] {
            assert_eq!(asked(&Home::Port(443), "GET", host, "/"), (400, String::new()), "{host:?}");
        }
        for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
            assert_eq!(asked(&Home::Port(443), method, Some("h.example"), "/"), (403, String::new()), "{method}");
        }
    }
}
