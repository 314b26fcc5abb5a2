// Advisories, high and critical, of the npm packages that the pages carry, less those that were accepted for a reason.
//
//   node scripts/audit/npm.mjs FOLDER ACCEPTED.json
//
// Ends with 0 when there are none, with 1 when there are some (or it went wrong here), with 2 when the registry could not be asked.

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";

/** Longer than this nobody waits for a registry. */
const PATIENCE = 60_000;
const GRAVE = ["high", "critical"];
const AWAY = [
  ...["EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ENETUNREACH", "ENOAUDIT", "ENOTFOUND", "ERR_SOCKET_TIMEOUT", "ETIMEDOUT"],
  ...["audit endpoint returned an error", "network timeout"],
];

const [folder, list] = process.argv.slice(2);

/** By the number of the advisory (GHSA-..), why it is accepted. */
const accepted = JSON.parse(await readFile(list, "utf8"));
for (const [id, reason] of Object.entries(accepted)) {
  if (!/^GHSA(-[0-9a-z]{4}){3}$/.test(id) || typeof reason !== "string" || reason.length < 20) {
    console.error(`${list}: ${id} is no number of an advisory, or why it is accepted is not said`);
    process.exit(1);
  }
}

const said = await new Promise((resolve) => {
  const audit = ["audit", "--json", "--omit=dev", "--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=20000"];
  const done = (error, out, err) => resolve({ isLate: error?.killed === true, out, err });
  execFile("npm", audit, { cwd: folder, timeout: PATIENCE, maxBuffer: 1 << 26 }, done);
});

let report;
try {
  report = JSON.parse(said.out);
} catch {
  report = undefined;
}
if (report?.vulnerabilities === undefined) {
  const complaint = `${said.out}\n${said.err}`;
  if (said.isLate || AWAY.some((sign) => complaint.includes(sign))) {
    console.log("the registry has no advisories to give, or does not answer");
    process.exit(2);
  }
  console.error(complaint);
  process.exit(1);
}

const found = new Map();
for (const { via } of Object.values(report.vulnerabilities)) {
  // A text is the name of another package of this report.
  for (const advisory of via.filter((one) => typeof one === "object" && GRAVE.includes(one.severity))) {
    const id = advisory.url?.split("/").at(-1) ?? String(advisory.source);
    found.set(id, `${advisory.severity}: ${advisory.name} ${advisory.range}: ${advisory.title} (${id})`);
  }
}
let isBad = false;
for (const [id, what] of found) {
  const reason = accepted[id];
  console.log(reason === undefined ? what : `accepted: ${what}: ${reason}`);
  isBad ||= reason === undefined;
}
for (const id of Object.keys(accepted).filter((id) => !found.has(id))) {
  console.log(`${id} is accepted in ${list} and not found any more: take it out`);
}
if (isBad) {
  process.exit(1);
}
console.log("no advisories, high or critical, that were not accepted");
