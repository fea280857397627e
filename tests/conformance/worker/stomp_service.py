"""Clients of the STOMP broker: who is let in, the heart-beats both sides agreed on."""

from __future__ import annotations

from applications import Application
from broker import Broker

from protocols import stomp
from services.realtime import closing
from services.realtime.hosts import SocketHost

PASSCODES = {"guest": "guest"}
"""The account that brokers come with, and clients' tests use. Whoever gives another login, or none, is let in."""
LIMITS = stomp.Limits(body=2_000_000, transaction_octets=2_000_000)
FASTEST = 100
"""Milliseconds between the server's heart-beats, at least."""
PATIENCE = 2
"""A client that was silent for so many of its own heart-beats is gone."""


class StompClient(Application):
    """Passes what one client wants to the broker."""

    def __init__(self, broker, gateway, peer, client_id, _identity=None):
        super().__init__(gateway, peer, client_id)
        self.broker = broker
        self.connection = stomp.ServerConnection(LIMITS)
        self.beaten_at = 0

    async def receive(self, data):
        events = self.connection.receive(data)
        while events:
            for event in events:
                self._handle(event)
            events = self.connection.receive(b"") if isinstance(events[0], stomp.Connect) else []

    def _handle(self, event):
        match event:
            case stomp.Connect():
                self._connect(event)
                return
            case stomp.Failed():
                self.fail(event.frame, event.error.code)
                return
            case stomp.HeartBeat():
                return
            case stomp.Send():
                self.broker.publish(event)
            case stomp.Subscribe():
                self._receipt(event)
                self.broker.subscribe(self, event)
                return
            case stomp.Unsubscribe():
                self.broker.unsubscribe(self, event)
            case stomp.Nack():
                self.broker.nack(self, event)
            case stomp.Commit():
                for each in event.events:
                    self._handle(each)
            case stomp.Disconnect():
                self._receipt(event)
                self.broker.leave(self)
                self.close(closing.NORMAL, "")
                return
        self._receipt(event)

    def _connect(self, event):
        if PASSCODES.get(event.login, event.passcode) != event.passcode:
            self.fail(self.connection.error("Bad CONNECT", "Access refused."), "access_refused")
            return
        sends, wants = event.heart_beat
        offer = max(wants, FASTEST) if wants else 0, sends
        self.peer.send(self.connection.connected(heart_beat=offer, session=self.id, server="conformance"))
        self.beaten_at = self.gateway.context.clock.now()

    def fail(self, frame, code):
        self.peer.send(frame)
        self.close(closing.PROTOCOL_ERROR, code)

    def _receipt(self, event):
        if event.receipt is not None:
            self.peer.send(self.connection.receipt(event.receipt))

    async def closed(self):
        self.broker.leave(self)

    def keep_time(self, now, heard_at):
        """Beat if it is time to, give the client up if it should have; when to come again, or None."""
        own, theirs = self.connection.heart_beats
        if own and now >= self.beaten_at + own:
            self.peer.send("\n")
            self.beaten_at = now
        if theirs and now >= heard_at + PATIENCE * theirs:
            self.close(closing.TIMED_OUT, "no heart-beat")
            return None
        due = [
            at for beat, at in ((own, self.beaten_at + own), (theirs, heard_at + PATIENCE * theirs)) if beat
        ]
        return min(due, default=None)


class StompHost(SocketHost):
    """Keeps the clients' time: unlike the product's, whose heart-beats the platform answers, it counts them."""

    def __init__(self, platform, gateway):
        broker = Broker()
        super().__init__(platform, gateway, lambda *known: StompClient(broker, *known))

    async def received(self, key, data):
        await super().received(key, data)
        if at := self._next(self.now()):
            self._platform.wake(at)

    async def tick(self, now):
        return self._next(now)

    def _next(self, now):
        due = [each.client.keep_time(now, each.heard_at) for each in list(self._connected.values())]
        return min(filter(None, due), default=None)
