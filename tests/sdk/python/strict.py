"""Types of an SDK, read into validators that are stricter than the SDK needs them to be.

A member that a type does not name is a finding, lists are looked into (what is declared `Iterable` would be read lazily,
that is never), JSON types are not converted into one another, an enumeration has the values that it names and no others,
and what tells the alternatives of a union apart has to be there. SDKs are lenient in all of this, so that they go on
reading what a vendor says tomorrow; a judge of today's wire must not be.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import CoreConfig, SchemaValidator, core_schema


class Disagreement(AssertionError):
    """A document that the vendor's types do not describe; one line per finding."""


class Never:
    """What no JSON is."""


NEVER = core_schema.is_instance_schema(Never)


class Strict:
    """A validator of documents of one kind, from the kind's own type."""

    def __init__(self, kind: Any, *, models: bool = True, nulls: bool = True, config: CoreConfig | None = None):
        """Without `models`, the SDK's answer objects are no part of it; without `nulls`, what may be absent may not be null."""
        # Of a list, because models build their own schemas late and only when they are asked for.
        schema = TypeAdapter(list[kind]).core_schema
        self._validator = SchemaValidator(Reading(models=models, nulls=nulls).of(schema), config)

    def findings(self, document: bytes) -> list[str]:
        """What is wrong, each with its place, the deepest first."""
        try:
            self._validator.validate_json(b"[" + document + b"]", strict=True)
        except ValidationError as error:
            return _telling(error.errors(include_url=False, include_input=False, include_context=False))
        return []

    def checked(self, value: object, ignoring: Iterable[str] = ()) -> Any:
        """The value itself. Members named in `ignoring` are not judged, wherever they are."""
        if found := self.findings(json.dumps(without(value, set(ignoring))).encode()):
            raise Disagreement("\n".join([*found, json.dumps(value)]))
        return value


def without(value: Any, names: Iterable[str]) -> Any:
    """The document without the members of these names, at any depth."""
    if isinstance(value, dict):
        return {name: without(member, names) for name, member in value.items() if name not in names}
    return [without(item, names) for item in value] if isinstance(value, list) else value


class Reading:
    """One pass over a schema that leaves nothing in it that lets a document through."""

    def __init__(self, *, models: bool, nulls: bool):
        self.models, self.nulls = models, nulls

    def of(self, schema: Any) -> Any:
        if isinstance(schema, list | tuple):
            return [self.of(item) for item in schema]
        if not isinstance(schema, dict):
            return schema
        kind = schema.get("type")
        if not isinstance(kind, str):
            # The table of an object's members, not a schema itself.
            return {name: self.of(member) for name, member in schema.items()}
        special = getattr(self, "_" + kind.replace("-", "_"), None)
        return special(schema) if special else self._inside(schema)

    def _inside(self, schema: dict) -> dict:
        return {name: self.of(value) for name, value in schema.items() if name not in ("metadata", "serialization")}

    def _model(self, schema: dict) -> dict:
        """Only its members: a model that is whole would be validated by its own validator, which is the lenient one."""
        if not self.models:
            return core_schema.is_instance_schema(schema["cls"]) | _reference(schema)
        inside = NEVER if _is_nothing(schema["cls"]) else self.of(schema["schema"])
        return inside | _reference(schema)

    def _model_fields(self, schema: dict) -> dict:
        return self._inside(schema) | {"extra_behavior": "forbid"}

    def _typed_dict(self, schema: dict) -> dict:
        open_ended = (schema.get("config") or {}).get("extra_fields_behavior") == "allow"
        return self._inside(schema) | ({} if open_ended else {"extra_behavior": "forbid"})

    def _generator(self, schema: dict) -> dict:
        return self._inside(schema) | {"type": "list"}

    def _enum(self, schema: dict) -> dict:
        """Its values as they are written: an enumeration's own lookup may take others."""
        return core_schema.literal_schema([member.value for member in schema["members"]])

    def _lax_or_strict(self, schema: dict) -> dict:
        """An open enumeration's "anything else" is nothing in strict reading, but a null would get through."""
        return NEVER if schema["strict_schema"].get("type") == "none" else self._inside(schema)

    def _default(self, schema: dict) -> dict:
        inner = schema["schema"]
        if inner["type"] == "literal" and len(inner["expected"]) == 1:
            # The SDK would fill it in for who writes Python; on the wire it has to be there.
            return self.of(inner)
        if inner["type"] == "nullable" and schema.get("default", ...) is None and not self.nulls:
            inner = inner["schema"]
        return self._inside(schema | {"schema": inner})

    def _function_before(self, schema: dict) -> dict:
        """Without the function, whose business is to make the document into one that fits."""
        return self.of(schema["schema"]) | _reference(schema)

    def _function_after(self, schema: dict) -> dict:
        return self._function_before(schema)

    def _union(self, schema: dict) -> dict:
        choices = schema["choices"]
        if any(_bare(choice).get("type") == "literal" for choice in choices):
            # An enumeration that is open to anything else.
            choices = [choice for choice in choices if _bare(choice).get("type") != "any"]
        return self._inside(schema | {"choices": choices}) | {"choices": [self._choice(choice) for choice in choices]}

    def _tagged_union(self, schema: dict) -> dict:
        """Which alternative it is may be for a function of the SDK to say, which raises where there is no saying."""
        inside, tell = self._inside(schema), schema["discriminator"]
        return inside | {"discriminator": lambda value: _told(tell, value)} if callable(tell) else inside

    def _choice(self, choice: Any) -> Any:
        """An alternative under the name of its type, for the place of a finding."""
        before, inside = _bare(choice), self.of(_bare(choice))
        if reference := before.get("schema_ref"):
            return inside, reference.split(":")[0].split(".")[-1]
        return (inside, before["cls"].__name__) if before.get("type") == "model" else inside


def _is_nothing(model: Any) -> bool:
    """Whether it stands for "not said" in the SDK's own code: it has no members, so that `{}` would be one, and is false."""
    return not getattr(model, "model_fields", True) and "__bool__" in vars(model)


def _told(tell: Any, value: Any) -> str | None:
    try:
        return tell(value)
    except (AttributeError, TypeError, ValueError):
        return None


def _reference(schema: dict) -> dict:
    """The name by which other places of a schema call it."""
    return {"ref": schema["ref"]} if "ref" in schema else {}


def _bare(choice: Any) -> dict:
    """The schema of an alternative, which may come with a label."""
    return choice[0] if isinstance(choice, list | tuple) else choice


def _telling(errors: list[dict]) -> list[str]:
    """A union complains once per alternative: left out are the alternatives whose tag is another one."""
    errors = [error for error in errors if error["type"] not in ("needs_python_object", "is_instance_of")] or errors
    # Whether a text or a list was meant is seen by which of them got further.
    errors = [error for error in errors if error["loc"][-1] != "str"] or errors
    others = [error["loc"][:-1] for error in errors if error["type"] == "literal_error" and error["loc"][-1] in ("type", "role")]
    fitting = [error for error in errors if not any(error["loc"][: len(other)] == other for other in others)]
    told = sorted(fitting or errors, key=lambda error: -len(error["loc"]))
    return [f"{_place(error['loc'])}: {error['msg']}" for error in told]


def _place(location: tuple) -> str:
    """Where, without the names of lists and unions, which say nothing that the members do not."""
    return ".".join(str(part) for part in location[1:] if "[" not in str(part))
