// Imports the Worker's main module in Pyodide and makes the JavaScript classes that workerd calls.
import * as cloudflareWorkers from "cloudflare:workers";
import * as cloudflareSockets from "cloudflare:sockets";
import { probe } from "./probe.mjs";
import { startInterpreter } from "./interpreter.mjs";
import { allow, compileFromFiles } from "./startup.mjs";
import { patchedWaitUntil, patchWaitUntil } from "./wait_until.mjs";

const COMPATIBILITY_FLAGS = {};
const RAW_HANDLERS = {
  DurableObject: ["connect", "alarm", "webSocketMessage", "webSocketClose", "webSocketError"],
  WorkerEntrypoint: ["connect"],
  WorkflowEntrypoint: ["connect", "run"],
};

/** Import the main module; the result has the JavaScript class for every class that it exports. */
export async function startWorker({ packs, main, classNames, libraries }) {
  compileFromFiles(libraries);
  const pyodide = await startInterpreter(packs);
  const workersModule = new Proxy(cloudflareWorkers, {
    get: (target, name) => (name === "waitUntil" ? patchedWaitUntil(target) : Reflect.get(target, name)),
  });
  pyodide.registerJsModule("_pyodide_entrypoint_helper", {
    doAnImport: (name) => import(name),
    cloudflareWorkersModule: workersModule,
    cloudflareSocketsModule: cloudflareSockets,
    workerEntrypoint: cloudflareWorkers.WorkerEntrypoint,
    patchWaitUntil,
  });
  pyodide.registerJsModule("_cloudflare_compat_flags", COMPATIBILITY_FLAGS);
  const module = await pyodide._module.API.pyodide_base.pyimport_impl.callPromising(main);
  const introspection = pyodide.pyimport("_cloudflare.introspection");
  const found = introspection.collect_entrypoint_classes(module);
  let allowed = false;
  const beforeRequest = () => allowed || ((allowed = true), allow(pyodide));
  return { ...entrypoints(found, { module, introspection, beforeRequest }), RuntimeProbe: probe(pyodide) };
}

function entrypoints({ durableObjects, workerEntrypoints, workflowEntrypoints }, python) {
  const { DurableObject, WorkerEntrypoint, WorkflowEntrypoint } = cloudflareWorkers;
  const classes = {};
  for (const found of durableObjects) classes[found.className] = entrypoint(found, DurableObject, python);
  for (const found of workerEntrypoints) classes[found.className] = entrypoint(found, WorkerEntrypoint, python);
  for (const found of workflowEntrypoints) classes[found.className] = entrypoint(found, WorkflowEntrypoint, python);
  return classes;
}

function entrypoint({ className, methodNames }, kind, python) {
  const Entrypoint = class extends kind {
    constructor(ctx, env) {
      super(ctx, env);
      return new Proxy(this, methods(construct(python, className, [ctx, env]), kind.name, python));
    }
  };
  // workerd looks at the prototype for what the class can do; the proxy answers the calls.
  for (const name of methodNames) Entrypoint.prototype[name] = () => {};
  return Entrypoint;
}

async function construct(python, className, args) {
  python.beforeRequest();
  return await call(python.module[className], args);
}

async function call(callable, args, relaxed = false) {
  return await callable.callWithOptions({ relaxed, promising: true }, ...args);
}

function methods(instancePromise, kind, { introspection }) {
  return {
    get(target, name, receiver) {
      if (typeof name !== "string") return Reflect.get(target, name, receiver);
      return async (...args) => {
        const instance = await instancePromise;
        if (typeof instance[name] !== "function") throw new TypeError(`Method ${name} does not exist`);
        if (RAW_HANDLERS[kind].includes(name)) return await call(instance[name], args, true);
        const relaxed = name === "fetch" || name === "test";
        return await call(introspection.wrapper_func, [relaxed, instance, name, ...args]);
      };
    },
  };
}
