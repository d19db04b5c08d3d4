"""What reaches the screen: plain in a pipe, in colour on a terminal, legible at 80 columns, and never anything raw."""

from __future__ import annotations

import re

import pytest

from tests.cli.regimen import Regimen, Terminal
from workflow.cli.screen import page as pages
from workflow.cli.screen import streams, style, table
from workflow.cli.screen.page import Page
from workflow.cli.screen.style import NOTHING, Part, command, quiet, strong

COMMANDS = (
    ("show",),
    ("show", "P-001"),
    ("next", "P-001", "--on", "2022-01-20"),
    ("due", "--on", "2022-03-25"),
    ("people", "list"),
    ("audit", "log"),
    ("audit", "verify"),
    ("db", "check"),
    ("protocol", "list"),
    ("protocol", "show"),
    ("protocol", "show", "--criteria", "--terms", "--rules", "--roles"),
    ("protocol", "readings"),
    ("protocol", "readings", "A1"),
    ("protocol", "diagram", "--arm", "I"),
    ("protocol", "lint"),
    ("--help",),
    ("record", "ae", "--help"),
)
NAMES = [" ".join(args) for args in COMMANDS]
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    for module in (pages, style, table):
        monkeypatch.setattr(module, "terminal", lambda: False)
    return capsys


# ── pipes and terminals ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("args", COMMANDS, ids=NAMES)
def test_a_pipe_gets_no_escape_codes(regimen: Regimen, args: tuple[str, ...]) -> None:
    regimen.treated()
    ran = regimen.done(*args)
    assert "\x1b" not in ran.out + ran.err
    assert all(line == line.rstrip() for line in ran.out.splitlines())


@pytest.mark.parametrize("args", COMMANDS[:5], ids=NAMES[:5])
def test_a_terminal_gets_colour_unless_there_is_no_color(
    regimen: Regimen, args: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    regimen.treated()
    monkeypatch.setenv("COLUMNS", "120")
    coloured = regimen(*args, terminal=True).out
    assert "\x1b[" in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    bare = regimen(*args, terminal=True).out
    assert "\x1b" not in bare
    assert ESCAPES.sub("", coloured) == bare
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in regimen(*args, terminal=True).out


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("args", COMMANDS[:15], ids=NAMES[:15])
def test_a_terminal_gets_lines_that_fit(
    regimen: Regimen, args: tuple[str, ...], columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    regimen.treated()
    monkeypatch.setenv("COLUMNS", str(columns))
    for line in ESCAPES.sub("", regimen(*args, terminal=True).out).splitlines():
        typed = line.strip().startswith("regimen ")  # a command to copy stays whole
        assert len(line) <= columns or typed or args[:2] == ("protocol", "diagram"), line


def test_running_text_in_a_pipe_is_set_to_80_columns(regimen: Regimen) -> None:
    regimen.treated()
    for args in (("next", "P-001"), ("show", "P-001"), ("protocol", "show")):
        lines = regimen.done(*args).out.splitlines()
        assert max(len(line) for line in lines if not line.strip().startswith("regimen ")) <= 80


def test_a_table_in_a_pipe_is_as_wide_as_its_values(plain: pytest.CaptureFixture[str]) -> None:
    table.show(("name", "number", "text"), [("a", "1", "x" * 300), ("bcd", "1000", "y")], right=("number",))
    assert plain.readouterr().out.splitlines() == [
        "name  number  text",
        "a          1  " + "x" * 300,
        "bcd     1000  y",
    ]


def test_a_table_too_wide_for_the_terminal_has_its_last_column_below(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = Terminal()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("NO_COLOR", "1")
    table.show(("name", "date", "what"), [("a", "2022-01-01", "word " * 12), ("b", "2022-01-02", NOTHING)])
    assert screen.getvalue().splitlines() == [
        "name  date",
        "a     2022-01-01",
        "  what: word word word word word word",
        "    word word word word word word",
        "b     2022-01-02",
    ]


# ── running text ───────────────────────────────────────────────────────────────────────────────────────────────────


def shown(page: Page, capsys: pytest.CaptureFixture[str]) -> list[str]:
    page.show()
    return capsys.readouterr().out.splitlines()


def test_lines_break_at_spaces_and_hang(plain: pytest.CaptureFixture[str]) -> None:
    page = Page()
    page.add("- ", "one two three four five six seven eight nine ten eleven twelve thirteen fourteen", indent=4, hang=2)
    assert shown(page, plain) == [
        "    - one two three four five six seven eight nine ten eleven twelve thirteen",
        "      fourteen",
    ]


def test_a_line_of_just_the_width_is_not_broken(plain: pytest.CaptureFixture[str]) -> None:
    page = Page()
    page.add("x" * 40, " " + "y" * 39, quiet(" z"))
    assert shown(page, plain) == ["x" * 40 + " " + "y" * 39, "z"]


def test_a_command_stays_whole(plain: pytest.CaptureFixture[str]) -> None:
    page = Page()
    page.add("type ", command("regimen " + "word " * 20 + "end"))
    assert shown(page, plain) == ["type", "regimen " + "word " * 20 + "end"]


def test_lines_as_they_are_stay_one_line_in_a_pipe(plain: pytest.CaptureFixture[str]) -> None:
    page = Page(as_is=True)
    page.add("word " * 100 + "end")
    assert len(shown(page, plain)) == 1


def test_pairs_and_columns_line_up(plain: pytest.CaptureFixture[str]) -> None:
    page = Page()
    page.pairs([("a", ("1",)), ("longer", (strong("2"), ", and more"))])
    page.columns([("x", "yy", "z"), ("xxx", "y", "z"), ("below",)])
    assert shown(page, plain) == [
        "  a       1",
        "  longer  2, and more",
        "  x    yy  z",
        "  xxx  y   z",
        "    below",
    ]


@pytest.mark.parametrize(
    ("raw", "escaped"),
    [
        ("plain, µ and é", "plain, µ and é"),
        ("\x1b[31m", "\\x1b[31m"),
        ("a\r\nb\tc\0", "a\\r\\nb\\tc\\x00"),
        ("\x7f\x9b\u202e\u200b\u2028", "\\x7f\\x9b\\u202e\\u200b\\u2028"),
    ],
)
def test_what_is_not_printable_is_escaped(raw: str, escaped: str, plain: pytest.CaptureFixture[str]) -> None:
    assert streams.safe(raw) == escaped
    page = Page()
    page.add(raw)
    page.columns([(raw, Part(raw), raw)], indent=0)
    page.show()
    style.line(raw)
    table.show(("head",), [(raw,)])
    streams.talk(raw)
    streams.complain(raw)
    said = plain.readouterr()
    for line in (said.out + said.err).splitlines():
        assert line.isprintable()


def test_a_complaint_is_one_line_of_bounded_length(capsys: pytest.CaptureFixture[str]) -> None:
    streams.complain("first\nsecond " + "x" * 5000)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("regimen: first second xxx")
    assert len(line) < 620
