// Applies D1 migrations and ends. Standard input says where, as in serve.mjs.
import path from "node:path";
import { text } from "node:stream/consumers";
import { readWorker } from "./config.mjs";
import { migrate } from "./migrations.mjs";

const settings = JSON.parse(await text(process.stdin));
try {
  const applied = await migrate(await readWorker(settings), path.join(settings.state, "v3"));
  console.log(applied.map((name) => `applied migration ${name}`).join("\n") || "nothing to apply");
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
