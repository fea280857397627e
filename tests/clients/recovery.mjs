// One person is cut off, twice, and goes on with socket.io-client's connection state recovery. The argument is JSON:
// {url, rooms, ada, bob, transports}. Each report waits for a line of standard input.
import readline from "node:readline";
import { io } from "socket.io-client";

const { url, rooms, ada, bob, transports } = JSON.parse(process.argv[2]);
const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const report = async (about) => {
  console.log(JSON.stringify(about));
  await lines.next();
};
const once = (socket, name) => new Promise((resolve) => socket.once(name, resolve));
const open = (token) => io(url, { auth: (give) => give({ token }), transports, reconnection: false, forceNew: true });

const a = open(ada);
await once(a, "connect");
let number = 0;
const say = (room) => a.emitWithAck("chat:message", { roomId: rooms[room], clientMessageId: `m${++number}`, body: `${number}` });

const b = open(bob);
const heard = [];
b.on("chat:message", ({ roomId, seq, body }) => heard.push([rooms.indexOf(roomId), seq, body]));
const until = async (count) => {
  while (heard.length < count) await once(b, "chat:message");
};
await once(b, "connect");
for (const roomId of rooms) await b.emitWithAck("chat:join", { roomId });
await say(0);
await say(1);
await until(2);
const first = b.id;

for (const away of [[1, 0, 1, 1], [0, 0, 1]]) {
  await report({ recovered: b.recovered, same: b.id === first, heard });
  const gone = once(b, "disconnect");
  b.io.engine.close();
  await gone;
  for (const room of away) await say(room);
  await report({ recovered: b.recovered });
  const back = Promise.all([once(b, "connect"), once(b, "session:recovered")]);
  b.connect();
  await back;
  await say(0);
  await until(number);
}
await report({ recovered: b.recovered, same: b.id === first, heard });
for (const socket of [a, b]) socket.disconnect();
process.exit(0);
