// The page as its tests see it. Whatever the browser complains of is kept, and `close` fails on what no test claimed.
import assert from "node:assert/strict";
import { require } from "./modules.mjs";

const { chromium } = require("playwright-core");
const axe = require("axe-core");

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
export const patience = 15_000; // ms for any one thing to come true

export const openBrowser = () => chromium.launch({ executablePath, args: ["--no-sandbox"] });

export class RoomPage {
  static async open(browser, url, { scheme = "light", person = "anna", view = "bench", size = { width: 1920, height: 1080 }, init } = {}) {
    const context = await browser.newContext({ viewport: size, colorScheme: scheme });
    if (person) await context.addInitScript((name) => localStorage.setItem("greenroom.person", name), person);
    if (init) await context.addInitScript(init);
    const room = new RoomPage(context, await context.newPage(), url);
    await room.page.goto(`${url}/#${view}`);
    await room.page.locator("main section").first().waitFor();
    return room;
  }

  constructor(context, page, url) {
    this.context = context;
    this.page = page;
    this.url = url;
    this.complaints = [];
    this.strangers = []; // requests that went elsewhere
    page.setDefaultTimeout(patience);
    page.on("console", (m) => ["error", "warning"].includes(m.type()) && this.complaints.push(m.text()));
    page.on("pageerror", (e) => this.complaints.push(e.message));
    page.on("dialog", (d) => (this.complaints.push(`dialog: ${d.message()}`), d.dismiss()));
    page.on("request", (r) => new URL(r.url()).origin !== new URL(url).origin && this.strangers.push(r.url()));
  }

  async close() {
    await this.context.close();
    assert.deepEqual(this.complaints, []);
    assert.deepEqual(this.strangers, []);
  }

  // Complaints that a test brought about, such as of a connection that it cut.
  claim(pattern) {
    this.complaints = this.complaints.filter((text) => !pattern.test(text));
  }

  async show(view) {
    await this.page.getByRole("navigation").getByRole("link", { name: view }).click();
    await this.page.locator(`main .${view.toLowerCase()}-view`).waitFor();
  }

  // As a scanner does: keys without focus, each some milliseconds after the last, and Enter.
  async scan(label) {
    await this.page.keyboard.type(label, { delay: 8 });
    await this.page.keyboard.press("Enter");
  }

  async answered(pattern) {
    await this.page.getByRole("status").filter({ hasText: pattern }).waitFor();
  }

  card(slot) {
    return this.page.locator(".card", { has: this.page.locator(".slot", { hasText: new RegExp(`^${slot}$`) }) });
  }

  // The numbers of the facts on the screen, oldest first.
  async facts() {
    return this.page.locator(".journal li").evaluateAll((items) => items.map((li) => Number(li.dataset.seq)).reverse());
  }

  // What axe-core finds that keeps somebody out.
  async barriers() {
    await this.page.evaluate(axe.source);
    const { violations } = await this.page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    return violations
      .filter((v) => v.impact === "serious" || v.impact === "critical")
      .map((v) => `${v.id}: ${v.nodes.map((n) => `${n.target} ${n.failureSummary}`).slice(0, 3).join(" | ")}`);
  }
}
