"""Passwords, keys and tokens in places that everybody can read.

A value that Pulumi knows as a secret is one in the clear as soon as it stands in an environment, an
argument or a ConfigMap, whatever its name. Inside the engine it looks like other text, and is found
by its name or its form.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial

from policies.framework.kubernetes import WORKLOADS, containers, pod_spec
from policies.framework.resource import Resource
from policies.framework.rule import Level, NoConfig, Rule, Severity
from policies.framework.values import SECRET, Finding, Node

from .credentials import has_form, is_literal, names_credential

DOCKER = "docker:index/container:Container"
OPTION = re.compile(r"(?:^|\s)--?([A-Za-z][\w.-]*)(?:=|\s+)([^\s'\"]+|'[^']*'|\"[^\"]*\")")
Bad = Callable[[str], bool]
IN_CLEAR = "must not hold a credential in the clear"


def environment(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A variable is in every description of the pod, in crash reports, and in child processes."""
    if resource.kind == DOCKER:
        for item in resource["envs"].items():
            yield from _refuse(item, lambda text: _is_bad_pair(*text.partition("=")[::2]))
        return
    for container in containers(pod_spec(resource)):
        for variable in container["env"].items():
            name = variable["name"]
            if name.hidden and not variable["value"].absent:
                yield name.undecided(IN_CLEAR)
            else:
                yield from _refuse(variable["value"], partial(_is_bad_pair, str(name.value)))


def arguments(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A command line is there to read for whoever is on the machine."""
    for line in _command_lines(resource):
        words = list(line.items())
        for index, word in enumerate(words):
            yield from _refuse(word, _is_bad_line)
            following = words[index + 1] if index + 1 < len(words) else None
            if following is not None and _is_option(word):
                yield from _refuse(following, lambda text: _is_plain(text) and is_literal(text))


def config_map(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A ConfigMap is neither encrypted nor kept from readers of the namespace."""
    for key, value in resource["data"].entries():
        yield from _refuse(value, partial(_is_bad_pair, key))


def prefer_files(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A mounted file changes without a restart, and child processes do not inherit it."""
    for container in containers(pod_spec(resource)):
        for variable in container["env"].items():
            yield from variable["valueFrom"]["secretKeyRef"].refuse_if(
                lambda value: value is not None, "should be a mounted file"
            )
        for source in container["envFrom"].items():
            yield from source["secretRef"].refuse_if(
                lambda value: value is not None, "should be mounted files"
            )


def _refuse(node: Node, is_bad: Bad) -> Iterator[Finding]:
    if node.hidden is SECRET:
        yield node.violation(IN_CLEAR)
    else:
        yield from node.refuse_if(lambda value: isinstance(value, str) and is_bad(value), IN_CLEAR)


def _is_bad_pair(name: str, value: str) -> bool:
    return has_form(value) or (names_credential(name) and is_literal(value))


def _is_bad_line(text: str) -> bool:
    return has_form(text) or any(
        names_credential(name) and is_literal(value.strip("'\""))
        for name, value in OPTION.findall(text)
    )


def _is_option(word: Node) -> bool:
    text = word.value
    return isinstance(text, str) and text.startswith("-") and names_credential(text.lstrip("-"))


def _is_plain(text: str) -> bool:
    return not text.startswith("-")


def _command_lines(resource: Resource) -> Iterator[Node]:
    if resource.kind == DOCKER:
        yield resource["entrypoints"]
        yield resource["command"]
        return
    for container in containers(pod_spec(resource)):
        yield container["command"]
        yield container["args"]


RULES = (
    Rule(
        id="secrets/environment",
        severity=Severity.HIGH,
        protects="a password from everybody who may look at pods, containers or crash reports",
        fix="keep it as a Pulumi secret and mount it as a file; name the file in the environment",
        reference="KSV-0109; C-0012; guide, Secret Management",
        kinds=(*WORKLOADS, DOCKER),
        check=environment,
    ),
    Rule(
        id="secrets/arguments",
        severity=Severity.HIGH,
        protects="a password from everybody who may list processes, pods or containers",
        fix="mount it as a file and pass the file's name",
        reference="C-0012; guide, Secret Management",
        kinds=(*WORKLOADS, DOCKER),
        check=arguments,
    ),
    Rule(
        id="secrets/config-map",
        severity=Severity.HIGH,
        protects="a password from everybody who may read the namespace's settings",
        fix="put it into a Secret",
        reference="KSV-0109; KSV-01010; C-0012",
        kinds=("core/ConfigMap",),
        check=config_map,
    ),
    Rule(
        id="secrets/prefer-files",
        severity=Severity.LOW,
        protects="a password from child processes, crash reports and debug pages",
        fix="mount the Secret as a file",
        reference="CIS EKS 4.4.1; CKV_K8S_35",
        kinds=WORKLOADS,
        check=prefer_files,
        level=Level.ADVISORY,
    ),
)
