// Applies D1 migrations as `wrangler d1 migrations apply --local` would, in a workerd without the Worker.
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";

const NOTHING = "export default { fetch: () => new Response(null, { status: 404 }) };";

/** Apply what is missing to every database; returns the names of the files that were applied. */
export async function migrate(worker, persistence) {
  const pending = worker.databases.map(readFiles).filter(({ files }) => files.length > 0);
  const stamp = path.join(persistence, "migrated");
  const digest = createHash("sha256").update(JSON.stringify(pending)).digest("hex");
  if (pending.length === 0 || (fs.existsSync(stamp) && fs.readFileSync(stamp, "utf8") === digest)) return [];
  const { d1Databases, compatibilityDate } = worker.options;
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: NOTHING,
      compatibilityDate,
      d1Databases,
      cf: false,
      resourcePersistencePath: persistence,
    }),
  );
  try {
    const applied = [];
    for (const database of pending) applied.push(...(await apply(await miniflare.getD1Database(database.binding), database)));
    fs.writeFileSync(stamp, digest);
    return applied;
  } finally {
    await miniflare.dispose();
  }
}

function readFiles({ binding, id, table, folder }) {
  const names = fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => name.endsWith(".sql")) : [];
  const byNumber = (a, b) => parseInt(a, 10) - parseInt(b, 10) || a.localeCompare(b);
  const files = names.sort(byNumber).map((name) => [name, fs.readFileSync(path.join(folder, name), "utf8")]);
  return { binding, id, table, files };
}

async function apply(database, { table, files }) {
  const columns = "id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL";
  await database.prepare(`CREATE TABLE IF NOT EXISTS "${table}"(${columns})`).run();
  const { results } = await database.prepare(`SELECT name FROM "${table}"`).all();
  const known = new Set(results.map(({ name }) => name));
  const { unstable_splitSqlQuery: statements } = await import("wrangler");
  const missing = files.filter(([name]) => !known.has(name));
  for (const [name, sql] of missing) {
    const steps = statements(sql).map((statement) => database.prepare(statement));
    try {
      await database.batch([...steps, database.prepare(`INSERT INTO "${table}" (name) VALUES (?)`).bind(name)]);
    } catch (error) {
      throw new Error(`migration ${name} failed and changed nothing: ${error.message}`);
    }
  }
  return missing.map(([name]) => name);
}
