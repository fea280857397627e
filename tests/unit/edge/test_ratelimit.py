import asyncio
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from edge.http.limits import Limits
from services.ratelimit import Policy, Window, parse_policies
from tests.unit.support import make_context


class Limiter:
    """The object of one subject, a moment away."""

    def __init__(self) -> None:
        self.window = Window()

    def get(self, namespace: str, name: str) -> "Limiter":
        return self

    async def call(self, method: str, *, wanted: int, quota: int, window: int) -> dict[str, int]:
        await asyncio.sleep(0)
        return self.window.grant(wanted=wanted, quota=quota, window=window, now=1_000_000)


def test_policies_are_read_from_configuration():
    policies = parse_policies({"api": "200/60"})
    assert policies["api"] == Policy("api", 200, 60)
    assert policies["sign_in"] == Policy("sign_in", 10, 60, exact=True)
    assert (policies["api"].lease, policies["sign_in"].lease) == (20, 1)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5_000)), max_size=200))
def test_no_window_grants_more_than_its_quota(requests):
    window, now, granted = Window(), 1_000_000, {}
    for wanted, passed in requests:
        now += passed
        grant = window.grant(wanted=wanted, quota=10, window=60, now=now)
        granted[window.started] = granted.get(window.started, 0) + grant["granted"]
        assert grant["resetAt"] > now
        assert grant["remaining"] == 10 - granted[window.started]
    assert all(total <= 10 for total in granted.values())


def test_a_new_window_begins_when_the_old_one_is_over():
    window = Window()
    assert window.grant(wanted=10, quota=10, window=60, now=1_000_000)["granted"] == 10
    assert window.grant(wanted=1, quota=10, window=60, now=1_059_999)["granted"] == 0
    assert window.grant(wanted=1, quota=10, window=60, now=1_060_000)["granted"] == 1


async def test_requests_that_come_together_leave_something_to_other_isolates():
    context = replace(make_context(), objects=Limiter())
    here, elsewhere = Limits(parse_policies({})), Limits(parse_policies({}))
    await asyncio.gather(*(here.take(context, "api", "user:mina") for _ in range(30)))
    assert context.objects.window.granted <= 40
    assert await elsewhere.take(context, "api", "user:mina")
