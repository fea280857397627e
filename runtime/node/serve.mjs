// Serves a Worker in workerd. The first line of standard input says how; each later one takes a Durable Object out
// of memory, its sockets hibernating: {"className", "name"}. When the input ends, the server ends.
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import readline from "node:readline";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { scriptModules, workerModules } from "./bundle.mjs";
import { readWorker } from "./config.mjs";
import { readable } from "./log.mjs";
import { migrate } from "./migrations.mjs";

const SAVED_TOGETHER = 100;
const input = readline.createInterface({ input: process.stdin });
const settings = JSON.parse((await once(input, "line"))[0]);
const persistence = path.join(settings.state, "v3");
let miniflare;
let print = console.log;
let reload = () => {};

input.on("line", evict);
input.on("close", stop);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, stop);
await serve();

async function serve() {
  const worker = await readWorker(settings);
  print = ((show) => (message) => console.log(show(message)))(readable(path.relative(process.cwd(), path.dirname(worker.main))));
  await applyMigrations(worker);
  miniflare = new Miniflare(await options(worker, settings.port));
  const { port, origin } = await miniflare.ready;
  const failure = await examine(worker);
  if (failure && !settings.develop) process.exit(1);
  if (settings.develop) watch(worker, Number(port));
  print(`ready on ${origin}`);
}

async function options(worker, port) {
  const modules = settings.script ? await scriptModules(settings.script) : workerModules(worker);
  return convertV4MiniflareOptions({
    host: "127.0.0.1",
    port,
    cf: false,
    resourcePersistencePath: persistence,
    unsafeTriggerHandlers: true,
    handleStructuredLogs: ({ message }) => hear(message),
    log: new Log(LogLevel.WARN),
    workers: [
      {
        ...worker.options,
        bindings: { ...settings.secrets, ...worker.options.bindings, ...settings.vars },
        ...(settings.script && { durableObjects: undefined, serviceBindings: undefined }),
        modules,
        unsafeDirectSockets: settings.script ? [] : [{ entrypoint: "RuntimeProbe" }],
      },
    ],
  });
}

async function applyMigrations(worker) {
  for (const name of await migrate(worker, persistence)) print(`applied migration ${name}`);
}

/** Tell where the probe listens, and print why the Worker could not start, if it could not. */
async function examine(worker) {
  if (settings.script) return undefined;
  const probe = await miniflare.unsafeGetDirectURL(worker.name, "RuntimeProbe");
  console.log(`probe on ${probe.origin}`);
  const { failure } = await (await fetch(probe)).json();
  if (failure) print(`The Worker could not start.\n${failure}`);
  return failure;
}

function hear(message) {
  print(message);
  if (settings.develop && message.startsWith("Python worker fatal error")) reload();
}

function watch(worker, port) {
  let timer;
  let running = Promise.resolve();
  reload = () => {
    clearTimeout(timer);
    timer = setTimeout(() => (running = running.then(() => restart(port))), SAVED_TOGETHER);
  };
  for (const folder of [path.dirname(worker.main), ...worker.databases.map((database) => database.folder)]) {
    if (fs.existsSync(folder)) fs.watch(folder, { recursive: true }, reload);
  }
  fs.watch(settings.config, reload);
}

async function restart(port) {
  try {
    const worker = await readWorker(settings);
    await applyMigrations(worker);
    await miniflare.setOptions(await options(worker, port));
    if (!(await examine(worker))) print("reloaded");
  } catch (error) {
    print(`not reloaded: ${error.message}`);
  }
}

async function evict(line) {
  const { className, name } = JSON.parse(line);
  const { name: script } = await readWorker(settings);
  try {
    await miniflare.unsafeEvictDurableObject(script, className, { name, webSockets: "hibernate" });
  } catch (error) {
    if (!error.message.includes("not currently running")) throw error;
  }
  console.log(`evicted ${className} ${name}`);
}

async function stop() {
  await miniflare?.dispose();
  process.exit(0);
}
