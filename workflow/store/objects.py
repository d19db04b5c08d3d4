"""The database's own objects: tables, indexes, triggers, checks. Ours by their text, and nobody else's on our tables.

``objects.json`` holds the text of each as a new database has it; a test makes one and compares. How much white space
there is counts nowhere, names of schemas neither. What stands beside our tables is its owner's: other tables, their
references to ours, functions that read them, event triggers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from json import loads

import sqlalchemy as sa

from workflow.store.engine import SCHEMAS, setting
from workflow.store.schema import APPEND_ONLY, KEPT, REVISIONS, VERSION_TABLE
from workflow.store.transaction import Row, Statement, Transaction

_SPACE = re.compile(r"[ \t\r\n]+")  # what databases take for it: to them, a no-break space is a letter
TABLES = (*APPEND_ONLY, *KEPT, VERSION_TABLE)

Objects = dict[str, str]  # kind and name to text


@cache
def expected(dialect: str) -> Objects:
    """What a database of this schema has."""
    found: Objects = loads(files("workflow.store").joinpath("objects.json").read_text("utf-8"))[dialect]
    return found


def there(tx: Transaction) -> Objects:
    """What this database has: ours, and whatever else is on our tables."""
    found: Objects = {}
    for kind, name, text in tx.all(_SQLITE, {}) if tx.sqlite else _on_postgresql(tx):
        key, said = f"{kind} {name}", _SPACE.sub(" ", str(text)).strip(" ")
        found[key] = f"{found[key]}; and {said}" if key in found else said  # of one name in two schemas
    return found


def _on_postgresql(tx: Transaction) -> Iterator[Row]:
    """Asked where nothing is found but PostgreSQL's own: else a function of somebody's would say what is there."""
    schemas = tx.connection.info.get(SCHEMAS) or ["pg_catalog"]
    if schemas[0] != "pg_catalog":
        yield "setting", "search_path", ", ".join(schemas)
    ours = tx.all(_OURS, {})
    oids = ", ".join(str(oid) for oid, _ in ours) or "0"
    (path,) = tx.first("SELECT pg_catalog.current_setting('search_path')")
    tx.plain(setting({"search_path": "pg_catalog, pg_temp"}))
    rows = tx.all(Statement(sa.text(_POSTGRESQL.format(oids=oids))), {})
    tx.plain(setting({"search_path": path}))
    schema = re.compile(rf"""(?<![\w"])(?:{"|".join(re.escape(one) for one in {one for _, one in ours})})\.""")
    for kind, name, text in rows:
        said = _STORED.sub("", str(text)) if kind == "index" else str(text)
        yield kind, name, schema.sub("", said) if ours else said


_STORED = re.compile(r" WITH \([^()]*\)")  # how full its pages are to be, and the like, which is the owner's


def any_of_ours(tx: Transaction) -> bool:
    """Whether any table is there that is ours by its name."""
    return bool(tx.all(_OURS_SQLITE if tx.sqlite else _OURS_POSTGRESQL, {}))


def replaced(found: Objects) -> list[str]:
    """Of our tables those in whose place something else is read, which may never end: a view, a table of elsewhere."""
    names = []
    for key, text in found.items():
        kind, _, name = key.lower().partition(" ")
        if name in TABLES and (kind == "view" or (kind == "table" and _NO_TABLE.match(text))):
            names.append(name)
        elif kind == "child" and text in TABLES:  # whose rows are read with its own
            names.append(text)
    return names


_NO_TABLE = re.compile("[^r] |CREATE VIRTUAL", re.IGNORECASE)  # by PostgreSQL's letters, or by SQLite's words


def as_made(tx: Transaction) -> bool:
    """Whether all is as it was made, whatever the version is said to be."""
    return there(tx) == expected(tx.dialect.name)


def wrong(tx: Transaction, found: Objects | None = None) -> Iterator[tuple[str, str]]:
    """What is not as it was made: the code of a finding, and what it says. ``found`` is what is there, where known."""
    ours, found = expected(tx.dialect.name), there(tx) if found is None else found
    for name, text in ours.items():
        code = "trigger" if name.startswith(("trigger", "function")) else "schema"
        if name not in found:
            open_ = ": the log was open to change" if code == "trigger" else ""
            yield code, f"the {name} is missing{open_}"
        elif code == "trigger" and found[name] in [f"{text.rpartition(' ')[0]} {state}" for state in "DR"]:
            yield code, f"the {name} is switched off: the log was open to change"
        elif found[name] != text:
            yield code, f"the {name} is not the one that was made: {found[name][:200]}"
    there_is_one = f"table {VERSION_TABLE}" in found and VERSION_TABLE not in replaced(found)
    versions = [version for (version,) in tx.all(_VERSIONS, {})] if there_is_one else []
    if there_is_one and versions != [REVISIONS[-1]]:
        yield "schema", f"the table {VERSION_TABLE} names other versions than {REVISIONS[-1]}: {versions!r:.200}"
    for name in found.keys() - ours.keys():
        if name.startswith(("owner", "setting")):
            yield "schema", f"the {name} is {found[name][:200]}, which opens what is ours to others"
        elif name.startswith("member"):
            yield "schema", f"the role {name[7:]} can change the log: it is a member of {found[name]}"
        elif name.startswith("operator"):
            yield "schema", f"there is an {name} beside our tables, which statements on them can be taken to mean"
        elif name.startswith("place"):
            yield "schema", f"{name[6:]} finds our tables in several schemas, {found[name][:200]}: some hide the log's"
        else:
            yield "schema", f"there is a {name} on our tables, and it is not ours: {found[name][:200]}"


_NONE: sa.ColumnElement[int] = sa.literal_column("0")
_TWO: sa.ColumnElement[int] = sa.literal_column("2")
_VERSIONS = Statement(
    sa.select(sa.column("version_num", sa.Text)).select_from(sa.table(VERSION_TABLE)).limit(_TWO).offset(_NONE)
)
_LIST = ", ".join(f"'{name}'" for name in TABLES)
_OURS_SQLITE = Statement(sa.text(f"SELECT 1 FROM sqlite_master WHERE name IN ({_LIST})"))  # noqa: S608 - names
_OURS = Statement(
    sa.text(
        "SELECT c.oid, pg_catalog.quote_ident(nspname)"  # noqa: S608 - as above
        " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace"
        f" WHERE relname IN ({_LIST}) AND relkind <> 'i' AND pg_catalog.pg_table_is_visible(c.oid)"
    )
)
_OURS_POSTGRESQL = Statement(
    sa.text(f"SELECT 1 FROM pg_class WHERE relname IN ({_LIST}) AND pg_table_is_visible(oid)")  # noqa: S608 - as above
)
_SQLITE = Statement(
    sa.text(
        "SELECT type, name, coalesce(sql, 'of ' || tbl_name) FROM sqlite_master"  # noqa: S608 - names
        f" WHERE lower(name) IN ({_LIST}) OR lower(tbl_name) IN ({_LIST})"
        " OR lower(type) IN ('view', 'trigger') AND lower(sql) LIKE '%regimen^_%' ESCAPE '^'"
    )
)

# Whoever may do this to a table of the log can open it to change; the owner can anyhow.
_NOT_TO_ANYBODY = ", ".join(
    [f"('{name}', '{what}')" for name in APPEND_ONLY for what in ("UPDATE", "DELETE", "TRUNCATE", "TRIGGER")]
    + [f"('{name}', '{what}')" for name in KEPT for what in ("DELETE", "TRUNCATE", "TRIGGER")]
)
_NOT_TO_ANYBODY += "".join(f", ('{VERSION_TABLE}', '{what}')" for what in ("UPDATE", "DELETE", "TRUNCATE", "TRIGGER"))
_SIGNS = "'=', '<>', '<', '>', '<=', '>=', '~~', '!~~', '||', '^@', '~'"  # that our statements use, and their like
# What turns triggers, or what is read, round for whoever writes; and what leaves them as they are.
_SETTINGS = "'session_replication_role', 'zero_damaged_pages', 'ignore_checksum_failure'"
_HARMLESS = "'origin', 'off', 'false', 'no', '0'"
_POSTGRESQL = f"""
WITH ours AS (SELECT relname::text AS name, pg_class.oid, relkind, relpersistence, relrowsecurity,
                     relforcerowsecurity, relowner, relacl, relhastriggers, relhasindex, relchecks, relnamespace
              FROM pg_class
              WHERE oid = ANY (ARRAY[{{oids}}]::oid[])),
  settings AS (SELECT setrole, setdatabase, split_part(one, '=', 1) AS name,
                      substr(one, strpos(one, '=') + 1) AS setting
               FROM pg_db_role_setting CROSS JOIN unnest(setconfig) one
               WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))),
  writers AS (SELECT oid, rolname::text FROM pg_roles
              WHERE rolcanlogin
                AND has_table_privilege(oid, (SELECT oid FROM ours WHERE name = 'regimen_entry'), 'INSERT')),
  paths AS (SELECT rolname, place, CASE btrim(one, '"') WHEN '$user' THEN rolname ELSE btrim(one, '"') END AS one
            FROM writers CROSS JOIN LATERAL
              regexp_split_to_table(coalesce((
                SELECT setting FROM settings WHERE name = 'search_path' AND setrole IN (0, writers.oid)
                ORDER BY setrole <> 0 DESC, setdatabase <> 0 DESC LIMIT 1), '"$user", public'), ' *, *')
              WITH ORDINALITY AS found (one, place))
SELECT 'table', name, concat_ws(' ', relkind, relpersistence,
         CASE WHEN relrowsecurity THEN 'row security' END,
         CASE WHEN relforcerowsecurity THEN 'forced row security' END,
         CASE WHEN NOT relhastriggers AND EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = ours.oid)
              THEN 'with its triggers out of use' END,
         CASE WHEN NOT relhasindex THEN 'with its indexes out of use' END,
         CASE WHEN relchecks <> (SELECT count(*) FROM pg_constraint WHERE conrelid = ours.oid AND contype = 'c')
              THEN 'with its checks out of use' END, (
           SELECT string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod),
                    (SELECT 'collate ' || collname FROM pg_collation
                     WHERE oid = attcollation AND collname <> 'default'),
                    CASE WHEN attnotnull THEN 'not null' END, nullif(attgenerated, ''), nullif(attidentity, ''),
                    'default ' || pg_get_expr(d.adbin, d.adrelid, true)), ', ' ORDER BY attnum)
           FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = attrelid AND d.adnum = attnum
           WHERE attrelid = ours.oid AND attnum > 0 AND NOT attisdropped))
  FROM ours
UNION ALL
SELECT 'constraint', conname::text, pg_get_constraintdef(c.oid, true)
  FROM pg_constraint c JOIN ours ON conrelid = ours.oid WHERE contype <> 'n'
UNION ALL
SELECT 'index', c.relname::text, concat_ws(' ', pg_get_indexdef(i.indexrelid, 0, true),
         CASE WHEN NOT i.indisvalid THEN 'invalid' END, CASE WHEN NOT i.indisready THEN 'not ready' END,
         CASE WHEN NOT i.indislive THEN 'not kept' END, CASE WHEN NOT i.indimmediate THEN 'late' END)
  FROM pg_index i JOIN ours ON i.indrelid = ours.oid JOIN pg_class c ON c.oid = i.indexrelid
UNION ALL
SELECT 'trigger', tgname::text, concat_ws(' ', pg_get_triggerdef(t.oid, true), 'enabled', tgenabled)
  FROM pg_trigger t JOIN ours ON tgrelid = ours.oid WHERE NOT tgisinternal
UNION ALL
SELECT 'trigger', concat_ws(' ', proname, 'of', conname),
       concat_ws(' ', 'on', tgrelid::regclass, tgtype, nullif(tgargs, ''), tgqual, 'enabled', tgenabled)
  FROM pg_constraint c JOIN ours ON conrelid = ours.oid JOIN pg_trigger t ON tgconstraint = c.oid
  JOIN pg_proc p ON p.oid = tgfoid WHERE contype = 'f'
UNION ALL
SELECT DISTINCT 'function', p.proname::text, concat_ws(' ', l.lanname, p.prosecdef, p.proconfig::text, p.prosrc)
  FROM pg_trigger t JOIN ours ON tgrelid = ours.oid JOIN pg_proc p ON p.oid = tgfoid
  JOIN pg_language l ON l.oid = p.prolang WHERE NOT tgisinternal
UNION ALL
SELECT 'rule', rulename::text, pg_get_ruledef(r.oid, true)
  FROM pg_rewrite r JOIN ours ON ev_class = ours.oid
UNION ALL
SELECT 'policy', polname::text, concat_ws(' ', polcmd, pg_get_expr(polqual, polrelid, true))
  FROM pg_policy JOIN ours ON polrelid = ours.oid
UNION ALL
SELECT 'child table', c.relname::text, ours.name
  FROM pg_inherits JOIN ours ON inhparent = ours.oid JOIN pg_class c ON c.oid = inhrelid
UNION ALL
SELECT 'parent table', c.relname::text, ours.name
  FROM pg_inherits JOIN ours ON inhrelid = ours.oid JOIN pg_class c ON c.oid = inhparent
UNION ALL
SELECT 'owner', concat_ws(' ', 'of', one.name), pg_get_userbyid(one.owner)
  FROM (SELECT name, relowner AS owner FROM ours
        UNION ALL SELECT DISTINCT p.proname::text, p.proowner FROM pg_trigger t JOIN ours ON tgrelid = ours.oid
                  JOIN pg_proc p ON p.oid = tgfoid WHERE NOT tgisinternal) one
  WHERE one.owner <> (SELECT relowner FROM ours WHERE name = '{VERSION_TABLE}')
UNION ALL
SELECT 'setting', name, setting
  FROM (SELECT name, current_setting(name) AS setting FROM unnest(ARRAY[{_SETTINGS}]) name) one
  WHERE setting NOT IN ({_HARMLESS})
UNION ALL
SELECT 'setting', concat_ws(' ', name, 'of', coalesce('role ' || rolname, 'every role')), setting
  FROM settings LEFT JOIN pg_roles r ON r.oid = setrole
  WHERE name IN ({_SETTINGS}) AND lower(setting) NOT IN ({_HARMLESS})
    AND (setrole = 0 OR setrole IN (SELECT oid FROM writers))
UNION ALL
SELECT 'setting', concat_ws(' ', 'search_path of role', rolname), string_agg(one, ', ' ORDER BY place)
  FROM paths GROUP BY rolname HAVING min(place) FILTER (WHERE one = 'pg_catalog') > 1
UNION ALL
SELECT 'place', concat_ws(' ', 'role', rolname), string_agg(DISTINCT one, ' and ')
  FROM (SELECT DISTINCT ON (rolname, ours.name) rolname, one
        FROM paths CROSS JOIN ours JOIN pg_class c ON c.relname = ours.name
        JOIN pg_namespace n ON n.oid = c.relnamespace AND nspname = one
        ORDER BY rolname, ours.name, place) first
  GROUP BY rolname HAVING count(DISTINCT one) > 1
UNION ALL
SELECT 'place', 'this session', string_agg(DISTINCT nspname, ' and ')
  FROM ours JOIN pg_namespace n ON n.oid = relnamespace HAVING count(DISTINCT nspname) > 1
UNION ALL
SELECT DISTINCT 'view', v.relname::text, v.relkind::text
  FROM pg_depend d JOIN ours ON d.refobjid = ours.oid AND d.refclassid = 'pg_class'::regclass
  JOIN pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass
  JOIN pg_class v ON v.oid = r.ev_class WHERE v.oid <> ours.oid
UNION ALL
SELECT 'grant', concat_ws(' ', a.privilege_type, 'on', ours.name, 'to', coalesce(g.rolname::text, 'everybody')), ''
  FROM ours CROSS JOIN LATERAL (
    SELECT * FROM aclexplode(relacl)
    UNION ALL SELECT x.* FROM pg_attribute, aclexplode(attacl) x WHERE attrelid = ours.oid) a
  LEFT JOIN pg_roles g ON g.oid = a.grantee
  WHERE a.grantee <> relowner AND (ours.name, a.privilege_type) IN ({_NOT_TO_ANYBODY})
UNION ALL
SELECT 'member', rolname::text, theirs
  FROM pg_roles r CROSS JOIN (
    SELECT DISTINCT relowner AS role, concat_ws(' ', pg_get_userbyid(relowner), 'who owns our tables') AS theirs
    FROM ours
    UNION ALL SELECT oid, rolname::text FROM pg_roles
              WHERE rolname IN ('pg_write_all_data', 'pg_write_server_files', 'pg_execute_server_program')) one
  WHERE rolcanlogin AND NOT rolsuper AND r.oid <> one.role AND (pg_has_role(r.oid, one.role, 'USAGE') OR pg_has_role(
    r.oid, one.role, CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END))
UNION ALL
SELECT 'operator', concat_ws(' ', oprname, format_type(oprleft, NULL), 'and', format_type(oprright, NULL)), ''
  FROM pg_operator o JOIN pg_type l ON l.oid = oprleft JOIN pg_type r ON r.oid = oprright
  WHERE oprnamespace IN (SELECT relnamespace FROM ours) AND oprname IN ({_SIGNS})
    AND l.typnamespace = 'pg_catalog'::regnamespace::oid AND r.typnamespace = 'pg_catalog'::regnamespace::oid
"""  # noqa: S608 - names of our own tables
