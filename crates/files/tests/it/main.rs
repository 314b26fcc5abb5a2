//! The crate from outside: real files through a real folder and a real S3 server.

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod names;
#[cfg(test)]
mod ranges;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod sniffing;
#[cfg(test)]
mod staging;
#[cfg(test)]
mod support;
