// Starts Pyodide inside workerd the way the platform does: from a compiled module, without I/O, timers or randomness.
import createPyodideModule from "./pyodide.asm.mjs";
import mainWasm from "./pyodide.asm.wasm";
import stdlib from "./python_stdlib.zip";
import { environmentOfABrowser, mount } from "./environment.mjs";
import { refuseUntilFirstRequest } from "./startup.mjs";

const VERSION = "314.0.6";
const PYTHON = "3.14";
const SITE_PACKAGES = `/lib/python${PYTHON}/site-packages`;
const HOME = "/session";
// Standard error is how the interpreter can answer before its bridge to JavaScript stands.
const COUNTER = `
import sys
from _cloudflare import allow_entropy, entropy_patches
entropy_patches.before_top_level()
print(allow_entropy.counter_address(), file=sys.stderr)
`;

function instantiateWasm(imports, done) {
  const noValue = Symbol("error marker");
  imports.env.Jsv_GetError_import = () => noValue;
  imports.env.JsvError_Check = (value) => value === noValue;
  const instance = new WebAssembly.Instance(mainWasm, imports);
  done(instance, mainWasm);
  return instance.exports;
}

function layOutFiles(Module) {
  const [major, minor, micro] = [24, 16, 8].map((shift) => (Module.HEAPU32[Module._Py_Version >>> 2] >>> shift) & 0xff);
  Module.API.pyVersionTuple = [major, minor, micro];
  Module.API.sitePackages = SITE_PACKAGES;
  Module.FS.sitePackages = SITE_PACKAGES;
  for (const folder of [SITE_PACKAGES, `/lib/python${PYTHON}/lib-dynload`, `${HOME}/metadata`, "/usr/lib"]) {
    Module.FS.mkdirTree(folder);
  }
  Module.FS.writeFile(`/lib/python${PYTHON.replace(".", "")}.zip`, new Uint8Array(stdlib), { canOwn: true });
  Object.assign(Module.ENV, Module.API.config.env);
}

function python(Module, code) {
  const [status, stderr] = Module.API.rawRun(code);
  if (status) throw new Error(stderr);
  return stderr.trim();
}

/** Return Pyodide with the given files mounted, ready to import the Worker's main module. */
export async function startInterpreter({ platform, modules, source }) {
  const runtimeEnv = { IN_WORKERD: true, IN_BROWSER: true, IN_BROWSER_MAIN_THREAD: true };
  const settings = {
    API: {
      config: {
        jsglobals: globalThis,
        env: { HOME, PYTHONHASHSEED: "111" },
        lockFileURL: "",
        enableRunUntilComplete: true,
      },
      runtimeEnv,
    },
    preRun: [layOutFiles, (Module) => mount(Module.FS, `${SITE_PACKAGES}/_cloudflare`, platform)],
    instantiateWasm,
  };
  const leave = environmentOfABrowser();
  const started = createPyodideModule(settings);
  leave();
  const Module = await started;
  if (Module.API.version !== VERSION) throw new Error(`expected Pyodide ${VERSION}, not ${Module.API.version}`);
  refuseUntilFirstRequest(Module, Number(python(Module, COUNTER)));
  python(Module, "import sys; sys.path.append('/session/metadata')");
  const pyodide = Module.API.finalizeBootstrap();
  mount(Module.FS, "/session/metadata", source);
  mount(Module.FS, "/session/metadata/python_modules", modules);
  python(Module, "import importlib, sys; importlib.invalidate_caches()");
  pyodide.pyimport("_cloudflare.search_path").setup_python_search_path();
  return pyodide;
}
