"""What no SDK sends: each gets the defined refusal, and the gateway goes on serving."""

import json
import socket
import time
from urllib.parse import urlsplit

import pytest
from chat import ask
from conftest import TRACE_ID
from raw_http import chat, exchange, one, request

GOOD = json.dumps({"model": "mock/test-model", "messages": ask()})


@pytest.fixture(autouse=True)
def still_serving(gateway):
    """After every test: whatever was sent, the next caller is served."""
    yield
    assert chat(gateway, GOOD).status == 200, gateway.tail()


# --- paths -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/v%31/chat/completions",
        "/%76%31/chat/completions",
        "/v%2531/chat/completions",
        "//v1/models",
        "/v1//models",
        "/v1/./models",
        "/v1/../v1/models",
        "/./v1/models",
        "/v1/models;x=1",
        "/v1/chat%2Fcompletions",
        "/v1\\models",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_disguised_path_is_refused(gateway, path, method):
    answer = one(gateway, request(gateway, method, path, body=GOOD.encode() if method == "POST" else b""))
    assert (answer.status, answer.error["code"]) == (400, "invalid_path")
    assert answer.error["type"] == "invalid_request_error"


@pytest.mark.parametrize("path", ["/v%31/models", "//v1/models"])
def test_disguised_path_is_no_way_around_the_key(gateway, path):
    """Refused whether or not there is a key: never served."""
    answer = one(gateway, request(gateway, "GET", path, ["Authorization: Bearer gw_0"]))
    assert answer.status in (400, 401)


def test_path_outside_the_api_is_not_found(gateway):
    answer = one(gateway, request(gateway, "GET", "/index.html"))
    assert (answer.status, answer.error["code"], answer.error["type"]) == (404, "not_found", "not_found_error")


def test_query_is_no_part_of_the_path(gateway):
    assert one(gateway, request(gateway, "GET", "/v1/models?a=%20//;")).status == 200


@pytest.mark.parametrize(
    "method, path, allow",
    [("GET", "/v1/chat/completions", {"POST"}), ("DELETE", "/v1/models", {"GET", "HEAD"}), ("PUT", "/v1/chat/completions", {"POST"})],
)
def test_wrong_method_names_the_right_ones(gateway, method, path, allow):
    answer = one(gateway, request(gateway, method, path))
    assert (answer.status, answer.error["code"]) == (405, "method_not_allowed")
    assert set(answer.headers["allow"].replace(" ", "").split(",")) == allow


# --- heads -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Authorization", "X-Api-Key"])
def test_two_keys_are_no_key(gateway, name):
    """One reader takes the first, another the last: neither is right."""
    value = ("Bearer " if name == "Authorization" else "") + gateway.key
    other = ("Bearer " if name == "Authorization" else "") + "gw_" + "0" * 40
    for pair in [(value, other), (other, value), (value, value)]:
        headers = [f"{name}: {key}" for key in pair]
        if name != "Authorization":
            headers.append("Authorization: Basic eDp5")
        answer = one(gateway, request(gateway, "GET", "/v1/models", headers))
        assert (answer.status, answer.error["code"]) == (401, "invalid_api_key")


@pytest.mark.parametrize("value", ["Bearer", "Bearer ", "Basic gw_", "Bearer \xff\xfe", "bearer\tgw_"])
def test_key_that_is_none_is_refused(gateway, value):
    answer = one(gateway, request(gateway, "GET", "/v1/models", [f"Authorization: {value}"]))
    assert answer.status == 401
    assert answer.error["type"] == "authentication_error"


def test_trace_id_with_bytes_beyond_ascii_is_replaced(gateway):
    answer = one(gateway, request(gateway, "GET", "/v1/models", ["X-Trace-ID: tr\xe4ce"]))
    assert answer.status == 200
    assert TRACE_ID.fullmatch(answer.headers["x-trace-id"])


@pytest.mark.parametrize("count, size", [(1, 2_000_000), (20_000, 10)])
def test_oversize_head_is_refused(gateway, count, size):
    """One huge header, and many small ones. The rest of the head may meet a closed door."""
    headers = [f"X-Filler-{number}: {'a' * size}" for number in range(count)]
    try:
        answers = exchange(gateway, request(gateway, "GET", "/v1/models", headers))
    except ConnectionError:
        return
    assert [answer.status for answer in answers] in ([431], [400], [])


@pytest.mark.parametrize(
    "line",
    ["X-Nul: a\0b", "X-Cr: a\rb", "X Space: a", "X-Space : a", " folded: a", ": nameless", "no-colon", "X-N\xfcme: a"],
)
def test_header_that_is_none_is_refused(gateway, line):
    answer = one(gateway, request(gateway, "GET", "/v1/models", [line]))
    assert answer.status == 400


@pytest.mark.parametrize("first", [b"GET /v1/models", b"GET  /v1/models HTTP/1.1", b"GET /v1/models HTTP/9.9", b"\x16\x03\x01\x02\0\x01", b"PRI * HTTP/1.1"])
def test_nonsense_for_a_first_line_is_refused(gateway, first):
    answers = exchange(gateway, first + b"\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert all(400 <= answer.status < 600 for answer in answers)


# --- framing -----------------------------------------------------------------------------------------------------

SMUGGLED = "GET /v1/models HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\n\r\n"


@pytest.mark.parametrize(
    "framing",
    [
        ["Content-Length: 5", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: chunked", "Content-Length: 5"],
        ["Content-Length: 5", "Content-Length: 6"],
        ["Content-Length: 5, 6"],
        ["Content-Length: +5"],
        ["Content-Length: -1"],
        ["Content-Length: 5x"],
        ["Transfer-Encoding: xchunked"],
        ["Transfer-Encoding: chunked, identity"],
    ],
)
def test_ambiguous_framing_smuggles_nothing(gateway, framing):
    """The bytes behind a request of two lengths are not another request, whichever length is believed."""
    body = f"0\r\n\r\n{SMUGGLED.format(key=gateway.key)}".encode()
    head = request(gateway, "POST", "/v1/chat/completions", framing).replace(b"Connection: close\r\n", b"")
    answers = exchange(gateway, head + body)
    assert len(answers) <= 1
    assert all(400 <= answer.status < 500 for answer in answers)


@pytest.mark.parametrize("body", [b"zz\r\nabc\r\n0\r\n\r\n", b"3\r\nabcd\r\n0\r\n\r\n", b"fffffffffffffffff\r\nabc", b"-1\r\na\r\n0\r\n\r\n"])
def test_broken_chunks_are_refused(gateway, body):
    answer = one(gateway, request(gateway, "POST", "/v1/chat/completions", ["Transfer-Encoding: chunked"], body))
    assert answer.status == 400


def test_chunked_body_is_read(gateway):
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (GOOD[:10].encode(), GOOD[10:].encode())) + b"0\r\n\r\n"
    assert one(gateway, request(gateway, "POST", "/v1/chat/completions", ["Transfer-Encoding: chunked"], body)).status == 200


def test_pipelined_requests_are_answered_in_order(gateway):
    first = request(gateway, "GET", "/v1/models", ["X-Trace-ID: first"]).replace(b"Connection: close\r\n", b"")
    second = request(gateway, "GET", "/v1/nope", ["X-Trace-ID: second"])
    answers = exchange(gateway, first + second)
    assert [(answer.status, answer.headers["x-trace-id"]) for answer in answers] == [(200, "first"), (404, "second")]


def test_half_a_request_is_no_request(gateway):
    address = urlsplit(gateway.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Le")
        connection.shutdown(socket.SHUT_WR)
        answered = connection.recv(65536)
    assert answered == b"" or answered.startswith((b"HTTP/1.1 400", b"HTTP/1.1 408"))


# --- sizes -------------------------------------------------------------------------------------------------------


def test_announced_size_beyond_the_limit_is_refused_unread(gateway):
    """A terabyte is refused at its announcement: the answer comes after at most two seconds, not after the body."""
    started = time.monotonic()
    head = request(gateway, "POST", "/v1/chat/completions", [f"Content-Length: {10**12}"])
    answer = one(gateway, head + b"x" * 1000)
    assert (answer.status, answer.error["code"], answer.error["type"]) == (413, "input_too_large", "input_size_error")
    assert time.monotonic() - started < 5


def test_body_that_grows_beyond_the_limit_is_refused(gateway):
    """Chunked, so nobody knew. Half a megabyte over: all of it is taken, and the answer seen."""
    piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    body = piece * (32 * 16 + 8) + b"0\r\n\r\n"
    answer = one(gateway, request(gateway, "POST", "/v1/chat/completions", ["Transfer-Encoding: chunked"], body), seconds=30)
    assert (answer.status, answer.error["code"]) == (413, "input_too_large")


def test_stranger_with_a_large_body_sees_the_refusal(gateway):
    head = request(gateway, "POST", "/v1/chat/completions", ["Authorization: Bearer gw_0"], b"x" * 900_000)
    answer = one(gateway, head)
    assert (answer.status, answer.error["code"]) == (401, "invalid_api_key")


# --- bodies ------------------------------------------------------------------------------------------------------


def test_malformed_json_names_line_and_path(gateway):
    body = '{\n  "model": "mock/test-model",\n  "messages": [\n    {"role": "user", "content": }\n  ]\n}'
    answer = chat(gateway, body)
    assert (answer.status, answer.error["code"]) == (400, "invalid_json")
    assert "line 4" in answer.error["message"]
    assert "messages[0].content" in answer.error["message"]


@pytest.mark.parametrize(
    "body",
    [
        "",
        " ",
        "null",
        "[]",
        '"text"',
        "{",
        GOOD + "x",
        GOOD + GOOD,
        GOOD[:-1],
        GOOD.replace("hello", "\n"),
        GOOD.replace("hello", "\\ud800"),
        GOOD.replace('"mock/test-model"', "NaN"),
        "\ufeff" + GOOD,
        b"\xff\xfe{\0}\0",
        GOOD.encode().replace(b"hello", b"\xff"),
        GOOD.encode().replace(b"hello", b"\xc0\xaf"),
        GOOD.encode().replace(b"hello", b"\xed\xa0\x80"),
        GOOD.encode("utf-16"),
    ],
)
def test_body_that_is_no_json_object_is_refused(gateway, body):
    answer = chat(gateway, body)
    assert answer.status == 400
    assert answer.error["code"] in ("invalid_json", "validation_error", "invalid_request")
    assert answer.error["type"] == "invalid_request_error"


@pytest.mark.parametrize("opening, closing", [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("closed", [True, False])
def test_deep_body_is_refused(gateway, opening, closing, closed):
    depth = 200_000
    nested = opening * depth + ("1" + closing * depth if closed else "")
    for body in (nested, GOOD[:-1] + ', "x": ' + nested + "}"):
        answer = chat(gateway, body)
        assert (answer.status, answer.error["code"]) == (400, "invalid_json")


@pytest.mark.parametrize(
    "twice",
    [
        GOOD[:-1] + ', "model": "mock/other"}',
        '{"model": "mock/other", ' + GOOD[1:],
        GOOD[:-1] + ', "m\\u006fdel": "mock/other"}',
        GOOD[:-1] + ', "messages": []}',
    ],
)
def test_key_given_twice_is_refused(gateway, twice):
    """A policy would read one of them and the vendor the other."""
    answer = chat(gateway, twice)
    assert answer.status == 400
    assert answer.error["type"] == "invalid_request_error"


@pytest.mark.parametrize("headers", [["Content-Type: text/plain"], ["Content-Type: "], ["Content-Type: application/x-www-form-urlencoded"]])
def test_wrong_media_type_is_refused(gateway, headers):
    answer = chat(gateway, GOOD, headers)
    assert (answer.status, answer.error["code"]) == (415, "unsupported_media_type")


def test_answer_that_nobody_accepts_is_refused(gateway):
    answer = chat(gateway, GOOD, ["Accept: image/png"])
    assert (answer.status, answer.error["code"]) == (406, "not_acceptable")


def test_refusal_repeats_nothing_of_the_body(gateway):
    secret = "my-password-is-swordfish"
    values = [f'{{"model": "{secret}"', f'{{"model": {{"{secret}": 1}}, "messages": []}}', GOOD.replace("hello", f"{secret}\\q")]
    for body in values:
        answer = chat(gateway, body)
        assert answer.status == 400
        assert secret not in answer.error["message"]
    # A key is part of the path that the message names; the log has neither.
    assert chat(gateway, f'{{"{secret}": }}').status == 400
    assert secret not in gateway.log.read_text()
