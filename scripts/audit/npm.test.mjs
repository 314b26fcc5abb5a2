// npm.mjs with the real npm, before registries that answer as they may.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";

const folder = await mkdtemp(join(tmpdir(), "lamplight-audit."));
after(() => rm(folder, { recursive: true }));
const packages = { "": { dependencies: { lamp: "1.0.0" } }, "node_modules/lamp": { version: "1.0.0" } };
await writeFile(join(folder, "package.json"), JSON.stringify({ name: "pages", dependencies: { lamp: "1.0.0" } }));
await writeFile(join(folder, "package-lock.json"), JSON.stringify({ name: "pages", lockfileVersion: 3, packages }));

const ID = "GHSA-aaaa-bbbb-cccc";
const advisory = (severity) => ({
  lamp: [
    { id: 1, url: `https://example.org/${ID}`, title: "It burns", severity, vulnerable_versions: "<2", cwe: [], cvss: {} },
  ],
});

/** What the script says of a registry that answers so. */
async function judge(status, answer, accepted = {}) {
  const registry = createServer((request, response) => {
    // About the package itself nothing is known: who gives out advisories need not have it.
    const isAudit = request.method === "POST";
    response.writeHead(isAudit ? status : 404, { "content-type": "application/json" });
    request.resume().on("end", () => response.end(JSON.stringify(isAudit ? answer : {})));
  });
  await new Promise((resolve) => registry.listen(0, "127.0.0.1", resolve));
  const list = join(folder, "accepted.json");
  await writeFile(list, JSON.stringify(accepted));
  // npm remembers what it was told of an advisory.
  const cache = await mkdtemp(join(folder, "cache."));
  const origin = `http://127.0.0.1:${registry.address().port}/`;
  const env = { ...process.env, npm_config_registry: origin, npm_config_cache: cache };
  const script = join(import.meta.dirname, "npm.mjs");
  const judged = await new Promise((resolve) => {
    execFile(process.execPath, [script, folder, list], { env }, (error, out, err) => {
      resolve({ code: error?.code ?? 0, text: out + err });
    });
  });
  registry.closeAllConnections();
  registry.close();
  return judged;
}

test("a registry that knows nothing bad", async () => {
  assert.equal((await judge(200, {})).code, 0);
});

test("what is grave fails, what is not does not", async () => {
  for (const [severity, code] of [
    ["critical", 1],
    ["high", 1],
    ["moderate", 0],
  ]) {
    const judged = await judge(200, advisory(severity));
    assert.equal(judged.code, code, judged.text);
    assert.equal(judged.text.includes("It burns"), code === 1);
  }
});

test("what was accepted is said with its reason, and what is gone is to be taken out", async () => {
  const reason = "no page of ours burns anything";
  const judged = await judge(200, advisory("high"), { [ID]: reason });
  assert.deepEqual([judged.code, judged.text.includes(reason)], [0, true], judged.text);
  const gone = await judge(200, {}, { [ID]: reason });
  assert.deepEqual([gone.code, gone.text.includes("take it out")], [0, true], gone.text);
});

test("an advisory accepted without a reason", async () => {
  assert.equal((await judge(200, {}, { [ID]: "" })).code, 1);
});

test("a registry that has no advisories to give is not one that knows nothing bad", async () => {
  assert.equal((await judge(405, {})).code, 2);
});
