"""What is told of a person, by the scope that it belongs to or by its own name (OIDC Core 5.1, 5.4 and 5.5)."""

from collections.abc import Mapping, Sequence

from yett.domain.account import Account
from yett.oauth.scopes import ADDRESS, EMAIL, PHONE, PROFILE

Said = Mapping[str, object]

# Claims of the profile scope that an account's profile may hold.
OF_PROFILE = (
    "name", "given_name", "family_name", "middle_name", "nickname", "picture", "profile", "website", "gender", "birthdate", "zoneinfo", "locale",
)  # fmt: skip
OF_SCOPE: Mapping[str, tuple[str, ...]] = {
    PROFILE: (*OF_PROFILE, "preferred_username", "updated_at"),
    EMAIL: ("email", "email_verified"),
    ADDRESS: ("address",),
    PHONE: ("phone_number", "phone_number_verified"),
}
# The scope that each claim belongs to.
OF_CLAIM: Mapping[str, str] = {claim: scope for scope, claims in OF_SCOPE.items() for claim in claims}
# Members of an address (OIDC Core 5.1.1).
OF_ADDRESS = ("formatted", "street_address", "locality", "region", "postal_code", "country")


def about(account: Account, profile: Said, scope: Sequence[str], named: Sequence[str] = ()) -> dict[str, object]:
    """The claims of these scopes, and those that were asked for by name; what is not known is not said."""
    said: dict[str, object] = {}
    if PROFILE in scope:
        said |= _profile(account, profile)
    if EMAIL in scope:
        said |= _email(account)
    if ADDRESS in scope:
        said |= _address(profile)
    if PHONE in scope:
        said |= _phone(profile)
    if named:
        everything = {**_profile(account, profile), **_email(account), **_address(profile), **_phone(profile)}
        said |= {name: everything[name] for name in named if name in everything}
    return said


def _profile(account: Account, profile: Said) -> dict[str, object]:
    said: dict[str, object] = {name: profile[name] for name in OF_PROFILE if isinstance(profile.get(name), str)}
    named = {"preferred_username": account.username} if account.username else {}
    return {**said, **named, "updated_at": account.updated_at}


def _email(account: Account) -> dict[str, object]:
    return {"email": account.email, "email_verified": account.email_verified}


def _phone(profile: Said) -> dict[str, object]:
    """Auth0 keeps whether it is verified under a name of its own; a number that nobody has verified is not said to be."""
    number = profile.get("phone_number")
    return {"phone_number": number, "phone_number_verified": profile.get("phone_verified") is True} if isinstance(number, str) else {}


def _address(profile: Said) -> dict[str, object]:
    """Auth0 has no field for it, so it is where applications keep such things: `user_metadata.address`, in OpenID Connect's members or as one text."""
    metadata = profile.get("user_metadata")
    kept = metadata.get("address") if isinstance(metadata, Mapping) else None
    if isinstance(kept, str):
        return {"address": {"formatted": kept}}
    members = {name: kept[name] for name in OF_ADDRESS if isinstance(kept.get(name), str)} if isinstance(kept, Mapping) else {}
    return {"address": members} if members else {}
