// The story of ../README.md with the official client.

import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const [origin, line, transport] = process.argv.slice(2);
const options = { forceNew: true, reconnectionDelay: 20, reconnectionDelayMax: 50 };
if (transport !== "default") {
  options.transports = [transport];
}

/** Has something done to the line, and waits until it is done. */
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
async function please(what) {
  console.log(what);
  await answers.next();
}

/** Resolves with the arguments of the next `event`. */
const next = (emitter, event) => new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));

async function call(path, token, init) {
  const headers = { ...init?.headers, ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(`${origin}/api${path}`, { ...init, headers });
  assert.ok(response.ok, `${path}: ${response.status}`);
  return response.json();
}

async function signIn(person) {
  const body = JSON.stringify({ email: `${person}@demo.lamplight.example`, password: "lamplight-demo" });
  const headers = { "content-type": "application/json" };
  return (await call("/auth/login", undefined, { method: "POST", headers, body })).token;
}

const office = await signIn("office");
const { data: courses } = await call("/admin/courses", office);

/** Others may go through their stories beside this one. */
const mine = ` of ${process.pid}`;

async function upload(title, code) {
  const course = courses.find(({ courseCode }) => courseCode === code)._id;
  const form = new FormData();
  form.append("file", new File([`%PDF-1.4\n${title}`], "notes.pdf", { type: "application/pdf" }));
  const targets = { courses: [course], semesters: [], students: [], years: [] };
  for (const [name, value] of Object.entries({
    title: title + mine,
    category: "Notes",
    targetAudience: "specific_course",
    specificTargets: JSON.stringify(targets),
  })) {
    form.append(name, value);
  }
  await call("/admin/downloads", office, { method: "POST", body: form });
}

for (const [auth, code] of [
  [{}, "auth.token_missing"],
  [{ token: "nonsense" }, "auth.token_invalid"],
]) {
  const refused = io(line, { ...options, auth });
  const [error] = await next(refused, "connect_error");
  assert.equal(error.data?.code, code, error.message);
  refused.disconnect();
}

const token = await signIn("gnm.student");
const socket = io(line, { ...options, auth: { token } });
const heard = [];
let hear = () => {};
socket.on("downloads:created", (download, offset) => {
  assert.equal(typeof offset, "string");
  if (download.title.endsWith(mine)) {
    heard.push(download.title.replace(mine, ""));
    hear();
  }
});
async function hears(...titles) {
  while (heard.length < titles.length) {
    await new Promise((resolve) => (hear = resolve));
  }
  assert.deepEqual(heard, titles);
}

await next(socket, "connect");
assert.equal(socket.recovered, false);
const { engine } = socket.io;
if (transport === "default" && engine.transport.name === "polling") {
  await next(engine, "upgrade");
}
assert.equal(engine.transport.name, transport === "polling" ? "polling" : "websocket");

await upload("not hers", "ANM");
await upload("one", "GNM");
await hears("one");

const nobody = await socket.emitWithAck("tests:nobody-listens", { a: 1 });
assert.deepEqual([nobody.success, nobody.code], [false, "socket.unknown_event"]);
const refreshed = await socket.emitWithAck("session:refresh", { token: await signIn("gnm.student") });
assert.equal(refreshed.success, true);
assert.ok(Date.parse(refreshed.expiresAt) > Date.now());
const wrong = await socket.emitWithAck("session:refresh", { token: "nonsense" });
assert.deepEqual([wrong.success, wrong.code], [false, "auth.token_invalid"]);

const [lost, back] = [next(socket, "disconnect"), next(socket, "connect")];
await please("cut");
await lost;
await upload("two", "GNM");
await upload("three", "GNM");
await please("mend");
await back;
assert.equal(socket.recovered, true);
await upload("four", "GNM");
await hears("one", "two", "three", "four");

const gone = next(socket, "disconnect");
socket.disconnect();
assert.deepEqual((await gone)[0], "io client disconnect");
process.exit(0);
