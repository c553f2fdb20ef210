"""What a telephone is told, and what becomes of the tenant's own words."""

import re
from email.message import EmailMessage
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.adapters.deliver.compose import CALLS, MAILS, compose
from yett.adapters.deliver.sms_text import parts
from yett.adapters.deliver.smtp import as_message
from yett.adapters.deliver.templates import MOST_SAID, check, render, text_of
from yett.adapters.deliver.words import LANGUAGES, TEXTS
from yett.domain.enrolment import Message
from yett.domain.tenant import Brand, Template, Tenant

HOST = "login.example.test"
TO = "+4915112345678"


def sms(template: str = "mfa_code", locale: str = "en", channel: str = "sms", **data: str) -> Message:
    return Message(cast("Any", channel), TO, template, locale, {"minutes": "5", **data})


def mail(template: str = "mfa_code", **data: str) -> Message:
    return Message("email", "ada@example.test", template, "en", {"minutes": "5", "client": "Web shop", **data})


def tenant(*templates: Template) -> Tenant:
    return Tenant(brand=Brand(name="Bank & Söhne", support_email="help@example.test"), templates=templates)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", ["mfa_code", "phone_verification"])
def test_a_text_says_code_and_application_and_ends_with_the_line_that_browsers_read(language: str, template: str) -> None:
    letter = compose(sms(template, language, client="Web shop"), "012345", host=HOST)
    assert letter.text.startswith("012345 ")
    assert "Web shop" in letter.text
    assert letter.text.splitlines()[-1] == f"@{HOST} #012345"
    assert letter.text.splitlines()[-2] == ""
    assert (letter.subject, letter.html, letter.code, letter.locale) == ("", "", "012345", language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("client", ["Web shop", "Ein sehr langer Name " * 8, "Магазин", ""])
def test_a_text_fits_into_one_part_whatever_the_application_is_called(language: str, client: str) -> None:
    for template in TEXTS[language]:
        assert len(parts(compose(sms(template, language, client=client), "12345678", host=HOST).text, 0)) == 1


PURPOSE = "Pay 1,234.50 EUR to Bob {name} <b>%s</b> " + "x" * 150


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_that_approves_says_what_however_long_that_is(language: str) -> None:
    text = compose(sms(locale=language, client="Web shop", purpose=PURPOSE), "012345", host=HOST).text
    assert PURPOSE in text
    assert text.startswith("012345 ")
    letter = compose(mail(purpose=PURPOSE)._replace(locale=language), "012345")
    assert PURPOSE in letter.text
    assert "&lt;b&gt;%s&lt;/b&gt;" in letter.html
    assert "<b>" not in letter.html


def test_a_message_keeps_what_holds_its_scripts_apart_and_nothing_else_that_is_invisible() -> None:
    text = compose(sms(purpose="Pay \u2068\u05d3\u05d5\u05d3\u2069\nnow\u202e"), "012345").text
    assert "Pay \u2068\u05d3\u05d5\u05d3\u2069 now " in text
    assert "\u202e" not in text


@pytest.mark.parametrize("body, own", [("<p>{{ code }}: {{ purpose }}</p>", True), ("<p>{{ code }}</p>", False)])
def test_the_tenants_own_words_are_used_where_they_say_what_is_approved(body: str, own: bool) -> None:
    heard: list[str] = []
    told = compose(mail(purpose="Pay 1 EUR to Bob"), "012345", tenant(Template("email", "mfa_oob_code", "Code", body)), warn=heard.append)
    assert "Pay 1 EUR to Bob" in told.text
    assert ("It approves this" not in told.text) == own
    assert bool(heard) == (not own)


@pytest.mark.parametrize("said, own", [("{{ code }}: {{ purpose }}", True), ("{{ code }}", False)])
def test_a_call_says_what_its_code_approves_whatever_the_tenants_words_are(said: str, own: bool) -> None:
    letter = compose(sms(channel="voice", purpose=PURPOSE), "012345", tenant(Template("phone", "otp_verify", body="{{ code }}", voice=said)))
    assert letter.approves == PURPOSE
    assert PURPOSE in letter.text
    assert letter.text.startswith("012345: ") == own
    assert compose(sms(purpose=PURPOSE), "012345").approves == "", "a text says it in its text"


def test_the_line_for_browsers_is_for_texts_with_a_code_alone() -> None:
    assert f"@{HOST}" not in compose(sms(channel="voice"), "012345", host=HOST).text
    assert f"@{HOST}" not in compose(sms("factor_added", factor="otp"), "", host=HOST).text
    assert f"@{HOST}" not in compose(mail(), "012345", host=HOST).text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", [name for name in LANGUAGES["en"] if name and "{code}" not in LANGUAGES["en"][name][0]])
def test_a_notice_by_text_is_short_and_says_what_happened(language: str, template: str) -> None:
    letter = compose(sms(template, language, factor="otp", hours="72", client="Web shop", link="https://x.test/"), "", host=HOST)
    assert letter.text.startswith(LANGUAGES[language][template][0].format(factor="", client="Web shop"))
    assert len(parts(letter.text, 0)) <= 2
    assert "{" not in letter.text


def test_the_tenants_own_text_says_what_auth0_says() -> None:
    own = Template("phone", "otp_verify", body="{{ code }} is your code for {{tenant.friendly_name}} ({{ application.name }}): {{ message }}")
    text = compose(sms(client="Web shop"), "012345", tenant(own), host=HOST).text
    assert text.startswith("012345 is your code for Bank & Söhne (Web shop): 012345 is your code")
    assert text.endswith(f"@{HOST} #012345")
    assert compose(sms("phone_verification"), "012345", tenant(own)) == compose(sms("phone_verification"), "012345")


def test_a_call_has_words_of_its_own_where_there_are_some() -> None:
    own = Template("phone", "otp_verify", body="text {{ code }}", voice="spoken {{ code }}")
    assert compose(sms(channel="voice"), "012345", tenant(own)).text == "spoken 012345"
    assert compose(sms(channel="voice"), "012345", tenant(own._replace(voice=""))).text == "text 012345"


def test_the_tenants_own_mail_is_html_with_a_text_made_of_it_and_values_are_no_markup() -> None:
    own = Template(
        "email",
        "mfa_oob_code",
        subject="{{ code }} for {{ application.name }}",
        body="<style>p{}</style><p>Hi, {{ user.email }}</p><p>{{ code }} {{ application.name }}</p>",
    )
    letter = compose(mail(client="<b>Shop</b>"), "012345", tenant(own))
    assert letter.subject == "012345 for <b>Shop</b>"
    assert "<p>012345 &lt;b&gt;Shop&lt;/b&gt;</p>" in letter.html
    assert letter.text == "Hi, ada@example.test\n\n012345 <b>Shop</b>\n"


def test_a_template_that_is_off_is_not_used() -> None:
    own = Template("email", "mfa_oob_code", body="{{ code }}", enabled=False)
    assert compose(mail(), "012345", tenant(own)) == compose(mail(), "012345")


FAILING = ["{{ code", "no code in it", "", "{% for a in code %}{{ code }}{% endfor %}", "{{ code.missing }}"]


@pytest.mark.parametrize("body", FAILING)
def test_a_template_that_fails_is_a_warning_and_our_own_words_leave(body: str) -> None:
    warned: list[str] = []
    own = tenant(Template("email", "mfa_oob_code", body=body), Template("phone", "otp_verify", body=body))
    assert compose(mail(), "012345", own, warn=warned.append) == compose(mail(), "012345")
    assert compose(sms(), "012345", own, warn=warned.append) == compose(sms(), "012345")
    assert len(warned) == 2
    assert "012345" not in " ".join(warned)


REACHING = [
    "{% for a in [1] %}{% endfor %}",
    "{% set a = 1 %}",
    "{% include 'a' %}",
    "{% import 'a' as b %}",
    "{% macro a() %}{% endmacro %}",
    "{% filter upper %}{% endfilter %}",
    "{{ a() }}",
    "{{ 'a' * 9 }}",
    "{{ 9 ** 9 }}",
    "{{ [1] }}",
    "{{ {} }}",
    "{{ a[0] }}",
    "{{ a|attr('b') }}",
    "{{ a|map('b') }}",
    "{{ a|format(1) }}",
    "{{ a|center(99999999) }}",
    "{{ a is defined }}",
    "{{ a if b else c }}",
    "{{ a ~ b }}",
    "{{ -1 }}",
]


@pytest.mark.parametrize("text", REACHING)
def test_nothing_is_spoken_that_could_reach_far_or_take_long(text: str) -> None:
    for html in (True, False):
        with pytest.raises(ValueError, match="is not spoken here"):
            check(text, html=html)


@pytest.mark.parametrize(
    "text",
    [
        "{{ code.__class__ }}",
        "{{ tenant.items }}",
        "{{ tenant.friendly_name.upper }}",
        "{{ user.__init__.__globals__ }}",
        "{{ self }}",
        "{{ range }}",
        "{{ tenant }}",
        "{% if tenant.items %}reached{% endif %}",
    ],
)
def test_a_dot_finds_what_was_told_and_never_what_python_has(text: str) -> None:
    assert render(text, {"code": "1", "tenant": {"friendly_name": "B"}, "user": {}}, html=False) == ""


@pytest.mark.parametrize("text", ["{% if a %}" * 30 + "{% endif %}" * 30, "{{ " + "not " * 5000 + "a }}", "{{ " + "(" * 3000 + "a" + ")" * 3000 + " }}"])
def test_a_template_that_is_too_deep_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="too deep"):
        check(text, html=False)


def test_a_template_that_is_too_long_or_says_too_much_is_refused() -> None:
    with pytest.raises(ValueError, match="longer"):
        check("a" * 100_001, html=False)
    with pytest.raises(ValueError, match="says more"):
        render("{{ a }}" * 2000, {"a": "b" * (MOST_SAID // 1000)}, html=False)


def test_liquid_that_auth0_documents_is_spoken() -> None:
    text = "{% if application.name == 'Shop' %}A{% elsif user.email %}B{% else %}C{% endif %}{{ code | escape }}{{ tenant.friendly_name | upcase | default }}"
    check(text.replace(" | upcase", " | upper"), html=True)
    assert (
        render("{% if application.name == 'Shop' %}A{% elsif user.email %}B{% endif %}", {"application": {"name": "x"}, "user": {"email": "y"}}, html=True)
        == "B"
    )


@given(st.text())
def test_whatever_a_value_holds_a_header_of_a_template_stays_one_line(value: str) -> None:
    own = Template("email", "mfa_oob_code", subject="{{ code }} {{ application.name }}", body="{{ code }}")
    letter = compose(mail(client=value), "012345", tenant(own))
    assert letter.subject.isprintable()
    message: EmailMessage = as_message(letter, "login@example.test")
    assert len(message.get_all("Subject") or []) == 1
    assert message["Bcc"] is None


def test_a_mail_comes_from_whom_its_template_names() -> None:
    own = Template("email", "mfa_oob_code", body="{{ code }}", sender="{{ application.name }} <login@shop.example.test>")
    letter = compose(mail(client="Söhne, Inc. (EU)"), "012345", tenant(own))
    assert letter.sender == '"Söhne, Inc. (EU)" <login@shop.example.test>'
    assert as_message(letter, letter.sender)["From"].addresses[0].display_name == "Söhne, Inc. (EU)"
    plain = tenant(own._replace(sender="login@shop.example.test"))
    assert compose(mail(), "012345", plain).sender == "login@shop.example.test"
    assert compose(mail(), "012345").sender == compose(mail(), "012345", tenant(own._replace(body="no code"))).sender == ""
    phone = Template("phone", "otp_verify", body="{{ code }}", sender="+15005550006")
    assert [compose(sms(channel=one), "012345", tenant(phone)).sender for one in ("sms", "voice")] == ["+15005550006"] * 2


@given(st.text())
def test_whatever_a_value_holds_a_mail_comes_from_the_address_that_was_written(value: str) -> None:
    own = Template("email", "mfa_oob_code", body="{{ code }}", sender='Login "{{ application.name }}" <login@example.test>')
    letter = compose(mail(client=value), "012345", tenant(own))
    message = as_message(letter, letter.sender)
    assert [one.addr_spec for one in message["From"].addresses] == ["login@example.test"]
    assert message["Bcc"] is None


def test_a_mail_that_comes_from_several_is_none() -> None:
    letter = compose(mail(), "012345")
    for sender in ("a@example.test, b@example.test", "group: a@example.test, b@example.test;", ""):
        with pytest.raises((ValueError, IndexError)):
            as_message(letter, sender)


LINK = "https://login.example.test/u/reset-password?ticket=a.b&x=1"


@pytest.mark.parametrize("template, name", [("verify_email", "verify_email"), ("password_reset", "reset_email"), ("enrollment_ticket", "enrollment_email")])
def test_a_link_stands_in_the_text_as_well_and_words_without_it_are_not_used(template: str, name: str) -> None:
    own, asked = Template("email", name, subject="Hi", body='<p>Go <a href="{{ url }}">there</a></p>'), mail(template, link=LINK, hours="24")
    letter = compose(asked, "", tenant(own))
    assert letter.subject == "Hi"
    assert letter.text == f"Go there\n\n{LINK}\n"
    assert compose(asked, "", tenant(own._replace(body="{{ url }}"))).text.count(LINK) == 1
    warned: list[str] = []
    assert compose(asked, "", tenant(own._replace(body="Go there")), warn=warned.append) == compose(asked, "")
    assert warned == [f"the template {name} (email) was not used: it does not say the link"]


@pytest.mark.parametrize(
    "language, one, several", [("en", "within an hour:", "within 24 hours:"), ("de", "innerhalb von einer Stunde:", "innerhalb von 24 Stunden:")]
)
def test_a_time_is_said_as_people_say_it(language: str, one: str, several: str) -> None:
    asked = Message("email", "ada@example.test", "password_reset", language, {"link": LINK, "hours": "1"})
    assert one in compose(asked, "").text
    assert several in compose(asked._replace(data={"link": LINK, "hours": "24"}), "").text


def test_a_subject_that_was_written_with_a_second_line_has_one() -> None:
    own = Template("email", "mfa_oob_code", subject="Hi\r\nBcc: mallory@example.test", body="{{ code }}")
    assert compose(mail(), "012345", tenant(own)).subject == "Hi Bcc: mallory@example.test"


def test_ours_have_names_of_auth0s() -> None:
    assert MAILS.keys() <= LANGUAGES["en"].keys()
    assert {*CALLS} - {"factors_locked"} <= TEXTS["en"].keys()
    assert re.search("", text_of("<p>a</p><script>b</script>") or "")
    assert text_of("<title>x</title><p>a &amp; b<br>c</p>") == "a & b\n\nc\n"
