// What has to be arranged around Pyodide's loader for it to start in workerd.

/** Run `load` while Emscripten's feature detection sees a browser's main thread. */
export function asInABrowser(load) {
  const own = Object.getOwnPropertyDescriptor(globalThis, "process");
  const before = { MessageChannel: globalThis.MessageChannel, WorkerGlobalScope: globalThis.WorkerGlobalScope };
  const given = { window: {}, document: { createElement() {} }, sessionStorage: {}, importScripts: 1 };
  Object.assign(globalThis, given, { WorkerGlobalScope: undefined, addEventListener() {} });
  globalThis.MessageChannel = Channel;
  Object.defineProperty(globalThis, "process", { value: undefined, configurable: true, writable: true });
  try {
    return load();
  } finally {
    for (const name of Object.keys(given)) delete globalThis[name];
    Object.assign(globalThis, before);
    delete globalThis.addEventListener;
    if (own) Object.defineProperty(globalThis, "process", own);
    else delete globalThis.process;
  }
}

/**
 * What Pyodide schedules its callbacks with. As in workerd's own channels, messages arrive as microtasks: before another
 * request's event runs, so none runs another's callbacks, and without the cost of a timer.
 */
class Channel {
  port1 = {};
  port2 = { postMessage: () => queueMicrotask(() => this.port1.onmessage()) };
}
