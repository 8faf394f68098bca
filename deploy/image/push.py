"""Pushes the images of an archive and reads them back: push.py ARCHIVE REPOSITORY [--version VERSION] [--plain-http]

REPOSITORY is what comes before the names of the images, such as ghcr.io/dvarahq/dvara. Who must sign in sets
DVARA_REGISTRY_USER and DVARA_REGISTRY_PASSWORD.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import oci
from registry import Registry, RegistryError


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="push.py", description=__doc__.partition(":")[0])
    parser.add_argument("archive", type=Path)
    parser.add_argument("repository")
    parser.add_argument("--version", help="what the archive must hold; anything when absent")
    parser.add_argument("--plain-http", action="store_true")
    options = parser.parse_args(arguments)
    host, _, parent = options.repository.partition("/")
    registry = Registry(
        host,
        options.plain_http,
        os.environ.get("DVARA_REGISTRY_USER", ""),
        os.environ.get("DVARA_REGISTRY_PASSWORD", ""),
    )
    images = oci.read(options.archive)
    others = [image.reference for image in images if options.version not in (None, image.tag)]
    if others:
        sys.exit(f"push.py: {', '.join(others)} are not version {options.version}; nothing was pushed")
    try:
        for image in images:
            push(registry, parent, image)
    except RegistryError as error:
        sys.exit(f"push.py: {error}")


def push(registry: Registry, parent: str, image: oci.Image) -> None:
    name = image.reference.rpartition(":")[0].rpartition("/")[2]
    repository = f"{parent}/{name}" if parent else name
    digest = registry.push(repository, image.tag, image)
    back = registry.pull(repository, image.tag)
    if (back.manifest, back.config, back.layer) != (image.manifest, image.config, image.layer):
        raise RegistryError(f"{back.reference} came back as something else")
    print(f"{back.reference}@{digest}")


if __name__ == "__main__":
    main(sys.argv[1:])
