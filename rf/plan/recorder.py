"""A resource monitor that answers like an engine in preview and writes down what it is asked.

The SDK's own mocks give a wrong plan: root outputs are registered before the program has run,
URNs carry ``Stack$``, duplicates pass, and made-up ids let ``apply`` run on values that a real
preview does not know.
"""

from collections.abc import Collection, Mapping
from typing import Any, NoReturn

import pulumi
from google.protobuf import empty_pb2, struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime import mocks
from pulumi.runtime.proto import alias_pb2, engine_pb2, resource_pb2

from .decode import properties
from .model import STACK_TYPE, Options, Resource, Value


class NoMocks(mocks.Mocks):
    """The base class wants mocks; every method that would ask them is overridden."""

    def call(self, args: mocks.MockCallArgs) -> NoReturn:
        raise NotImplementedError

    def new_resource(self, args: mocks.MockResourceArgs) -> NoReturn:
        raise NotImplementedError


class PlanMonitor(mocks.MockMonitor):
    """Records registrations. Answers with the request's own properties and no id.

    So inputs come back as outputs with their secrets, and everything that only a provider could
    know stays unknown. ``without_default`` names packages that need an explicit provider.
    """

    def __init__(self, project: str, stack: str, without_default: Collection[str] = ()) -> None:
        super().__init__(NoMocks())
        self._without_default = without_default
        self._stack, self._project = stack, project
        self._prefix = f"urn:pulumi:{stack}::{project}::"
        self._recorded: dict[str, Resource] = {}
        self._objects: dict[str, struct_pb2.Struct] = {}
        self._complete: set[str] = set()
        self._stack_outputs: dict[str, Value] = {}

    def recorded(self) -> tuple[Resource, ...]:
        """The resources so far, in order of registration, components with their outputs."""
        return tuple(self._recorded.values())

    def stack_outputs(self) -> dict[str, Value]:
        """What the program exported, once it has ended."""
        return self._stack_outputs

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """The engine's URN: types of all ancestors, the stack itself left out."""
        above = _qualified_type(parent) if parent else STACK_TYPE
        qualified = type_ if above == STACK_TYPE else f"{above}${type_}"
        return f"{self._prefix}{qualified}::{name}"

    def RegisterResource(
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == STACK_TYPE:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        if request.remote:
            _refuse(f"{request.type} {request.name!r} is made by a plugin (a remote component)")
        if request.transforms:
            _refuse(f"{request.type} {request.name!r} has transforms")
        self._record(urn, request, request.object, read=False)
        return resource_pb2.RegisterResourceResponse(urn=urn, object=request.object)

    def ReadResource(
        self, request: resource_pb2.ReadResourceRequest
    ) -> resource_pb2.ReadResourceResponse:
        urn = self.make_urn(request.parent, request.type, request.name)
        self._record(urn, request, request.properties, read=True)
        return resource_pb2.ReadResourceResponse(
            urn=urn, id=request.id, properties=request.properties
        )

    def RegisterResourceOutputs(
        self, request: resource_pb2.RegisterResourceOutputsRequest
    ) -> empty_pb2.Empty:
        if request.urn in self._complete:
            raise pulumi.RunError(f"{request.urn} registers its outputs twice")
        self._complete.add(request.urn)
        component = self._recorded.get(request.urn)
        outputs = component.outputs if component else self._stack_outputs
        outputs.update(properties(request.outputs))
        return empty_pb2.Empty()

    def Invoke(
        self, request: resource_pb2.ResourceInvokeRequest
    ) -> resource_pb2.ResourceInvokeResponse:
        if request.tok != "pulumi:pulumi:getResource":
            _refuse(f"the program calls {request.tok}")
        urn = request.args.fields["urn"].string_value
        answer = struct_pb2.Struct()
        answer.update({"urn": urn, "id": ""})
        answer.fields["state"].struct_value.CopyFrom(self._objects[urn])
        return resource_pb2.ResourceInvokeResponse(**{"return": answer})

    def Call(self, request: resource_pb2.ResourceCallRequest) -> NoReturn:
        _refuse(f"the program calls {request.tok}")

    def ExistsResource(self, request: resource_pb2.ExistsResourceRequest) -> NoReturn:
        _refuse(f"the program asks whether {request.type} {request.id!r} exists")

    def RegisterStackTransform(self, _request: object) -> NoReturn:
        _refuse("the program registers a stack transform")

    def RegisterStackInvokeTransform(self, _request: object) -> NoReturn:
        _refuse("the program registers a stack transform")

    def _record(
        self,
        urn: str,
        request: resource_pb2.RegisterResourceRequest | resource_pb2.ReadResourceRequest,
        inputs: struct_pb2.Struct,
        *,
        read: bool,
    ) -> None:
        if urn in self._recorded:
            raise pulumi.RunError(
                f"two resources of type {request.type} are both called {request.name!r}; "
                f"give each its own name\n({urn})"
            )
        custom = read or getattr(request, "custom", False)
        if custom and not request.provider:
            self._check_default_provider(request)
        self._objects[urn] = inputs
        self._recorded[urn] = Resource(
            urn=urn,
            type=request.type,
            name=request.name,
            parent=request.parent,
            custom=custom,
            read=read,
            inputs=properties(inputs),
            outputs={},
            dependencies=tuple(sorted(request.dependencies)),
            property_dependencies=_property_dependencies(request),
            provider=request.provider or None,
            options=_options(request, self._aliases(request)),
        )

    def _aliases(self, request: Any) -> tuple[str, ...]:
        """The URNs that the program says this resource had."""
        return tuple(self._alias(request, each) for each in getattr(request, "aliases", ()))

    def _alias(self, request: Any, alias: alias_pb2.Alias) -> str:
        """An alias in full; what it leaves out is as the resource has it."""
        if alias.WhichOneof("alias") == "urn":
            return str(alias.urn)
        spec = alias.spec
        parent = "" if spec.noParent else spec.parentUrn or request.parent
        urn = self.make_urn(parent, spec.type or request.type, spec.name or request.name)
        prefix = f"urn:pulumi:{spec.stack or self._stack}::{spec.project or self._project}::"
        return prefix + urn.removeprefix(self._prefix)

    def _check_default_provider(self, request: Any) -> None:
        package = request.type.partition(":")[0]
        if package != "pulumi" and not {package, "*"}.isdisjoint(self._without_default):
            raise pulumi.RunError(
                f"{request.type} {request.name!r} has no provider of its own, and the project "
                f"disables the default one for {package}"
            )


class PlanEngine:
    """Keeps the program's warnings and errors; drops the rest of its log."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def Log(self, request: engine_pb2.LogRequest) -> empty_pb2.Empty:
        if request.severity >= engine_pb2.WARNING:
            self.warnings.append(request.message)
        return empty_pb2.Empty()


def _qualified_type(urn: str) -> str:
    return urn.split("::")[2]


def _refuse(what: str) -> NoReturn:
    raise pulumi.RunError(f"{what}; the offline plan has no provider to ask")


def _property_dependencies(request: Any) -> Mapping[str, tuple[str, ...]]:
    if not isinstance(request, resource_pb2.RegisterResourceRequest):
        return {}
    found = request.propertyDependencies
    return {key: tuple(sorted(found[key].urns)) for key in sorted(found) if found[key].urns}


def _options(request: Any, aliases: tuple[str, ...]) -> Options:
    if not isinstance(request, resource_pb2.RegisterResourceRequest):
        return Options()
    timeouts = {name.name: value for name, value in request.customTimeouts.ListFields()}
    before = request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None
    return Options(
        protect=request.protect,
        retain_on_delete=request.retainOnDelete,
        delete_before_replace=before,
        ignore_changes=tuple(request.ignoreChanges),
        replace_on_changes=tuple(request.replaceOnChanges),
        additional_secret_outputs=tuple(request.additionalSecretOutputs),
        import_id=request.importId or None,
        custom_timeouts=timeouts,
        aliases=aliases,
    )
