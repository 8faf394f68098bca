"""How fast it starts and what it then holds, as `make image` prints it."""

import re
import subprocess
import sys

from conftest import ROOT

LIMIT_MIB = 25
"""Of one service. What is measured is all of them in one process."""


def test_start_is_measured_and_an_idle_process_is_small(image):
    done = subprocess.run([sys.executable, ROOT / "deploy/image/start_time.py", image.binary], stdout=subprocess.PIPE, text=True)
    assert done.returncode == 0
    print(done.stdout)
    measured = re.fullmatch(r"ready (\d+) ms after its start .* then ([\d.]+) MiB resident\n", done.stdout)
    assert measured, done.stdout
    # The time is printed and not judged: how busy a machine of tests is says more about it than the product does.
    assert 0 < int(measured[1])
    assert float(measured[2]) <= LIMIT_MIB
