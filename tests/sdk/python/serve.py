"""Runs a command beside a fake vendor and a `dvara up`: how the tests of other languages' SDKs are started.

    python serve.py -- COMMAND...

The command finds in its environment: TEST_GATEWAY_URL and TEST_API_KEY; TEST_MODELS_ONLY_KEY, whose scope is the list of
models; TEST_REVOKED_KEY; TEST_VENDOR_URL, for `GET /_fake/calls?model=…`; TEST_DATA_FOLDER, for subcommands of DVARA_BIN.
The exit code is the command's, or 1 when the gateway did not stop cleanly.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import openai
from conftest import sdk, settings
from dvara_up import DvaraUp, eventually
from fake_vendor import FakeVendor

import keys


def main(arguments: list[str]) -> int:
    if arguments[:1] != ["--"] or len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 64
    # Told to stop, it still cleans up.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with FakeVendor() as vendor:
        gateway = DvaraUp(settings(vendor))
        try:
            gateway.start()
            environment = {
                "TEST_GATEWAY_URL": gateway.url,
                "TEST_API_KEY": gateway.key,
                "TEST_VENDOR_URL": vendor.url,
                "TEST_DATA_FOLDER": str(gateway.data),
                **issue_keys(gateway),
            }
            code = subprocess.run(arguments[1:], env=os.environ | environment).returncode
            stopped = gateway.stop()
            if stopped != 0:
                print(f"SIGTERM ended with {stopped}:\n{gateway.tail()}", file=sys.stderr)
                return 1
            return code
        finally:
            gateway.clean_up()


def issue_keys(gateway: DvaraUp) -> dict[str, str]:
    models_only, _ = keys.create(gateway, "models-only", "models:read")
    revoked, revoked_id = keys.create(gateway, "revoked")
    keys.revoke(gateway, revoked_id)
    # Made last, so once it is known all are: a changed area is loaded whole.
    last, _ = keys.create(gateway, "last")
    eventually(lambda: is_known(gateway, last), "the new keys are known")
    return {"TEST_MODELS_ONLY_KEY": models_only, "TEST_REVOKED_KEY": revoked}


def is_known(gateway: DvaraUp, key: str) -> bool:
    try:
        sdk(gateway, key).models.list()
        return True
    except openai.AuthenticationError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
