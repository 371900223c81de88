// Serves the built page and a mock room by the same contract as the service, headers included.
//   node tests/web/mock-server.mjs --assets=DIR [--port=8080] [--slots=33] [--speed=60] [--room=FILE]
// FILE is an answer of GET /api/v1/room; it stands still.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { MockRoom } from "./support/mock_room.mjs";

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const assets = { "/": ["index.html", "text/html; charset=utf-8"], "/app.js": ["app.js", "text/javascript; charset=utf-8"],
  "/app.css": ["app.css", "text/css; charset=utf-8"], "/icon.svg": ["icon.svg", "image/svg+xml"] };
const lists = { places: "slot", circuits: "circuit", pdus: "pdu", batches: "batch", cases: "case" };
const period = 250; // ms: frames come at most four times a second
const longestBody = 1 << 20;

// A recorded answer of GET /api/v1/room as parts.
export function partsOf(room) {
  const parts = new Map();
  for (const [name, value] of Object.entries(room.state)) {
    if (name in lists) for (const element of value) parts.set(`${name}/${element[lists[name]]}`, element);
    else parts.set(name, value);
  }
  return parts;
}

export class MockServer {
  constructor({ assetsDir, room, token = "mock-token", moving = true }) {
    this.assetsDir = assetsDir;
    this.room = room;
    this.token = token;
    this.streams = new Set();
    this.commands = []; // every body that was taken, for tests
    this.moving = moving;
    this.frames = 0; // turns so far, for tests that wait for some
    this.refusing = false; // streams are answered 503, as by a service that is full
    this.mute = 0; // so many commands are done, but their answers get lost
    this.server = createServer((request, response) => this.#answer(request, response));
  }

  async listen(port = 0) {
    await new Promise((done) => this.server.listen(port, "127.0.0.1", done));
    this.port = this.server.address().port;
    this.timer = setInterval(() => this.#turn(), period);
    return `http://127.0.0.1:${this.port}`;
  }

  async close() {
    clearInterval(this.timer);
    this.dropStreams();
    this.server.closeAllConnections?.();
    await new Promise((done) => this.server.close(done));
  }

  // As a service that ends: every open stream is cut in the middle.
  dropStreams() {
    for (const stream of this.streams) stream.response.destroy();
    this.streams.clear();
  }

  // A stream that ends with the service's own words.
  endStreams(words) {
    for (const stream of this.streams) stream.response.end(`event: trouble\ndata: ${JSON.stringify({ error: words })}\n\n`);
  }

  #turn() {
    ++this.frames;
    if (this.moving) this.room.turn();
    for (const stream of this.streams) this.#feed(stream, this.room.changes(stream.before));
  }

  #feed(stream, frame) {
    for (; stream.next <= this.room.seq; ++stream.next) {
      stream.response.write(`id: ${stream.next}\nevent: fact\ndata: ${JSON.stringify(this.room.facts[stream.next - 1])}\n\n`);
    }
    stream.response.write(`event: parts\ndata: ${JSON.stringify(frame)}\n\n`);
  }

  #answer(request, response) {
    const url = new URL(request.url, "http://localhost");
    response.setHeader("Content-Security-Policy", policy);
    response.setHeader("X-Content-Type-Options", "nosniff");
    if (url.pathname in assets) return this.#asset(url.pathname, response);
    if (url.pathname === "/api/v1/events") return this.#stream(request, url, response);
    if (url.pathname === "/api/v1/commands" && request.method === "POST") return this.#command(request, response);
    if (url.pathname === "/api/v1/status") return json(response, 200, { journal: { last_seq: this.room.seq } });
    if (url.pathname === "/api/v1/chores") return json(response, 200, { chores: this.room.parts.get("chores") });
    if (url.pathname === "/api/v1/pdus") return json(response, 200, { pdus: this.#pdus() });
    return json(response, 404, { error: "no such path" });
  }

  #pdus() {
    const all = [...this.room.parts].filter(([key]) => key.startsWith("pdus/")).map(([, value]) => value);
    return all.map((pdu) => ({ ...pdu, reading_age_ms: 3428 }));
  }

  #asset(path, response) {
    const [name, type] = assets[path];
    const text = readFileSync(join(this.assetsDir, name), "utf8").replaceAll("@TOKEN@", this.token);
    response.writeHead(200, { "Content-Type": type, "Cache-Control": "no-store" }).end(text);
  }

  #stream(request, url, response) {
    if (this.refusing) return json(response, 503, { error: "too many clients" });
    const wanted = request.headers["last-event-id"] ?? (url.searchParams.has("from") ? Number(url.searchParams.get("from")) - 1 : null);
    const last = Number(url.searchParams.get("last") ?? 0);
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    const stream = { response, before: new Map(), next: 1 + (wanted === null ? Math.max(0, this.room.seq - last) : Number(wanted)) };
    this.room.changes(stream.before);
    this.#feed(stream, this.room.whole());
    this.streams.add(stream);
    response.on("close", () => this.streams.delete(stream));
  }

  #command(request, response) {
    if (request.headers.authorization !== `Bearer ${this.token}`) return json(response, 401, { error: "the token is wrong" });
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
      if (body.length > longestBody) request.destroy();
    });
    request.on("end", () => {
      const command = JSON.parse(body);
      this.commands.push(command);
      const [status, answer] = this.room.command(command);
      if (this.mute > 0) return void (--this.mute, response.destroy());
      json(response, status, answer);
    });
  }
}

function json(response, status, body) {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { assets: { type: "string", default: "controller/web/dist" },
    port: { type: "string", default: "8080" }, slots: { type: "string", default: "33" }, speed: { type: "string", default: "60" },
    room: { type: "string" } } });
  const room = new MockRoom({ slots: Number(values.slots), speed: Number(values.speed) });
  if (values.room) {
    const recorded = JSON.parse(readFileSync(values.room, "utf8"));
    room.parts = partsOf(recorded);
    room.wall = Date.parse(recorded.state.service.wall);
  }
  const server = new MockServer({ assetsDir: values.assets, room, moving: !values.room });
  console.log(await server.listen(Number(values.port)));
}
