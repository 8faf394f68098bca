// aimock behind a door of ours: `node vendors.js KEY` prints where the door is and serves until its standard input ends.
//
// A vendor's server is below its provider's name, `/gemini/v1beta/…`. What arrives goes on to aimock as it came, but for
// the name and an id, under which aimock's journal has what it understood of the request. `GET /_door/calls?holding=…`
// tells both: the bytes that came, and what was understood. `POST /_door/says` scripts answers, in aimock's own words.

import { randomUUID } from "node:crypto";
import http from "node:http";
import { LLMock } from "@copilotkit/aimock";

const [key] = process.argv.slice(2);
const HIDDEN = new Set(["host", "connection", "content-length", "transfer-encoding"]);

// Small pieces, so that a stream of a few words is one of several events.
const shape = { port: 0, host: "127.0.0.1", chunkSize: 7, strict: true, journalMaxEntries: 0 };
const keyed = await LLMock.create({ ...shape, auth: { apiKeys: [key] } });
// Whose credentials are signatures and tokens, or who has none.
const open = await LLMock.create(shape);
const OPEN = new Set(["bedrock", "vertex", "ollama"]);

const calls = [];

// Claude at Vertex AI, which aimock does not have, is Claude with the model and the version in other places:
// https://platform.claude.com/docs/en/api/claude-on-vertex-ai
const CLAUDE_AT_VERTEX = /^\/v1\/projects\/[^/]+\/locations\/[^/]+\/publishers\/anthropic\/models\/([^/:]+):(?:rawPredict|streamRawPredict)$/;

function asAimockHasIt({ provider, path }, body) {
  const claude = CLAUDE_AT_VERTEX.exec(path);
  if (claude) {
    const { anthropic_version: version, ...message } = JSON.parse(body);
    if (version === undefined) return [path, body];
    return ["/v1/messages", said({ model: decodeURIComponent(claude[1]), ...message })];
  }
  if (provider === "mistral" && path.endsWith("/chat/completions")) {
    // Mistral ends every stream with its usage, and refuses to be asked for it: https://docs.mistral.ai/api
    const call = JSON.parse(body);
    if (call.stream && !call.stream_options) return [path, said({ ...call, stream_options: { include_usage: true } })];
  }
  return [path, body];
}

function said(call) {
  return Buffer.from(JSON.stringify(call));
}

function goOn(call, body, request, response) {
  const mock = OPEN.has(call.provider) ? open : keyed;
  const [path, sent] = asAimockHasIt(call, body);
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !HIDDEN.has(name)));
  // Embeddings need no script: aimock makes them of the text.
  if (/embed/i.test(path)) headers["x-aimock-strict"] = "false";
  Object.assign(headers, { "x-request-id": call.id, "content-length": sent.length });
  const onward = http.request(
    { port: mock.port, host: "127.0.0.1", method: request.method, path, headers },
    (answer) => {
      call.status = answer.statusCode;
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
      // A server that breaks off breaks off here as well.
      answer.on("aborted", () => response.destroy());
    },
  );
  onward.on("error", () => response.destroy());
  response.on("close", () => onward.destroy());
  onward.end(sent);
}

function told(call) {
  const mock = OPEN.has(call.provider) ? open : keyed;
  const entry = mock.getRequests().find((each) => each.headers["x-request-id"] === call.id);
  return { ...call, understood: entry?.body ?? null };
}

function tell(response, status, value) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

function atTheDoor(url, body, response) {
  if (url.pathname === "/_door/calls") {
    const holding = Buffer.from(url.searchParams.get("holding"));
    const found = calls.filter((call) => Buffer.from(call.body, "base64").includes(holding));
    tell(response, 200, found.map(told));
  } else if (url.pathname === "/_door/says") {
    try {
      for (const mock of [keyed, open]) mock.addFixturesFromJSON(JSON.parse(body));
      tell(response, 200, {});
    } catch (error) {
      tell(response, 400, { error: String(error) });
    }
  } else {
    tell(response, 404, { error: `no ${url.pathname} at the door` });
  }
}

const door = http.createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts);
  const url = new URL(request.url, "http://door");
  if (url.pathname.startsWith("/_door/")) {
    atTheDoor(url, body, response);
    return;
  }
  const [, provider, path] = /^\/([^/]+)(\/.*)$/.exec(request.url) ?? [];
  if (!provider) {
    tell(response, 404, { error: `no provider in ${request.url}` });
    return;
  }
  const call = { id: randomUUID(), provider, method: request.method, path, headers: request.headers, body: body.toString("base64"), status: null };
  calls.push(call);
  goOn(call, body, request, response);
});

door.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: door.address().port })));
// Whoever started this has ended when its end of the pipe closes.
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
