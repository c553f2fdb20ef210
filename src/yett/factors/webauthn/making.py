"""What an attestation speaks of, and what it amounts to."""

from typing import Literal, NamedTuple

from cryptography import x509

from yett.factors.webauthn.keys import Key


class Making(NamedTuple):
    """The making of one credential. `data` is the authenticator data as it came."""

    data: bytes
    client_data_hash: bytes
    rp_id_hash: bytes
    aaguid: bytes
    id: bytes
    key: Key

    @property
    def signed(self) -> bytes:
        """What most formats sign (WebAuthn Level 3, 6.5.4: attToBeSigned)."""
        return self.data + self.client_data_hash


class Vouched(NamedTuple):
    """What kind of attestation it is, and the chain that leads to whoever vouches, the leaf first; not judged yet.

    `hardware`: the format itself says that the key is kept in hardware. `named`: the leaf names its model, or need not.
    """

    kind: Literal["none", "self", "basic", "attca", "anonymous"]
    chain: tuple[x509.Certificate, ...] = ()
    hardware: bool = False
    named: bool = True
