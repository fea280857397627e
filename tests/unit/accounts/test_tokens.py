"""Access tokens: what is let in, and above all what is not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import jwt
import pytest

from services.accounts.keys import published_keys
from services.accounts.tokens import CACHED_TOKENS, LIFETIME, issue_access_token, read_access_token
from services.jose import MAX_TOKEN
from services.problems import InvalidToken
from tests.unit.support import Context, reconfigured
from tests.unit.support_crypto import rsa_pem, signing_keys


def issue(context: Context) -> str:
    return issue_access_token(context, "user-1", "session-1", ["admin"])


def segment(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def claims(context: Context, **changes: Any) -> dict[str, Any]:
    now = context.clock.now() // 1000
    standard = {
        "iss": "https://api.test", "aud": "studymate", "sub": "user-1", "sid": "session-1", "roles": ["user"],
        "iat": now, "nbf": now, "exp": now + 60,
    }  # fmt: skip
    return {name: value for name, value in {**standard, **changes}.items() if value is not None}


def signed(context: Context, *, kid: str = "rsa-1", key: int = 1, **changes: Any) -> str:
    """A token from PyPI's own RS256, independent of ours."""
    return jwt.encode(claims(context, **changes), rsa_pem(key), "RS256", {"kid": kid})


def refused(context: Context, token: str) -> bool:
    with pytest.raises(InvalidToken):
        read_access_token(context, token)
    return True


class TestLetIn:
    def test_says_who_calls(self, context: Context) -> None:
        principal = read_access_token(context, issue(context))
        assert (principal.user_id, principal.session_id) == ("user-1", "session-1")
        assert principal.roles == {"user", "admin"}

    def test_any_jwt_library_verifies_it_with_the_published_keys(self, context: Context) -> None:
        token = issue(context)
        key = jwt.PyJWKSet.from_json(published_keys(context))[jwt.get_unverified_header(token)["kid"]]
        decoded = jwt.decode(
            token,
            key,
            ["RS256"],
            audience="studymate",
            issuer="https://api.test",
            options={"verify_exp": False},
        )
        assert decoded["exp"] - decoded["iat"] == LIFETIME

    def test_lets_in_what_another_library_signs_with_our_key(self, context: Context) -> None:
        assert read_access_token(context, signed(context)).user_id == "user-1"

    def test_a_second_look_costs_no_verification(self, context: Context) -> None:
        token = issue(context)
        read_access_token(context, token)
        verified = context.crypto.verifications
        read_access_token(context, token)
        assert context.crypto.verifications == verified

    def test_remembers_a_bounded_number_of_tokens(self, context: Context) -> None:
        first = issue(context)
        read_access_token(context, first)
        for number in range(CACHED_TOKENS):
            read_access_token(context, issue_access_token(context, f"user-{number}", "s", []))
        verified = context.crypto.verifications
        read_access_token(context, first)
        assert context.crypto.verifications == verified + 1


class TestTime:
    def test_ends_after_fifteen_minutes_remembered_or_not(self, context: Context) -> None:
        remembered, fresh = issue(context), signed(context, exp=context.clock.now() // 1000 + LIFETIME)
        read_access_token(context, remembered)
        context.clock.advance(seconds=LIFETIME - 1)
        assert read_access_token(context, remembered)
        context.clock.advance(seconds=1)
        assert refused(context, remembered)
        assert refused(context, fresh)

    def test_not_before_its_time(self, context: Context) -> None:
        assert refused(context, signed(context, nbf=context.clock.now() // 1000 + 60))


class TestKeptOut:
    @pytest.mark.parametrize("algorithm", ["none", "None", "nOnE", "HS256", "RS512", "ES256", None, 7])
    def test_no_other_algorithm_whatever_the_header_says(self, context: Context, algorithm: Any) -> None:
        good = signed(context)
        _, payload, signature = good.split(".")
        header = segment({"alg": algorithm, "kid": "rsa-1", "typ": "JWT"})
        assert refused(context, f"{header}.{payload}.{signature}")
        assert refused(context, f"{header}.{payload}.")

    def test_no_hmac_with_the_public_key_as_its_secret(self, context: Context) -> None:
        public = context.crypto.public_pem(context.crypto.public_jwk(rsa_pem(1)))
        signing_input = f"{segment({'alg': 'HS256', 'kid': 'rsa-1'})}.{segment(claims(context))}"
        mac = hmac.digest(public.encode(), signing_input.encode(), hashlib.sha256)
        assert refused(context, f"{signing_input}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}")

    def test_no_key_that_the_token_brings_along(self, context: Context) -> None:
        jwk = dict(context.crypto.public_jwk(rsa_pem(9)))
        token = jwt.encode(claims(context), rsa_pem(9), "RS256", {"kid": "rsa-1", "jwk": jwk})
        assert refused(context, token)

    @pytest.mark.parametrize(
        "header",
        [{"crit": ["exp"], "exp": 1}, {"b64": False, "crit": ["b64"]}, {"crit": []}, {"crit": "b64"}],
    )
    def test_no_extension_that_we_do_not_know(self, context: Context, header: dict[str, Any]) -> None:
        signing_input = ".".join(
            segment(part) for part in ({"alg": "RS256", "kid": "rsa-1", **header}, claims(context))
        )
        signature = context.crypto.rs256_sign(rsa_pem(1), signing_input.encode())
        assert refused(context, f"{signing_input}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}")

    def test_no_foreign_key_and_no_unknown_kid(self, context: Context) -> None:
        assert refused(context, signed(context, key=9))
        assert refused(context, signed(context, kid="rsa-9", key=9))
        assert refused(context, signed(context, kid="../../dev/null"))

    def test_no_signature_of_other_content(self, context: Context) -> None:
        header, _, signature = signed(context).split(".")
        assert refused(context, f"{header}.{segment(claims(context, sub='user-2'))}.{signature}")

    @pytest.mark.parametrize(
        "changes",
        [
            {"iss": "https://evil.test"}, {"iss": None}, {"aud": "other"}, {"aud": ["other"]}, {"aud": None},
            {"exp": None}, {"exp": "tomorrow"}, {"exp": True}, {"exp": 1e300}, {"nbf": None}, {"nbf": "now"},
            {"sub": None}, {"sid": None}, {"roles": None}, {"roles": 3},
        ],
    )  # fmt: skip
    def test_no_claim_wrong_or_missing(self, context: Context, changes: dict[str, Any]) -> None:
        signing_input = ".".join(
            segment(part) for part in ({"alg": "RS256", "kid": "rsa-1"}, claims(context, **changes))
        )
        signature = context.crypto.rs256_sign(rsa_pem(1), signing_input.encode())
        assert refused(context, f"{signing_input}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}")

    @pytest.mark.parametrize(
        "token", ["", ".", "..", "a.b.c", "Bearer x", "é.é.é", "\0", "a." * 3000, "[].[].[]"]
    )
    def test_no_nonsense(self, context: Context, token: str) -> None:
        assert refused(context, token)

    def test_no_token_longer_than_the_bound_even_when_it_is_ours(self, context: Context) -> None:
        token = signed(context, padding="x" * MAX_TOKEN)
        assert refused(context, token)

    def test_no_id_token_or_other_jwt_of_ours_for_another_audience(self, context: Context) -> None:
        elsewhere = reconfigured(context, TOKEN_AUDIENCE="other-service")
        assert refused(context, issue(elsewhere))


class TestRotation:
    def test_signs_nobody_out(self, context: Context) -> None:
        before = issue(context)
        rotated = reconfigured(context, JWT_PRIVATE_KEYS=signing_keys(2, 3, 1))
        after = issue(rotated)
        assert read_access_token(rotated, before)
        assert read_access_token(rotated, after)
        assert read_access_token(context, after), "an isolate with the old secrets knows the standby key"

    def test_a_dropped_key_lets_nothing_in(self, context: Context) -> None:
        token = issue(context)
        read_access_token(context, token)
        assert refused(reconfigured(context, JWT_PRIVATE_KEYS=signing_keys(2, 3)), token)

    def test_publishes_all_keys_without_their_private_halves(self, context: Context) -> None:
        keys = json.loads(published_keys(context))["keys"]
        assert [key["kid"] for key in keys] == ["rsa-1", "rsa-2"]
        assert {frozenset(key) for key in keys} == {frozenset({"kty", "n", "e", "kid", "use", "alg"})}
