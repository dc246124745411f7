"""The kinds of value that settings are made of, each named once.

Every ``Args`` class in this package is a pydantic dataclass built with ``STRICT``: frozen,
keyword-only, unknown keys refused, and errors that never print the value they reject. The same
class is the component's arguments and the section of the stack file, so a default lives in one
place.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field, WithJsonSchema

from .matching import Matching

STRICT = ConfigDict(
    extra="forbid",
    hide_input_in_errors=True,
    use_attribute_docstrings=True,
)

IMAGE_PATTERN = (
    r"^(?:[a-z0-9.-]+(?::[0-9]+)?/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@sha256:[0-9a-f]{64})?$"
)


def _exact(image: str) -> str:
    """Refuse what is no image, and an image whose content may change under the same reference."""
    if not re.fullmatch(IMAGE_PATTERN, image):
        raise ValueError("is no reference of an image; write it as redis:8.2.2 or redis@sha256:…")
    name, _, digest = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    if not digest and tag in ("", "latest"):
        raise ValueError("needs an exact tag or a digest, such as redis:8.2.2 or redis@sha256:…")
    return image


Percentage = Annotated[int, Field(strict=True, ge=0, le=100)]
"""Whole per cent. flagd disables a rule with fractional weights (report B §2.6)."""
Port = Annotated[int, Field(strict=True, ge=1, le=65535)]
Count = Annotated[int, Field(strict=True, ge=1)]
Seconds = Annotated[int, Field(strict=True, ge=1)]
Switch = Annotated[bool, Field(strict=True)]
Gibibytes = Annotated[float, Field(gt=0, allow_inf_nan=False)]
CpuQuantity = Annotated[float, Field(gt=0, allow_inf_nan=False)]
"""CPU cores; 0.25 is a quarter of one."""
Name = Annotated[
    str,
    Matching(
        r"^[a-z][a-z0-9-]{0,40}$",
        "at most 41 small letters, digits and hyphens, a letter first",
        example="search-api",
    ),
]
"""A DNS label, short enough for the suffixes that platforms append."""
ImageReference = Annotated[
    str, AfterValidator(_exact), WithJsonSchema({"type": "string", "pattern": IMAGE_PATTERN})
]
GoDuration = Annotated[
    str,
    Matching(
        r"^(-1|0|([0-9]+(ms|s|m|h))+)$",
        "numbers with their units (h, m, s or ms), 0 or -1",
        example="1h30m",
    ),
]
"""A Go duration such as 5m or 1h30m; 0 means at once and -1 means forever."""
HttpsUrl = Annotated[
    str,
    Matching(
        r"^https://[A-Za-z0-9.-]+(:443)?(/[A-Za-z0-9._~%?&=/-]*)?$",
        "an address with https:// and, if any, port 443, without user and password",
        example="https://logs.example.com/push",
    ),
]
"""Port 443: no other leaves the platform."""
HttpUrl = Annotated[
    str,
    Matching(
        r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._/-]*)?$",
        "an address with http:// or https:// without user, password and query",
        example="http://localhost:3000",
    ),
]
UserName = Annotated[
    str,
    Matching(
        r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$",
        "at most 64 letters, digits, dots, hyphens, _ and @, a letter or digit first",
        example="admin",
    ),
]
Days = Annotated[str, Matching(r"^[1-9][0-9]*d$", "a whole number of days and d", example="30d")]
ByteSize = Annotated[
    str, Matching(r"^[1-9][0-9]*(MB|GB|TB)$", "a whole number with MB, GB or TB", example="10GB")
]
"""A size as the guide writes it: 10GB, decimal units."""


def size_in_bytes(size: str) -> int:
    """``10GB`` as 10 000 000 000."""
    return int(size[:-2]) * {"MB": 10**6, "GB": 10**9, "TB": 10**12}[size[-2:]]
