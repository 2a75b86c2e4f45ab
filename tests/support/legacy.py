"""Sound texts, and what puts them into legacy encodings or damages them as the field does."""

import json
import random
import unicodedata

from support.builds import ROOT

# Paragraphs of the annotated pages: proper Vietnamese of some length.
_PAGES = (ROOT / "benchmarks/pages/1.jsonl").read_text(encoding="utf-8").splitlines()
_BODIES = [paragraph for page in _PAGES for paragraph in json.loads(page)["body"] if len(paragraph) > 150]
TEXTS = [f" date 2020-12 {body}" for body in random.Random(3).sample(_BODIES, 40)]

_MARKS = {"\u0300": "grave", "\u0301": "acute", "\u0309": "hook", "\u0303": "tilde", "\u0323": "dot"}
_TCVN3 = dict(
    zip(
        "àảãáạằẳẵắặầẩẫấậđèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵăâêôơưĂÂÊÔƠƯĐ",
        bytes.fromhex(
            "b5b6b7b8b9bbbcbdbec6c7c8c9cacbaecccecfd0d1d2d3d4d5d6d7d8dcdddedfe1e2e3e4e5e6e7e8e9eaebecedee"
            "eff1f2f3f4f5f6f7f8f9fafbfcfdfea8a9aaabacada1a2a3a4a5a6a7"
        ),
        strict=True,
    )
)


def tcvn3(text):
    return b"".join(bytes([_TCVN3.get(letter) or _TCVN3.get(letter.lower()) or ord(letter)]) for letter in text)


def cp1258(text):
    parts = []
    for letter in text:
        decomposed = unicodedata.normalize("NFD", letter)
        tone = "".join(mark for mark in decomposed if mark in _MARKS)
        base = unicodedata.normalize("NFC", "".join(mark for mark in decomposed if mark not in _MARKS))
        parts.append((base + tone).encode("cp1258"))
    return b"".join(parts)


_VNI_ONE = dict(zip("ơưđíìỉĩịỵ", "ôöñíìæóòî", strict=True))
_VNI_TONE = {"": dict(zip(_MARKS, "øùûõï", strict=True))}
_VNI_TONE["\u0302"] = {"": "â", **dict(zip(_MARKS, "àáåãä", strict=True))}
_VNI_TONE["\u0306"] = {"": "ê", **dict(zip(_MARKS, "èéúüë", strict=True))}


def vni(text):
    out = []
    for letter in text:
        lower = letter.lower()
        if lower in _VNI_ONE:
            pair = _VNI_ONE[lower]
        else:
            decomposed = unicodedata.normalize("NFD", lower)
            tone = "".join(mark for mark in decomposed if mark in _MARKS)
            quality = "".join(mark for mark in decomposed if mark in "\u0302\u0306")
            horn = {"o": "ô", "u": "ö"}[decomposed[0]] if "\u031b" in decomposed else decomposed[0]
            pair = horn + _VNI_TONE[quality].get(tone, "") if len(decomposed) > 1 else lower
        out.append(pair.upper() if letter.isupper() else pair)
    return "".join(out).encode("cp1252", "replace")


def western(data):
    return "".join(bytes([code]).decode("cp1252", "ignore") or chr(code) for code in data)


def plain(text):
    """Only what all the encodings have: no curly quotes, no accented capitals outside of words of capitals."""
    text = "".join(letter if letter.isascii() or letter.lower() in _TCVN3 else " " for letter in text)
    lowered = "".join(
        letter.lower() if letter in "ÀÁẢÃẠẤẦẨẪẬẮẰẲẴẶÉÈẺẼẸẾỀỂỄỆÍÌỈĨỊÓÒỎÕỌỐỒỔỖỘỚỜỞỠỢÚÙỦŨỤỨỪỬỮỰÝỲỶỸỴ" else letter
        for letter in text
    )
    return " ".join(lowered.split())


def disguised(text):
    return text[:14] + text[14:].translate(str.maketrans("aoec", "аоес"))


AS_TEXT = {
    "encoding.utf8_as_cp1252": lambda text: western(text.encode()),
    "encoding.tcvn3": lambda text: western(tcvn3(plain(text))),
    "encoding.vni": lambda text: western(vni(plain(text))),
    "encoding.cp1258_as_cp1252": lambda text: western(cp1258(plain(text))),
    "encoding.replacement_character": lambda text: f"{text[:40]}\ufffd{text[41:]}",
    "encoding.c1_controls": lambda text: f"{text} \x96 \x93a\x94",
    "text.homoglyphs": disguised,
    "text.markup": lambda text: f"<p>{text}</p>\n<div class='x'>{text}</div>",
}
AS_BYTES = {
    "encoding.tcvn3": lambda text: tcvn3(plain(text)),
    "encoding.vni": lambda text: vni(plain(text)),
    "encoding.cp1258": lambda text: cp1258(plain(text)),
    "encoding.utf16": lambda text: text.encode("utf-16"),
    "encoding.utf32": lambda text: text.encode("utf-32"),
    "encoding.nul": lambda text: text.encode() + b"\0",
    "encoding.invalid_utf8": lambda text: text.encode()[:-1] + b"\xff",
}
