//! The server over real TCP, against a client that is driven by hand.

// `cfg(test)` is always set here; it tells the linter that helpers are tests too.
#[cfg(test)]
mod common;
#[cfg(test)]
mod connecting;
#[cfg(test)]
mod ending;
#[cfg(test)]
mod talking;
