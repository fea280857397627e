"""Accounts over HTTP, as a front-end uses them."""

from __future__ import annotations

import asyncio
from http.cookies import SimpleCookie
from secrets import token_hex

import httpx
import jwt
import pytest

from tests.worker.people import PASSWORD, Person, Town, address, registration

AUTH = "/api/v1/auth"


def set_cookies(answer: httpx.Response) -> dict[str, str]:
    jar: SimpleCookie = SimpleCookie()
    for header in answer.headers.get_list("set-cookie"):
        jar.load(header)
    return {name: morsel.value for name, morsel in jar.items()}


def cookie_header(cookies: dict[str, str]) -> dict[str, str]:
    return {"cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}


def code(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


@pytest.fixture
def person(town: Town) -> Person:
    return town.register()


class TestRegister:
    def test_answers_with_the_person_and_tokens(self, town: Town) -> None:
        email = f"{token_hex(6)}@example.org"
        answer = town.visitor().post(
            f"{AUTH}/register", json=registration(email=email.upper(), timeZone="Asia/Seoul")
        )
        body = answer.json()
        assert answer.status_code == 201
        assert set(body) == {"user", "accessToken", "refreshToken", "tokenType", "expiresIn"}
        assert set(body["user"]) == {"id", "email", "displayName", "roles", "createdAt"}
        assert (body["user"]["email"], body["user"]["roles"]) == (email, ["user"])
        assert (body["tokenType"], body["expiresIn"]) == ("Bearer", 900)

    def test_a_taken_address_is_a_conflict(self, person: Person, town: Town) -> None:
        answer = town.visitor().post(f"{AUTH}/register", json=registration(email=person.email))
        assert code(answer) == (409, "email_taken")

    def test_a_retry_with_the_same_key_gets_the_same_account(self, town: Town) -> None:
        body, key = registration(), {"idempotency-key": token_hex()}
        http = town.visitor()
        first, second = (http.post(f"{AUTH}/register", json=body, headers=key) for _ in range(2))
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json() == second.json()
        assert code(http.post(f"{AUTH}/register", json=body)) == (409, "email_taken")

    @pytest.mark.parametrize(
        ("changes", "path"),
        [
            ({"email": "not an address"}, "$.email"),
            ({"password": "short"}, "$.password"),
            ({"password": "password1"}, "$.password"),
            ({"displayName": " "}, "$.displayName"),
            ({"timeZone": "Mars/Olympus"}, "$.timeZone"),
            ({"locale": "klingonese"}, "$.locale"),
            ({"agreements": {"terms": True, "privacy": False}}, "$.agreements.privacy"),
            ({"agreements": None}, "$.agreements"),
        ],
    )
    def test_says_which_field_is_wrong(self, town: Town, changes: dict, path: str) -> None:
        answer = town.visitor().post(f"{AUTH}/register", json=registration(**changes))
        assert answer.status_code == 422
        assert [error["path"] for error in answer.json()["errors"]] == [path]


class TestLogin:
    def test_gives_tokens_that_let_in(self, person: Person, town: Town) -> None:
        body = {"email": person.email, "password": PASSWORD}
        answer = town.visitor().post(f"{AUTH}/login", json=body)
        assert answer.status_code == 200
        assert answer.json()["user"] == person.tokens["user"]
        listed = Person(town.visitor(), person.email).accept(answer.json()).http.get(f"{AUTH}/sessions")
        assert listed.status_code == 200

    def test_a_wrong_password_and_an_unknown_account_look_the_same(self, person: Person, town: Town) -> None:
        answers = [
            town.visitor().post(f"{AUTH}/login", json={"email": email, "password": "wrong"})
            for email in (person.email, "nobody@example.org")
        ]
        assert [code(answer) for answer in answers] == [(401, "invalid_credentials")] * 2
        assert {answer.headers["www-authenticate"] for answer in answers} == {"Bearer"}
        bodies = [{**answer.json(), "requestId": ""} for answer in answers]
        assert bodies[0] == bodies[1]

    def test_attempts_on_an_account_from_one_address_are_limited(self, person: Person, town: Town) -> None:
        http = town.visitor()
        wrong = {"email": person.email, "password": "wrong"}
        answers = [http.post(f"{AUTH}/login", json=wrong) for _ in range(11)]
        assert [answer.status_code for answer in answers] == [401] * 10 + [429]
        assert int(answers[-1].headers["retry-after"]) <= 60

    def test_a_classroom_behind_one_address_signs_in(self, town: Town) -> None:
        pupils = [town.register() for _ in range(12)]
        http = town.visitor()
        for pupil in pupils:
            answer = http.post(f"{AUTH}/login", json={"email": pupil.email, "password": PASSWORD})
            assert answer.status_code == 200


class TestTokens:
    def test_verify_with_the_published_keys(self, person: Person, url: str) -> None:
        answer = httpx.get(f"{url}/.well-known/jwks.json")
        assert "max-age" in answer.headers["cache-control"]
        token = person.tokens["accessToken"]
        key = jwt.PyJWKSet.from_dict(answer.json())[jwt.get_unverified_header(token)["kid"]]
        claims = jwt.decode(token, key, ["RS256"], audience="studymate", issuer="studymate")
        assert claims["sub"] == person.id
        assert claims["exp"] - claims["iat"] == 900

    @pytest.mark.parametrize("forge", ["alg none", "hmac", "truncated", "nonsense"])
    def test_forged_ones_are_refused(self, person: Person, forge: str) -> None:
        token = person.tokens["accessToken"]
        claims = jwt.decode(token, options={"verify_signature": False})
        kid = jwt.get_unverified_header(token)["kid"]
        forged = {
            "alg none": jwt.encode(claims, None, "none", {"kid": kid}),
            "hmac": jwt.encode(claims, "x" * 32, "HS256", {"kid": kid}),
            "truncated": token[:-4],
            "nonsense": "nonsense",
        }[forge]
        answer = person.http.get(f"{AUTH}/sessions", headers={"authorization": f"Bearer {forged}"})
        assert code(answer) == (401, "invalid_token")
        assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'

    def test_are_demanded(self, town: Town) -> None:
        for method, path in (
            ("POST", "/logout"), ("GET", "/sessions"), ("DELETE", "/sessions/x"), ("POST", "/ticket"),
            ("POST", "/email/verify/resend"),
        ):  # fmt: skip
            assert code(town.visitor().request(method, AUTH + path)) == (401, "unauthorized")


class TestRefresh:
    def test_each_refresh_token_works_once_and_reuse_signs_out(self, person: Person) -> None:
        first = dict(person.tokens)
        renewed = person.refresh()
        assert renewed.status_code == 200
        person.accept(renewed.json())
        stolen = person.http.post(f"{AUTH}/refresh", json={"refreshToken": first["refreshToken"]})
        assert code(stolen) == (401, "refresh_token_reused")
        assert code(person.refresh()) == (401, "invalid_token")
        assert code(person.http.post(f"{AUTH}/ticket")) == (401, "invalid_token")
        assert person.mail("A device was signed out for your safety")

    async def test_of_two_at_once_exactly_one_wins(self, person: Person, url: str) -> None:
        body = {"refreshToken": person.tokens["refreshToken"]}
        async with httpx.AsyncClient(base_url=url, headers={"cf-connecting-ip": address()}) as http:
            answers = await asyncio.gather(*(http.post(f"{AUTH}/refresh", json=body) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]

    def test_without_a_token_is_unauthorised(self, town: Town) -> None:
        assert code(town.visitor().post(f"{AUTH}/refresh", json={})) == (401, "invalid_token")


class TestDevices:
    def test_are_listed_and_signed_out_one_by_one(self, person: Person, town: Town) -> None:
        phone = town.visitor(**{"user-agent": "Mozilla/5.0 (iPhone) Safari/604.1"})
        signed_in = phone.post(f"{AUTH}/login", json={"email": person.email, "password": PASSWORD}).json()
        listed = person.http.get(f"{AUTH}/sessions").json()
        assert listed["nextCursor"] is None
        (other,) = [device for device in listed["items"] if not device["current"]]
        assert other["device"] == "Safari on iPhone"
        assert person.http.delete(f"{AUTH}/sessions/{other['id']}").status_code == 204
        assert person.http.delete(f"{AUTH}/sessions/{other['id']}").status_code == 404
        refreshed = phone.post(f"{AUTH}/refresh", json={"refreshToken": signed_in["refreshToken"]})
        assert code(refreshed) == (401, "invalid_token")

    def test_nobody_signs_another_person_out(self, person: Person, town: Town) -> None:
        other = town.register()
        (device,) = other.http.get(f"{AUTH}/sessions").json()["items"]
        assert person.http.delete(f"{AUTH}/sessions/{device['id']}").status_code == 404
        assert other.refresh().status_code == 200

    @pytest.mark.parametrize(("body", "others"), [({}, 200), ({"all": True}, 401)])
    def test_signing_out_ends_this_one_or_all(
        self, person: Person, town: Town, body: dict, others: int
    ) -> None:
        http = town.visitor()
        other = http.post(f"{AUTH}/login", json={"email": person.email, "password": PASSWORD}).json()
        assert person.http.post(f"{AUTH}/logout", json=body).status_code == 204
        assert person.refresh().status_code == 401
        refreshed = http.post(f"{AUTH}/refresh", json={"refreshToken": other["refreshToken"]})
        assert refreshed.status_code == others

    def test_after_signing_out_the_access_token_is_refused(self, person: Person) -> None:
        assert person.http.post(f"{AUTH}/logout").status_code == 204
        assert code(person.http.get(f"{AUTH}/sessions")) == (401, "invalid_token")


class TestMailLinks:
    def test_confirm_the_address(self, person: Person) -> None:
        token = {"token": person.mailed_token("Confirm")}
        assert person.http.post(f"{AUTH}/email/verify", json=token).status_code == 204
        assert code(person.http.post(f"{AUTH}/email/verify", json=token)) == (400, "invalid_one_time_token")

    def test_set_a_new_password(self, person: Person) -> None:
        assert person.http.post(f"{AUTH}/password/forgot", json={"email": person.email}).status_code == 202
        body = {"token": person.mailed_token("Reset"), "password": "neues-pferd-2"}
        assert person.http.post(f"{AUTH}/password/reset", json=body).status_code == 204
        assert person.refresh().status_code == 401
        for password, status in ((PASSWORD, 401), ("neues-pferd-2", 200)):
            login = {"email": person.email, "password": password}
            assert person.http.post(f"{AUTH}/login", json=login).status_code == status

    def test_asking_for_one_tells_nothing(self, person: Person, town: Town) -> None:
        answers = [
            town.visitor().post(f"{AUTH}/password/forgot", json={"email": email})
            for email in (person.email, "nobody@example.org", "not an address")
        ]
        assert {(answer.status_code, answer.text) for answer in answers} == {(202, answers[0].text)}

    def test_can_be_read_on_a_page(self, person: Person) -> None:
        answer = person.http.get("/dev/outbox", headers={"accept": "text/html"})
        assert answer.headers["content-type"].startswith("text/html")
        assert person.email in answer.text


class TestTicket:
    def test_is_given_for_thirty_seconds(self, person: Person) -> None:
        body = person.http.post(f"{AUTH}/ticket").json()
        assert body["expiresIn"] == 30
        assert len(body["ticket"]) >= 40


class TestBrowser:
    """A browser has cookies that no script can read, and one that scripts send back as a header."""

    @pytest.fixture
    def cookies(self, town: Town) -> dict[str, str]:
        answer = town.visitor().post(f"{AUTH}/register", json=registration())
        return set_cookies(answer)

    def test_gets_cookies_that_stay_with_us(self, town: Town) -> None:
        answer = town.visitor().post(f"{AUTH}/register", json=registration())
        headers = {header.partition("=")[0]: header for header in answer.headers.get_list("set-cookie")}
        assert set(headers) == {"__Host-studymate-access", "__Host-studymate-refresh", "studymate-csrf"}
        for name, header in headers.items():
            assert "; Secure" in header
            assert "; SameSite=Lax" in header
            assert "; Path=/;" in header
            assert "Domain" not in header
            assert ("; HttpOnly" in header) == name.startswith("__Host-")

    def test_reads_with_the_cookie_alone(self, town: Town, cookies: dict[str, str]) -> None:
        assert town.visitor().get(f"{AUTH}/sessions", headers=cookie_header(cookies)).status_code == 200

    def test_writes_only_with_the_csrf_token_of_its_own_session(
        self, town: Town, cookies: dict[str, str]
    ) -> None:
        http, sent = town.visitor(), cookie_header(cookies)
        assert code(http.post(f"{AUTH}/ticket", headers=sent)) == (403, "csrf_failed")
        for token in ("guess", "A" * 43):
            assert code(http.post(f"{AUTH}/ticket", headers={**sent, "x-csrf-token": token})) == (
                403,
                "csrf_failed",
            )
        sent["x-csrf-token"] = cookies["studymate-csrf"]
        assert http.post(f"{AUTH}/ticket", headers=sent).status_code == 200

    def test_refreshes_with_its_cookie_and_csrf_token(self, town: Town, cookies: dict[str, str]) -> None:
        http = town.visitor()
        only = {"__Host-studymate-refresh": cookies["__Host-studymate-refresh"]}
        assert code(http.post(f"{AUTH}/refresh", headers=cookie_header(only))) == (403, "csrf_failed")
        sent = {**cookie_header(only), "x-csrf-token": cookies["studymate-csrf"]}
        renewed = set_cookies(http.post(f"{AUTH}/refresh", headers=sent))
        assert renewed["__Host-studymate-refresh"] != cookies["__Host-studymate-refresh"]
        assert http.get(f"{AUTH}/sessions", headers=cookie_header(renewed)).status_code == 200

    def test_loses_its_cookies_when_signed_out(self, town: Town, cookies: dict[str, str]) -> None:
        http = town.visitor()
        sent = {**cookie_header(cookies), "x-csrf-token": cookies["studymate-csrf"]}
        assert set(set_cookies(http.post(f"{AUTH}/logout", headers=sent)).values()) == {""}
        refused = http.post(f"{AUTH}/refresh", headers={**sent})
        assert refused.status_code == 401
        assert set(set_cookies(refused).values()) == {""}
