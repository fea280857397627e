// What has to be arranged around Pyodide's loader for it to start in workerd.

/** Make Emscripten's feature detection see a browser's main thread; the function returned undoes it. */
export function environmentOfABrowser() {
  const own = Object.getOwnPropertyDescriptor(globalThis, "process");
  const before = { MessageChannel: globalThis.MessageChannel, WorkerGlobalScope: globalThis.WorkerGlobalScope };
  const given = { window: {}, document: { createElement() {} }, sessionStorage: {}, importScripts: 1 };
  Object.assign(globalThis, given, { WorkerGlobalScope: undefined, addEventListener() {} });
  // One channel for all requests would run one request's callbacks inside another's.
  globalThis.MessageChannel = undefined;
  Object.defineProperty(globalThis, "process", { value: undefined, configurable: true, writable: true });
  return () => {
    for (const name of Object.keys(given)) delete globalThis[name];
    Object.assign(globalThis, before);
    delete globalThis.addEventListener;
    if (own) Object.defineProperty(globalThis, "process", own);
    else delete globalThis.process;
  };
}

/** Put the files of a pack (a JSON index, then all bytes) below a folder, read-only. */
export function mount(FS, root, pack) {
  const length = new DataView(pack).getUint32(0);
  const index = JSON.parse(new TextDecoder().decode(new Uint8Array(pack, 4, length)));
  for (const [path, offset, size] of index) {
    const target = `${root}/${path}`;
    FS.mkdirTree(target.slice(0, target.lastIndexOf("/")));
    FS.writeFile(target, new Uint8Array(pack, 4 + length + offset, size), { canOwn: true });
    FS.chmod(target, 0o444);
  }
}
