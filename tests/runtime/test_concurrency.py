"""Many requests at once must not be mixed up (workerd issue 6624)."""

import asyncio

import httpx

REQUESTS = 2000
AT_ONCE = 64


async def test_every_answer_belongs_to_its_request(platform):
    numbers = iter(range(REQUESTS))
    answers = {}

    async def client():
        async with httpx.AsyncClient(base_url=platform.url, timeout=300) as connection:
            for n in numbers:
                answers[n] = (await connection.get("/mixed", params={"n": n})).json()

    await asyncio.gather(*[client() for _ in range(AT_ONCE)])
    assert answers == {n: [n, 2 * n] for n in range(REQUESTS)}
