"""Tables by reference: a NamedTuple of arrays goes from kernel to kernel as one pointer.

By value, a call passes seven words for every array; sixteen arrays are more than a hundred stores
and loads at each call of a helper, and as many lines for the compiler. The tuple is spread out
once, where Python calls a kernel; inside, a field is loaded where it is used, and since the tuple
cannot change while kernels run, the compiler may load it once for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from solvent.compiled.switch import COMPILED, OPTIONS

_Class = TypeVar("_Class", bound=type)

if TYPE_CHECKING:
    types: Any
    ir: Any
    cgutils: Any
    models: Any
    typeof: Any
    AttributeTemplate: Any
    NativeValue: Any
    infer_getattr: Any
    lower_getattr_generic: Any
    register_model: Any
    typeof_impl: Any
    unbox: Any
elif COMPILED:
    from llvmlite import ir
    from numba.core import cgutils, types
    from numba.core.datamodel import models
    from numba.core.typing.templates import AttributeTemplate
    from numba.core.typing.typeof import typeof
    from numba.extending import (
        NativeValue,
        infer_getattr,
        lower_getattr_generic,
        register_model,
        typeof_impl,
        unbox,
    )

if COMPILED:

    class _Reference(types.Type):  # type: ignore[misc]
        """A NamedTuple of arrays that kernels pass to each other as one pointer."""

        def __init__(self, title: str, fields: tuple[tuple[str, Any], ...]) -> None:
            self.fields = fields
            described = ", ".join(f"{name}: {kind}" for name, kind in fields)
            super().__init__(name=f"{title}({described})")

        def place(self, attr: str) -> int:
            return [name for name, _ in self.fields].index(attr)

    @register_model(_Reference)
    class _ReferenceModel(models.PrimitiveModel):  # type: ignore[misc]
        def __init__(self, manager: Any, kind: Any) -> None:
            parts = [manager.lookup(field).get_value_type() for _, field in kind.fields]
            super().__init__(manager, kind, ir.LiteralStructType(parts).as_pointer())

    @infer_getattr
    class _ReferenceAttributes(AttributeTemplate):  # type: ignore[misc]
        key = _Reference

        def generic_resolve(self, kind: Any, attr: str) -> Any:
            return dict(kind.fields).get(attr)

    def _load(builder: Any, pointer: Any, constant: Any) -> Any:
        """Load a struct leaf by leaf, each marked as never changing while the kernels run."""
        pointee = pointer.type.pointee
        if isinstance(pointee, ir.LiteralStructType | ir.ArrayType):
            whole = ir.Constant(pointee, ir.Undefined)
            count = pointee.count if isinstance(pointee, ir.ArrayType) else len(pointee.elements)
            for place in range(count):
                part = _load(builder, cgutils.gep_inbounds(builder, pointer, 0, place), constant)
                whole = builder.insert_value(whole, part, place)
            return whole
        value = builder.load(pointer)
        value.set_metadata("invariant.load", constant)
        return value

    @lower_getattr_generic(_Reference)  # type: ignore[untyped-decorator]
    def _get(context: Any, builder: Any, kind: Any, pointer: Any, attr: str) -> Any:
        place = cgutils.gep_inbounds(builder, pointer, 0, kind.place(attr))
        return _load(builder, place, builder.module.add_metadata([]))

    @unbox(_Reference)  # type: ignore[untyped-decorator]
    def _unbox(kind: Any, thing: Any, c: Any) -> Any:
        parts = [c.context.get_value_type(field) for _, field in kind.fields]
        pointer = cgutils.alloca_once(c.builder, ir.LiteralStructType(parts))
        failed = cgutils.alloca_once_value(c.builder, cgutils.false_bit)
        for place, (_, field) in enumerate(kind.fields):
            native = c.unbox(field, c.pyapi.tuple_getitem(thing, place))
            c.builder.store(native.value, cgutils.gep_inbounds(c.builder, pointer, 0, place))
            with c.builder.if_then(native.is_error, likely=False):
                c.builder.store(cgutils.true_bit, failed)
        return NativeValue(pointer, is_error=c.builder.load(failed))


def by_reference(cls: _Class) -> _Class:
    """Have kernels pass tuples of this NamedTuple class to each other as one pointer. Returns the
    class. It does nothing without the compiler, nor where reference counting could not be switched
    off: a field loaded here is not counted.

    >>> from typing import NamedTuple
    >>> import numpy as np
    >>> from solvent.compiled import kernel
    >>> @by_reference
    ... class Columns(NamedTuple):
    ...     sizes: np.ndarray
    >>> @kernel
    ... def total(columns: Columns) -> int:
    ...     return columns.sizes[0] + columns.sizes[1]
    >>> int(total(Columns(np.array([2, 3]))))
    5
    """
    if COMPILED and "_nrt" in OPTIONS:

        def describe(value: Any, context: Any) -> Any:
            fields = zip(cls._fields, value, strict=True)  # type: ignore[attr-defined]
            return _Reference(cls.__name__, tuple((name, typeof(part)) for name, part in fields))

        typeof_impl.register(cls)(describe)
    return cls
