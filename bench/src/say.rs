//! What is said on the terminal: results on standard output, progress on standard error.

use std::io::Write;

/// A line of a result.
pub(crate) fn say(line: &str) {
    // Whoever closed it does not want to hear.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// What is being done.
pub(crate) fn progress(line: &str) {
    let _ = writeln!(std::io::stderr(), "  {line}");
}
