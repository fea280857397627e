// Serves a Worker in workerd. The first line of standard input says how; when the input ends, the server ends.
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import readline from "node:readline";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { bundle } from "./bundle.mjs";
import { readWorker } from "./config.mjs";
import { migrate } from "./migrations.mjs";

const input = readline.createInterface({ input: process.stdin });
const settings = JSON.parse((await once(input, "line"))[0]);
const persistence = path.join(settings.state, "v3");
let miniflare;

input.on("close", stop);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, stop);
await serve();

async function serve() {
  const worker = readWorker(settings);
  for (const name of await migrate(worker, persistence)) console.log(`applied migration ${name}`);
  miniflare = new Miniflare(options(worker, settings.port));
  const url = await miniflare.ready;
  const probe = await miniflare.unsafeGetDirectURL(worker.name, "RuntimeProbe");
  console.log(`probe on ${probe.origin}`);
  console.log(`ready on ${url.origin}`);
  if (settings.watch) watch(worker, Number(url.port));
}

function options(worker, port) {
  return convertV4MiniflareOptions({
    host: "127.0.0.1",
    port,
    cf: false,
    resourcePersistencePath: persistence,
    unsafeTriggerHandlers: true,
    handleStructuredLogs: ({ message }) => console.log(message),
    log: new Log(LogLevel.WARN),
    workers: [
      {
        ...worker.options,
        bindings: { ...settings.secrets, ...worker.options.bindings, ...settings.vars },
        modules: bundle(worker),
        unsafeDirectSockets: [{ entrypoint: "RuntimeProbe" }],
      },
    ],
  });
}

function watch(worker, port) {
  let timer;
  const changed = () => {
    clearTimeout(timer);
    timer = setTimeout(() => reload(port), 150);
  };
  fs.watch(path.dirname(worker.main), { recursive: true }, changed);
  fs.watch(settings.config, changed);
}

async function reload(port) {
  try {
    const worker = readWorker(settings);
    await migrate(worker, persistence);
    await miniflare.setOptions(options(worker, port));
    console.log("reloaded");
  } catch (error) {
    console.log(`not reloaded: ${error.message}`);
  }
}

async function stop() {
  await miniflare?.dispose();
  process.exit(0);
}
