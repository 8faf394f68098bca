"""docs/operations says what is true: what it quotes is what the product prints, what it names is there."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT
from installation import Installation

PAGES = sorted((ROOT / "docs/operations").glob("*.md"))
QUOTE = re.compile(r"^ *> (.+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def said(image, postgres, tmp_path_factory) -> dict[str, tuple[int, str]]:
    """Exit code and words of each start that the pages tell of."""
    folder = tmp_path_factory.mktemp("said")
    postgres.sql("CREATE DATABASE pages")
    whole = Installation(image, postgres, "pages", folder)
    whole.run("migrate")

    def start(**changed: str | None) -> tuple[int, str]:
        one = Installation(image, postgres, "pages", folder)
        one.environment = {name: value for name, value in {**one.environment, **changed}.items() if value is not None}
        return one.attempt("gateway")

    outcomes = {
        "no license": start(DVARA_LICENSE_KEY=None),
        "no database": start(SPRING_DATASOURCE_URL=None),
        "no audit secret": start(DVARA_AUDIT_HMAC_SECRET=None, DVARA_TYPO="x"),
        "equal keys": start(DVARA_ACTUATOR_API_KEY="a", DVARA_ACTUATOR_METRICS_API_KEY="a"),
        "half of Kubernetes": start(KUBERNETES_NAMESPACE="default"),
        "database away": start(SPRING_DATASOURCE_URL="jdbc:postgresql://127.0.0.1:9/x"),
        "another password": start(OPENAI_API_KEY=whole.run("encrypt", given="sk-x"), DVARA_ENCRYPTION_MASTER_PASSWORD="another"),
    }
    # As a gateway of this installation leaves it that has a master password.
    postgres.sql("INSERT INTO dvara_main.cluster_key (key) VALUES ('ENC:v1:c2VhbGVk')", "pages")
    outcomes["no password"] = start(DVARA_ENCRYPTION_MASTER_PASSWORD=None)
    postgres.sql("DELETE FROM dvara_main.cluster_key", "pages")
    postgres.sql("UPDATE dvara_main.schema_floor SET oldest_binary = '1.2.0'", "pages")
    outcomes["too old"] = start()
    postgres.sql("UPDATE dvara_main.schema_floor SET oldest_binary = '1.0.0'", "pages")
    key = whole.make_key("acme")
    try:
        whole.start()
        outcomes["nobody's model"] = whole.call(key, model="nobody-has-this")
    finally:
        whole.clean_up()
    return outcomes


def test_every_quoted_line_is_printed_by_the_product(said):
    quotes = {quote.strip() for page in PAGES for quote in QUOTE.findall(page.read_text())}
    assert len(quotes) >= 10
    words = "\n".join(text for _, text in said.values())
    assert [quote for quote in quotes if quote not in words] == []


def test_every_tried_start_is_on_a_page(said):
    quotes = {quote.strip() for page in PAGES for quote in QUOTE.findall(page.read_text())}
    for name, (_, text) in said.items():
        assert any(quote in text for quote in quotes), f"no page tells of: {name}: {text}"


def test_exit_codes_are_those_of_the_pages(said):
    codes = {name: code for name, (code, _) in said.items()}
    assert codes.pop("nobody's model") == 400
    assert codes.pop("database away") == codes.pop("too old") == 1
    assert set(codes.values()) == {64}


def test_schema_floor_is_read_as_the_page_says(postgres, said):
    (statement,) = re.findall(r"```sql\n(.+?)\n```", (ROOT / "docs/operations/upgrade.md").read_text(), re.DOTALL)
    assert postgres.sql(statement, "pages").strip() == "1.0.0"


def test_role_of_the_hardening_page_is_all_that_the_product_needs(image, postgres, tmp_path):
    (block,) = re.findall(r"```sql\n(.+?)```", (ROOT / "docs/operations/hardening.md").read_text(), re.DOTALL)
    statements = [statement.strip() for statement in block.split(";") if statement.strip()]
    assert len(statements) == 4
    postgres.sql("CREATE DATABASE hardened")
    # The tests' own role is a superuser of that name.
    for statement in statements:
        statement = re.sub(r"\bDATABASE dvara\b", "DATABASE hardened", statement)
        postgres.sql(re.sub(r"\b(ROLE|TO|AUTHORIZATION) dvara\b", r"\1 served", statement), "hardened")
    served = Installation(image, postgres, "hardened", tmp_path, SPRING_DATASOURCE_USERNAME="served")
    served.run("migrate")
    key = served.make_key("acme")
    try:
        served.start()
        assert served.call(key)[0] == 200
        served.wait_for_calls(1)
        served.stop()
    finally:
        served.clean_up()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_settings_and_variables_that_a_page_names_are_read(image, page):
    explained = subprocess.run([image.binary, "config", "explain"], env={"PATH": os.environ["PATH"]}, stdout=subprocess.PIPE, text=True, check=True).stdout
    settings = set(re.findall(r"^\S+", explained, re.MULTILINE))
    named = set(re.findall(r"`((?:dvara|server|spring|management)\.[a-z0-9.-]+[a-z0-9])`", page.read_text()))
    assert named <= settings, named - settings
    relaxed = {re.sub(r"[.-]", "_", setting).upper() for setting in settings}
    variables = set(re.findall(r"`(DVARA_[A-Z_]+|SPRING_[A-Z_]+|CACHE_[A-Z_]+|KUBERNETES_[A-Z_]+)[=`]", page.read_text()))
    # Of the compose files, of the build, and two of the cluster that have exact names.
    others = {"DVARA_VERSION", "DVARA_BIND", "DVARA_LICENSE_ROOTS", "CACHE_SERVICE_NAME", "KUBERNETES_NAMESPACE", "DVARA_ENCRYPTION_MASTER_PASSWORD"}
    assert variables - relaxed <= others, variables - relaxed - others


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text()):
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        assert file.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in {heading_of(line) for line in file.read_text().splitlines() if line.startswith("#")}


def heading_of(line: str) -> str:
    return re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_of_the_product_that_a_page_shows_exist(image, page):
    for command in set(re.findall(r"(?:^|[`/ ])dvara ((?:tenant|key|route|license|config) [a-z]+|encrypt|migrate|up)\b", page.read_text())):
        done = subprocess.run([image.binary, *command.split(), "--help"], stdout=subprocess.DEVNULL)
        assert done.returncode == 0, command


def test_pages_are_complete():
    assert [Path(page).stem for page in PAGES] == ["back-up", "hardening", "install", "sizing", "troubleshooting", "upgrade"]
