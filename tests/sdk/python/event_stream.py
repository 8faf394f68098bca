"""Amazon's binary event stream, written: https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html. botocore reads it."""

from __future__ import annotations

import json
import struct
from zlib import crc32

TEXT = b"\x07"
"""The type of a header's value."""


def frame(kind: str, payload: object, *, exception: bool = False, content_type: str = "application/json") -> bytes:
    """One event, or an exception in the place of one."""
    message = "exception" if exception else "event"
    said = {f":{message}-type": kind, ":content-type": content_type, ":message-type": message}
    headers = b"".join(_header(name, value) for name, value in said.items())
    content = json.dumps(payload, ensure_ascii=False).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(content), len(headers))
    whole = prelude + struct.pack(">I", crc32(prelude)) + headers + content
    return whole + struct.pack(">I", crc32(whole))


def _header(name: str, value: str) -> bytes:
    text = value.encode()
    return bytes([len(name)]) + name.encode() + TEXT + struct.pack(">H", len(text)) + text
