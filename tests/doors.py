"""Every text that a web face takes, and a request that puts a card number there."""

from fastapi.routing import APIRoute
from pydantic import BaseModel

PAN = "4111 1111 1111 1111"


def _routes(routes):
    for route in routes:
        inner = getattr(route, "original_router", None)  # FastAPI keeps an included router as one route
        if inner is not None:
            yield from _routes(inner.routes)
        elif isinstance(route, APIRoute):
            yield route


def fields_of(model, depth=0):
    """Names of the fields that could hold a text, however deep."""
    for name, field in model.model_fields.items():
        found = [each for each in _parts(field.annotation) if isinstance(each, type) and issubclass(each, BaseModel)]
        if found and depth < 3:
            for each in found:
                yield from ({name: inner} for inner in fields_of(each, depth + 1))
        else:
            yield {name: PAN}


def _parts(annotation):
    yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _parts(inner)


def doors(app):
    """Every text of every route: method, address, what to send with it."""
    for route in _routes(app.routes):
        method = min(route.methods)
        plain = route.path
        for each in route.dependant.path_params:
            plain = plain.replace(f"{{{each.name}}}", "x")
        for each in route.dependant.path_params:
            yield method, route.path.replace(f"{{{each.name}}}", PAN).replace("{", "").replace("}", ""), {}
        for each in route.dependant.query_params:
            yield method, plain, {"params": {each.alias: PAN}}
        for each in route.dependant.body_params:
            form = type(each.field_info).__name__ in {"Form", "File"}
            model = each.field_info.annotation
            if isinstance(model, type) and issubclass(model, BaseModel):
                for content in fields_of(model):
                    yield method, plain, {"data": content} if form else {"json": content}
            else:
                yield method, plain, {"data": {each.alias: PAN}} if form else {"json": {each.alias: PAN}}
