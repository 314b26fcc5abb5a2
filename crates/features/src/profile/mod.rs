//! The profile page of a student: what the institute has on record about them, and how they can be reached, which they change
//! themselves.
//!
//! * **Who may what**: a student reads their own record (without the office's notes) and changes telephone numbers, address and
//!   guardian. Everything else is changed by the office.
//! * **Routes**: `GET PUT /api/student/profile`.
//! * **Events**: `profile:updated`, whoever changes it: see `students`.
//! * It keeps nothing itself: the record is the students', the CGPA the marks'. Like the dashboard it reads several features.

mod routes;

pub(crate) use routes::routes;
