"""Secrets of every type: of the right length and letters, and of no account."""

import base64
import json
import string

from values import ALNUM, DIGITS, UPPER, Values, grouped


def url_credentials(values: Values) -> str:
    scheme = values.chance.choice(["https", "http", "postgres", "ftp", "redis", "mongodb", "amqp", "mysql"])
    host = values.chance.choice(
        ["db.internal:5432", "example.com", "10.1.2.3:6379", "files.example.org", "mq-1.corp.net"]
    )
    path = values.chance.choice(["", "/app", "/v1/items?limit=5", "/0"])
    return f"{scheme}://{values.faker.user_name()}:{values.some(ALNUM + '!-_.~', 6, 18)}@{host}{path}"


def aws_access_key(values: Values) -> str:
    return values.chance.choice(["AKIA", "AKIA", "ASIA"]) + values.some(UPPER + "234567", 16)


def private_key(values: Values) -> str:
    kind = values.chance.choice(
        ["RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY"]
    )
    body = base64.b64encode(values.chance.randbytes(values.chance.randint(100, 900))).decode()
    return f"-----BEGIN {kind}-----\n{grouped(body, chr(10), 64)}\n-----END {kind}-----"


def jwt(values: Values) -> str:
    header = {"alg": values.chance.choice(["HS256", "RS256", "ES256"]), "typ": "JWT"}
    claims = {"sub": values.digits(6, 10), "iat": 1_700_000_000 + values.chance.randrange(10**7), "scope": "read"}
    parts = [json.dumps(part, separators=(",", ":")).encode() for part in (header, claims)]
    return ".".join(
        base64.urlsafe_b64encode(part).decode().rstrip("=") for part in [*parts, values.chance.randbytes(32)]
    )


def api_key(values: Values) -> str:
    hexadecimal, dashed = DIGITS + "abcdef", ALNUM + "-_"
    return values.chance.choice(
        [
            lambda: "sk-" + values.some(ALNUM, 48),
            lambda: "sk-proj-" + values.some(dashed, 100),
            lambda: "sk-ant-api03-" + values.some(dashed, 93) + "AA",
            lambda: "ghp_" + values.some(ALNUM, 36),
            lambda: "xoxb-" + values.digits(12) + "-" + values.digits(12) + "-" + values.some(ALNUM, 24),
            lambda: "AIza" + values.some(dashed, 35),
            lambda: "glpat-" + values.some(dashed, 20),
            lambda: "hf_" + values.some(string.ascii_letters, 34),
            lambda: "SG." + values.some(dashed, 22) + "." + values.some(dashed, 43),
            lambda: "sk_live_" + values.some(ALNUM, 24),
            lambda: "github_pat_" + values.some(ALNUM, 22) + "_" + values.some(ALNUM, 59),
            lambda: "npm_" + values.some(ALNUM, 36),
            lambda: "sk-or-v1-" + values.some(hexadecimal, 64),
        ]
    )()
