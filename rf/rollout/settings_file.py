"""The stack file as what is wanted: read, changed and checked as the program would check it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import settings

from ..errors import BadInputError
from ..replace_file import replace_file
from ..stack_edit import edited, with_settings
from ..stacks import CheckedStack, checked_stack

if TYPE_CHECKING:
    from settings import Stack

    from ..project import Project
    from .subject import Edits

FILE_MODE = 0o644


class StackFile:
    """``Pulumi.<name>.yaml`` of ``project``, read anew at each question: people edit it, too."""

    def __init__(self, project: Project, name: str) -> None:
        self._project = project
        self._name = name

    def checked(self) -> CheckedStack:
        """What it says; BadInputError when the program would refuse it."""
        return checked_stack(self._project, self._name)

    def with_edits(self, edits: Edits) -> Stack:
        """What the settings would come to; BadInputError when they would be refused."""
        checked = self.checked()
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
