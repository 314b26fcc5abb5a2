// The official client, as it comes, before three servers of one institute: pages at all of them through the proxy, uploads at each of them
// without a pause, and one of them killed and started again in the middle.

import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

// Addresses that lead to the proxy, each from another client; addresses of the servers; tokens of two students and of the office; a course.
const [given, proxy, , transport] = process.argv.slice(2);
const { lines, doors, students, office, gnm } = JSON.parse(given);
/** The place of the server that is killed. */
const KILLED = 1;

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
async function please(what) {
  console.log(what);
  await answers.next();
}
const rest = (millis) => new Promise((resolve) => setTimeout(resolve, millis));
async function until(what, is) {
  for (let tries = 0; !(await is()); tries += 1) {
    assert.ok(tries < 600, `${what} never came to be`);
    await rest(25);
  }
}

async function ask(origin, path, init) {
  const headers = { authorization: `Bearer ${office}` };
  return fetch(`${origin}/api${path}`, { ...init, headers, signal: AbortSignal.timeout(5000) });
}

/** Uploads something for all or for one course; says whether the server said that it was done, or nobody knows. */
async function upload(origin, title, isForSome) {
  const form = new FormData();
  form.append("file", new File([`%PDF-1.4\n${title}`], "notes.pdf", { type: "application/pdf" }));
  const targets = { courses: [gnm], semesters: [], students: [], years: [] };
  const audience = isForSome ? { targetAudience: "specific_course", specificTargets: JSON.stringify(targets) } : {};
  for (const [name, value] of Object.entries({ title, category: "Notes", ...audience })) {
    form.append(name, value);
  }
  let answer;
  try {
    answer = await ask(origin, "/admin/downloads", { method: "POST", body: form });
    await answer.arrayBuffer();
  } catch {
    return false;
  }
  // The proxy does not know what a server that died has done.
  assert.ok([201, 502, 504].includes(answer.status), `${title}: ${answer.status}`);
  return answer.status === 201;
}
/** Uploads until it is said to be done. */
async function done(origin, title) {
  for (let number = 0; number < 100; number += 1) {
    if (await upload(origin, `${title} ${number}`, false)) {
      return `${title} ${number}`;
    }
    await rest(25);
  }
  return assert.fail(`${title} was never done`);
}

const pages = [];
for (const [student, { token }] of students.entries()) {
  for (const line of lines) {
    const options = { forceNew: true, reconnectionDelay: 20, reconnectionDelayMax: 50, auth: { token } };
    if (transport !== "default") {
      options.transports = [transport];
    }
    const socket = io(line, options);
    const page = { student, socket, heard: [], offsets: [], comebacks: 0 };
    socket.onAny((name, payload, offset) => {
      assert.equal(name, "downloads:created");
      page.heard.push(payload.title);
      const [epoch, number] = offset.split(".");
      page.offsets.push([epoch, Number(number)]);
    });
    socket.on("connect_error", (error) => assert.equal(error.data, undefined, "it is turned away"));
    socket.on("connect", () => {
      page.comebacks += Number(page.wasThere === true);
      assert.equal(socket.recovered, page.wasThere === true, "who comes back goes on where it was");
      page.wasThere = true;
    });
    pages.push(page);
    await until("the page is connected", () => socket.connected && socket.io.engine.transport.name === "websocket");
  }
}
const hear = (title) => until(`${title} is heard`, () => pages.every(({ heard }) => heard.includes(title)));

await until("there are pages at every server", async () => {
  const at = [];
  for (const door of doors) {
    at.push((await (await ask(door, "/admin/system")).json()).data.connected.connections);
  }
  return at.every((count) => count > 0) && at.reduce((sum, count) => sum + count) === pages.length;
});

// For all and for one course in turn, at each server and through the proxy.
let isWriting = true;
const counts = [];
const finished = [];
const writers = [...doors, proxy].map(async (origin, writer) => {
  counts[writer] = 0;
  for (let number = 0; isWriting; number += 1) {
    const title = `${writer}-${number}`;
    if (await upload(origin, title, number % 2 === 1)) {
      finished.push(title);
      counts[writer] += 1;
    }
    await rest(25);
  }
});
const goOn = async (more) => {
  const wanted = counts.map((count) => count + more);
  await until("uploads are done", () => counts.every((count, writer) => writer === KILLED || count >= wanted[writer]));
};

await goOn(3);
await please("cut");
await hear(await done(doors[0], "while one is dead"));
await goOn(3);
assert.ok(pages.some(({ comebacks }) => comebacks > 0), "somebody was at the server that was killed");
await please("mend");
// From the one that was away to all, and from the others to all.
await hear(await done(doors[KILLED], "back"));
await goOn(3);
isWriting = false;
await Promise.all(writers);
for (const [number, door] of doors.entries()) {
  await hear(await done(door, `last ${number}`));
}

// What there is now, whoever knew about it.
const stored = [];
for (let page = 1, more = true; more; page += 1) {
  const { data } = await (await ask(doors[0], `/admin/downloads?limit=50&page=${page}`)).json();
  stored.push(...data.downloads.map(({ title }) => title));
  more = page < data.pagination.pages;
}
assert.ok(finished.every((title) => stored.includes(title)), "what was said to be done is there");
const isForSome = (title) => /^\d+-\d*[13579]$/.test(title);
assert.ok(stored.some(isForSome));
for (const [student, { isOfCourse }] of students.entries()) {
  const expected = stored.filter((title) => isOfCourse || !isForSome(title)).sort();
  const [first, ...others] = pages.filter((page) => page.student === student);
  assert.deepEqual([...first.heard].sort(), expected, "nothing lost, doubled or leaked");
  for (const { offsets } of [first, ...others]) {
    const follows = ([epoch, number], [before, last]) => epoch === before && number > last;
    assert.ok(offsets.every((offset, index) => index === 0 || follows(offset, offsets[index - 1])), "in the order of the log");
  }
  for (const { heard } of others) {
    assert.deepEqual(heard, first.heard, "all pages of one person hear the same");
  }
}
assert.ok(pages.every(({ socket }) => socket.io.engine.transport.name === "websocket"));
process.exit(0);
