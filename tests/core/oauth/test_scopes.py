import pytest

from tests.core.oauth.samples import API, APIS, AUDIENCE, SHOP
from yett.oauth import scopes
from yett.oauth.errors import OAuthError

HAD = ("openid", "read:orders", "offline_access")


def test_scopes_keep_their_order_and_stand_once() -> None:
    assert scopes.parse(" openid  a b openid ") == ("openid", "a", "b")
    assert scopes.parse("") == ()


@pytest.mark.parametrize("text", ['a"b', "a\\b", "a\tb", "a\u00e9", "a\x7f"])
def test_a_scope_has_only_the_characters_of_rfc_6749(text: str) -> None:
    with pytest.raises(OAuthError) as caught:
        scopes.parse(text)
    assert caught.value.code == "invalid_scope"


def test_an_audience_is_an_api_of_ours_or_none() -> None:
    assert scopes.api_of(AUDIENCE, APIS) == API
    assert scopes.api_of("", APIS) is None
    with pytest.raises(OAuthError):
        scopes.api_of(AUDIENCE.rstrip("/"), APIS)


def test_without_an_api_only_the_scopes_of_openid_connect_are_left() -> None:
    assert scopes.granted(("openid", "email", "read:orders"), SHOP, None) == ("openid", "email")


def test_a_refresh_narrows_and_never_widens() -> None:
    assert scopes.narrowed((), HAD) == HAD
    assert scopes.narrowed(("read:orders",), HAD) == ("read:orders",)
    assert scopes.narrowed(("transfer:funds", "openid"), HAD) == ("openid",)


def test_a_refresh_for_scopes_that_were_never_granted_alone_is_refused() -> None:
    with pytest.raises(OAuthError) as caught:
        scopes.narrowed(("transfer:funds",), HAD)
    assert caught.value.code == "invalid_scope"


def test_nobody_gets_what_is_not_among_their_permissions_where_the_api_asks() -> None:
    assert scopes.permitted(HAD, None) == HAD
    assert scopes.permitted(HAD, frozenset({"read:orders"})) == tuple(name for name in HAD if name in {*scopes.OIDC, "read:orders"})
    assert scopes.permitted(("read:orders",), frozenset()) == ()
