"""The chart goes to a registry and comes back the same, whichever Helm pushes and whichever pulls."""

import tarfile

import chart
import pytest
import yaml
from registry import PATH

VERSION = yaml.safe_load((chart.CHART / "Chart.yaml").read_text())["version"]


@pytest.mark.parametrize("pusher", chart.HELMS)
@pytest.mark.parametrize("puller", chart.HELMS)
def test_what_is_pulled_is_what_was_pushed(registry, tmp_path, pusher, puller):
    package = registry.package(pusher, tmp_path)
    pushed = registry.push(pusher, package)
    folder = tmp_path / "pulled"
    folder.mkdir()
    pulled, digest = registry.pull(puller, VERSION, folder)
    assert digest == pushed
    assert pulled.read_bytes() == package.read_bytes()


def test_what_is_installed_from_the_registry_is_the_chart(registry, tmp_path):
    registry.push("helm4", registry.package("helm4", tmp_path))
    for helm in chart.HELMS:
        done = chart.run(helm, "template", "dvara", f"oci://{registry.host}/{PATH}/meridian", "--plain-http", "--kube-version", "1.34.0")
        assert done.returncode == 0, done.stderr
        assert chart.objects(done.stdout) == chart.render(helm=helm)


def test_package_holds_what_users_need_and_no_more(registry, tmp_path):
    with tarfile.open(registry.package("helm4", tmp_path)) as package:
        names = {name.removeprefix("meridian/") for name in package.getnames()}
    assert {"Chart.yaml", "values.yaml", "values.schema.json", "README.md", "CHANGELOG.md", "UPGRADING.md", "files/rules/dvara.yaml"} <= names
    assert not [name for name in names if name.startswith("ci/")]
