"""Topics that everyone hears, queues whose messages go to one consumer each."""

from __future__ import annotations

from collections import defaultdict, deque

from protocols.stomp import PreparedMessage, WindowFull

MAX_WAITING = 1_000


class Broker:
    """In memory. A queue's message that was not acknowledged goes to the next consumer."""

    def __init__(self):
        self._consumers = defaultdict(deque)
        self._waiting = defaultdict(lambda: deque(maxlen=MAX_WAITING))
        self._sent = {}
        self._number = 0

    def publish(self, event):
        self._number += 1
        message_id = f"m{self._number}"
        message = PreparedMessage(event.destination, event.content(), event.headers)
        if event.destination.startswith("/queue/"):
            self._waiting[event.destination].append((message_id, message))
            self._drain(event.destination)
            return
        for client, subscription in list(self._consumers[event.destination]):
            self._send(client, subscription, message_id, message)

    def subscribe(self, client, subscription):
        self._consumers[subscription.destination].append((client, subscription.id))
        self._drain(subscription.destination)

    def unsubscribe(self, client, event):
        self._remove(client, event.id, event.destination)
        self._again((client.id, message_id) for message_id in event.unsettled)

    def nack(self, client, event):
        self._again((client.id, message_id) for message_id in event.message_ids)

    def leave(self, client):
        for destination in list(self._consumers):
            for holder, subscription in list(self._consumers[destination]):
                if holder is client:
                    self._remove(client, subscription, destination)
        self._again((client.id, message_id) for _, message_id in client.connection.unsettled)

    def _remove(self, client, subscription, destination):
        consumers = self._consumers[destination]
        if (client, subscription) in consumers:
            consumers.remove((client, subscription))
        if not consumers:
            del self._consumers[destination]

    def _again(self, keys):
        for key in reversed(list(keys)):
            if found := self._sent.pop(key, None):
                destination, message = found
                self._waiting[destination].appendleft((key[1], message))
                self._drain(destination)

    def _drain(self, destination):
        waiting, consumers = self._waiting[destination], self._consumers[destination]
        for _ in range(len(consumers)):
            while waiting and consumers:
                client, subscription = consumers[0]
                consumers.rotate(-1)
                message_id, message = waiting[0]
                if not self._send(client, subscription, message_id, message):
                    break
                waiting.popleft()
                if client.connection.subscriptions[subscription].ack != "auto":
                    self._sent[client.id, message_id] = destination, message

    def _send(self, client, subscription, message_id, message):
        try:
            client.peer.send(client.connection.deliver(message, subscription, message_id))
        except WindowFull:
            return False
        return True
