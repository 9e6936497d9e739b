"""Finds the plugins, checks what they declare and keeps the answers: one registry for each application."""

from __future__ import annotations

import importlib
import importlib.metadata
import pkgutil
from collections.abc import Iterable
from types import ModuleType
from typing import Any

import pluggy
from flask import current_app

from portal import hookspecs
from portal.database import Schema
from portal.declarations import FUNCTIONS, DeclarationError, JobKind, NavigationItem, Setting, Unit
from portal.permissions import PermissionTable
from portal.record_kinds import RecordKind

GROUPS = ("units", "areas")


def _modules(group: str) -> Iterable[tuple[str, ModuleType]]:
    """The plugins of one group: folders of ``plugins/<group>`` and installed packages with an entry point."""
    package = importlib.import_module(f"plugins.{group}")
    for found in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
        yield f"{group}.{found.name}", importlib.import_module(f"plugins.{group}.{found.name}")
    for point in sorted(importlib.metadata.entry_points(group=f"portal.{group}"), key=lambda p: p.name):
        yield f"{group}.{point.name}", point.load()


class Registry:
    """Everything the plugins of one application declare, checked and sorted.

    Raises DeclarationError (Chinese) that names the plugin when a hook is misspelt, a hook answers the wrong
    type, or two plugins claim one name or one special function.
    """

    def __init__(self, plugins: Iterable[tuple[str, Any]] | None = None, *, core: Any = None) -> None:
        self.manager = pluggy.PluginManager("portal")
        self.manager.add_hookspecs(hookspecs)
        self.names: list[str] = []
        if core is not None:
            self._register("core", core)
        for name, plugin in plugins if plugins is not None else self._found():
            self._register(name, plugin)
        try:
            self.manager.check_pending()
        except pluggy.PluginValidationError as error:
            raise DeclarationError(f"插件“{self.manager.get_name(error.plugin)}”写了不存在的钩子：{error}") from error
        self.units = self._units()
        self.by_key = {unit.key: unit for unit in self.units}
        # The areas' tables refer to the core's.
        self.schemas = sorted(self._one_each("register_schema", Schema), key=lambda s: (s.owner != "core", s.owner))
        self.permissions = PermissionTable(self._many("register_permissions"))
        self.navigation: list[NavigationItem] = self._many("register_navigation")
        self.settings: dict[str, Setting] = {}
        for setting in self._many("register_settings"):
            if setting.key in self.settings:
                raise DeclarationError(f"设置“{setting.key}”声明了两次")
            self.settings[setting.key] = setting
        self.obligation_pages: dict[str, str] = {}
        for plugin, pages in self._checked("register_obligation_pages", dict):
            for kind, endpoint in pages.items():
                if kind in self.obligation_pages:
                    raise DeclarationError(f"插件“{plugin}”：时限义务“{kind}”的页面已由别的插件声明")
                self.obligation_pages[kind] = endpoint
        self.job_kinds: dict[str, JobKind] = {}
        for kind in self._many("register_job_kinds"):
            if kind.key in self.job_kinds:
                raise DeclarationError(f"后台任务“{kind.key}”声明了两次")
            self.job_kinds[kind.key] = kind

        self.record_kinds: dict[str, RecordKind] = {}
        for record_kind in self._many("register_record_kinds"):
            if record_kind.key in self.record_kinds:
                raise DeclarationError(f"记录“{record_kind.key}”声明了两次")
            for permission in (record_kind.read_permission, record_kind.write_permission):
                if permission not in self.permissions.rows:
                    raise DeclarationError(f"记录“{record_kind.key}”要求的权限“{permission}”不存在")
            self.record_kinds[record_kind.key] = record_kind

    def _found(self) -> Iterable[tuple[str, ModuleType]]:
        for group in GROUPS:
            yield from _modules(group)

    def _register(self, name: str, plugin: Any) -> None:
        if name in self.names:
            raise DeclarationError(f"两个插件都叫“{name}”：请改名或卸载其中一个")
        try:
            self.manager.register(plugin, name=name)
        except (ValueError, pluggy.PluginValidationError) as error:
            raise DeclarationError(f"插件“{name}”不能装入：{error}") from error
        self.names.append(name)

    def answers(self, hook: str, **arguments: Any) -> list[tuple[str, Any]]:
        """Ask every plugin that implements ``hook``, in the order of their names: (plugin, answer) pairs."""
        caller = getattr(self.manager.hook, hook)
        found = []
        for implementation in sorted(caller.get_hookimpls(), key=lambda i: i.plugin_name):
            wanted = {name: arguments[name] for name in implementation.argnames}
            found.append((implementation.plugin_name, implementation.function(**wanted)))
        return found

    def _checked(self, hook: str, kind: type) -> list[tuple[str, Any]]:
        found = self.answers(hook)
        for name, answer in found:
            if not isinstance(answer, kind):
                raise DeclarationError(f"插件“{name}”的 {hook} 应返回 {kind.__name__}，却返回 {type(answer).__name__}")
        return found

    def _one_each(self, hook: str, kind: type) -> list[Any]:
        return [answer for _, answer in self._checked(hook, kind)]

    def _many(self, hook: str) -> list[Any]:
        return [item for _, answer in self._checked(hook, list) for item in answer]

    def _units(self) -> tuple[Unit, ...]:
        claimed: dict[tuple[str, Any], str] = {}
        found = self._checked("register_unit", Unit)
        for plugin, unit in found:
            claims = [("标识", unit.key), ("名称", unit.name), ("序号", unit.number), ("代码", unit.credit_code)]
            claims += [("专门职能", FUNCTIONS[function]) for function in sorted(unit.functions)]
            claims += [("许可事项", item.code) for item in unit.permit_items]
            claims += [("抽查事项", item.number) for item in unit.check_items]
            for claim in claims:
                other = claimed.setdefault(claim, plugin)
                if other != plugin:
                    raise DeclarationError(f"插件“{other}”和“{plugin}”的{claim[0]}都是“{claim[1]}”：只能有一个")
        return tuple(sorted((unit for _, unit in found), key=lambda unit: unit.number))

    def holder(self, function: str) -> Unit | None:
        """The installed unit that declares the special function, or None."""
        return next((unit for unit in self.units if function in unit.functions), None)


def registry() -> Registry:
    """The running application's registry."""
    return current_app.extensions["portal.registry"]
