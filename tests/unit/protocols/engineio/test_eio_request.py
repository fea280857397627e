"""EIO4, "Query parameters", and the error bodies of the reference server."""

from __future__ import annotations

import json

import pytest

from protocols.engineio import FORBIDDEN, UNKNOWN_SID, Refused, Request, check_request

POLLING = {"EIO": "4", "transport": "polling"}
WEBSOCKET = {"EIO": "4", "transport": "websocket"}


def refusal(method, query, *, upgrade=False):
    with pytest.raises(Refused) as error:
        check_request(method, query, upgrade=upgrade)
    assert error.value.status == 400
    return json.loads(error.value.body)


def test_a_request_without_a_session_opens_one():
    assert check_request("GET", POLLING, upgrade=False) == Request("polling", None)
    assert check_request("GET", WEBSOCKET, upgrade=True) == Request("websocket", None)
    assert check_request("GET", POLLING | {"sid": "", "t": "x"}, upgrade=False) == Request("polling", None)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_with_a_session_goes_to_it(method):
    assert check_request(method, POLLING | {"sid": "s"}, upgrade=False) == Request("polling", "s")


def test_a_websocket_may_join_a_session():
    assert check_request("GET", WEBSOCKET | {"sid": "s"}, upgrade=True) == Request("websocket", "s")


@pytest.mark.parametrize("transport", [None, "abc", "", "webtransport", "Polling"])
def test_unknown_transports_are_refused(transport):
    query = {"EIO": "4"} | ({} if transport is None else {"transport": transport})
    assert refusal("GET", query) == {"code": 0, "message": "Transport unknown"}


@pytest.mark.parametrize("version", [None, "abc", "3", "", "4.0", "04"])
def test_other_versions_are_refused(version):
    query = {"transport": "polling"} | ({} if version is None else {"EIO": version})
    assert refusal("GET", query) == {"code": 5, "message": "Unsupported protocol version"}
    assert refusal("GET", query | {"sid": "s"}) == {"code": 3, "message": "Bad request"}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD"])
def test_a_handshake_is_a_get(method):
    assert refusal(method, POLLING) == {"code": 2, "message": "Bad handshake method"}


def test_only_get_and_post_reach_a_session():
    assert refusal("PUT", POLLING | {"sid": "s"}) == {"code": 3, "message": "Bad request"}
    assert refusal("POST", WEBSOCKET | {"sid": "s"}, upgrade=True)["code"] == 3


def test_transport_and_upgrade_belong_together():
    assert refusal("GET", WEBSOCKET)["code"] == 3
    assert refusal("GET", POLLING, upgrade=True)["code"] == 3
    assert refusal("GET", WEBSOCKET | {"sid": "s"})["code"] == 3


def test_a_session_id_that_cannot_be_ours_is_unknown():
    assert refusal("GET", POLLING | {"sid": "s" * 65}) == {"code": 1, "message": "Session ID unknown"}


def test_refusals_of_the_caller_have_the_reference_bodies():
    assert Refused(UNKNOWN_SID).body == '{"code":1,"message":"Session ID unknown"}'
    assert (Refused(FORBIDDEN).status, Refused(FORBIDDEN).body) == (403, '{"code":4,"message":"Forbidden"}')
