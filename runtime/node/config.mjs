// What wrangler.toml says about one environment, as miniflare's options.
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";

const ROOT = path.resolve(import.meta.dirname, "..", "..");
const CACHE = path.join(ROOT, "build", "config");

// Bindings that exist on Cloudflare's network alone. Here they are absent: `hasattr(env, "AI")` is false.
const REMOTE_ONLY = ["ai", "browser", "media", "vpc_services", "stream"];
const NO_FILE = ["no-such-file"];

/** Read the configuration; a .dev.vars file beside it counts in development. */
export async function readWorker(settings) {
  // Loading wrangler takes longer than everything else in Node, so its answer is kept for the same files.
  if (hasDeveloperVars(settings)) return ask(settings);
  const kept = path.join(CACHE, `${fingerprint(settings)}.json`);
  if (fs.existsSync(kept)) return JSON.parse(fs.readFileSync(kept, "utf8"));
  const text = JSON.stringify(await ask(settings), plain);
  fs.mkdirSync(CACHE, { recursive: true });
  fs.writeFileSync(`${kept}.${process.pid}`, text);
  fs.renameSync(`${kept}.${process.pid}`, kept);
  return JSON.parse(text);
}

function hasDeveloperVars({ config, develop }) {
  const names = fs.readdirSync(path.dirname(config));
  return develop && names.some((name) => name.startsWith(".dev.vars") || name.startsWith(".env"));
}

function fingerprint({ config, environment, develop }) {
  const hash = createHash("sha256").update(JSON.stringify([config, environment, develop]));
  for (const name of [config, path.join(ROOT, "package-lock.json"), import.meta.filename]) hash.update(fs.readFileSync(name));
  return hash.digest("hex");
}

function plain(name, value) {
  if (["function", "symbol", "bigint"].includes(typeof value)) throw new Error(`wrangler's option ${name} is not plain`);
  return value;
}

async function ask({ config: file, environment, develop }) {
  const { unstable_getMiniflareWorkerOptions, unstable_readConfig } = await import("wrangler");
  const config = unstable_readConfig({ config: file, env: environment ?? undefined }, { hideWarnings: true });
  for (const name of REMOTE_ONLY) delete config[name];
  const envFiles = develop ? undefined : NO_FILE;
  const { workerOptions } = unstable_getMiniflareWorkerOptions(config, environment ?? undefined, { envFiles });
  const { modulesRules, compatibilityFlags, ...options } = workerOptions;
  return {
    name: config.name,
    main: config.main,
    uploaded: ["**/*.py", ...modulesRules.flatMap((rule) => rule.include)],
    options: {
      ...options,
      name: config.name,
      // The interpreter is not workerd's own but the one that the host starts.
      compatibilityFlags: compatibilityFlags.filter((flag) => !flag.startsWith("python_")),
    },
    expected: expectedClasses(config),
    databases: config.d1_databases.map((database) => ({
      binding: database.binding,
      id: options.d1Databases[database.binding]?.id ?? options.d1Databases[database.binding],
      table: database.migrations_table ?? "d1_migrations",
      folder: path.resolve(path.dirname(file), database.migrations_dir ?? "migrations"),
    })),
  };
}

/** Names of classes that the main module has to export. */
function expectedClasses(config) {
  const own = ({ script_name: script }) => script === undefined || script === config.name;
  const objects = config.durable_objects.bindings.filter(own).map((binding) => binding.class_name);
  const workflows = (config.workflows ?? []).filter(own).map((workflow) => workflow.class_name);
  const services = (config.services ?? []).filter(({ service }) => service === config.name);
  const entrypoints = services.flatMap(({ entrypoint }) => entrypoint ?? []);
  return { objects: [...new Set(objects)], entrypoints: [...new Set([...workflows, ...entrypoints])] };
}
