"""The header that declares the interface of the kernels in C++, written from `abi`."""

from collections.abc import Iterable

from rvsjax.simulation.kernels.abi import (
    INTEGERS,
    REALS,
    Numbers,
    Operands,
    Raw,
    fields,
)

__all__ = ["header"]

_TYPES = {"real": "T", "int": "int32_t"}
_ROWS = {"numbers": "Numbers<T>", "reals": "Reals<T>", "integers": "Integers"}


def header() -> str:
    """Return the text of ``abi.h``: records and arrays in their order, one struct each.

    `Numbers` may be of vectors, set lane by lane. `Operands` and `Raw` are pointers to
    the first row of each array, given as a function of the array's place.
    """
    return f"""// Written from abi.py: do not edit.
#pragma once
#include <cstdint>

template <class T> struct Numbers {{
  T {_list(Numbers._fields)};
  template <class Scalars> void set(int lane, const Scalars &from) {{
    {" ".join(f"{name}[lane] = from.{name};" for name in Numbers._fields)}
  }}
}};

template <class T> struct Reals {{
  T {_list(REALS)};
}};

struct Integers {{
  int32_t {_list(INTEGERS)};
}};

{_arrays(Operands, "const ")}
{_arrays(Raw)}"""


def _list(names: Iterable[str]) -> str:
    return ", ".join(names).replace(".", "_")


def _arrays(record: type, const: str = "") -> str:
    columns = fields(record)
    types = [const + _ROWS.get(f.axis, _TYPES[f.kind]) + " *" for f in columns]
    names = [field.name for field in columns]
    pairs = list(zip(types, names))
    members = " ".join(f"{of}{name};" for of, name in pairs)
    found = ", ".join(f"{name}(({of})at({i}))" for i, (of, name) in enumerate(pairs))
    return f"""template <class T> struct {record.__name__} {{
  enum {{ {", ".join(f"at_{name}" for name in names)} }};
  {members}
  template <class At> explicit {record.__name__}(At at) : {found} {{}}
}};
"""
