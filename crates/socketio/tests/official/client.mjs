// The official client against the server whose address is given, with the transports it uses by default (long polling, then
// the upgrade to WebSocket) and with either alone. Each check opens its own connection; the first that fails ends the script
// with its error. The server's side of the checks is the handler in ../server/common.rs.

import assert from "node:assert/strict";
import { io } from "socket.io-client";

const url = process.argv[2];
const unicode = { größe: "naïve café", emoji: "👩‍⚕️🩺", zero: "\u0000", line: "\u2028" };

/** Resolves with the arguments of the next `event`. */
const next = (emitter, event) => new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));

const modes = {
  "by default": {},
  "over long polling": { transports: ["polling"] },
  "over WebSocket": { transports: ["websocket"] },
};
let mode;

const open = (auth, options = {}) =>
  io(url, {
    ...modes[mode],
    forceNew: true,
    reconnectionDelay: 5,
    reconnectionDelayMax: 5,
    auth,
    ...options,
  });

const checks = {
  async "connects, and its auth payload arrives"() {
    const socket = open({ token: "secret", unicode });
    const [[auth]] = await Promise.all([next(socket, "auth"), next(socket, "connect")]);
    assert.deepEqual(auth, { token: "secret", unicode });
    assert.equal(socket.id.length, 20);
    assert.equal(socket.recovered, false);
    const { engine } = socket.io;
    if (mode === "by default" && engine.transport.name === "polling") {
      await next(engine, "upgrade");
    }
    assert.equal(engine.transport.name, mode === "over long polling" ? "polling" : "websocket");
    return socket;
  },

  async "hears a stream of events without a hole while it changes its transport"() {
    const socket = open({ please: "stream" });
    const heard = [];
    socket.on("n", (number) => heard.push(number));
    const answer = next(socket, "end");
    await next(socket, "n");
    const { engine } = socket.io;
    if (mode === "by default" && engine.transport.name === "polling") {
      await next(engine, "upgrade");
    }
    const there = heard.length;
    while (heard.length < there + 50) {
      await next(socket, "n");
    }
    // Events of the client pass through in order too.
    assert.equal(await socket.emitWithAck("enough", 1), 1);
    const [count] = await answer;
    assert.deepEqual(heard, Array.from({ length: count }, (_, number) => number));
    return socket;
  },

  async "sends while it changes its transport, each once and in order"() {
    const socket = open({});
    await next(socket, "connect");
    const answers = [];
    for (let number = 0; number < 60; number++) {
      answers.push(socket.emitWithAck("ask", number));
      if (number % 10 === 0) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    assert.deepEqual(await Promise.all(answers), Array.from({ length: 60 }, (_, number) => number));
    return socket;
  },

  async "hears why it was refused"() {
    const socket = open({ please: "refuse" });
    const [error] = await next(socket, "connect_error");
    assert.equal(error.message, "not you");
    assert.deepEqual(error.data, { code: "auth.no", why: "é😀" });
    assert.equal(socket.active, false);
    return socket;
  },

  async "is told that there are no other namespaces"() {
    const root = open({});
    const other = root.io.socket("/admin");
    const [[error]] = await Promise.all([next(other, "connect_error"), next(root, "auth")]);
    assert.equal(error.message, "Invalid namespace");
    assert.equal(root.connected, true);
    return root;
  },

  async "exchanges events of any text"() {
    const socket = open({});
    socket.emit("echo", "größer 😀", [unicode], null, unicode);
    assert.deepEqual(await next(socket, "echo"), ["größer 😀", [unicode], null, unicode]);
    const long = { text: "é".repeat(40_000) };
    socket.emit("echo", long);
    assert.deepEqual(await next(socket, "echo"), [long]);
    return socket;
  },

  async "has its events acknowledged"() {
    const socket = open({});
    const answers = await Promise.all([1, unicode, "text"].map((value) => socket.emitWithAck("ask", value)));
    assert.deepEqual(answers, [1, unicode, "text"]);
    assert.equal(await socket.emitWithAck("nothing"), undefined);
    return socket;
  },

  async "sends binary without harm"() {
    const socket = open({});
    await socket.emitWithAck("file", { name: "a", bytes: Buffer.from([1, 2, 3]) }, new Uint8Array(1_000));
    assert.equal(await socket.emitWithAck("ask", 7), 7);
    return socket;
  },

  async "answers pings"() {
    const socket = open({});
    await next(socket, "connect");
    for (let count = 0; count < 4; count++) {
      await next(socket.io, "ping");
    }
    assert.equal(socket.connected, true);
    return socket;
  },

  async "stays away after a disconnect by the server"() {
    const socket = open({});
    await next(socket, "auth");
    socket.emit("kick");
    assert.deepEqual((await next(socket, "disconnect"))[0], "io server disconnect");
    assert.equal(socket.active, false);
    // When told to, it comes back.
    socket.connect();
    await next(socket, "connect");
    return socket;
  },

  async "comes back after its transport was closed, and says where it was"() {
    const socket = open({ token: "secret" });
    await next(socket, "auth");
    const first = socket.id;
    // Nothing received that has an offset: only the pid is sent back.
    socket.emit("drop");
    assert.deepEqual((await next(socket, "disconnect"))[0], "transport close");
    assert.equal(socket.active, true);
    const auth = next(socket, "auth");
    await next(socket, "connect");
    assert.deepEqual((await auth)[0], { token: "secret", pid: "first" });
    assert.equal(socket.recovered, true);
    assert.notEqual(socket.id, first);
    // The last argument of an event is its offset when it is a string.
    socket.emit("log", { title: "Anatomy" });
    assert.deepEqual(await next(socket, "logged"), [[{ title: "Anatomy" }], "epoch.7"]);
    socket.emit("drop");
    assert.deepEqual((await next(socket, "auth"))[0], { token: "secret", pid: "first", offset: "epoch.7" });
    assert.equal(socket.recovered, true);
    return socket;
  },

  async "leaves by itself"() {
    const socket = open({});
    await next(socket, "auth");
    const reason = next(socket, "disconnect");
    socket.disconnect();
    assert.deepEqual((await reason)[0], "io client disconnect");
    return socket;
  },
};

for (mode of Object.keys(modes)) {
  for (const [name, check] of Object.entries(checks)) {
    try {
      const hangs = new Promise((_, reject) => setTimeout(reject, 10_000, new Error("nothing happened for too long")));
      const socket = await Promise.race([check(), hangs]);
      socket.disconnect();
    } catch (error) {
      console.error(`${mode}, the official client ${name}: failed`);
      throw error;
    }
    console.log(`${mode}, the official client ${name}`);
  }
}
process.exit(0);
