"""What tests of keys hold in their hands: the authenticators of a browser (CDP), and people who log in."""

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

from playwright.async_api import CDPSession, Page, expect

from tests.world import CHALLENGE, World

Audit = Callable[[Page], Awaitable[list[str]]]
USB = {"protocol": "ctap2", "transport": "usb", "hasResidentKey": False, "hasUserVerification": False, "isUserVerified": False}
INTERNAL = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}


class Keys:
    """The authenticators that a browser has at hand."""

    def __init__(self, cdp: CDPSession) -> None:
        self.cdp = cdp

    @classmethod
    async def of(cls, page: Page) -> "Keys":
        cdp = await page.context.new_cdp_session(page)
        await cdp.send("WebAuthn.enable", {"enableUI": False})
        return cls(cdp)

    async def add(self, kind: dict[str, Any], **more: Any) -> str:
        options = {**kind, "automaticPresenceSimulation": True, **more}
        return str((await self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options}))["authenticatorId"])

    async def drop(self, id: str) -> None:
        await self.cdp.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": id})

    async def credentials(self, id: str) -> list[dict[str, Any]]:
        return list((await self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": id}))["credentials"])

    async def bend(self, id: str, **bits: bool) -> None:
        await self.cdp.send("WebAuthn.setResponseOverrideBits", {"authenticatorId": id, **bits})

    async def verified(self, id: str, *, is_: bool) -> None:
        await self.cdp.send("WebAuthn.setUserVerified", {"authenticatorId": id, "isUserVerified": is_})

    async def present(self, id: str, *, is_: bool) -> None:
        """Whether somebody touches it as soon as it is asked."""
        await self.cdp.send("WebAuthn.setAutomaticPresenceSimulation", {"authenticatorId": id, "enabled": is_})

    async def wound_back(self, id: str, count: int) -> None:
        """As a copy has it that was made when the counter stood at `count`."""
        (one,) = await self.credentials(id)
        await self.cdp.send("WebAuthn.removeCredential", {"authenticatorId": id, "credentialId": one["credentialId"]})
        await self.cdp.send("WebAuthn.addCredential", {"authenticatorId": id, "credential": {**one, "signCount": count}})


async def at(page: Page, name: str, audit: Audit | None = None) -> None:
    """This screen, and nothing on it that anybody could not use."""
    await expect(page.locator("body")).to_have_attribute("data-screen", name)
    if audit:
        assert await audit(page) == []


async def shop(w: World, issuer: str) -> str:
    """The application that people come from and go back to, where this browser can reach it; its address."""
    back = issuer + "healthz"
    catalogue = await w.ground.store.catalogue()
    await w.store.configure((catalogue.clients["web"]._replace(callbacks=(back,)),), (), ())
    return back


async def asks(page: Page, issuer: str, **params: str) -> None:
    """The application sends the browser to us."""
    asked = {"response_type": "code", "client_id": "web", "redirect_uri": issuer + "healthz", "scope": "openid", "state": "s1"}
    asked |= {"code_challenge": CHALLENGE, "code_challenge_method": "S256", **params}
    await page.goto(issuer + "authorize?" + urlencode(asked))


async def lands(page: Page, said: str = "code=") -> None:
    """Back at the application, which is told this."""
    await expect(page).to_have_url(re.compile(f"/healthz\\?.*{said}"))


async def log_in(page: Page, name: str = "ada") -> None:
    """Name and password, typed."""
    await page.locator("#username").fill(f"{name}@example.test")
    await page.keyboard.press("Enter")
    await page.locator("#password").fill(f"secret of {name}")
    await page.keyboard.press("Enter")


async def save_codes(page: Page) -> None:
    """The sheet of codes, saved."""
    await at(page, "mfa-recovery-code-enrollment")
    await page.get_by_role("checkbox").check()
    await page.locator("button.main").click()


async def held(w: World, name: str = "ada") -> list[Any]:
    """The methods of this person that are keys."""
    _, has = await w.store.account(f"auth0|{name}")
    return [one for one in has if one.lookup]
