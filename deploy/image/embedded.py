"""What is in the image and is no crate: the C library, Rust's own, the certificate authorities, OpenAI's tokens."""

from __future__ import annotations

import os
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

LOCK = Path(__file__).parents[2] / "Cargo.lock"


@dataclass(frozen=True)
class Part:
    """A part of the image that cargo does not know."""

    name: str
    version: str
    licence: str
    supplier: str
    source: str
    note: str


def parts(certificates: str) -> list[Part]:
    """The parts, `certificates` being the digest of the bundle."""
    rust = subprocess.run(["rustc", "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout.split()[1]
    return [
        Part(
            "glibc",
            os.confstr("CS_GNU_LIBC_VERSION").split()[1],
            "LGPL-2.1-or-later",
            "Free Software Foundation",
            "https://www.gnu.org/software/libc/",
            "Linked statically and unchanged. The program is free software: `make image` links it with any other.",
        ),
        Part(
            "rust-std",
            rust,
            "MIT OR Apache-2.0",
            "The Rust Project",
            "https://github.com/rust-lang/rust",
            "The standard library and what it is made of.",
        ),
        Part(
            "mozilla-ca-certificates",
            certificates.removeprefix("sha256:")[:12],
            "MPL-2.0",
            "Mozilla",
            "https://wiki.mozilla.org/CA",
            "/etc/ssl/certs/ca-certificates.crt, from Debian's package ca-certificates.",
        ),
        Part(
            "tiktoken-ranks",
            version_of("tiktoken-rs"),
            "MIT",
            "OpenAI",
            "https://github.com/openai/tiktoken",
            "The tokens of cl100k_base and o200k_base, as the crate tiktoken-rs of this version carries them. Only they get into the program.",
        ),
    ]


def version_of(crate: str) -> str:
    """Of a crate that only builds the program, which nobody asks cargo for."""
    packages = tomllib.loads(LOCK.read_text())["package"]
    (version,) = (package["version"] for package in packages if package["name"] == crate)
    return version
