// A source file of the page as a module: what is tested is what is bundled.
import { join } from "node:path";
import { require, web } from "./modules.mjs";

const { build } = require("esbuild");

export async function source(name) {
  const built = await build({
    entryPoints: [join(web, "src", name)],
    bundle: true,
    format: "esm",
    write: false,
    logLevel: "error",
    ...(process.env.WEB_MODULES ? { nodePaths: [join(process.env.WEB_MODULES, "node_modules")] } : {}),
  });
  return import(`data:text/javascript;base64,${Buffer.from(built.outputFiles[0].text).toString("base64")}`);
}
