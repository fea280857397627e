// What the runtime asks about the interpreter that it started. workerd serves this on a port of its own.
import { WorkerEntrypoint } from "cloudflare:workers";

/** Make the entrypoint that tells the size of the interpreter's memory and why the Worker could not start, if so. */
export function probe({ pyodide, failure = null }) {
  return class RuntimeProbe extends WorkerEntrypoint {
    fetch() {
      return Response.json({ memory: pyodide._module.HEAP8.length, failure });
    }
  };
}
