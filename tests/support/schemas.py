"""What tests of schemas share: `jsonschema` with ECMAScript's own engine for patterns."""

import jsonschema
import regress
from hypothesis import strategies as st
from jsonschema import validators

from corpus_vn_police.contract.oracle import oracle


def found_by_ecmascript(pattern, text):
    """Whether ECMAScript finds a pattern anywhere in a text."""
    return regress.Regex(pattern, "u").find(text) is not None


def _pattern(validator, pattern, instance, _):
    if validator.is_type(instance, "string") and not found_by_ecmascript(pattern, instance):
        yield jsonschema.ValidationError("does not match")


def ecmascript_oracle(document):
    """The package's validator of a document, with ECMAScript's own engine."""
    ours = oracle(document)
    return validators.extend(type(ours), {"pattern": _pattern})(document, format_checker=ours.format_checker)


def some_keywords(draw, options):
    """A few keywords, each with a value drawn for it from its strategy in `options`."""
    chosen = draw(st.lists(st.sampled_from(sorted(options)), unique=True, max_size=3))
    return {keyword: draw(options[keyword]) for keyword in chosen}
