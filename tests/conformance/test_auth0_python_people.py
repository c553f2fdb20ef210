"""auth0-python drives what administrators do with people: factors, roles, permissions, imports, tickets."""

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from auth0.management import ManagementClient
from auth0.management.core.api_error import ApiError
from auth0.management.types import PermissionRequestPayload, ResourceServerScope, SetUserAuthenticationMethods

from tests.core.factors.webauthn.authenticator import Authenticator, cbor, cose
from tests.harness.process import unused_port
from tests.serving import serving
from yett.factors.webauthn.data import base64url

# Its docstrings have escapes that Python warns of when it first reads them.
pytestmark = pytest.mark.filterwarnings("ignore:invalid escape sequence:DeprecationWarning")

CONNECTION = "Username-Password-Authentication"
KEY = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
BCRYPT = "$2b$10$CkRJqsrp1cOxYbpQuDZnjev05u7EmXEH1w3As9G1S/.vpHGvyCtCG"


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ManagementClient]:
    folder: Path = tmp_path_factory.mktemp("auth0-python-people")
    with serving(folder, unused_port(), "--tls", "auto"), pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(folder / "ca.pem"))
        admin = json.loads((folder / "admin.json").read_text())
        with httpx.Client(timeout=20) as client:
            yield ManagementClient(domain=admin["domain"], client_id=admin["client_id"], client_secret=admin["client_secret"], httpx_client=client)


@pytest.fixture
def user(sdk: ManagementClient) -> Iterator[str]:
    made = sdk.users.create(connection=CONNECTION, email="ada@example.com", password="a long enough password")
    yield made.user_id or ""
    sdk.users.delete(made.user_id or "")


def test_factors_are_bound_replaced_and_tuned(sdk: ManagementClient, user: str) -> None:
    methods = sdk.users.authentication_methods
    made = methods.create(user, type="totp", name="App", totp_secret=KEY)
    assert (made.type, made.name, made.totp_secret) == ("totp", "App", None)
    replaced = methods.set(user, request=[SetUserAuthenticationMethods(type="email", email="ada@other.example")])
    assert [(one.type, one.email) for one in replaced] == [("email", "ada@other.example")]
    assert [one.type for one in methods.list(user)] == ["email"]
    assert methods.update(user, replaced[0].id or "", name="Work").name == "Work"
    with pytest.raises(ApiError) as refused:
        methods.create(user, type="webauthn-roaming", key_id="k", public_key="p", relying_party_identifier="example.com")
    assert refused.value.status_code == 400
    methods.delete(user, replaced[0].id or "")
    assert list(methods.list(user)) == []


def test_keys_are_brought_along_read_renamed_and_removed(sdk: ManagementClient, user: str) -> None:
    methods, own = sdk.users.authentication_methods, Authenticator(rp="localhost")
    public = base64url(cbor(cose(own.alg, own.key)))
    for type in ("webauthn-roaming", "passkey"):
        own.id = type.encode()
        said: dict[str, Any] = {"key_id": base64url(own.id), "public_key": public, "relying_party_identifier": "localhost", "transports": ["usb"]}
        made = methods.create(user, type=type, name="Yellow", **said)
        assert (made.type, made.key_id, made.public_key, made.relying_party_identifier) == (type, said["key_id"], public, "localhost")
        (one,) = methods.list(user)
        assert (one.credential_device_type, one.credential_backed_up, one.transports, one.confirmed) == ("single_device", False, ["usb"], True)
        assert (one.identity_user_id, one.aaguid) == (user.partition("|")[2], "00000000-0000-0000-0000-000000000000")
        assert methods.update(user, one.id, name="Green").name == "Green"
        assert methods.get(user, one.id).name == "Green"
        methods.delete(user, one.id)
        assert list(methods.list(user)) == []


def test_roles_and_permissions_are_given_and_taken(sdk: ManagementClient, user: str) -> None:
    api = sdk.resource_servers.create(
        identifier="https://orders.example/",
        scopes=[ResourceServerScope(value="read:orders"), ResourceServerScope(value="write:orders")],
        enforce_policies=True,
        token_dialect="access_token_authz",
    )
    assert (api.enforce_policies, api.token_dialect) == (True, "access_token_authz")
    role = sdk.roles.create(name="Clerk", description="counts")
    id = role.id or ""
    read = PermissionRequestPayload(resource_server_identifier="https://orders.example/", permission_name="read:orders")
    write = PermissionRequestPayload(resource_server_identifier="https://orders.example/", permission_name="write:orders")
    sdk.roles.permissions.add(id, permissions=[read])
    sdk.users.roles.assign(user, roles=[id])
    sdk.users.permissions.create(user, permissions=[write])
    assert [one.permission_name for one in sdk.roles.permissions.list(id)] == ["read:orders"]
    assert [one.name for one in sdk.users.roles.list(user)] == ["Clerk"]
    assert sorted(one.permission_name or "" for one in sdk.users.permissions.list(user)) == ["read:orders", "write:orders"]
    assert [one.user_id for one in sdk.roles.users.list(id)] == [user]
    sdk.users.roles.delete(user, roles=[id])
    sdk.users.permissions.delete(user, permissions=[write])
    assert list(sdk.users.permissions.list(user)) == []
    sdk.roles.users.assign(id, users=[user])
    sdk.roles.permissions.delete(id, permissions=[read])
    assert sdk.roles.update(id, name="Boss").name == "Boss"
    assert [one.name for one in sdk.roles.list(name_filter="oss")] == ["Boss"]
    sdk.roles.delete(id)
    sdk.resource_servers.delete(api.id or "")


def test_users_are_imported(sdk: ManagementClient) -> None:
    rows = [{"email": "grace@example.com", "user_id": "grace", "password_hash": BCRYPT}, {"email": "nobody"}]
    file = ("users.json", io.BytesIO(json.dumps(rows).encode()), "application/json")
    job = sdk.jobs.users_imports.create(users=file, connection_id=CONNECTION, external_id="batch", upsert=False, send_completion_email=False)
    assert (job.type, job.external_id) == ("users_import", "batch")
    deadline = time.monotonic() + 20
    while (seen := sdk.jobs.get(job.id)).status != "completed":
        assert time.monotonic() < deadline
    assert seen.summary is not None
    assert (seen.summary.inserted, seen.summary.failed, seen.percentage_done) == (1, 1, 100)
    (error,) = sdk.jobs.errors.get(job.id) or []
    assert (error.user or {})["email"] == "nobody"
    assert sdk.users.get("auth0|grace").email == "grace@example.com"
    sdk.users.delete("auth0|grace")


def test_tickets_are_links(sdk: ManagementClient, user: str) -> None:
    assert "/u/reset-password?ticket=" in sdk.tickets.change_password(user_id=user, ttl_sec=60).ticket
    assert "/u/email-verification?ticket=" in sdk.tickets.verify_email(user_id=user).ticket
    assert sdk.jobs.verification_email.create(user_id=user).type == "verification_email"
