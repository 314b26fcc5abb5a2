//! The server: settings, composition, lifecycle, command line, the embedded pages. `anyhow` is at home here and nowhere else.
//!
//! [`serve`](serve::serve) reads top to bottom: what is opened, in which order, and how it is all closed again.

mod backup;
mod certificates;
pub mod cli;
mod demo;
mod disk;
pub mod docs;
mod doctor;
mod last_backup;
mod migrate;
pub mod operating;
mod pages;
pub mod serve;
pub mod settings;
mod traces;
