/** The server's API, for what a test needs but is not about. */
import type { components } from '../../ui/src/generated/api.ts';
import { notes, type TestFile } from './files.ts';

type Schemas = components['schemas'];
export type ManagedDownload = Schemas['ManagedDownload'];

export const password = 'lamplight-demo';
export const emailOf = (person: string): string => `${person}@demo.lamplight.example`;

/** Whom something is for; all students unless said. */
export interface For {
  course?: string;
  semester?: number;
  student?: string;
}

export class Api {
  readonly origin: string;
  readonly #tokens = new Map<string, Promise<string>>();

  constructor(origin: string) {
    this.origin = origin;
  }

  /** A token of this person; one sign-in serves a whole worker. */
  tokenOf(person: string): Promise<string> {
    const known = this.#tokens.get(person) ?? this.signIn(person);
    this.#tokens.set(person, known);
    return known;
  }

  async signIn(person: string, secret = password): Promise<string> {
    const body = JSON.stringify({ email: emailOf(person), password: secret });
    const response = await fetch(`${this.origin}/api/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    if (!response.ok) throw new Error(`${person} could not sign in: ${await response.text()}`);
    return ((await response.json()) as Schemas['Session']).token;
  }

  async call<T>(person: string, method: string, path: string, body?: FormData | object): Promise<T> {
    const isForm = body instanceof FormData;
    const response = await fetch(`${this.origin}/api${path}`, {
      method,
      headers: { authorization: `Bearer ${await this.tokenOf(person)}`, ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }) },
      body: body === undefined ? null : isForm ? body : JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return ((await response.json()) as { data: T }).data;
  }

  async upload(title: string, to: For = {}, more: Record<string, string> = {}, file: TestFile = notes(title), by = 'office'): Promise<ManagedDownload> {
    const form = new FormData();
    form.append('file', new File([new Uint8Array(file.buffer)], file.name, { type: file.mimeType }));
    for (const [name, value] of Object.entries({ title, category: 'Notes', ...(await this.#audience(to)), ...more })) form.append(name, value);
    return this.call(by, 'POST', '/admin/downloads', form);
  }

  async #audience({ course, semester, student }: For): Promise<Record<string, string>> {
    const targets = { courses: [] as string[], semesters: [] as number[], students: [] as string[], years: [] };
    if (student !== undefined) {
      targets.students.push(await this.studentId(student));
      return { targetAudience: 'specific_students', specificTargets: JSON.stringify(targets) };
    }
    if (course === undefined) return { targetAudience: 'students' };
    targets.courses.push(await this.courseId(course));
    if (semester !== undefined) targets.semesters.push(semester);
    return { targetAudience: semester === undefined ? 'specific_course' : 'specific_course_semester', specificTargets: JSON.stringify(targets) };
  }

  async courseId(code: string): Promise<string> {
    const courses = await this.call<Schemas['Course'][]>('office', 'GET', '/admin/courses');
    const course = courses.find(({ courseCode }) => courseCode === code);
    if (course === undefined) throw new Error(`no course ${code}`);
    return course._id;
  }

  async studentId(number: string): Promise<string> {
    const { students } = await this.call<Schemas['StudentList']>('office', 'GET', `/admin/students?search=${number}`);
    const student = students.find(({ studentId }) => studentId.toLowerCase() === number.toLowerCase());
    if (student === undefined) throw new Error(`no student ${number}`);
    return student._id;
  }
}
