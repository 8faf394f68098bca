"""The database goes away while clients call: they notice nothing, and afterwards every call has one usage row.

`DVARA_OUTAGE_SECONDS` (8) is how long it is away in each of the ways; a minute is the figure of the design.
"""

from __future__ import annotations

import http.client
import json
import os
import threading
import time
from collections import Counter
from urllib.parse import urlsplit

import pytest
from actuator import actuator, metric
from chat import ask
from dvara_up import DvaraUp, eventually
from own_postgres import OwnPostgres

OUTAGE_SECONDS = float(os.environ.get("DVARA_OUTAGE_SECONDS", "8"))

CLIENTS = 8

RECOVERY_SECONDS = 60
"""A look at a lost database comes at most 5 s after the last; a busy machine and a debug build do the rest slowly."""


@pytest.fixture
def database():
    database = OwnPostgres()
    try:
        yield database.start()
    finally:
        database.clean_up()


@pytest.fixture
def gateway(database):
    """A gateway on a database that can be taken away; `start` is the test's."""
    settings = {"DVARA_LLM_GATEWAY_PROVIDERS_MOCK_LATENCY_MS": "0", "DVARA_LLM_GATEWAY_PROVIDERS_MOCK_STREAM_TOKEN_DELAY_MS": "0"}
    gateway = DvaraUp(settings, options=["--database-url", database.url])
    try:
        yield gateway
    finally:
        gateway.clean_up()


class Load:
    """Clients that call without a break, some for streams, and remember the trace of each answer."""

    def __init__(self, gateway: DvaraUp):
        self.gateway = gateway
        self.traces: list[str] = []
        self.failures: list[str] = []
        self._stop = threading.Event()
        self._clients = [threading.Thread(target=self._call, args=(number,)) for number in range(CLIENTS)]

    def __enter__(self) -> Load:
        for client in self._clients:
            client.start()
        return self

    def __exit__(self, *_) -> None:
        self._stop.set()
        for client in self._clients:
            client.join()

    def _call(self, number: int) -> None:
        address = urlsplit(self.gateway.url)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
        headers = {"Authorization": f"Bearer {self.gateway.key}", "Content-Type": "application/json"}
        body = json.dumps({"model": "mock/test-model", "messages": ask(), "stream": number % 2 == 1})
        while not self._stop.is_set():
            try:
                connection.request("POST", "/v1/chat/completions", body, headers)
                answer = connection.getresponse()
                text = answer.read().decode()
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                connection.close()
                continue
            whole = text.endswith("data: [DONE]\n\n") if number % 2 else '"finish_reason":"stop"' in text
            if answer.status == 200 and whole:
                self.traces.append(answer.headers["X-Trace-Id"])
            else:
                self.failures.append(f"{answer.status}: {text[:300]}")
            time.sleep(0.005)

    def goes_on(self, calls: int = 20) -> None:
        """Waits until so many more calls were answered."""
        wanted = len(self.traces) + calls
        eventually(lambda: len(self.traces) >= wanted, f"{calls} more answers, failures: {self.failures[:3]}")


def health(gateway: DvaraUp, path: str = "health") -> tuple[int, dict]:
    status, text = actuator(gateway, path, "actuator_api_key")
    return status, json.loads(text)


def is_whole(gateway: DvaraUp) -> bool:
    """The database is there, and nothing waits for it."""
    return metric(gateway, "gateway_database_up") == 1 and metric(gateway, "gateway_ledger_spool_bytes") == 0


SUMS = "calls, input_tokens, output_tokens, estimated_calls, unpriced_calls, duration_us"
SUMS_OF_HOURS = f"""
SELECT tenant, key, model, provider, outcome, extract(epoch FROM hour) AS hour, {", ".join(f"sum({name}) AS {name}" for name in SUMS.split(", "))}
FROM dvara_main.usage_hourly GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6"""
SUMS_OF_ROWS = """
SELECT coalesce(tenant, '') AS tenant, coalesce(key, '') AS key, coalesce(model, '') AS model, coalesce(provider, '') AS provider,
       outcome, extract(epoch FROM date_trunc('hour', opened_at, 'UTC')) AS hour, count(*) AS calls,
       coalesce(sum(input_tokens), 0) AS input_tokens, coalesce(sum(output_tokens), 0) AS output_tokens,
       count(*) FILTER (WHERE estimated) AS estimated_calls,
       count(*) FILTER (WHERE input_tokens IS NOT NULL AND cost_nanousd IS NULL) AS unpriced_calls, sum(duration_us) AS duration_us
FROM dvara_main.usage GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6"""

CHATS = "SELECT trace_id FROM dvara_main.usage WHERE endpoint = 'chat_completions'"


def check_rows(database: OwnPostgres, load: Load) -> None:
    """Every answer has exactly one row, there is no other, and the hourly sums say the same."""
    rows = Counter(row["trace_id"] for row in database.rows(CHATS))
    answers = Counter(load.traces)
    print(f"{len(answers)} calls were answered")
    assert max(answers.values()) == 1, "each call has a trace of its own"
    assert answers == rows, f"missing {list((answers - rows).items())[:5]}, too many {list((rows - answers).items())[:5]}"
    assert database.rows(SUMS_OF_HOURS) == database.rows(SUMS_OF_ROWS)


def crash_and_start(database: OwnPostgres):
    database.stop("immediate")
    yield
    database.start()


def stop_and_start(database: OwnPostgres):
    database.stop("fast")
    yield
    database.start()


def freeze_and_thaw(database: OwnPostgres):
    database.freeze()
    yield
    database.thaw()


@pytest.mark.parametrize("outage", [stop_and_start, crash_and_start, freeze_and_thaw])
def test_no_call_fails_and_no_row_is_missing_or_doubled_when_the_database_goes_away(gateway, database, outage):
    gateway.start()
    with Load(gateway) as load:
        load.goes_on()
        eventually(lambda: metric(gateway, "gateway_ledger_written") > 0, "rows are written")
        away = outage(database)
        next(away)
        begun = time.monotonic()
        eventually(lambda: metric(gateway, "gateway_database_up") == 0, "the metric says that it is away")
        eventually(lambda: metric(gateway, "gateway_config_poller_up") == 0, "and that configuration is not confirmed", 20)
        status, page = health(gateway)
        assert page["components"]["db"]["status"] == "UNKNOWN"
        assert (status, health(gateway, "health/readiness")[0]) == (200, 200), "the last good configuration serves"
        while time.monotonic() - begun < OUTAGE_SECONDS:
            load.goes_on()
            time.sleep(0.25)
        assert metric(gateway, "gateway_ledger_spooled") > 0
        assert metric(gateway, "gateway_ledger_spool_bytes") > 0
        next(away, None)
        eventually(lambda: metric(gateway, "gateway_database_up") == 1, "the database is back", RECOVERY_SECONDS)
        eventually(lambda: metric(gateway, "gateway_config_poller_up") == 1, "configuration is confirmed", RECOVERY_SECONDS)
        load.goes_on()
        # A change that is made now arrives.
        refreshed = metric(gateway, "gateway_config_poller_areas_refreshed")
        database.run("UPDATE dvara_main.config_versions SET version = version + 1")
        eventually(lambda: metric(gateway, "gateway_config_poller_areas_refreshed") > refreshed, "the change is read", 20)
        load.goes_on()
    assert load.failures == []
    eventually(lambda: is_whole(gateway), "nothing waits", RECOVERY_SECONDS)
    assert health(gateway)[1]["components"]["db"]["status"] == "UP"
    assert metric(gateway, "gateway_ledger_dropped") == 0
    assert metric(gateway, "gateway_ledger_spooled") == metric(gateway, "gateway_ledger_replayed")
    assert gateway.stop() == 0, gateway.tail()
    check_rows(database, load)


def test_full_spool_is_said_and_counted_and_calls_go_on(gateway, database):
    gateway.environment["DVARA_SPOOL_MAX_SIZE"] = "64KB"
    gateway.start()
    with Load(gateway) as load:
        load.goes_on()
        database.stop("immediate")
        eventually(lambda: metric(gateway, "gateway_ledger_dropped") > 0, "the spool is full", 30)
        assert metric(gateway, "gateway_ledger_spool_full") == 1
        assert 0 < metric(gateway, "gateway_ledger_spool_bytes") <= 64 << 10
        eventually(lambda: health(gateway, "health/readiness")[0] == 503, "readiness says so")
        assert "spool" in json.dumps(health(gateway, "health/readiness")[1])
        load.goes_on(100)
        database.start()
        eventually(lambda: health(gateway, "health/readiness")[0] == 200, "readiness is back", RECOVERY_SECONDS)
        load.goes_on()
    assert load.failures == []
    eventually(lambda: is_whole(gateway), "nothing waits", RECOVERY_SECONDS)
    assert metric(gateway, "gateway_ledger_spool_full") == 0
    dropped = metric(gateway, "gateway_ledger_dropped")
    assert gateway.stop() == 0, gateway.tail()
    rows = Counter(row["trace_id"] for row in database.rows(CHATS))
    assert max(rows.values()) == 1
    assert set(rows) <= set(load.traces)
    assert len(rows) + dropped == len(load.traces), "what is missing is what was counted"
    assert database.rows(SUMS_OF_HOURS) == database.rows(SUMS_OF_ROWS)
    epochs = database.rows("SELECT dropped, closed_at IS NOT NULL AS closed FROM dvara_main.epochs")
    assert epochs == [{"dropped": dropped, "closed": True}]


@pytest.mark.parametrize("end", ["stopped", "killed"])
def test_filled_spool_of_a_process_that_ended_is_replayed_once_by_the_next(gateway, database, end):
    gateway.start()
    with Load(gateway) as load:
        load.goes_on()
        database.stop("immediate")
        load.goes_on(200)
    assert load.failures == []
    settled = metric(gateway, "gateway_ledger_settled")
    recorded = ("gateway_ledger_written", "gateway_ledger_spooled")
    eventually(lambda: sum(metric(gateway, name) for name in recorded) == settled, "all is safe")
    if end == "stopped":
        assert gateway.stop() == 0, gateway.tail()
    else:
        gateway.kill(database_too=False)
    database.start()
    gateway.start()
    eventually(lambda: len(database.rows(CHATS)) == len(load.traces), "the rows are there", RECOVERY_SECONDS)
    assert gateway.stop() == 0, gateway.tail()
    check_rows(database, load)
    # Nothing is left for a third start.
    assert [path for path in (gateway.data / "spool").rglob("*") if path.name != "lock"] == []
    closed = [row["closed"] for row in database.rows("SELECT closed_at IS NOT NULL AS closed FROM dvara_main.epochs ORDER BY id")]
    assert closed == [end == "stopped", True]
