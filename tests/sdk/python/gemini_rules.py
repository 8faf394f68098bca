"""What Gemini asks of a request beyond the types of its members.

From the descriptions of the fields in Google's reference (https://ai.google.dev/api/generate-content,
https://ai.google.dev/api/caching#Content) and its guide to function calling (https://ai.google.dev/gemini-api/docs/function-calling).
"""

from __future__ import annotations

import re
from typing import Any

DATA = ("text", "inlineData", "functionCall", "functionResponse", "fileData", "executableCode", "codeExecutionResult")
"""A part's data: one of these."""

FUNCTION_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}")
MAX_STOP_SEQUENCES = 5


def findings(said: dict) -> list[str]:
    """What is wrong with a body whose members have the right types."""
    found = [] if said["contents"] else ["contents: empty"]
    for index, content in enumerate(said["contents"]):
        found += _content(content, f"contents.{index}")
    if "systemInstruction" in said:
        found += _system(said["systemInstruction"])
    return found or _turns(said["contents"]) + _tools(said) + _generation(said.get("generationConfig", {}))


def _content(content: dict, place: str) -> list[str]:
    found = [] if content.get("role") in ("user", "model") else [f"{place}.role: `user` or `model`"]
    if not content.get("parts"):
        return [*found, f"{place}.parts: empty"]
    parts = [wrong for index, each in enumerate(content["parts"]) for wrong in part(each, f"{place}.parts.{index}")]
    other = "functionResponse" if content.get("role") == "model" else "functionCall"
    return found + parts + [f"{place}: {other} of the wrong role" for each in content["parts"] if other in each]


def part(each: dict, place: str) -> list[str]:
    """What is wrong with one part, of a request or of an answer."""
    data = [name for name in DATA if name in each]
    if len(data) != 1 and not ("thoughtSignature" in each and not data):
        return [f"{place}: one of {', '.join(DATA)}, not {data or 'none'}"]
    needed = {"functionCall": ["name"], "functionResponse": ["name", "response"], "inlineData": ["mimeType", "data"], "fileData": ["fileUri"]}
    return [f"{place}.{name}.{member}: missing" for name in data for member in needed.get(name, []) if each[name].get(member) is None]


def _system(content: dict) -> list[str]:
    parts = content.get("parts") or []
    found = [] if parts else ["systemInstruction.parts: empty"]
    return found + ["systemInstruction: text only" for each in parts if set(each) != {"text"}]


def _turns(contents: list[dict]) -> list[str]:
    """Every call is answered in the turn after it, and only calls are."""
    found = []
    for index, content in enumerate(contents):
        place = f"contents.{index}"
        calls = _data(contents[index - 1], "functionCall") if index else []
        answers = _data(content, "functionResponse")
        if sorted(_call(each) for each in calls) != sorted(_call(each) for each in answers):
            found.append(f"{place}: the responses {answers} do not answer the calls {calls} of the turn before")
        if _data(content, "functionCall") and (index == 0 or contents[index - 1].get("role") != "user"):
            found.append(f"{place}: a call comes after a user's turn or after responses")
    if _data(contents[-1], "functionCall"):
        found.append("contents: the last calls have no responses")
    return found


def _data(content: dict, name: str) -> list[dict]:
    return [part[name] for part in content["parts"] if name in part]


def _call(each: dict) -> tuple[str, str]:
    """What ties a call and its response: the name, and the id where the model gave one."""
    return each["name"], each.get("id", "")


def _tools(said: dict) -> list[str]:
    functions = [each for tool in said.get("tools", []) for each in tool.get("functionDeclarations") or []]
    found = [f"tools.{index}: empty" for index, tool in enumerate(said.get("tools", [])) if not tool]
    for each in functions:
        name = each.get("name") or ""
        if not FUNCTION_NAME.fullmatch(name):
            found.append(f"tools: `{name}` is no name of a function")
        if "parameters" in each and "parametersJsonSchema" in each:
            found.append(f"tools: `{name}` has both `parameters` and `parametersJsonSchema`")
    names = [each.get("name") for each in functions]
    found += [f"tools: two functions are `{name}`" for name in {name for name in names if names.count(name) > 1}]
    return found + _choice(said.get("toolConfig", {}).get("functionCallingConfig", {}), names)


def _choice(choice: dict, names: list[Any]) -> list[str]:
    allowed = choice.get("allowedFunctionNames") or []
    found = [f"toolConfig: `{name}` is none of the functions" for name in allowed if name not in names]
    if allowed and choice.get("mode") not in ("ANY", "VALIDATED"):
        found.append("toolConfig: allowedFunctionNames without a mode that calls")
    if choice and not names:
        found.append("toolConfig: a choice among no functions")
    return found


def _generation(config: dict) -> list[str]:
    found = []
    schemas = [name for name in ("responseSchema", "responseJsonSchema") if name in config]
    if len(schemas) == 2:
        found.append("generationConfig: both responseSchema and responseJsonSchema")
    if schemas and "responseMimeType" not in config:
        found.append(f"generationConfig.{schemas[0]}: without a responseMimeType")
    if len(config.get("stopSequences", [])) > MAX_STOP_SEQUENCES:
        found.append(f"generationConfig.stopSequences: more than {MAX_STOP_SEQUENCES}")
    thinking = config.get("thinkingConfig", {})
    if "thinkingBudget" in thinking and "thinkingLevel" in thinking:
        found.append("generationConfig.thinkingConfig: both a budget and a level")
    if "logprobs" in config and not config.get("responseLogprobs"):
        found.append("generationConfig.logprobs: without responseLogprobs")
    return found
