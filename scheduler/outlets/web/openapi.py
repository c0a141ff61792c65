"""What `/openapi.json` says: every address that answers with data, made from the list of pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from scheduler import __version__
from scheduler.outlets.web.page import ANY, Facts, Page
from scheduler.outlets.web.shapes import ERROR, TEXT

_PART: Final = re.compile(r"{(\w+)(?::(\w+))?}")
_FAULTS: Final = {
    "400": "What was asked for cannot be meant.",
    "404": "There is no such thing.",
    "503": "There is no audit yet, or the answer is no.",
}


def document(pages: Iterable[Page]) -> dict[str, Any]:
    """All of it, in OpenAPI's words."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "The page of tou-scheduler",
            "version": __version__,
            "description": "What the pages show, as data. Times are ISO 8601 in UTC. Keys are only "
            "ever added.",
        },
        "paths": {
            _PART.sub(r"{\1}", page.json or page.path): {"get": _get(page)}
            for page in pages
            if page.shape is not None
        },
    }


def _get(page: Page) -> dict[str, Any]:
    good = {"description": "As it stands now.", "content": _json(page.shape or ANY)}
    faults = {
        code: {"description": text, "content": _json(ERROR)} for code, text in _FAULTS.items()
    }
    if page.data is None:  # its answer is the verdict, also where it is no
        faults["503"] = {**good, "description": "The answer is no."}
    return {
        "summary": page.says,
        "parameters": [*_in_path(page), *_in_query(page)],
        "responses": {"200": good, **faults},
    }


def _json(shape: Facts) -> Facts:
    return {"application/json": {"schema": shape}}


def _in_path(page: Page) -> Iterator[Facts]:
    for name, kind in _PART.findall(page.json or page.path):
        shape = {"type": "integer"} if kind == "whole" else TEXT
        yield {"name": name, "in": "path", "required": True, "schema": shape}


def _in_query(page: Page) -> Iterator[Facts]:
    for name, says in page.asks:
        told = {"name": name, "in": "query", "required": False, "schema": TEXT}
        yield {**told, "description": says}
