// A small moving room in the shape of GET /api/v1/room, for developing the page and for its tests. It judges nothing: its
// Macs walk through their steps by a fixed pattern, so that every state is on the screen at any time.

const recipe = ["seat", "identify", "clear", "charge_gate", "dfu", "restore", "first_boot", "enroll", "configure", "charge",
  "checklist", "label", "move", "pack"];
const steps = { restore: recipe, shelf: ["move", "charge", "checklist", "label", "pack"], pack_table: ["pack"] };
const waits = { restore: "the restore engine", dfu: "the Mac to enter DFU", charge: "the battery to reach 80 %",
  enroll: "the MDM to report this Mac", configure: "the MDM to report this Mac", label: "the label to be printed" };
const begun = Date.parse("2026-01-05T08:00:00Z");

const iso = (ms) => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
const keys = (place) => `The data cable belongs in the USB-C port on its left side, nearest to the hinge; if it does not show, try another. \
Switch off ${place.visit.serial} in slot ${place.slot}: hold its power button for up to 10 s.`;
const pad = (n) => String(n).padStart(2, "0");

export class MockRoom {
  constructor({ slots = 33, speed = 60, seed = 1, name = "Returns" } = {}) {
    this.speed = speed;
    this.random = seed;
    this.wall = begun;
    this.facts = [];
    this.visits = 0;
    this.answers = new Map(); // by key, as the room keeps them
    this.offered = null;
    this.parts = new Map([["room", name], ["service", { program: "greenroom mock", speed }], ["alarms", []], ["to_do", []],
      ["protected", []]]);
    this.#addCircuits();
    this.#addPlaces(slots);
    this.#addPeople();
    for (let i = 0; i < 30; ++i) this.note("step_changed", { slot: "1-01", visit: 1, kind: "restore", state: "running", what: "" });
    this.#sum();
  }

  get seq() {
    return this.facts.length;
  }

  note(type, body, by = "greenroom") {
    this.facts.push({ seq: this.seq + 1, type, by, cause: 0, version: 1, at_us: (this.wall - begun) * 1000,
      wall_us: this.wall * 1000, body });
  }

  // One turn of a quarter of a second: a tenth of the slots move, readings change.
  turn() {
    this.wall += 250 * this.speed;
    const places = [...this.parts.keys()].filter((key) => key.startsWith("places/"));
    for (const key of places) if (this.#chance(10)) this.#move(key);
    for (const key of this.parts.keys()) if (key.startsWith("circuits/")) this.#load(key);
    if (this.#chance(3)) this.note("outlet_sensed", { outlet: "left:3", state: "on" });
    this.#sum();
  }

  whole() {
    return { whole: true, seq: this.seq, wall: iso(this.wall), speed: this.speed, set: Object.fromEntries(this.parts), gone: [] };
  }

  // What is another than in `before`, a Map of texts by key that is brought up to date.
  changes(before) {
    const set = {};
    for (const [key, value] of this.parts) {
      const text = JSON.stringify(value);
      if (before.get(key) === text) continue;
      before.set(key, text);
      set[key] = value;
    }
    const gone = [...before.keys()].filter((key) => !this.parts.has(key));
    for (const key of gone) before.delete(key);
    return { whole: false, seq: this.seq, wall: iso(this.wall), speed: this.speed, set, gone };
  }

  // Answers as the room does: [status, body]. The same key gives the same answer and does nothing twice.
  command(c) {
    if (!c.key || !c.by) return [400, { error: `"${c.key ? "by" : "key"}" is missing` }];
    if (this.answers.has(c.key)) return this.answers.get(c.key);
    const [accepted, words] = this.#decide(c);
    if (accepted) this.note("command_taken", { command: c.type, label: c.label ?? "", key: c.key }, c.by);
    this.#sum();
    const answer = [accepted ? 200 : 409, { accepted, words, seq: this.seq, key: c.key }];
    this.answers.set(c.key, answer);
    return answer;
  }

  #decide(c) {
    switch (c.type) {
      case "scan": return this.#scan(c.label);
      case "step_done": return this.#tick(c.number);
      case "step_failed": return this.#hold(c);
      case "close_case": return this.#close(c.number);
      case "lock_out": return this.#lock(c.label, true);
      case "clear_lock": return this.#lock(c.label, false);
      default: return [true, `${c.type} ${c.label ?? ""}: done`];
    }
  }

  #scan(label) {
    const place = this.parts.get(`places/${label}`);
    if (!place) {
      this.offered = label;
      return [true, `${label}: now scan its slot`];
    }
    if (this.offered === null) return [true, `slot ${label}: now scan the Mac`];
    const serial = this.offered;
    this.offered = null;
    if (place.visit !== null) return [false, `Slot ${label} holds ${place.visit.serial}: scan a free one.`];
    this.#enter(place, 1, serial);
    this.note("seating_began", { slot: label, visit: place.visit.visit, serial });
    this.#chores((list) => list.filter((chore) => chore.serial !== serial));
    return [true, `${serial} is in ${label}`];
  }

  #tick(number) {
    const place = this.#placeOf(number);
    if (!place) return [false, `No open visit has the number ${number}.`];
    this.#chores((list) => list.filter((chore) => chore.visit !== number));
    this.#enter(place, place.visit.step_number, place.visit.serial);
    return [true, `ticked for ${place.visit.serial}`];
  }

  #hold(c) {
    const place = this.#placeOf(c.number);
    if (!place) return [true, `${c.serial} is in a case`];
    this.#chores((list) => list.filter((chore) => chore.visit !== c.number));
    this.openCase({ serial: place.visit.serial, slot: place.slot, words: c.text, next: "Look at it.", owner: "technician" });
    this.#put(place, { state: "held", waits_for: { kind: "person", name: "technician", words: `technician: ${c.text}` } });
    return [true, `${place.visit.serial} is held`];
  }

  #close(number) {
    const key = `cases/${number}`;
    const found = this.parts.get(key);
    if (!found) return [false, `No open case has the number ${number}.`];
    this.parts.delete(key);
    this.#chores((list) => list.filter((chore) => chore.case !== number));
    return [true, `case ${number} is closed`];
  }

  #lock(label, on) {
    const circuit = this.parts.get(`circuits/${label}`);
    if (circuit) this.parts.set(`circuits/${label}`, { ...circuit, state: on ? "locked_out" : "in_use" });
    this.parts.set("to_do", this.parts.get("to_do").filter((job) => job.about !== label));
    if (on) {
      this.parts.set("to_do", [...this.parts.get("to_do"),
        { kind: "locked_out", about: label, words: `${label} is locked out`, command: `clear_lock ${label}` }]);
    }
    return [true, `${on ? "lock_out" : "clear_lock"} ${label}: done`];
  }

  openCase({ serial = null, slot = null, about = serial, words, next, owner }) {
    const number = 1 + Math.max(0, ...[...this.parts.keys()].filter((k) => k.startsWith("cases/")).map((k) => Number(k.slice(6))));
    this.parts.set(`cases/${number}`, { case: number, open: true, about, reason: "step_failed", serial, slot, words, next, owner,
      opened: iso(this.wall - 40 * 60_000), deadline: iso(this.wall + 7 * 3_600_000) });
    this.#chores((list) => [...list, { visit: null, serial, slot, owner, kind: "case", case: number, to: null, words: `${words} ${next}` }]);
    return number;
  }

  #chores(change) {
    this.parts.set("chores", change(this.parts.get("chores")));
  }

  #chance(percent) {
    this.random = (this.random * 1103515245 + 12345) % 2147483648;
    return this.random % 100 < percent;
  }

  #put(place, change) {
    Object.assign(place, change, { since: iso(this.wall) });
    this.parts.set(`places/${place.slot}`, { ...place });
  }

  #placeOf(visit) {
    for (const [key, value] of this.parts) {
      if (key.startsWith("places/") && value.visit?.visit === visit) return value;
    }
    return null;
  }

  #enter(place, step, serial) {
    const number = place.visit?.visit ?? ++this.visits;
    const walk = steps[place.kind];
    const at = step % walk.length;
    const name = walk[at];
    place.visit = { visit: number, serial, model: "MacBook Air (M1, 2020)", batch: "returns-mock", recipe: "full-apple-silicon",
      step: name, step_number: at + 1, steps: walk.length, dfu_port: "left_back", attempt: 1, bound_by: "anna",
      charge_percent: number % 6 === 3 ? null : 40 + (number * 7 + at * 5) % 60, erased: place.kind !== "restore" || at > 5,
      engine: name === "restore" ? { effect: number, gate: "open", stage: "Sending filesystem", percent: 3 } : null };
    if (place.outlet) place.outlet = { ...place.outlet, state: "on", protected: name === "restore" || name === "dfu" };
    this.#put(place, { state: "running", owner: "greenroom", deadline: iso(this.wall + 3_600_000),
      waits_for: { kind: "tool", name, words: waits[name] ?? `${name.replace("_", " ")} to end` } });
  }

  #move(key) {
    const place = this.parts.get(key);
    if (place.visit === null || place.state === "held" || place.state === "hands") return;
    const engine = place.visit.engine;
    if (engine !== null && engine.percent < 97) {
      place.visit = { ...place.visit, engine: { ...engine, percent: engine.percent + 3 } };
      this.parts.set(key, { ...place });
      return;
    }
    this.#enter(place, place.visit.step_number, place.visit.serial);
    this.note("step_changed", { slot: place.slot, visit: place.visit.visit, kind: place.visit.step, state: place.state, what: "" });
  }

  #load(key) {
    const c = this.parts.get(key);
    const jitter = (this.#chance(50) ? 1 : -1) * 0.05;
    const moved = (value) => (value === null ? null : Math.round((value + jitter) * 1000) / 1000);
    this.parts.set(key, { ...c, reading_A: moved(c.reading_A), soft_sum_A: moved(c.soft_sum_A), hard_sum_A: moved(c.hard_sum_A) });
  }

  #sum() {
    const count = (state) => [...this.parts].filter(([k, v]) => k.startsWith("places/") && v.state === state).length;
    const cases = [...this.parts.keys()].filter((k) => k.startsWith("cases/")).length;
    this.parts.set("journal", { last_seq: this.seq, writes: true, trouble: null });
    this.parts.set("slots", { free: count("free"), running: count("running"), hands: count("hands"), held: count("held") });
    this.parts.set("open_cases", cases);
    this.parts.set("batches/returns-mock", { batch: "returns-mock", due: "2026-01-05T16:00:00Z", macs: 48, packed: 12,
      in_cases: cases, working: 20, expected: 16 - cases });
  }

  #addCircuits() {
    const add = (circuit, kind, parent, hard, numbers, meter) =>
      this.parts.set(`circuits/${circuit}`, { circuit, kind, parent, band: "normal", state: "in_use", reading_A: numbers[0],
        present_A: numbers[1], reserve_A: numbers[2], hard_sum_A: numbers[3], hard_limit_A: hard, soft_sum_A: numbers[4],
        mean_10_min_A: numbers[5], continuous_limit_A: kind === "breaker" ? hard * 0.8 : hard, protected_A: 1.5,
        unknown_load: numbers[1] === null, lowered_to_A: null, foreign_reserve_A: 0, meter, outlets_on: 13, outlets_off: 27,
        outlets_unknown: numbers[0] === null ? 2 : 0, outlets_protected: 1, outlets_waiting_for_it: parent === null ? 5 : 0 });
    add("branch", "breaker", null, 20, [null, 13.579, 3.726, 17.305, 12.846, 12.116], null);
    add("left", "pdu_input", "branch", 16, [6.7, 7.8, 1.041, 8.841, 7.1, 6.9], "left:A");
    add("right", "pdu_input", "branch", 16, [5.1, 5.7, 1.038, 6.738, 5.2, 5.3], "right:A");
    add("right/A", "bank", "right", 8, [4.1, 4.7, 1.008, 5.708, 4.2, 4.1], "right:A");
    add("right/B", "bank", "right", 8, [null, null, null, null, null, null], "right:B");
    for (const pdu of ["left", "right"]) {
      this.parts.set(`pdus/${pdu}`, { pdu, dialect: "baytech-mmp", line: `model:${pdu}`, circuit: "branch", model: "Baytech MMP",
        identity: "Baytech MMP, 24 outlets", identity_proven: true, answers: true, line_state: "answers", read_only: false,
        locked_out: false, switched_on_by_others: [], switched_off_by_others: [], outlets_on: 8, outlets_off: 12,
        outlets_unknown: 0 });
    }
  }

  #addPlaces(slots) {
    const restore = Math.max(8, Math.floor(slots / 4));
    for (let i = 0; i < slots; ++i) {
      const last = i === slots - 1;
      const kind = last ? "pack_table" : i < restore ? "restore" : "shelf";
      const slot = last ? "P-01" : i < restore ? `${1 + Math.floor(i / 8)}-${pad(1 + (i % 8))}` : `S${1 + Math.floor((i - restore) / 12)}-${pad(1 + ((i - restore) % 12))}`;
      const place = { slot, bench: i < slots / 2 || slots < 100 ? "bench 1" : "bench 2", kind, state: "free", waits_for: null,
        owner: null, since: null, deadline: null, visit: null, port: null,
        outlet: last ? null : { outlet: `left:${i + 1}`, circuit: "left", state: "off", current_A: 0, power_W: 0, nameplate_A: 1.485,
          protected: false, map_proven: true, locked_out_by: [], waits_for: null } };
      this.parts.set(`places/${slot}`, place);
      if (!last && i % 8 !== 7) this.#fill(place, i);
    }
  }

  // Each state stands somewhere, so that each sign is seen.
  #fill(place, i) {
    this.#enter(place, place.kind === "restore" ? 1 + (i % (recipe.length - 1)) : 1, `C02MOCK${pad(i)}`);
    if (i === 2) {
      this.#enter(place, recipe.indexOf("dfu"), place.visit.serial);
      this.#put(place, { state: "hands", owner: "technician", waits_for: { kind: "person", name: "technician",
        words: `technician: ${keys(place)}` } });
    }
    if (i === 3) this.#put(place, { state: "held", owner: "security", waits_for: { kind: "person", name: "security",
      words: "security: C02MOCK03 is locked by Activation Lock. Turn it off, or put the Mac aside." } });
    if (i === 4) this.#put(place, { state: "stranger", visit: null, owner: "technician", waits_for: { kind: "person",
      name: "technician", words: "technician: a Mac that nobody scanned is plugged in here; scan it and slot 1-05" } });
    if (i === 5) this.#put(place, { state: "hands", owner: "technician", waits_for: { kind: "person", name: "technician",
      words: "technician: Start the Mac with Option-Command-R and install macOS over the wired network." } });
    if (i === 6) this.#put(place, { state: "done", owner: "technician", waits_for: null });
    if (i % 5 === 4 && i > 8) {
      const waits_for = { kind: "circuit", name: "branch", words: "room on circuit branch" };
      place.outlet = { ...place.outlet, state: "off", waits_for };
      this.#put(place, { state: "waiting", owner: "greenroom", waits_for });
    }
  }

  #addPeople() {
    const look = this.parts.get("places/1-06").visit;
    const dfu = this.parts.get("places/1-03");
    this.parts.set("chores", [
      { visit: look.visit, serial: look.serial, slot: "1-06", owner: "technician", kind: "look", case: null, to: null,
        words: "Start the Mac with Option-Command-R and install macOS over the wired network." },
      { visit: null, serial: "C02MOCKNEW1", slot: "1-08", owner: "technician", kind: "seat", case: null, to: "restore",
        words: "Take C02MOCKNEW1 from the trolley, scan it, scan slot 1-08, plug it in." },
      { visit: dfu.visit.visit, serial: dfu.visit.serial, slot: "1-03", owner: "technician", kind: "keys", case: null, to: null,
        words: keys(dfu) },
    ]);
    this.openCase({ serial: "C02MOCK03", slot: "1-04", words: "C02MOCK03 is locked by Activation Lock.",
      next: "Turn it off, or put the Mac aside.", owner: "security" });
    this.openCase({ about: "returns-mock row 19", words: "C02GRGV0CCWG: no recipe for the model \"MacBook Pro\" (A1502).",
      next: "Correct the model, or put the Mac aside.", owner: "batch_lead" });
    this.openCase({ about: "returns-mock row 26", words: "GR6Q7F38D4 has the status \"Legal Hold\": it is not approved for erasure.",
      next: "Approve it in the asset list and import it again, or return it.", owner: "batch_lead" });
  }
}
