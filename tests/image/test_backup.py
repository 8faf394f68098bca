"""Backup and restore as docs/operations/back-up.md describes them: PostgreSQL's own dump, and the secrets beside it."""

import pytest
from installation import Installation

VENDOR_KEY = "sk-the-vendors-own"


@pytest.fixture
def installed(image, postgres, tmp_path):
    """Makes installations, each on its database."""
    made: list[Installation] = []

    def install(database: str, **settings: str) -> Installation:
        made.append(Installation(image, postgres, database, tmp_path, **settings))
        return made[-1]

    yield install
    for installation in made:
        installation.clean_up()


def test_dump_of_a_running_installation_restores_to_one_that_goes_on(postgres, installed, tmp_path):
    postgres.sql("CREATE DATABASE live")
    live = installed("live")
    live.run("migrate")
    key = live.make_key("acme")
    live.run("route", "create", "fast-*", "--provider", "mock", "--pin", "mock/fast")
    sealed = live.run("encrypt", given=VENDOR_KEY)
    assert sealed.startswith("ENC:v1:") and VENDOR_KEY not in sealed
    live.environment["OPENAI_API_KEY"] = sealed
    live.start()
    for _ in range(5):
        assert live.call(key)[0] == 200
    live.wait_for_calls(5)

    # While it serves: a dump is one moment of the database.
    dump = tmp_path / "dvara.dump"
    postgres.tool("pg_dump", "--format=custom", "--dbname=live", stdout=dump)
    assert live.call(key)[0] == 200
    live.wait_for_calls(6)
    live.stop()

    # Another server would do as well; here it is another database.
    postgres.sql("CREATE DATABASE restored")
    postgres.tool("pg_restore", "--exit-on-error", "--no-owner", "--dbname=restored", stdin=dump)
    restored = installed("restored", OPENAI_API_KEY=sealed)
    assert restored.calls() == 5
    for command in (["tenant", "list"], ["route", "list"], ["key", "list", "--json"]):
        assert restored.run(*command) == live.run(*command)
    restored.start()
    assert restored.call(key)[0] == 200
    restored.wait_for_calls(6)
    assert restored.call("gw_" + "0" * 40)[0] == 401
    restored.stop()


@pytest.mark.parametrize(
    ("password", "words"),
    [("another", "the sealed value does not open: it was sealed with another password"), ("", "there is no master password")],
    ids=["another password", "no password"],
)
def test_without_the_encryption_password_what_is_sealed_stays_sealed(postgres, installed, password, words):
    live = installed("postgres")
    live.environment["OPENAI_API_KEY"] = live.run("encrypt", given=VENDOR_KEY)
    live.environment["DVARA_ENCRYPTION_MASTER_PASSWORD"] = password
    code, said = live.attempt("gateway")
    assert code == 64
    assert "environment OPENAI_API_KEY" in said and words in said
    assert VENDOR_KEY not in said
