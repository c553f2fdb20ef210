"""The bank's API on Django, behind yett-guard, in one file: settings, views, routes and the ASGI application."""

import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.http import require_GET, require_POST
from yett_guard import MULTI_FACTOR, Requirement
from yett_guard.django import Guard

from examples.shared.bank import LARGE, THIRTY_DAYS, TRANSFERS, Bank, NoOrder, NotYours, amount_of

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["yett_guard.django.Refusals", f"{__name__}.Refused"],
)
guard, bank = Guard(), Bank()


def order(request: HttpRequest) -> Mapping[str, Any]:
    """What is to be sent, and to whom."""
    try:
        return dict(json.loads(request.body))
    except (ValueError, TypeError) as fault:
        raise NoOrder from fault


def needed(request: HttpRequest) -> Requirement:
    """What a transfer needs depends on its value."""
    if amount_of(order(request)) < LARGE:
        return guard.need(scope="transfer:funds", acr=MULTI_FACTOR, max_age=TRANSFERS)
    return guard.need(scope="transfer:large", acr=MULTI_FACTOR, one_use=True)


@require_GET
@guard.require(scope="read:accounts")
def account(request: HttpRequest) -> JsonResponse:
    return JsonResponse(bank.account(request.token.subject))


@require_GET
@guard.require(scope="read:statements", acr=MULTI_FACTOR, max_age=THIRTY_DAYS)
def statement(request: HttpRequest) -> JsonResponse:
    return JsonResponse(bank.statement(request.token.subject))


@require_POST
@guard.require(needed)
def transfer(request: HttpRequest) -> JsonResponse:
    return JsonResponse(bank.transfer(request.token.subject, order(request)), status=201)


class Refused:
    """Middleware: what the bank itself refuses."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        return self.get_response(request)

    def process_exception(self, _: HttpRequest, fault: Exception) -> JsonResponse | None:
        if isinstance(fault, NotYours):
            return JsonResponse({"error": "not_your_account"}, status=403)
        return JsonResponse({"error": "no_order"}, status=400) if isinstance(fault, NoOrder) else None


urlpatterns = [path("api/account", account), path("api/statement", statement), path("api/transfers", transfer)]
app = get_asgi_application()
