//! What can go wrong with a file, said so that the person who sent it knows what to do.

use std::io;

use thiserror::Error;

use crate::kind::{Accepted, FileKind};

/// What went wrong.
///
/// [`is_about_the_file`](Self::is_about_the_file) tells the two sorts apart: errors about the file or the request, whose
/// text is a sentence for the person, and errors of this machine or its storage, whose text and source are for the log.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FilesError {
    /// Not one byte came.
    #[error("\"{name}\" is empty. Choose the file again; if it is stored online, download it to the device first.")]
    Empty {
        /// The file's clean name.
        name: String,
    },
    /// More bytes than the policy permits.
    #[error("The file is too large: the most is {}. Compress it or split it.", amount(*limit))]
    TooLarge {
        /// The most bytes a file may have.
        limit: u64,
    },
    /// The name's extension promises another kind than the content is of.
    #[error("{}", mislabelled(name, *named, *found))]
    Mislabelled {
        /// The file's clean name.
        name: String,
        /// The kind its extension stands for; none when there is no such extension.
        named: Option<FileKind>,
        /// The kind its content is of.
        found: FileKind,
    },
    /// The content is of no accepted kind.
    #[error(
        "\"{name}\" cannot be accepted.{} Accepted are files ending in {accepted}.",
        content(found.as_deref())
    )]
    Unsupported {
        /// The file's clean name.
        name: String,
        /// What the content is, if it is of a known sort: `GIF file`.
        found: Option<String>,
        /// What would have been accepted.
        accepted: Accepted,
    },
    /// The content can run or be rendered as a page: a program, a script, HTML, SVG. Refused under any name.
    #[error("\"{name}\" cannot be accepted: its content is a {found}, which could harm those who open it.")]
    Dangerous {
        /// The file's clean name.
        name: String,
        /// What the content is: `program`, `script`, `web page (HTML)`.
        found: &'static str,
    },
    /// An Office document that carries macros.
    #[error(
        "\"{name}\" contains macros, which could harm those who open it. Save it without macros and send it again."
    )]
    Macros {
        /// The file's clean name.
        name: String,
    },
    /// An Office document that nobody can open without its password, so that its kind cannot be told either.
    #[error("\"{name}\" is protected by a password. Remove the password and send it again.")]
    PasswordProtected {
        /// The file's clean name.
        name: String,
    },
    /// Text in an encoding that cannot be told (mostly an old Windows code page).
    #[error("\"{name}\" is not in Unicode. Save it again as UTF-8 (in Excel: \"CSV UTF-8\") and send it again.")]
    NotUnicode {
        /// The file's clean name.
        name: String,
    },
    /// The content begins as a known kind but does not hold together: cut off, or broken.
    #[error("\"{name}\" is damaged or incomplete. Open it on your device to check it, then send it again.")]
    Damaged {
        /// The file's clean name.
        name: String,
    },
    /// No content of this hash is kept.
    #[error("the file is not there any more")]
    Missing,
    /// The range begins at or after the end of the file, or is empty.
    #[error("the range asked for lies outside the file, which has {size} bytes")]
    OutOfRange {
        /// Size of the whole file in bytes.
        size: u64,
    },
    /// The settings cannot work; the sentence is for the operator.
    #[error("{0}")]
    Settings(String),
    /// A write to a [`Staging`](crate::Staging) was cancelled half-way; what it holds is not what was sent.
    #[error("the upload was broken off")]
    BrokenOff,
    /// The local disk failed.
    #[error("cannot {action}")]
    Disk {
        /// What was tried, as in "cannot ...".
        action: &'static str,
        /// The system's reason.
        source: io::Error,
    },
    /// The object storage failed.
    #[error("the object storage cannot {action}")]
    Storage {
        /// What was tried, as in "cannot ...".
        action: &'static str,
        /// The storage's reason.
        source: Box<object_store::Error>,
    },
}

impl FilesError {
    /// Whether the file or the request is at fault: the text is a sentence for the person who sent it.
    pub const fn is_about_the_file(&self) -> bool {
        !matches!(self, Self::Settings(_) | Self::BrokenOff | Self::Disk { .. } | Self::Storage { .. })
    }

    /// For `map_err` on disk operations.
    pub(crate) const fn disk(action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Disk { action, source }
    }
}

/// `25 MB`, `1.5 MB`, `300 KB`, `10 bytes`; rounded down, so that a file of the size shown fits.
fn amount(bytes: u64) -> String {
    let tenths = |unit: u64| match (bytes / unit, bytes % unit * 10 / unit) {
        (whole, 0) => whole.to_string(),
        (whole, tenth) => format!("{whole}.{tenth}"),
    };
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KB", tenths(1024)),
        _ => format!("{} MB", tenths(1_048_576)),
    }
}

fn mislabelled(name: &str, named: Option<FileKind>, found: FileKind) -> String {
    let extension = found.extensions().first().copied().unwrap_or_default();
    let found = found.label();
    match named {
        Some(named) => format!(
            "\"{name}\" is not what its name says. Its name says: {}; its content is: {found}. \
             Rename it to end in .{extension}, or save it again.",
            named.label(),
        ),
        None => {
            format!("The name \"{name}\" does not say what the file is: {found}. Rename it to end in .{extension}.")
        }
    }
}

fn content(found: Option<&str>) -> String {
    found.map_or_else(String::new, |found| format!(" Its content is: {found}."))
}
