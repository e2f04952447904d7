"""gemelo.js in other people's pages: what it takes, what it gives back, and how it refuses."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from gemelo import load

ASK = """async ([kind, url]) => {
  const file = await (await fetch(url)).blob();
  const drawn = async () => { const image = new Image(); image.src = url; await image.decode(); return image; };
  const canvas = async () => {
    const [image, made] = [await drawn(), document.createElement("canvas")];
    [made.width, made.height] = [image.naturalWidth, image.naturalHeight];
    made.getContext("2d").drawImage(image, 0, 0);
    return made;
  };
  const photos = {
    blob: () => file,
    file: () => new File([file], "photo.webp"),
    buffer: () => file.arrayBuffer(),
    bytes: async () => new Uint8Array(await file.arrayBuffer()),
    img: drawn,
    canvas,
    bitmap: () => createImageBitmap(file),
    text: () => "photo.jpg",
    nothing: () => undefined,
    list: () => [file],
    broken: () => new Blob(["no photo at all"]),
    empty: () => new ArrayBuffer(0),
  };
  try {
    return { answer: await classifier.classify(await photos[kind]()) };
  } catch ({ name, message, kind }) {
    return { name, message, kind };
  }
}"""


@pytest.fixture(scope="module")
def other_page(browser: Browser, page_url: str) -> Iterator[Page]:
    """Another page of the same origin, with the classifier loaded."""
    page = browser.new_page()
    page.goto(f"{page_url}nothing")
    page.evaluate(f"async () => {{ window.classifier = await (await import('{page_url}gemelo.js')).load(); }}")
    yield page
    page.close()


@pytest.fixture(scope="module")
def sample(page_folder: Path) -> Path:
    return page_folder / "samples" / "cat-1.webp"


def ask(page: Page, url: str, kind: str) -> dict[str, Any]:
    return dict(page.evaluate(ASK, [kind, f"{url}samples/cat-1.webp"]))


@pytest.mark.parametrize("kind", ["blob", "file", "buffer", "bytes", "img", "canvas", "bitmap"])
def test_a_photo_of_any_kind_is_answered_as_python_does(
    other_page: Page, page_url: str, page_folder: Path, sample: Path, kind: str
) -> None:
    answer = ask(other_page, page_url, kind)["answer"]
    with load(page_folder / "bundle") as classifier:
        expected = classifier.predict(sample)
    assert [p["label"] for p in answer["predictions"]] == [p.label for p in expected]
    # What the browser has drawn went through its own decoder's colors.
    tolerance = 1e-5 if kind in ("blob", "file", "buffer", "bytes") else 2e-2
    assert [p["probability"] for p in answer["predictions"]] == pytest.approx(
        [p.probability for p in expected], abs=tolerance
    )
    assert (answer["label"], answer["index"], answer["sure"]) == (expected[0].label, expected[0].index, True)
    assert set(answer["ms"]) == {"decode", "resize", "model"}


@pytest.mark.parametrize("kind", ["text", "nothing", "list"])
def test_what_is_no_photo_is_a_type_error_that_says_what_is(other_page: Page, page_url: str, kind: str) -> None:
    refused = ask(other_page, page_url, kind)
    assert refused["name"] == "TypeError"
    assert "classify() takes a File, a Blob, an ArrayBuffer" in refused["message"]


@pytest.mark.parametrize(("kind", "why"), [("broken", "unsupported"), ("empty", "empty")])
def test_a_photo_that_cannot_be_read_is_a_photo_error(other_page: Page, page_url: str, kind: str, why: str) -> None:
    refused = ask(other_page, page_url, kind)
    assert (refused["name"], refused["kind"]) == ("PhotoError", why)


def test_it_says_what_it_is(other_page: Page, page_folder: Path) -> None:
    content = json.loads((page_folder / "page.json").read_text(encoding="utf-8"))
    assert other_page.evaluate("[...classifier.labels]") == content["labels"]
    assert other_page.evaluate("classifier.choice") == {"runtime": "tfjs", "backend": "wasm", "variant": "fp32"}
    verification = other_page.evaluate("classifier.verification")
    assert verification["passed"]
    assert verification["images"] == len(content["goldens"]["images"])


def test_a_artifact_is_chosen_and_one_that_is_not_there_refused(other_page: Page, page_url: str) -> None:
    script = f"""async (wanted) => {{
      const {{ load }} = await import('{page_url}gemelo.js');
      try {{
        const other = await load(wanted);
        other.close();
        return other.choice.runtime + "/" + other.choice.variant;
      }} catch ({{ name, message }}) {{
        return name + ": " + message;
      }}
    }}"""
    assert other_page.evaluate(script, {"runtime": "onnx", "variant": "int8"}) == "onnx/int8"
    refused = other_page.evaluate(script, {"variant": "int2"})
    assert refused.startswith("NoEngineError: this page has no variant int2; it has runtime tfjs or ")
