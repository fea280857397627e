// What wrangler.toml says about one environment, as miniflare's options.
import path from "node:path";
import { unstable_getMiniflareWorkerOptions, unstable_readConfig } from "wrangler";

// Bindings that exist on Cloudflare's network alone. Here they are absent: `hasattr(env, "AI")` is false.
const REMOTE_ONLY = ["ai", "browser", "media", "vpc_services", "stream"];
const NO_FILE = ["no-such-file"];

/** Read the configuration; a .dev.vars file beside it counts in development. */
export function readWorker({ config: file, environment, develop }) {
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
