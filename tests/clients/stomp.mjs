// Two people chat over STOMP with stompjs. The argument is JSON: {url, room, ada, bob, sockjs}.
// `sockjs` is a list of SockJS transports; without it the connection is a WebSocket.
import { Client } from "@stomp/stompjs";
import SockJS from "sockjs-client";
import WebSocket from "ws";

const { url, room, ada, bob, sockjs } = JSON.parse(process.argv[2]);
const topic = `/topic/chat/${room}`;
const seen = {};

const connect = (token) =>
  new Promise((resolve, reject) => {
    const client = new Client({
      webSocketFactory: () =>
        sockjs ? new SockJS(`${url}/ws`, null, { transports: sockjs }) : new WebSocket(`${url.replace("http", "ws")}/ws`, ["v12.stomp"]),
      connectHeaders: { Authorization: `Bearer ${token}` },
      reconnectDelay: 0,
      onConnect: () => resolve(client),
      onStompError: (frame) => reject(frame.headers),
    });
    client.activate();
  });
const receipt = (client, act) =>
  new Promise((resolve) => {
    const id = `receipt-${Math.random()}`;
    client.watchForReceipt(id, resolve);
    act({ receipt: id });
  });
const send = (client, body, clientMessageId) =>
  receipt(client, (headers) => client.publish({ destination: `/app/chat/${room}`, headers, body: JSON.stringify({ clientMessageId, body }) }));

const a = await connect(ada);
const b = await connect(bob);
const heard = [];
const events = [];
await receipt(b, (headers) => b.subscribe(topic, (frame) => heard.push(JSON.parse(frame.body)), headers));
await receipt(b, (headers) => b.subscribe(`${topic}/events`, (frame) => events.push([frame.headers.event, JSON.parse(frame.body)]), headers));
for (let i = 1; i <= 20; i++) a.publish({ destination: `/app/chat/${room}`, body: JSON.stringify({ clientMessageId: `${i}`, body: `${i}` }) });
await send(a, "last", "last");
await send(a, "last", "last");
await receipt(a, (headers) => a.publish({ destination: `/app/chat/${room}/typing`, headers }));
await receipt(a, (headers) => a.publish({ destination: `/app/chat/${room}/read`, headers, body: '{"seq": 2}' }));
while (events.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
Object.assign(seen, { heard, events });

b.forceDisconnect();
await send(a, "while away", "away");
const c = await connect(bob);
const resumed = [];
await receipt(c, (headers) => c.subscribe(topic, (frame) => resumed.push(JSON.parse(frame.body).seq), { ...headers, "last-seq": "20" }));
seen.resumed = [...resumed];
seen.refused = await connect("nonsense").catch((headers) => headers.code);
const errors = [];
await receipt(c, (headers) => c.subscribe("/user/queue/errors", (frame) => errors.push(JSON.parse(frame.body)), headers));
c.publish({ destination: "/app/chat/nowhere", body: '{"clientMessageId": "x", "body": "x"}' });
while (!errors.length) await new Promise((resolve) => setTimeout(resolve, 5));
seen.error = errors[0].code;
await Promise.all([a.deactivate(), c.deactivate()]);
console.log(JSON.stringify(seen));
process.exit(0);
