// Node's socket.io: everyone in one room, nothing stored. Prints where it listens.
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);
let seq = 0;
io.on("connection", (socket) => {
  socket.join("room");
  socket.on("chat:message", ({ clientMessageId, body }, acknowledge) => {
    seq += 1;
    const message = {
      id: `room-${seq}`, roomId: "room", seq, clientMessageId, sender: { id: "someone", displayName: "Someone" }, body,
      attachments: [], replyTo: null, createdAt: new Date().toISOString(), editedAt: null, deletedAt: null, reactions: [],
    };
    io.to("room").emit("chat:message", message);
    acknowledge(seq);
  });
});
http.listen(0, "127.0.0.1", () => console.log(`ready on http://127.0.0.1:${http.address().port}`));
process.stdin.resume().on("end", () => process.exit(0));
