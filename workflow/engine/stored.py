"""A chart as the text in its patient's row, and back."""

from __future__ import annotations

from datetime import date
from typing import Any

from msgspec import DecodeError, Raw, Struct, defstruct, structs
from msgspec.json import Decoder, Encoder

from workflow.engine.chart import Chart, Step, Under
from workflow.engine.facts import KINDS
from workflow.engine.numbers import FOLD
from workflow.errors import DamagedRow, NewerSoftwareNeeded


class _Head(Struct, omit_defaults=True, forbid_unknown_fields=True):
    arm: str
    enrolled_on: date
    under: tuple[Under, ...]
    steps: tuple[Step, ...] = ()


NOTHING = Raw()
# Names on top, and under the name of each kind the array of its facts, which is read when it is asked for.
_Written = defstruct(
    "_Written",
    [(kind, Raw, NOTHING) for kind in KINDS],
    bases=(_Head,),
    omit_defaults=True,
    forbid_unknown_fields=True,
)
_LISTS = _Written.__struct_fields__[len(_Head.__struct_fields__) :]
_encode = Encoder().encode
_decode = Decoder(_Written).decode


def dumps(chart: Chart) -> str:
    """One text for one chart: what is empty is left out, facts are arrays in the order of their fields."""
    lists = chart.lists()
    return _encode(_Written(chart.arm, chart.enrolled_on, chart.under, chart.steps, **lists)).decode()


def is_stale(fold: int) -> bool:
    """Whether a row of this fold has to be folded anew from its entries. A newer one is not ours to touch."""
    if fold > FOLD:
        raise NewerSoftwareNeeded(
            f"the patient's row was written by fold {fold}; this software writes fold {FOLD}",
            hint="use the software that wrote it, or a newer one",
        )
    return fold < FOLD


def loads(text: str) -> Chart:
    """The chart that ``dumps`` wrote. Raises ``DamagedRow`` for anything else, of a list when that is asked for."""
    try:
        found: Any = _decode(text)
    except (DecodeError, UnicodeError, RecursionError):
        raise DamagedRow(hint="regimen audit verify says what does not fit") from None
    arm, enrolled_on, under, steps, *written = structs.astuple(found)
    lists = {kind: facts for kind, facts in zip(_LISTS, written, strict=True) if facts is not NOTHING}
    return Chart(arm, enrolled_on, under, steps, lists)
