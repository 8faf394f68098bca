"""What Bedrock asks of a Converse request beyond its service model.

From the descriptions in AWS's reference (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html,
…/API_runtime_ContentBlock.html, …/API_runtime_DocumentBlock.html) and its guide to tool use
(https://docs.aws.amazon.com/bedrock/latest/userguide/tool-use-inference-call.html).
"""

from __future__ import annotations

import re

MAX_IMAGES, MAX_DOCUMENTS = 20, 5
DOCUMENT_NAME = re.compile(r"[A-Za-z0-9\-()\[\]]+( [A-Za-z0-9\-()\[\]]+)*")
"""Letters, digits, hyphens, brackets of two kinds, and single spaces."""


def findings(said: dict) -> list[str]:
    """What is wrong with a body whose members are as the model says."""
    messages = said.get("messages", [])
    found = [] if messages and messages[0]["role"] == "user" else ["messages: a conversation begins with the user"]
    for index, message in enumerate(messages):
        place = f"messages.{index}"
        if index and message["role"] == messages[index - 1]["role"]:
            found.append(f"{place}: the roles take turns")
        found += _message(message, place)
        calls = _blocks(messages[index - 1], "toolUse") if index else []
        found += _answered(calls, _blocks(message, "toolResult"), place)
    if messages and _blocks(messages[-1], "toolUse"):
        found.append("messages: the last calls have no results")
    return found + _attachments(messages) + _tools(said, messages)


def _message(message: dict, place: str) -> list[str]:
    found = [] if message["content"] else [f"{place}.content: empty"]
    theirs = {"user": ("toolResult", "image", "document", "video"), "assistant": ("toolUse", "reasoningContent")}
    for role, kinds in theirs.items():
        found += [f"{place}: {kind} is the {role}'s" for kind in kinds if message["role"] != role and _blocks(message, kind)]
    found += [f"{place}: a text that is blank" for text in _blocks(message, "text") if not text.strip()]
    if _blocks(message, "document") and not _blocks(message, "text"):
        found.append(f"{place}: a document without a text beside it")
    return found


def _answered(calls: list[dict], results: list[dict], place: str) -> list[str]:
    """Every call has its result in the message after it, and only calls have."""
    made, answered = sorted(call["toolUseId"] for call in calls), sorted(result["toolUseId"] for result in results)
    return [] if made == answered else [f"{place}: results of {answered} for calls of {made}"]


def _attachments(messages: list[dict]) -> list[str]:
    documents = [document for message in messages for document in _blocks(message, "document")]
    images = [image for message in messages for image in _blocks(message, "image")]
    found = [f"messages: more than {MAX_DOCUMENTS} documents"] if len(documents) > MAX_DOCUMENTS else []
    found += [f"messages: more than {MAX_IMAGES} images"] if len(images) > MAX_IMAGES else []
    return found + [f"messages: `{each['name']}` is no name of a document" for each in documents if not DOCUMENT_NAME.fullmatch(each["name"])]


def _tools(said: dict, messages: list[dict]) -> list[str]:
    used = any(_blocks(message, kind) for message in messages for kind in ("toolUse", "toolResult"))
    if "toolConfig" not in said:
        return ["toolConfig: missing, while messages have calls or results"] if used else []
    names = [tool["toolSpec"]["name"] for tool in said["toolConfig"]["tools"] if "toolSpec" in tool]
    found = [f"toolConfig: two tools are `{name}`" for name in {name for name in names if names.count(name) > 1}]
    forced = said["toolConfig"].get("toolChoice", {}).get("tool", {}).get("name")
    return found + ([] if forced is None or forced in names else [f"toolConfig: `{forced}` is none of the tools"])


def _blocks(message: dict, kind: str) -> list:
    return [block[kind] for block in message["content"] if kind in block]
