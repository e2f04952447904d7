"""Messages about photos for people: the whole sentence for each code, with the clause that says more in it."""

from gemelo.errors import Message

# Codes by the sentence `friendly.NAME` that tells them.
FRIENDLY = {
    "empty": ("photo.empty",),
    "16-bit": ("photo.16-bit",),
    "frame": ("photo.frame",),
    "cmyk": ("photo.cmyk",),
    "corrupt": ("photo.damaged", "photo.damaged-by", "photo.header", "photo.impossible-size"),
    "too-large": (
        *("photo.pixels", "photo.side", "photo.resized", "photo.bordered", "photo.memory-limit", "photo.bytes"),
        "photo.upload",
    ),
    "parts": ("photo.parts", "photo.metadata", "photo.many-scans", "photo.scans", "photo.runs"),
    "memory": ("photo.memory", "photo.memory-size"),
    "kind": ("photo.kind",),
}
_NAMES = {code: name for name, codes in FRIENDLY.items() for code in codes}


def friendly(message: Message) -> Message:
    """The whole sentence that tells a message; the message itself where it is one already."""
    if message.code not in _NAMES:
        return message
    detail = message.parameters.get("reason", Message(message.code, **message.parameters))
    about = message.about
    return Message(f"friendly.{_NAMES[message.code]}", about, **{**message.parameters, "detail": detail})
