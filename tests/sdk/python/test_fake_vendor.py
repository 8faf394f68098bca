"""The fake vendor against the official SDK, without us in between: what the SDK cannot read is no fixture."""

import json

import openai
import pytest
from dvara_up import eventually
from fake_vendor import KEY, USAGE
from pydantic import BaseModel

TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}
    for name in ("get_weather", "get_time")
]


@pytest.fixture(scope="module")
def direct(vendor):
    return openai.OpenAI(base_url=f"{vendor.url}/v1", api_key=KEY, max_retries=0, timeout=30)


def ask(text="hello"):
    return [{"role": "user", "content": text}]


def test_plain_answer_is_read(direct, model):
    answer = direct.chat.completions.create(model=model("text"), messages=ask())
    assert answer.choices[0].message.content == "I read: user: hello – ok ✓"
    assert answer.usage.to_dict() == USAGE


@pytest.mark.parametrize("asked", [True, False])
def test_stream_is_read(direct, model, asked):
    options = {"stream_options": {"include_usage": True}} if asked else {}
    chunks = list(direct.chat.completions.create(model=model("text"), messages=ask(), stream=True, **options))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == "I read: user: hello – ok ✓"
    assert [bool(chunk.usage) for chunk in chunks].count(True) == asked
    assert bool(chunks[-1].choices) != asked


def test_streamed_tool_calls_assemble(direct, model):
    with direct.chat.completions.stream(model=model("parallel-tools"), messages=ask(), tools=TOOLS) as stream:
        calls = stream.get_final_completion().choices[0].message.tool_calls
    assert [json.loads(call.function.arguments) for call in calls] == [
        {"city": "Zürich"},
        {"zone": "Europe/Zurich", "style": {"seconds": False}},
    ]


def test_structured_answer_is_parsed(direct, model):
    class City(BaseModel):
        city: str
        inhabitants: int
        lakes: list[str]

    answer = direct.chat.completions.parse(model=model("structured"), messages=ask(), response_format=City)
    assert answer.choices[0].message.parsed.inhabitants == 434008


@pytest.mark.parametrize(
    "status, exception",
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (403, openai.PermissionDeniedError),
        (404, openai.NotFoundError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
        (503, openai.InternalServerError),
    ],
)
def test_errors_are_the_exceptions_of_the_sdk(direct, model, status, exception):
    with pytest.raises(exception) as raised:
        direct.chat.completions.create(model=model(f"status-{status}"), messages=ask())
    assert raised.value.status_code == status


def test_wrong_credential_is_refused(vendor, model):
    wrong = openai.OpenAI(base_url=f"{vendor.url}/v1", api_key="sk-wrong", max_retries=0)
    with pytest.raises(openai.AuthenticationError):
        wrong.chat.completions.create(model=model("text"), messages=ask())


@pytest.mark.parametrize(
    "scenario, exception",
    [("die", openai.APIConnectionError), ("cut", openai.APIConnectionError), ("error-event", openai.APIError)],
)
def test_broken_stream_raises(direct, model, scenario, exception):
    seen = []
    with pytest.raises(exception):
        for chunk in direct.chat.completions.create(model=model(scenario), messages=ask(), stream=True):
            seen.append(chunk)
    assert len(seen) == 2, "it broke after the second chunk"


def test_stream_that_stops_early_looks_clean_to_the_sdk(direct, model):
    """Why a gateway has to look for the end itself: the SDK does not."""
    chunks = list(direct.chat.completions.create(model=model("stop-early"), messages=ask(), stream=True))
    assert all(chunk.choices[0].finish_reason is None for chunk in chunks)


def test_client_that_leaves_is_noticed(direct, model, vendor):
    name = model("stall")
    stream = direct.chat.completions.create(model=name, messages=ask(), stream=True)
    next(iter(stream))
    assert not vendor.call(name).closed_by_client
    stream.close()
    eventually(lambda: vendor.call(name).closed_by_client, "the vendor sees the client leave")


def test_models_are_listed(direct):
    assert "gpt-4o-mini" in [model.id for model in direct.models.list()]
