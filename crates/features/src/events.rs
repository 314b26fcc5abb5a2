//! The list of events: what `docs/events.md` and the client's types are made from.

use lamplight_kernel::Event;

use crate::{accounts, attendance, courses, downloads, faculty, marks, notifications, regulations, students, users};

/// An event as the documentation shows it.
#[derive(Debug, Clone, Copy)]
pub struct Listed {
    /// Its name on the wire.
    pub name: &'static str,
    /// The name of its payload's schema in the OpenAPI description.
    pub payload: &'static str,
    /// Who hears it.
    pub heard_by: &'static str,
    /// What happened.
    pub when: &'static str,
}

const fn listed<E: Event>(payload: &'static str, heard_by: &'static str, when: &'static str) -> Listed {
    Listed { name: E::NAME, payload, heard_by, when }
}

/// Every event that a client can hear, by name.
pub const ALL: &[Listed] = &[
    listed::<attendance::Changed>(
        "AttendanceChanged",
        "faculty and administrators, without a student; with their own `studentId` each student concerned",
        "Attendance of a class was recorded, corrected or deleted.",
    ),
    listed::<attendance::Closed>(
        "ClassStamp",
        "who teaches the course, and administrators",
        "A class was closed: its roll call is over.",
    ),
    listed::<attendance::Opened>(
        "ClassStamp",
        "who teaches the course, and administrators",
        "A class was opened for marking.",
    ),
    listed::<attendance::Tapped>(
        "AttendanceTapped",
        "who teaches the course, and administrators",
        "Students were marked on a roll-call board, or a mark was taken back.",
    ),
    listed::<courses::Changed>(
        "CourseChanged",
        "everybody who is signed in",
        "A course was added, changed, closed or deleted.",
    ),
    listed::<downloads::Created>(
        "Download",
        "exactly those who may open it, and administrators; each once",
        "Study material was uploaded, or was made visible to somebody who could not see it before.",
    ),
    listed::<downloads::Deleted>(
        "Deleted",
        "those who could open it and can't any more",
        "Study material was deleted, or is not for them any more.",
    ),
    listed::<downloads::Updated>(
        "Download",
        "those who may open it, and administrators",
        "Something about a piece of study material was changed.",
    ),
    listed::<faculty::Changed>(
        "FacultyChanged",
        "faculty and administrators",
        "A faculty member was added, changed, switched off or deleted.",
    ),
    listed::<marks::Added>(
        "MarksAdded",
        "who teaches the course, and administrators",
        "Marks were entered, not published.",
    ),
    listed::<marks::BulkAdded>("MarksBulkAdded", "administrators", "A list of marks was sent, and this became of it."),
    listed::<marks::Edited>(
        "MarksEdited",
        "who teaches the course, and administrators",
        "Cells of a sheet of marks were changed in somebody's grid.",
    ),
    listed::<marks::Entered>(
        "MarksEntered",
        "who teaches the course, and administrators",
        "Somebody is in a cell of a sheet of marks. Not news for long.",
    ),
    listed::<marks::Published>(
        "MarksPublished",
        "each student whose mark can be seen now, who teaches the course, and administrators; each once",
        "Marks were published: their students can see them.",
    ),
    listed::<marks::Recalled>(
        "MarksRecalled",
        "each student whose mark is hidden again, who teaches the course, and administrators; each once",
        "Published marks were recalled or deleted.",
    ),
    listed::<marks::Staged>(
        "MarksStaged",
        "who teaches the course, and administrators",
        "A sheet of marks was made, handed in, taken back, is about to be published, or is published.",
    ),
    listed::<marks::Updated>(
        "MarksUpdated",
        "its student if it is published, who teaches the course, and administrators",
        "A mark was changed.",
    ),
    listed::<notifications::Created<'_>>("Notification", "its receivers", "A notification came, or is shown again."),
    listed::<notifications::Deleted>("NotificationDeleted", "its receivers", "A notification was deleted or hidden."),
    listed::<notifications::Read>(
        "NotificationRead",
        "its reader, on all devices",
        "Somebody has read a notification, or all of theirs.",
    ),
    listed::<notifications::Updated<'_>>("Notification", "its receivers", "The text of a notification was changed."),
    listed::<accounts::ProfileUpdated>(
        "ProfileUpdated",
        "the person, on all devices",
        "What the institute knows of somebody was changed: name, addresses, telephone number, or their record.",
    ),
    listed::<regulations::Changed>(
        "RegulationChanged",
        "those of the course, or everybody; and administrators",
        "A regulation was set, such as the attendance that is needed. What is computed from it may be another.",
    ),
    listed::<students::Created>("StudentStamp", "administrators", "A student was added."),
    listed::<students::Deleted>("StudentStamp", "administrators", "A student was deleted or archived."),
    listed::<students::Imported>("StudentsImported", "administrators", "A file of students was applied."),
    listed::<students::Updated>("StudentStamp", "administrators", "A student was changed or restored."),
    listed::<users::Changed>(
        "UserChanged",
        "administrators",
        "An account was added, changed, switched or deleted. Lists of accounts are to be asked for again.",
    ),
];
