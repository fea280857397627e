"""What crosses between Python and the platform, and as what it arrives."""

import httpx

from tests.runtime.conftest import eventually

ARRIVES_AS = ["NoneType", "bool", "int", "float", "str", "JsDict", "list", "memoryview"]
ARRIVES_AS += ["datetime", "Request", "Response"]


def test_a_request_arrives_as_the_sdks(ask):
    assert ask("request", content="hi") == {"type": "Request", "method": "POST", "body": "hi"}


def test_arguments_of_a_call_arrive_as_python_values(ask):
    assert ask("types") == ARRIVES_AS


def test_a_nested_value_comes_back_equal(ask):
    assert ask("roundtrip") == {"same": True}


def test_a_tuple_cannot_be_returned(ask):
    assert "<class 'tuple'> cannot be sent over RPC" in ask("tuple")


def test_an_exception_reaches_the_caller(ask):
    assert ask("raised") == ["JsException", True]


def test_a_method_that_is_not_there_says_so(ask):
    assert "Method no_such_method does not exist" in ask("missing")


def test_a_worker_calls_its_own_entrypoint(ask):
    assert ask("self") == "hello, you"


def test_an_object_gets_the_request_that_is_passed_on(platform):
    assert httpx.get(f"{platform.url}/object").text == "Request in Room"


def test_null_is_not_none(ask):
    assert ask("null") == [False, True]


def test_bindings_come_from_the_configuration_and_remote_ones_are_absent(ask):
    assert ask("bindings") == ["DB", "KV", "BUCKET", "ROOM", "SELF", "GREETING", "LOOKUP_KEY"]


def test_the_traceback_of_a_failed_request_is_printed_with_this_checkouts_paths(platform):
    def printed():
        assert httpx.get(f"{platform.url}/crash").status_code == 500
        return "ValueError: a clear reason" in platform.log

    assert eventually(printed)
    assert 'File "tests/runtime/fixture/src/main.py", line' in "\n".join(platform.log)
    assert not [line for line in platform.log if "_cloudflare" in line or "/session/" in line]
