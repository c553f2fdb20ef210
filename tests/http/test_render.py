"""Pages: what every screen keeps to, and that all of it can be said in every language."""

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import NamedTuple

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from jinja2 import TemplateError, nodes
from jinja2.meta import find_undeclared_variables

from tests.http.messages import TRANSLATED, po, read, spoken
from tests.http.samples import ACME, Sample, samples
from yett.domain.requirement import SOURCES
from yett.domain.tenant import Brand
from yett.flows.here import SET_UP
from yett.http.render import DEFAULTS, SCREENS, TEMPLATES, Option, Page, Remember, _environment, render
from yett.http.speech import LANGUAGES, speech
from yett.http.words import ERRORS, NOT_THE_ANSWER, REASONS, SAME_REASON, SAME_TROUBLE, TROUBLES, UNKNOWN_ERROR
from yett.policy.decide import CHECKS

EVERY = [pytest.param(sample, id=f"{language}-{sample.name}") for language in LANGUAGES for sample in samples(language, ACME)]
PLACEHOLDER = re.compile(r"%\(\w+\)s")
LOGIN = Page("en", Brand("Acme"), action="/u/x", state="st4te", csrf="t0ken", client_name="Shop")
FACTORS = TEMPLATES.parents[1] / "factors"
# What `render` gives to every template beside Page.data.
ALWAYS = {"page", "brand", "screen", "language", "error", "marks", "trouble", "why", "named", "brand_href"}


class Tag(NamedTuple):
    name: str
    attributes: Mapping[str, str]


class Tags(HTMLParser):
    """The tags of a page, in order."""

    def __init__(self, html: bytes) -> None:
        super().__init__()
        self.found: list[Tag] = []
        self.feed(html.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(Tag(tag, {name: value or "" for name, value in attrs}))

    def named(self, tag: str, **attributes: str) -> list[Mapping[str, str]]:
        return [one.attributes for one in self.found if one.name == tag and attributes.items() <= one.attributes.items()]


def shown(screen: str, page: Page = LOGIN, /, **data: object) -> str:
    return render(screen, page._replace(data=data)).decode()


# Every page


@pytest.mark.parametrize("sample", EVERY)
def test_every_page_has_a_name_a_language_a_title_and_one_heading(sample: Sample) -> None:
    tags = Tags(render(sample.screen, sample.page))
    (body,), (html,) = tags.named("body"), tags.named("html")
    assert body["data-screen"] == sample.screen
    assert html["lang"] == sample.page.locale
    assert len(tags.named("h1")) == len(tags.named("title")) == len(tags.named("main")) == 1


@pytest.mark.parametrize("sample", EVERY)
def test_no_page_carries_script_or_style_of_its_own(sample: Sample) -> None:
    tags = Tags(render(sample.screen, sample.page))
    assert not tags.named("style")
    assert all(script["src"].startswith("/assets/") for script in tags.named("script"))
    assert all(link["href"].startswith("/assets/") for link in tags.named("link"))
    assert not [name for tag in tags.found for name in tag.attributes if name == "style" or name.startswith("on")]


@pytest.mark.parametrize("sample", EVERY)
def test_a_form_is_posted_with_state_and_csrf_and_enter_presses_its_main_button(sample: Sample) -> None:
    tags = Tags(render(sample.screen, sample.page))
    if sample.screen in {"logged-out", "error", "dev-outbox", "account", "account-activity", "account-note", "link-note", "web-message"}:
        assert not tags.named("form")
        return
    if sample.screen == "form-post":
        # It is not for us.
        assert not tags.named("input", name="csrf")
        return
    (form,) = tags.named("form")
    assert (form["method"], form["action"]) == ("post", "/u/page")
    assert [field["value"] for name in ("state", "csrf") for field in tags.named("input", type="hidden", name=name)] == ["st4te", "t0ken"]
    acts = tags.named("button", name="action")
    assert all(act.get("type", "submit") == "submit" for act in acts)
    assert "main" in acts[0]["class"] or "choice" in acts[0]["class"] or "act" in acts[0]["class"]


@pytest.mark.parametrize("sample", [one for one in EVERY if "challenge" in str(one.id) or "login-" in str(one.id) or "enrollment-qr" in str(one.id)])
def test_every_question_has_a_way_out_that_asks_for_no_answer(sample: Sample) -> None:
    (cancel,) = Tags(render(sample.screen, sample.page)).named("button", name="action", value="cancel")
    assert "formnovalidate" in cancel


@pytest.mark.parametrize("sample", EVERY)
def test_every_field_has_a_label(sample: Sample) -> None:
    html = render(sample.screen, sample.page).decode()
    for field in Tags(html.encode()).named("input"):
        if field.get("type") == "hidden" or field.get("aria-hidden"):
            continue
        assert f'<label for="{field.get("id")}">' in html or f'<label class="check"><input type="{field.get("type")}" name="{field["name"]}"' in html


@pytest.mark.parametrize("sample", EVERY)
def test_nothing_that_anyone_typed_becomes_markup(sample: Sample) -> None:
    evil = '"><script>alert(1)</script>%(x)s{{ 7919 * 7907 }}'

    def spoil(value: object) -> object:
        match value:
            case str() if type(value) is str:
                return evil
            case Mapping():
                return {evil + str(number): spoil(one) for number, one in enumerate(value.values())}
            case tuple():
                spoiled = tuple(spoil(one) for one in value)
                return value._make(spoiled) if hasattr(value, "_make") else spoiled
            case _:
                return value

    page = sample.page._replace(
        brand=Brand(evil, logo="https://x.test/" + evil, primary=evil, support_email=evil, support_url="https://x.test/" + evil),
        state=evil,
        csrf=evil,
        client_name=evil,
        purpose=evil,
        account=evil,
        reasons=("client_acr", "tenant_always"),
        data={name: spoil(value) for name, value in sample.page.data.items()},
    )
    html = render(sample.screen, page).decode()
    assert "<script>" not in html
    assert "62615533" not in html
    assert [script for script in Tags(html.encode()).named("script") if not script.get("src", "").startswith("/assets/")] == []


def test_an_unknown_screen_is_refused() -> None:
    with pytest.raises(KeyError):
        render("../secrets", LOGIN)


@pytest.mark.parametrize("screen", sorted(SCREENS))
def test_a_page_that_is_not_given_what_it_needs_does_not_pretend(screen: str) -> None:
    if set(SCREENS[screen]) <= DEFAULTS.keys():
        assert render(screen, LOGIN)
    else:
        with pytest.raises(TemplateError):
            render(screen, LOGIN)


# Single screens


def test_a_code_field_takes_a_pasted_code_with_spaces_and_is_offered_the_one_that_arrived() -> None:
    (code,) = Tags(shown("mfa-otp-challenge", digits=6).encode()).named("input", name="code")
    assert (code["inputmode"], code["autocomplete"]) == ("numeric", "one-time-code")
    assert re.fullmatch(code["pattern"], "123 456")
    assert int(code["maxlength"]) >= len(" 123 456 ")


def test_a_password_manager_finds_the_name_beside_the_password() -> None:
    tags = Tags(shown("login-password", username="ada").encode())
    assert [field["value"] for field in tags.named("input", autocomplete="username")] == ["ada"]
    assert tags.named("input", autocomplete="current-password", type="password")


@pytest.mark.parametrize("remember, says", [(Remember(1), "for 1 day<"), (Remember(30), "for 30 days<"), (None, "")])
def test_a_browser_is_remembered_for_as_long_as_the_page_says(remember: Remember | None, says: str) -> None:
    html = shown("mfa-otp-challenge", remember=remember)
    assert ('name="rememberBrowser"' in html) == bool(remember)
    assert says in html


@pytest.mark.parametrize("ticked", [True, False])
def test_the_box_is_ticked_only_where_the_tenant_wants_it(ticked: bool) -> None:
    (box,) = Tags(shown("mfa-otp-challenge", remember=Remember(7, ticked)).encode()).named("input", name="rememberBrowser")
    assert ("checked" in box) == ticked


def test_other_ways_are_shown_where_there_are_any() -> None:
    assert "pick-authenticator" not in shown("mfa-otp-challenge")
    assert "recovery-code" not in shown("mfa-otp-challenge")
    html = shown("mfa-otp-challenge", others=True, recovery=True)
    assert 'value="pick-authenticator"' in html
    assert 'value="recovery-code"' in html


def test_the_recovery_page_does_not_offer_itself() -> None:
    assert 'value="recovery-code"' not in shown("mfa-recovery-code-challenge", recovery=True)


def test_only_an_optional_enrolment_can_be_skipped() -> None:
    options = (Option("totp", "totp"),)
    assert 'value="skip"' not in shown("mfa-begin-enroll-options", options=options)
    assert 'value="skip"' in shown("mfa-begin-enroll-options", options=options, optional=True)


def test_a_new_code_can_be_asked_for_until_there_are_none_left() -> None:
    assert 'value="resend"' in shown("mfa-email-challenge", target="a••@b.c", resends_left=1, resend_in=30)
    assert 'value="resend"' not in shown("mfa-email-challenge", target="a••@b.c", resends_left=0)


def test_the_chooser_keeps_its_order_and_marks_what_was_used_last() -> None:
    html = shown("mfa-login-options", options=(Option("2", "webauthn-roaming"), Option("1", "otp", last_used=True), Option("3", "pigeon")))
    assert [button["value"] for button in Tags(html.encode()).named("button", **{"class": "choice"})] == ["2", "1", "3"]
    assert html.index("Authenticator app") < html.index("Last used") < html.index("pigeon")


def test_an_authenticator_link_is_one_or_nothing() -> None:
    def target(uri: str) -> str:
        (link,) = Tags(shown("mfa-otp-enrollment-qr", qr="", secret="ABCD", uri=uri).encode()).named("a", **{"class": "second"})
        return link["href"]

    assert target("otpauth://totp/x?secret=ABCD") == "otpauth://totp/x?secret=ABCD"
    assert target("javascript:alert(1)") == ""


def test_a_key_is_read_in_groups_and_copied_whole() -> None:
    html = shown("mfa-otp-enrollment-qr", qr="", secret="ABCDEFGHIJ", uri="otpauth://totp/x")
    assert '<code id="secret"><span>ABCD</span><span>EFGH</span><span>IJ</span></code>' in html


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "//evil.test/", "/\\evil.test"])
def test_an_address_that_is_no_web_address_is_no_link(address: str) -> None:
    brand = Brand("Acme", logo=address, support_url=address)
    tags = Tags(shown("logged-out", LOGIN._replace(brand=brand), back=address).encode())
    assert not tags.named("a")
    assert not tags.named("img")


def test_a_tenant_is_seen_by_its_logo_and_its_colour() -> None:
    tags = Tags(shown("login-id", LOGIN._replace(brand=Brand("Acme", logo="https://a.test/l.svg", primary="#c2185b"))).encode())
    assert tags.named("img", src="https://a.test/l.svg", alt="Acme")
    assert [link for link in tags.named("link", rel="stylesheet") if link["href"].startswith("/assets/brand.css?v=")]


def test_a_logout_says_who_wants_it() -> None:
    assert "Shop would like to log you out of Acme" in shown("logout-confirm")
    assert "This logs you out of Acme" in shown("logout-confirm", LOGIN._replace(client_name=""))


def test_the_demo_says_so_on_every_page() -> None:
    # What passes a message on is no page: nobody looks at it.
    for sample in (one for one in samples() if one.screen != "web-message"):
        assert ('class="demo"' in render(sample.screen, sample.page._replace(demo=True)).decode()) is True
        assert 'class="demo"' not in render(sample.screen, sample.page._replace(demo=False)).decode()


def test_the_demo_application_says_what_it_was_not_told() -> None:
    html = shown("demo-home", id_token={"sub": "1", "amr": ["pwd"]})
    assert html.count("not said") == 2
    assert "[&#34;pwd&#34;]" in html
    assert 'role="status"' not in html


def test_the_demo_application_says_what_the_tokens_answer_and_what_was_asked_in_vain() -> None:
    assert "these tokens are the answer" in shown("demo-home", id_token={"sub": "1"}, told="Ask for multi-factor")
    assert "the tokens do not say it" in shown("demo-home", id_token={"sub": "1"}, told="Ask for multi-factor", unmet=True)


# Errors and reasons


def test_an_error_is_announced_and_tied_to_its_field() -> None:
    html = shown("login-password", LOGIN._replace(error="wrong_credentials"), username="ada")
    tags = Tags(html.encode())
    (field,) = tags.named("input", name="password")
    assert (field["aria-invalid"], field["aria-describedby"]) == ("true", "error")
    assert tags.named("div", id="error", role="alert")
    assert "<title>Error: " in html


@pytest.mark.parametrize("reason", sorted(NOT_THE_ANSWER))
def test_a_field_is_not_blamed_for_what_was_not_its_fault(reason: str) -> None:
    (field,) = Tags(shown("mfa-otp-challenge", LOGIN._replace(error=reason)).encode()).named("input", name="code")
    assert "aria-invalid" not in field
    assert field["aria-describedby"] == "error"


def test_an_error_without_words_says_at_least_that_it_did_not_work() -> None:
    assert UNKNOWN_ERROR in shown("mfa-otp-challenge", LOGIN._replace(error="pigeon_lost"))


def test_whatever_a_factor_refuses_with_has_words() -> None:
    reasons = {reason for file in FACTORS.rglob("*.py") for reason in re.findall(r'(?:Rejected|Refused)\("(\w+)"', file.read_text("utf-8"))}
    assert {"wrong_code", "attestation", "cloned"} <= reasons
    assert reasons <= ERRORS.keys()


@pytest.mark.parametrize("screen", ["login-id", "login-password", "passkey-challenge", "passkey-enrollment", "mfa-webauthn-roaming-challenge"])
def test_where_no_code_is_asked_no_code_is_wrong(screen: str) -> None:
    for reason in ("expired", "malformed", "already_used"):
        assert "code" not in ERRORS[f"{reason}@{screen}"]
    assert ("set up already" in ERRORS[f"already_used@{screen}"]) == screen.endswith("-enrollment")


def test_a_screen_may_say_it_better() -> None:
    wrong = LOGIN._replace(error="wrong_code")
    assert ERRORS["wrong_code@mfa-otp-challenge"] in shown("mfa-otp-challenge", wrong)
    assert ERRORS["wrong_code"] in shown("mfa-email-challenge", wrong, target="x")
    assert {key.partition("@")[2] or "login-id" for key in ERRORS} <= SCREENS.keys()


def test_whatever_can_ask_for_more_can_say_why() -> None:
    sources = {*SOURCES, *(check.name for check in CHECKS), "max_age", "adding_factor", SET_UP}
    assert {SAME_REASON.get(source, source) for source in sources} == REASONS.keys()


def test_a_step_up_says_who_asks_what_for_and_why_now() -> None:
    html = shown("mfa-otp-challenge", LOGIN._replace(reasons=("client_acr", "max_age", "client_acr"), purpose="Transfer of €10 to Grace"))
    assert html.count("Shop asks you to confirm") == 1
    assert "It has been a while" in html
    assert "Transfer of €10 to Grace" in html


def test_a_login_as_such_needs_no_reason() -> None:
    assert 'class="why"' not in shown("login-id", LOGIN._replace(reasons=("first",)))


@pytest.mark.parametrize("reason", [*TROUBLES, *SAME_TROUBLE, "unheard_of"])
def test_an_error_page_says_what_happened_and_what_to_do(reason: str) -> None:
    html = shown("error", LOGIN._replace(error=reason), correlation="7f3a", detail="no such client")
    happened = TROUBLES.get(SAME_TROUBLE.get(reason, reason), TROUBLES["server_error"])
    for said in (*happened, "7f3a", "no such client"):
        assert said.replace("'", "&#39;") in html


# Languages


@pytest.mark.parametrize("locale, language", [("de", "de"), ("de-AT", "de"), ("DE_ch", "de"), ("en-GB", "en"), ("fr", "en"), ("", "en"), ("den", "en")])
def test_the_nearest_language_is_spoken(locale: str, language: str) -> None:
    assert speech(locale).language == language


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_holds_every_sentence_and_no_other(language: str) -> None:
    assert {message.id for message in read(language)} == {message.id for message in spoken()}


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated_with_its_placeholders(language: str) -> None:
    for message in read(language):
        if message.id:
            assert not message.fuzzy
            for said, meant in _pairs(message.string, message.id):
                assert said
                assert sorted(PLACEHOLDER.findall(said)) == sorted(PLACEHOLDER.findall(meant)), said


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_programs_read_is_what_translators_wrote(language: str) -> None:
    with po(language).with_suffix(".mo").open("rb") as file:
        assert _sentences(read_mo(file)) == _sentences(read(language))


def _pairs(said: object, meant: object) -> Iterator[tuple[str, str]]:
    strings = said if isinstance(said, tuple) else (said,)
    ids = meant if isinstance(meant, tuple) else (meant,)
    return zip((str(one) for one in strings), (str(one) for one in ids), strict=True)


def _sentences(catalogue: Catalog) -> dict[object, object]:
    """Babel reads plural forms from one kind of file as lists, from the other as tuples."""
    return {str(message.id).strip("[]()"): str(message.string).strip("[]()") for message in catalogue if message.id}


# The table of screens, against the templates


@pytest.mark.parametrize("screen", sorted(SCREENS))
def test_the_table_says_what_a_screen_shows(screen: str) -> None:
    assert _asks_for(screen) - ALWAYS == set(SCREENS[screen])


def test_every_template_is_a_screen_or_a_part_of_one() -> None:
    parts = {"layout", "form", "code", "sent", "line", "choices", "webauthn", "ceremony", "account-event"}
    assert {template.stem for template in TEMPLATES.glob("*.html")} == SCREENS.keys() | parts


def _asks_for(screen: str) -> set[str]:
    """The names that a screen's templates look up, but for blocks that it replaces."""
    asked: set[str] = set()
    replaced: set[str] = set()
    given: set[str] = set()
    name = screen + ".html"
    environment = _environment(speech("en"))
    while name:
        tree = environment.parse((TEMPLATES / name).read_text("utf-8"))
        given |= {one.name for one in tree.find_all(nodes.Name) if one.ctx == "store"} | {one.name for one in tree.find_all(nodes.Macro)}
        blocks = list(tree.find_all(nodes.Block))
        for block in blocks:
            if block.name in replaced:
                block.body = []
        asked |= find_undeclared_variables(tree)
        replaced |= {block.name for block in blocks if not any(_is_super(call) for call in block.find_all(nodes.Call))}
        name = next((str(one.template.value) for one in tree.find_all(nodes.Extends) if isinstance(one.template, nodes.Const)), "")
    return asked - given - {"super"}


def _is_super(call: nodes.Call) -> bool:
    """Whether a block shows the one that it replaces, after all."""
    return isinstance(call.node, nodes.Name) and call.node.name == "super"
