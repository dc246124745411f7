"""One running copy of a service."""

from __future__ import annotations

import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from components.platforms.kubernetes import timing

from .layout import replaced, sandbox
from .metrics import samples
from .world import children

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from components.spec import ServiceSpec

    from .images import Image
    from .metrics import Samples
    from .world import World

PATIENCE_SECONDS = 30.0


@dataclass(kw_only=True)
class Container:
    """A copy of ``spec`` called ``name``, at ``address``, which stays when it is started again.

    ``folder`` holds its files and its log. ``image`` is what it was last started from.
    """

    world: World
    spec: ServiceSpec
    name: str
    address: str
    folder: Path
    secrets: Mapping[str, str] = field(repr=False)
    image: Image | None = None

    def start(self, image: Image | None = None) -> None:
        """Start it from ``image``, or from what it was last started from."""
        self.image = image or self.image
        assert self.image is not None
        root = self.folder / "root"
        root.mkdir(parents=True, exist_ok=True)
        self._sandbox = sandbox(self.spec, self.image, self.folder, self.secrets)
        with self.log.open("ab") as log:
            self._launcher = subprocess.Popen(
                self.world.isolated(self.name, self._sandbox.script(root)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.pid = self._first_process()

    @property
    def log(self) -> Path:
        """What it has written to its two outputs, over all its starts."""
        return self.folder / "log"

    @property
    def log_tail(self) -> str:
        """The last lines of it."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])

    @property
    def stands_in(self) -> bool:
        """Whether a stand-in runs in its place."""
        return self.image is not None and self.image.stands_in

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._launcher.poll() is None

    def wait(self, seconds: float = PATIENCE_SECONDS) -> int:
        """The exit status, negative after a signal; TimeoutExpired when it does not end."""
        return self._launcher.wait(seconds)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the server, as a container runtime does; nothing when it has ended."""
        if self.running:
            subprocess.run(["kill", f"-{number.value}", str(self.pid)], check=False)

    def kill(self) -> int:
        """End it as a crash does."""
        self.signal(signal.SIGKILL)
        return self.wait()

    def stop(self) -> int:
        """End it as Docker does: SIGTERM, and SIGKILL when the spec's time is over."""
        self.signal(signal.SIGTERM)
        try:
            return self.wait(self.spec.drain.seconds)
        except subprocess.TimeoutExpired:
            return self.kill()

    def drain_and_stop(self) -> int:
        """End it as Kubernetes does: the drain command comes first."""
        if self.spec.drain.command:
            self.run(self.spec.drain.command, timeout=timing.stop(self.spec))
        return self.stop()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Meanwhile it keeps its connections and does nothing at all."""
        self.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)

    def url(self, port: int, path: str = "") -> str:
        """Where the hub finds a port of it."""
        return f"http://{self.address}:{port}{path}"

    def get(self, port: int, path: str, timeout: float = PATIENCE_SECONDS) -> httpx.Response:
        """GET from outside, as a kubelet or a client does."""
        with self.world.entered():
            return httpx.get(self.url(port, path), timeout=timeout, trust_env=False)

    def metrics(self) -> Samples:
        """What Prometheus would find."""
        assert self.spec.scrape is not None, f"{self.name} is not scraped"
        return samples(self.get(self.spec.scrape.port, self.spec.scrape.path).text)

    def run(
        self, command: Sequence[str], timeout: float = PATIENCE_SECONDS
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in it, as its user; TimeoutExpired when it takes too long."""
        confined = self._sandbox.confined(tuple(command))
        return self._inside(confined, timeout)

    def run_as_root(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run a command in it with the tests' own rights."""
        return self._inside(command, PATIENCE_SECONDS)

    def rewrite(self, path: str, content: str) -> None:
        """Replace a live file, as the platform does."""
        file = next(file for file in self.spec.files if file.path == path and file.live)
        slug = str(Path(file.path).parent).strip("/").replace("/", "-")
        replaced(self.folder / "files" / slug / Path(path).name, content, self.spec)

    def _inside(self, command: Sequence[str], timeout: float) -> subprocess.CompletedProcess[str]:
        enter = ["nsenter", f"--target={self.pid}", "--mount", "--net", "--pid", "--ipc"]
        return subprocess.run(
            [*enter, "--root", "--wd", *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def _first_process(self) -> int:
        """The process that is PID 1 in there: below the launchers, which wait for it."""
        end = time.monotonic() + PATIENCE_SECONDS
        pid = self._launcher.pid
        while time.monotonic() < end:
            below = children(pid)
            if below:
                pid = below[0]
                if len(_numbers(pid)) == len(_numbers(self.world.pid)) + 1:
                    return pid
            elif not self.running:
                break
            time.sleep(0.005)
        raise RuntimeError(f"{self.name} did not start: {self.log_tail}")


def _numbers(pid: int) -> list[str]:
    """The numbers of a process, one for each process namespace that it is in."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("NSpid:"):
            return line.split()[1:]
    raise RuntimeError("this kernel does not say NSpid")
