"""SIGTERM while many clients call: what was accepted is answered, and nobody is reset."""

import http.client
import json
import signal
import threading
from urllib.parse import urlsplit

import pytest
from chat import ask
from conftest import sdk
from database import rows
from dvara_up import DvaraUp, eventually

CLIENTS = 24


@pytest.fixture
def own():
    gateway = DvaraUp(
        {
            "DVARA_LLM_GATEWAY_PROVIDERS_MOCK_LATENCY_MS": "5",
            "DVARA_LLM_GATEWAY_PROVIDERS_MOCK_STREAM_TOKEN_DELAY_MS": "2",
        }
    )
    yield gateway
    gateway.clean_up()


class Client(threading.Thread):
    """Calls until it is turned away; anything but a whole answer, or a closed port after the signal, is its `fault`."""

    def __init__(self, gateway: DvaraUp, *, streams: bool, keeps_alive: bool, told: threading.Event):
        super().__init__(daemon=True)
        self.streams, self.keeps_alive, self.told = streams, keeps_alive, told
        self.address = urlsplit(gateway.url).netloc
        self.body = json.dumps({"model": "mock/test-model", "messages": ask(), "stream": streams})
        self.headers = {"Authorization": f"Bearer {gateway.key}", "Content-Type": "application/json"}
        if not keeps_alive:
            self.headers["Connection"] = "close"
        self.answered = 0
        self.turned_away = False
        self.fault: object = None

    def run(self) -> None:
        connection = http.client.HTTPConnection(self.address, timeout=20)
        try:
            while True:
                self.call(connection)
        except ConnectionRefusedError as refused:
            self.fault = None if self.told.is_set() else refused
        except Exception as fault:
            self.fault = fault

    def call(self, connection: http.client.HTTPConnection) -> None:
        # http.client makes a connection where the last answer said `Connection: close`, and sends nothing twice.
        connection.request("POST", "/v1/chat/completions", self.body, self.headers)
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        assert (b"data: [DONE]" in body) == self.streams, body
        self.answered += 1
        if self.keeps_alive and answer.headers.get("Connection") == "close":
            assert self.told.is_set()
            self.turned_away = True


def test_what_was_accepted_under_load_is_answered(own):
    own.start()
    told = threading.Event()
    clients = [Client(own, streams=index % 2 == 0, keeps_alive=index % 4 < 2, told=told) for index in range(CLIENTS)]
    for client in clients:
        client.start()
    eventually(lambda: all(client.answered > 3 for client in clients), "all clients are at it")
    told.set()
    own.process.send_signal(signal.SIGTERM)
    for client in clients:
        client.join(20)
        assert not client.is_alive()
        assert client.fault is None, (client.streams, client.keeps_alive, client.fault)
        assert client.turned_away == client.keeps_alive
    assert own.wait() == 0, own.tail()
    own.start()
    assert sdk(own).models.list().data
    recorded = rows(own, "SELECT count(*) AS calls FROM dvara_main.usage WHERE endpoint = 'chat_completions' AND outcome = 'completed'")
    assert recorded[0]["calls"] == sum(client.answered for client in clients)
