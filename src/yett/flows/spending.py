"""What codes may cost: nobody shall earn by making us send them (SMS pumping; attacks: row 16). All of it is asked before anything leaves."""

from typing import NamedTuple

from yett.domain.tenant import Tenant
from yett.domain.tries import Bucket

EVERYWHERE = "*"
# Countries in which a code is cheap, and a fraud with codes rare: where a tenant says nothing, codes are sent to these alone.
SAFE = (
    "AT", "AU", "BE", "CA", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU", "IE", "IS",
    "IT", "JP", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "NZ", "PL", "PT", "RO", "SE", "SG", "SI", "SK", "US",
)  # fmt: skip
# To one country in an hour, where a tenant says nothing.
HOURLY, MOST_HOURLY = 1000, 3600
# Codes that one account may cause, by what they travel through: 20 mails at once and one more a minute, else 10 and one an hour.
ACCOUNT, ACCOUNT_BY_TELEPHONE = {"email": Bucket(20, 60)}, Bucket(10, 3600)
# Whoever asks from one address, which a whole office may share; and to one block of numbers, which is bought and pumped together.
ADDRESS, BLOCK = Bucket(60, 12), Bucket(30, 120)
# Of so many codes to one country in the last hour at least one in five has come back: those of people do, those of a fraud do not.
WINDOW, ENOUGH, ONE_IN = 3600, 50, 5


class Limits(NamedTuple):
    """A tenant's own: `countries` (ISO 3166; "*": all) to which codes are sent, and how many `hourly` to each."""

    countries: tuple[str, ...] = SAFE
    hourly: int = HOURLY

    def serves(self, country: str) -> bool:
        """Whether a code may go there at all."""
        return EVERYWHERE in self.countries or country in self.countries

    @property
    def country(self) -> Bucket:
        """What one country has: an hour's codes at once, and no more than that in every hour."""
        return Bucket(self.hourly, max(1, 3600 // self.hourly))


def limits(tenant: Tenant, factor: str) -> Limits:
    """As the tenant has them for a factor, by Auth0's name of it."""
    said = tenant.factor_settings.get(factor, {})
    countries, hourly = said.get("countries"), said.get("hourly")
    listed = tuple(str(one) for one in countries) if isinstance(countries, (list, tuple)) else SAFE
    return Limits(listed, hourly if isinstance(hourly, int) and 0 < hourly <= MOST_HOURLY else HOURLY)


def account(channel: str) -> Bucket:
    """How many codes one account may cause."""
    return ACCOUNT.get(channel, ACCOUNT_BY_TELEPHONE)


def pumped(asked: int, answered: int) -> bool:
    """Whether codes to a country go where nobody answers: the breaker closes again by itself as its hour moves on."""
    return asked >= ENOUGH and answered * ONE_IN < asked
