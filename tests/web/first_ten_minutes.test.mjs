// What docs/first-ten-minutes.md claims: a test's name stands in the document, word for word, and holds.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { web } from "./support/modules.mjs";
import { examples, program } from "./support/real_room.mjs";
import { openBrowser, RoomPage } from "./support/room_page.mjs";

assert.ok(program, "GREENROOM must name the program");
const told = (await readFile(join(web, "../../docs/first-ten-minutes.md"), "utf8")).replace(/\s+/g, " ");
const claim = (sentence, check) =>
  test(sentence, { timeout: 60_000 }, async () => {
    assert.ok(told.includes(sentence), "the document does not say so any more");
    await check();
  });

// A demo as it is called there; `line(n)` is what it says n-th on the terminal.
function demo(...words) {
  const child = spawn(program, ["demo", "--room", join(examples, "returns-room.toml"), "--batch", join(examples, "returns.csv"), ...words], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines = [];
  const terminal = createInterface({ input: child.stderr });
  terminal.on("line", (line) => lines.push(line));
  const over = once(child, "exit");
  const line = async (n) => {
    while (lines.length <= n) await Promise.race([once(terminal, "line"), over.then(() => assert.fail(lines.join("\n")))]);
    return lines[n];
  };
  return { child, line, over, end: async () => (child.kill("SIGINT"), over) };
}

const address = /^greenroom demo: the room is at (http:\/\/127\.0\.0\.1:(\d+)\/)$/;
const json = async (url) => (await fetch(url)).json();

// One demo for all that only looks.
let room, url, browser;
before(async () => {
  room = demo("--port", "0");
  url = (await room.line(0)).match(address)[1];
  browser = await openBrowser();
});
after(async () => {
  await browser.close();
  await room.end();
});

claim("the first line of the demo is the address of its page", async () => {
  assert.match(await room.line(0), address);
  assert.match(await (await fetch(url)).text(), /<title>Greenroom<\/title>/);
});

claim("When another program has that port, the demo takes a free one and says so in the same line.", async () => {
  const other = createServer();
  const taken = new Promise((done) => other.once("listening", done).once("error", done)); // by us, or by somebody before
  other.listen(8017, "127.0.0.1");
  await taken;
  const second = demo();
  assert.notEqual((await second.line(0)).match(address)[2], "8017");
  await second.end();
  other.close();
});

claim("The room runs at 60 times real time", async () => {
  const wall = async () => [Date.parse((await json(`${url}api/v1/status`)).service.wall), performance.now()];
  const [first, began] = await wall();
  let [last, now] = [first, began];
  while (now - began < 3000) [last, now] = await wall();
  const speed = (last - first) / (now - began);
  assert.ok(speed > 50 && speed < 70, `${speed}`);
});

claim("A line on the terminal tells how many Macs are packed, in cases and at work, and what the busiest breaker carries.", async () => {
  assert.match(await room.line(1), /packed \d+, in cases \d+, working \d+ of 48 {2}branch \d+\.\d A/);
});

claim("no request leaves your machine", async () => {
  const page = await RoomPage.open(browser, url.slice(0, -1));
  for (const view of ["Power", "Batch", "Bench"]) await page.show(view);
  assert.deepEqual(page.strangers, []);
  await page.close();
});

claim("The first Macs sit on the charge shelf within the room's first ten minutes.", async () => {
  for (;;) {
    const { service, places } = (await json(`${url}api/v1/room`)).state;
    if (places.some((p) => p.kind === "shelf" && p.visit !== null)) break;
    assert.ok(Date.parse(service.wall) - Date.parse(service.started) < 600_000);
  }
});

claim("Most places wait for the same thing before long, room on the circuit `branch`", async () => {
  const fast = demo("--port", "0", "--speed", "600");
  const there = (await fast.line(0)).match(address)[1];
  for (;;) {
    const { slots } = await json(`${there}api/v1/slots`);
    const waits = slots.filter((s) => s.waits_for?.kind === "circuit");
    if (waits.length < 8) continue; // of the 24 on the shelf
    assert.ok(waits.every((s) => s.waits_for.name === "branch"));
    break;
  }
  await fast.end();
});

claim("What nobody measures is called unknown, and never drawn as zero.", async () => {
  const page = await RoomPage.open(browser, url.slice(0, -1), { view: "power" });
  const branch = page.page.locator(".circuit", { hasText: "branch" }).first();
  assert.equal(await branch.locator("dd").first().textContent(), "unknown");
  await page.close();
});

claim("The room binds the two when the second scan comes within 30 seconds", async () => {
  const slow = demo("--port", "0", "--speed", "5");
  const there = (await slow.line(0)).match(address)[1];
  const token = (await (await fetch(there)).text()).match(/greenroom-token" content="(\w+)"/)[1];
  const scan = async (label, key) => {
    const body = JSON.stringify({ type: "scan", key, by: "carla", label });
    const headers = { "Content-Type": "application/json", Authorization: `Bearer ${token}` };
    return (await fetch(`${there}api/v1/commands`, { method: "POST", body, headers })).json();
  };
  let seat; // the last of the list: the crew begins with the first
  while (!(seat = (await json(`${there}api/v1/chores`)).chores.filter((c) => c.kind === "seat").at(-1)));
  const free = (await json(`${there}api/v1/slots`)).slots.filter((s) => s.kind === "shelf" && s.state === "free").at(-1).slot;
  assert.equal((await scan(seat.serial, "1")).accepted, true);
  assert.equal((await scan(free, "2")).accepted, true);
  assert.equal((await json(`${there}api/v1/slots/${free}`)).visit.serial, seat.serial);
  await slow.end();
});

claim("what happened, and what changes, as it happens", async () => {
  const stream = await fetch(`${url}api/v1/events?last=5`);
  let got = "";
  for await (const text of stream.body.pipeThrough(new TextDecoderStream())) {
    got += text;
    if (got.includes('data: {"whole":false')) break;
  }
  assert.ok(got.split("event: fact").length > 5);
});

claim("Four rows are cases from the start, each with an owner and what to do next", async () => {
  const { facts } = await json(`${url}api/v1/facts?from=1&limit=100`);
  const opened = facts.filter((f) => f.type === "case_opened" && f.cause === facts.find((g) => g.type === "batch_opened").cause);
  assert.equal(opened.length, 4);
  const { cases } = await json(`${url}api/v1/cases?all=1`);
  for (const each of cases.slice(0, 4)) assert.ok(each.owner && each.next);
});

claim("Until then every button says why it cannot act.", async () => {
  const page = await RoomPage.open(browser, url.slice(0, -1), { person: null });
  const buttons = page.page.locator('main [aria-disabled="true"], aside [aria-disabled="true"]');
  await buttons.first().waitFor();
  for (const id of await buttons.evaluateAll((all) => all.map((b) => b.getAttribute("aria-describedby")))) {
    assert.ok(id, "a reason");
    assert.match(await page.page.locator(`[id="${id.split(" ")[0]}"]`).textContent(), /name/i);
  }
  await page.close();
});

claim("A command without the room's token is refused", async () => {
  const body = JSON.stringify({ type: "scan", key: "k", by: "eve", label: "1-01" });
  const answer = await fetch(`${url}api/v1/commands`, { method: "POST", body, headers: { "Content-Type": "application/json" } });
  assert.equal(answer.status, 401);
});

claim("as the page knows it", async () => {
  assert.equal((await json(`${url}api/v1/slots/1-01`)).slot, "1-01");
});

claim("`./run demo --until-done --speed max` works through the whole batch in about a second, opens no page, and prints what came of it.", async () => {
  const fast = demo("--until-done", "--speed", "max");
  let printed = "";
  fast.child.stdout.on("data", (text) => (printed += text));
  const said = [];
  createInterface({ input: fast.child.stderr }).on("line", (line) => said.push(line));
  const [code] = await fast.over;
  assert.equal(code, 0);
  assert.equal(JSON.parse(printed).packed, 44);
  assert.ok(said.every((line) => !address.test(line)));
});
