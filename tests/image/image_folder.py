"""Where the binary and the images for tests are."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def image_folder() -> Path:
    """What `scripts/image --test` makes, made if need be. DVARA_TEST_IMAGE names a folder where it lies already."""
    if made := os.environ.get("DVARA_TEST_IMAGE"):
        return Path(made)
    done = subprocess.run([ROOT / "scripts/image", "--test"], stdout=subprocess.PIPE, text=True)
    assert done.returncode == 0, "scripts/image --test failed"
    return Path(done.stdout.splitlines()[-1])
