"""Images and documents: each arrives as what it is, in the words of the vendor."""

import base64
import json

import openai
import pytest
from chat import ask
from dialects import ANTHROPIC

PIXEL = base64.b64encode(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8cfc0f01f00050001ff56c7c2450000000049454e44ae426082"
    )
).decode()
PDF = base64.b64encode(b"%PDF-1.4 not much of one").decode()
LINK = "https://example.com/zurich.png?size=1&a=b"


def shown(*parts: dict) -> list[dict]:
    return [{"role": "user", "content": [{"type": "text", "text": "What is this?"}, *parts]}]


def image(url: str, **more) -> dict:
    return {"type": "image_url", "image_url": {"url": url, **more}}


def document(data: str, **more) -> dict:
    return {"type": "file", "file": {"file_data": data, **more}}


@pytest.mark.parametrize(
    "part, source",
    [
        (image(LINK), {"type": "url", "url": LINK}),
        (image(f"data:image/png;base64,{PIXEL}"), {"type": "base64", "media_type": "image/png", "data": PIXEL}),
        (image(f"data:image/png;base64,{PIXEL}", detail="high"), {"type": "base64", "media_type": "image/png", "data": PIXEL}),
    ],
    ids=["address", "data", "detail"],
)
def test_image_arrives(client, model, vendor, dialect, part, source):
    name = model("text")
    answer = client.chat.completions.create(model=name, messages=shown(part))
    assert "What is this?" in answer.choices[0].message.content
    content = dialect.sent(vendor.call(name))["messages"][0]["content"]
    if dialect is ANTHROPIC:
        assert content == [{"type": "text", "text": "What is this?"}, {"type": "image", "source": source}]
    else:
        assert content == shown(part)[0]["content"]


def test_document_arrives(client, model, vendor, dialect):
    name = model("text")
    part = document(f"data:application/pdf;base64,{PDF}", filename="lakes.pdf")
    client.chat.completions.create(model=name, messages=shown(part))
    content = dialect.sent(vendor.call(name))["messages"][0]["content"]
    if dialect is ANTHROPIC:
        source = {"type": "base64", "media_type": "application/pdf", "data": PDF}
        assert content[1] == {"type": "document", "source": source, "title": "lakes.pdf"}
    else:
        assert content == shown(part)[0]["content"]


def test_several_images_keep_their_places_among_the_text(client, model, vendor, dialect):
    name = model("text")
    parts = [image(LINK), {"type": "text", "text": "And this?"}, image(f"data:image/png;base64,{PIXEL}")]
    client.chat.completions.create(model=name, messages=shown(*parts))
    kinds = [part["type"] for part in dialect.sent(vendor.call(name))["messages"][0]["content"]]
    picture = "image" if dialect is ANTHROPIC else "image_url"
    assert kinds == ["text", picture, "text", picture]


def test_image_may_stand_among_earlier_turns(client, model, dialect):
    messages = [*shown(image(LINK)), {"role": "assistant", "content": "A lake."}, *ask("Which?")]
    answer = client.chat.completions.create(model=model("text"), messages=messages)
    assert "Which?" in answer.choices[0].message.content


@pytest.mark.parametrize(
    "part",
    [
        {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
        {"type": "file", "file": {"file_id": "file-1"}},
        image("data:image/tiff;base64,AAAA"),
        image("ftp://example.com/a.png"),
    ],
    ids=["audio", "uploaded file", "image of another kind", "address of another kind"],
)
def test_what_anthropic_cannot_be_shown_is_refused_and_not_left_out(client, claude, vendor, part):
    """By us, naming the part, or by Anthropic; the model never answers as if it had seen it."""
    with pytest.raises(openai.BadRequestError) as raised:
        client.chat.completions.create(model=claude("text"), messages=shown(part))
    assert raised.value.code in ("unsupported_capability", "provider_rejected_request", "invalid_request")
    if part["type"] in ("input_audio", "file"):
        assert raised.value.code == "unsupported_capability"
        assert raised.value.param.startswith("messages[0].content[1]")


def test_audio_reaches_the_vendor_that_hears(client, model, vendor):
    name = model("text")
    part = {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}
    client.chat.completions.create(model=name, messages=shown(part))
    assert json.loads(vendor.call(name).body)["messages"] == shown(part)
