"""Parameters whose words stand in a registry, and bring parameters of their own."""

import functools
from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol, TypeVar

from pydantic import BaseModel, create_model

__all__ = ["Choice", "following", "parameters_of_others", "with_choices"]


C = TypeVar("C", bound="Choice")


class Choice(Protocol):
    """One word of a parameter."""

    parameters: dict[str, Any]
    """Its own parameters: a ``pydantic.Field`` by name, each with a default.

    Two choices share a parameter by the same field.
    """


def with_choices(
    model: type[BaseModel], name: str, choices: Mapping[str, Choice]
) -> type[BaseModel]:
    """Return a model whose parameter `name` takes the choices; their own follow it.

    Raises ValueError where a choice has a parameter whose name is taken.
    """
    fields: dict[str, Any] = {}
    for key, field in model.model_fields.items():
        _add(fields, key, field.annotation, field)
        if key == name:
            fields[key] = Literal[*choices], field
            for choice in choices.values():
                for own, its in choice.parameters.items():
                    if own not in fields or fields[own][1] is not its:
                        _add(fields, own, its.annotation or type(its.default), its)
    config = model.model_config
    return create_model(
        model.__name__, __config__=config, __doc__=model.__doc__, **fields
    )


def _add(fields: dict[str, Any], name: str, annotation: Any, field: Any) -> None:
    if name in fields:
        raise ValueError(f"{name} is the name of two parameters; rename one of them")
    fields[name] = annotation, field


def parameters_of_others(choices: Mapping[str, Choice], word: str | None) -> set[str]:
    """Return the parameters that the choice of that word does not have."""
    names = {name for choice in choices.values() for name in choice.parameters}
    return names.difference(
        choices[word].parameters if word is not None and word in choices else ()
    )


def following(
    name: str, registry: Mapping[str, C], build: Callable[[Mapping[str, C]], Any]
) -> Callable[[str], Any]:
    """Return a module's ``__getattr__``: it builds `name` of a registry as it is.

    Built once for each content of the registry.
    """
    cached = functools.lru_cache(lambda choices: build(dict(choices)))

    def attribute(asked: str) -> Any:
        if asked != name:
            raise AttributeError(f"no attribute {asked!r}; there is {name}")
        return cached(tuple(registry.items()))

    return attribute
