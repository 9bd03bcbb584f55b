"""The reference pages of the documentation, written from the package itself."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import resilience_stats as rs
from resilience_stats import errors, figures, report, tables
from resilience_stats.disclosure.formatting import SHORTHAND
from resilience_stats.resources import schema_directory

_PACKAGE = Path(rs.__file__).resolve().parent
_MADE = "This page is written by `python -m resilience_stats reference`; do not edit it by hand.\n"
#: What stands above each page.
_ABOUT = {
    "functions": (
        "Every public function with its arguments and what it gives. `help(rs.fit_linear)` has the whole of "
        "it: shapes, units, errors, formula and source, and an example that runs."
    ),
    "errors": (
        "All come from `ResilienceStatsError`. A message says where, what was found, what is allowed and what "
        "to do; the command line prints it without a traceback and ends with the exit code."
    ),
    "notes": (
        "What a result, a cohort or a feature table wants its reader to know, in `.notes`. The code is "
        "stable; a test or a report can look for it. In the message `{…}` stands for what was met."
    ),
    "results": (
        "`results.csv` holds every number that a report prints, one row each, after the disclosure policy. It "
        "is the one long, tidy table from which tables, figures and sentences are made."
    ),
    "commands": (
        "Each command is `python -m resilience_stats <command>`; the targets of the `Makefile` are some of "
        "them under the same names."
    ),
}
#: Exit codes that belong to no class of error.
OTHER_ENDS = {
    0: "Done.",
    2: "The command, an option or its value is unknown: the message says which, and `--help` what there is.",
    70: "A fault of the package itself; the message names the file that holds the traceback.",
    71: "The memory did not suffice.",
    130: "Stopped: Ctrl-C, or the system asked it to end.",
}
_COLUMNS = {
    "chapter": "the chapter that left the row",
    "output": "the table or figure that it belongs to",
    "group": "the group, `All` for a margin; empty where there is none",
    "term": "what is named: a place, an area, a predictor, a file",
    "statistic": "what kind of number `value` is: a name of the list below",
    "value": "the number, or a text; shares are fractions of one; empty where withheld",
    "conf_low": "lower end of the interval",
    "conf_high": "upper end of the interval",
    "n": "how many practices stand behind it",
    "disclosure": "empty, `[c]` where the row is withheld, `rounded` where the policy has rounded it",
}


def write_reference(folder: Path) -> list[Path]:
    """Write the reference pages into `folder` and return their paths.

    Parameters
    ----------
    folder : pathlib.Path
        ``docs/reference`` of a checkout.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for name, text in reference_pages().items():
        path = folder / f"{name}.md"
        path.write_text(text, encoding="utf-8")
        made.append(path)
    return made


def reference_pages() -> dict[str, str]:
    """Return each reference page as Markdown, by the name of its file.

    Examples
    --------
    >>> sorted(reference_pages())
    ['commands', 'errors', 'functions', 'notes', 'results']
    """
    return {
        "functions": _functions(),
        "errors": _errors(),
        "notes": _notes(),
        "results": _results(),
        "commands": _commands(),
    }


def _page(title: str, about: str, *parts: str) -> str:
    return "\n".join([f"# {title}\n", about, "", _MADE, *parts]).rstrip() + "\n"


def _table(headings: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rows = [" | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) for line in lines]
    return "\n".join(
        ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings), *(f"| {row} |" for row in rows)]
    )


def _functions() -> str:
    parts = []
    for home, names in rs._HOMES.items():
        module = importlib.import_module(f"resilience_stats.{home}")
        parts += [f"## {_first_line(module)}\n", _table(("function", "gives"), _entries(rs, names)), ""]
    for title, package, prefix in (("Tables", tables, "table_"), ("Figures", figures, "figure_")):
        shown = [name for name in package.__all__ if name.startswith(prefix)]
        parts += [f"## {title}\n", _table(("function", "gives"), _entries(package, shown)), ""]
    parts += ["## For chapters: `from resilience_stats import report`\n"]
    parts += [_table(("function", "gives"), _entries(report, report.__all__)), ""]
    return _page("Functions", _ABOUT["functions"], *parts)


def _entries(home: Any, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        thing = getattr(home, name)
        yield f"`{name}{_arguments(thing)}`", _first_line(thing)


def _arguments(thing: Any) -> str:
    """The names of the arguments with their defaults; their types stand in the docstring."""
    if not inspect.isfunction(thing):
        return ""
    plain = [p.replace(annotation=inspect.Parameter.empty) for p in inspect.signature(thing).parameters.values()]
    return str(inspect.Signature(plain))


def _first_line(thing: Any) -> str:
    return (inspect.getdoc(thing) or "").strip().splitlines()[0]


def _errors() -> str:
    base = errors.ResilienceStatsError
    found = [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, base)]
    found.sort(key=lambda c: (c.exit_code, c.__name__))
    lines = [(f"`{c.__name__}`", str(c.exit_code), _first_line(c)) for c in found]
    others = [(str(code), meaning) for code, meaning in OTHER_ENDS.items()]
    return _page(
        "Errors",
        _ABOUT["errors"],
        _table(("error", "exit code", "when"), lines),
        "\n## Other ways in which a command ends\n",
        _table(("exit code", "when"), others),
    )


def _notes() -> str:
    found: dict[str, dict[str, set[str]]] = {}
    for path in sorted(_PACKAGE.rglob("*.py")):
        for code, message in _note_calls(ast.parse(path.read_text(encoding="utf-8"))):
            held = found.setdefault(code, {"by": set(), "says": set()})
            held["by"].add(f"`{path.relative_to(_PACKAGE).with_suffix('').as_posix()}`")
            held["says"] |= {message} if message else set()
    lines = [
        (f"`{code}`", ", ".join(sorted(held["by"])), " / ".join(sorted(held["says"])) or "made from what was met")
        for code, held in sorted(found.items())
    ]
    return _page("Notes", _ABOUT["notes"], _table(("code", "given by", "message"), lines))


def _note_calls(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("note", "Note") and node.args:
            code = node.args[0]
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                yield code.value, _message(node.args[1]) if len(node.args) > 1 else ""


def _message(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        parts = [str(p.value) if isinstance(p, ast.Constant) else "{…}" for p in node.values]
        return "".join(parts)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _results() -> str:
    content = json.loads((schema_directory() / "statistics.json").read_text(encoding="utf-8"))
    kinds = [(f"`{name}`", kind["description"]) for name, kind in content["kinds"].items()]
    statistics = [
        (f"`{s['name']}`", s["label"] or "–", s["unit"] or "–", str(s["decimals"]), s["kind"])
        for s in content["statistics"]
    ]
    return _page(
        "Results",
        _ABOUT["results"],
        "## Columns\n",
        _table(("column", "what it holds"), [(f"`{k}`", v) for k, v in _COLUMNS.items()]),
        "\n## States\n",
        _table(("sign", "meaning"), [(f"`{sign}`", meaning) for sign, meaning in SHORTHAND.items()]),
        "\n## Kinds of statistic, and how each is protected\n",
        _table(("kind", "what it is"), kinds),
        "\n## Statistics\n",
        _table(("name", "printed as", "unit", "decimals", "kind"), statistics),
    )


def _commands() -> str:
    import typer

    from resilience_stats.report.commands import app

    group: Any = typer.main.get_command(app)
    parts = [text for name, command in sorted(_leaves(group.commands).items()) for text in _command(name, command)]
    return _page("Commands", _ABOUT["commands"], *parts)


def _leaves(commands: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, command in commands.items():
        inner = getattr(command, "commands", None)
        found |= {f"{before}{name}": command} if inner is None else _leaves(inner, f"{before}{name} ")
    return found


def _command(name: str, command: Any) -> Iterator[str]:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and "--help" not in p.opts]
    usage = " ".join([name, *(f"[{a.name.upper()}]" if not a.required else a.name.upper() for a in arguments)])
    yield f"## `{usage}`\n"
    yield re.sub(r"\s+", " ", command.help or "").strip() + "\n"
    lines = [
        (f"`{p.name.upper()}`" if p in arguments else f"`{'`, `'.join(p.opts)}`", p.help or "")
        for p in command.params
        if p in arguments or p in options
    ]
    if lines:
        yield _table(("argument or option", "what it does"), lines) + "\n"
