"""The OpenAPI document: what Litestar makes of the routes, and what it cannot know."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from litestar import Litestar
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme, Server
from msgspec import Struct

from yett.http.management.routes import Route, handler
from yett.http.management.table import BASE
from yett.http.management.wire import Wire

ABOUT = (
    "Auth0's Management API, as far as Yett speaks it. Fields that Auth0 does not have say so. As with Auth0 a body may "
    "also be a form: `a=1`, `list[]=1`, `object[key]=1`. Parameters and fields that are not named here are refused."
)


def document(routes: Sequence[Route], issuer: str, version: str) -> dict[str, Any]:
    """The document of these routes, made of an application that serves nobody."""
    config = OpenAPIConfig(
        title="Yett Management API",
        version=version,
        description=ABOUT,
        servers=[Server(url=issuer.rstrip("/"))],
        components=Components(security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")}),
        use_handler_docstrings=True,
        render_plugins=[JsonRenderPlugin()],
    )
    app = Litestar(
        [*map(handler, routes)],
        path=BASE,
        dto=Wire,  # type: ignore[arg-type]
        return_dto=None,
        openapi_config=config,
        logging_config=None,
    )
    schema = app.openapi_schema.to_schema()
    schema["components"]["schemas"] = _exact(schema["components"]["schemas"])
    for route in routes:
        if route.form:
            operation = schema["paths"][BASE + route.path][route.method.lower()]
            operation["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": route.form}}}
    return schema


def _exact(schemas: dict[str, Any]) -> dict[str, Any]:
    """Bodies as msgspec reads them: Litestar's own schemas lose the limits of what is inside a list."""
    kinds = {kind.__name__: kind for kind in _kinds(Struct) if kind.__module__.startswith(__package__)}
    _, exact = msgspec.json.schema_components([kinds[name] for name in schemas], ref_template="#/components/schemas/{name}")
    return {name: exact[name] for name in schemas}


def _kinds(kind: type[Struct]) -> Iterator[type[Struct]]:
    yield kind
    for one in kind.__subclasses__():
        yield from _kinds(one)
