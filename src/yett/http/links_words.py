"""What pages behind mailed links say: a heading, then sentences."""

from collections.abc import Mapping

SAID: Mapping[str, tuple[str, ...]] = {
    "link_sent": (
        "Look into your mailbox",
        "If there is an account of that name, we have sent it a link with which you can choose a new password.",
        "The link is good for one hour. If nothing comes, look into your spam folder, or try again with another name.",
    ),
    "link_over": (
        "This link is no longer good",
        "A link can be used once, for a limited time, and only at the address that it was sent to.",
        "If you still need one, ask for another.",
    ),
    "stuck": (
        "We need more than your mailbox",
        "This account is protected by a second step that cannot be shown on this page, so a link alone does not change its password.",
        "Contact support: they can help once they know that it is you.",
    ),
    "cancelled": ("You have cancelled", "Nothing was changed.", "The link stays good until its time is over."),
    "confirmed": ("Your address is confirmed", "Thank you. You can close this page."),
    "reset": (
        "Your password was changed",
        "You were logged out everywhere. Log in with the new password, and with your second step as before.",
    ),
}


def every_message() -> set[str]:
    """All of them."""
    return {sentence for said in SAID.values() for sentence in said}
