"""What the platform starts by itself: crons, alarms, work after the answer, objects that wake up."""

import httpx
import pytest
from websockets.sync.client import connect

from tests.runtime.conftest import eventually

IDLE_SECONDS = 13  # workerd puts an object to sleep ten seconds after its last event


def test_work_given_to_wait_until_goes_on_after_the_answer(ask):
    ask("wait")
    assert eventually(lambda: ask("wait")) == "yes"


def test_calls_wait_for_the_block_of_the_constructor(ask):
    assert ask("blocked") == [True, True, True]


def test_a_cron_can_be_triggered_and_env_comes_through_self_alone(ask, platform):
    cron = {"cron": "*/5 * * * *", "format": "json"}
    answer = httpx.get(f"{platform.url}/cdn-cgi/local/scheduled", params=cron, timeout=60)
    assert answer.json()["outcome"] == "ok"
    assert ask("scheduled") == "*/5 * * * * NoneType NoneType"


def test_an_alarm_rings(ask):
    ask("alarm")
    assert eventually(lambda: ask("alarmed")).endswith("True")


@pytest.fixture
def socket(platform):
    with connect(platform.url.replace("http", "ws") + "/socket") as opened:
        yield opened


def test_socket_handlers_get_javascript_values(socket):
    socket.send("hi")
    assert socket.recv(timeout=30).startswith("text hi True")
    socket.send(b"\x00\xff")
    assert socket.recv(timeout=30).startswith("binary 00ff True")


def test_a_close_is_answered_with_its_code_and_reason(socket):
    socket.close(4001, "bye")
    assert (socket.close_code, socket.close_reason) == (4001, "bye")


def test_a_socket_outlives_the_object_that_accepted_it(socket):
    socket.send("before")
    before = socket.recv(timeout=30).split()
    with pytest.raises(TimeoutError):
        socket.recv(timeout=IDLE_SECONDS)
    socket.send("after")
    after = socket.recv(timeout=30).split()
    assert int(after[3]) == int(before[3]) + 1
    assert after[4:] == ["kept", "while", "asleep"]
