"""The stack file as what is wanted: read, changed and checked as the program would check it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import settings

from ..errors import BadInputError
from ..replace_file import replace_file
from ..stack_edit import edited, with_settings
from ..stacks import CheckedStack, checked_stack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from settings import Stack

    from ..project import Project
    from .subject import Edits

FILE_MODE = 0o644


class StackFile:
    """``Pulumi.<name>.yaml`` of ``project``, read anew at each question: people edit it, too."""

    def __init__(self, project: Project, name: str) -> None:
        self._project = project
        self._name = name
        self._last: CheckedStack | None = None

    def checked(self) -> CheckedStack:
        """What it says; BadInputError when the program would refuse it."""
        self._last = checked_stack(self._project, self._name)
        return self._last

    def current(self) -> Mapping[str, Any]:
        """The plain settings; BadInputError when they would be refused."""
        return self.checked().platform

    def with_edits(self, edits: Edits) -> Stack:
        """What the settings would come to; BadInputError when they would be refused.

        Where somebody has broken the file meanwhile, what it said before counts: that keeps no user
        from being sent back.
        """
        try:
            checked = self.checked()
        except BadInputError:
            if self._last is None:
                raise
            checked = self._last
        return self._parsed(checked, edited(checked.platform, edits))

    def write(self, edits: Edits) -> Stack:
        """Change the file, comments kept, in one step; BadInputError when it cannot be."""
        checked = self.checked()
        found = self._parsed(checked, edited(checked.platform, edits))
        before = checked.path.read_text(encoding="utf-8")
        after = with_settings(before, checked.key, edits, checked.path.name)
        if after != before:
            replace_file(checked.path, after, mode=FILE_MODE)
        return found

    def _parsed(self, checked: CheckedStack, platform: Any) -> Stack:
        try:
            return settings.parse(platform, checked.config.file)
        except settings.SettingsError as error:
            raise BadInputError(str(error)) from None
