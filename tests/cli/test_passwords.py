"""A password never leaves the URL that it came in, whatever form that had."""

from __future__ import annotations

import traceback
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.regimen import Regimen
from workflow import Trial
from workflow.cli.call import Call
from workflow.cli.screen.streams import without_password
from workflow.errors import WorkflowError
from workflow.store.engine import create_engine
from workflow.store.url import parse_url, shown

HALVES = ("S3cr", "7Hush")
ODD = "".join(chr(number) for number in range(32, 127)) + "äß\t\n"
FORMS = (
    "postgresql://clerk:{}@127.0.0.1:1/regimen",
    "postgresql+psycopg://clerk:{}@127.0.0.1:1/regimen?sslmode=disable",
    "postgresql://clerk:{}@127.0.0.1:1",
    "postgresql://:{}@127.0.0.1:1/regimen",
    "postgresql://clerk@127.0.0.1:1/regimen?password={}",
    "postgresql://127.0.0.1:1/regimen?user=clerk&password={}&sslmode=disable",
    "postgresql://127.0.0.1:1/regimen?passfile={}",
    "postgresql://127.0.0.1:1/regimen?sslpassword={}&sslmode=disable",
    "postgresql://127.0.0.1:1/regimen?options={}",
    "postgresql://127.0.0.1:1/regimen?pasword={}",
    "postgresql://clerk:{}@127.0.0.1:x/regimen",
    "postgresql://clerk:{}@127.0.0.1:1:1/regimen",
    "postgres://clerk:{}@127.0.0.1/regimen",
    "postgresq://clerk:{}@127.0.0.1/regimen",
    "mysql://clerk:{}@127.0.0.1/regimen",
    "postgresql:/clerk:{}@127.0.0.1/regimen",
    "postgresql//clerk:{}@127.0.0.1/regimen",
    "postgresql:clerk:{}@127.0.0.1/regimen",
    "clerk:{}@127.0.0.1/regimen",
    "host=127.0.0.1 port=1 user=clerk password={}",
    "host=127.0.0.1 passwd = {}",
    "sqlite://clerk:{}@127.0.0.1/regimen.db",
    "sqlite:///clerk:{}@127.0.0.1/regimen.db",
    "://clerk:{}@127.0.0.1",
)

odd = st.text(ODD, max_size=3)
secrets = st.builds(lambda before, middle, after: f"{before}{HALVES[0]}{middle}{HALVES[1]}{after}", odd, odd, odd)
urls = st.builds(
    lambda form, secret, encoded: form.format(quote(secret, safe="") if encoded else secret),
    st.sampled_from(FORMS),
    secrets,
    st.booleans(),
)


def keeps(*said: str) -> bool:
    return not any(half in one for one in said for half in HALVES)


@given(urls)
def test_nothing_that_the_library_says_holds_one(url: str) -> None:
    assert keeps(shown(url), Call(url=url).typed("show"), without_password(f"no: {shown(url)}"))
    try:
        engine = create_engine(url)
    except WorkflowError as error:
        assert keeps("".join(traceback.format_exception(error)), repr(error), str(error.hint))  # noqa: PT017
    else:
        assert "password" not in parse_url(url).query
        engine.dispose()


@given(url=urls)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_that_the_command_says_holds_one(bare: Regimen, url: str) -> None:
    for args in (("show",), ("db", "check", "--json"), ("init", "--administrator", "root", "--json")):
        ran = bare(*args, "--database-url", url)
        assert ran.code != 0
        assert keeps(ran.out, ran.err)
    assert list(bare.folder.iterdir()) == []


@pytest.mark.parametrize("form", FORMS)
def test_nor_does_a_traceback(bare: Regimen, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    url = form.format("S3cr@ 7Hush")
    monkeypatch.setenv("REGIMEN_TRACEBACK", "1")
    monkeypatch.setenv("REGIMEN_DATABASE_URL", url)
    ran = bare("show")
    assert keeps(ran.out, ran.err)
    with pytest.raises(WorkflowError) as error:
        Trial.open(url)
    assert keeps("".join(traceback.format_exception(error.value)))


def test_a_url_that_works_is_shown_without_it() -> None:
    url = "postgresql://clerk:hush@host/trial?password=hush&sslpassword=hush&passfile=/hush&sslmode=require"
    assert shown(url) == "postgresql://clerk:***@host/trial?sslmode=require"
    assert parse_url("postgresql://clerk@host/trial?password=h%40sh").password == "h@sh"  # noqa: S105 - of a test
    assert "h@sh" not in repr(create_engine("postgresql://clerk@host/trial?password=h%40sh"))


@pytest.mark.parametrize("path", ["regimen.db", "/data/a b.db", "C:/trial/regimen.db", "a:b.db", "lee@host.db", "p=1"])
def test_a_path_is_a_path(path: str) -> None:
    assert shown(path) == path
