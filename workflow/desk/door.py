"""The library's door: what is not even of the type that it must be is an ``InvalidInput`` that names it.

A caller who takes arguments out of a request's JSON is told so in our words, before anything is looked up. Whether a
value of the right type is a right one is said where it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import wraps
from inspect import CO_VARKEYWORDS
from types import FunctionType
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa

from workflow.desk.request import Actor
from workflow.engine.facts import Telling
from workflow.errors import InvalidInput
from workflow.protocol.model import Protocol
from workflow.store.log import Filter

T = TypeVar("T")
MOST = 2**53 - 1  # which every reader of JSON can hold


class Form(NamedTuple):
    """What an argument must be, in words; and whether a value is that."""

    words: str
    is_one: Callable[[Any], bool]


def _number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MOST


def _texts(value: object) -> bool:
    return isinstance(value, Collection) and not isinstance(value, bytes | Mapping) and all(map(_text, value))


def _numbers(value: object) -> bool:
    return isinstance(value, list | tuple) and all(map(_number, value))


def _answers(value: object) -> bool:
    said = (None, True, False)
    return isinstance(value, Mapping) and all(_text(key) and any(v is one for one in said) for key, v in value.items())


def _text(value: object) -> bool:
    return isinstance(value, str)


def _decimal(value: object) -> bool:
    return isinstance(value, Decimal)


TEXT = Form("a text", _text)
FLAG = Form("True or False", lambda value: isinstance(value, bool))
NUMBER = Form("a whole number", _number)
DAY = Form("a date", lambda value: isinstance(value, date) and not isinstance(value, datetime))
TEXTS = Form("a list of texts", _texts)
AMOUNT = Form("a number, or a text that is one", lambda value: _text(value) or _number(value) or _decimal(value))
CALLED = Form("a function", callable)

_FORMS: dict[str, Form] = {
    **dict.fromkeys(("arm", "trigger", "code", "version", "route", "term", "response", "mrd", "agent", "unit"), TEXT),
    **dict.fromkeys(("id", "role", "login", "beginning", "after", "at", "note", "reason", "request_id"), TEXT),
    **dict.fromkeys(("zone", "instead_of", "field", "assessment", "outcome", "text", "hash"), TEXT),
    **dict.fromkeys(("override", "happened", "dry_run", "serious", "unacceptable", "reopened", "whole"), FLAG),
    **dict.fromkeys(("others_in_order", "last", "outstanding", "open"), FLAG),
    **dict.fromkeys(
        ("entry", "corrects", "grade", "hold", "limit", "expect", "workers", "late", "seq", "query"), NUMBER
    ),
    **dict.fromkeys(("on", "known_by", "until", "since", "resolved"), DAY),
    **dict.fromkeys(("patients", "attributed", "stops"), TEXTS),
    **dict.fromkeys(("amount", "anc", "platelets"), AMOUNT),
    "entries": Form("a list of numbers of entries", _numbers),
    "by": Form("an Actor", lambda value: isinstance(value, Actor)),
    "telling": Form("a Telling", lambda value: isinstance(value, Telling)),
    "wanted": Form("a Filter", lambda value: isinstance(value, Filter)),
    "answers": Form("a mapping of criteria to True, False or None", _answers),
    "connection": Form("a connection of SQLAlchemy's", lambda value: isinstance(value, sa.Connection)),
    "protocol": Form("a Protocol, or the bytes of one", lambda value: isinstance(value, Protocol | bytes)),
    "protocols": Form("Protocols", lambda value: isinstance(value, Iterable) and not isinstance(value, str | bytes)),
    "progress": CALLED,
    "damaged": CALLED,
}
_OPTIONAL = (
    "corrects",
    "at",
    "note",
    "reason",
    "expect",
    "request_id",
    "connection",
)  # of those that many commands take


def watched(cls: type[T]) -> type[T]:
    """A class whose public methods look at their arguments first."""
    for name, method in list(vars(cls).items()):
        if isinstance(method, FunctionType) and not name.startswith("_"):
            setattr(cls, name, _watched(method))
    return cls


def _watched(method: FunctionType) -> Callable[..., Any]:
    code = method.__code__
    names = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]
    positional = reversed(names[: code.co_argcount - 1])
    defaults = dict(zip(positional, reversed(method.__defaults__ or ()), strict=False))
    defaults |= method.__kwdefaults__ or {}
    optional = {name for name, default in defaults.items() if default is None}
    forms = {name: _FORMS[name] for name in names if name in _FORMS}
    if code.co_flags & CO_VARKEYWORDS:
        forms = _FORMS | forms
        optional.update(_OPTIONAL)

    @wraps(method)
    def ask(self: object, *given: Any, **named: Any) -> Any:
        for name, value in (*zip(names, given, strict=False), *named.items()):
            form = forms.get(name)
            if form is not None and not (form.is_one(value) or (value is None and name in optional)):
                raise _wrong(name, form, value)
        return method(self, *given, **named)

    return ask


def _wrong(name: str, form: Form, value: object) -> InvalidInput:
    if form is DAY and isinstance(value, datetime):
        return InvalidInput(f"{name}: a date is asked for, not a moment", hint="the date that it was at the site")
    if name in ("entry", "corrects", "seq", "query"):
        return InvalidInput(f"not the number of an entry: {_called(value)}")
    return InvalidInput(f"{name} is to be {form.words}, not {_called(value)}")


def _called(value: object) -> str:
    """A value of another type, by that type: what it holds may be long, or private."""
    if value is None or isinstance(value, bool):
        return str(value)
    return f"a value of type {type(value).__name__}"
