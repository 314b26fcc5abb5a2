// Made from the code by `make docs`; do not edit.

import type { components } from './api';

type Schemas = components['schemas'];

/** What the server sends. The last argument is the offset that the client library keeps for itself. */
export interface ServerEvents {
  /** Attendance of a class was recorded, corrected or deleted. Heard by faculty and administrators, without a student; with their own `studentId` each student concerned. */
  'attendance:changed': (payload: Schemas['AttendanceChanged'], offset: string) => void;
  /** A class was closed: its roll call is over. Heard by who teaches the course, and administrators. */
  'attendance:closed': (payload: Schemas['ClassStamp'], offset: string) => void;
  /** A class was opened for marking. Heard by who teaches the course, and administrators. */
  'attendance:opened': (payload: Schemas['ClassStamp'], offset: string) => void;
  /** Students were marked on a roll-call board, or a mark was taken back. Heard by who teaches the course, and administrators. */
  'attendance:tapped': (payload: Schemas['AttendanceTapped'], offset: string) => void;
  /** A course was added, changed, closed or deleted. Heard by everybody who is signed in. */
  'courses:changed': (payload: Schemas['CourseChanged'], offset: string) => void;
  /** Study material was uploaded, or was made visible to somebody who could not see it before. Heard by exactly those who may open it, and administrators; each once. */
  'downloads:created': (payload: Schemas['Download'], offset: string) => void;
  /** Study material was deleted, or is not for them any more. Heard by those who could open it and can't any more. */
  'downloads:deleted': (payload: Schemas['Deleted'], offset: string) => void;
  /** Something about a piece of study material was changed. Heard by those who may open it, and administrators. */
  'downloads:updated': (payload: Schemas['Download'], offset: string) => void;
  /** A faculty member was added, changed, switched off or deleted. Heard by faculty and administrators. */
  'faculty:changed': (payload: Schemas['FacultyChanged'], offset: string) => void;
  /** Marks were entered, not published. Heard by who teaches the course, and administrators. */
  'marks:added': (payload: Schemas['MarksAdded'], offset: string) => void;
  /** A list of marks was sent, and this became of it. Heard by administrators. */
  'marks:bulkAdded': (payload: Schemas['MarksBulkAdded'], offset: string) => void;
  /** Cells of a sheet of marks were changed in somebody's grid. Heard by who teaches the course, and administrators. */
  'marks:edited': (payload: Schemas['MarksEdited'], offset: string) => void;
  /** Somebody is in a cell of a sheet of marks. Not news for long. Heard by who teaches the course, and administrators. */
  'marks:entered': (payload: Schemas['MarksEntered'], offset: string) => void;
  /** Marks were published: their students can see them. Heard by each student whose mark can be seen now, who teaches the course, and administrators; each once. */
  'marks:published': (payload: Schemas['MarksPublished'], offset: string) => void;
  /** Published marks were recalled or deleted. Heard by each student whose mark is hidden again, who teaches the course, and administrators; each once. */
  'marks:recalled': (payload: Schemas['MarksRecalled'], offset: string) => void;
  /** A sheet of marks was made, handed in, taken back, is about to be published, or is published. Heard by who teaches the course, and administrators. */
  'marks:staged': (payload: Schemas['MarksStaged'], offset: string) => void;
  /** A mark was changed. Heard by its student if it is published, who teaches the course, and administrators. */
  'marks:updated': (payload: Schemas['MarksUpdated'], offset: string) => void;
  /** A notification came, or is shown again. Heard by its receivers. */
  'notification:created': (payload: Schemas['Notification'], offset: string) => void;
  /** A notification was deleted or hidden. Heard by its receivers. */
  'notification:deleted': (payload: Schemas['NotificationDeleted'], offset: string) => void;
  /** Somebody has read a notification, or all of theirs. Heard by its reader, on all devices. */
  'notification:read': (payload: Schemas['NotificationRead'], offset: string) => void;
  /** The text of a notification was changed. Heard by its receivers. */
  'notification:updated': (payload: Schemas['Notification'], offset: string) => void;
  /** What the institute knows of somebody was changed: name, addresses, telephone number, or their record. Heard by the person, on all devices. */
  'profile:updated': (payload: Schemas['ProfileUpdated'], offset: string) => void;
  /** A regulation was set, such as the attendance that is needed. What is computed from it may be another. Heard by those of the course, or everybody; and administrators. */
  'regulations:changed': (payload: Schemas['RegulationChanged'], offset: string) => void;
  /** A student was added. Heard by administrators. */
  'students:created': (payload: Schemas['StudentStamp'], offset: string) => void;
  /** A student was deleted or archived. Heard by administrators. */
  'students:deleted': (payload: Schemas['StudentStamp'], offset: string) => void;
  /** A file of students was applied. Heard by administrators. */
  'students:imported': (payload: Schemas['StudentsImported'], offset: string) => void;
  /** A student was changed or restored. Heard by administrators. */
  'students:updated': (payload: Schemas['StudentStamp'], offset: string) => void;
  /** An account was added, changed, switched or deleted. Lists of accounts are to be asked for again. Heard by administrators. */
  'users:changed': (payload: Schemas['UserChanged'], offset: string) => void;
  /** The token of this socket ends within a minute. Then the socket is closed, unless it is refreshed. Not logged. */
  'session:expiring': (payload: { expiresAt: string }) => void;
}

/** What a client may send. */
export interface ClientEvents {
  /** A new token of the same person: the socket goes on without a new connection. Not logged. */
  'session:refresh': (payload: { token: string }, ack?: (answer: { success: boolean; expiresAt?: string; code?: string; message?: string }) => void) => void;
}
