"""Encryption and signature of pushes against the RFCs' own examples."""

from __future__ import annotations

import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from services.encoding import b64url, from_b64url
from services.notifications import webpush
from tests.unit.support import make_context
from tests.unit.support_crypto import point

# RFC 8291, appendix A.
PLAINTEXT = b"When I grow up, I want to be a watermelon"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SENDER_POINT = "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
BROWSER_POINT = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
SECRET = "BTBZMqHH6r4Tts7J_aSIgg"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
    "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)
BROWSER = webpush.Browser("https://push.test/x", from_b64url(BROWSER_POINT), from_b64url(SECRET))


def shared() -> bytes:
    number = int.from_bytes(from_b64url(SENDER), "big")
    browser = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), BROWSER.public_key)
    return ec.derive_private_key(number, ec.SECP256R1()).exchange(ec.ECDH(), browser)


async def test_the_example_of_the_rfc() -> None:
    body = await webpush.seal(
        make_context(),
        BROWSER,
        PLAINTEXT,
        salt=from_b64url(SALT),
        public_key=from_b64url(SENDER_POINT),
        shared=shared(),
    )
    assert b64url(body) == BODY


async def test_every_push_has_a_key_and_a_salt_of_its_own() -> None:
    context = make_context()
    one, other = [await webpush.encrypt(context, BROWSER, PLAINTEXT) for _ in range(2)]
    assert one[:16] != other[:16]
    assert one[21:86] != other[21:86]
    assert len(one) == 86 + len(PLAINTEXT) + 1 + 16


async def test_one_record_of_4096_bytes_and_no_more() -> None:
    context = make_context()
    largest = await webpush.encrypt(context, BROWSER, b"x" * webpush.MAX_PLAINTEXT)
    assert len(largest) == 4096
    with pytest.raises(ValueError, match="at most"):
        await webpush.encrypt(context, BROWSER, b"x" * (webpush.MAX_PLAINTEXT + 1))


async def test_the_server_names_itself_to_that_push_service_alone() -> None:
    context = make_context()
    header = await webpush.authorization(context, "https://eu.push.test:443/a/b?c")
    token, key = header.removeprefix("vapid t=").split(", k=")
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), from_b64url(key))
    claims = jwt.decode(
        token, public, ["ES256"], audience="https://eu.push.test:443", options={"verify_exp": False}
    )
    now = context.clock.now() // 1000
    assert claims == {
        "aud": "https://eu.push.test:443",
        "exp": now + 43_200,
        "sub": "mailto:operator@api.test",
    }
    assert jwt.get_unverified_header(token) == {"typ": "JWT", "alg": "ES256"}
    assert key == webpush.public_key(context)
    numbers = json.loads(context.config.secret("VAPID_KEY"))
    private = ec.derive_private_key(int.from_bytes(from_b64url(numbers["d"]), "big"), ec.SECP256R1())
    assert from_b64url(key) == point(private)
