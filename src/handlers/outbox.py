"""The mails of development, which are never sent: a page to read them on, and the same as JSON for tests."""

from __future__ import annotations

from html import escape

from edge.http.messages import Reply
from edge.http.routes import PUBLIC, Call, Routes
from services.mail import Waiting, read_outbox
from services.models import Model, Page, Timestamp, iso
from services.problems import NotFound

routes = Routes("/dev", "Development")

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Outbox</title>
<style>body{{font:16px/1.5 system-ui;max-width:46rem;margin:2rem auto;padding:0 1rem}}
article{{border-top:1px solid #ccc}}pre{{white-space:pre-wrap;font:inherit}}</style>
<h1>Outbox</h1>{mails}</html>
"""
_MAIL = "<article><h2>{subject}</h2><p>{recipient}, {when}</p><pre>{text}</pre></article>"


class OutboxMail(Model):
    """A mail as its recipient would get it."""

    id: str
    recipient: str
    subject: str
    text: str
    created_at: Timestamp


@routes.get("/outbox", auth=PUBLIC, limit=None, problems=(NotFound,))
async def read_outbox_mails(call: Call) -> Reply:
    """The newest 100 mails of a development server; browsers get a page. Not there elsewhere."""
    if call.context.config.get("ENVIRONMENT") != "dev":
        raise NotFound
    mails = await read_outbox(call.context)
    if "text/html" in call.request.headers.get("accept", ""):
        return Reply(
            200,
            _PAGE.format(mails="".join(map(_article, mails))),
            [("content-type", "text/html; charset=utf-8"), ("content-security-policy", _POLICY)],
        )
    listed = Page(items=[_model(waiting) for waiting in mails])
    return Reply(200, listed.model_dump_json(), [("content-type", "application/json")])


def _article(waiting: Waiting) -> str:
    mail = waiting.mail
    return _MAIL.format(
        subject=escape(mail.subject),
        recipient=escape(mail.recipient),
        when=iso(waiting.created_at),
        text=escape(mail.text),
    )


def _model(waiting: Waiting) -> OutboxMail:
    mail = waiting.mail
    return OutboxMail(
        id=waiting.id,
        recipient=mail.recipient,
        subject=mail.subject,
        text=mail.text,
        created_at=waiting.created_at,
    )
