"""One real server for each module: what was proven there is not yet too old for its routes, whatever else is tested in between."""

from collections.abc import Iterator

import pytest

from tests.guard.customer import Bank, Customer, Tokens, open_bank


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    with open_bank(tmp_path_factory.mktemp("bank")) as bank:
        yield bank


@pytest.fixture(scope="module")
def customer(bank: Bank, tmp_path_factory: pytest.TempPathFactory) -> Customer:
    return Customer(bank, tmp_path_factory.mktemp("customer") / "jar")


@pytest.fixture(scope="module")
def tokens(bank: Bank, tmp_path_factory: pytest.TempPathFactory) -> Tokens:
    """Of a browser of their own: whatever other tests have shown in theirs, this one begins with a password."""
    customer = Customer(bank, tmp_path_factory.mktemp("browser") / "jar")
    first = customer.tokens("read:accounts offline_access")
    return Tokens(first["id_token"], first["refresh_token"], first["access_token"], customer.token("transfer:funds"))
