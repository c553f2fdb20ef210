"""A local certificate authority and the leaf that it signs, for https without a public name."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from yett.adapters.folder import Folder

CA, CA_KEY, LEAF, LEAF_KEY = "ca.pem", "ca.key", "tls.pem", "tls.key"
LIVES = dt.timedelta(days=397)
RENEWED_WITHIN = 30 * 86400
ALWAYS = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class LocalAuthority:
    """Keeps the authority and its leaf in DIR. Whoever trusts `ca.pem` trusts the leaf, also after it was renewed."""

    folder: Folder

    def ensure(self, host: str, now: int) -> tuple[Path, Path]:
        """Certificate chain and key for localhost and the issuer's host; made anew where names or time ask for it."""
        names = tuple(dict.fromkeys((*ALWAYS, host)))
        if not self._good(names, now):
            self._issue(names, now)
        return self.folder.path / LEAF, self.folder.path / LEAF_KEY

    def _good(self, names: Sequence[str], now: int) -> bool:
        chain, key = self.folder.read(LEAF), self.folder.read(LEAF_KEY)
        if chain is None or key is None or self.folder.read(CA) is None:
            return False
        leaf = x509.load_pem_x509_certificate(chain)
        return ends_at(leaf) - now > RENEWED_WITHIN and set(names) <= names_of(leaf)

    def _issue(self, names: Sequence[str], now: int) -> None:
        import trustme  # rarely needed, and slow to load

        certificate, key = self.folder.read(CA), self.folder.read(CA_KEY)
        if certificate is None or key is None:
            authority = trustme.CA(organization_name="Yett", organization_unit_name="local authority of this machine")
            self.folder.write(CA_KEY, authority.private_key_pem.bytes())
            self.folder.write(CA, authority.cert_pem.bytes(), 0o644)
        else:
            authority = trustme.CA.from_pem(certificate, key)
        begins = dt.datetime.fromtimestamp(now, dt.UTC) - dt.timedelta(hours=1)
        leaf = authority.issue_cert(*names, common_name=names[-1], not_before=begins, not_after=begins + LIVES)
        self.folder.write(LEAF_KEY, leaf.private_key_pem.bytes())
        self.folder.write(LEAF, b"".join(blob.bytes() for blob in leaf.cert_chain_pems))


def ends_at(certificate: x509.Certificate) -> int:
    """Until when the certificate is good, in seconds since the epoch."""
    return int(certificate.not_valid_after_utc.timestamp())


def names_of(certificate: x509.Certificate) -> set[str]:
    """The names and addresses that it was made for."""
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    addresses = {str(address) for address in extension.get_values_for_type(x509.IPAddress)}
    return {*extension.get_values_for_type(x509.DNSName), *addresses}
