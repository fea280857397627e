"""The ways in which accounts refuse."""

from __future__ import annotations

from services.problems import BadRequest, Conflict, Forbidden, InvalidToken, Unauthorized


class EmailTaken(Conflict):
    """The address belongs to an account already."""

    code = "email_taken"
    title = "There is an account with this e-mail address."


class InvalidCredentials(Unauthorized):
    """No such account, or another password: which of the two is not told."""

    code = "invalid_credentials"
    title = "The e-mail address or the password is wrong."


class AccountSuspended(Forbidden):
    """A moderator has suspended the account."""

    code = "account_suspended"
    title = "This account is suspended."


class InvalidRefreshToken(InvalidToken):
    """The refresh token is not ours, or its device has been signed out, or seven days have passed."""

    title = "The refresh token is not valid any more: sign in again."


class RefreshTokenReused(InvalidToken):
    """A refresh token came a second time: it may be stolen, so all tokens of its device are revoked."""

    code = "refresh_token_reused"
    title = "This refresh token was used before. The device has been signed out."


class InvalidOneTimeToken(BadRequest):
    """The token of a mail or a redirect is unknown, used, or expired."""

    code = "invalid_one_time_token"
    title = "This link or code has been used or has expired."
