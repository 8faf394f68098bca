"""The shell scripts that build and publish: read by a linter, and the same figures on paper as in the scripts."""

import subprocess

import pytest
from conftest import ROOT, TOOLS

SCRIPTS = ["scripts/image", "scripts/release", "scripts/reproducible", "scripts/static.sh", "scripts/dist.sh", "deploy/compose/full/make-env"]


def shellcheck(*arguments: str, **options) -> subprocess.CompletedProcess:
    return subprocess.run([TOOLS / "shellcheck", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True, **options)


@pytest.mark.parametrize("script", SCRIPTS)
def test_linter_has_nothing_to_say(script):
    # From the folder that the scripts source each other from; variables of one are used in another.
    done = shellcheck("--external-sources", "--source-path=SCRIPTDIR", "--exclude=SC2034", script)
    assert done.returncode == 0, done.stdout


def test_linter_speaks_up():
    done = shellcheck("--shell=bash", "-", input="cd $1\nrm -rf $2/\n")
    assert done.returncode == 1 and "SC2086" in done.stdout


@pytest.mark.parametrize("script", ["image", "release", "reproducible"])
def test_make_has_a_command_for_each(script):
    done = subprocess.run(["make", "--dry-run", script], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    assert f"scripts/{script}" in done.stdout
