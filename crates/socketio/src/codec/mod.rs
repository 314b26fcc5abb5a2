//! The languages spoken on one connection, each as plain functions over bytes: no socket, no clock, no runtime.
//!
//! From the outside in: [`websocket`] cuts the byte stream into messages (RFC 6455), [`engine`] tells a heartbeat from a
//! message (Engine.IO protocol 4), [`packet`] tells a connect from an event (Socket.IO protocol 5). Over long polling
//! [`payload`] takes the place of the first. None of them panics on any input, and none of them keeps more bytes than the limit
//! it is given: both are property-tested.

pub mod engine;
pub mod packet;
pub mod payload;
pub mod websocket;
