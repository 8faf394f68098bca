"""Packs the static binary into one archive with the three images of the product: pack.py BINARY ARCHIVE OPTION...

The images share their only layer: the binary, the certificate authorities, and two empty folders to write to. What
differs is the command that a container runs when it is given none.
"""

from __future__ import annotations

import argparse
import datetime
import sys
from pathlib import Path

import oci
from oci import Entry, Image, Layer

REPOSITORY = "ghcr.io/dvarahq/dvara"
SOURCE = "https://github.com/dvarahq/dvara"
USER = 1001

# Debian's package, without what an administrator of this machine has added to it.
CA_ROOTS = Path("/usr/share/ca-certificates/mozilla")
CA_BUNDLE = "etc/ssl/certs/ca-certificates.crt"

# Name of the image: its default command, its port, what it is.
IMAGES = {
    "dvara-llm-gateway": ("gateway", 8080, "DVARA LLM Gateway"),
    "dvara-flightdeck": ("flightdeck", 8090, "DVARA Flightdeck"),
    "dvara-mcp-gateway": ("mcp", 8070, "DVARA MCP Gateway"),
}

# e_machine of the ELF header, and Go's word for it, which images use.
ARCHITECTURES = {62: "amd64", 183: "arm64"}
SECOND = 1_000_000_000


def main(arguments: list[str]) -> None:
    options = parse(arguments)
    images = pack(
        options.binary.read_bytes(),
        ca_bundle(options.ca_roots),
        version=options.version,
        revision=options.revision,
        created=options.created,
    )
    # A reader never sees half an archive.
    unfinished = options.archive.with_suffix(".unfinished")
    unfinished.write_bytes(oci.archive(images))
    unfinished.rename(options.archive)
    for image in images:
        print(image.reference, oci.digest_of(image.manifest))


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="pack.py", description=__doc__.partition(":")[0])
    parser.add_argument("binary", type=Path)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--version", required=True, help="the tag of the images")
    parser.add_argument("--revision", required=True, help="the commit that was built")
    parser.add_argument("--created", required=True, type=int, help="when that was made, in seconds since 1970")
    parser.add_argument("--ca-roots", type=Path, default=CA_ROOTS, help="a PEM file, or a folder of them")
    return parser.parse_args(arguments)


def ca_bundle(roots: Path) -> bytes:
    """All certificates of `roots` in one PEM file, in the order of their file names."""
    files = sorted(roots.glob("*.crt")) if roots.is_dir() else [roots]
    bundle = b"".join(file.read_bytes().rstrip() + b"\n" for file in files)
    if b"-----BEGIN CERTIFICATE-----" not in bundle:
        sys.exit(f"pack.py: no certificate in {roots}; install Debian's ca-certificates, or say --ca-roots FILE")
    return bundle


def pack(binary: bytes, bundle: bytes, *, version: str, revision: str, created: int) -> list[Image]:
    """The three images around `binary`."""
    layer = Layer.of(layer_entries(binary, bundle))
    time = datetime.datetime.fromtimestamp(created, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    labels = {
        "org.opencontainers.image.created": time,
        "org.opencontainers.image.licenses": "Apache-2.0",
        "org.opencontainers.image.revision": revision,
        "org.opencontainers.image.source": SOURCE,
        "org.opencontainers.image.version": version,
    }
    base = {
        "architecture": architecture(binary),
        "os": "linux",
        "created": time,
        "history": [{"created": time, "created_by": "deploy/image/pack.py"}],
    }
    return [
        Image.of(f"{REPOSITORY}/{name}:{version}", {**base, "config": run_configuration(labels, *details)}, layer)
        for name, details in IMAGES.items()
    ]


def layer_entries(binary: bytes, bundle: bytes) -> dict[str, Entry]:
    """Every file and folder of the images."""
    return {
        "dvara": Entry(0o755, binary),
        "etc/": Entry(0o755),
        "etc/ssl/": Entry(0o755),
        "etc/ssl/certs/": Entry(0o755),
        CA_BUNDLE: Entry(0o644, bundle),
        "tmp/": Entry(0o1777),
        "var/": Entry(0o755),
        "var/lib/": Entry(0o755),
        # A volume that Docker makes here belongs to whom the folder belongs to.
        "var/lib/dvara/": Entry(0o755, owner=USER),
    }


def architecture(binary: bytes) -> str:
    machine = int.from_bytes(binary[18:20], "little") if binary[:4] == b"\x7fELF" else None
    if machine not in ARCHITECTURES:
        sys.exit("pack.py: the binary is no ELF program for x86-64 or 64-bit ARM")
    return ARCHITECTURES[machine]


def run_configuration(labels: dict[str, str], command: str, port: int, title: str) -> dict:
    """How a container runs. Kubernetes has probes of its own; the health check is for Docker."""
    return {
        "User": f"{USER}:{USER}",
        "Entrypoint": ["/dvara"],
        "Cmd": [command],
        "WorkingDir": "/",
        # For `docker exec … dvara …` and `kubectl exec … -- dvara …`.
        "Env": ["PATH=/"],
        "ExposedPorts": {f"{port}/tcp": {}},
        "Labels": {**labels, "org.opencontainers.image.title": title},
        "Healthcheck": {
            "Test": ["CMD", "/dvara", "healthcheck", f"http://127.0.0.1:{port}/actuator/health/liveness"],
            "Interval": 15 * SECOND,
            "Timeout": 5 * SECOND,
            "StartPeriod": 30 * SECOND,
            "Retries": 3,
        },
        "StopSignal": "SIGTERM",
    }


if __name__ == "__main__":
    main(sys.argv[1:])
