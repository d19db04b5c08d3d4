"""${message}

A migration only adds: tables, columns that may be null, indexes. It rebuilds no table (its triggers would be gone),
changes no row of the log, renames and drops nothing. New tables of the log get their triggers here, and go into the
lists of workflow/store/schema.py.
"""

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    raise RuntimeError("a downgrade would lose entries")
