"""What counts as found, and how it is summed up."""

import pytest

from findings import Finding, Tally, from_bytes, judge
from generate import Text, Value

TEXT = Text("t", "en", "Her MRN: 1234567 and 0800.", [Value("MRN", 9, 16, 4, 16)])


def tally_of(*findings: Finding, text: Text = TEXT, **options) -> tuple[int, int, int]:
    tally, _ = judge([text], {"t": list(findings)}, "MRN", **options)
    return tally.right, tally.wrong, tally.missed


@pytest.mark.parametrize("place", [(9, 16), (4, 16), (9, 13), (8, 17)])
def test_value_is_found_with_or_without_its_label_and_by_half_of_it(place):
    assert tally_of(Finding("MRN", *place)) == (1, 0, 0)


@pytest.mark.parametrize("place", [(0, 26), (9, 12), (21, 25)])
def test_too_much_too_little_and_elsewhere_is_wrong(place):
    assert tally_of(Finding("MRN", *place)) == (0, 1, 1)


def test_another_type_finds_nothing():
    assert tally_of(Finding("SSN", 9, 16)) == (0, 0, 1)


def test_second_finding_of_the_same_value_is_wrong():
    assert tally_of(Finding("MRN", 9, 16), Finding("MRN", 4, 16)) == (1, 1, 0)


def test_finding_below_the_threshold_is_none():
    assert tally_of(Finding("MRN", 9, 16, 0.4), threshold=0.5) == (0, 0, 1)


def test_what_is_inside_a_url_with_credentials_counts_neither_way():
    url = Text("t", "en", "http://a:b@1.2.3.4/", [Value("URL_CREDENTIALS", 0, 19, 0, 19)])
    assert tally_of(Finding("MRN", 11, 18), text=url) == (0, 0, 0)
    assert tally_of(Finding("MRN", 11, 20), text=url) == (0, 1, 0)


def test_figures_are_those_of_the_textbook():
    tally = Tally(right=6, wrong=2, missed=4)
    assert (tally.precision, tally.recall, tally.f1) == (0.75, 0.6, pytest.approx(2 / 3))


def test_places_in_bytes_become_places_in_characters():
    assert from_bytes("ä😀x", [{"type": "T", "start": 2, "end": 7}]) == [Finding("T", 1, 3)]


def test_place_inside_of_a_character_is_refused():
    with pytest.raises(UnicodeDecodeError):
        from_bytes("ä", [{"type": "T", "start": 1, "end": 2}])
