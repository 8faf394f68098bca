"""Clients that never stop asking: JSON calls and streams, on kept connections and on new ones, and the official SDK.

Nothing here tries again. A call counts as failed when its answer is not whole, whoever is to blame.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass

import httpx
import openai

WORDS = 40
"""How many words a stream of the load has."""
PAUSE_MS = 75
"""The pause between two of them: a stream takes three seconds, far less than the drain gives it."""

STREAM_MODEL = "mock/stream"
JSON_MODEL = "mock/json"
TEXT = " ".join(f"word{number}" for number in range(WORDS))

LONG_MODEL, LONG_WORDS = "mock/long", 150
"""A stream of fifteen seconds: longer than a pod waits before it is told to stop, shorter than it then may take."""
SLOW_MODEL, SLOW_MS = "mock/slow", 15_000
"""A call that takes as long, and is not streamed."""

MATCHERS = json.dumps(
    [
        {"name": "stream", "when": f'model == "{STREAM_MODEL}"', "response": TEXT, "stream_token_delay_ms": PAUSE_MS},
        {"name": "long", "when": f'model == "{LONG_MODEL}"', "response": "word " * LONG_WORDS, "stream_token_delay_ms": 100},
        {"name": "slow", "when": f'model == "{SLOW_MODEL}"', "response": "at last", "latency_ms": SLOW_MS},
    ]
)
"""What the mock provider is told, so that its answers take their time."""

ENVIRONMENT = {
    "DVARA_LLM_GATEWAY_PROVIDERS_MOCK_MATCHERS": MATCHERS,
    "DVARA_LLM_GATEWAY_PROVIDERS_MOCK_LATENCY_MS": "20",
}


@dataclass(frozen=True)
class Call:
    """One call: what kind of client made it, when, and why it failed if it did."""

    kind: str
    began: float
    ended: float
    failure: str | None


def question(model: str, **more: object) -> dict:
    return {"model": model, "messages": [{"role": "user", "content": "Go on."}], **more}


class Load:
    """Constant load on a gateway until `finish`. Every kind of client runs for the whole time."""

    def __init__(self, url: str, key: str):
        self.url = url
        self.key = key
        self.calls: list[Call] = []
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=lambda: asyncio.run(self._clients()), daemon=True),
            threading.Thread(target=self._sdk, daemon=True),
        ]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(60)

    def finish(self) -> Counter[str]:
        """Lets what runs come to its end and asserts that every call of every client got its whole answer."""
        self.__exit__()
        assert not any(thread.is_alive() for thread in self._threads), "a client still waits for an answer after a minute"
        failures = [call for call in self.calls if call.failure]
        counts = Counter(call.kind for call in self.calls)
        shown = "\n".join(f"  {call.kind} after {call.ended - call.began:.2f} s: {call.failure}" for call in failures[:20])
        assert not failures, f"{len(failures)} of {len(self.calls)} calls failed ({dict(counts)}):\n{shown}"
        for kind in ("json", "json on a new connection", "stream", "SDK", "SDK stream"):
            assert counts[kind] >= 1, f"no {kind} call was made: {dict(counts)}"
        print(f"load: {len(self.calls)} calls, none failed: {dict(counts)}")
        return counts

    def failures(self) -> list[Call]:
        return [call for call in self.calls if call.failure]

    def go_on_for(self, seconds: float) -> None:
        """Lets some time pass under load; ends early when something fails."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.failures():
            time.sleep(0.1)

    # --- clients -----------------------------------------------------------------------------------------------

    async def _clients(self) -> None:
        clients = [
            *(self._again("json", self._kept(self._json), 0.15) for _ in range(3)),
            *(self._again("json on a new connection", self._new(self._json), 0.3) for _ in range(2)),
            *(self._again("stream", self._new(self._stream), 0.1) for _ in range(4)),
            *(self._again("stream on a kept connection", self._kept(self._stream), 0.1) for _ in range(2)),
        ]
        await asyncio.gather(*clients)

    async def _again(self, kind: str, call, pause: float) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            failure = None
            try:
                await call()
            except Exception as error:  # noqa: BLE001 (whatever it is, the call has failed)
                failure = repr(error)
            self.calls.append(Call(kind, began, time.monotonic(), failure))
            await asyncio.sleep(pause)

    def _client(self) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=30, trust_env=False)

    def _kept(self, ask):
        client = self._client()
        return lambda: ask(client)

    def _new(self, ask):
        async def call() -> None:
            async with self._client() as client:
                await ask(client)

        return call

    async def _json(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/v1/chat/completions", json=question(JSON_MODEL))
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        assert answer.json()["choices"][0]["finish_reason"] == "stop", answer.text

    async def _stream(self, client: httpx.AsyncClient) -> None:
        text, done = "", False
        async with client.stream("POST", "/v1/chat/completions", json=question(STREAM_MODEL, stream=True)) as answer:
            if answer.status_code != 200:
                raise AssertionError(f"{answer.status_code} {(await answer.aread()).decode()}")
            async for line in answer.aiter_lines():
                if line == "data: [DONE]":
                    done = True
                elif line.startswith("data: "):
                    for choice in json.loads(line[6:]).get("choices", []):
                        text += choice["delta"].get("content") or ""
        assert done, f"the stream ended without [DONE] after {len(text.split())} words"
        assert text == TEXT, f"the stream had {len(text.split())} words of {WORDS}"

    def _sdk(self) -> None:
        client = openai.OpenAI(base_url=f"{self.url}/v1", api_key=self.key, max_retries=0, timeout=30)
        messages = [{"role": "user", "content": "Go on."}]
        while not self._stopping.is_set():
            self._noted("SDK", lambda: client.chat.completions.create(model=JSON_MODEL, messages=messages).choices[0].message.content)
            self._noted("SDK stream", lambda: self._sdk_stream(client, messages))

    def _sdk_stream(self, client: openai.OpenAI, messages: list) -> None:
        stream = client.chat.completions.create(model=STREAM_MODEL, messages=messages, stream=True)
        text = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
        assert text == TEXT, f"the SDK read {len(text.split())} words of {WORDS}"

    def _noted(self, kind: str, call) -> None:
        began = time.monotonic()
        failure = None
        try:
            call()
        except Exception as error:  # noqa: BLE001 (whatever it is, the call has failed)
            failure = repr(error)
        self.calls.append(Call(kind, began, time.monotonic(), failure))
