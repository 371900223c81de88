// What the browser tests talk to: a running service when GREENROOM_URL names one, else the mock with the page built anew
// (or as it lies in WEB_DIST).
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { MockServer } from "../mock-server.mjs";
import { MockRoom } from "./mock_room.mjs";
import { web } from "./modules.mjs";

export const realUrl = process.env.GREENROOM_URL;

async function built() {
  if (process.env.WEB_DIST) return { dir: process.env.WEB_DIST, remove: async () => {} };
  const dir = await mkdtemp(join(tmpdir(), "greenroom-web-"));
  await promisify(execFile)(process.execPath, [join(web, "build.mjs"), `--outdir=${dir}`]);
  return { dir, remove: () => rm(dir, { recursive: true }) };
}

export async function mock(options = {}) {
  const page = await built();
  const server = new MockServer({ assetsDir: page.dir, room: new MockRoom(options), ...options });
  const url = await server.listen();
  return { url, server, room: server.room, close: async () => (await server.close(), await page.remove()) };
}

export async function service() {
  return realUrl ? { url: realUrl, close: async () => {} } : mock();
}
