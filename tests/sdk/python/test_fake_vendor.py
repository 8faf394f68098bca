"""The fake vendor against the official SDKs, without us in between: what an SDK cannot read is no fixture."""

import json

import anthropic
import fake_anthropic
import fake_openai
import httpx
import openai
import pytest
from chat import TOOLS, ask, text_of
from dvara_up import eventually
from fake_vendor import KEY, USAGE
from pydantic import BaseModel
from said import CITY, HUGE, SCENARIOS, THINKING, Turn, said, sign

SPOKEN = sorted({"text", *SCENARIOS} - {"forty-megabytes", "seventy-megabytes"})
"""What the model can say, but for what is only large."""

STATUSES = [400, 401, 403, 404, 413, 429, 500, 503, 529]
EVERY_TOOL_CALL = [{"city": "Zürich"}, {"zone": "Europe/Zurich", "style": {"seconds": False}}]


@pytest.fixture(scope="module")
def direct(vendor):
    return openai.OpenAI(base_url=f"{vendor.url}/v1", api_key=KEY, max_retries=0, timeout=30)


class TestOpenAI:
    def test_plain_answer_is_read(self, direct, model):
        answer = direct.chat.completions.create(model=model("text"), messages=ask())
        assert answer.choices[0].message.content == "I read: user: hello – ok ✓"
        assert answer.usage.to_dict() == USAGE

    @pytest.mark.parametrize("asked", [True, False])
    @pytest.mark.parametrize("scenario", ["text", "drip"])
    def test_stream_is_read(self, direct, model, asked, scenario):
        options = {"stream_options": {"include_usage": True}} if asked else {}
        chunks = list(direct.chat.completions.create(model=model(scenario), messages=ask(), stream=True, **options))
        assert text_of(chunks) == "I read: user: hello – ok ✓"
        assert [bool(chunk.usage) for chunk in chunks].count(True) == asked
        assert bool(chunks[-1].choices) != asked

    @pytest.mark.parametrize("scenario", SPOKEN)
    def test_every_scenario_is_read(self, direct, model, scenario):
        body = {"model": model(scenario), "messages": ask(), "tools": TOOLS}
        choice = direct.chat.completions.create(**body).choices[0]
        expected = said(scenario, [Turn("user", "hello")])
        assert (choice.message.content or "") == (expected.text or "")
        assert [(call.function.name, call.function.arguments) for call in choice.message.tool_calls or []] == expected.calls
        assert choice.finish_reason == expected.stop

        chunks = [chunk.choices[0] for chunk in direct.chat.completions.create(**body, stream=True)]
        fragments = [fragment for chunk in chunks for fragment in chunk.delta.tool_calls or []]
        assert "".join(chunk.delta.content or "" for chunk in chunks) == (expected.text or "")
        assert [fragment.function.name for fragment in fragments if fragment.id] == [name for name, _ in expected.calls]
        assert "".join(fragment.function.arguments for fragment in fragments) == "".join(text for _, text in expected.calls)
        assert chunks[-1].finish_reason == expected.stop

    def test_streamed_probabilities_are_those_of_the_text(self, direct, model):
        stream = direct.chat.completions.create(model=model("text"), messages=ask(), stream=True, logprobs=True)
        choices = [chunk.choices[0] for chunk in stream]
        told = [token.token for choice in choices if choice.logprobs for token in choice.logprobs.content]
        assert told == [choice.delta.content for choice in choices if choice.delta.content]

    def test_streamed_tool_calls_assemble(self, direct, model):
        with direct.chat.completions.stream(model=model("parallel-tools"), messages=ask(), tools=TOOLS) as stream:
            calls = stream.get_final_completion().choices[0].message.tool_calls
        assert [json.loads(call.function.arguments) for call in calls] == EVERY_TOOL_CALL

    def test_results_of_tools_lead_to_the_final_answer(self, direct, model):
        calls = [
            {"id": id, "type": "function", "function": {"name": "get_weather", "arguments": "{}"}} for id in fake_openai.CALL_IDS
        ]
        results = [{"role": "tool", "tool_call_id": id, "content": id[-1]} for id in fake_openai.CALL_IDS]
        messages = [*ask(), {"role": "assistant", "content": None, "tool_calls": calls}, *results]
        answer = direct.chat.completions.create(model=model("parallel-tools"), messages=messages, tools=TOOLS)
        assert answer.choices[0].message.content == "The tools said: 1 and 2."

    def test_structured_answer_is_parsed(self, direct, model):
        class City(BaseModel):
            city: str
            inhabitants: int
            lakes: list[str]

        answer = direct.chat.completions.parse(model=model("structured"), messages=ask(), response_format=City)
        assert answer.choices[0].message.parsed.inhabitants == 434008

    def test_several_choices_with_their_probabilities(self, direct, model):
        answer = direct.chat.completions.create(model=model("text"), messages=ask(), n=2, logprobs=True)
        assert [choice.logprobs.content[0].token for choice in answer.choices] == ["I read:"] * 2

    @pytest.mark.parametrize("scenario, finish", [("length", "length"), ("content-filter", "content_filter")])
    def test_reason_to_stop_is_told(self, direct, model, scenario, finish):
        assert direct.chat.completions.create(model=model(scenario), messages=ask()).choices[0].finish_reason == finish

    @pytest.mark.parametrize("status", STATUSES)
    def test_errors_are_the_exceptions_of_the_sdk(self, direct, model, status):
        with pytest.raises(openai.APIStatusError) as raised:
            direct.chat.completions.create(model=model(f"status-{status}"), messages=ask())
        assert raised.value.status_code == status
        assert raised.value.body["type"]

    def test_wrong_credential_is_refused(self, vendor, model):
        wrong = openai.OpenAI(base_url=f"{vendor.url}/v1", api_key="sk-wrong", max_retries=0)
        with pytest.raises(openai.AuthenticationError):
            wrong.chat.completions.create(model=model("text"), messages=ask())

    @pytest.mark.parametrize(
        "body",
        [
            {"x_unknown": 1},
            {"temperature": "hot"},
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "hello", "x_unknown": 1}]}]},
            {"messages": [{"role": "user", "content": [{"type": "text"}]}]},
            {"tools": [{"type": "function", "function": {"name": "f", "x_unknown": 1}}]},
        ],
    )
    def test_what_the_types_do_not_describe_is_refused(self, direct, model, body):
        with pytest.raises(openai.BadRequestError):
            direct.post("/chat/completions", body={"model": model("text"), "messages": ask(), **body}, cast_to=object)

    @pytest.mark.parametrize(
        "scenario, exception",
        [
            ("die", openai.APIConnectionError),
            ("cut", openai.APIConnectionError),
            ("error-event", openai.APIError),
            ("garbage-event", ValueError),
            ("cut-character", ValueError),
        ],
    )
    def test_broken_stream_raises(self, direct, model, scenario, exception):
        seen = []
        with pytest.raises(exception):
            for chunk in direct.chat.completions.create(model=model(scenario), messages=ask(), stream=True):
                seen.append(chunk)
        assert len(seen) == 2, "it broke after the second chunk"

    def test_stream_that_stops_early_looks_clean_to_the_sdk(self, direct, model):
        """Why a gateway has to look for the end itself: the SDK does not."""
        chunks = list(direct.chat.completions.create(model=model("stop-early"), messages=ask(), stream=True))
        assert all(chunk.choices[0].finish_reason is None for chunk in chunks)

    @pytest.mark.parametrize("scenario", ["html", "hang-up"])
    def test_answer_that_is_none_raises(self, direct, model, scenario):
        with pytest.raises(openai.APIError):
            direct.chat.completions.create(model=model(scenario), messages=ask())

    def test_client_that_leaves_is_noticed(self, direct, model, vendor):
        name = model("stall")
        stream = direct.chat.completions.create(model=name, messages=ask(), stream=True)
        next(iter(stream))
        assert not vendor.call(name).closed_by_client
        stream.close()
        eventually(lambda: vendor.call(name).closed_by_client, "the vendor sees the client leave")

    def test_models_are_listed(self, direct):
        assert "gpt-4o-mini" in [model.id for model in direct.models.list()]


# --- Anthropic ---------------------------------------------------------------------------------------------------

WEATHER = {
    "name": "get_weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
TIME = {"name": "get_time", "input_schema": {"type": "object", "properties": {}}}
THINK = {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2048}


@pytest.fixture
def claude(vendor, names, request):
    """The official SDK, straight at the fake vendor; calls a scenario with what a test adds to a plain question."""
    client = anthropic.Anthropic(base_url=f"{vendor.url}/anthropic", api_key=fake_anthropic.KEY, max_retries=0, timeout=30)

    def call(scenario: str, stream: bool = False, **options):
        name = f"claude-fake-{scenario}--{request.node.originalname}-{next(names)}"
        body = {"model": name, "max_tokens": 1000, "messages": ask(), **options}
        return client.messages.stream(**body) if stream else client.messages.create(**body)

    call.client = client
    return call


def used(id: str, **input) -> dict:
    return {"type": "tool_use", "id": id, "name": "get_weather", "input": input}


def result(id: str, content: object = "21") -> dict:
    return {"type": "tool_result", "tool_use_id": id, "content": content}


def image(url: str) -> dict:
    return {"type": "image", "source": {"type": "url", "url": url}}


def conversation(answered: dict, *then: dict) -> dict:
    """A conversation in which the assistant has said one block, and the user replies with the others."""
    said = [answered] if answered["type"] == "tool_use" else [answered, {"type": "text", "text": "So."}]
    reply = list(then) or [{"type": "text", "text": "And?"}]
    return {"messages": [*ask(), {"role": "assistant", "content": said}, {"role": "user", "content": reply}]}


def final(answer: anthropic.types.Message | anthropic.MessageStreamManager) -> anthropic.types.Message:
    """The whole message, streamed or not."""
    if isinstance(answer, anthropic.types.Message):
        return answer
    with answer as stream:
        return stream.get_final_message()


class TestAnthropic:
    def test_plain_answer_is_read(self, claude):
        answer = claude("text", system="Be brief.")
        assert answer.content[0].text == "I read: system: Be brief. | user: hello – ok ✓"
        assert answer.stop_reason == "end_turn"
        usage = answer.usage
        assert (usage.input_tokens, usage.cache_read_input_tokens, usage.output_tokens) == (93, 1024, 46)

    @pytest.mark.parametrize("scenario", ["text", "drip", "slow"])
    def test_stream_is_read(self, claude, scenario):
        with claude(scenario, stream=True) as stream:
            assert "".join(stream.text_stream) == "I read: user: hello – ok ✓"
            message = stream.get_final_message()
        assert (message.stop_reason, message.usage.output_tokens) == ("end_turn", 46)

    @pytest.mark.parametrize("stream", [False, True])
    @pytest.mark.parametrize("scenario", SPOKEN)
    def test_every_scenario_is_read(self, claude, scenario, stream):
        answer = final(claude(scenario, stream=stream, tools=[WEATHER, TIME]))
        expected = said(scenario, [Turn("user", "hello")])
        blocks = {kind: [block for block in answer.content if block.type == kind] for kind in ("thinking", "text", "tool_use")}
        assert [block.text for block in blocks["text"]] == [expected.text] * bool(expected.text)
        assert [block.thinking for block in blocks["thinking"]] == [expected.thinking] * bool(expected.thinking)
        assert [(block.name, block.input) for block in blocks["tool_use"]] == [(name, json.loads(text)) for name, text in expected.calls]

    @pytest.mark.parametrize("stream", [False, True])
    def test_tool_calls_are_read(self, claude, stream):
        blocks = final(claude("parallel-tools", stream=stream, tools=[WEATHER, TIME])).content
        assert [block.input for block in blocks] == EVERY_TOOL_CALL
        assert [block.id for block in blocks] == ["toolu_01Fake1", "toolu_01Fake2"]

    @pytest.mark.parametrize("stream", [False, True])
    def test_results_of_tools_lead_to_the_final_answer(self, claude, stream):
        messages = [
            *ask(),
            {"role": "assistant", "content": [used("a", city="Zürich"), used("b")]},
            {"role": "user", "content": [result("a"), result("b", [{"type": "text", "text": "22"}])]},
        ]
        answer = final(claude("tools", stream=stream, tools=[WEATHER], messages=messages))
        assert answer.content[0].text == "The tools said: 21 and 22."

    @pytest.mark.parametrize("stream", [False, True])
    def test_thoughts_are_signed_and_may_come_back(self, claude, stream):
        answer = final(claude("thinking-tools", stream=stream, tools=[WEATHER, TIME], **THINK))
        assert [block.type for block in answer.content] == ["thinking", "text", "tool_use", "tool_use"]
        assert (answer.content[0].thinking, answer.content[0].signature) == (THINKING, sign(THINKING))
        messages = [
            *ask(),
            {"role": "assistant", "content": answer.content},
            {"role": "user", "content": [result(block.id) for block in answer.content[2:]]},
        ]
        again = final(claude("thinking-tools", stream=stream, tools=[WEATHER, TIME], **THINK, messages=messages))
        assert [block.type for block in again.content] == ["thinking", "text"]

    @pytest.mark.parametrize("stream", [False, True])
    def test_redacted_thoughts_may_come_back(self, claude, stream):
        answer = final(claude("redacted", stream=stream, **THINK))
        assert [block.type for block in answer.content] == ["redacted_thinking", "text"]
        messages = [*ask(), {"role": "assistant", "content": answer.content}, *ask("and?")]
        assert claude("text", messages=messages, **THINK).stop_reason == "end_turn"

    @pytest.mark.parametrize("stream", [False, True])
    def test_forced_call_carries_the_structured_answer(self, claude, stream):
        tool = {"name": "structured_output", "input_schema": {"type": "object"}}
        choice = {"type": "tool", "name": "structured_output"}
        answer = final(claude("structured", stream=stream, tools=[tool], tool_choice=choice))
        assert answer.content[0].input == json.loads(CITY)
        assert answer.stop_reason == "tool_use"

    @pytest.mark.parametrize("stream", [False, True])
    @pytest.mark.parametrize("scenario, stop", [("length", "max_tokens"), ("content-filter", "refusal")])
    def test_reason_to_stop_is_told(self, claude, stream, scenario, stop):
        answer = final(claude(scenario, stream=stream))
        assert answer.stop_reason == stop
        assert (answer.stop_details is not None) == (stop == "refusal")

    @pytest.mark.parametrize("stream", [False, True])
    def test_writes_to_the_cache_are_counted(self, claude, stream):
        usage = final(claude("cache-write", stream=stream)).usage
        assert (usage.cache_creation_input_tokens, usage.cache_read_input_tokens) == (256, 1024)
        assert (usage.cache_creation.ephemeral_5m_input_tokens, usage.cache_creation.ephemeral_1h_input_tokens) == (200, 56)

    @pytest.mark.parametrize("scenario, size", [("huge-event", len(HUGE)), ("forty-megabytes", 40 * 1024 * 1024)])
    def test_huge_answer_is_read(self, claude, scenario, size):
        assert len(claude(scenario).content[0].text) == size

    @pytest.mark.parametrize("status", STATUSES)
    def test_errors_are_the_exceptions_of_the_sdk(self, claude, status):
        with pytest.raises(anthropic.APIStatusError) as raised:
            claude(f"status-{status}")
        assert raised.value.status_code == status
        assert raised.value.body["error"]["type"].endswith(("_error", "request_too_large"))

    @pytest.mark.parametrize("scenario", ["die", "cut", "error-event", "garbage-event", "cut-character"])
    def test_broken_stream_raises(self, claude, scenario):
        seen = []
        with pytest.raises((anthropic.APIError, httpx.HTTPError, ValueError)), claude(scenario, stream=True) as stream:
            for text in stream.text_stream:
                seen.append(text)
        assert seen == ["I read:"]

    def test_conversation_may_begin_with_the_assistant(self, claude):
        """Once refused, and taken since the rules about the order of turns were relaxed."""
        answer = claude("text", messages=[{"role": "assistant", "content": "Welcome."}, *ask()])
        assert answer.content[0].text == "I read: assistant: Welcome. | user: hello – ok ✓"

    def test_models_are_listed(self, claude):
        assert "claude-sonnet-4-5" in [model.id for model in claude.client.models.list()]

    def test_wrong_credential_is_refused(self, vendor):
        wrong = anthropic.Anthropic(base_url=f"{vendor.url}/anthropic", api_key="sk-wrong", max_retries=0)
        with pytest.raises(anthropic.AuthenticationError):
            wrong.messages.create(model="claude-fake-text--wrong", max_tokens=10, messages=ask())

    @pytest.mark.parametrize(
        "said, options",
        [
            ("Extra inputs are not permitted", {"extra_body": {"x_unknown": 1}}),
            ("Extra inputs are not permitted", {"messages": [{"role": "user", "content": "hello", "name": "me"}]}),
            ("max_tokens: Field required", {"max_tokens": anthropic.omit}),
            ("non-empty content", {"messages": [{"role": "user", "content": ""}]}),
            ("text content blocks must be non-empty", {"messages": [{"role": "user", "content": [{"type": "text", "text": ""}]}]}),
            ("text content blocks must be non-empty", {"system": [{"type": "text", "text": ""}]}),
            ("trailing whitespace", {"messages": [*ask(), {"role": "assistant", "content": "Well "}]}),
            ("Unexpected role", {"messages": [*ask(), {"role": "system", "content": "Be brief."}]}),
            ("range: 0..1", {"extra_body": {"temperature": 1.5}}),
            ("non-whitespace", {"stop_sequences": ["\n"]}),
            ("only be specified while providing tools", {"tool_choice": {"type": "auto"}}),
            ("not found in provided tools", {"tools": [WEATHER], "tool_choice": {"type": "tool", "name": "f"}}),
            ("Tool names must be unique", {"tools": [WEATHER, WEATHER]}),
            ("should match pattern", {"tools": [WEATHER | {"name": "get weather"}]}),
            ("input_schema.type", {"tools": [WEATHER | {"input_schema": {"properties": {}}}]}),
            ("Only HTTPS", {"messages": [{"role": "user", "content": [image("http://example.com/a.png")]}]}),
            ("without `tool_result` blocks", {"messages": [*ask(), {"role": "assistant", "content": [used("a")]}]}),
            ("unexpected `tool_use_id`", {"messages": [{"role": "user", "content": [result("a")]}]}),
            ("must come first", conversation(used("a"), {"type": "text", "text": "So:"}, result("a"))),
            ("Invalid `signature`", conversation({"type": "thinking", "thinking": "Hm.", "signature": "me"})),
            ("Invalid `signature`", conversation({"type": "thinking", "thinking": THINKING + " ", "signature": sign(THINKING)})),
            ("Invalid `data`", conversation({"type": "redacted_thinking", "data": "me"})),
            ("Expected `thinking`", conversation(used("a"), result("a")) | THINK),
            ("greater than `thinking.budget_tokens`", THINK | {"max_tokens": 1024}),
            ("greater than or equal to 1024", {"thinking": {"type": "enabled", "budget_tokens": 1000}}),
            ("forces tool use", THINK | {"tools": [WEATHER], "tool_choice": {"type": "any"}}),
            ("set to 1 when thinking", THINK | {"extra_body": {"temperature": 0.5}}),
        ],
        ids=str,
    )
    def test_what_anthropic_refuses_is_refused(self, claude, said, options):
        with pytest.raises(anthropic.BadRequestError) as raised:
            claude("text", **options)
        assert raised.value.body["error"]["type"] == "invalid_request_error"
        assert said in raised.value.body["error"]["message"]
