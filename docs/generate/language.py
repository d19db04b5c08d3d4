"""The words of the protocol language, read from the modules that define them: sections, docstrings, fields, comments.

The meaning of a word is its docstring, that of a field the comment beside it; what follows a field on the page is its
default.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOM = Path(__file__).parents[2] / "workflow" / "protocol"
_BANNER = re.compile(r"# ── (.+?) ─+$")


def words(module: str, *, level: int = 3) -> str:
    """Every class of a module of ``workflow.protocol``, under the headings that stand in it."""
    text = (ROOM / f"{module}.py").read_text("utf-8")
    lines = text.splitlines()
    written = []
    for node in ast.parse(text).body:
        banner = _banner_before(lines, node)
        if banner is not None:
            written.append(f"{'#' * level} {banner[0].upper()}{banner[1:]}\n")
        if isinstance(node, ast.ClassDef):
            written.append(_word(node, lines, level))
        elif isinstance(node, ast.Assign) and (name := _name(node)) is not None:
            either = re.sub(r"\s+", " ", ast.unparse(node.value)).replace(" | ", "`, `")
            written.append(f"{'#' * (level + 1)} {name}\n\nOne of `{either}`.\n")
    return "\n".join(written)


def _banner_before(lines: list[str], node: ast.stmt) -> str | None:
    """The heading between the statement and whatever stands above it."""
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
    for line in reversed(lines[: first - 1]):
        if found := _BANNER.match(line):
            return found[1]
        if line.strip():
            return None
    return None


def _name(node: ast.Assign) -> str | None:
    target = node.targets[0]
    return target.id if isinstance(target, ast.Name) and isinstance(node.value, ast.BinOp) else None


def _word(node: ast.ClassDef, lines: list[str], level: int) -> str:
    said = ast.get_docstring(node)
    slug = next((item.value.value for item in node.body if _is_slug(item)), None)
    parts = [f"{'#' * (level + 1)} {node.name}", ""]
    if said is not None:
        parts += [(f"Guard `{slug}`. " if slug else "") + said.replace("``", "`"), ""]
    rows = list(_values(node, lines) if _is_enum(node) else _fields(node, lines))
    if rows:
        parts += [*rows, ""]
    return "\n".join(parts)


def _is_slug(item: ast.stmt) -> bool:
    return isinstance(item, ast.AnnAssign) and "ClassVar" in ast.unparse(item.annotation)


def _is_enum(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base).endswith("Enum") for base in node.bases)


def _values(node: ast.ClassDef, lines: list[str]) -> Iterator[str]:
    for item in node.body:
        if isinstance(item, ast.Assign):
            yield f"- `{ast.literal_eval(item.value)}`{_meaning(item, lines)}"


def _fields(node: ast.ClassDef, lines: list[str]) -> Iterator[str]:
    for item in node.body:
        if isinstance(item, ast.AnnAssign) and not _is_slug(item):
            default = f" = `{_default(item.value)}`" if item.value is not None else ""
            yield f"- `{ast.unparse(item.target)}`: {ast.unparse(item.annotation)}{default}{_meaning(item, lines)}"


def _default(value: ast.expr) -> str:
    return "()" if isinstance(value, ast.Call) else ast.unparse(value)


def _meaning(item: ast.stmt, lines: list[str]) -> str:
    """The comment at the end of the statement's line."""
    _, found, comment = lines[(item.end_lineno or item.lineno) - 1].partition("  # ")
    return f" - {comment}" if found else ""
