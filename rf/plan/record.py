"""Runs a program under the recorder, in this process, and returns its plan."""

import asyncio
import json
import logging
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pulumi
from pulumi.runtime import config as pulumi_config
from pulumi.runtime import configure, run_in_stack
from pulumi.runtime.settings import SETTINGS, Settings

from ..garbage import no_garbage_collection
from .model import Plan
from .recorder import PlanEngine, PlanMonitor


class Config(dict[str, Any]):
    """Stack config by full key (``project:key``), as the program will read it.

    ``plain`` holds text. Secrets read as secrets of unknown value, whether the stack file has them
    (``secrets_set``) or not (``secrets_unset``). ``asked`` fills with the keys that were looked up.
    """

    def __init__(
        self,
        plain: Mapping[str, str] | None = None,
        secrets_set: Collection[str] = (),
        secrets_unset: Collection[str] = (),
    ) -> None:
        self.secrets = [*secrets_set, *secrets_unset]
        self.secrets_unset = tuple(secrets_unset)
        self.asked: set[str] = set()
        super().__init__({**(plain or {}), **dict.fromkeys(self.secrets, pulumi.UNKNOWN)})

    @property
    def without_default(self) -> tuple[str, ...]:
        """Packages whose default provider the project forbids; ``*`` is all of them."""
        return tuple(json.loads(self.get("pulumi:disable-default-providers", "[]")))

    def __contains__(self, key: object) -> bool:
        self.asked.add(str(key))
        return super().__contains__(key)


def record(
    program: Callable[[], object],
    *,
    project: str,
    stack: str,
    config: Config | None = None,
    root: str = ".",
) -> Plan:
    """Run ``program`` as a preview of ``stack`` would, and return what it registered.

    Whatever the program raises is raised here. Nothing is left behind in the SDK's global state.
    """
    values = Config() if config is None else config
    monitor = PlanMonitor(project, stack, without_default=values.without_default)
    engine = PlanEngine()

    def run() -> None:
        pulumi_config.set_all_config({}, values.secrets)
        pulumi_config.CONFIG.set(values)
        configure(
            Settings(
                project=project,
                stack=stack,
                organization="organization",
                root_directory=root,
                monitor=monitor,
                engine=engine,
                dry_run=True,
            )
        )
        _run_in_a_loop_of_its_own(program)

    copy_context().run(run)
    return Plan(
        project=project,
        stack=stack,
        resources=monitor.recorded(),
        outputs=monitor.stack_outputs(),
        secrets_to_set=tuple(key for key in values.secrets_unset if key in values.asked),
        warnings=tuple(engine.warnings),
    )


class _Inline(ThreadPoolExecutor):
    """Runs each call at once, in the calling thread.

    The SDK hands every registration to the loop's executor. The recorder answers immediately, and
    threads would only make the order of registration a matter of luck.
    """

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 the waiting side re-raises it
            future.set_exception(error)
        return future


def _run_in_a_loop_of_its_own(program: Callable[[], object]) -> None:
    # A program that fails leaves futures behind that nobody will await; asyncio would complain.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)

    async def main() -> None:
        program()
        await _outputs_settled()

    loop = asyncio.new_event_loop()
    loop.set_default_executor(_Inline(max_workers=1))
    asyncio.set_event_loop(loop)
    try:
        # Collecting takes more than half of the time for 100 services, and grows with their number.
        with no_garbage_collection():
            loop.run_until_complete(run_in_stack(main))
    finally:
        asyncio.set_event_loop(None)
        loop.close()


async def _outputs_settled() -> None:
    """Wait for all outputs at once.

    The SDK, which waits too, looks at every pending output again each time one of them is ready:
    quadratic in their number.
    """
    while pending := [task for task in SETTINGS.outputs if not task.done()]:
        if SETTINGS.rpc_manager.unhandled_exception:
            return
        await asyncio.wait(pending, return_when=asyncio.FIRST_EXCEPTION)
