// Imports the Worker's main module in Pyodide and makes the JavaScript classes that workerd calls.
import * as cloudflareSockets from "cloudflare:sockets";
import * as cloudflareWorkers from "cloudflare:workers";
import { entrypoints, refusing } from "./entrypoints.mjs";
import { startInterpreter } from "./interpreter.mjs";
import { probe } from "./probe.mjs";
import { allow, offerCompiled } from "./startup.mjs";
import { patchedWaitUntil, patchWaitUntil } from "./wait_until.mjs";

const COMPATIBILITY_FLAGS = {};

/** Import the main module; returns a class for every name in `expected`, and the probe. */
export async function startWorker({ main, expected, libraries, packs, image }) {
  offerCompiled(libraries);
  const pyodide = await startInterpreter(packs, image);
  registerModules(pyodide);
  watchForFatalErrors(pyodide);
  try {
    const classes = await importMain(pyodide, main);
    requireAll(expected, classes, main);
    return { ...classes, RuntimeProbe: probe({ pyodide }) };
  } catch (error) {
    const failure = error.message ?? String(error);
    return { ...refusing(expected, failure), RuntimeProbe: probe({ pyodide, failure }) };
  }
}

function registerModules(pyodide) {
  const waitUntil = patchedWaitUntil(cloudflareWorkers);
  pyodide.registerJsModule("_pyodide_entrypoint_helper", {
    doAnImport: (name) => import(name),
    cloudflareWorkersModule: new Proxy(cloudflareWorkers, {
      get: (target, name) => (name === "waitUntil" ? waitUntil : Reflect.get(target, name)),
    }),
    cloudflareSocketsModule: cloudflareSockets,
    workerEntrypoint: cloudflareWorkers.WorkerEntrypoint,
    patchWaitUntil,
  });
  pyodide.registerJsModule("_cloudflare_compat_flags", COMPATIBILITY_FLAGS);
  pyodide.loadPackage = () => {
    throw new Error("pyodide.loadPackage is disabled: name the package in pyproject.toml");
  };
}

/** A fatal error leaves Python's state broken: production ends the isolate, here the server restarts workerd. */
function watchForFatalErrors(pyodide) {
  pyodide._api.on_fatal = (error) => console.error(`Python worker fatal error: ${error}`);
}

async function importMain(pyodide, main) {
  const module = await pyodide._api.pyodide_base.pyimport_impl.callPromising(main);
  const introspection = pyodide.pyimport("_cloudflare.introspection");
  const found = introspection.collect_entrypoint_classes(module);
  let allowed = false;
  const beforeRequest = () => allowed || ((allowed = true), allow(pyodide));
  return entrypoints(found, { module, wrapper: introspection.wrapper_func, beforeRequest });
}

function requireAll(expected, classes, main) {
  const names = ["Default", ...expected.objects, ...expected.entrypoints];
  const missing = names.filter((name) => !(name in classes));
  if (missing.length) throw new Error(`wrangler.toml needs ${missing.join(", ")}, which ${main}.py does not export`);
}
