// Streams through the SDK for Node.js: chunks, usage, cancelling, and streams that break.

import assert from "node:assert/strict";
import { test } from "node:test";

import OpenAI from "openai";

import { ask, dialects, eventually, model, sdk, seen, usage } from "./gateway.js";

const client = sdk();

const open = (name, options = {}) =>
  client.chat.completions.create({ model: name, messages: ask(), stream: true, ...options });

const textOf = (chunks) => chunks.map((chunk) => chunk.choices[0]?.delta?.content ?? "").join("");

test("mock model streams word by word", async () => {
  const chunks = await Array.fromAsync(await open("mock/test-model"));
  assert.equal(textOf(chunks), "This is a mock response");
  assert.equal(chunks.at(-1).choices[0].finish_reason, "stop");
});

for (const dialect of dialects) {
  const named = (scenario) => model(scenario, dialect);

  test(`${dialect.name}: stream without usage has no usage chunk`, async () => {
    const chunks = await Array.fromAsync(await open(named("text")));
    assert.equal(textOf(chunks), "I read: user: hello – ok ✓");
    assert.ok(chunks.every((chunk) => chunk.choices.length === 1 && !chunk.usage));
  });

  test(`${dialect.name}: stream with usage ends with it`, async () => {
    const chunks = await Array.fromAsync(await open(named("text"), { stream_options: { include_usage: true } }));
    assert.equal(textOf(chunks), "I read: user: hello – ok ✓");
    assert.deepEqual(chunks.at(-1).choices, []);
    assert.equal(chunks.at(-1).usage.total_tokens, usage.total_tokens);
    assert.ok(chunks.slice(0, -1).every((chunk) => !chunk.usage));
  });

  test(`${dialect.name}: stream that comes byte by byte is the same stream`, async () => {
    assert.equal(textOf(await Array.fromAsync(await open(named("drip")))), "I read: user: hello – ok ✓");
  });

  test(`${dialect.name}: cancelled stream closes the vendor's connection`, async () => {
    const name = named("stall");
    const stream = await open(name);
    for await (const chunk of stream) {
      assert.ok(chunk.choices);
      assert.equal((await seen(name)).closed_by_client, false);
      break; // Leaving the loop aborts the request.
    }
    await eventually(async () => (await seen(name)).closed_by_client, "the vendor's connection closes");
  });

  test(`${dialect.name}: call aborted before its answer closes the vendor's connection`, async () => {
    const name = named("stall-head");
    const abort = new AbortController();
    const call = client.chat.completions.create({ model: name, messages: ask() }, { signal: abort.signal });
    setTimeout(() => abort.abort(), 300);
    await assert.rejects(call, OpenAI.APIUserAbortError);
    await eventually(async () => (await seen(name)).closed_by_client, "the vendor's connection closes");
  });

  for (const scenario of ["die", "cut", "cut-character", "stop-early", "error-event", "garbage-event"]) {
    test(`${dialect.name}: stream broken by ${scenario} is never a clean end`, async () => {
      const chunks = [];
      const drain = async () => {
        for await (const chunk of await open(named(scenario))) chunks.push(chunk);
      };
      await assert.rejects(drain, OpenAI.APIError);
      assert.equal(textOf(chunks), "I read:");
    });
  }
}
