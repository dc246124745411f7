"""Registering: templates become secrets, and a secret rolls its pods."""

from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pulumi_kubernetes.core.v1 import Secret

from components.platforms.kubernetes.manifest import Manifest
from components.platforms.kubernetes.register import register, secret_hash
from rf.plan.model import SECRET, Plan
from rf.plan.record import record


def plan_of(program: Callable[[], object]) -> Plan:
    return record(program, project="test", stack="staging")


def test_a_secret_file_is_its_template_filled_in() -> None:
    seen: dict[str, str] = {}
    manifest = Manifest(
        suffix="secret",
        body={"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys"}},
        templates={"plain": "${key}", "quoted": '{"key": ${key|json}}'},
    )

    def program() -> None:
        parent = pulumi.ComponentResource("test:index:Group", "group")
        secrets = {"key": pulumi.Output.secret('a"b')}
        (secret,) = register([manifest], parent=parent, secrets=secrets)
        assert isinstance(secret, Secret)
        secret.string_data.apply(seen.update)

    plan_of(program)

    assert seen == {"plain": 'a"b', "quoted": '{"key": "a\\"b"}'}


def test_what_is_made_of_a_secret_is_one_even_where_the_caller_forgot_to_say_so() -> None:
    manifest = Manifest(
        suffix="server",
        body={
            "apiVersion": "apps/v1",
            "kind": "DaemonSet",
            "metadata": {"name": "server"},
            "spec": {"template": {"metadata": {"labels": {}}}},
        },
        templates={"/run/secrets/key": "${key}"},
    )

    def program() -> None:
        parent = pulumi.ComponentResource("test:index:Group", "group")
        register([manifest], parent=parent, secrets={"key": pulumi.Output.from_input("plain")})

    (server,) = (each for each in plan_of(program).resources if each.name == "group-server")
    spec: Any = server.inputs["spec"]
    assert spec["template"]["metadata"]["annotations"] == {"researchflow.ai/secret-hash": SECRET}


def test_a_secret_that_is_not_there_is_named_with_the_way_to_set_it() -> None:
    manifest = Manifest(
        suffix="secret",
        body={"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys"}},
        templates={"key": "${apiKey}"},
    )

    def program() -> None:
        register([manifest], parent=pulumi.ComponentResource("t:index:G", "g"), secrets={})

    with pytest.raises(pulumi.RunError, match="pulumi config set --secret apiKey"):
        plan_of(program)


def test_the_hash_of_secrets_changes_with_name_content_and_service() -> None:
    hashes = [
        secret_hash({"a": "1"}, "redis"),
        secret_hash({"a": "2"}, "redis"),
        secret_hash({"b": "1"}, "redis"),
        secret_hash({"a": "1"}, "grafana"),
    ]

    assert len(set(hashes)) == 4
    assert {len(found) for found in hashes} == {8}
    assert hashes[0] == secret_hash({"a": "1"}, "redis")
