"""The fake Bedrock itself: AWS's own SDK calls it, signs for it, and reads what it says."""

import botocore.exceptions
import botocore.session
import pytest
from aws_signature import Account, Received, Rejected, check
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from fake_bedrock import ARGUMENTS, REGION, SIGNATURE, THOUGHT, USAGE, FakeBedrock

STATIC = Account("AKIDSTATIC", "secret-of-static")
FOR_A_WHILE = Account("ASIDSESSION", "secret-of-session", "token-of-session")
OVER = Account("ASIDOVER", "secret-of-over", "token-of-over", expired=True)
SESSION = botocore.session.get_session()
"""Which reads AWS's model once."""

MODELS = ["amazon.nova-pro-v1:0", "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/abc123def456"]


@pytest.fixture(scope="module")
def bedrock():
    with FakeBedrock([STATIC, FOR_A_WHILE, OVER], api_key="bedrock-api-key") as bedrock:
        yield bedrock


def sdk(bedrock, account: Account, **changed: str):
    said = {"region_name": REGION, "aws_secret_access_key": account.secret_key, "aws_session_token": account.session_token} | changed
    return SESSION.create_client(
        "bedrock-runtime", endpoint_url=bedrock.url, aws_access_key_id=account.access_key, config=Config(retries={"total_max_attempts": 1}), **said
    )


def say(text: str) -> dict:
    return {"messages": [{"role": "user", "content": [{"text": text}]}]}


@pytest.mark.parametrize("model", MODELS, ids=["id", "arn"])
@pytest.mark.parametrize("account", [STATIC, FOR_A_WHILE], ids=["static", "session"])
def test_signed_call_is_served(bedrock, account, model):
    answer = sdk(bedrock, account).converse(modelId=model, **say("hello – ✓"))
    assert answer["output"]["message"]["content"] == [{"text": "I read: hello – ✓"}]
    assert (answer["stopReason"], answer["usage"]) == ("end_turn", USAGE)
    assert (bedrock.signers[-1], bedrock.models[-1]) == (account.access_key, model)


def test_stream_is_read_event_by_event(bedrock):
    text, arguments, stops = "", "", []
    for event in sdk(bedrock, STATIC).converse_stream(modelId=MODELS[0], **say("tools"))["stream"]:
        delta = event.get("contentBlockDelta", {}).get("delta", {})
        text += delta.get("text", "")
        arguments += delta.get("toolUse", {}).get("input", "")
        stops += [event["messageStop"]["stopReason"]] if "messageStop" in event else []
    assert (text, stops) == ("Let me look.", ["tool_use"])
    assert arguments == '{"city": "Zürich"}' and ARGUMENTS == {"city": "Zürich"}


def test_thoughts_have_their_signature(bedrock):
    content = sdk(bedrock, STATIC).converse(modelId=MODELS[0], **say("thinking"))["output"]["message"]["content"]
    assert content[0] == {"reasoningContent": {"reasoningText": {"text": THOUGHT, "signature": SIGNATURE}}}


def test_exception_of_a_stream_is_one_to_the_sdk(bedrock):
    with pytest.raises(botocore.exceptions.EventStreamError, match="throttlingException"):
        list(sdk(bedrock, STATIC).converse_stream(modelId=MODELS[0], **say("throttled"))["stream"])


def refused(call) -> tuple[str, int]:
    with pytest.raises(botocore.exceptions.ClientError) as raised:
        call()
    return raised.value.response["Error"]["Code"], raised.value.response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize(
    "account, changed, error",
    [
        (STATIC, {"aws_secret_access_key": "another"}, "InvalidSignatureException"),
        (STATIC, {"region_name": "us-east-1"}, "InvalidSignatureException"),
        (STATIC, {"aws_session_token": "token-of-nobody"}, "UnrecognizedClientException"),
        (FOR_A_WHILE, {"aws_session_token": None}, "UnrecognizedClientException"),
        (FOR_A_WHILE, {"aws_session_token": "another"}, "UnrecognizedClientException"),
        (Account("AKIDNOBODY", "secret"), {}, "UnrecognizedClientException"),
        (OVER, {}, "ExpiredTokenException"),
    ],
)
def test_call_that_is_signed_otherwise_is_refused(bedrock, account, changed, error):
    assert refused(lambda: sdk(bedrock, account, **changed).converse(modelId=MODELS[0], **say("hello"))) == (error, 403)


def test_other_refusals_are_those_of_the_model(bedrock):
    client = sdk(bedrock, STATIC)
    assert refused(lambda: client.converse(modelId=MODELS[0], **say("busy"))) == ("ThrottlingException", 429)
    assert refused(lambda: client.converse(modelId=MODELS[0], **say(" "))) == ("ValidationException", 400)


# --- what a signature covers -------------------------------------------------------------------------------------


def signed(account: Account = FOR_A_WHILE, **headers: str) -> Received:
    """A request as botocore signs it."""
    given = {"host": "127.0.0.1:1", "content-type": "application/json", **headers}
    request = AWSRequest("POST", "http://127.0.0.1:1/model/a%3A0/converse", headers=given, data=b"{}")
    SigV4Auth(Credentials(account.access_key, account.secret_key, account.session_token), "bedrock", REGION).add_auth(request)
    return Received("POST", "/model/a%3A0/converse", {name.lower(): value for name, value in request.headers.items()}, b"{}")


def checked(request: Received) -> str:
    return check(request, [STATIC, FOR_A_WHILE], region=REGION, service="bedrock").access_key


def altered(request: Received, **changes: object) -> Received:
    said = {"method": request.method, "target": request.target, "headers": request.headers, "body": request.body}
    return Received(**(said | changes))


def test_signature_is_accepted_as_it_was_made():
    assert checked(signed()) == FOR_A_WHILE.access_key
    assert checked(signed(STATIC)) == STATIC.access_key


@pytest.mark.parametrize(
    "change",
    [
        {"body": b"{} "},
        {"method": "PUT"},
        {"target": "/model/a:0/converse"},
        {"target": "/model/a%3A1/converse"},
        {"target": "/model/a%3A0/converse?x=1"},
    ],
    ids=str,
)
def test_changed_request_is_rejected(change):
    with pytest.raises(Rejected):
        checked(altered(signed(), **change))


@pytest.mark.parametrize(
    "header, value",
    [
        ("host", "127.0.0.1:2"),
        ("content-type", "text/plain"),
        ("x-amz-date", "20200101T000000Z"),
        ("x-amz-security-token", "another"),
        ("x-amz-content-sha256", "0" * 64),
        ("x-amz-meta", "not signed"),
        ("authorization", "Bearer a"),
    ],
)
def test_changed_header_is_rejected(header, value):
    request = signed()
    with pytest.raises(Rejected):
        checked(altered(request, headers=request.headers | {header: value}))


def test_signature_of_another_day_is_rejected():
    request = signed()
    stale = request.headers["authorization"].replace(request.headers["x-amz-date"][:8], "20200101")
    with pytest.raises(Rejected):
        checked(altered(request, headers=request.headers | {"authorization": stale}))


def test_headers_that_are_sent_and_not_signed_are_rejected():
    request = signed()
    for name in ("content-type;", ";x-amz-security-token", ";x-amz-date"):
        unsigned = request.headers["authorization"].replace(name, "")
        assert unsigned != request.headers["authorization"]
        with pytest.raises(Rejected):
            checked(altered(request, headers=request.headers | {"authorization": unsigned}))
