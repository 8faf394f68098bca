"""What the chart says about itself is true: its table of parameters, the Secret's keys, its versions."""

import re
import shutil
import subprocess

import chart
import pytest
import yaml

GENERATOR = chart.ROOT / "tests/chart/node/node_modules/@bitnami/readme-generator-for-helm/bin/index.js"
README = (chart.CHART / "README.md").read_text()
CHART_YAML = yaml.safe_load((chart.CHART / "Chart.yaml").read_text())


def generate(values: str, folder) -> subprocess.CompletedProcess:
    (folder / "values.yaml").write_text(values)
    shutil.copy(chart.CHART / "README.md", folder / "README.md")
    return subprocess.run(["node", GENERATOR, "-v", folder / "values.yaml", "-r", folder / "README.md"], capture_output=True, text=True)


def test_table_of_parameters_is_fresh(tmp_path):
    """Made anew by the generator, which also fails for a value without a comment and for a comment without a value."""
    done = generate((chart.CHART / "values.yaml").read_text(), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "README.md").read_text() == README, "run: node tests/chart/node/node_modules/@bitnami/readme-generator-for-helm/bin/index.js -v values.yaml -r README.md in charts/meridian"


@pytest.mark.parametrize("added", ["undocumented: 1\n", "## @param nowhere Not there\n"])
def test_generator_would_complain(added, tmp_path):
    assert generate((chart.CHART / "values.yaml").read_text() + added, tmp_path).returncode != 0


def test_every_key_of_the_secret_is_in_the_readme_and_no_other():
    table = README.partition("## The Secret")[2].partition("\n## ")[0]
    named = {key for line in table.splitlines() if line.startswith("| `") for key in re.findall(r"`([a-z0-9-]+)`", line.split("|")[1])}
    assert len(named) == 16
    assert named == set(chart.render().secret())


def test_command_of_the_readme_makes_a_complete_release():
    command = README.partition("    helm install dvara")[2].partition("\n\n")[0].replace("\\\n", " ")
    flags = [re.sub(r'="\$(\w+)"', r"=\1", word) for word in command.split()[1:]]
    flags += ["--set", "secrets.strict=true"]
    things = chart.render(flags=flags)
    for service in ("gatewayServer", "gatewayUi"):
        assert things.effective("SPRING_DATASOURCE_URL", service) == "jdbc:postgresql://postgres:5432/dvara"
        assert things.effective("SPRING_DATASOURCE_PASSWORD", service) == "DATABASE_PASSWORD"


def test_changes_begin_with_this_version():
    log = (chart.CHART / "CHANGELOG.md").read_text()
    assert re.search(r"^## (\S+)", log, re.M)[1] == CHART_YAML["version"]
    assert yaml.safe_load(CHART_YAML["annotations"]["artifacthub.io/changes"])


def test_images_in_the_annotations_are_those_that_are_rendered():
    listed = {one["image"] for one in yaml.safe_load(CHART_YAML["annotations"]["artifacthub.io/images"])}
    rendered = {chart.render({"mcpProxyServer": {"enabled": True}}).container(service)["image"] for service in chart.SERVICES}
    assert listed == rendered


def test_links_lead_somewhere():
    for file in ("README.md", "UPGRADING.md", "CHANGELOG.md"):
        for target in re.findall(r"\]\(([^)#]+)\)", (chart.CHART / file).read_text()):
            assert target.startswith("https://") or (chart.CHART / target).exists(), target
