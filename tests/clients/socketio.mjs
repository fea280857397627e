// Two people chat through socket.io-client. The argument is JSON: {url, room, ada, bob, transports}.
import { once } from "node:events";
import { io } from "socket.io-client";

const { url, room, ada, bob, transports } = JSON.parse(process.argv[2]);
const seen = { transports: [], heard: [] };

const connect = async (token) => {
  const socket = io(url, { auth: { token }, transports, reconnection: false });
  await new Promise((resolve, reject) => socket.on("connect", resolve).on("connect_error", reject));
  return socket;
};

const a = await connect(ada);
const b = await connect(bob);
b.onAny((name, body) => seen.heard.push([name, body]));

seen.joined = await b.emitWithAck("chat:join", { roomId: room });
seen.sent = await a.emitWithAck("chat:message", { roomId: room, clientMessageId: "one", body: "hello" });
seen.again = await a.emitWithAck("chat:message", { roomId: room, clientMessageId: "one", body: "hello" });
for (let i = 0; i < 20; i++) a.emit("chat:message", { roomId: room, clientMessageId: `n${i}`, body: `${i}` });
seen.last = await a.emitWithAck("chat:message", { roomId: room, clientMessageId: "last", body: "last" });
await a.emitWithAck("chat:typing", { roomId: room });
seen.read = await a.emitWithAck("chat:read", { roomId: room, seq: 3 });
while (!seen.heard.some(([name]) => name === "chat:read")) await once(b.io.engine, "packet");
seen.nowhere = await a.emitWithAck("chat:message", { roomId: "nowhere", clientMessageId: "two", body: "hello" });
seen.unknown = await a.emitWithAck("no:such", {});
seen.invalid = await a.emitWithAck("chat:message", { roomId: room });
seen.transports = [a.io.engine.transport.name, b.io.engine.transport.name];

b.disconnect();
const c = await connect(bob);
const resumed = [];
c.on("chat:message", (message) => resumed.push(message.seq));
seen.resumed = await c.emitWithAck("chat:join", { roomId: room, lastSeq: 20 });
seen.replayed = resumed;

const stranger = io(url, { auth: { token: "nonsense" }, transports, reconnection: false });
[seen.refused] = await new Promise((resolve) => stranger.on("connect_error", (error) => resolve([error.data])));
for (const socket of [a, c, stranger]) socket.disconnect();
console.log(JSON.stringify(seen));
