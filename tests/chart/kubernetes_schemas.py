"""Kubernetes' own schemas, release by release, as kubernetes-validate has them; each file is read once."""

from __future__ import annotations

import json
from functools import cache

import kubernetes_validate
from kubernetes_validate import utils

utils.schema_contents = cache(utils.schema_contents)


@cache
def _complaint(thing: str, kube: str) -> str | None:
    try:
        kubernetes_validate.validate(json.loads(thing), kube, strict=True)
    except kubernetes_validate.ValidationError as error:
        return f"{'.'.join(map(str, error.path))}: {error.message}"
    return None


def complaint(thing: dict, kube: str) -> str | None:
    """What is wrong with an object. A kind without a schema raises SchemaNotFoundError."""
    return _complaint(json.dumps(thing, sort_keys=True), kube)
