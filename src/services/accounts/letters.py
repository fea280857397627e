"""The mails that accounts send, in English and Korean. The first line of each is its subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.mail import Mail

if TYPE_CHECKING:
    from services.context import Context

_VERIFY_EMAIL = {
    "en": """Confirm your e-mail address
Welcome to StudyMate!

Open this link within 48 hours to confirm your e-mail address:
{link}

If you did not sign up, ignore this mail.""",
    "ko": """이메일 주소를 확인해 주세요
StudyMate에 오신 것을 환영합니다!

48시간 안에 아래 링크를 열어 이메일 주소를 확인해 주세요.
{link}

가입하신 적이 없다면 이 메일을 무시하셔도 됩니다.""",
}
_RESET_PASSWORD = {
    "en": """Reset your password
Open this link within one hour to choose a new password:
{link}

If you did not ask for this, ignore this mail; your password stays as it is.""",
    "ko": """비밀번호 재설정
한 시간 안에 아래 링크를 열어 새 비밀번호를 정해 주세요.
{link}

요청하신 적이 없다면 이 메일을 무시하셔도 됩니다. 비밀번호는 바뀌지 않습니다.""",
}
_PASSWORD_CHANGED = {
    "en": """Your password was changed
The password of your StudyMate account was changed and all devices were signed out.

If this was not you, reset it now:
{link}""",
    "ko": """비밀번호가 변경되었습니다
StudyMate 계정의 비밀번호가 변경되었고 모든 기기에서 로그아웃되었습니다.

직접 변경하신 것이 아니라면 지금 비밀번호를 다시 설정해 주세요.
{link}""",
}
_REFRESH_TOKEN_REUSED = {
    "en": """A device was signed out for your safety
A sign-in of your StudyMate account ({device}) was used from two places, so we signed that device out.

If this was not you, change your password:
{link}""",
    "ko": """안전을 위해 기기에서 로그아웃되었습니다
StudyMate 계정의 로그인 정보({device})가 두 곳에서 사용되어 해당 기기에서 로그아웃했습니다.

본인이 아니라면 비밀번호를 변경해 주세요.
{link}""",
}
_LETTERS = {
    "verify_email": (_VERIFY_EMAIL, "/verify-email#token={token}"),
    "reset_password": (_RESET_PASSWORD, "/reset-password#token={token}"),
    "password_changed": (_PASSWORD_CHANGED, "/forgot-password"),
    "refresh_token_reused": (_REFRESH_TOKEN_REUSED, "/forgot-password"),
}


def write(
    context: Context, kind: str, *, recipient: str, locale: str, token: str = "", device: str = ""
) -> Mail:
    """A letter of the given kind in the reader's language, English if there is no translation.

    Links lead to pages of the front-end at ``WEB_URL``. A token stands in the fragment, which browsers keep
    out of logs and ``Referer``.
    """
    translations, page = _LETTERS[kind]
    text = translations.get(locale.partition("-")[0].lower(), translations["en"])
    link = context.config.get("WEB_URL") + page.format(token=token)
    subject, _, body = text.partition("\n")
    return Mail(recipient, subject, body.format(link=link, device=device))
