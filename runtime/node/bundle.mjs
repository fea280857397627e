// The modules that workerd loads: the host, Pyodide, and Python files in packs.
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const ROOT = path.resolve(import.meta.dirname, "..", "..");
const HOST = path.join(ROOT, "runtime", "host");
const PYODIDE = path.dirname(createRequire(import.meta.url).resolve("pyodide/package.json"));
const PYTHON_MODULES = path.join(ROOT, "python_modules");
const SKIPPED = /(^|\/)(__pycache__|\.DS_Store)(\/|$)|\.pyi$/;

/** Where the image of a started interpreter and the compiled Python modules are kept. */
export const IMAGE = path.join(ROOT, "build", "image");

/** Return miniflare's module list for a Worker. */
export function workerModules({ main, uploaded, expected }) {
  const libraries = files(PYTHON_MODULES).filter((name) => name.endsWith(".so"));
  return [
    code("entry.mjs", entry(path.basename(main, ".py"), expected, libraries)),
    ...interpreter(),
    ...libraries.map((name, i) => wasm(`library${i}.wasm`, read(PYTHON_MODULES, name))),
    data("modules.pack", read(IMAGE, "modules.pack")),
    data("memory.image", read(IMAGE, "memory.image")),
    data("source.pack", pack(path.dirname(main), (name) => uploaded.some((glob) => path.matchesGlob(name, glob)))),
    ...sdkScripts().map((name) => code(`python_modules/${name}`, read(PYTHON_MODULES, name))),
  ];
}

/** Return the module list of a Worker written in JavaScript, with what it imports from node_modules. */
export async function scriptModules(file) {
  const { build } = await import("esbuild");
  const external = ["cloudflare:*", "node:*"];
  const options = { bundle: true, format: "esm", conditions: ["workerd", "worker"], external, write: false };
  const { outputFiles } = await build({ entryPoints: [file], ...options });
  return [code("script.mjs", outputFiles[0].text)];
}

/** Return the module list of the Worker that makes the image. */
export function imageModules() {
  const main = code("main.mjs", 'export { default } from "./image.mjs";');
  return [main, ...interpreter(), code("image.mjs", read(HOST, "image.mjs")), data("modules.pack", pack(PYTHON_MODULES))];
}

function interpreter() {
  const hosts = files(HOST).filter((name) => name.endsWith(".mjs") && name !== "image.mjs");
  return [
    ...hosts.map((name) => code(name, read(HOST, name))),
    code("pyodide.asm.mjs", read(PYODIDE, "pyodide.asm.mjs")),
    wasm("pyodide.asm.wasm", read(PYODIDE, "pyodide.asm.wasm")),
    data("python_stdlib.zip", read(PYODIDE, "python_stdlib.zip")),
    data("platform.pack", pack(path.join(HOST, "_cloudflare"))),
  ];
}

// The SDK imports its own JavaScript from Python, by these names.
function sdkScripts() {
  return files(PYTHON_MODULES).filter((name) => /^workers\/.*\.m?js$/.test(name));
}

// Durable Object classes must be named exports of the main module, so it is written for each configuration.
function entry(main, expected, libraries) {
  const sizes = libraries.map((name) => fs.statSync(path.join(PYTHON_MODULES, name)).size);
  const names = [...expected.objects, ...expected.entrypoints, "RuntimeProbe"];
  return `
import { startWorker } from "./worker.mjs";
import image from "./memory.image";
import modules from "./modules.pack";
import platform from "./platform.pack";
import source from "./source.pack";
${libraries.map((_, i) => `import library${i} from "./library${i}.wasm";`).join("\n")}
const classes = await startWorker({
  main: ${JSON.stringify(main)},
  expected: ${JSON.stringify(expected)},
  libraries: [${sizes.map((size, i) => `{ size: ${size}, module: library${i} }`).join(", ")}],
  packs: { platform, modules, source },
  image,
});
export default classes.Default;
${names.map((name) => `export const ${name} = classes.${name};`).join("\n")}
`;
}

const code = (name, contents) => ({ type: "ESModule", path: name, contents: String(contents) });
const wasm = (name, contents) => ({ type: "CompiledWasm", path: name, contents });
const data = (name, contents) => ({ type: "Data", path: name, contents });
const read = (...names) => fs.readFileSync(path.join(...names));

function files(folder) {
  const entries = fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const names = entries.map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
  return names.filter((name) => !SKIPPED.test(name)).sort();
}

// The format is the one of host/files.mjs.
function pack(folder, wanted = () => true) {
  const contents = files(folder).filter(wanted).map((name) => [name, read(folder, name)]);
  let end = 0;
  const index = contents.map(([name, bytes]) => [name, (end += bytes.length) - bytes.length, bytes.length]);
  const header = Buffer.from(JSON.stringify(index));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(header.length);
  return Buffer.concat([length, header, ...contents.map(([, bytes]) => bytes)]);
}
