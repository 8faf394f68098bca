// Plain chat completions, tools and structured output through the SDK for Node.js.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ask, model, sdk, seen, usage } from "./gateway.js";

const client = sdk();

const tools = ["get_weather", "get_time"].map((name) => ({
  type: "function",
  function: { name, parameters: { type: "object", properties: { city: { type: "string" } } } },
}));

const parallel = [
  ["call_fake_1", "get_weather", { city: "Zürich" }],
  ["call_fake_2", "get_time", { zone: "Europe/Zurich", style: { seconds: false } }],
];

const called = (message) =>
  message.tool_calls.map((call) => [call.id, call.function.name, JSON.parse(call.function.arguments)]);

test("mock model answers without a vendor", async () => {
  const answer = await client.chat.completions.create({ model: "mock/test-model", messages: ask() });
  assert.equal(answer.choices[0].message.content, "This is a mock response");
});

test("plain answer is the vendor's", async () => {
  const answer = await client.chat.completions.create({ model: model("text"), messages: ask("hello") });
  assert.equal(answer.choices[0].message.content, "I read: user: hello – ok ✓");
  assert.equal(answer.choices[0].finish_reason, "stop");
  assert.deepEqual(answer.usage, usage);
});

test("system message and turns arrive in order", async () => {
  const messages = [
    { role: "system", content: "Be brief." },
    { role: "user", content: "one" },
    { role: "assistant", content: "two" },
    { role: "user", content: "three" },
  ];
  const answer = await client.chat.completions.create({ model: model("text"), messages });
  const said = "system: Be brief. | user: one | assistant: two | user: three";
  assert.equal(answer.choices[0].message.content, `I read: ${said} – ok ✓`);
});

test("unknown fields arrive and nothing is added", async () => {
  const name = model("lenient");
  const body = { model: name, messages: ask(), x_unknown: { list: [1, 2.5, null, "ü"] }, verbosity: "low" };
  await client.chat.completions.create(body);
  assert.deepEqual(JSON.parse((await seen(name)).body), body);
});

test("parallel tool calls come back", async () => {
  const answer = await client.chat.completions.create({ model: model("parallel-tools"), messages: ask(), tools });
  assert.deepEqual(called(answer.choices[0].message), parallel);
  assert.equal(answer.choices[0].finish_reason, "tool_calls");
});

test("streamed parallel tool calls assemble from fragments", async () => {
  const stream = client.chat.completions.stream({ model: model("parallel-tools"), messages: ask(), tools });
  const final = await stream.finalChatCompletion();
  assert.deepEqual(called(final.choices[0].message), parallel);
});

test("json schema is sent and the answer parses", async () => {
  const name = model("structured");
  const schema = {
    type: "object",
    properties: { city: { type: "string" }, inhabitants: { type: "integer" } },
    required: ["city", "inhabitants"],
    additionalProperties: false,
  };
  const response_format = { type: "json_schema", json_schema: { name: "city", strict: true, schema } };
  const answer = await client.chat.completions.parse({ model: name, messages: ask(), response_format });
  assert.equal(answer.choices[0].message.parsed.inhabitants, 434008);
  assert.deepEqual(JSON.parse((await seen(name)).body).response_format, response_format);
});

test("models of all providers are listed", async () => {
  const ids = [];
  for await (const listed of client.models.list()) ids.push(listed.id);
  for (const id of ["mock/test-model", "gpt-4o-mini"]) assert.ok(ids.includes(id), `${id} in ${ids}`);
});
