"""Models of authenticators, as their metadata describe them (FIDO Metadata Service 3)."""

from collections.abc import Mapping
from typing import NamedTuple

# A model of which its maker says one of these is trusted no longer, by what it has made and by what it will make (3.1.4).
DISTRUSTED = frozenset({"REVOKED", "USER_VERIFICATION_BYPASS", "ATTESTATION_KEY_COMPROMISE", "USER_KEY_REMOTE_COMPROMISE", "USER_KEY_PHYSICAL_COMPROMISE"})


class Model(NamedTuple):
    """One model. `roots` are trust anchors in DER; `hardware`: its keys are kept in hardware; `picture` is a PNG (b"": none).

    `distrusted` is the status for which it is trusted no longer ("": it is trusted).
    """

    name: str = ""
    picture: bytes = b""
    roots: tuple[bytes, ...] = ()
    hardware: bool = False
    distrusted: str = ""


class Metadata(NamedTuple):
    """One edition of the metadata. `models` by AAGUID in hexadecimal; `next_update` is when a newer edition is due, in seconds.

    `elders` are the trust anchors of models that have no AAGUID (U2F); `withdrawn` are the key identifiers, in hexadecimal,
    of certificates of those that are trusted no longer: they share their anchors with others.
    """

    no: int = 0
    next_update: int = 0
    models: Mapping[str, Model] = {}
    elders: tuple[bytes, ...] = ()
    withdrawn: tuple[str, ...] = ()

    def vouches(self, now: int) -> bool:
        """Whether it is new enough to be believed; what it warns of is believed for ever."""
        return now < self.next_update

    def distrusted(self) -> frozenset[bytes]:
        """The models that are trusted no longer."""
        return frozenset(bytes.fromhex(aaguid) for aaguid, one in self.models.items() if one.distrusted)


UNKNOWN = Metadata()
