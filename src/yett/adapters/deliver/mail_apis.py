"""What each provider's API wants to hear of a mail, and what it answers."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from yett.adapters.deliver.answer import Answer, coded, form
from yett.adapters.deliver.mail import Mail, Request, Shape
from yett.adapters.deliver.smtp import as_message
from yett.ports import Letter, Undelivered

# Nobody out of office answers it (RFC 3834). And below: no link is rewritten, no picture counts who reads: there is a code in it.
HEADERS = {"Auto-Submitted": "auto-generated"}


def _sendgrid(of: Mail, letter: Letter) -> Request:
    name, address = of.sender
    body = {
        "personalizations": [{"to": [{"email": letter.to}], "custom_args": {"id": letter.id}}],
        "from": {"email": address, **({"name": name} if name else {})},
        "subject": letter.subject,
        "content": [{"type": "text/plain", "value": letter.text}, {"type": "text/html", "value": letter.html}],
        "headers": HEADERS,
        "tracking_settings": {"click_tracking": {"enable": False, "enable_text": False}, "open_tracking": {"enable": False}},
    }
    return Request("/v3/mail/send", {"Authorization": f"Bearer {of.api_key}"}, body)


def _mailgun(of: Mail, letter: Letter) -> Request:
    pair = base64.b64encode(f"api:{of.api_key}".encode()).decode()
    fields = {
        "from": of.default_from_address,
        "to": letter.to,
        "subject": letter.subject,
        "text": letter.text,
        "html": letter.html,
        "h:Auto-Submitted": HEADERS["Auto-Submitted"],
        "h:Message-Id": str(as_message(letter, of.default_from_address)["Message-ID"]),
        "o:tracking": "no",
    }
    return Request(f"/v3/{of.domain}/messages", {"Authorization": f"Basic {pair}"}, form(fields.items()))


def _postmark(of: Mail, letter: Letter) -> Request:
    body = {
        "From": of.default_from_address,
        "To": letter.to,
        "Subject": letter.subject,
        "TextBody": letter.text,
        "HtmlBody": letter.html,
        "MessageStream": "outbound",
        "Headers": [{"Name": name, "Value": value} for name, value in HEADERS.items()],
        "TrackOpens": False,
        "TrackLinks": "None",
    }
    return Request("/email", {"X-Postmark-Server-Token": of.api_key, "Accept": "application/json"}, body)


def _mandrill(of: Mail, letter: Letter) -> Request:
    name, address = of.sender
    message = {
        "from_email": address,
        "from_name": name,
        "to": [{"email": letter.to, "type": "to"}],
        "subject": letter.subject,
        "text": letter.text,
        "html": letter.html,
        "headers": HEADERS,
        "track_opens": False,
        "track_clicks": False,
    }
    return Request("/api/1.0/messages/send", {}, {"key": of.api_key, "message": message})


def _mandrill_heard(answer: Answer) -> object:
    """A list of one: the mailbox may have been refused in a good answer."""
    first = _first(answer)
    if first.get("status") in {"rejected", "invalid"}:
        raise Undelivered(f"mandrill: {first['status']}{coded(first.get('reject_reason'))}", permanent=True)
    return first.get("_id")


def _first(answer: Answer) -> Mapping[str, Any]:
    try:
        said = json.loads(answer.body)
    except ValueError:
        return {}
    return said[0] if isinstance(said, list) and said and isinstance(said[0], dict) else {}


def _sparkpost(of: Mail, letter: Letter) -> Request:
    name, address = of.sender
    body = {
        "options": {"open_tracking": False, "click_tracking": False, "transactional": True},
        "recipients": [{"address": {"email": letter.to}}],
        "content": {
            "from": {"email": address, **({"name": name} if name else {})},
            "subject": letter.subject,
            "text": letter.text,
            "html": letter.html,
            "headers": HEADERS,
        },
    }
    return Request("/api/v1/transmissions", {"Authorization": of.api_key}, body)


def _sparkpost_heard(answer: Answer) -> object:
    results = answer.json.get("results")
    results = results if isinstance(results, dict) else {}
    if results.get("total_rejected_recipients"):
        raise Undelivered("sparkpost: recipient refused", permanent=True)
    return results.get("id")


def _resend(of: Mail, letter: Letter) -> Request:
    body = {
        "from": of.default_from_address,
        "to": [letter.to],
        "subject": letter.subject,
        "text": letter.text,
        "html": letter.html,
        "headers": HEADERS,
    }
    return Request("/emails", {"Authorization": f"Bearer {of.api_key}", **({"Idempotency-Key": letter.id} if letter.id else {})}, body)


SHAPES: Mapping[str, Shape] = {
    one.name: one
    for one in (
        Shape("sendgrid", "https://api.{region}sendgrid.com", _sendgrid, lambda answer: answer.headers.get("x-message-id")),
        Shape("mailgun", "https://api.{region}mailgun.net", _mailgun, lambda answer: answer.json.get("id")),
        Shape(
            "postmark",
            "https://api.postmarkapp.com",
            _postmark,
            lambda answer: answer.json.get("MessageID"),
            lambda answer: answer.json.get("ErrorCode"),
            # 300: no such address; 406: it bounced or complained. Every other code is about the account.
            lambda answer: answer.json.get("ErrorCode") in {300, 406},
        ),
        Shape(
            "mandrill",
            "https://mandrillapp.com",
            _mandrill,
            _mandrill_heard,
            lambda answer: answer.json.get("name"),
            lambda answer: answer.json.get("name") == "ValidationError",
        ),
        # 420: the account's own limit.
        Shape("sparkpost", "https://api.{region}sparkpost.com", _sparkpost, _sparkpost_heard, blames=lambda answer: False if answer.status == 420 else None),  # noqa: PLR2004
        Shape("resend", "https://api.resend.com", _resend, lambda answer: answer.json.get("id"), lambda answer: answer.json.get("name")),
    )
}
