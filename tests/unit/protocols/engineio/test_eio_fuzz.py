"""Whatever a client does and whenever, the promises of a session hold."""

from __future__ import annotations

import json

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from protocols.engineio import Closed, CloseSocket, Deliver, Reply, SendFrame, Session, Settings, State

SETTINGS = Settings(
    ping_interval=30,
    ping_timeout=20,
    max_payload=64,
    upgrade_timeout=15,
    linger=40,
    max_packets=4,
    max_buffered_packets=6,
    max_buffered_size=100,
)
FRAME = st.one_of(
    st.sampled_from(["0", "1", "2", "2probe", "3", "4", "4hello", "5", "6", "9", ""]), st.text(), st.binary()
)
BODY = st.lists(FRAME.filter(lambda frame: isinstance(frame, str)), max_size=6).map("\x1e".join)
MESSAGE = st.one_of(st.text(max_size=30).filter(lambda text: "\x1e" not in text), st.binary(max_size=30))


class AnyClient(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.now, self.handle = 0, 100
        self.polls, self.posts, self.sockets = set(), set(), set()
        self.closed = False
        self.session, _ = Session.open_polling("abc", SETTINGS, 0, 0)

    def apply(self, actions):
        for action in actions:
            if isinstance(action, Reply):
                waiting = self.polls if action.request in self.polls else self.posts
                waiting.remove(action.request)  # a request is answered once
            elif isinstance(action, SendFrame | CloseSocket):
                assert action.socket in self.sockets
                if isinstance(action, CloseSocket):
                    self.sockets.remove(action.socket)
            elif isinstance(action, Closed):
                assert not self.closed
                self.closed = True
            else:
                assert isinstance(action, Deliver)
                assert not self.closed

    def new(self, kind):
        self.handle += 1
        kind.add(self.handle)
        return self.handle

    @rule(by=st.integers(0, 40))
    def time_passes(self, by):
        self.now += by

    @rule()
    def tick(self):
        self.apply(self.session.tick(self.now))

    @rule()
    def poll(self):
        self.apply(self.session.poll_opened(self.new(self.polls), self.now))

    @rule()
    def post_opens(self):
        self.apply(self.session.post_opened(self.new(self.posts), self.now))

    @precondition(lambda self: self.posts)
    @rule(data=st.data(), body=BODY)
    def post_completes(self, data, body):
        request = data.draw(st.sampled_from(sorted(self.posts)))
        self.apply(self.session.post_received(request, body, self.now))

    @precondition(lambda self: self.polls | self.posts)
    @rule(data=st.data())
    def request_breaks(self, data):
        request = data.draw(st.sampled_from(sorted(self.polls | self.posts)))
        self.polls.discard(request)
        self.posts.discard(request)
        self.apply(self.session.request_cancelled(request))

    @rule()
    def socket_opens(self):
        self.apply(self.session.websocket_opened(self.new(self.sockets), self.now))

    @precondition(lambda self: self.sockets)
    @rule(data=st.data(), frame=FRAME)
    def frame_arrives(self, data, frame):
        socket = data.draw(st.sampled_from(sorted(self.sockets)))
        self.apply(self.session.websocket_message(socket, frame, self.now))

    @precondition(lambda self: self.sockets)
    @rule(data=st.data())
    def socket_breaks(self, data):
        socket = data.draw(st.sampled_from(sorted(self.sockets)))
        self.sockets.remove(socket)
        self.apply(self.session.websocket_closed(socket))

    @rule(message=MESSAGE)
    def server_sends(self, message):
        self.apply(self.session.send(message))

    @rule(seldom=st.integers(0, 9))
    def server_closes(self, seldom):
        if seldom == 0:
            self.apply(self.session.close(self.now))

    @precondition(lambda self: not self.polls and not self.posts)
    @rule()
    def host_is_evicted(self):
        self.session = Session.load(json.loads(json.dumps(self.session.dump())), SETTINGS)

    @invariant()
    def state_is_consistent(self):
        assert self.closed == (self.session.state is State.CLOSED)
        assert self.closed == (self.session.deadline is None)
        if self.closed:
            assert not self.polls
        assert len(self.polls) <= 1
        assert len(self.sockets) <= 1

    @invariant()
    def memory_is_bounded(self):
        assert len(json.dumps(self.session.dump())) < 1_500


AnyClient.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestAnyClient = AnyClient.TestCase
