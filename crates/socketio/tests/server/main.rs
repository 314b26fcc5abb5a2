//! The server over real TCP, against a client that is driven by hand, and against the official one.

// `cfg(test)` is always set here; it tells the linter that helpers are tests too.
#[cfg(test)]
mod asking;
#[cfg(test)]
mod churn;
#[cfg(test)]
mod common;
#[cfg(test)]
mod connecting;
#[cfg(test)]
mod ending;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod official;
#[cfg(test)]
mod polling;
#[cfg(test)]
mod rooms;
#[cfg(test)]
mod session;
#[cfg(test)]
mod suite;
#[cfg(test)]
mod talking;
#[cfg(test)]
mod upgrading;
