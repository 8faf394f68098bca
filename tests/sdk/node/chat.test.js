// Plain chat completions, tools and structured output through the SDK for Node.js.

import assert from "node:assert/strict";
import { test } from "node:test";

import { anthropic, ask, dialects, model, sdk, seen, usage } from "./gateway.js";

const client = sdk();

const tools = ["get_weather", "get_time"].map((name) => ({
  type: "function",
  function: { name, parameters: { type: "object", properties: { city: { type: "string" } } } },
}));

const parallel = [
  ["get_weather", { city: "Zürich" }],
  ["get_time", { zone: "Europe/Zurich", style: { seconds: false } }],
];

const thinking = "Zürich lies on a lake – “See” – so…\n\\u00fc \\ / \u2028 1 < 2 && \u{1f914}";

const pixel = "https://example.com/zurich.png?size=1&a=b";

const called = (message) =>
  message.tool_calls.map((call) => [call.id, call.function.name, JSON.parse(call.function.arguments)]);

const body = async (name) => JSON.parse((await seen(name)).body);

test("mock model answers without a vendor", async () => {
  const answer = await client.chat.completions.create({ model: "mock/test-model", messages: ask() });
  assert.equal(answer.choices[0].message.content, "This is a mock response");
});

test("unknown fields arrive and nothing is added", async () => {
  const name = model("lenient");
  const body = { model: name, messages: ask(), x_unknown: { list: [1, 2.5, null, "ü"] }, verbosity: "low" };
  await client.chat.completions.create(body);
  assert.deepEqual(JSON.parse((await seen(name)).body), body);
});

test("json schema is sent as it is", async () => {
  const name = model("structured");
  await client.chat.completions.parse({ model: name, messages: ask(), response_format: schema });
  assert.deepEqual((await body(name)).response_format, schema);
});

test("models of all providers are listed", async () => {
  const ids = [];
  for await (const listed of client.models.list()) ids.push(listed.id);
  for (const id of ["mock/test-model", "gpt-4o-mini", "claude-sonnet-4-5"]) assert.ok(ids.includes(id), `${id} in ${ids}`);
});

const schema = {
  type: "json_schema",
  json_schema: {
    name: "city",
    strict: true,
    schema: {
      type: "object",
      properties: { city: { type: "string" }, inhabitants: { type: "integer" } },
      required: ["city", "inhabitants"],
      additionalProperties: false,
    },
  },
};

/** The message of an answer, whole or put together by the SDK from a stream. */
async function answered(streamed, body) {
  const answer = streamed
    ? await client.chat.completions.stream(body).finalChatCompletion()
    : await client.chat.completions.create(body);
  return answer.choices[0];
}

for (const dialect of dialects) {
  const named = (scenario) => model(scenario, dialect);
  const calls = parallel.map((call, index) => [dialect.callIds[index], ...call]);

  test(`${dialect.name}: plain answer is the vendor's`, async () => {
    const answer = await client.chat.completions.create({ model: named("text"), messages: ask("hello") });
    assert.equal(answer.choices[0].message.content, "I read: user: hello – ok ✓");
    assert.equal(answer.choices[0].finish_reason, "stop");
    const { prompt_tokens, completion_tokens, total_tokens } = answer.usage;
    assert.deepEqual([prompt_tokens, completion_tokens, total_tokens], [1117, 46, 1163]);
    assert.equal(answer.usage.prompt_tokens_details.cached_tokens, usage.prompt_tokens_details.cached_tokens);
    assert.equal(answer.usage.completion_tokens_details.reasoning_tokens, usage.completion_tokens_details.reasoning_tokens);
  });

  test(`${dialect.name}: system message and turns arrive in order`, async () => {
    const messages = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "one" },
      { role: "assistant", content: "two" },
      { role: "user", content: "three" },
    ];
    const answer = await client.chat.completions.create({ model: named("text"), messages });
    const said = "system: Be brief. | user: one | assistant: two | user: three";
    assert.equal(answer.choices[0].message.content, `I read: ${said} – ok ✓`);
  });

  for (const streamed of [false, true]) {
    const how = `${dialect.name}, ${streamed ? "streamed" : "whole"}`;

    test(`${how}: parallel calls, their results and the final answer`, async () => {
      const first = await answered(streamed, { model: named("parallel-tools"), messages: ask(), tools });
      assert.deepEqual(called(first.message), calls);
      assert.equal(first.finish_reason, "tool_calls");
      const results = first.message.tool_calls.map((call) => ({
        role: "tool",
        tool_call_id: call.id,
        content: call.function.name,
      }));
      const messages = [...ask(), first.message, ...results];
      const last = await answered(streamed, { model: named("parallel-tools"), messages, tools });
      assert.equal(last.message.content, "The tools said: get_weather and get_time.");
    });

    test(`${how}: answer to a schema`, async () => {
      const request = { model: named("structured"), messages: ask(), response_format: schema };
      const answer = streamed ? await answered(true, request) : (await client.chat.completions.parse(request)).choices[0];
      assert.equal(answer.message.parsed.inhabitants, 434008);
      assert.equal(answer.finish_reason, "stop");
    });

    test(`${how}: reasons to stop`, async () => {
      for (const [scenario, reason] of [["length", "length"], ["content-filter", "content_filter"]]) {
        const request = { model: named(scenario), messages: ask(), stream: streamed };
        const answer = await client.chat.completions.create(request);
        const last = streamed ? (await Array.fromAsync(answer)).at(-1) : answer;
        assert.equal(last.choices[0].finish_reason, reason);
      }
    });
  }

  test(`${dialect.name}: image arrives`, async () => {
    const name = named("text");
    const content = [
      { type: "text", text: "What is this?" },
      { type: "image_url", image_url: { url: pixel } },
    ];
    await client.chat.completions.create({ model: name, messages: [{ role: "user", content }] });
    const picture = { type: "image", source: { type: "url", url: pixel } };
    const arrived = (await body(name)).messages[0].content;
    assert.deepEqual(arrived, dialect === anthropic ? [content[0], picture] : content);
  });

  test(`${dialect.name}: reasoning is shown as it was written`, async () => {
    const request = { model: named("thinking"), messages: ask(), reasoning_effort: "low" };
    assert.equal((await answered(false, request)).message.reasoning_content, thinking);
    const deltas = await Array.fromAsync(await client.chat.completions.create({ ...request, model: named("thinking"), stream: true }));
    assert.equal(deltas.map((chunk) => chunk.choices[0]?.delta.reasoning_content ?? "").join(""), thinking);
  });
}

test("anthropic: signed thoughts go back to the byte, among calls of tools", async () => {
  const named = (scenario) => model(scenario, anthropic);
  const effort = { reasoning_effort: "low", tools };
  const first = await answered(false, { model: named("thinking-tools"), messages: ask(), ...effort });
  const results = first.message.tool_calls.map((call) => ({ role: "tool", tool_call_id: call.id, content: "21" }));
  const name = named("thinking-tools");
  const last = await answered(false, { model: name, messages: [...ask(), first.message, ...results], ...effort });
  assert.equal(last.message.content, "The tools said: 21 and 21.");
  const blocks = (await body(name)).messages[1].content;
  assert.deepEqual(blocks.map((block) => block.type), ["thinking", "text", "tool_use", "tool_use"]);
  assert.equal(blocks[0].thinking, thinking);
});

test("anthropic: what it cannot say is refused by name, what it has no use for is dropped with word of it", async () => {
  const request = () => ({ model: model("text", anthropic), messages: ask() });
  const refused = await client.chat.completions.create({ ...request(), n: 2 }).then(assert.fail, (error) => error);
  assert.deepEqual([refused.status, refused.code, refused.param], [400, "unsupported_capability", "n"]);
  const { response } = await client.chat.completions.create({ ...request(), store: true }).withResponse();
  assert.equal(response.headers.get("x-gateway-dropped-fields"), "store");
});
