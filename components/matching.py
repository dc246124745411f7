"""Text that has to match a pattern, refused in words: a regular expression helps nobody."""

import re
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


class Matching:
    """Metadata of an annotated ``str``, in place of pydantic's ``Field(pattern=...)``.

    ``pattern`` has to match the whole text, and stands in the JSON Schema. Who writes something
    else is told that it must be ``allowed``, with an ``example``.
    """

    def __init__(self, pattern: str, allowed: str, *, example: str) -> None:
        """Keep the pattern and what is said of it."""
        self.pattern = pattern
        self.allowed = allowed
        self.example = example

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Check what the schema of ``source`` lets through."""
        return core_schema.no_info_after_validator_function(self._matched, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """The schema as pydantic writes it, with the pattern."""
        return {**handler(schema), "pattern": self.pattern}

    def _matched(self, text: str) -> str:
        if not re.fullmatch(self.pattern, text):
            # An address may hold a password where none belongs, and then it is not shown.
            kind = "hidden_value" if "://" in text and "@" in text else "pattern"
            said = {"allowed": self.allowed, "example": self.example}
            raise PydanticCustomError(kind, "must be {allowed}, such as {example}", said)
        return text
