"""The schema's history, run by alembic; shipped in the wheel and found as a package resource."""
