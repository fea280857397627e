// What the tests and benchmarks ask about the running interpreter. workerd serves it on a port of its own.
import { WorkerEntrypoint } from "cloudflare:workers";

/** Make the entrypoint; `memory` is undefined when the interpreter did not start. */
export function probe(pyodide) {
  return class RuntimeProbe extends WorkerEntrypoint {
    fetch(request) {
      if (new URL(request.url).pathname !== "/memory") return new Response(null, { status: 404 });
      return new Response(String(pyodide?._module.HEAP8.length ?? 0));
    }
  };
}
