// Starts Pyodide inside workerd the way the platform does: from a compiled module and a memory image, without I/O,
// timers or randomness.
import createPyodideModule from "./pyodide.asm.mjs";
import mainWasm from "./pyodide.asm.wasm";
import stdlib from "./python_stdlib.zip";
import { asInABrowser } from "./environment.mjs";
import { mount, protect } from "./files.mjs";
import { pack, unpack } from "./memory.mjs";
import { refuseUntilFirstRequest } from "./startup.mjs";

const VERSION = "314.0.6";
const SITE_PACKAGES = "/lib/python3.14/site-packages";
// Pyodide compares it between an image and the interpreter that takes it; our file name carries the versions.
const BUILD_ID = "0".repeat(64);
const ENVIRONMENT = { HOME: "/session", PYTHONHASHSEED: "111" };
const FOLDERS = ["/lib/python3.14/lib-dynload", "/session/metadata", "/usr/lib"];

// Standard error is how Python can answer before its bridge to JavaScript stands.
const COUNTER = `
import sys
from _cloudflare import allow_entropy
print(allow_entropy.counter_address(), file=sys.stderr)
`;
const BEFORE_TOP_LEVEL = `
import sys
from _cloudflare import entropy_patches
entropy_patches.before_top_level()
sys.path.append("/session/metadata")
`;
const AFTER_MOUNT = `
import importlib
from _cloudflare import entropy_patches, search_path
importlib.invalidate_caches()
entropy_patches.refuse_sleep()
search_path.extend()
`;

/** Return Pyodide with the Worker's files mounted, ready to import its main module. */
export async function startInterpreter({ platform, modules, source }, image) {
  const memory = unpack(image);
  const Module = await instantiate(platform, { noInitialRun: true, INITIAL_MEMORY: memory.length });
  const pyodide = Module.API.finalizeBootstrap(Module.API.restoreSnapshot(memory));
  refuseUntilFirstRequest(Module, Number(python(Module, COUNTER)));
  mount(Module.FS, "/session/metadata", source);
  mount(Module.FS, "/session/metadata/python_modules", modules);
  protect(Module.FS, "/session/metadata");
  python(Module, AFTER_MOUNT);
  return pyodide;
}

/** Start without an image, import these modules of the standard library, and return Pyodide and its packed memory. */
export async function makeImage(platform, imports) {
  const Module = await instantiate(platform, {}, { _makeSnapshot: true });
  refuseUntilFirstRequest(Module, Number(python(Module, COUNTER)));
  python(Module, BEFORE_TOP_LEVEL);
  const pyodide = Module.API.finalizeBootstrap();
  python(Module, `import ${imports.join(", ")}`);
  return { pyodide, memory: pack(Module.API.makeSnapshot()) };
}

async function instantiate(platform, memory, options) {
  const config = { jsglobals: globalThis, env: ENVIRONMENT, lockFileURL: "", enableRunUntilComplete: true, BUILD_ID, ...options };
  const runtimeEnv = { IN_WORKERD: true, IN_BROWSER: true, IN_BROWSER_MAIN_THREAD: true };
  const layOut = (Module) => {
    layOutFiles(Module);
    mount(Module.FS, `${SITE_PACKAGES}/_cloudflare`, platform);
  };
  const settings = { API: { config, runtimeEnv }, preRun: [layOut], instantiateWasm, ...memory };
  const Module = await asInABrowser(() => createPyodideModule(settings));
  if (Module.API.version !== VERSION) throw new Error(`expected Pyodide ${VERSION}, not ${Module.API.version}`);
  return Module;
}

function instantiateWasm(imports, done) {
  const noValue = Symbol("error marker");
  imports.env.Jsv_GetError_import = () => noValue;
  imports.env.JsvError_Check = (value) => value === noValue;
  const instance = new WebAssembly.Instance(mainWasm, imports);
  done(instance, mainWasm);
  return instance.exports;
}

function layOutFiles(Module) {
  const version = Module.HEAPU32[Module._Py_Version >>> 2];
  Module.API.pyVersionTuple = [24, 16, 8].map((shift) => (version >>> shift) & 0xff);
  Module.API.sitePackages = SITE_PACKAGES;
  for (const folder of [SITE_PACKAGES, ...FOLDERS]) Module.FS.mkdirTree(folder);
  Module.FS.writeFile("/lib/python314.zip", new Uint8Array(stdlib), { canOwn: true });
  Object.assign(Module.ENV, ENVIRONMENT);
}

function python(Module, code) {
  const [status, stderr] = Module.API.rawRun(code);
  if (status) throw new Error(stderr);
  return stderr.trim();
}
