// Randomness, timers and I/O are refused until the first request. workerd refuses them too: here the sentence names
// the Python module that asked.
const original = { setTimeout: globalThis.setTimeout, setInterval: globalThis.setInterval, fetch: globalThis.fetch };
const getRandomValues = crypto.getRandomValues;

/** Refuse from here on; a counter in Python's memory says how many calls for randomness get constant bytes. */
export function refuseUntilFirstRequest(Module, counter) {
  crypto.getRandomValues = (array) => {
    if (!Module.HEAP8[counter]) throw new Error("Randomness is not allowed while modules are imported.");
    Module.HEAP8[counter]--;
    return array.fill(43);
  };
  const refuse = (what) => {
    throw new Error(Module.API.importlib.import_module("_cloudflare.allow_entropy").refusal(what));
  };
  globalThis.setTimeout = (callback, delay) => (delay ? refuse("A timer") : queueMicrotask(callback));
  globalThis.setInterval = () => refuse("A timer");
  globalThis.fetch = () => refuse("I/O");
}

/** Let randomness and timers through: the first request has come. */
export function allow(pyodide) {
  Object.assign(globalThis, original);
  crypto.getRandomValues = getRandomValues;
  pyodide.pyimport("_cloudflare.entropy_patches").before_first_request();
}

/** Give Pyodide the compiled form of shared libraries: it asks with their bytes, and code generation is forbidden. */
export function offerCompiled(libraries) {
  const find = (bytes) => libraries.find(({ size }) => size === bytes.length)?.module;
  WebAssembly.Module = new Proxy(WebAssembly.Module, {
    construct: (target, [bytes]) => find(bytes) ?? new target(bytes),
  });
}
