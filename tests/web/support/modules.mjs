// The packages of the page serve its tests too. WEB_MODULES names another folder with a node_modules, where the page is built
// outside of the tree.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const web = join(dirname(fileURLToPath(import.meta.url)), "../../../controller/web");
export const require = createRequire(join(process.env.WEB_MODULES ?? web, "package.json"));
