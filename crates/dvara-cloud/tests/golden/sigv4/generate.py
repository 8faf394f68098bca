"""Golden files for signature version 4, made by somebody who does not know our code.

`python generate.py` writes `botocore.json` beside itself: requests signed by botocore's SigV4Auth. With `--check` it writes
nothing, and fails when the file is not what it would write.
`python generate.py --suite FOLDER` writes `suite.json` from AWS' published signing test suite (`v4` of its folder).

botocore is Amazon's own client, so it is the judge here; `pip install botocore` is all that it needs.
"""

import argparse
import datetime
import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent

TOKEN = "IQoJb3JpZ2luX2VjEXAMPLE//////////wEaDGV1LWNlbnRyYWwtMSJH+/=="
PROFILE = "arn%3Aaws%3Abedrock%3Aeu-central-1%3A123456789012%3Ainference-profile%2Feu.anthropic.claude-sonnet-4-5-20250929-v1%3A0"
JSON = {"content-type": "application/json"}

# name, method, path with its query, headers, body, session token, region, service, time
REQUESTS = [
    ("converse", "POST", "/model/amazon.nova-lite-v1%3A0/converse", JSON, '{"messages":[]}', None, "eu-central-1", "bedrock", "2026-11-27T10:11:12Z"),
    ("converse in a session", "POST", "/model/amazon.nova-lite-v1%3A0/converse", JSON, '{"messages":[]}', TOKEN, "eu-central-1", "bedrock", "2026-11-27T10:11:12Z"),
    ("a colon as it is", "POST", "/model/amazon.nova-lite-v1:0/converse", JSON, "{}", None, "us-east-1", "bedrock", "2026-11-27T10:11:12Z"),
    ("an inference profile", "POST", f"/model/{PROFILE}/converse-stream", {**JSON, "accept": "application/vnd.amazon.eventstream"}, '{"messages":[]}', TOKEN, "eu-central-1", "bedrock", "2026-01-02T03:04:05Z"),
    ("an encoded percent sign and a space", "POST", "/model/a%2525b%20c/invoke", JSON, "{}", None, "us-west-2", "bedrock", "2026-01-02T03:04:05Z"),
    ("letters beyond ASCII", "POST", "/model/%C3%A4/invoke", JSON, '{"inputText":"Grüße"}', None, "us-west-2", "bedrock", "2026-01-02T03:04:05Z"),
    ("what is unreserved stays", "GET", "/a-b.c_d~e/f!g$h&i'j(k)l*m+n,o;p=q@r", {}, "", None, "us-west-2", "bedrock", "2026-01-02T03:04:05Z"),
    ("no path", "GET", "/", {}, "", None, "us-gov-west-1", "bedrock", "2026-02-28T23:59:59Z"),
    ("dots and slashes", "GET", "/a/./b/../c//d/", {}, "", None, "us-gov-west-1", "bedrock", "2024-02-29T00:00:00Z"),
    ("a query out of order", "GET", "/foundation-models?b=2&a=1&byProvider=Anthropic&a=0&flag", {}, "", None, "us-east-1", "bedrock", "2026-11-27T10:11:12Z"),
    ("an encoded query", "GET", "/guardrails?nextToken=a%2Fb%3D%3D&maxResults=5", {}, "", TOKEN, "us-east-1", "bedrock", "2026-11-27T10:11:12Z"),
    ("white space in headers", "POST", "/x", {**JSON, "x-amzn-bedrock-trace": "  ENABLED   twice\t "}, "{}", None, "us-east-1", "bedrock", "2026-11-27T10:11:12Z"),
    ("headers around ours", "POST", "/x", {**JSON, "x-amz-a": "1", "zz-last": "z", "a-first": "a", "x-amz-zz": "2"}, "{}", TOKEN, "us-east-1", "bedrock", "2026-11-27T10:11:12Z"),
    ("a long body", "POST", "/model/m/invoke", JSON, "x" * 100_000, None, "us-east-1", "bedrock", "2026-12-31T23:59:59Z"),
    ("another service", "POST", "/", {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}, "Action=GetCallerIdentity&Version=2011-06-15", None, "ap-southeast-2", "sts", "2026-11-27T10:11:12Z"),
]


def botocore_file():
    import botocore
    import botocore.auth
    import botocore.awsrequest
    import botocore.credentials

    cases = []
    for name, method, target, headers, body, token, region, service, time in REQUESTS:
        host = f"{'bedrock-runtime' if service == 'bedrock' else service}.{region}.amazonaws.com"
        now = datetime.datetime.strptime(time, "%Y-%m-%dT%H:%M:%SZ")
        botocore.auth.get_current_datetime = lambda now=now: now
        credentials = botocore.credentials.Credentials(
            "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token
        )
        request = botocore.awsrequest.AWSRequest(
            method=method, url=f"https://{host}{target}", headers=dict(headers), data=body.encode()
        )
        signer = botocore.auth.SigV4Auth(credentials, service, region)
        # We sign the hash of the body as a header, which botocore does where its model says so.
        request.headers["X-Amz-Content-SHA256"] = signer.payload(request)
        signer.add_auth(request)
        added = ["Authorization", "X-Amz-Date", "X-Amz-Content-SHA256", "X-Amz-Security-Token"]
        cases.append(
            {
                "name": name,
                "method": method,
                "host": host,
                "target": target,
                "headers": headers,
                "body": body if len(body) < 1000 else {"repeat": body[0], "times": len(body)},
                "session_token": token,
                "region": region,
                "service": service,
                "time": time,
                "expected": {n.lower(): request.headers[n] for n in added if n in request.headers},
            }
        )
    source = "botocore.auth.SigV4Auth, by generate.py; the keys are those of AWS' examples"
    return {"_source": source, "cases": cases}


def suite_file(folder):
    """Everything that a request of ours can be. The suite encodes paths once, as for S3, so none that is encoded already."""
    cases = []
    for path in sorted(pathlib.Path(folder).glob("*/context.json")):
        case, context = path.parent, json.loads(path.read_text())
        head, _, body = (case / "request.txt").read_bytes().partition(b"\n\n")
        first, *lines = head.decode().split("\n")
        match = re.fullmatch(r"(\S+) (\S+) HTTP/1.1", first)
        if match is None or not context["normalize"] or "%" in match[2].split("?")[0]:
            continue
        headers = []
        for line in filter(None, lines):
            if line[0] in " \t":
                headers[-1][1] += "\n" + line
            else:
                headers.append(list(line.split(":", 1)))
        cases.append(
            {
                "name": case.name,
                "method": match[1],
                "target": match[2],
                "headers": headers,
                "body": body.decode(),
                "time": context["timestamp"],
                "region": context["region"],
                "service": context["service"],
                "access_key_id": context["credentials"]["access_key_id"],
                "secret_access_key": context["credentials"]["secret_access_key"],
                "session_token": context["credentials"].get("token"),
                "token_is_signed": not context.get("omit_session_token", False),
                "body_hash_is_signed": context["sign_body"],
                "canonical_request": (case / "header-canonical-request.txt").read_text(),
                "signature": (case / "header-signature.txt").read_text().strip(),
            }
        )
    source = "AWS signing test suite, version 4, header variants with normalised paths and nothing encoded in them (awslabs/aws-c-auth, Apache-2.0)"
    return {"_source": source, "cases": cases}


def text(document):
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--suite")
    arguments = parser.parse_args()
    if arguments.suite:
        (HERE / "suite.json").write_text(text(suite_file(arguments.suite)))
        return
    made, file = text(botocore_file()), HERE / "botocore.json"
    if arguments.check:
        sys.exit(0 if file.read_text() == made else f"{file.name} is not what botocore signs: run {__file__}")
    file.write_text(made)


if __name__ == "__main__":
    main()
