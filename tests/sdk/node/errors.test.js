// Refusals and failures as the classes of the SDK for Node.js.

import assert from "node:assert/strict";
import { test } from "node:test";

import OpenAI from "openai";

import { ask, dialects, model, modelsOnlyKey, revokedKey, sdk } from "./gateway.js";

const client = sdk();
const chat = (client, name = "mock/test-model", options = {}) =>
  client.chat.completions.create({ model: name, messages: ask() }, options);

/** The error of a call, which must be of the class, with the one envelope. */
async function refused(call, type, expected) {
  const error = await call.then(
    () => assert.fail("it was served"),
    (error) => error,
  );
  assert.equal(error.constructor, type, `${error}`);
  assert.equal(error.status, expected.status);
  assert.equal(error.code, expected.code);
  assert.equal(error.type, expected.type);
  assert.equal(typeof error.error.message, "string");
  assert.match(error.error.trace_id, /^[A-Za-z0-9._:-]{1,128}$/);
  assert.equal(error.headers.get("x-trace-id"), error.error.trace_id);
  return error;
}

const unauthenticated = (code) => ({ status: 401, code, type: "authentication_error" });

test("missing key", () =>
  refused(chat(sdk(undefined, { defaultHeaders: { authorization: null } })), OpenAI.AuthenticationError, unauthenticated("api_key_required")));

test("unknown key", () =>
  refused(chat(sdk(`gw_${"0".repeat(40)}`)), OpenAI.AuthenticationError, unauthenticated("invalid_api_key")));

test("revoked key", () => refused(chat(sdk(revokedKey)), OpenAI.AuthenticationError, unauthenticated("api_key_revoked")));

test("key without the scope", () =>
  refused(chat(sdk(modelsOnlyKey)), OpenAI.PermissionDeniedError, { status: 403, code: "api_key_scope", type: "permission_error" }));

test("invalid body", async () => {
  const call = client.chat.completions.create({ model: "mock/test-model", messages: [] });
  const expected = { status: 400, code: "validation_error", type: "invalid_request_error" };
  const error = await refused(call, OpenAI.BadRequestError, expected);
  assert.equal(error.param, "messages");
});

test("unknown path", () =>
  refused(client.get("/nope"), OpenAI.NotFoundError, { status: 404, code: "resource_not_found", type: "not_found_error" }));

test("wrong method", async () => {
  const expected = { status: 405, code: "method_not_allowed", type: "invalid_request_error" };
  const error = await refused(client.get("/chat/completions"), OpenAI.APIError, expected);
  assert.equal(error.headers.get("allow"), "POST");
});

test("wrong media type", () =>
  refused(chat(client, "mock/test-model", { headers: { "content-type": "text/plain" } }), OpenAI.APIError, {
    status: 415,
    code: "unsupported_media_type",
    type: "invalid_request_error",
  }));

for (const dialect of dialects) {
  const named = (scenario) => model(scenario, dialect);

  test(`${dialect.name}: vendor's refusal keeps its text`, async () => {
    const expected = { status: 400, code: "provider_rejected_request", type: "invalid_request_error" };
    const error = await refused(chat(client, named("status-400")), OpenAI.BadRequestError, expected);
    assert.match(error.message, /'temperature' does not support 3/);
  });

  test(`${dialect.name}: vendor's rate limit`, async () => {
    const expected = { status: 429, code: "provider_rate_limited", type: "provider_rate_limited" };
    const error = await refused(chat(client, named("status-429")), OpenAI.RateLimitError, expected);
    assert.equal(error.headers.get("retry-after"), "7");
  });

  for (const scenario of ["status-401", "status-500", "status-529", "garbage", "html"]) {
    test(`${dialect.name}: vendor's ${scenario} is a bad gateway in our words`, async () => {
      const expected = { status: 502, code: "provider_error", type: "provider_error" };
      const error = await refused(chat(client, named(scenario)), OpenAI.InternalServerError, expected);
      assert.doesNotMatch(error.message, /Incorrect|sk-|Sorry|html/);
    });
  }
}

test("trace id is echoed, and replaced when malformed", async () => {
  const traced = async (id) => {
    const { response } = await chat(client, "mock/test-model", { headers: { "x-trace-id": id } }).withResponse();
    return response.headers.get("x-trace-id");
  };
  assert.equal(await traced("node.trace:1-2_3"), "node.trace:1-2_3");
  const replaced = await traced("with space");
  assert.notEqual(replaced, "with space");
  assert.match(replaced, /^[A-Za-z0-9._:-]{1,128}$/);
});
