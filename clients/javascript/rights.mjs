// Rights that change while the official client is connected: the office works over HTTP, the student's one socket notices.

import assert from "node:assert/strict";
import { io } from "socket.io-client";

const [origin, , transport] = process.argv.slice(2);
const options = { forceNew: true, reconnectionDelay: 20, reconnectionDelayMax: 50 };
if (transport !== "default") {
  options.transports = [transport];
}

const next = (emitter, event) => new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));

async function call(path, token, method = "GET", body = undefined) {
  const headers = { ...(token && { authorization: `Bearer ${token}` }) };
  const form = body instanceof FormData;
  if (body !== undefined && !form) {
    headers["content-type"] = "application/json";
  }
  const response = await fetch(`${origin}/api${path}`, { method, headers, body: form ? body : JSON.stringify(body) });
  const answer = await response.json();
  assert.ok(response.ok, `${path}: ${response.status} ${JSON.stringify(answer)}`);
  return answer;
}

const signIn = async (person, password = "lamplight-demo") =>
  (await call("/auth/login", undefined, "POST", { email: `${person}@demo.lamplight.example`, password })).token;

const office = await signIn("office");

async function upload(title, semester) {
  const form = new FormData();
  form.append("file", new File([`%PDF-1.4\n${title}`], "notes.pdf", { type: "application/pdf" }));
  for (const [name, value] of Object.entries({
    title,
    category: "Notes",
    targetAudience: "specific_semester",
    specificTargets: JSON.stringify({ courses: [], semesters: [semester], students: [], years: [] }),
  })) {
    form.append(name, value);
  }
  await call("/admin/downloads", office, "POST", form);
}

const { students } = (await call("/admin/students?search=GNM2025001", office)).data;
const [student] = students;
assert.equal(student.semester, 3);

const socket = io(origin, { ...options, auth: { token: await signIn("gnm.student") } });
const heard = [];
let hear = () => {};
socket.onAny((name, payload) => {
  heard.push(name === "downloads:created" ? payload.title : name);
  hear();
});
async function hears(...wanted) {
  while (heard.length < wanted.length) {
    await new Promise((resolve) => (hear = resolve));
  }
  assert.deepEqual(heard, wanted);
}
await next(socket, "connect");
if (transport === "default" && socket.io.engine.transport.name === "polling") {
  await next(socket.io.engine, "upgrade");
}
const { id } = socket;

await upload("of the third", 3);
await hears("of the third");
// To the fifth semester: what is for the third is not hers from here on, what is for the fifth is; on the same connection.
await call(`/admin/students/${student._id}`, office, "PUT", { semester: 5, version: student.version });
await upload("of the third, later", 3);
await upload("of the fifth", 5);
await hears("of the third", "profile:updated", "of the fifth");
assert.equal(socket.id, id, "it was never disconnected");

// Switched off: the connection ends at once, and coming back she is told why.
const me = (await call("/admin/users?search=gnm.student", office)).data.find(({ username }) => username === "gnm.student");
const [ended, refused] = [next(socket, "disconnect"), next(socket, "connect_error")];
const began = Date.now();
await call(`/admin/users/${me._id}/toggle-active`, office, "PATCH");
assert.notEqual((await ended)[0], "io server disconnect", "the official client would not come back after that");
assert.ok(Date.now() - began < 1000);
assert.equal((await refused)[0].data.code, "auth.account_inactive");
socket.disconnect();

// On again, with a session of its own; then signed out everywhere.
await call(`/admin/users/${me._id}/toggle-active`, office, "PATCH");
const again = io(origin, { ...options, auth: { token: await signIn("gnm.student") } });
await next(again, "connect");
const [out, why] = [next(again, "disconnect"), next(again, "connect_error")];
await call(`/admin/users/${me._id}/sessions`, office, "DELETE");
await out;
assert.equal((await why)[0].data.code, "auth.signed_out");
again.disconnect();
process.exit(0);
