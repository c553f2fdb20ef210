"""Telephone numbers: what was typed, in the one form that is kept (E.164), and where it rings."""

import re

# As people write numbers: neither letters nor an extension.
WRITTEN = re.compile(r"[\d\s+()./\-\u00a0\u2010-\u2015]{3,40}")
# What belongs to no country: satellites, and services that bill whoever calls them.
NOWHERE = "001"
# A block of numbers is bought, or pumped, together: all but the last four digits.
WITHIN_BLOCK = 4


def e164(text: str, region: str = "", *, landline: bool = True) -> str | None:
    """The number that `text` is, dialled from `region` (ISO 3166, "": only with a country code); None where nobody may be reached by it.

    Valid, of a country, mobile or (with `landline`) fixed: no premium rate, shared cost, satellite or personal number, no
    pager, and none that is not bound to a line (VoIP: NIST SP 800-63B-4, 3.1.3.3).
    """
    import phonenumbers
    from phonenumbers import PhoneNumberType as Type

    if not WRITTEN.fullmatch(text):
        return None
    try:
        number = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException:
        return None
    lines = {Type.MOBILE, Type.FIXED_LINE_OR_MOBILE} | ({Type.FIXED_LINE} if landline else set())
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in lines:
        return None
    said = str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return None if country_of(said) == NOWHERE else said


def country_of(number: str) -> str:
    """The country (ISO 3166) in which an E.164 number rings; "001" where it belongs to none, or is no number."""
    import phonenumbers

    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or NOWHERE
    except phonenumbers.NumberParseException:
        return NOWHERE


def is_country(code: str) -> bool:
    """Whether this is a country (ISO 3166) that has telephone numbers."""
    import phonenumbers

    return code in phonenumbers.SUPPORTED_REGIONS


def block_of(number: str) -> str:
    """The block of numbers that it was given out with."""
    return number[:-WITHIN_BLOCK]


def written(number: str) -> str:
    """An E.164 number as its owner would write it for somebody abroad."""
    import phonenumbers

    return str(phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.INTERNATIONAL))
