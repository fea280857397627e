// Serves the Worker of a wrangler.toml in workerd. The first line of standard input says how; its end is the end.
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import readline from "node:readline";
import { createRequire } from "node:module";
import { Miniflare, convertV4MiniflareOptions, Log, LogLevel } from "miniflare";
import { unstable_getMiniflareWorkerOptions as workerOptions, unstable_readConfig as readConfig } from "wrangler";

const require = createRequire(import.meta.url);
const ROOT = path.join(import.meta.dirname, "..", "..");
const HOST = path.join(import.meta.dirname, "..", "host");
const PYODIDE = path.dirname(require.resolve("pyodide/package.json"));
const lines = readline.createInterface({ input: process.stdin });
const settings = JSON.parse((await once(lines, "line"))[0]);
lines.on("close", stop);

function* walk(folder, below = "") {
  for (const entry of fs.readdirSync(path.join(folder, below), { withFileTypes: true })) {
    const name = path.join(below, entry.name);
    if (entry.isDirectory() && entry.name !== "__pycache__") yield* walk(folder, name);
    else if (entry.isFile()) yield name;
  }
}

function pack(folder, prefix = "", keep = () => true) {
  const files = [...walk(folder)].filter(keep).map((name) => [prefix + name, fs.readFileSync(path.join(folder, name))]);
  let offset = 0;
  const index = files.map(([name, bytes]) => [name, (offset += bytes.length) - bytes.length, bytes.length]);
  const header = Buffer.from(JSON.stringify(index));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(header.length);
  return Buffer.concat([length, header, ...files.map(([, bytes]) => bytes)]);
}

const data = (name, contents) => ({ type: "Data", path: name, contents });
const esm = (name, file) => ({ type: "ESModule", path: name, contents: fs.readFileSync(file, "utf8") });

function entry(main, classNames, sides) {
  return `
import { startWorker } from "./worker.mjs";
import source from "./source.pack";
import modules from "./modules.pack";
import platform from "./platform.pack";
${sides.map(({ file }, i) => `import side${i} from "./${file}";`).join("\n")}
const classes = await startWorker({
  packs: { platform, modules, source },
  sideModules: [${sides.map(({ size }, i) => `{ size: ${size}, module: side${i} }`).join(", ")}],
  main: ${JSON.stringify(main)},
  compatibilityFlags: {},
});
export default classes.Default;
${classNames.map((name) => `export const ${name} = classes.${name};`).join("\n")}
`;
}

const config = readConfig({ config: settings.config, env: settings.environment });
delete config.ai;
const { workerOptions: worker, main } = workerOptions(config, settings.environment);
const root = path.dirname(path.resolve(settings.config));
const mainFile = path.resolve(root, main);
const modulesFolder = path.resolve(path.join(ROOT, "python_modules"));
const sides = [...walk(modulesFolder)].filter((name) => name.endsWith(".so")).map((name, i) => ({ file: `side${i}.wasm`, bytes: fs.readFileSync(path.join(modulesFolder, name)) }));
for (const side of sides) side.size = side.bytes.length;
const classNames = Object.values(worker.durableObjects ?? {}).map((object) => object.className);
const hosts = [...walk(HOST)].filter((name) => name.endsWith(".mjs")).map((name) => esm(name, path.join(HOST, name)));

const options = {
  ...worker,
  name: "worker",
  modulesRules: undefined,
  modules: [
    { type: "ESModule", path: "entry.mjs", contents: entry(path.basename(mainFile, ".py"), classNames, sides) },
    ...hosts,
    esm("pyodide.asm.mjs", path.join(PYODIDE, "pyodide.asm.mjs")),
    { type: "CompiledWasm", path: "pyodide.asm.wasm", contents: fs.readFileSync(path.join(PYODIDE, "pyodide.asm.wasm")) },
    ...sides.map(({ file, bytes }) => ({ type: "CompiledWasm", path: file, contents: bytes })),
    data("python_stdlib.zip", fs.readFileSync(path.join(PYODIDE, "python_stdlib.zip"))),
    data("source.pack", pack(path.dirname(mainFile))),
    data("modules.pack", pack(modulesFolder)),
    data("platform.pack", pack(path.join(HOST, "_cloudflare"))),
  ],
  compatibilityFlags: worker.compatibilityFlags.filter((flag) => flag !== "python_workers"),
  bindings: { ...worker.bindings, ...settings.vars },
};
var miniflare = new Miniflare(
  convertV4MiniflareOptions({
    port: settings.port,
    cf: false,
    host: "127.0.0.1",
    resourcePersistencePath: settings.state,
    unsafeTriggerHandlers: true,
    handleStructuredLogs: ({ message }) => console.log(message),
    log: new Log(LogLevel.WARN),
    workers: [options],
  }),
);
const url = await miniflare.ready;
console.log(`ready on ${url.origin}`);

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, stop);

async function stop() {
  await miniflare?.dispose();
  process.exit(0);
}
