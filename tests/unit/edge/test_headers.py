import pytest

from edge.http.headers import acceptable_request_id, cookies, cors, is_preflight, limited_address

HOME = "https://studymate.example"


@pytest.mark.parametrize("given", ["a", "01m7xe20gtp4vc7eq1yqtq8j10", "trace:1.2-3_4", "x" * 128])
def test_a_harmless_request_id_is_kept(given):
    assert acceptable_request_id(given) == given


@pytest.mark.parametrize("given", [None, "", "x" * 129, "a b", "a\nb", 'a"b', "한"])
def test_any_other_is_not(given):
    assert acceptable_request_id(given) is None


def test_a_known_origin_is_named_with_credentials():
    answered = dict(cors(HOME, frozenset({HOME})))
    assert answered["access-control-allow-origin"] == HOME
    assert answered["access-control-allow-credentials"] == "true"
    assert answered["vary"] == "Origin"


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", HOME + ".evil.example"])
def test_any_other_origin_gets_nothing_but_vary(origin):
    assert cors(origin, frozenset({HOME})) == [("vary", "Origin")]


def test_an_options_request_without_origin_is_no_preflight():
    assert not is_preflight("OPTIONS", {"access-control-request-method": "POST"})
    assert is_preflight("OPTIONS", {"origin": HOME, "access-control-request-method": "POST"})


def test_of_a_repeated_cookie_the_first_counts():
    assert cookies("a=1; b=2; a=3; broken") == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("not an address", "unknown"),
    ],
)
def test_addresses_of_one_subscriber_count_as_one(address, counted):
    assert limited_address(address) == counted
