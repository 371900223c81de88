// Real programs for the browser tests: GREENROOM names the one that is tested. What is started here ends with `close`.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { web } from "./modules.mjs";

export const program = process.env.GREENROOM;
export const examples = join(web, "../../config/examples");
const room = join(examples, "returns-room.toml");
const batch = join(examples, "returns.csv");

// Starts `greenroom ...words`, and waits for the line of its stderr that says where the page is, or for `ready`.
async function start(words, ready) {
  const child = spawn(program, words, { stdio: ["ignore", "ignore", "pipe"] });
  const said = [];
  const lines = createInterface({ input: child.stderr });
  const found = new Promise((resolve, reject) => {
    lines.on("line", (line) => {
      said.push(line);
      const match = line.match(ready);
      if (match) resolve(match[1]);
    });
    child.once("exit", (code) => reject(new Error(`${words[0]} ended with ${code}: ${said.join("\n")}`)));
  });
  return { child, found: await found };
}

async function end(child, signal) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const over = once(child, "exit");
  child.kill(signal);
  await over;
}

const address = /(http:\/\/127\.0\.0\.1:\d+)\//;

// A demo, whose world runs in the same process.
export async function demo(...words) {
  const { child, found } = await start(["demo", "--room", room, "--batch", batch, "--port", "0", ...words], address);
  return { url: found, close: () => end(child, "SIGKILL") };
}

// A service whose world runs in another process, with a crew that works; `restart` kills it and starts it anew.
export async function service(speed) {
  const folder = await mkdtemp(join(tmpdir(), "greenroom-page-"));
  const data = join(folder, "data");
  const socket = join(folder, "world.sock");
  const world = await start(
    ["model", "--room", room, "--batch", batch, "--socket", socket, "--speed", `${speed}`, "--crew", data],
    /(.)/,
  );
  const serve = (port) =>
    start(["serve", "--room", room, "--data", data, "--model", socket, "--speed", `${speed}`, "--port", `${port}`], address);
  let running = await serve(0);
  const url = running.found;
  return {
    url,
    data,
    kill: () => end(running.child, "SIGKILL"),
    start: async () => (running = await serve(new URL(url).port)),
    close: async () => {
      await end(running.child, "SIGTERM");
      await end(world.child, "SIGKILL");
      await rm(folder, { recursive: true });
    },
  };
}
