import type { Notification } from '../../kit/wire.ts';

export const priorities: Record<Notification['priority'], string> = { low: 'Good to know', medium: 'Usual', high: 'Important', urgent: 'Urgent' };

export const categories: Notification['category'][] = ['General', 'Academic', 'Administrative', 'Event', 'Exam', 'Result', 'Placement', 'Fee', 'Holiday', 'Emergency'];
