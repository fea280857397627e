// A Worker that makes what later starts begin from: an interpreter's memory, and the Python modules compiled.
import { WorkerEntrypoint } from "cloudflare:workers";
import modules from "./modules.pack";
import platform from "./platform.pack";
import { gather, mount } from "./files.mjs";
import { makeImage } from "./interpreter.mjs";

// What the SDK and pydantic import of the standard library, so that nothing appears here that production lacks.
const IMPORTS = `asyncio base64 dataclasses datetime decimal email.parser fractions hmac http.client importlib.metadata
  ipaddress json logging typing uuid zoneinfo`.split(/\s+/);
const MODULES = "/session/metadata/python_modules";
const COMPILE = `
from compileall import compile_dir
from py_compile import PycInvalidationMode
compile_dir("${MODULES}", quiet=2, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
`;

const { memory, pyodide } = await makeImage(platform, IMPORTS);

export default class extends WorkerEntrypoint {
  fetch(request) {
    return new Response(new URL(request.url).pathname === "/memory" ? memory : compiled());
  }
}

function compiled() {
  mount(pyodide.FS, MODULES, modules);
  pyodide.runPython(COMPILE);
  return gather(pyodide.FS, MODULES);
}
