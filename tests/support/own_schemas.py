"""Own fields that hypothesis draws: a keeper's JSON Schema, and values that JSON may have in its place."""

from hypothesis import strategies as st

from support.schemas import some_keywords

_TEXTS = st.text(alphabet="ab0 9\nđế\u0301😀", max_size=5)
_DAYS = st.sampled_from(["2020-12-07", "2020-02-30", "2020-12", "20201207", "0000-01-01", "9999-12-31", "", "x"])
_INTEGERS = st.integers(-130, 130) | st.sampled_from([2**31, -(2**63), 2**63, 10**30, 3.0, 0.5, -1.5])
_NUMBERS = (
    st.floats(allow_nan=False, allow_infinity=False) | st.integers(-3, 3) | st.sampled_from([2**53 + 1, -(10**20)])
)
_NAMES = ["topic", "topic_2", "wing", "id_", "path", "reason", "own", "split"]


def anything():
    """A value that JSON may have."""
    leaf = st.none() | st.booleans() | _INTEGERS | _NUMBERS | _TEXTS | _DAYS
    return leaf | st.lists(leaf, max_size=2) | st.dictionaries(st.sampled_from(["a", "b", "c"]), leaf, max_size=2)


@st.composite
def _leaf(draw):
    kind = draw(st.sampled_from(["string", "date", "boolean", "integer", "number"]))
    sizes, bounds = st.integers(0, 3), st.integers(-5, 5) | st.just(0.5)
    if kind == "date":
        return {"type": "string", "format": "date"}, _DAYS
    if kind == "boolean":
        return {"type": "boolean", **some_keywords(draw, {"const": st.booleans()})}, st.booleans()
    if kind == "string":
        extra = {
            "minLength": sizes, "maxLength": sizes, "pattern": st.sampled_from(["^[a-z]+$", "a", "^$", "\\u0111"]),
            "enum": st.lists(_TEXTS, min_size=1, unique=True), "const": _TEXTS, "not": st.just({"const": "a"}),
        }  # fmt: skip
        return {"type": "string", **some_keywords(draw, extra)}, _TEXTS
    numbers = {"minimum": bounds, "maximum": bounds, "exclusiveMinimum": bounds, "enum": st.just([1, 2.0, True, "a"])}
    if kind == "number":
        return {"type": "number", **some_keywords(draw, numbers)}, _NUMBERS
    sized = draw(st.sampled_from([{}, {"x-arrow-type": "int8"}, {"x-arrow-type": "int32"}]))
    return {"type": "integer", **sized, **some_keywords(draw, numbers)}, _INTEGERS


@st.composite
def _schema(draw, depth):
    kind = draw(st.sampled_from(["leaf", "leaf", "array", "object"] if depth else ["leaf"]))
    if kind == "leaf":
        schema, values = draw(_leaf())
    elif kind == "array":
        items, inner = draw(_schema(depth - 1))
        sizes = st.integers(0, 2)
        schema = {"type": "array", "items": items, **some_keywords(draw, {"minItems": sizes, "maxItems": sizes})}
        values = st.lists(inner, max_size=3)
    else:
        schema, values = draw(own_schema(depth - 1, ["a", "b"]))
        schema |= {"type": "object", **some_keywords(draw, {"additionalProperties": st.booleans()})}
    if draw(st.booleans()) and "type" in schema:
        both = draw(st.booleans()) and not {"const", "enum", "not"} & schema.keys()
        schema = {**schema, "type": [schema["type"], "null"]} if both else {"anyOf": [schema, {"type": "null"}]}
    return schema, values | st.none() | anything()


@st.composite
def own_schema(draw, depth=2, names=_NAMES):
    """A keeper's document, and a strategy of rows: keys may be missing, values of any type, other keys there."""
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
    drawn = {name: draw(_schema(depth)) for name in chosen}
    document = {"properties": {name: schema for name, (schema, _) in drawn.items()}}
    if draw(st.booleans()):
        document["required"] = draw(st.lists(st.sampled_from(chosen), unique=True))
    values = {name: each for name, (_, each) in drawn.items()}
    return document, st.fixed_dictionaries({}, optional={**values, "other": anything()})


def completed(value, schema):
    """A value as a record has it: what is missing in an object is null, what no field takes is left out."""
    if isinstance(value, dict) and "properties" in schema:
        extra = {} if schema.get("additionalProperties") is not False else value
        return extra | {name: completed(value.get(name), each) for name, each in schema["properties"].items()}
    if isinstance(value, list) and "items" in schema:
        return [completed(each, schema["items"]) for each in value]
    return value
