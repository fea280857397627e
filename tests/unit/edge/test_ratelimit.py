from hypothesis import given
from hypothesis import strategies as st

from services.ratelimit import Policy, Window, parse_policies


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
