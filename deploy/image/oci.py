"""Images as the OCI specifications have them, from and to a tar archive. No engine is needed for that.

What is written is a function of what is put in: entries are sorted, times and owners are fixed, and the gzip header
is written here, since Python's differs between releases. Two machines with the same zlib make the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"

# containerd and Docker name an imported image by the first, other tools tag it by the second.
IMAGE_NAME = "io.containerd.image.name"
REFERENCE = "org.opencontainers.image.ref.name"


def digest_of(data: bytes) -> str:
    """The digest that descriptors carry."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def encoded(document: object) -> bytes:
    """JSON in the one form in which it is hashed."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def descriptor(media_type: str, data: bytes, **more: object) -> dict:
    """What another document says about a blob."""
    return {"mediaType": media_type, "digest": digest_of(data), "size": len(data), **more}


@dataclass(frozen=True)
class Entry:
    """A file of a tar archive, or a folder when it has no content."""

    mode: int
    content: bytes | None = None
    owner: int = 0


def tar(entries: dict[str, Entry]) -> bytes:
    """A tar archive of `entries`, all of them from 1970."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, entry in sorted(entries.items()):
            head = tarfile.TarInfo(name)
            head.mode = entry.mode
            head.uid = head.gid = entry.owner
            head.type = tarfile.DIRTYPE if entry.content is None else tarfile.REGTYPE
            head.size = len(entry.content or b"")
            archive.addfile(head, io.BytesIO(entry.content or b""))
    return buffer.getvalue()


def gzip(data: bytes) -> bytes:
    """`data` compressed, without time and name, and with the operating system "unknown"."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = deflate.compress(data) + deflate.flush()
    head = b"\x1f\x8b\x08\x00" + struct.pack("<I", 0) + b"\x02\xff"
    return head + body + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)


@dataclass(frozen=True)
class Layer:
    """Files, compressed, with the digest of the uncompressed archive, which the configuration names."""

    blob: bytes
    diff_id: str

    @classmethod
    def of(cls, entries: dict[str, Entry]) -> Layer:
        archive = tar(entries)
        return cls(gzip(archive), digest_of(archive))


@dataclass(frozen=True)
class Image:
    """A named image: `reference` is its whole name with the tag."""

    reference: str
    manifest: bytes
    config: bytes
    layer: bytes

    @classmethod
    def of(cls, reference: str, config: dict, layer: Layer) -> Image:
        """The image that runs `layer` as `config` says. The labels are annotations of the manifest too."""
        config = {**config, "rootfs": {"type": "layers", "diff_ids": [layer.diff_id]}}
        config_blob = encoded(config)
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": descriptor(CONFIG, config_blob),
            "layers": [descriptor(LAYER, layer.blob)],
            "annotations": config["config"]["Labels"],
        }
        return cls(reference, encoded(manifest), config_blob, layer.blob)

    @property
    def tag(self) -> str:
        return self.reference.rpartition(":")[2]

    def index_entry(self) -> dict:
        config = json.loads(self.config)
        return descriptor(
            MANIFEST,
            self.manifest,
            platform={"architecture": config["architecture"], "os": config["os"]},
            annotations={IMAGE_NAME: self.reference, REFERENCE: self.tag},
        )


def archive(images: list[Image]) -> bytes:
    """An OCI image layout with all `images` in one tar archive. What they share is in it once."""
    blobs = {}
    for image in images:
        for blob in (image.manifest, image.config, image.layer):
            blobs["blobs/sha256/" + digest_of(blob).removeprefix("sha256:")] = Entry(0o644, blob)
    index = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [image.index_entry() for image in images],
    }
    return tar(
        {
            "blobs/": Entry(0o755),
            "blobs/sha256/": Entry(0o755),
            **blobs,
            "index.json": Entry(0o644, encoded(index)),
            "oci-layout": Entry(0o644, encoded({"imageLayoutVersion": "1.0.0"})),
        }
    )


def read(path: Path) -> list[Image]:
    """The images of an archive that `archive` wrote. Every blob is checked against its digest."""
    with tarfile.open(path) as layout:

        def blob(digest: str) -> bytes:
            data = layout.extractfile("blobs/sha256/" + digest.removeprefix("sha256:")).read()
            if digest_of(data) != digest:
                raise ValueError(f"{path}: the blob {digest} has other bytes than its name says")
            return data

        images = []
        for entry in json.load(layout.extractfile("index.json"))["manifests"]:
            manifest = blob(entry["digest"])
            parts = json.loads(manifest)
            (layer,) = parts["layers"]
            images.append(
                Image(
                    entry["annotations"][IMAGE_NAME],
                    manifest,
                    blob(parts["config"]["digest"]),
                    blob(layer["digest"]),
                )
            )
        return images
