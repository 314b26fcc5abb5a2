//! The words everybody shares: ids, time and chance, rooms and audiences, events, problems, pages.
//!
//! Nothing here does IO, knows an async runtime or a web framework. What a crate above needs to agree on with another
//! crate above stands here, and nothing else does.

mod audience;
mod chance;
mod event;
mod id;
mod page;
mod problem;
mod time;

pub use audience::{Audience, AudiencePart, Room, Standing};
pub use chance::Chance;
pub use event::{Control, Event, Offset, Recorded, Target};
pub use id::{
    AttendanceId, AttendanceImportId, AuditId, ClassId, CourseId, DownloadId, FacultyId, IdError, MarkId, MarkImportId,
    NotificationId, SessionId, SheetId, StudentId, StudentImportId, TapId, UserId,
};
pub use page::{MAX_LIMIT, Page, PageRequest, Pagination};
pub use problem::{Class, Problem};
pub use time::{Clock, Timestamp};
