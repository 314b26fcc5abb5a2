/**
 * The shapes on the wire. Written by hand only until `src/generated/` is made from the server's own types;
 * then every name below becomes an alias of a generated one and nothing else changes.
 */

export type Role = 'admin' | 'faculty' | 'student';

export interface CourseName {
  _id: string;
  courseCode: string;
  courseName: string;
}

export interface Profile {
  fullName: string;
  studentId?: string | null;
  semester?: number | null;
  courseEnrolled?: CourseName | null;
}

export interface User {
  _id: string;
  username: string;
  email: string;
  role: Role;
  isActive: boolean;
  profile?: Profile | null;
}

export interface DemoSignIn {
  label: string;
  name: string;
  email: string;
  password: string;
  role: Role;
}

export interface Institute {
  name: string;
  timezone: string;
  uploadLimitBytes: number;
  acceptedExtensions: string[];
  categories: string[];
  demoSignIns?: DemoSignIn[] | null;
}

export interface Pagination {
  page: number;
  limit: number;
  total: number;
  pages: number;
}

export type FileType = 'PDF' | 'DOC' | 'DOCX' | 'XLS' | 'XLSX' | 'PPT' | 'PPTX' | 'ZIP' | 'RAR' | 'IMAGE' | 'OTHER';

/** A piece of study material, as everybody who may open it sees it. */
export interface Download {
  _id: string;
  title: string;
  description?: string | null;
  category: string;
  fileType: FileType;
  fileSize: number;
  fileName: string;
  fileUrl: string;
  downloadCount: number;
  uploadedAt: string;
  updatedAt: string;
  tags: string[];
  subject?: string | null;
  semester?: number | null;
  academicYear?: string | null;
  expiryDate?: string | null;
  uploadedBy?: { username: string; fullName?: string | null } | null;
}

export interface StudentDownload extends Download {
  opened: boolean;
}

export type Audience =
  | 'all'
  | 'students'
  | 'faculty'
  | 'specific_course'
  | 'specific_year'
  | 'specific_semester'
  | 'specific_course_semester'
  | 'specific_students';

export interface SpecificTargets {
  courses: string[];
  students: string[];
  years: number[];
  semesters: number[];
}

/** The same material as staff see it. */
export interface ManagedDownload extends Download {
  targetAudience: Audience[];
  specificTargets: SpecificTargets;
  audienceText: string;
  requiresLogin: boolean;
  isActive: boolean;
  rev: number;
  canEdit: boolean;
}

export interface StudentDownloadsPage {
  downloads: StudentDownload[];
  filters: { categories: string[] };
  pagination: Pagination;
  unopened: number;
}

export interface ManagedDownloadsPage {
  downloads: ManagedDownload[];
  stats: { totalFiles: number; totalDownloads: number };
  pagination: Pagination;
}

export interface AudienceReach {
  text: string;
  students: number;
  faculty: number;
  problem?: string | null;
}

export interface Course extends CourseName {
  semesters: number;
  teaches: boolean;
}

export interface StudentRow {
  _id: string;
  studentId: string;
  fullName: string;
  semester: number;
  courseEnrolled?: CourseName | null;
}

/** What an event carries: the saved document. What depends on the reader (opened, canEdit) may be missing. */
export type DownloadEventDocument = Download & Partial<Omit<ManagedDownload, keyof Download>> & { opened?: boolean };

/** Every live event and its payload. */
export interface LiveEvents {
  'downloads:created': DownloadEventDocument;
  'downloads:updated': DownloadEventDocument;
  'downloads:deleted': { _id: string };
}
