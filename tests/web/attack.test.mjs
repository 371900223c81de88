// A room that is attacked over HTTP goes on: its PDUs are read as often as before, and what is hostile is answered or dropped.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { program, service } from "./support/real_room.mjs";
import { openBrowser, RoomPage } from "./support/room_page.mjs";

assert.ok(program, "GREENROOM must name the program");
let room, token, browser;
before(async () => {
  room = await service(60);
  token = (await readFile(join(room.data, "token"), "utf8")).trim();
  browser = await openBrowser();
});
after(async () => {
  await browser.close();
  await room.close();
});

const port = () => Number(new URL(room.url).port);
const json = async (path) => (await fetch(`${room.url}/api/v1/${path}`)).json();

// Sends, and reads until the server ends it or has answered; the first line of what came.
const raw = (bytes) =>
  new Promise((resolve) => {
    let got = "";
    const socket = connect(port(), "127.0.0.1", () => socket.write(bytes));
    socket.on("data", (text) => (got += text)).on("error", () => {}).on("close", () => resolve(got.split("\r\n")[0]));
  });

const command = (body, headers = {}) =>
  fetch(`${room.url}/api/v1/commands`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}`, ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

// The oldest reading of any PDU that was seen while `during` ran, in ms of the room.
async function oldestReading(during) {
  let oldest = 0;
  let over = false;
  const ran = during().finally(() => (over = true));
  while (!over) {
    for (const pdu of (await json("pdus")).pdus) oldest = Math.max(oldest, pdu.reading_age_ms ?? 0);
  }
  await ran;
  return oldest;
}

const quiet = async () => {
  const until = performance.now() + 4000;
  while (performance.now() < until) await json("status");
};

async function attack() {
  const garbage = Buffer.alloc(1_000_000, 7);
  const idle = Array.from({ length: 1000 }, () => connect(port(), "127.0.0.1").on("error", () => {}));
  const slow = Array.from({ length: 50 }, () => {
    const socket = connect(port(), "127.0.0.1", () => socket.write("GET / HT")).on("error", () => {});
    return socket;
  });
  const paths = (await json("openapi.json")).paths;
  for (const path of ["/", "/app.js", "/metrics", ...Object.keys(paths)]) {
    for (const method of ["GET", "POST"]) {
      const head = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port()}\r\nContent-Length: ${garbage.length}\r\n\r\n`;
      assert.match(await raw(Buffer.concat([Buffer.from(head), garbage])), /^HTTP\/1.1 4\d\d /, `${method} ${path}`);
    }
  }
  assert.match(await raw(garbage), /^HTTP\/1.1 400 /);
  assert.equal((await command("[".repeat(10_000) + "]".repeat(10_000))).status, 400);
  assert.equal((await command("x".repeat(1_000_000))).status, 400);
  assert.equal((await command({ type: "scan", key: "a", by: "eve", label: "1-01" }, { Authorization: "Bearer x" })).status, 401);
  assert.equal((await command({ type: "scan", key: "a", by: "eve", label: "1-01" }, { Origin: "http://elsewhere.example" })).status, 403);
  for (const socket of [...idle, ...slow]) socket.destroy();
}

test("an attacked room reads its PDUs as often as one that is left alone", { timeout: 120_000 }, async () => {
  const alone = await oldestReading(quiet);
  const attacked = await oldestReading(attack);
  console.log(`oldest reading: alone ${alone} ms, attacked ${attacked} ms of the room`);
  assert.ok(alone > 0);
  assert.ok(attacked <= 2 * alone, "twice the age is a reading that was left out");
  const { cases } = await json("cases?all=1");
  assert.ok(cases.every((c) => !/eve/.test(c.words)));
});

test("markup that was imported is text on the page", { timeout: 60_000 }, async () => {
  const evil = `<img src=x onerror="alert(1)"><script>alert(2)</script>`;
  const rows = [{ row: 2, serial: evil, model: evil, status: evil, notes: evil, asset_tag: evil }];
  const answer = await command({ type: "import_batch", key: "evil", by: evil, text: evil, rows });
  assert.equal(answer.status, 200);
  const page = await RoomPage.open(browser, room.url, { view: "batch" });
  await page.page.getByText(evil).first().waitFor();
  assert.equal(await page.page.locator("main img, main script").count(), 0);
  await page.close(); // no dialog was opened, and nothing was complained of
});
