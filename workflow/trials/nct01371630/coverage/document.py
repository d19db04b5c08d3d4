"""The tables of ``docs/record.md``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from workflow.protocol.model import Protocol, Reading
from workflow.trials.nct01371630.coverage import sections
from workflow.trials.nct01371630.coverage.beyond import beyond_the_record
from workflow.trials.nct01371630.record.study import LEFT_OUT


def markdown(protocol: Protocol) -> str:
    """Every item of the record and where it stands; what was left out; what stands beside the record; the readings."""
    return "\n".join(_lines(protocol))


def _lines(protocol: Protocol) -> Iterator[str]:
    for title, rows in sections(protocol):
        yield from _table(
            title,
            ("In the record", "What it says", "Where it stands", "Readings"),
            ((row.place, row.says, row.where, ", ".join(row.readings)) for row in rows),
        )
    yield from _table(
        "Left out",
        ("In the record", "What it says", "Why it is not in the protocol"),
        ((item.place, item.says, item.why) for item in LEFT_OUT),
    )
    yield from _table(
        "Beside the record",
        ("Kind", "Source or reason", "What rests on it"),
        (
            (source.kind.value, source.cite, ", ".join(names))
            for source, names in sorted(
                beyond_the_record(protocol).items(), key=lambda item: (item[0].kind, item[0].cite)
            )
        ),
    )
    yield from _table(
        "Readings",
        ("", "Where", "Question", "Options, the one taken in bold", "Why", "Grade"),
        (
            (reading.id, reading.place, reading.question, _options(reading), reading.why, reading.grade.value)
            for reading in protocol.readings
        ),
    )


def _options(reading: Reading) -> str:
    return "<br>".join(
        f"**{option.text}**" if option.key == reading.taken else option.text for option in reading.options
    )


def _table(title: str, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    yield _line(head)
    yield _line(("---",) * len(head))
    for row in rows:
        yield _line(row)
    yield ""


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
