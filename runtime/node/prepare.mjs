// Makes build/image: an interpreter's memory after its start, and python_modules with compiled files.
import fs from "node:fs";
import path from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { IMAGE, imageModules } from "./bundle.mjs";

const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    modules: imageModules(),
    compatibilityDate: "2026-11-01",
    compatibilityFlags: ["nodejs_compat"],
    cf: false,
  }),
);
fs.mkdirSync(IMAGE, { recursive: true });
for (const name of ["memory.image", "modules.pack"]) {
  const response = await miniflare.dispatchFetch(`http://image/${path.parse(name).name}`);
  if (!response.ok) throw new Error(await response.text());
  const draft = path.join(IMAGE, `${name}.draft`);
  fs.writeFileSync(draft, Buffer.from(await response.arrayBuffer()));
  fs.renameSync(draft, path.join(IMAGE, name));
}
await miniflare.dispose();
