// A Worker in JavaScript, for the comparison in the benchmarks and for the test that it can be served.
import { Hono } from "hono";

const app = new Hono();
app.get("/", async (context) => context.json(await context.env.DB.prepare("SELECT 1 AS one").first()));
export default app;
