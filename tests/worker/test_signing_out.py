"""Whoever signs out, or is signed out, is disconnected at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import websockets

from tests.worker.live import SocketIo, Stomp, token
from tests.worker.people import PASSWORD, Person

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.worker.people import Town

SIGNED_OUT = 4403


def second_device(town: Town, person: Person) -> Person:
    """The same person, signed in once more."""
    http = town.visitor()
    answer = http.post("/api/v1/auth/login", json={"email": person.email, "password": PASSWORD})
    return Person(http, person.email).accept(answer.json())


def how_it_ends(connection: Stomp | SocketIo) -> int:
    """The code that the server closes it with."""
    with pytest.raises(websockets.ConnectionClosed) as closed:
        connection.next()
    assert closed.value.rcvd
    return closed.value.rcvd.code


def log_out(person: Person) -> None:
    person.http.post("/api/v1/auth/logout", json={})


def log_out_everywhere(person: Person) -> None:
    person.http.post("/api/v1/auth/logout", json={"all": True})


def delete_account(person: Person) -> None:
    person.http.request("DELETE", "/api/v1/users/account", json={"password": PASSWORD})


@pytest.mark.parametrize("leave", [log_out, log_out_everywhere, delete_account])
def test_both_protocols_are_closed(town: Town, leave: Callable[[Person], None]) -> None:
    ada = town.register()
    with Stomp(town.url, **token(ada)) as stomp, SocketIo(town.url, token=ada.tokens["accessToken"]) as sio:
        leave(ada)
        assert (how_it_ends(stomp), how_it_ends(sio)) == (SIGNED_OUT, SIGNED_OUT)


def test_only_the_device_that_is_signed_out_is_disconnected(town: Town) -> None:
    phone = town.register()
    laptop = second_device(town, phone)
    with Stomp(town.url, **token(phone)) as one, Stomp(town.url, **token(laptop)) as other:
        listed = laptop.http.get("/api/v1/auth/sessions").json()["items"]
        (session,) = [each["id"] for each in listed if not each["current"]]
        assert laptop.http.delete(f"/api/v1/auth/sessions/{session}").status_code == 204
        assert how_it_ends(one) == SIGNED_OUT
        assert other.subscribe("/user/queue/notifications")[-1].command == "RECEIPT"


def test_a_thief_is_disconnected_with_the_device(town: Town) -> None:
    ada = town.register()
    stolen = ada.tokens["refreshToken"]
    ada.accept(ada.refresh().json())
    with Stomp(town.url, **token(ada)) as connection:
        assert ada.http.post("/api/v1/auth/refresh", json={"refreshToken": stolen}).status_code == 401
        assert how_it_ends(connection) == SIGNED_OUT
