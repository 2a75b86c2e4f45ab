"""An error of the Hub's client -> whether to try again, how long to wait, and what to tell the keeper."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from json import JSONDecodeError
from typing import Any, TypeVar

from huggingface_hub import constants, get_token
from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled
from huggingface_hub.utils import parse_ratelimit_headers

from corpus_vn_police.errors import AccessError, ConfigError, CorpusError, HubError

WAITS = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds between one try and the next; after the last the failure is for good."""

LONGEST_WAIT = 300.0
"""Seconds: when the Hub asks to wait for longer, that wait is reported instead."""

_SECRET = re.compile(r"(?i)\bbearer\s+\S+|\bhf_[A-Za-z0-9]{8,}")
_QUERY = re.compile(r"(https?://[^\s?]++)(?:\?\S+)?")

Tell = Callable[[str], None]
"""Called with a line of news for the keeper while it goes on."""

# The root of what the HTTP client raises: httpx2's in huggingface_hub 2, httpx's in 1.
_HTTP: type[Exception] = HfHubHTTPError.__bases__[0]
# RuntimeError is what a failed upload of a file comes as; the reason is its cause.
_CUT: tuple[type[Exception], ...] = (_HTTP, ConnectionError, TimeoutError, RuntimeError, JSONDecodeError)
# What the client raises of JSON that is not laid out as the Hub's answers are.
_ODD: tuple[type[Exception], ...] = (LookupError, TypeError, AttributeError, AssertionError)
CLIENT_ERRORS: tuple[type[Exception], ...] = (*_CUT, *_ODD, ValueError)
"""What a call of the Hub's client can raise: ValueError where it, or the Hub, refuses what it is given."""

_CONFLICTS = (409, 412)
_T = TypeVar("_T")


@dataclass(frozen=True)
class Failure:
    """Why a call failed.

    Attributes:
        said: what the client or the Hub says, in one line, without a token.
        status: the HTTP status; None if there was no answer.
        cut: whether there was no answer because the connection failed.
        after: the seconds that the Hub asks to wait; None if it does not.
    """

    said: str
    status: int | None = None
    cut: bool = False
    after: float | None = None

    @property
    def passes(self) -> bool:
        """Whether trying again may help."""
        return self.cut or self.status in (408, 429) or (self.status or 0) >= 500

    @property
    def conflict(self) -> bool:
        """Whether somebody else changed the repository meanwhile."""
        return self.status in _CONFLICTS


def failure_of(error: Exception) -> Failure:
    """What an exception of the Hub's client says."""
    said = scrub(" ".join(str(error).split()))[:400] or type(error).__name__
    for one in _chain(error):
        if isinstance(one, HfHubHTTPError):
            return Failure(_said(one), one.response.status_code, after=_asked_to_wait(one.response))
    if isinstance(error, _ODD):
        return Failure(f"its answer is not laid out as the Hub's are ({type(error).__name__}: {said})", cut=True)
    # A page that is not JSON comes from something between here and the Hub.
    return Failure(said, cut=isinstance(error, _CUT))


def retried(call: Callable[[], _T], repo: str, tell: Tell) -> _T:
    """Call the Hub until it answers; what passes is tried again, at most `len(WAITS)` times.

    Raises:
        CorpusError: it failed for good, or for a reason that does not pass.
    """
    for wait in (*WAITS, None):
        try:
            return call()
        except CLIENT_ERRORS as error:
            failure = failure_of(error)
            if wait is None or not pause(failure, wait, tell):
                raise explained(error, repo) from error
    raise AssertionError("unreachable")


def pause(failure: Failure, wait: float, tell: Tell) -> bool:
    """Wait for as long as the Hub asks, or else for `wait` seconds; False if another try cannot help."""
    seconds = failure.after if failure.after is not None else wait
    if not (failure.passes or failure.conflict) or seconds > LONGEST_WAIT:
        return False
    tell(f"{failure.said}; trying again in {seconds:g} s")
    time.sleep(seconds)
    return True


def explained(error: Exception, repo: str) -> CorpusError:
    """What to tell the keeper of a failure that does not pass."""
    failure = failure_of(error)
    if failure.passes or failure.conflict:
        later = f"in {failure.after:g} s" if failure.after else "later"
        return HubError(
            f"{repo}: the Hub failed: {failure.said}",
            f"the repository holds the complete old state or the complete new one; run the same command again {later}",
        )
    if failure.status == 401:
        return AccessError(
            f"{repo}: the Hub does not accept the token: {failure.said}", "run hf auth login, or set HF_TOKEN again"
        )
    if failure.status == 403:
        return AccessError(
            f"{repo}: the token does not have the right to do this: {failure.said}",
            "use a token with write access to this repository: hf auth login",
        )
    if failure.status == 404:
        return AccessError(
            f"{repo}: does not exist, or this token may not see it: {failure.said}",
            "check the name of the repository, and whose token it is: hf auth whoami",
        )
    return ConfigError(f"{repo}: the Hub refuses this: {failure.said}", "correct what the Hub names, and run it again")


def unreachable(error: Exception, repo: str) -> HubError:
    """What to tell the keeper if the first request has no answer."""
    if isinstance(error, OfflineModeIsEnabled):
        return HubError(f"{repo}: the Hub cannot be reached, because HF_HUB_OFFLINE is set", "unset HF_HUB_OFFLINE")
    return HubError(
        f"{repo}: the Hub cannot be reached at {constants.ENDPOINT}: {failure_of(error).said}",
        "check the network, the proxy (HTTPS_PROXY) and HF_ENDPOINT, and run the same command again; nothing was sent",
    )


def scrub(text: str) -> str:
    """A text without the token, whoever wrote it there, and without the queries of signed addresses."""
    token = get_token()
    if token:
        text = text.replace(token, "[token]")
    text = _SECRET.sub("[token]", text)
    return _QUERY.sub(r"\1", text)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _said(error: HfHubHTTPError) -> str:
    """Status, method and path, and what the server said, if it said anything."""
    server = scrub(" ".join((error.server_message or "").split()))[:200]
    request = error.response.request
    where = scrub(f"{error.response.status_code} at {request.method} {request.url.path}")
    return where + (f" ({server})" if server else "")


def _asked_to_wait(response: Any) -> float | None:
    """The seconds that an answer of 429 or 503 asks to wait; None if it does not say."""
    limit = parse_ratelimit_headers(response.headers)
    if response.status_code == 429 and limit is not None and limit.remaining == 0:
        return float(limit.reset_in_seconds)
    after = response.headers.get("Retry-After", "").strip()
    return float(after) if after.isascii() and after.isdigit() else None
