// node embed.mjs DIR OUT: writes the page's files, as build.mjs left them in DIR, into OUT as C++ (web_assets.hpp). All but
// index.html are compressed here, once, and served so: the server writes the token into index.html.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const files = [
  { path: "/", name: "index.html", type: "text/html; charset=utf-8" },
  { path: "/app.js", name: "app.js", type: "text/javascript; charset=utf-8" },
  { path: "/app.css", name: "app.css", type: "text/css; charset=utf-8" },
  { path: "/icon.svg", name: "icon.svg", type: "image/svg+xml" },
];

// Three octal digits each: a shorter escape would swallow a digit that follows.
const literal = (bytes) => {
  const lines = [];
  for (let at = 0; at < bytes.length; at += 32) {
    const line = Array.from(bytes.subarray(at, at + 32), (byte) => "\\" + byte.toString(8).padStart(3, "0"));
    lines.push(`    "${line.join("")}"`);
  }
  return lines.join("\n");
};

const [dir, out] = process.argv.slice(2);
const arrays = [];
const rows = [];
for (const [index, { path, name, type }] of files.entries()) {
  const plain = readFileSync(join(dir, name));
  const gzip = path !== "/";
  const bytes = gzip ? gzipSync(plain, { level: 9 }) : plain;
  arrays.push(`constexpr char file_${index}[] =\n${literal(bytes)};`);
  rows.push(`    {"${path}", "${type}", {file_${index}, ${bytes.length}}, ${gzip}},`);
}
writeFileSync(
  out,
  `// Made by controller/web/embed.mjs.
#include "controller/api/web_assets.hpp"

namespace greenroom {
namespace {

${arrays.join("\n")}

constexpr WebAsset files[] = {
${rows.join("\n")}
};

}  // namespace

const WebAsset* web_asset(std::string_view path) {
  for (const WebAsset& each : files) {
    if (each.path == path) return &each;
  }
  return nullptr;
}

}  // namespace greenroom
`,
);
