"""What AWS's own service model says that Bedrock's Converse and ConverseStream take and answer.

`botocore` carries the model (`bedrock-runtime/…/service-2.json`), a validator of parameters, a serializer and parsers. The
validator knows neither enumerations nor patterns nor upper limits, and the parsers pass over what they do not know, so the
model is walked here as well, member by member. The bodies of InvokeModel, which embeddings are made with, are blobs to the
model: each belongs to the vendor of the model, and none of this judges them.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from functools import cache
from typing import Any
from urllib.parse import unquote

import bedrock_rules
import botocore.parsers
import botocore.serialize
import botocore.session
from botocore.eventstream import EventStreamBuffer
from botocore.model import OperationModel, ServiceModel, Shape
from botocore.validate import ParamValidator
from strict import Disagreement

PATH = re.compile(r"/model/(?P<model>[^/?]+)/(?P<operation>converse|converse-stream)")


@cache
def service() -> ServiceModel:
    return botocore.session.get_session().get_service_model("bedrock-runtime")


def operation(stream: bool) -> OperationModel:
    return service().operation_model("ConverseStream" if stream else "Converse")


# --- requests ----------------------------------------------------------------------------------------------------


def request(body: bytes, path: str) -> list[str]:
    """What Bedrock would find wrong with a request, whose path names the model and says whether it asks for a stream."""
    called = PATH.fullmatch(path)
    if not called:
        return [f"path: {path} is none of Converse's"]
    asked = operation(called["operation"] == "converse-stream")
    said, shape = json.loads(body), asked.input_shape
    if not isinstance(said, dict):
        return ["the body is no object"]
    found = walk(shape, said, "", elsewhere={"modelId"})
    return found or bedrock_rules.findings(said) or _as_botocore_sends_it(asked, said, path, called["model"])


def _as_botocore_sends_it(asked: OperationModel, said: dict, path: str, model: str) -> list[str]:
    """The same parameters through botocore: valid, at the same path, with the same body."""
    params = {"modelId": unquote(model)} | _params(asked.input_shape, said)
    report = ParamValidator().validate(params, asked.input_shape)
    if report.has_errors():
        return report.generate_report().splitlines()
    sent = botocore.serialize.create_serializer("rest-json").serialize_to_request(params, asked)
    found = [] if sent["url_path"] == path else [f"path: botocore calls {sent['url_path']}, we {path}"]
    return found + ([] if json.loads(sent["body"]) == said else [f"botocore sends {sent['body']}"])


def _params(shape: Shape, value: Any) -> Any:
    """A document of the wire as parameters of the SDK: bytes are bytes, not base64."""
    if getattr(shape, "is_document_type", False):
        return value
    if shape.type_name == "structure":
        return {name: _params(shape.members[name], member) for name, member in value.items()}
    if shape.type_name == "list":
        return [_params(shape.member, item) for item in value]
    if shape.type_name == "map":
        return {name: _params(shape.value, member) for name, member in value.items()}
    return base64.b64decode(value) if shape.type_name == "blob" else value


# --- answers -----------------------------------------------------------------------------------------------------


def answer(value: object) -> dict:
    """An answer of Converse."""
    shape = operation(stream=False).output_shape
    _agree(walk(shape, value, ""), value)
    wire = {"headers": {}, "status_code": 200, "body": json.dumps(value).encode()}
    read = botocore.parsers.create_parser("rest-json").parse(wire, shape)
    _agree([f"{name}: botocore does not see it" for name in value if name not in read], value)
    return value


def event(kind: str, payload: object) -> object:
    """An event of ConverseStream: what its headers call it, and its payload. Exceptions of the stream are events as well."""
    kinds = operation(stream=True).output_shape.members["stream"].members
    if kind not in kinds:
        raise Disagreement(f"{kind}: no event of ConverseStream, which has {', '.join(kinds)}")
    _agree(walk(kinds[kind], payload, kind), payload)
    return payload


def events(stream: bytes) -> list[tuple[str, dict]]:
    """The events of a stream as it is on the wire, read by botocore; half a frame at its end is left out, a broken one raises."""
    buffer = EventStreamBuffer()
    buffer.add_data(stream)
    return [(_kind(message.headers), json.loads(message.payload)) for message in buffer]


def _kind(headers: dict[str, str]) -> str:
    if headers.get(":content-type") != "application/json":
        raise Disagreement(f"events of Converse are JSON: {headers}")
    if headers[":message-type"] not in ("event", "exception"):
        raise Disagreement(f"neither an event nor an exception: {headers}")
    return headers[f":{headers[':message-type']}-type"]


def error(value: object, status: int, headers: dict[str, str]) -> object:
    """An error's body and headers: one that the operation names, with its status."""
    name = {key.lower(): content for key, content in headers.items()}.get("x-amzn-errortype", "").partition(":")[0]
    known = {shape.name: shape for shape in operation(stream=False).error_shapes}
    if name not in known:
        raise Disagreement(f"x-amzn-errortype: `{name}` is none of {', '.join(known)}")
    _agree(walk(known[name], value, name), value)
    if known[name].metadata["error"]["httpStatusCode"] != status:
        raise Disagreement(f"{name} does not come with {status}")
    return value


def _agree(found: list[str], value: object) -> None:
    if found:
        raise Disagreement("\n".join([*found, json.dumps(value)]))


# --- the model, member by member ---------------------------------------------------------------------------------


def walk(shape: Shape, value: Any, place: str, elsewhere: frozenset[str] | set[str] = frozenset()) -> list[str]:
    """What a document has that the shape does not say. Members named `elsewhere` are in the path, not in the body."""
    if getattr(shape, "is_document_type", False):
        return []
    found = _WALKS.get(shape.type_name, _other)(shape, value, place or "the body", elsewhere)
    return [f"{place or 'the body'}: {found}"] if isinstance(found, str) else found


def _structure(shape: Any, value: Any, place: str, elsewhere: set[str]) -> list[str] | str:
    if not isinstance(value, dict):
        return "no object"
    found = [f"{place}.{name}: no member of {shape.name}" for name in value if name not in shape.members or name in elsewhere]
    found += [f"{place}.{name}: missing" for name in shape.required_members if name not in value and name not in elsewhere]
    if getattr(shape, "is_tagged_union", False) and len(value) != 1:
        found.append(f"{place}: {shape.name} is one of its members, not {len(value)}")
    inside = [walk(shape.members[name], member, f"{place}.{name}") for name, member in value.items() if name in shape.members]
    return found + [each for findings in inside for each in findings]


def _list(shape: Any, value: Any, place: str, _: set[str]) -> list[str] | str:
    if not isinstance(value, list):
        return "no list"
    inside = [walk(shape.member, item, f"{place}.{index}") for index, item in enumerate(value)]
    return _within(shape, len(value), place) + [each for findings in inside for each in findings]


def _map(shape: Any, value: Any, place: str, _: set[str]) -> list[str] | str:
    if not isinstance(value, dict):
        return "no object"
    inside = [walk(shape.key, name, f"{place}.{name}") + walk(shape.value, member, f"{place}.{name}") for name, member in value.items()]
    return _within(shape, len(value), place) + [each for findings in inside for each in findings]


def _string(shape: Any, value: Any, place: str, _: set[str]) -> list[str] | str:
    if not isinstance(value, str):
        return "no text"
    if shape.enum and value not in shape.enum:
        return f"`{value}` is none of {', '.join(shape.enum)}"
    if (pattern := shape.metadata.get("pattern")) and not re.fullmatch(pattern, value):
        return f"`{value}` is not like {pattern}"
    return _within(shape, len(value), place)


def _blob(shape: Any, value: Any, place: str, _: set[str]) -> list[str] | str:
    try:
        return _within(shape, len(base64.b64decode(value, validate=True)), place)
    except (TypeError, ValueError, binascii.Error):
        return "no base64"


def _whole(shape: Any, value: Any, place: str, _: set[str]) -> list[str] | str:
    return _within(shape, value, place) if type(value) is int else "no whole number"


def _number(shape: Any, value: Any, place: str, _: set[str]) -> list[str] | str:
    return _within(shape, value, place) if type(value) in (int, float) else "no number"


def _boolean(shape: Any, value: Any, place: str, _: set[str]) -> list[str] | str:
    return [] if type(value) is bool else "neither true nor false"


def _other(shape: Any, value: Any, place: str, _: set[str]) -> str:
    return f"Converse has no {shape.type_name}"


def _within(shape: Any, size: float, place: str) -> list[str]:
    low, high = shape.metadata.get("min", size), shape.metadata.get("max", size)
    return [] if low <= size <= high else [f"{place}: {size} is not from {low} to {high}"]


_WALKS = {
    "structure": _structure, "list": _list, "map": _map, "string": _string, "blob": _blob, "integer": _whole, "long": _whole,
    "float": _number, "double": _number, "boolean": _boolean,
}  # fmt: skip
