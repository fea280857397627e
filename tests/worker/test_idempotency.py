"""A request that is sent again has happened once."""

from __future__ import annotations

import asyncio
from secrets import token_hex

import httpx
import pytest

from tests.worker.people import Town, address, registration

REGISTER = "/api/v1/auth/register"


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.fixture
def http(town: Town) -> httpx.Client:
    return town.visitor()


def test_the_same_key_and_body_get_the_first_answer(http):
    body, key = registration(), {"idempotency-key": token_hex()}
    first = http.post(REGISTER, json=body, headers=key)
    again = http.post(REGISTER, json=body, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"


def test_the_same_key_with_another_body_is_a_conflict(http):
    key = {"idempotency-key": token_hex()}
    http.post(REGISTER, json=registration(), headers=key)
    assert code(http.post(REGISTER, json=registration(), headers=key)) == (409, "idempotency_key_reused")


def test_a_failed_request_may_be_tried_again_under_its_key(http):
    key = {"idempotency-key": token_hex()}
    body = registration()
    refused = http.post(REGISTER, json=body | {"agreements": {"terms": False, "privacy": True}}, headers=key)
    assert refused.status_code == 422
    assert http.post(REGISTER, json=body, headers=key).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_must_be_of_reasonable_length(http, key):
    answer = http.post(REGISTER, json=registration(), headers={"idempotency-key": key})
    assert code(answer) == (400, "bad_request")


async def test_of_concurrent_duplicates_one_happens(url):
    body, key = registration(), {"idempotency-key": token_hex(), "cf-connecting-ip": address()}
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        answers = await asyncio.gather(*(http.post(REGISTER, json=body, headers=key) for _ in range(6)))
        final = await http.post(REGISTER, json=body, headers=key)
    created = [answer for answer in answers if answer.status_code == 201]
    refused = [answer for answer in answers if answer.status_code != 201]
    assert created
    assert {answer.json()["user"]["id"] for answer in created} == {final.json()["user"]["id"]}
    assert {code(answer) for answer in refused} <= {(409, "idempotency_in_progress")}
