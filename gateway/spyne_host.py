"""The Spyne host: one Application per contract, and a transport and a protocol of ours around Spyne's own steps.

Each contract's Application has the contract as its tns and one operation, whose function is the pipeline's. Spyne
keeps what it is good at: applications, services, contexts and their events. It never parses, validates, writes WSDL
or touches HTTP; the message was read by contracts/envelope.py before an Application could be chosen, and reply bytes
pass through as they are. Contracts that no WSDL of ours describes share one Application, for the platform routes them
all the same.
Source: DESIGN decision 1 in docs/decisions (the traps of Spyne 2.14 that this keeps out).
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, cast

import gateway.spyne_import  # noqa: F401  before anything of Spyne's

from spyne import Application, ServiceBase, rpc  # isort: skip
from spyne.context import MethodContext  # isort: skip
from spyne.model.primitive import AnyXml  # isort: skip
from spyne.protocol.soap import Soap11  # isort: skip
from spyne.server import ServerBase  # isort: skip
from spyne.util.appreg import unregister_application  # isort: skip

from contracts.catalogue import Interaction
from gateway.call import Answer, Call

Carry = Callable[[Call], Awaitable[Answer]]
"""What happens to a call once its Application has it: routing, authorisation, and so on (pipeline.py)."""

_ANY_CONTRACT = "urn:tidbro:any-contract"


class CallContext(MethodContext):  # type: ignore[misc]
    """A Spyne context that carries our Call in `udc` and costs a tenth of Spyne's own.

    Attributes are set plainly, there are no contexts of transport and protocols within it, an event without listeners
    passes, and one context serves the call from end to end, for an Application of ours has one operation. What Spyne
    sets on a new context, forty attributes, is the same for every call of an Application: `for_call` copies it, and
    tells nobody that a context was made.
    """

    __setattr__ = object.__setattr__
    TransportContext = None

    @classmethod
    def for_call(cls, call: Call, as_new: Mapping[str, Any]) -> "CallContext":
        """A context for a call, as one that was just made is; `as_new` holds the attributes of such a one."""
        ctx = cls.__new__(cls)
        ctx.__dict__.update(as_new)
        ctx.files, ctx.pusher_stack = [], []
        ctx.udc = call
        return ctx

    def copy(self) -> "CallContext":
        """Spyne wants a context for each operation of a name."""
        return self

    def fire_event(self, event: str, *given: Any, **named: Any) -> None:
        if event in self.app.event_manager.handlers:
            self.app.event_manager.fire_event(event, self, *given, **named)
        descriptor = self.descriptor
        for manager in descriptor.event_managers if descriptor is not None else ():
            if event in manager.handlers:
                manager.fire_event(event, self, *given, **named)


class PassThroughSoap(Soap11):  # type: ignore[misc]
    """SOAP 1.1 as our own envelope module reads it; in goes the Call, out go the answer's bytes."""

    def get_context(self, parent: MethodContext, transport: ServerBase) -> None:
        """No context of its own: it has nothing to remember."""

    def create_in_document(self, ctx: CallContext, charset: str | None = None) -> None:
        ctx.in_document = _call_of(ctx).read_message

    def decompose_incoming_envelope(self, ctx: CallContext, message: str = Soap11.REQUEST) -> None:
        ctx.method_request_string = "carry"

    def deserialize(self, ctx: CallContext, message: str) -> None:
        ctx.in_object = _call_of(ctx)

    def serialize(self, ctx: CallContext, message: str) -> None:
        ctx.out_document = ctx.out_object[0]

    def create_out_string(self, ctx: CallContext, charset: str | None = None) -> None:
        ctx.out_string = (cast(Answer, ctx.out_document).body,)


def _call_of(ctx: CallContext) -> Call:
    return cast(Call, ctx.udc)


class ContractServer(ServerBase):  # type: ignore[misc]
    """Our transport for one Application: runs its steps for a call, and waits for the answer in between."""

    transport = "urn:tidbro:asgi"

    def __init__(self, application: Application) -> None:
        super().__init__(application)
        made = CallContext(self, MethodContext.SERVER)
        made.event = None  # it points back: in a circle, the call's documents would wait for the garbage collector
        self._new_context = dict(vars(made))

    async def answer(self, call: Call) -> Answer:
        """The answer to a call. Raises what the pipeline raises."""
        (ctx,) = self.generate_contexts(CallContext.for_call(call, self._new_context))
        self.get_in_object(ctx)
        self.get_out_object(ctx)
        if ctx.out_error is not None:
            raise RuntimeError(f"Spyne stopped the call: {type(ctx.out_error).__name__}")
        ctx.out_object = [await ctx.out_object[0]]
        self.get_out_string(ctx)
        return cast(Answer, ctx.out_document)


class SpyneHost:
    """Every contract's Application, by contract."""

    def __init__(self, interactions: Iterable[Interaction], carry: Carry) -> None:
        contracts = {interaction.contract: interaction.name for interaction in interactions}
        self._servers = {contract: _server(contract, name, carry) for contract, name in contracts.items()}
        self._any = _server(_ANY_CONTRACT, "Any", carry)

    def answer(self, call: Call) -> Awaitable[Answer]:
        """The answer from the Application of the call's contract."""
        return self._servers.get(call.read_message.contract or "", self._any).answer(call)


def _server(contract: str, name: str, carry: Carry) -> ContractServer:
    @rpc(AnyXml, _returns=AnyXml, _operation_name="carry", _body_style="bare")  # type: ignore[untyped-decorator]
    def operation(ctx: Any, call: Call) -> Awaitable[Answer]:
        return carry(call)

    service = type(f"{name}Service", (ServiceBase,), {"carry": operation})
    protocols = {"in_protocol": PassThroughSoap(), "out_protocol": PassThroughSoap()}
    application = Application([service], tns=contract, name=f"{name}Application", **protocols)
    unregister_application(application)  # Spyne's list of all applications would keep this gateway for ever
    return ContractServer(application)
