// The least that keeps the same promise in JavaScript: a Durable Object per room that stores each message before it
// acknowledges and sends it to everyone. Prints where it listens.
import { createRequire } from "node:module";
const { convertV4MiniflareOptions, Miniflare } = createRequire(import.meta.url)("miniflare");

const script = `
import { DurableObject } from "cloudflare:workers";
export class Room extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS messages (seq INTEGER PRIMARY KEY, client TEXT UNIQUE, body TEXT, at INTEGER)");
  }
  fetch() {
    const [client, server] = Object.values(new WebSocketPair());
    this.ctx.acceptWebSocket(server);
    server.send("ready");
    return new Response(null, { status: 101, webSocket: client });
  }
  webSocketMessage(sender, text) {
    const { clientMessageId, body } = JSON.parse(text);
    const at = Date.now();
    const { seq } = this.ctx.storage.sql
      .exec("INSERT INTO messages (client, body, at) VALUES (?, ?, ?) RETURNING seq", clientMessageId + at + Math.random(), body, at).one();
    const message = JSON.stringify({
      id: "room-" + seq, roomId: "room", seq, clientMessageId, sender: { id: "someone", displayName: "Someone" }, body,
      attachments: [], replyTo: null, createdAt: new Date(at).toISOString(), editedAt: null, deletedAt: null, reactions: [],
    });
    for (const socket of this.ctx.getWebSockets()) socket.send(message);
    sender.send("acknowledged " + seq);
  }
  webSocketClose(socket, code) { try { socket.close(code); } catch {} }
}
export default {
  fetch: (request, env) => env.ROOM.getByName(new URL(request.url).pathname).fetch(request),
};`;

const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    host: "127.0.0.1",
    port: 0,
    resourcePersistencePath: process.argv[2],
    workers: [
      {
        name: "chat",
        modules: [{ type: "ESModule", path: "chat.mjs", contents: script }],
        compatibilityDate: "2026-11-01",
        durableObjects: { ROOM: { className: "Room", useSQLite: true } },
      },
    ],
  }),
);
console.log(`ready on ${(await miniflare.ready).origin}`);
process.stdin.resume().on("end", async () => { await miniflare.dispose(); process.exit(0); });
