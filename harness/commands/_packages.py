"""What ``harness doctor`` says about Python and packages: what is installed, held against the project's bounds."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness import __version__
from harness.errors import EnvironmentFailure
from harness.registry.shelves import SHIPPED

DISTRIBUTION = "harness-trials"


@dataclass(frozen=True)
class Finding:
    """One thing looked at. ``needed`` ones decide the exit code; ``mend`` is the command or step that helps."""

    part: str
    name: str
    ok: bool
    detail: str
    mend: str = ""
    needed: bool = True


def python() -> Iterator[Finding]:
    """The interpreter, and this package."""
    wanted = str(project()["requires-python"])
    version = platform.python_version()
    yield Finding(
        "python",
        "python",
        within(version, wanted),
        f"{version} at {sys.executable} (wanted {wanted})",
        "install Python 3.11 to 3.13 and make a new environment",
    )
    yield Finding("python", "harness", True, f"{__version__} from {SHIPPED}")


def project() -> dict[str, Any]:
    """``requires-python`` and ``dependencies``: from pyproject.toml in a clone, else from the installed package.

    Raises ``EnvironmentFailure`` where neither is there.
    """
    source = SHIPPED / "pyproject.toml"
    if source.exists():
        table = tomllib.loads(source.read_text(encoding="utf-8"))["project"]
        extras = [
            f'{need}; extra == "{extra}"'
            for extra, needs in table.get("optional-dependencies", {}).items()
            for need in needs
        ]
        return {"requires-python": table["requires-python"], "dependencies": [*table["dependencies"], *extras]}
    try:
        held = importlib.metadata.metadata(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError as error:
        raise EnvironmentFailure(
            f"the package {DISTRIBUTION} is not installed. From a clone: pip install -e ."
        ) from error
    return {"requires-python": held["Requires-Python"], "dependencies": importlib.metadata.requires(DISTRIBUTION) or []}


def packages() -> Iterator[Finding]:
    """Every dependency, with the version here held against its bounds; those of extras are not needed for runs."""
    for text in project()["dependencies"]:
        match = re.match(r"([A-Za-z0-9._-]+)\s*(?:\[[^\]]*\])?\s*\(?([^;)]*)\)?\s*(?:;(.*))?$", text)
        if match is None or match.group(1) == DISTRIBUTION:
            continue
        name, bounds, marker = match.group(1), match.group(2).replace(" ", ""), match.group(3) or ""
        extra = re.search(r"extra\s*==\s*['\"]([^'\"]+)", marker)
        if extra and extra.group(1) == "dev":
            continue  # the sum of other extras
        yield package(name, bounds, extra.group(1) if extra else "")


def package(name: str, bounds: str, extra: str) -> Finding:
    """One package."""
    use = f" (for {extra})" if extra else ""
    mend = f"pip install '{name}{bounds}'"
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Finding("packages", name, False, f"not installed{use}", mend, needed=not extra)
    fits = within(version, bounds)
    return Finding(
        "packages", name, fits, f"{version}{use}" + ("" if fits else f", wanted {bounds}"), mend, needed=not extra
    )


def within(version: str, bounds: str) -> bool:
    """Whether a version keeps to bounds such as ``>=2.6,<2.14``. Only the numbers count: 2.6.0+cpu is 2.6.0.

    >>> within("2.10.1+cpu", ">=2.6,<2.14"), within("1.2.3", "==1.2.2"), within("6.0", ">=5,<6")
    (True, False, False)
    """
    ours = numbers(version)
    tests = {
        ">=": ours.__ge__,
        "<=": ours.__le__,
        "==": ours.__eq__,
        "!=": ours.__ne__,
        ">": ours.__gt__,
        "<": ours.__lt__,
    }
    parts = re.findall(r"(>=|<=|==|!=|>|<)([^,]+)", bounds)
    return all(tests[sign](numbers(bound)) for sign, bound in parts)


def numbers(version: str) -> tuple[int, ...]:
    """The release numbers of a version, without zeros at the end: 2.0 is 2.

    >>> numbers("2.0.0rc1"), numbers("0.10.2+cpu")
    ((2,), (0, 10, 2))
    """
    match = re.match(r"\d+(?:\.\d+)*", version.strip())
    found = [int(part) for part in match.group(0).split(".")] if match else []
    while found and found[-1] == 0:
        found.pop()
    return tuple(found)
