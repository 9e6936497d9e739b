"""What the command line says in Chinese about a call that is put wrongly: option, argument, value, rule."""

from __future__ import annotations

import re

import click

#: What click itself says in English, without a type of its own to tell it by.
_SENTENCES = (
    (re.compile(r"No such command '(.+)'"), "没有命令“{}”"),
    (re.compile(r"Got unexpected extra arguments? \((.+)\)"), "多出的参数：{}"),
    (re.compile(r"Option '(.+)' requires an argument"), "选项 {} 后面缺少值"),
    (re.compile(r"Option '(.+)' requires (\d+) arguments"), "选项 {} 后面应有 {} 个值"),
    (re.compile(r"Option '(.+)' does not take a value"), "选项 {} 后面不带值"),
)


def usage_problem(error: click.UsageError) -> str:
    """One line that names what is wrong, and one that shows how the command is called."""
    lines = [_problem(error)]
    if error.ctx is not None:
        usage = error.ctx.get_usage().removeprefix("Usage:").strip()
        lines.append(f"用法：{usage}（加 --help 查看说明）")
    return "\n".join(lines)


def _problem(error: click.UsageError) -> str:
    if isinstance(error, click.NoSuchOption):
        near = f"，是不是 {'、'.join(error.possibilities)}" if error.possibilities else ""
        return f"没有选项 {error.option_name}{near}"
    if isinstance(error, click.MissingParameter):
        return f"缺少{_named(error.param)}".rstrip()
    if isinstance(error, click.BadParameter):
        return f"{_named(error.param)}的值不对：{_rule(error)}"
    for pattern, words in _SENTENCES:
        if found := pattern.match(error.message):
            return words.format(*found.groups())
    return f"命令写得不对：{error.message}"


def _named(param: click.Parameter | None) -> str:
    if param is None:
        return "参数"
    return (
        f"选项 {param.opts[-1]} " if isinstance(param, click.Option) else f"参数 {param.human_readable_name} "
    )


def _rule(error: click.BadParameter) -> str:
    """The rule that the value breaks, by the parameter's type."""
    wanted = error.param.type if error.param is not None else None
    if isinstance(wanted, click.IntRange) and None not in (wanted.min, wanted.max):
        return f"应为 {wanted.min} 至 {wanted.max} 的整数"
    if isinstance(wanted, click.IntRange) and wanted.min is not None:
        return f"应为不小于 {wanted.min} 的整数"
    if isinstance(wanted, click.Choice):
        return f"应为 {'、'.join(map(str, wanted.choices))} 之一"
    if isinstance(wanted, click.File):
        return f"读不到文件 {error.message.partition(chr(39) + ':')[0].strip(chr(39))}"
    return error.message
