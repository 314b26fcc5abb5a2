//! Notifications: what somebody is to know, kept until they have read it, on whatever device.
//!
//! * **Who may what**: everybody reads their own and marks them as read. The office writes notices to everybody, a role, a course, a
//!   batch, or chosen people, changes, hides and deletes them, and sees how many have read each, never who. Other features tell
//!   somebody something in their own transaction: [`tell`], [`tell_each`].
//! * **Tables**: `notifications`, `notification_receivers` (who receives it, and since when it is read).
//! * **Routes**: `GET /api/notifications`, `PUT /api/notifications/read`, `PUT /api/notifications/{id}/read`; for the existing client
//!   `GET /api/student/notifications`, `PUT /api/student/notifications/{id}/read`; for the office `/api/admin/notifications`.
//! * **Events**: `notification:created`, `notification:updated`, `notification:deleted` to its receivers, `notification:read` to the
//!   reader's own devices.
//! * **What must always hold**: nobody is ever given the other receivers of a notification or whether they have read it. Something
//!   personal is told to one person alone: what is told to several is the same text for all of them.
//! * Receivers are chosen when it is sent: who joins a course later does not receive what was said before. A notice that is not
//!   active has been sent to nobody, or is hidden from those who had it (`is_shown`, the same in all its rows).
//! * Nothing is kept for ever: [`drop_before`], called by the server for what is older than `NOTIFICATIONS_KEEP_DAYS`.
//! * Not offered: expiry, a later moment of sending, e-mail, SMS. The fields of the existing client for them are ignored.

mod document;
mod events;
mod form;
mod office;
mod receivers;
mod routes;
mod rules;
mod store;
mod told;

pub use document::Notification;
pub use events::{Created, Deleted, Read, Updated};
pub(crate) use routes::routes;
pub use rules::{Category, Kind, NotificationError, Priority, TargetType};
pub use told::{Notice, Sender, drop_before, tell, tell_each};
