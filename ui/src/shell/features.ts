import { accounts } from '../features/accounts/index.ts';
import { attendance } from '../features/attendance/index.ts';
import { audit } from '../features/audit/index.ts';
import { courses } from '../features/courses/index.ts';
import { downloads } from '../features/downloads/index.ts';
import { faculty } from '../features/faculty/index.ts';
import { home } from '../features/home/index.ts';
import { marks } from '../features/marks/index.ts';
import { notifications } from '../features/notifications/index.ts';
import { regulations } from '../features/regulations/index.ts';
import { settings } from '../features/settings/index.ts';
import { students } from '../features/students/index.ts';
import { system } from '../features/system/index.ts';
import { users } from '../features/users/index.ts';
import type { Feature } from '../kit/feature.ts';

/** The house, in the order of its navigation. */
export const features: Feature[] = [home, attendance, marks, downloads, students, faculty, users, courses, notifications, regulations, settings, audit, system, accounts];
