"""Starting, stopping, dying and coming back on one data folder."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from chat import ask
from conftest import sdk
from database import rows
from dvara_up import ANY_PORTS, DvaraUp, alive, eventually

ROOT = Path(__file__).parents[3]

HANDED_OVER_SECONDS = 0.25
"""After this long a settlement is committed or on disk: what `kill -9` may not take."""


@pytest.fixture
def own():
    """A `dvara up` that this test alone has. The mock provider is all it needs."""
    gateway = DvaraUp({"DVARA_LLM_GATEWAY_PROVIDERS_MOCK_LATENCY_MS": "0"})
    yield gateway
    gateway.clean_up()


def call(gateway: DvaraUp) -> None:
    answer = sdk(gateway).chat.completions.create(model="mock/test-model", messages=ask())
    assert answer.choices[0].finish_reason == "stop"


def count(gateway: DvaraUp) -> int:
    return rows(gateway, "SELECT count(*) AS calls FROM dvara_main.usage WHERE outcome = 'completed'")[0]["calls"]


def test_quickstart_says_where_and_who(own):
    own.start()
    assert own.quickstart["gateway_url"].startswith("http://")
    assert own.key.startswith("gw_") and len(own.key) == 43
    # Fields of services that are not built yet are absent, not null.
    assert all(isinstance(value, str) and value for value in own.quickstart.values())
    mode = (own.data / "quickstart.json").stat().st_mode
    assert stat.S_IMODE(mode) & 0o077 == 0, "the file holds a key"
    call(own)
    # The key is shown for copying once, and is in no log after that.
    assert own.log.read_text().count(own.key) <= 1


def test_clean_stop_ends_everything_and_keeps_every_row(own):
    own.start()
    for _ in range(5):
        call(own)
    postmaster = own.postmaster()
    port = int(own.url.rsplit(":", 1)[1])
    assert own.stop() == 0, own.tail()
    assert own.postmaster() is None and not alive(postmaster)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0

    key = own.key
    own.start()
    assert own.key == key, "the first start's key stays good"
    assert count(own) == 5
    call(own)
    assert own.stop() == 0, own.tail()


@pytest.mark.parametrize("database_too", [False, True], ids=["process", "process and database"])
def test_killed_process_comes_back_by_itself_with_every_row(own, database_too):
    own.start()
    for _ in range(20):
        call(own)
    time.sleep(HANDED_OVER_SECONDS)
    own.kill(database_too=database_too)

    own.start()
    eventually(lambda: count(own) == 20, f"20 rows, there are {count(own)}")
    call(own)
    assert own.stop() == 0, own.tail()
    own.start()
    assert count(own) == 21
    assert own.stop() == 0, own.tail()


def test_killed_while_starting_it_comes_back(own):
    """The first start makes a database cluster; a half-made one must not be in the way."""
    for seconds in (0.3, 1.0, 2.0):
        process = subprocess.Popen(own.command(), env=own.environment, cwd=own.home, stdout=own.log.open("ab"), stderr=subprocess.STDOUT)
        time.sleep(seconds)
        process.kill()
        process.wait()
    own.start()
    call(own)
    assert own.stop() == 0, own.tail()


def test_second_process_on_the_same_folder_is_refused_and_harms_nothing(own):
    own.start()
    done = subprocess.run(own.command(), env=own.environment, cwd=own.home, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert done.stdout + done.stderr
    call(own)


def test_stream_that_is_running_is_finished_before_the_stop(own):
    own.environment["DVARA_LLM_GATEWAY_PROVIDERS_MOCK_STREAM_TOKEN_DELAY_MS"] = "300"
    own.start()
    stream = sdk(own).chat.completions.create(model="mock/test-model", messages=ask(), stream=True)
    next(iter(stream))
    own.process.send_signal(signal.SIGTERM)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
    assert text.endswith("mock response")
    assert own.wait() == 0, own.tail()


def test_ctrl_c_is_a_clean_stop(own):
    own.start()
    own.process.send_signal(signal.SIGINT)
    assert own.wait() == 0, own.tail()
    assert own.postmaster() is None


def test_folder_is_not_readable_by_others(own):
    own.start()
    readable = [
        str(path)
        for path in own.data.rglob("*")
        if path.is_file() and not path.is_symlink() and path.stat().st_mode & 0o004
        # The folder above may be closed instead.
        and all(parent.stat().st_mode & 0o001 for parent in path.parents if parent.is_relative_to(own.data))
    ]
    assert readable == []


@pytest.mark.parametrize("how", ["Ctrl-C", "SIGTERM to make"])
def test_make_run_serves_and_passes_signals_on(own, how):
    """The README's command, with a profile that is built already."""
    options = " ".join(("--data-dir", str(own.data), *ANY_PORTS))
    own.start(["make", "--no-print-directory", "run", "PROFILE=dev", f"ARGS={options}"], cwd=ROOT)
    call(own)
    postmaster = own.postmaster()
    if how == "Ctrl-C":
        # The terminal sends it to make and to everything below it.
        os.killpg(own.process.pid, signal.SIGINT)
    else:
        own.process.send_signal(signal.SIGTERM)
    own.wait()
    eventually(lambda: not alive(postmaster) and own.postmaster() is None, "everything has ended", seconds=40)


def test_make_run_refuses_a_licence_root_for_tests(own):
    own.environment["DVARA_LICENSE_ROOTS"] = "release-1:AAAA,test-1:AAAA"
    done = subprocess.run(
        ["make", "run", "PROFILE=dev", f"ARGS=--data-dir {own.data}"],
        env=own.environment, cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode != 0
    assert "test root" in done.stderr
    assert not own.data.exists()


def test_fake_vendor_and_runner_work_as_a_command(own):
    """serve.py, which the tests of other SDKs are run by: environment, exit code, and a clean end."""
    shown = "import json, os; print(json.dumps({k: v for k, v in os.environ.items() if k.startswith('TEST_')})); raise SystemExit(7)"
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("serve.py")), "--", sys.executable, "-c", shown],
        capture_output=True, text=True, timeout=180,
    )  # fmt: skip
    assert done.returncode == 7, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["TEST_API_KEY"].startswith("gw_")
