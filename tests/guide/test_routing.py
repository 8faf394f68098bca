"""Who serves a call, as the guide's `gatewayConfig` says it."""

from __future__ import annotations

from collections import Counter

import fake_openai
from fake_vendor import FakeVendor

GATEWAY_CONFIG = "routing:\n  default-strategy: round-robin\n"
"""The guide's own example (Gateway configuration), as the chart mounts it."""


def test_s166_calls_of_one_model_take_its_providers_in_turn(service, tmp_path):
    file = tmp_path / "gateway.yaml"
    with FakeVendor() as one, FakeVendor() as other:
        providers = "".join(
            f'  - {{name: {name}, type: openai, base_url: "{vendor.url}/v1", api_key: {fake_openai.KEY}}}\n'
            for name, vendor in (("one", one), ("other", other))
        )
        file.write_text(f"{GATEWAY_CONFIG}providers:\n{providers}")
        gateway = service("gateway", DVARA_CONFIG_FILE=str(file)).start()
        shown = gateway.key()
        order = []
        for _ in range(6):
            before = Counter({"one": len(one.calls), "other": len(other.calls)})
            assert gateway.chat(shown, "gpt-fake-text").status == 200
            order += (Counter({"one": len(one.calls), "other": len(other.calls)}) - before).elements()
        assert order in (["one", "other"] * 3, ["other", "one"] * 3)
        assert gateway.status()["routing"] == {"defaultStrategy": "round-robin"}
