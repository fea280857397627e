// One JavaScript class per Python entrypoint class. Any method name reaches Python, as RPC allows.
import { DurableObject, WorkerEntrypoint, WorkflowEntrypoint } from "cloudflare:workers";

// What the platform calls with plain JavaScript values. `fetch` and everything else is converted on the way.
const RAW = {
  DurableObject: ["connect", "alarm", "webSocketMessage", "webSocketClose", "webSocketError"],
  WorkerEntrypoint: ["connect"],
  WorkflowEntrypoint: ["connect", "run"],
};

/** Make the classes for what introspection found; `python` holds the modules to call and the hook before requests. */
export function entrypoints({ durableObjects, workerEntrypoints, workflowEntrypoints }, python) {
  const make = (base) => (found) => [found.className, wrapped(found, base, python)];
  return Object.fromEntries([
    ...durableObjects.map(make(DurableObject)),
    ...workerEntrypoints.map(make(WorkerEntrypoint)),
    ...workflowEntrypoints.map(make(WorkflowEntrypoint)),
  ]);
}

/** Make classes that answer every call with the reason why the Worker could not start. */
export function refusing({ objects, entrypoints: others }, failure) {
  const make = (base) =>
    class extends base {
      fetch() {
        return new Response(`The Worker could not start.\n\n${failure}`, { status: 500 });
      }
    };
  const classes = [...others, "Default"].map((name) => [name, make(WorkerEntrypoint)]);
  return Object.fromEntries([...classes, ...objects.map((name) => [name, make(DurableObject)])]);
}

function wrapped({ className, methodNames }, base, python) {
  // Looked up once: a look-up costs a proxy and a crossing, and classes do not change.
  const pythonClass = python.module[className];
  const known = new Set(methodNames);
  const Entrypoint = class extends base {
    constructor(ctx, env) {
      super(ctx, env);
      return new Proxy(this, methods(construct(python, pythonClass, [ctx, env]), RAW[base.name], known, python));
    }
  };
  // workerd looks at the prototype for what the class can do; the proxy answers the calls.
  for (const name of methodNames) Entrypoint.prototype[name] = () => {};
  return Entrypoint;
}

async function construct(python, pythonClass, args) {
  python.beforeRequest();
  return await call(pythonClass, args);
}

async function call(callable, args, relaxed = false) {
  return await callable.callWithOptions({ relaxed, promising: true }, ...args);
}

function methods(instancePromise, raw, known, { wrapper }) {
  return {
    get(target, name, receiver) {
      if (typeof name !== "string") return Reflect.get(target, name, receiver);
      return async (...args) => {
        const instance = await instancePromise;
        if (!known.has(name) && typeof instance[name] !== "function") throw new TypeError(`Method ${name} does not exist`);
        if (raw.includes(name)) return await reported(call(instance[name], args, true));
        const relaxed = name === "fetch" || name === "test";
        const result = call(wrapper, [relaxed, instance, name, ...args]);
        return await (relaxed || name === "scheduled" ? reported(result) : result);
      };
    },
  };
}

/** Print the traceback of what the platform called; an RPC's caller gets the error and may handle it. */
async function reported(result) {
  try {
    return await result;
  } catch (error) {
    console.error(error.message);
    throw error;
  }
}
