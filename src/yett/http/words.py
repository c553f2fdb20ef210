"""What pages say, by id: sentences in English, which are also the keys of the catalogues."""

from collections.abc import Mapping
from typing import NamedTuple

from yett.http import links_words, settings_words


class Trouble(NamedTuple):
    """A page that ends the way: its heading, what happened, and what to do now."""

    title: str
    happened: str
    remedy: str


class Means(NamedTuple):
    """A factor as the chooser names it. `icon` is a name in `icons.html`; `needs` is what the browser must be able to do: ask a key, or this device."""

    label: str
    hint: str
    icon: str
    needs: str = ""


# Screens on which a browser asks a key, and what is said on them in other words: there no code is typed.
CEREMONIES = (
    "login-id",
    "login-password",
    *(f"mfa-{use}-{act}" for use in ("webauthn-roaming", "webauthn-platform") for act in ("challenge", "enrollment")),
    "passkey-challenge",
    "passkey-enrollment",
    "reset-password-mfa-webauthn-challenge",
)
OF_CEREMONIES: Mapping[str, str] = {
    "already_used": "That did not work. Please try again.",
    "expired": "That took too long. Please try again.",
    "malformed": "That did not work. Please try again.",
}

# What was wrong with an answer, and what to do about it; `reason@screen` where a screen can say it better.
# No sentence tells whether an account exists.
ERRORS: Mapping[str, str] = {
    "wrong_credentials": "Wrong email, username or password. Check them and try again.",
    "wrong_code": "That code is not right. Check it and try again.",
    "wrong_code@mfa-otp-challenge": "That code is not right. Enter the one your app shows now. If it keeps failing, set the clock of your phone to automatic.",
    "wrong_code@mfa-otp-enrollment-qr": "That code is not right. Check that your app shows this account, and enter the code it shows now.",
    "wrong_recovery_code": "That recovery code is not right. Check it against your list and try again.",
    "already_used": "That code has been used already. Ask for a new one.",
    "already_used@mfa-otp-challenge": "That code has been used already. Wait until your app shows the next one.",
    "already_used@mfa-otp-enrollment-qr": "That code has been used already. Wait until your app shows the next one.",
    "already_used@mfa-recovery-code-challenge": "That recovery code has been used already. Use another one from your list.",
    "expired": "That code is no longer valid. Ask for a new one.",
    "malformed": "That does not look like a code. Enter digits only.",
    "missing_username": "Enter your email or username.",
    "missing_password": "Enter your password.",
    "too_short": "That is too short. Choose a longer one.",
    "too_long": "That is longer than a password may be. Choose a shorter one.",
    "unreadable": "That has a character that cannot be typed everywhere. Choose another one.",
    "too_common": "That is one of the passwords that are tried first. Choose another one.",
    "about_you": "That is your address or your name with something added. Choose another one.",
    "missing_code": "Enter the code.",
    "too_many_tries": "There were too many tries. Wait a few minutes, or use another method.",
    "unusable": "This method cannot be used right now. Choose another one.",
    "too_soon": "A code was sent just now. Wait a moment before you ask for another.",
    "too_many_messages": "We have sent as many codes as we may for now. Use another method, or try again later.",
    "missing_phone": "Enter your phone number.",
    "bad_number": "That is not a phone number that a code can be sent to. Check the country and the number.",
    "bad_address": "That is not an email address. Check it and try again.",
    "not_served": "We do not send codes to phones of this country. Use another method.",
    "held_back": "Codes to phones of this country are held back at the moment. Use another method, or try again later.",
    "not_delivered": "We could not send the code. Try again, or use another method.",
    "verification": "Your key did not check that it is you. Set up its PIN or your screen lock first, then try again.",
    "untrusted": "This kind of key is not accepted here. Use another one, or another method.",
    "model": "This kind of key is not accepted here. Use another one, or another method.",
    "hardware": "This kind of key is not accepted here. Use another one, or another method.",
    "attachment": "This kind of key is not accepted here. Use another one, or another method.",
    "attestation": "This kind of key is not accepted here. Use another one, or another method.",
    "cloned": "This key may have been copied, so we did not accept it now. Use another method, and contact support.",
    "origin": "Keys cannot be used under this address. Open the page under its own name.",
    "embedded": "Keys cannot be used under this address. Open the page under its own name.",
    "rp_id": "This key belongs to another address. Use another one, or another method.",
    "unknown_passkey": "We do not know this passkey. Log in another way, and remove it from your device.",
    "presence": "Your key did not feel you touch it. Touch it when it blinks.",
    "signature": "What your key said does not match what we know of it. Try again, or use another method.",
    "user_handle": "What your key said does not match what we know of it. Try again, or use another method.",
    "backup": "What your key said does not match what we know of it. Try again, or use another method.",
    "challenge": "That took too long. Please try again.",
    "type": "That did not work. Please try again.",
    **{f"{reason}@{screen}": said for screen in CEREMONIES for reason, said in OF_CEREMONIES.items()},
    **{f"already_used@{screen}": "This one is set up already. Use another one." for screen in CEREMONIES if screen.endswith("-enrollment")},
    "unusable@login-id": "This one does not log you in by itself. Enter your name first.",
    "unusable@login-password": "This one does not log you in by itself. Enter your password first.",
    "another_account": "This passkey belongs to another account. Enter the password of this one, or go back and log in with the other.",
    "not_saved": "Save your recovery codes first, then tick the box.",
    "busy": "We are very busy just now. Wait a moment and try again.",
    # What the demo application is told by the answer to its request.
    "access_denied@demo-home": "The login was cancelled, or not allowed.",
    "expired@demo-home": "That login did not begin here, or it took too long. Log in again.",
    "login_required@demo-home": "The application asked without wanting to disturb you, but a login is needed.",
    "unmet_authentication_requirements@demo-home": "This account has no way to log in as strongly as the application asks.",
    "moved_on": "This page was open in two places. Please continue here.",
}
# These are not the fault of what was typed, so the field is not marked as wrong.
NOT_THE_ANSWER = frozenset(
    {"too_many_tries", "unusable", "too_soon", "too_many_messages", "not_served", "held_back", "not_delivered", "busy", "moved_on"}
    | {"another_account", "unknown_passkey", "verification", "presence", "signature", "cloned", "origin", "rp_id"}
    | {"attestation", "embedded", "user_handle", "backup", "challenge", "type"}
)
UNKNOWN_ERROR = "That did not work. Please try again."

# Why we ask, by the name of the check that was not met (policy.decide).
REASONS: Mapping[str, str] = {
    "client_acr": "%(client)s asks you to confirm that it is you before it goes on.",
    "transaction": "Check what you approve: your answer holds for this alone.",
    "resource_scope": "What you are about to do in %(client)s is protected, so we confirm that it is you.",
    "tenant_always": "%(tenant)s protects every login with a second step.",
    "regime": "The security rules of %(tenant)s ask for this step.",
    "low_confidence": "Something about this login is new to us, so we make sure that it is you.",
    "max_age": "It has been a while since you last confirmed that it is you.",
    "action": "%(tenant)s asks for one more step for this login.",
    "adding_factor": "You are about to change how you log in, so we ask first.",
    "set_up": "This method is set up now. Use it once more to approve: if it shows codes, with the next one.",
}
# Where it is said what is approved, it need not be said that the act is protected.
SAID_BY: Mapping[str, str] = {"transaction": "resource_scope"}
# Sources that a person need not tell apart.
SAME_REASON: Mapping[str, str] = {"essential": "client_acr", "request": "client_acr", "par": "client_acr"}

TROUBLES: Mapping[str, Trouble] = {
    "expired": Trouble(
        "This page has expired",
        "For your safety a login waits only for a short time, and only in the browser in which it began.",
        "Go back to the application and start again. Your browser must accept cookies for this page.",
    ),
    "ticket": Trouble(
        "This link is no longer good",
        "It was used already, its time is over, or it is not complete.",
        "Ask whoever sent it to you for a new one.",
    ),
    "not_found": Trouble("There is nothing here", "The address may be mistyped, or the page is gone.", "Go back to the application you came from."),
    "access_denied": Trouble(
        "You cannot go on from here",
        "This login was not allowed.",
        "If you think that it should be, contact support.",
    ),
    "blocked": Trouble(
        "This account is blocked",
        "Logging in to this account is not possible at the moment.",
        "Contact support to find out why.",
    ),
    "declined": Trouble("You have cancelled", "Nothing was changed.", "You can close this page, or go back and start again."),
    "unmet_authentication_requirements": Trouble(
        "A stronger login is needed",
        "The application asks for a way to confirm that it is you which this account does not have.",
        "Contact support to have one set up.",
    ),
    "mfa_registration_required": Trouble(
        "Set up a second step first",
        "This account has no second step yet, and the application asks for one.",
        "Log in on the web to set one up, then try again.",
    ),
    "invalid_request": Trouble(
        "The application sent a faulty request",
        "We could not understand what the application asked for. You did nothing wrong.",
        "Go back and try again. If it keeps happening, tell the people who run the application.",
    ),
    "redirect_mismatch": Trouble(
        "We cannot send you back",
        "The address that the application wants you sent to is not one that it has registered. It may be an attempt to deceive you.",
        "Open the application again from a bookmark, or contact its support.",
    ),
    "too_many_requests": Trouble("Too many requests", "We have had very many requests from your network.", "Wait a minute, then try again."),
    "temporarily_unavailable": Trouble(
        "We are very busy just now",
        "It was not your doing, and your account is safe.",
        "Wait a moment, then try again.",
    ),
    "server_error": Trouble(
        "Something went wrong on our side",
        "It was not your doing, and your account is safe.",
        "Try again in a moment. If it keeps happening, contact support.",
    ),
}

# Codes of oauth.errors that a person need not tell apart.
SAME_TROUBLE: Mapping[str, str] = dict.fromkeys(
    (
        "unauthorized_client",
        "invalid_client",
        "unsupported_response_type",
        "unsupported_response_mode",
        "invalid_scope",
        "invalid_authorization_details",
        "invalid_target",
        "invalid_request_object",
    ),
    "invalid_request",
)

# Factors as a person knows them, by Auth0's names.
MEANS: Mapping[str, Means] = {
    "otp": Means("Authenticator app", "A code from the app on your phone", "phone"),
    "email": Means("Email", "A code sent to your mailbox", "mail"),
    "sms": Means("Text message", "A code sent to your phone", "message"),
    "voice": Means("Phone call", "A code read to you by phone", "call"),
    "push": Means("Notification", "Approve with the app on your phone", "bell"),
    "webauthn-platform": Means("This device", "Your fingerprint, face or screen lock", "fingerprint", "device"),
    "webauthn-roaming": Means("Security key", "A key that you plug in or tap", "key", "key"),
    "passkey": Means("Passkey", "Your fingerprint, face or screen lock", "fingerprint", "key"),
    "recovery-code": Means("Recovery code", "One of the codes you saved when you set this up", "lifebuoy"),
    "password": Means("Password", "The password of your account", "lock"),
}
MEANS_ALIASES: Mapping[str, str] = {
    "phone": "sms",
    "recovery": "recovery-code",
    "recovery_code": "recovery-code",
    "webauthn": "webauthn-roaming",
}


# What an application may do with a scope of OpenID Connect, as its person understands it.
SCOPES: Mapping[str, str] = {
    "openid": "Know that it is you when you log in",
    "profile": "See your name, your picture and what else is in your profile",
    "email": "See your email address",
    "address": "See your postal address",
    "phone": "See your phone number",
    "offline_access": "Keep this access while you are away, until you take it back",
}


def every_message() -> set[str]:
    """All sentences of these tables: what a catalogue must hold beside the templates' own."""
    troubles = {part for trouble in TROUBLES.values() for part in trouble}
    means = {part for one in MEANS.values() for part in (one.label, one.hint)}
    return {
        UNKNOWN_ERROR,
        *ERRORS.values(),
        *SCOPES.values(),
        *REASONS.values(),
        *troubles,
        *means,
        *settings_words.every_message(),
        *links_words.every_message(),
    }
