// Randomness and timers are refused until the first request. What workerd itself refuses needs nothing here.
const original = { setTimeout: globalThis.setTimeout, getRandomValues: crypto.getRandomValues };

/** Refuse from here on; a counter in Python's memory says how many calls for randomness get constant bytes. */
export function refuseUntilFirstRequest(Module, counter) {
  crypto.getRandomValues = (array) => {
    if (!Module.HEAP8[counter]) throw new Error("Randomness is not allowed while modules are imported.");
    Module.HEAP8[counter]--;
    return array.fill(43);
  };
  globalThis.setTimeout = (callback, delay) => {
    if (delay) return original.setTimeout(callback, delay);
    queueMicrotask(callback);
    return 0;
  };
}

/** Let randomness and timers through: the first request has come. */
export function allow(pyodide) {
  globalThis.setTimeout = original.setTimeout;
  crypto.getRandomValues = original.getRandomValues;
  pyodide.pyimport("_cloudflare.entropy_patches").before_first_request();
}

/** Give Pyodide the compiled form of shared libraries: it asks with their bytes, and code generation is forbidden. */
export function offerCompiled(libraries) {
  const find = (bytes) => libraries.find(({ size }) => size === bytes.length)?.module;
  WebAssembly.Module = new Proxy(WebAssembly.Module, {
    construct: (target, [bytes]) => find(bytes) ?? new target(bytes),
  });
}
