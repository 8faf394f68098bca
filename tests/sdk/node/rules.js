// A tenant whose rules are set by the product's own commands, and what the gateway counts.

import { execFile } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import OpenAI from "openai";

import { eventually, gatewayUrl, sdk, told } from "./gateway.js";

const dataFolder = told("TEST_DATA_FOLDER");
const program = told("DVARA_BIN");
const tenant = "node";

/** A subcommand on the gateway's data folder; what it prints. Nothing else of the environment may configure it. */
async function dvara(...words) {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME };
  return (await promisify(execFile)(program, [...words, "--data-dir", dataFolder], { env })).stdout;
}

let made = 0;

/** The SDK with a new key of a tenant with these settings and no others, and with this policy, if any. */
export async function ruled(settings, policy) {
  const tenants = JSON.parse(await dvara("tenant", "list", "--json"));
  const known = tenants.find((one) => one.id === tenant);
  if (!known) await dvara("tenant", "create", "Node", "--id", tenant);
  const others = Object.keys(known?.metadata ?? {}).flatMap((name) => ["--unset", name]);
  if (others.length) await dvara("tenant", "set", tenant, ...others);
  if (settings.length) await dvara("tenant", "set", tenant, ...settings);
  if (policy) await enact(policy);
  const [key] = (await dvara("key", "create", `rules-${++made}`, "--tenant", tenant)).match(/\bgw_[0-9a-f]{40}\b/);
  const client = sdk(key);
  // What changes is read together: once the key is known, so are the rules.
  await eventually(() => isKnown(client), "the new key is known");
  return client;
}

async function enact(policy) {
  const file = join(tmpdir(), `dvara-policy-${process.pid}.yaml`);
  await writeFile(file, policy);
  try {
    const { id } = JSON.parse(await dvara("policy", "create", "--name", "of Node", "--tenant", tenant, file, "--json"));
    await dvara("policy", "status", id, "ACTIVE");
  } finally {
    await rm(file);
  }
}

async function isKnown(client) {
  try {
    await client.models.list();
    return true;
  } catch (error) {
    if (error instanceof OpenAI.AuthenticationError) return false;
    throw error;
  }
}

/** Waits until a counter has grown by so much since it was made, over the series that have these labels, and by no more. */
export async function growth(name, labels) {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const secrets = JSON.parse(await readFile(join(dataFolder, "secrets.json"), "utf8"));
  const headers = { authorization: `Bearer ${secrets.actuator_metrics_api_key}` };
  const total = async () => {
    const page = await (await fetch(`${gatewayUrl}/actuator/prometheus`, { headers })).text();
    const series = page.split("\n").filter((line) => line.startsWith(`${name}{`) && wanted.every((label) => line.includes(label)));
    return series.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
  };
  const before = await total();
  return async (expected) => {
    await eventually(async () => (await total()) - before >= expected, `${name} ${wanted} grows by ${expected}`);
    const grown = (await total()) - before;
    if (grown !== expected) throw new Error(`${name} ${wanted} has grown by ${grown} and not by ${expected}`);
  };
}
