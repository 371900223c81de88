// The page in a real browser, against the mock or against a running service (GREENROOM_URL).
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openBrowser, RoomPage } from "./support/room_page.mjs";
import { realUrl, service } from "./support/service.mjs";

let browser, room;
before(async () => {
  [browser, room] = await Promise.all([openBrowser(), service()]);
});
after(async () => {
  await browser.close();
  await room.close();
});

for (const scheme of ["light", "dark"]) {
  for (const view of ["bench", "power", "batch"]) {
    test(`the ${view} view keeps nobody out, ${scheme}`, async () => {
      const page = await RoomPage.open(browser, room.url, { scheme, view });
      assert.deepEqual(await page.barriers(), []);
      await page.close();
    });
  }

  test(`a slot's dialog and a question keep nobody out, ${scheme}`, async () => {
    const page = await RoomPage.open(browser, room.url, { scheme });
    await page.page.locator(".card").first().click();
    await page.page.getByRole("dialog").waitFor();
    assert.deepEqual(await page.barriers(), []);
    await page.page.getByRole("button", { name: /^Lock out outlet/ }).click();
    await page.page.getByRole("button", { name: "Lock it out" }).waitFor();
    assert.deepEqual(await page.barriers(), []);
    await page.close();
  });
}

test("a barrier is found where there is one", async () => {
  const page = await RoomPage.open(browser, room.url);
  await page.page.evaluate(() => document.querySelector("main").append(document.createElement("button")));
  assert.match((await page.barriers()).join(), /button-name/);
  await page.close();
});

test("on a narrow screen nothing runs over the edge, and nobody is kept out", async () => {
  for (const view of ["bench", "power", "batch"]) {
    const page = await RoomPage.open(browser, room.url, { view, size: { width: 390, height: 844 } });
    assert.equal(await page.page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0, view);
    assert.deepEqual(await page.barriers(), []);
    await page.close();
  }
});

test("every control that may not be pressed says why", async () => {
  const page = await RoomPage.open(browser, room.url, { person: "" });
  for (const view of ["Bench", "Power", "Batch"]) {
    await page.show(view);
    const silent = await page.page.locator("[aria-disabled=true], :disabled").evaluateAll((controls) =>
      controls.filter((c) => !document.getElementById(c.getAttribute("aria-describedby"))?.textContent.trim()).map((c) => c.outerHTML));
    assert.deepEqual(silent, []);
  }
  await page.show("Power");
  await page.page.getByRole("button", { name: /^Lock out/ }).first().click({ force: true });
  await page.answered(/Enter your name first/);
  await page.scan("1-01");
  await page.answered(/by whom/);
  await page.close();
});

test("every target is at least 44 pixels high and wide", async () => {
  const page = await RoomPage.open(browser, room.url);
  for (const view of ["Bench", "Power", "Batch"]) {
    await page.show(view);
    const small = await page.page.locator("button, a[href]:not(.skip), input").evaluateAll((all) =>
      all.map((c) => [c.getBoundingClientRect(), c.outerHTML.slice(0, 80)]).filter(([r]) => r.width < 44 || r.height < 44).map(([, html]) => html));
    assert.deepEqual(small, []);
  }
  await page.close();
});

test("a slot opens and closes by keyboard, and the focus comes back", async () => {
  const page = await RoomPage.open(browser, room.url);
  await page.page.keyboard.press("Tab");
  await page.page.keyboard.press("Enter"); // the skip link
  await page.page.locator(".card").nth(1).focus();
  await page.page.keyboard.press("Enter");
  await page.page.getByRole("dialog").waitFor();
  await page.page.keyboard.press("Escape");
  await page.page.getByRole("dialog").waitFor({ state: "detached" });
  assert.ok(await page.page.locator(".card").nth(1).evaluate((card) => card === document.activeElement));
  await page.close();
});

test("a Mac is seated by two scans, with the keyboard alone and no field in focus", async () => {
  const page = await RoomPage.open(browser, room.url);
  const { chores } = await page.page.evaluate(async () => (await fetch("/api/v1/chores")).json());
  const seat = chores.find((c) => c.kind === "seat");
  assert.ok(seat, "the room has a Mac to seat");
  await page.scan(seat.serial);
  await page.answered(/now scan its slot/);
  await page.scan(seat.slot);
  await page.answered(new RegExp(`${seat.serial} is in ${seat.slot}`));
  await page.card(seat.slot).filter({ hasNotText: "Free" }).waitFor();
  await page.close();
});

test("a scan does not press the button that has the focus", async () => {
  const page = await RoomPage.open(browser, room.url);
  await page.page.locator(".card").first().focus();
  await page.scan("HELP");
  await page.answered(/NEXT ticks/);
  assert.equal(await page.page.getByRole("dialog").count(), 0);
  await page.close();
});

if (!realUrl) {
  test("where keys are asked for, the Mac's DFU port is drawn beside the instruction, and in the slot's dialog", async () => {
    const page = await RoomPage.open(browser, room.url);
    const drawn = { name: "Left side: the USB-C port nearest to the hinge" };
    const keys = page.page.locator(".chore", { hasText: "nearest to the hinge" });
    await keys.getByRole("img", drawn).waitFor();
    assert.equal(await page.page.locator(".dfu-picture").count(), 1); // no other chore asks for keys
    await keys.getByRole("button", { name: "1-03" }).click();
    await page.page.getByRole("dialog").getByRole("img", drawn).waitFor();
    assert.deepEqual(await page.barriers(), []);
    await page.close();
  });
}

test("what is typed in a field stays in it", async () => {
  const page = await RoomPage.open(browser, room.url, { person: "" });
  const name = page.page.getByLabel("Your name");
  await name.focus();
  await page.page.keyboard.type("ben", { delay: 8 });
  assert.equal(await name.inputValue(), "ben");
  assert.equal(await page.page.getByLabel(/^Scan at any time/).inputValue(), "");
  await page.page.reload();
  assert.equal(await name.inputValue(), "ben");
  await page.close();
});

test("what is typed without focus is seen, and Escape clears it", async () => {
  const page = await RoomPage.open(browser, room.url);
  const field = page.page.getByLabel(/^Scan at any time/);
  await page.page.keyboard.type("1-0", { delay: 100 });
  assert.equal(await field.inputValue(), "1-0");
  await page.page.keyboard.press("Escape");
  assert.equal(await field.inputValue(), "");
  await page.close();
});

test("the first view is there within a second", async () => {
  const page = await RoomPage.open(browser, room.url);
  await page.page.reload();
  await page.page.locator(".card").first().waitFor();
  const ms = await page.page.evaluate(() => performance.getEntriesByName("room shown")[0].startTime);
  console.log(`first view after ${Math.round(ms)} ms`);
  assert.ok(ms < 1_000, `${ms} ms`);
  await page.close();
});
