"""Alert rules and dashboards: promtool takes them, each rule fires when it should, and the product has what they ask for."""

import json
import re
import shutil
import subprocess

import chart
import pytest
import yaml

TESTS = chart.ROOT / "tests/chart/rules/dvara.yaml"
DASHBOARDS = sorted((chart.CHART / "files/dashboards").glob("*.json"))
NAME = r"(?:gateway|mcp|flightdeck|server|process|dvara)_[a-z0-9_]+"
"""A metric of the product."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The rules as they are rendered, with their tests beside them."""
    made = tmp_path_factory.mktemp("rules")
    (rule,) = chart.render(case="11-monitoring").all("PrometheusRule")
    (made / "rules.yaml").write_text(yaml.safe_dump(rule["spec"]))
    shutil.copy(TESTS, made / "tests.yaml")
    return made


def rules() -> list[dict]:
    return [rule for group in yaml.safe_load((chart.CHART / "files/rules/dvara.yaml").read_text())["groups"] for rule in group["rules"]]


def promtool(*arguments: str, folder) -> subprocess.CompletedProcess:
    return subprocess.run(["promtool", *arguments], cwd=folder, capture_output=True, text=True)


def test_promtool_takes_the_rules(folder):
    done = promtool("check", "rules", "rules.yaml", folder=folder)
    assert done.returncode == 0 and f"{len(rules())} rules found" in done.stdout, done.stdout + done.stderr


def test_rules_fire_when_they_should(folder):
    done = promtool("test", "rules", "tests.yaml", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_rule_is_shown_to_fire_and_not_to_fire():
    fires, rests = set(), set()
    for case in yaml.safe_load(TESTS.read_text())["tests"]:
        for one in case["alert_rule_test"]:
            (fires if one["exp_alerts"] else rests).add(one["alertname"])
    assert fires == rests == {rule["alert"] for rule in rules()}


def test_a_changed_threshold_would_be_noticed(folder, tmp_path):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / "rules.yaml").write_text((tmp_path / "rules.yaml").read_text().replace("> 0.05", "> 0.5"))
    assert promtool("test", "rules", "tests.yaml", folder=tmp_path).returncode != 0


def test_every_rule_has_a_severity_and_a_sentence():
    for rule in rules():
        assert rule["labels"]["severity"] in {"warning", "critical"} and rule["annotations"]["summary"]


def sources() -> str:
    """What the product is made of, without its tests."""
    files = [path for path in chart.ROOT.glob("crates/*/src/**/*.rs") if "tests" not in path.parts and path.stem != "tests"]
    return "\n".join(path.read_text().partition("#[cfg(test)]")[0] for path in files)


def expressions() -> dict[str, list[str]]:
    found = {"rules": [rule["expr"] for rule in rules()]}
    for path in DASHBOARDS:
        text = path.read_text()
        found[path.name] = [target["expr"] for panel in panels(json.loads(text)) for target in panel.get("targets", [])]
    return found


def panels(dashboard: dict):
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def registered() -> set[str]:
    """The names that the product registers. The library appends `_total` to counters and the parts to histograms."""
    names = set(re.findall(f'"({NAME})"', sources()))
    return {name + suffix for name in names for suffix in ("", "_total", "_bucket", "_sum", "_count")}


@pytest.mark.parametrize("where", ["rules", *(path.name for path in DASHBOARDS)])
def test_product_has_every_metric(where):
    asked = {name for expression in expressions()[where] for name in re.findall(rf"\b{NAME}", expression)}
    assert asked and not asked - registered()


def test_product_has_every_label():
    text = sources()
    added_by_prometheus = {"pod", "instance", "namespace", "job", "le"}
    for where, found in expressions().items():
        labels = {label for expression in found for matcher in re.findall(r"\{([^}]*)\}", expression) for label in re.findall(r"(\w+)\s*[=!]", matcher)}
        labels |= {label.strip() for expression in found for group in re.findall(r"by \(([^)]*)\)", expression) for label in group.split(",")}
        missing = [label for label in labels - added_by_prometheus if not re.search(rf"\b{label}: ", text)]
        assert not missing, where


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_promtool_takes_every_expression_of_a_dashboard(path, tmp_path):
    text = [re.sub(r"\$\w+|\$\{\w+\}", ".*", expression) for expression in expressions()[path.name]]
    written = {"groups": [{"name": "dashboard", "rules": [{"record": f"panel:{index}", "expr": expression} for index, expression in enumerate(text)]}]}
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(written))
    done = promtool("check", "rules", "--lint=none", "rules.yaml", folder=tmp_path)
    assert text and done.returncode == 0, done.stdout + done.stderr


def test_dashboards_are_rendered_as_they_are():
    (found,) = chart.render(case="11-monitoring").all("ConfigMap")
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert {name: json.loads(text) for name, text in found["data"].items()} == {path.name: json.loads(path.read_text()) for path in DASHBOARDS}


def test_dashboards_have_ids_of_their_own():
    loaded = [json.loads(path.read_text()) for path in DASHBOARDS]
    assert len({one["uid"] for one in loaded}) == len(loaded) and all(one["title"] for one in loaded)
    for one in loaded:
        ids = [panel["id"] for panel in panels(one)]
        assert len(ids) == len(set(ids))
