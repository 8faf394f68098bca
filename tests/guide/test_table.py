"""The S-table itself: what it finds, what it refuses, and how it judges a run."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import completeness
import coverage_page
import outcomes
import pytest
import statements
import table
import verdicts
import written_tests
from statements import Statement, Verdict
from written_tests import Found, WrittenTest

SHOWN = Statement(20, "Start", "It starts")
LATER = Statement(17, "Start", "It signs", Verdict("not yet", "the audit chain"))
HERE = WrittenTest("guide", "test_start.py", "test_s020_it_starts")
THERE = WrittenTest("cluster", "test_pods.py", "test_s020_it_starts_in_a_pod")


def source(folder: Path, file: str, text: str) -> Path:
    """A tests folder with one file of Python in it."""
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text))
    return folder


def listed(**changed: str | dict) -> str:
    """A whole list of statements in which some are changed; None leaves one out."""
    lines = {f"S{number}": '"words"' for number in range(1, statements.LAST + 1)} | changed
    return "[All]\n" + "\n".join(f"{name} = {value}" for name, value in lines.items() if value is not None)


# --- statements.toml -------------------------------------------------------------------------------------------


def test_list_of_this_clone_can_be_read():
    assert [each.number for each in statements.read(statements.LIST.read_text())] == list(range(1, 214))


def test_verdict_has_a_kind_and_a_reason():
    read = statements.read(listed(S17='{ says = "It signs", not_yet = "the audit chain" }'))
    assert read[16].verdict == Verdict("not yet", "the audit chain")
    assert read[15].verdict is None


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"S7": None}, "S7 is missing"),
        ({"S214": '"words"'}, "S1 to S213"),
        ({"T1": '"words"'}, "T1 is no number"),
        ({"S7": '""'}, "S7 says nothing"),
        ({"S7": '{ says = "words", not_yet = "x", not_applicable = "y" }'}, "S7 has two verdicts"),
        ({"S7": '{ says = "words", not_yet = " " }'}, "S7: not_yet gives no reason"),
        ({"S7": '{ says = "words", never = "x" }'}, "S7: never is none of"),
    ],
)
def test_wrong_list_is_refused_with_the_number(changed, complaint):
    with pytest.raises(statements.WrongList, match=complaint):
        statements.read(listed(**changed))


# --- finding tests ---------------------------------------------------------------------------------------------


def test_functions_are_found_and_mere_words_are_not(tmp_path):
    tests = source(
        tmp_path,
        "chart/deep/test_render.py",
        '''
        """def test_s001_in_a_text(): pass"""
        # def test_s002_in_a_comment(): pass
        NAME = "test_s003_a_string"
        def test_s004_a_function(): pass
        async def test_s005_async(): pass
        class TestMore:
            def test_s006_a_method(self): pass
        def test_speed(): pass
        ''',
    )
    found = written_tests.find(tests)
    assert [(test.suite, test.file, test.number) for test in found.tests] == [("chart", "deep/test_render.py", number) for number in (4, 5, 6)]
    assert found.problems == []


def test_other_folders_hold_no_tests_of_statements(tmp_path):
    assert written_tests.find(source(tmp_path, "sdk/test_chat.py", "def test_s004_words(): pass")).tests == []


@pytest.mark.parametrize(
    ("file", "text", "complaint"),
    [
        ("image/test_x.py", "def test_s20_words(): pass", "no three digits"),
        ("image/test_x.py", "def test_s0200_words(): pass", "no three digits"),
        ("image/test_x.py", "def test_s020(): pass", "no three digits"),
        ("image/test_x.py", "def test_s020_a(): pass\ndef test_s020_a(): pass", "there 2 times"),
        ("image/shared.py", "def test_s020_a(): pass", "does not collect"),
    ],
)
def test_test_that_would_not_count_is_a_problem(tmp_path, file, text, complaint):
    found = written_tests.find(source(tmp_path, file, text))
    assert found.tests == []
    assert len(found.problems) == 1 and complaint in found.problems[0]


# --- completeness ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "tests", "complaint"),
    [
        (SHOWN, [HERE], None),
        (SHOWN, [HERE, THERE], None),
        (LATER, [], None),
        (SHOWN, [], "S20 has neither a test nor a verdict"),
        (Statement(20, "Start", "It starts", Verdict("not yet", "x")), [HERE], "S20 is not yet, and yet a test shows it: tests/guide/test_start.py"),
        (SHOWN, [HERE, WrittenTest("guide", "test_start.py", "test_s214_more")], "a statement that does not exist"),
        (SHOWN, [HERE, WrittenTest("guide", "test_start.py", "test_s000_more")], "a statement that does not exist"),
    ],
)
def test_every_statement_has_tests_or_one_verdict(statement, tests, complaint):
    problems = completeness.problems([statement], Found(tests, []))
    assert (problems == []) if complaint is None else (len(problems) == 1 and complaint in problems[0])


def test_problems_of_the_search_are_problems_of_the_table():
    assert completeness.problems([SHOWN], Found([HERE], ["a wrong name"])) == ["a wrong name"]


# --- the page --------------------------------------------------------------------------------------------------


def test_page_names_every_test_by_file_and_every_verdict():
    page = coverage_page.render([LATER, SHOWN], completeness.by_number([HERE, THERE]))
    assert "| S17 | It signs | *not yet*: the audit chain |" in page
    assert "| S20 | It starts | guide/test_start.py: `test_s020_it_starts`<br>cluster/test_pods.py: `test_s020_it_starts_in_a_pod` |" in page


def test_stale_page_is_a_problem_until_it_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(table, "PAGE", tmp_path / "page.md")
    found = Found([HERE], [])
    stale = ["docs/guide-coverage.md is not what the tests say: run tests/guide/table.py --write"]
    assert table.check([SHOWN], found, write=False) == stale
    assert table.check([SHOWN], found, write=True) == []
    assert table.check([SHOWN], found, write=False) == []
    assert table.check([SHOWN], Found([HERE, THERE], []), write=False) == stale


# --- results ---------------------------------------------------------------------------------------------------

CASE = '<testcase classname="test_start" name="test_s020_it_starts{more}">{outcome}</testcase>'


def results(folder: Path, *cases: tuple[str, str], file: str = "guide.xml") -> Path:
    body = "".join(CASE.format(more=more, outcome=outcome) for more, outcome in cases)
    (folder / file).write_text(f"<testsuites><testsuite>{body}</testsuite></testsuites>")
    return folder


@pytest.mark.parametrize(
    ("cases", "kind"),
    [
        ([("", "")], "passed"),
        ([("[a]", ""), ("[b]", "")], "passed"),
        ([("[a]", ""), ("[b]", '<failure message="no"/>')], "failed"),
        ([("[a]", '<error message="no"/>'), ("[b]", "")], "failed"),
        ([("[a]", ""), ("[b]", '<skipped message="later"/>')], "skipped"),
        ([], "missed"),
    ],
)
def test_statement_is_as_good_as_its_worst_case(tmp_path, cases, kind):
    ran = outcomes.read(results(tmp_path, *cases), [HERE])
    assert verdicts.Judge(ran, {}).row(SHOWN, [HERE]).kind == kind


def test_suite_that_was_not_run_has_to_be_excused(tmp_path):
    ran = outcomes.read(results(tmp_path, ("", "")), [HERE, THERE])
    assert verdicts.Judge(ran, {}).row(SHOWN, [HERE, THERE]).kind == "missed"
    excused = verdicts.Judge(ran, {"cluster": "no cluster here"}).row(SHOWN, [HERE, THERE])
    assert (excused.kind, excused.detail) == ("not run", "no cluster here: 1 of 2")


def test_excuse_counts_for_nothing_once_the_suite_has_run(tmp_path):
    ran = outcomes.read(results(tmp_path, file="cluster.xml"), [THERE])
    assert verdicts.Judge(ran, {"cluster": "no cluster here"}).row(SHOWN, [THERE]).kind == "missed"


def test_several_files_of_one_suite_add_up(tmp_path):
    results(tmp_path, ("[a]", ""), file="guide-one.xml")
    ran = outcomes.read(results(tmp_path, ("[b]", "<failure/>"), file="guide-two.xml"), [HERE])
    assert ran.of(HERE) == "failed"


@pytest.mark.parametrize(
    ("file", "written", "complaint"),
    [
        ("other.xml", [HERE], "named for no suite"),
        ("guide.xml", [], "these results are of other tests"),
        ("guide.xml", [WrittenTest("guide", "test_other.py", HERE.name)], "these results are of other tests"),
    ],
)
def test_results_that_belong_to_nothing_are_refused(tmp_path, file, written, complaint):
    with pytest.raises(outcomes.WrongResults, match=complaint):
        outcomes.read(results(tmp_path, ("", ""), file=file), written)


def test_half_a_file_is_refused(tmp_path):
    (tmp_path / "guide.xml").write_text("<testsuites><testsuite>")
    with pytest.raises(outcomes.WrongResults, match="guide.xml is no junit XML"):
        outcomes.read(tmp_path, [HERE])


def test_what_pytest_writes_is_understood(tmp_path):
    text = """
        import pytest
        @pytest.mark.parametrize("word", ["a", "b"])
        def test_s020_it_starts(word): pass
        @pytest.mark.skip
        def test_s021_it_stops(): pass
        @pytest.fixture
        def broken(): raise ValueError
        def test_s022_it_has_a_fixture(broken): pass
        class TestMore:
            def test_s023_it_fails(self): assert False
    """
    tests = source(tmp_path, "guide/deep/test_start.py", text)
    (tests / "guide/pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml", str(tmp_path / "guide.xml"), str(tests / "guide")]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    written = written_tests.find(tests).tests
    ran = outcomes.read(tmp_path, written)
    assert [ran.of(test) for test in written] == ["passed", "skipped", "failed", "failed"]


def test_table_has_a_line_for_each_statement_and_counts_them(tmp_path):
    ran = outcomes.read(results(tmp_path, ("", "")), [HERE])
    rows = verdicts.table([LATER, SHOWN], completeness.by_number([HERE]), verdicts.Judge(ran, {}))
    assert [str(row).split()[:2] for row in rows] == [["S17", "not"], ["S20", "passed"]]
    assert "[the audit chain]" in str(rows[0])
    assert verdicts.counted(rows) == "2 statements: 1 passed, 0 failed, 0 not run, 0 not applicable, 1 not yet"


@pytest.mark.parametrize(
    ("cases", "excuses", "code"),
    [
        ([("", "")], ["cluster=no cluster here"], 0),
        ([("", "")], [], 1),
        ([("", "<failure/>")], ["cluster=no cluster here"], 1),
        ([("", "<skipped/>")], ["cluster=no cluster here"], 1),
        ([], ["cluster=no cluster here"], 1),
    ],
)
def test_exit_code_tells_whether_all_is_well(tmp_path, monkeypatch, capsys, cases, excuses, code):
    monkeypatch.setattr(statements, "read", lambda text: [LATER, SHOWN])
    monkeypatch.setattr(written_tests, "find", lambda tests: Found([HERE, THERE], []))
    arguments = ["--results", str(results(tmp_path, *cases)), *(argument for excuse in excuses for argument in ("--without", excuse))]
    assert table.main(arguments) == code
    said = capsys.readouterr()
    assert "2 statements:" in said.out
    assert bool(said.err) == bool(code)


def test_wrong_list_ends_the_command_with_its_reason(monkeypatch, capsys):
    def refuse(text: str):
        raise statements.WrongList("S7 is missing")

    monkeypatch.setattr(statements, "read", refuse)
    assert table.main([]) == 1
    assert capsys.readouterr().err == "S7 is missing\n"


@pytest.mark.parametrize("text", ["cluster", "cluster=", "chats=none here"])
def test_excuse_needs_a_suite_and_a_reason(text):
    with pytest.raises(SystemExit):
        table.main(["--results", ".", "--without", text])
