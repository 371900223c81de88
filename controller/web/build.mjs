// Builds the page: `npm run build -- --outdir=DIR` leaves index.html, app.js, app.css and icon.svg in DIR, minified, and
// prints what they weigh compressed, as they are served. DIR is relative to where npm was called.
import { build } from "esbuild";
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";

const source = join(dirname(fileURLToPath(import.meta.url)), "src");
const heaviest = 100 * 1000; // bytes, compressed: the page shall open at once on any bench

const { values } = parseArgs({ options: { outdir: { type: "string", default: "dist" } } });
const outdir = resolve(process.env.INIT_CWD ?? process.cwd(), values.outdir);

await mkdir(outdir, { recursive: true });
await build({
  entryPoints: { app: join(source, "main.tsx") },
  outdir,
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2021"],
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  logLevel: "warning",
});
await Promise.all(["index.html", "icon.svg"].map((name) => copyFile(join(source, name), join(outdir, name))));

let total = 0;
for (const name of ["index.html", "app.js", "app.css", "icon.svg"]) {
  const size = gzipSync(await readFile(join(outdir, name)), { level: 9 }).length;
  total += size;
  console.log(`${name.padEnd(12)} ${(size / 1000).toFixed(1).padStart(6)} kB compressed`);
}
console.log(`${"together".padEnd(12)} ${(total / 1000).toFixed(1).padStart(6)} kB of at most ${heaviest / 1000} kB`);
if (total > heaviest) process.exit(1);
