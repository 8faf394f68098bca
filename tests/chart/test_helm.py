"""Both Helms take the chart: every file in ci/, for every release of Kubernetes."""

import chart
import pytest


@pytest.mark.parametrize("helm", chart.HELMS)
@pytest.mark.parametrize("case", chart.CASES)
def test_strict_lint_has_nothing_to_say(case, helm):
    done = chart.run(helm, "lint", "--strict", str(chart.CHART), "--values", str(chart.CHART / f"ci/{case}-values.yaml"))
    said = done.stdout + done.stderr
    assert done.returncode == 0 and "0 chart(s) failed" in said, said
    # `icon is recommended` is the one thing that lint mentions.
    assert "[WARNING]" not in said and "[ERROR]" not in said, said


@pytest.mark.parametrize("helm", chart.HELMS)
@pytest.mark.parametrize("kube", chart.KUBERNETES)
@pytest.mark.parametrize("case", chart.CASES)
def test_every_case_renders(case, kube, helm):
    assert chart.render(case=case, helm=helm, kube=kube).all("Deployment")


@pytest.mark.parametrize("case", chart.CASES)
def test_both_helms_render_the_same_objects(case):
    for kube in chart.KUBERNETES:
        by_helm = [sorted_objects(chart.render(case=case, helm=helm, kube=kube)) for helm in chart.HELMS]
        assert by_helm[0] == by_helm[1]


@pytest.mark.parametrize("case", chart.CASES)
def test_two_renders_are_equal_to_the_byte(case):
    again = chart.template(case=case)
    assert again.stdout == chart.text(case=case)


@pytest.mark.parametrize("helm", chart.HELMS)
def test_an_older_kubernetes_is_refused(helm):
    assert "chart requires kubeVersion: >=1.28.0-0 which is incompatible with Kubernetes v1.27.0" in chart.refusal(helm=helm, kube="1.27")


def test_releases_of_kubernetes_with_a_suffix_are_taken():
    done = chart.run("helm4", "template", "dvara", str(chart.CHART), "--kube-version", "v1.28.3-gke.100")
    assert done.returncode == 0, done.stderr


def test_hook_of_old_kubernetes_is_a_program_and_that_of_new_ones_is_a_field():
    old, new = (chart.render(kube=kube).container()["lifecycle"]["preStop"] for kube in ("1.28", "1.31"))
    assert old == {"exec": {"command": ["/dvara", "sleep", "5"]}}
    assert new == {"sleep": {"seconds": 5}}


def sorted_objects(render: chart.Render) -> list[dict]:
    return sorted(render, key=lambda thing: (thing["kind"], thing["metadata"]["name"]))
