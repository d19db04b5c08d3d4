"""A SQLite database's file: who may read it, and whether it lies where SQLite's locks hold."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from sqlalchemy.engine import URL

PRIVATE = 0o600
MOUNTS = Path("/proc/mounts")

# File systems of other machines, whose locks and syncs SQLite cannot rely on.
_SHARED = re.compile(
    r"nfs\d?|cifs|smb\w*|ncpfs?|afs|coda|9p|ceph|lustre|glusterfs|beegfs|gfs2?|ocfs2|vboxsf|davfs"
    r"|fuse\.(sshfs|glusterfs\w*|ceph\w*|davfs\w*|rclone|s3fs|gvfsd-fuse|smbnetfs|vmhgfs\S*)"
)


def file_of(url: URL) -> Path | None:
    """The file of a SQLite database; None for one in memory, and for what SQLite takes apart itself (``file:...``)."""
    path = url.database
    if url.get_backend_name() != "sqlite" or path in (None, "", ":memory:") or str(path).startswith("file:"):
        return None
    return Path(str(path))


def make_private(url: URL) -> None:
    """Make the file of a new database for its owner alone: SQLite gives its journals the same mode, and it none."""
    path = file_of(url)
    if path is not None:
        with suppress(OSError):  # it is there already, or cannot be made, which SQLite will say as well
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE))


def others_may_read(path: Path) -> bool:
    """Whether everybody on the machine may read or write it."""
    try:
        return os.name == "posix" and bool(path.stat().st_mode & 0o006)
    except OSError:
        return False


def share_of(path: Path) -> str | None:
    """The kind of network share that the file lies on; None where it lies on none, or nobody can say."""
    try:
        mounts = [line.split(" ")[1:3] for line in MOUNTS.read_text("utf-8", "surrogateescape").splitlines()]
    except OSError:
        return None
    where = path.resolve()
    kind, depth = "", 0
    for place, its_kind in mounts:
        mounted = Path(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), place))
        if where.is_relative_to(mounted) and len(mounted.parts) >= depth:  # the later of two at one place is on top
            kind, depth = its_kind, len(mounted.parts)
    return kind if _SHARED.fullmatch(kind) else None


def warnings_of(url: URL) -> list[str]:
    """What is to be said of a SQLite database's file that is not wrong, and may be worse."""
    path = file_of(url)
    if path is None:
        return []
    said = [f"everybody on this machine may read it: chmod o-rwx {path}"] if others_may_read(path) else []
    if (share := share_of(path)) is not None:
        said.append(
            f"it lies on a network share ({share}), where SQLite's locks and syncs may not hold: commits can be lost"
            " and the file spoilt. Keep it on a disk of this machine, or use PostgreSQL"
        )
    return said
