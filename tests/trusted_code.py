"""How much code each kind of proof rests on, counted; ``python tests/trusted_code.py`` writes it on the page.

A *unit* is a function, a method, the head of a class or a constant. A proof rests on the units that its entries reach:
through names, as Python resolves them in the file; and through attributes, which count as every method of that
name of the classes reached so far and of their subclasses. That is more than is ever called, never less;
`test_trusted_code` runs proofs with the compiler off and sees that nothing runs that is not counted.

Lines are those that hold code: blank ones, comments and docstrings are not counted. Decorators are not followed: what
compiles a function (`otkit.numerics.jit`, Numba, LLVM) is trusted like Python and NumPy, and is in no table.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "explanation" / "checker.md"
BEGIN, END = "<!-- written by tests/trusted_code.py -->", "<!-- end of what it wrote -->"

CERTIFICATE = "otkit.checker.certificate"
WORDS = (f"{CERTIFICATE}.Certificate.statement", f"{CERTIFICATE}.Certificate.verdict")

# What is called to judge an answer, by the proof that it leads to.
ENTRIES = {
    "exact, from a tree": (
        "otkit.checker.optimality.judge",
        "otkit.checker.optimality.Verdict.unique",
        "otkit.checker.basic_solution.Vertex.value",
        "otkit.checker.audit.exact_certificate",
        *(
            f"otkit.checker.small.{name}"
            for name in ("costs_at_once", "empty_proof", "held_part", "prove_tree", "optimum_of")
        ),
        "otkit.problem.masses.rescaled",
        f"{CERTIFICATE}.proved_certificate",
        *WORDS,
    ),
    "exact, on the line": ("otkit.checker.line.prove_on_line", f"{CERTIFICATE}.line_certificate", *WORDS),
    "float, or an interval": ("otkit.checker.audit.certify_in_float64", *WORDS),
    "float, of many small problems": ("otkit.checker.batch.enclose",),
    "a proof file, checked alone": tuple(
        f"otkit.checker.standalone.{name}" for name in ("check", "matrix", "listed", "points", "line")
    ),
}


@dataclass
class Unit:
    """A piece of code that is reached or not, as a whole."""

    name: str  # in full: otkit.checker.line.prove_on_line, otkit.problem.TransportProblem.shape
    module: str
    node: ast.AST
    bases: list[str] = field(default_factory=list)  # of a class


class Count(NamedTuple):
    """What a proof rests on: its units by file, and how many lines of code they are."""

    units: dict[str, set[str]]
    lines: dict[str, int]

    @property
    def total(self) -> int:
        """The number of lines of code."""
        return sum(self.lines.values())

    def within(self, folder: str) -> int:
        """Return how many of the lines lie in a folder of otkit."""
        return sum(lines for path, lines in self.lines.items() if path.startswith(f"otkit/{folder}/"))


class Package:
    """The units of otkit, and what a name means in each of its files."""

    def __init__(self, root: Path = ROOT) -> None:
        self.files = {module_of(path, root): path for path in sorted((root / "otkit").rglob("*.py"))}
        self.root = root
        self.units: dict[str, Unit] = {}
        self.names: dict[str, dict[str, str]] = {}  # of each module: local name -> full name
        self.code = {module: lines_of_code(path.read_text("utf-8")) for module, path in self.files.items()}
        for module, path in self.files.items():
            self._read(module, path)
        self.children: dict[str, list[str]] = {}
        for unit in self.units.values():
            for base in unit.bases:
                self.children.setdefault(self.resolved(self.names[unit.module].get(base, base)), []).append(unit.name)

    def _read(self, module: str, path: Path) -> None:
        tree = ast.parse(path.read_text("utf-8"))
        names = self.names[module] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    names[alias.asname or alias.name.partition(".")[0]] = alias.name
        for node in statements(tree.body):
            for name, part in defined(node):
                full = f"{module}.{name}"
                names.setdefault(name.partition(".")[0], f"{module}.{name.partition('.')[0]}")
                bases = [base.id for base in node.bases if isinstance(base, ast.Name)] if part is node and isinstance(
                    node, ast.ClassDef
                ) else []  # fmt: skip
                self.units[full] = Unit(full, module, part, bases)

    def resolved(self, full: str) -> str:
        """Return the unit that a full name means, through packages that hand names on."""
        seen = set()
        while full not in self.units and full not in seen:
            seen.add(full)
            module, _, name = full.rpartition(".")
            full = self.names.get(module, {}).get(name, full)
        return full

    def reached(self, *entries: str) -> Count:
        """Return what some entries rest on."""
        for entry in entries:
            if entry not in self.units:
                raise LookupError(f"ENTRIES names {entry}, which is no function of otkit any more")
        found: set[str] = set()
        attributes: set[str] = set()
        ahead = list(entries)
        while ahead:
            name = ahead.pop()
            if name in found:
                continue
            found.add(name)
            unit = self.units[name]
            used = set(self._used(unit))
            new = {each[1:] for each in used if each.startswith(".")} - attributes
            attributes |= new
            ahead += [each for each in used if not each.startswith(".")]
            if isinstance(unit.node, ast.ClassDef):
                ahead += self.children.get(name, [])
                ahead += self._methods(name, attributes)
            if new:
                for each in list(found):
                    if isinstance(self.units[each].node, ast.ClassDef):
                        ahead += self._methods(each, new)
        units: dict[str, set[str]] = {}
        lines: dict[str, set[int]] = {}
        for name in found:
            unit = self.units[name]
            path = self.files[unit.module].relative_to(self.root).as_posix()
            units.setdefault(path, set()).add(name)
            lines.setdefault(path, set()).update(self.code[unit.module] & own_lines(unit.node))
        return Count(units, {path: len(numbers) for path, numbers in sorted(lines.items()) if numbers})

    def _methods(self, name: str, attributes: set[str]) -> list[str]:
        """Return the methods of a class that go by some names, those that it inherits too."""
        unit = self.units[name]
        bases = [self.resolved(self.names[unit.module].get(base, base)) for base in unit.bases]
        inherited = [method for base in bases if base in self.units for method in self._methods(base, attributes)]
        return [f"{name}.{each}" for each in attributes if f"{name}.{each}" in self.units] + inherited

    def _used(self, unit: Unit) -> Iterator[str]:
        """Yield the units that a unit names, and ".attribute" for each attribute that may be a method."""
        names = self.names[unit.module]
        nodes = list(own_nodes(unit.node))
        called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
        local = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
        local |= {node.arg for node in nodes if isinstance(node, ast.arg)}
        if not isinstance(unit.node, ast.FunctionDef):
            local = set()
        for node in nodes:
            if isinstance(node, ast.Name) and node.id not in local:
                used = self.resolved(names.get(node.id, node.id))
            elif isinstance(node, ast.Attribute):
                yield f".{node.attr}"
                head, _, rest = dotted(node).partition(".")
                used = self.resolved(f"{names[head]}.{rest}") if head in names and head not in local and rest else ""
            else:
                continue
            if used in self.units:
                yield used
                if id(node) in called:
                    yield from (
                        f"{used}.{name}" for name in ("__new__", "__init__", "__post_init__")
                        if f"{used}.{name}" in self.units
                    )  # fmt: skip

    def unit_at(self, path: str, line: int) -> str | None:
        """Return the function or method whose code a line of a file belongs to."""
        module = module_of(Path(path), self.root)
        for unit in self.units.values():
            if unit.module == module and isinstance(unit.node, ast.FunctionDef):
                first = min([unit.node.lineno, *(each.lineno for each in unit.node.decorator_list)])
                if first <= line <= (unit.node.end_lineno or first):
                    return unit.name
        return None


def module_of(path: Path, root: Path) -> str:
    """Return the name of the module in a file."""
    parts = path.resolve().relative_to(root.resolve()).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a module, those under ``if`` and ``try`` too."""
    for node in body:
        yield node
        if isinstance(node, (ast.If, ast.Try)):
            yield from statements([*node.body, *node.orelse])


def defined(node: ast.stmt) -> Iterator[tuple[str, ast.AST]]:
    """Yield the names that a statement defines, with the code of each."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield node.name, node
    elif isinstance(node, ast.ClassDef):
        yield node.name, node
        for part in node.body:
            if isinstance(part, ast.FunctionDef):
                yield f"{node.name}.{part.name}", part
    elif isinstance(node, (ast.Assign, ast.AnnAssign)):
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            for part in ast.walk(target):
                if isinstance(part, ast.Name):
                    yield part.id, node


def own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a unit: those of a class without its methods, of a function without its decorators."""
    parts = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.ClassDef):
        parts = [part for part in node.body if not isinstance(part, ast.FunctionDef)]
    elif isinstance(node, ast.FunctionDef):
        parts = [node.args, *node.body, *([node.returns] if node.returns else [])]
    for part in parts:
        yield from ast.walk(part)


def own_lines(node: ast.AST) -> set[int]:
    """Return the numbers of the lines of a unit."""
    lines = set(range(node.lineno, (node.end_lineno or node.lineno) + 1))  # type: ignore[attr-defined]
    if isinstance(node, ast.ClassDef):
        for part in node.body:
            if isinstance(part, ast.FunctionDef):
                first = min([part.lineno, *(each.lineno for each in part.decorator_list)])
                lines -= set(range(first, (part.end_lineno or part.lineno) + 1))
    return lines


def dotted(node: ast.AST) -> str:
    """Return "a.b.c" of such an expression, and "" of any other."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        head = dotted(node.value)
        return f"{head}.{node.attr}" if head else ""
    return ""


def lines_of_code(text: str) -> set[int]:
    """Return the numbers of the lines that hold code, not only a comment or a docstring."""
    lines: set[int] = set()
    empty = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in empty:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines


@cache
def counts() -> dict[str, Count]:
    """Return what each kind of proof rests on."""
    package = Package()
    return {kind: package.reached(*entries) for kind, entries in ENTRIES.items()}


def about(lines: int) -> str:
    """Return a number of lines as pages say it: to two digits, so that not every change of the code is one there."""
    digits = max(0, len(str(lines)) - 2)
    return f"{round(lines, -digits):,}" if lines > 200 else str(lines)


def table() -> str:
    """Return the table of the page."""
    rows = ["| proof | files, about | lines of code | of these in `checker/` | in `costs/` |", "|---|---|---|---|---|"]
    for kind, count in counts().items():
        inside = " | ".join(about(count.within(folder)) for folder in ("checker", "costs"))
        rows.append(f"| {kind} | {len(count.lines)} | {about(count.total)} | {inside} |")
    return "\n".join(rows)


def written() -> str:
    """Return the table that stands on the page."""
    return PAGE.read_text("utf-8").partition(BEGIN)[2].partition(END)[0].strip()


def write() -> None:
    """Put the table of today on the page."""
    text = PAGE.read_text("utf-8")
    new, times = re.subn(f"{BEGIN}.*?{END}", lambda _: f"{BEGIN}\n\n{table()}\n\n{END}", text, flags=re.DOTALL)
    if times != 1:
        raise ValueError(f"{PAGE} must hold {BEGIN} and {END} once")
    PAGE.write_text(new, "utf-8")


if __name__ == "__main__":
    write()
    for kind, count in counts().items():
        print(f"\n{kind}: {count.total} lines in {len(count.lines)} files")
        for path, lines in count.lines.items():
            print(f"  {lines:5d}  {path}")
