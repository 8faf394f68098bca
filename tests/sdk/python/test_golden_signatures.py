"""The signatures that dvara-cloud is tested with are those of this botocore."""

import subprocess
import sys
from pathlib import Path

GENERATE = Path(__file__).parents[3] / "crates/dvara-cloud/tests/golden/sigv4/generate.py"


def test_the_golden_signatures_are_what_botocore_signs():
    check = subprocess.run([sys.executable, GENERATE, "--check"], capture_output=True, text=True)
    assert check.returncode == 0, check.stderr
