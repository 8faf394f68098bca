// Rules as the SDK for Node.js meets them: what is refused, what reaches the vendor, and what comes back.

import assert from "node:assert/strict";
import { test } from "node:test";

import OpenAI from "openai";

import { ask, dialects, model, seen } from "./gateway.js";
import { growth, ruled } from "./rules.js";

const mail = "jane.doe@example.com";
const token = /\{\{PII_EMAIL_[0-9a-f]+\}\}/g;

/** The text and the end of an answer, whole or put together from a stream. */
async function heard(client, streamed, name, text) {
  const answer = await client.chat.completions.create({ model: name, messages: ask(text), stream: streamed });
  const choices = streamed ? (await Array.fromAsync(answer)).map((chunk) => chunk.choices[0]) : answer.choices;
  const said = choices.map((choice) => (choice.delta ?? choice.message).content ?? "").join("");
  return [said, choices.at(-1).finish_reason];
}

/** The error of a call, which comes as JSON with its status whatever was asked for. */
async function refused(client, streamed, name, text, type, expected) {
  const error = await client.chat.completions.create({ model: name, messages: ask(text), stream: streamed }).then(
    () => assert.fail("it was served"),
    (error) => error,
  );
  assert.equal(error.constructor, type, `${error}`);
  assert.deepEqual({ status: error.status, code: error.code, type: error.type }, expected);
  assert.equal(error.headers.get("content-type"), "application/json");
  assert.equal(error.headers.get("x-trace-id"), error.error.trace_id);
  return error.error.message;
}

const neverSeen = (name) => assert.rejects(seen(name), /^Error: 0 calls/);

for (const dialect of dialects) {
  const named = (scenario) => model(scenario, dialect);

  for (const streamed of [false, true]) {
    const how = `${dialect.name}, ${streamed ? "streamed" : "whole"}`;

    test(`${how}: denied call hears the policy's words and never reaches the vendor`, async () => {
      const [name, other] = [named("text"), named("text")];
      const rule = `{id: r, conditions: {model: {denylist: [${name}]}}, deny_message: Ask for another model.}`;
      const client = await ruled([], `version: "1"\nrules:\n  - ${rule}\n`);
      const grows = await growth("gateway_requests_total", { tenant: "node", status: "403" });
      const expected = { status: 403, code: "policy_denied", type: "policy_violation" };
      const message = await refused(client, streamed, name, "hello", OpenAI.PermissionDeniedError, expected);
      assert.equal(message, "Ask for another model.");
      await grows(1);
      await neverSeen(name);
      assert.deepEqual(await heard(client, streamed, other, "hello"), ["I read: user: hello – ok ✓", "stop"]);
    });

    test(`${how}: blocked card number never reaches the vendor`, async () => {
      const client = await ruled(["pii.action=BLOCK"]);
      const name = named("text");
      const grows = await growth("gateway_pii_findings_total", { type: "CREDIT_CARD", action: "BLOCK", source: "request" });
      const expected = { status: 400, code: "pii_detected", type: "pii_violation" };
      const message = await refused(client, streamed, name, "4111 1111 1111 1111", OpenAI.BadRequestError, expected);
      assert.match(message, /CREDIT_CARD/);
      assert.doesNotMatch(message, /4111/);
      await grows(1);
      await neverSeen(name);
    });

    test(`${how}: redacted value never reaches the vendor`, async () => {
      const client = await ruled(["pii.action=REDACT"]);
      const name = named("text");
      const grows = await growth("gateway_pii_findings_total", { type: "EMAIL", action: "REDACT", source: "request" });
      const told = "I read: user: Write to [REDACTED_EMAIL]. – ok ✓";
      assert.deepEqual(await heard(client, streamed, name, `Write to ${mail}.`), [told, "stop"]);
      assert.doesNotMatch((await seen(name)).body, /jane/);
      await grows(1);
    });

    test(`${how}: token goes to the vendor and its value comes back`, async () => {
      const client = await ruled(["pii.action=TOKENIZE", "pii.auto-detokenize-response=true"]);
      const name = named(streamed ? "drip" : "text");
      const grows = await growth("gateway_pii_findings_total", { type: "EMAIL", action: "TOKENIZE", source: "request" });
      const told = `I read: user: Write to ${mail}. – ok ✓`;
      assert.deepEqual(await heard(client, streamed, name, `Write to ${mail}.`), [told, "stop"]);
      const { body } = await seen(name);
      assert.equal(body.match(token).length, 1);
      assert.doesNotMatch(body, /jane/);
      await grows(1);
    });
  }

  test(`${dialect.name}: leak ends a stream before its first letter, and refuses a whole answer`, async () => {
    const client = await ruled(["pii.action=BLOCK"]);
    const grows = await growth("gateway_pii_findings_total", { type: "EMAIL", action: "BLOCK", source: "response" });
    assert.deepEqual(await heard(client, true, named("leak"), "hello"), ["Ask ", "content_filter"]);
    await grows(1);
    const expected = { status: 400, code: "pii_detected", type: "pii_violation" };
    await refused(client, false, named("leak"), "hello", OpenAI.BadRequestError, expected);
    await grows(2);
  });
}
