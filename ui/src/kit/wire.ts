/** The names the pages use for the shapes on the wire. The shapes themselves are made from the server's code (`make docs`). */
import type { components } from '../generated/api.ts';
import type { ServerEvents } from '../generated/events.ts';

type Schemas = components['schemas'];

export type User = Schemas['User'];
export type Role = User['role'];
export type SignedIn = Schemas['Session'];
export type Myself = Schemas['Myself'];
export type Device = Schemas['Device'];
export type PasswordChange = Schemas['PasswordChange'];
export type PasswordChanged = Schemas['Renewed'];

export type SystemStatus = Schemas['SystemStatus'];

export type Institute = Schemas['InstituteBody'];
export type DemoSignIn = Schemas['DemoSignIn'];
export type Pagination = Schemas['PaginationBody'];

export type Course = Schemas['Course'];
export type CourseForm = Partial<Schemas['CourseForm']>;
/** A student; what is about the person is there for the office alone. */
export type StudentRow = Omit<Schemas['StudentRow'], keyof Schemas['StudentRecord']> & Partial<Schemas['StudentRecord']>;
export type StudentsPage = Schemas['StudentList'];
export type StudentForm = Partial<Schemas['StudentForm']>;
export type StudentAdded = Schemas['StudentAdded'];
export type StudentPassword = Schemas['StudentPassword'];
export type StudentStatistics = Schemas['StudentStatistics'];
export type StudentImport = Schemas['StudentImport'];
export type StudentImportRow = Schemas['StudentImportRow'];

/** A piece of study material, as everybody who may open it sees it; also what events carry. */
export type Download = Schemas['Download'];
export type FileType = Download['fileType'];
export type StudentDownload = Schemas['StudentDownload'];
export type StudentDownloadsPage = Schemas['StudentDownloads'];
/** The same material as staff see it. */
export type ManagedDownload = Schemas['ManagedDownload'];
export type ManagedDownloadsPage = Schemas['ManagedList'];
export type Audience = Schemas['TargetAudience'];
export type SpecificTargets = Schemas['SpecificTargets'];
export type ChosenStudent = Schemas['ChosenStudent'];
export type AudienceReach = Schemas['Rehearsal'];

export type AttendanceStatus = Schemas['AttendanceStatus'];
export type ClassKind = Schemas['ClassKind'];
export type ClassSession = Schemas['ClassSession'];
/** What a student sees of their own attendance. */
export type OwnAttendance = Schemas['OwnAttendance'];
export type AttendedClass = Schemas['AttendedClass'];
export type AttendanceGauge = Schemas['AttendanceGauge'];
/** A class of a day, on the wall. */
export type AttendanceClass = Schemas['AttendanceClass'];
export type RollCallBoard = Schemas['RollCallBoard'];
export type RollCallSeat = Schemas['RollCallSeat'];
export type NewAttendanceClass = Schemas['NewAttendanceClass'];
export type TapForm = Schemas['TapForm'];
export type TapResults = Schemas['TapResults'];
export type TapConflict = Schemas['TapConflict'];
export type Attendance = Schemas['Attendance'];
export type AttendanceList = Schemas['AttendanceList'];
export type AttendanceLine = Schemas['AttendanceLine'];

/** The marks of one student in one exam; also what events carry. */
export type Mark = Schemas['Mark'];
export type MarkPart = Schemas['Part'];
export type OwnMarks = Schemas['OwnMarks'];
export type MarkChanges = Schemas['MarkChanges'];
/** One exam of a class, and its rows. */
export type MarkSheet = Schemas['Sheet'];
export type MarkSheets = Schemas['SheetList'];
export type NewSheet = Schemas['SheetForm'];
export type MarkGrid = Schemas['Grid'];
export type MarkRow = Schemas['GridRow'];
export type CellEdit = Schemas['CellEdit'];
export type CellsResult = Schemas['CellsResult'];
export type Publishing = Schemas['Publishing'];
export type PublishRehearsal = Schemas['MarksRehearsal'];

export type MarkImportRow = Schemas['MarkImportRow'];
export type MarksImported = Schemas['MarksImported'];
export type MarkChange = Schemas['MarkChange'];

/** A notification as its receivers hear it; with whether this person has read it. */
export type Notification = Schemas['Notification'];
export type ReceivedNotification = Schemas['Received'];
export type NotificationsPage = Schemas['OwnList'];
/** The same as the office sees it. */
export type WrittenNotice = Schemas['Written'];
export type WrittenNoticesPage = Schemas['WrittenList'];
export type NoticeForm = Partial<Schemas['NotificationForm']>;
export type NoticeTarget = Schemas['NotificationTarget'];

export type Regulation = Schemas['Regulation'];
export type Regulations = Schemas['RegulationList'];
export type RegulationForm = Schemas['RegulationForm'];
export type RegulationSetting = Schemas['Setting'];

export type Dashboard = Schemas['Dashboard'];
export type AttendanceReport = Schemas['AttendanceReport'];
export type AttendanceReportRow = Schemas['AttendanceReportRow'];
export type AttendanceImport = Schemas['AttendanceImport'];
export type AttendanceImportRow = Schemas['AttendanceImportRow'];
export type AttendanceImported = Schemas['ImportResult'];
export type AttendanceCorrection = Partial<Schemas['AttendanceCorrection']>;

export type FacultyMember = Schemas['FacultyMember'];
export type FacultyForm = Partial<Schemas['FacultyForm']>;

export type InstituteSettings = Schemas['InstituteSettings'];
export type SystemCheck = Schemas['SystemCheck'];

export type OwnProfile = Schemas['OwnProfile'];
export type OwnContact = Partial<Schemas['OwnContactForm']>;

export type ManagedUser = Schemas['ManagedUser'];
export type UserList = Schemas['UserList'];
export type UserAdded = Schemas['UserAdded'];
export type UserForm = Partial<Schemas['UserForm']>;

export type AuditList = Schemas['AuditList'];
export type AuditEntry = Schemas['AuditEntry'];

/** Every live event and its payload. */
export type LiveEvents = { [E in keyof ServerEvents]: Parameters<ServerEvents[E]>[0] };
