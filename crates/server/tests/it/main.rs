//! The whole server over real HTTP and real sockets, with a mock clock, on both databases.
//!
//! Each module is one noun. What they stand on is in `support`: a small institute, a client that speaks HTTP and one that
//! speaks Socket.IO, and the program itself as a process.

// `cfg(test)` is always set here; it tells the linter that helpers are tests too.
#[cfg(test)]
mod accounts;
#[cfg(test)]
mod acme;
#[cfg(test)]
mod attendance;
#[cfg(test)]
mod attendance_files;
#[cfg(test)]
mod attendance_sums;
#[cfg(test)]
mod audience;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod backup;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod cluster;
#[cfg(test)]
mod convergence;
#[cfg(test)]
mod counted;
#[cfg(test)]
mod courses;
#[cfg(test)]
mod dashboard;
#[cfg(test)]
mod devices;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod downloads;
#[cfg(test)]
mod encryption;
#[cfg(test)]
mod faculty;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod grid;
#[cfg(test)]
mod hardening;
#[cfg(test)]
mod lockout;
#[cfg(test)]
mod marks;
#[cfg(test)]
mod marks_files;
#[cfg(test)]
mod migrate;
#[cfg(test)]
mod notices;
#[cfg(test)]
mod notifications;
#[cfg(test)]
mod opening;
#[cfg(test)]
mod operating;
#[cfg(test)]
mod passwords;
#[cfg(test)]
mod permissions;
#[cfg(test)]
mod privacy;
#[cfg(test)]
mod profile;
#[cfg(test)]
mod proxied;
#[cfg(test)]
mod publishing;
#[cfg(test)]
mod regulations;
#[cfg(test)]
mod resume;
#[cfg(test)]
mod rights;
#[cfg(test)]
mod rollcall;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod sockets;
#[cfg(test)]
mod student_imports;
#[cfg(test)]
mod students;
#[cfg(test)]
mod support;
#[cfg(test)]
mod system;
#[cfg(test)]
mod telemetry;
#[cfg(test)]
mod threats;
#[cfg(test)]
mod uploads;
#[cfg(test)]
mod users;
