"""A remembered browser that holds a key of its own: its cookie alone, which may be a copy, is worth nothing."""

from typing import NamedTuple

from yett.domain.attempt import Attempt
from yett.domain.session import Device
from yett.domain.tenant import Remember
from yett.oauth import held
from yett.ports import Arrival

# In an attempt's waivers: this record's browser has signed, or has not.
SIGNED, UNSIGNED = "signed_browser", "unsigned_browser"


class Wish(NamedTuple):
    """To be remembered here, by this key where the browser has made one."""

    remember: bool = False
    key: bytes | None = None


UNWISHED = Wish()


def remembered(arrival: Arrival, policy: Remember, now: int) -> Device | None:
    """The record by which this browser is remembered for the account: neither lapsed, nor void by a change of password or factor.

    None as well where the tenant wants a key and the record has none.
    """
    device, account = arrival.device, arrival.account
    if device is None or account is None or device.account != account.id or (policy.bound and device.key is None):
        return None
    stands = now < device.remembered_until and now < device.idle_until and device.security_version == account.security_version
    return device if stands else None


def shows_key(attempt: Attempt, arrival: Arrival, device: Device) -> bool:
    """Whether it needs none, or has signed: in this attempt, or in the session that goes on from one in which it did."""
    session = arrival.session
    in_session = session is not None and session.account == device.account and session.device == device.id
    return device.key is None or in_session or f"{SIGNED} {device.id}" in attempt.waivers


def question(origin: str, state: str, csrf: str) -> str:
    """What it signs: of this attempt alone, and known to nobody but the browser that holds it."""
    return f"yett remembered browser\n{origin}\n{state}\n{csrf}"


def answered(attempt: Attempt, device: Device | None, said: str, signature: str) -> Attempt:
    """The attempt once the browser has answered; one that cannot sign is as one that nobody remembers."""
    right = device is not None and device.key is not None and held.signed(device.key, said, signature)
    return attempt._replace(waivers=(*attempt.waivers, f"{SIGNED} {device.id}" if device and right else UNSIGNED))


def signed_by(attempt: Attempt, arrival: Arrival) -> str:
    """The record whose key has signed in this attempt, for the session that begins or goes on with it; "" for none."""
    device = arrival.device
    return device.id if device is not None and f"{SIGNED} {device.id}" in attempt.waivers else ""
