"""Why a seed is rejected: a list of all reasons, with what a keeper needs to know about each.

The ledger and messages show the code of the reason. `make pages` writes the table in `docs/reasons.md` from this
list. To add a reason, add a constant here and a case to `tests/test_reasons.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Reason:
    """A reason why a seed is rejected.

    Attributes:
        code: the ledger's `reason`, such as `limit.bytes`.
        meaning: what is wrong with the seed, in Markdown.
        remedy: what the keeper can do about it, in Markdown.
        setting: the key of corpus.toml that sets the limit, such as `limits.max_bytes`; None if there is no such key.
        changeable: True if the same bytes may be accepted on another day, because the day or the file system also
            decides. If so, the next build reads the seed again, although it has not changed.
    """

    code: str
    meaning: str = field(repr=False)
    remedy: str = field(repr=False)
    setting: str | None = field(default=None, repr=False)
    changeable: bool = field(default=False, repr=False)

    @property
    def key(self) -> str:
        """The setting without its table, such as `max_bytes`; empty if there is none."""
        return (self.setting or "").rpartition(".")[2]


_CONVERT = "convert, or repair"
_MEND_HEADER = "correct the header"
_MEND_ROW = "correct the row"
_PACK_AGAIN = "pack it again"
_RAISE = "raise the limit"
_LOWER = "lower the threshold, or leave the seed out"
_FROM_SOURCE = "take the text from its source again"

FILE_UNREADABLE = Reason(
    "file.unreadable",
    "the operating system could not open or read the file; its bytes are unknown",
    "correct its permissions, or repair the disk",
    changeable=True,
)
FILE_NOT_REGULAR = Reason(
    "file.not_regular",
    "the file is a device, a FIFO, a socket, a broken link (also one that replaced a file), or a link in an archive",
    "replace it by a real file",
    changeable=True,
)
FILE_LINK_OUTSIDE = Reason(
    "file.link_outside",
    "a link in the input leads to a file or a folder outside the input",
    "replace the link by a copy; or, if you know where the links lead (`git annex`, DVC, the Hub's cache), write "
    "`follow_links = true` under `[limits]` into a file, and name this file with `--config`",
    setting="limits.follow_links",
    changeable=True,
)
FILE_LINK_LOOP = Reason(
    "file.link_loop",
    "a link leads to itself, to a folder that contains it, or to a folder that is read under another path; "
    "`detail` says which",
    "nothing is lost: delete the link",
    changeable=True,
)
FILE_BUILD_OUTPUT = Reason(
    "file.build_output",
    "it is a folder with a build, or a link into such a folder or into the `.OUT.state` beside it",
    "keep builds outside the input",
    changeable=True,
)

CONTAINER_DAMAGED = Reason(
    "container.damaged",
    "an archive, a compressed file, a JSON array or a file of Parquet or Arrow cannot be read to its end, has a wrong "
    "checksum, or has bytes that belong to no part of it; `detail` says which. Sound data before the damage are read "
    "(see below)",
    "make the file again",
)
CONTAINER_ENCRYPTED = Reason("container.encrypted", "a member of a zip archive has a password", "unpack it")
CONTAINER_METHOD = Reason(
    "container.method",
    "a member of a zip archive is packed by a method that cannot be read, such as Deflate64 or PPMd; stored, Deflate, "
    "bzip2, LZMA and Zstandard can be read",
    _PACK_AGAIN,
)
CONTAINER_UNSAFE_PATH = Reason(
    "container.unsafe_path", "a member's path is absolute, contains `..` or a NUL", _PACK_AGAIN
)
CONTAINER_VALUE = Reason(
    "container.value",
    "a row of a table or from Python has a value that JSON cannot hold, such as text that is not UTF-8, a time out of "
    "range, an object of a class or a union, under a key that is read",
    "make the file again",
)
CONTAINER_INDICES = Reason(
    "container.indices",
    "a folder of `datasets.save_to_disk` keeps the order or the choice of its rows in a file of indices, as old "
    "versions of `datasets` wrote it",
    "load it with `datasets` and save it again: it then writes the chosen rows in their order",
)

LIMIT_BYTES = Reason(
    "limit.bytes",
    "the seed has more than `[limits] max_bytes` bytes",
    f"{_RAISE}, or leave the seed out",
    setting="limits.max_bytes",
)
LIMIT_RATIO = Reason(
    "limit.ratio",
    "a compressed seed, file of rows, archive or file of Parquet or Arrow unpacks to more than `max_ratio` times its "
    "size and more than `max_bytes`; rows and members before this point are read",
    "check its contents",
    setting="limits.max_ratio",
)
LIMIT_WINDOW = Reason(
    "limit.window",
    "unpacking a Zstandard or LZMA stream needs more than 128 MiB of memory (`zstd --long=28` and more)",
    "pack it again without `--long`, or with `--long=27`",
)
LIMIT_MEMBERS = Reason(
    "limit.members", "an archive has more than `max_members` members", _RAISE, setting="limits.max_members"
)
LIMIT_PARAGRAPHS = Reason(
    "limit.paragraphs", "the text has more than `max_paragraphs` paragraphs", _RAISE, setting="limits.max_paragraphs"
)

JSON_INVALID = Reason("json.invalid", "a row is not JSON; NaN and Infinity are not JSON", _MEND_ROW)
JSON_TYPE = Reason(
    "json.type",
    "a row is not an object, has no string `text`, or another field has the wrong type; or a `.json` file is not an "
    "array",
    f"{_MEND_ROW}; `pointer` names the field",
)
JSON_DUPLICATE_KEY = Reason("json.duplicate_key", "an object of the row has the same key twice", _MEND_ROW)
JSON_DEPTH = Reason("json.depth", "the row has more than 500 brackets inside one another", _MEND_ROW)

CSV_HEADER = Reason(
    "csv.header",
    "the first row of a CSV or TSV file, which names the columns, has a name twice or more than 1 MiB",
    "correct the first row",
)
CSV_FIELDS = Reason(
    "csv.fields", "a row of a CSV or TSV file has more or fewer cells than the first row has names", _MEND_ROW
)
CSV_QUOTE = Reason(
    "csv.quote",
    "a quote in a CSV or TSV file is not closed, or there is something between it and the end of its cell; `detail` "
    "names the line. Nothing after it is read, because it may be text or rows",
    "close the quote; a quote inside of a cell in quotes is written twice",
)

ENCODING_INVALID_UTF8 = Reason(
    "encoding.invalid_utf8",
    "the bytes are not UTF-8, and no encoding below explains them; with a `pointer`: this field is in another "
    "encoding than the row's text, or must be ASCII because the text is not UTF-8 (`id`, `date`, `url`)",
    "convert them to UTF-8 from their encoding",
)
ENCODING_NUL = Reason(
    "encoding.nul",
    "the text (or a field of the row) holds NUL bytes: it is binary data, or UTF-16 without its byte order mark",
    "convert it to UTF-8 from its encoding",
)
ENCODING_UTF16 = Reason(
    "encoding.utf16",
    "the text, or the file of the row, begins with the byte order mark of UTF-16",
    _CONVERT,
)
ENCODING_UTF32 = Reason(
    "encoding.utf32",
    "the text, or the file of the row, begins with the byte order mark of UTF-32",
    _CONVERT,
)
ENCODING_UTF8_AS_CP1252 = Reason(
    "encoding.utf8_as_cp1252", "UTF-8 that was read as windows-1252, once or several times (`CÃ´ng an`)", _CONVERT
)
ENCODING_TCVN3 = Reason(
    "encoding.tcvn3",
    "TCVN3 (the fonts .Vn…), as bytes or read as windows-1252 (`C«ng an`)",
    f"{_CONVERT}; a capital with a tone is restored only if the whole word is in capitals",
)
ENCODING_VNI = Reason("encoding.vni", "VNI-Windows, as bytes or read as windows-1252 (`Coâng an`)", _CONVERT)
ENCODING_CP1258 = Reason("encoding.cp1258", "windows-1258, as bytes", _CONVERT)
ENCODING_CP1258_AS_CP1252 = Reason(
    "encoding.cp1258_as_cp1252", "windows-1258 that was read as windows-1252 (`Ðaòi týõìng`)", _CONVERT
)
ENCODING_C1_CONTROLS = Reason(
    "encoding.c1_controls",
    "C1 control characters: the dashes and quotes of windows-1252 read as Latin-1",
    _CONVERT,
)
ENCODING_REPLACEMENT_CHARACTER = Reason(
    "encoding.replacement_character", "the text has U+FFFD: letters were lost before the seed was written", _FROM_SOURCE
)
ENCODING_LONE_SURROGATE = Reason(
    "encoding.lone_surrogate", "a string of the row holds half of a surrogate pair", _MEND_ROW
)

HEADER_MALFORMED = Reason(
    "header.malformed",
    "the text begins with `date` and a year, but not with ` date YYYY[-MM[-DD]] `; or a row's `date` is none of "
    "`YYYY[-MM[-DD]]`, `YYYYMMDD` and an ISO date-time",
    _MEND_HEADER,
)
HEADER_IMPOSSIBLE_DATE = Reason("header.impossible_date", "the date is not in the calendar", _MEND_HEADER)
HEADER_FUTURE_DATE = Reason(
    "header.future_date",
    "the first day that the date can mean is after `[limits] latest` (by default the UTC day of the build)",
    f"{_MEND_HEADER}, or wait",
    setting="limits.latest",
    changeable=True,
)
HEADER_CONTRADICTION = Reason(
    "header.contradiction",
    "two headers, or the header and the row's `date`, give different dates; or two lines `# key = value`, or a line "
    "and the row, give an own field different values",
    "correct one of them",
)

TEXT_EMPTY = Reason(
    "text.empty",
    "the text has no body: only a header, or also headline, captions, byline and residue of the page",
    "leave the seed out",
)
TEXT_MARKUP = Reason(
    "text.markup",
    "there are HTML tags or character references in the text",
    "extract the text again; if it has only character references, you can repair it",
)
TEXT_HOMOGLYPHS = Reason(
    "text.homoglyphs",
    "syllables have letters of other scripts that look the same (`Công аn` with a Cyrillic а)",
    "correct the letters, or repair",
)
TEXT_NO_DIACRITICS = Reason("text.no_diacritics", "the text is Vietnamese without its diacritics", _FROM_SOURCE)
TEXT_NOT_VIETNAMESE = Reason(
    "text.not_vietnamese", "another language: almost no letter is one that only Vietnamese uses", "leave the seed out"
)

QUALITY_VIETNAMESE_SHARE = Reason(
    "quality.vietnamese_share",
    "the share of letters that only Vietnamese uses is below `[quality] min_vietnamese_share`",
    _LOWER,
    setting="quality.min_vietnamese_share",
)
QUALITY_SYLLABLE_SHARE = Reason(
    "quality.syllable_share",
    "the share of words that are Vietnamese syllables is below `[quality] min_syllable_share`",
    _LOWER,
    setting="quality.min_syllable_share",
)

_PERMIT = 'leave the seed out, or write `mode = "mask"` or `"flag"` under `[privacy]`'


def _personal(kind: str, what: str) -> Reason:
    """The reason for rejecting a kind of personal data, used with `[privacy] mode = "drop"`."""
    return Reason(f"privacy.{kind}", f"`[privacy] mode` is `drop`, and the record has {what}", _PERMIT)


PRIVACY_PHONE = _personal("phone", "a telephone number")
PRIVACY_EMAIL = _personal("email", "an e-mail address")
PRIVACY_ID_NUMBER = _personal("id_number", "the number of an identity card, or a personal identification number")
PRIVACY_PASSPORT = _personal("passport", "the number of a passport")
PRIVACY_DRIVING_LICENCE = _personal("driving_licence", "the number of a driving licence")
PRIVACY_PLATE = _personal("plate", "a vehicle's registration plate")
PRIVACY_BANK_ACCOUNT = _personal("bank_account", "the number of a bank account")
PRIVACY_BIRTH_DATE = _personal("birth_date", "a private person's date or year of birth")
PRIVACY_ADDRESS = _personal("address", "a private person's residence")
PRIVACY_PRIVATE_PERSON = _personal(
    "private_person",
    "the name of a private person: a suspect, a victim, a witness, or somebody with age, year of birth or residence",
)

ID_COLLISION = Reason(
    "id.collision",
    "another seed has the same id but other bytes; all these seeds are rejected, and `detail` names them",
    "rename one of them",
)

REASONS = {value.code: value for value in list(globals().values()) if isinstance(value, Reason)}
"""Every reason, by its code, in the order of the table."""

PRIVACY = {code.removeprefix("privacy."): reason for code, reason in REASONS.items() if code.startswith("privacy.")}
"""The reason for each kind of personal data, in the order of the kinds in a record's `privacy`."""


def broken_keyword(keyword: str) -> str:
    """The code for a record that breaks a keyword of `schema/record.schema.json`, such as `schema.pattern`."""
    return f"schema.{keyword}"


def breaks(keyword: str) -> Reason:
    """The reason for a row with an own field whose column cannot hold the value, such as `schema.type`."""
    return replace(BROKEN_KEYWORD, code=broken_keyword(keyword))


BROKEN_KEYWORD = Reason(
    broken_keyword("<keyword>"),
    "the field that `pointer` names breaks this keyword of `schema/record.schema.json`",
    "correct the field",
)
"""Represents all codes of `broken_keyword` in the table."""


def meaning_of(code: str) -> str:
    """What a reason means, in Markdown; empty if the code is not known."""
    prefix = BROKEN_KEYWORD.code.partition("<")[0]
    known = BROKEN_KEYWORD if code.startswith(prefix) else REASONS.get(code)
    return known.meaning if known else ""
