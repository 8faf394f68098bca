// What serve.py tells the tests, and clients made by the official SDK from it.

import OpenAI from "openai";

export function told(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run these tests through tests/sdk/python/serve.py, as make test does`);
  return value;
}

export const gatewayUrl = told("TEST_GATEWAY_URL");
export const apiKey = told("TEST_API_KEY");
export const modelsOnlyKey = told("TEST_MODELS_ONLY_KEY");
export const revokedKey = told("TEST_REVOKED_KEY");
const vendorUrl = told("TEST_VENDOR_URL");

/** The SDK with an address and a key, and without its own retries, which would hide answers. */
export function sdk(key = apiKey, options = {}) {
  return new OpenAI({ baseURL: `${gatewayUrl}/v1`, apiKey: key, maxRetries: 0, timeout: 30_000, ...options });
}

export const ask = (text = "hello") => [{ role: "user", content: text }];

let calls = 0;

/** The vendors behind the gateway: a test whose text is the same for all of them runs once for each. */
export const openai = { name: "openai", prefix: "gpt-fake-", callIds: ["call_fake_1", "call_fake_2"] };
export const anthropic = { name: "anthropic", prefix: "claude-fake-", callIds: ["toolu_01Fake1", "toolu_01Fake2"] };
export const dialects = [openai, anthropic];

/** A model of the fake vendor for a scenario, under which only one call is made. No word of its name is a number. */
export const model = (scenario, dialect = openai) => `${dialect.prefix}${scenario}--node-p${process.pid}-k${++calls}`;

/** The one call for a model, as the fake vendor saw it. */
export async function seen(name) {
  const response = await fetch(`${vendorUrl}/_fake/calls?model=${encodeURIComponent(name)}`);
  const found = await response.json();
  if (found.length !== 1) throw new Error(`${found.length} calls for ${name}`);
  return found[0];
}

/** Waits, within bounds, until `holds()` is true. */
export async function eventually(holds, what, milliseconds = 5_000) {
  const deadline = Date.now() + milliseconds;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${milliseconds} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const usage = {
  prompt_tokens: 1117,
  completion_tokens: 46,
  total_tokens: 1163,
  prompt_tokens_details: { cached_tokens: 1024, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: 12,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
};
