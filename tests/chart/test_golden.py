"""What the chart renders is on record, line by line."""

import difflib

import chart
import golden
import pytest


@pytest.mark.parametrize("case", chart.CASES)
def test_render_is_the_one_on_record(case):
    diff = "".join(difflib.unified_diff(golden.expected(case).splitlines(True), golden.actual(case).splitlines(True), "on record", "now", n=2))
    assert not diff, f"{diff}\nIf this is meant: python tests/chart/golden.py, and read the diff."


def test_no_record_is_of_a_case_that_is_gone():
    assert sorted(path.stem for path in golden.FOLDER.glob("*.yaml")) == chart.CASES
