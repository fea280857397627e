"""Many requests at once must not be mixed up (workerd issue 6624)."""

import asyncio

import httpx

REQUESTS = 2000


async def test_every_answer_belongs_to_its_request(platform):
    limits = httpx.Limits(max_connections=64)
    async with httpx.AsyncClient(base_url=platform.url, limits=limits, timeout=300) as client:
        answers = await asyncio.gather(*[client.get("/mixed", params={"n": n}) for n in range(REQUESTS)])
    wrong = [n for n, answer in enumerate(answers) if answer.json() != [n, 2 * n]]
    assert wrong == []
