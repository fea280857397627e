// The modules that workerd loads: the host, Pyodide, and the Worker's files in packs.
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const ROOT = path.resolve(import.meta.dirname, "..", "..");
const HOST = path.join(ROOT, "runtime", "host");
const PYODIDE = path.dirname(createRequire(import.meta.url).resolve("pyodide/package.json"));
const PYTHON_MODULES = path.join(ROOT, "python_modules");
const SKIPPED = /(^|\/)(__pycache__|\.DS_Store)(\/|$)|\.(pyi|so\.map)$/;

/** Return miniflare's module list for the Worker whose main module is `main`. */
export function bundle({ main, classNames }) {
  const libraries = files(PYTHON_MODULES).filter((name) => name.endsWith(".so"));
  return [
    code("entry.mjs", entry(path.basename(main, ".py"), classNames, libraries)),
    ...files(HOST).filter((name) => name.endsWith(".mjs")).map((name) => code(name, read(HOST, name))),
    code("pyodide.asm.mjs", read(PYODIDE, "pyodide.asm.mjs")),
    { type: "CompiledWasm", path: "pyodide.asm.wasm", contents: read(PYODIDE, "pyodide.asm.wasm") },
    ...libraries.map((name, i) => ({ type: "CompiledWasm", path: `library${i}.wasm`, contents: read(PYTHON_MODULES, name) })),
    data("python_stdlib.zip", read(PYODIDE, "python_stdlib.zip")),
    data("platform.pack", pack(path.join(HOST, "_cloudflare"))),
    data("modules.pack", pack(PYTHON_MODULES)),
    data("source.pack", pack(path.dirname(main))),
  ];
}

function entry(main, classNames, libraries) {
  const sizes = libraries.map((name) => fs.statSync(path.join(PYTHON_MODULES, name)).size);
  return `
import { startWorker } from "./worker.mjs";
import platform from "./platform.pack";
import modules from "./modules.pack";
import source from "./source.pack";
${libraries.map((_, i) => `import library${i} from "./library${i}.wasm";`).join("\n")}
const classes = await startWorker({
  main: ${JSON.stringify(main)},
  classNames: ${JSON.stringify(classNames)},
  packs: { platform, modules, source },
  libraries: [${sizes.map((size, i) => `{ size: ${size}, module: library${i} }`).join(", ")}],
});
export default classes.Default;
export const RuntimeProbe = classes.RuntimeProbe;
${classNames.map((name) => `export const ${name} = classes.${name};`).join("\n")}
`;
}

const code = (name, contents) => ({ type: "ESModule", path: name, contents: String(contents) });
const data = (name, contents) => ({ type: "Data", path: name, contents });
const read = (...names) => fs.readFileSync(path.join(...names));

function files(folder) {
  const entries = fs.readdirSync(folder, { recursive: true, withFileTypes: true });
  const names = entries.filter((file) => file.isFile()).map((file) => path.relative(folder, path.join(file.parentPath, file.name)));
  return names.filter((name) => !SKIPPED.test(name)).sort();
}

/** One buffer of a folder's files: the length of an index in JSON, the index, then the bytes. */
function pack(folder) {
  const contents = files(folder).map((name) => [name, read(folder, name)]);
  let end = 0;
  const index = contents.map(([name, bytes]) => [name, end, (end += bytes.length) && bytes.length]);
  const header = Buffer.from(JSON.stringify(index));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(header.length);
  return Buffer.concat([length, header, ...contents.map(([, bytes]) => bytes)]);
}
