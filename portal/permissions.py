"""Who may do what: the roles and one readable table of permissions (areas.md "Who is who")."""

from __future__ import annotations

from collections.abc import Iterable

from portal.declarations import DeclarationError, Permission

#: Roles inside a member unit.
UNIT_ROLES = {
    "officer": "经办",
    "liaison": "联络员",
    "inspector": "执法检查人员",
    "legal": "法制机构",
    "head": "负责人",
}
#: Roles of the joint meeting; persons of any body may hold them.
MEETING_ROLES = {
    "office": "联席会议办公室",
    "convenor": "召集人",
    "deputy_convenor": "副召集人",
    "zone_office": "区管办",
}
#: The three administrators (三员): no one holds two of them, and none holds any other role.
TECHNICAL_ROLES = {
    "sysadmin": "系统管理员",
    "secadmin": "安全管理员",
    "auditor": "审计管理员",
}
ROLES = UNIT_ROLES | MEETING_ROLES | TECHNICAL_ROLES

MEMBERS = frozenset(UNIT_ROLES) | frozenset(MEETING_ROLES)
EVERYONE = frozenset(ROLES)
OFFICE = frozenset({"office"})
CONVENORS = frozenset({"convenor", "deputy_convenor"})
WORKERS = frozenset({"officer", "liaison"})


def _p(key: str, label: str, roles: Iterable[str]) -> Permission:
    return Permission(key, label, frozenset(roles))


CORE_PERMISSIONS: tuple[Permission, ...] = (
    _p("home.view", "首页、修改自己的口令、查看自己的登录", EVERYONE),
    _p("inbox.view", "查看本单位待办", MEMBERS),
    _p("subject.view", "查询市场主体", MEMBERS),
    _p("registration.import", "导入登记信息（推送登记、吊销信息的单位）", WORKERS),
    _p("score.view", "查看各单位得分", MEMBERS),
    _p("score.rows", "查看得分背后的记录（本单位、办公室、召集人）", MEMBERS),
    _p("score.adjust", "酌情评分", OFFICE),
    _p("score.stage", "推进季度评分、定稿", OFFICE),
    _p("quarter_list.view", "查看季度清单和比对（本单位、办公室、召集人）", MEMBERS),
    _p("quarter_list.send", "报送季度清单、说明差异", WORKERS),
    _p("review.ask", "申请复核", {"liaison"}),
    _p("review.answer", "答复复核", OFFICE),
    _p("calendar.view", "查看工作日历", MEMBERS),
    _p("calendar.edit", "录入放假调休通知", OFFICE),
    _p("settings.view", "查看设置", EVERYONE),
    _p("settings.edit", "修改业务设置", OFFICE),
    _p("security.edit", "修改安全设置", {"secadmin"}),
    _p("unit.view", "查看成员单位", EVERYONE),
    _p("unit.ask", "申请启用、停用单位（联络员为本单位，办公室可代办）", {"liaison", "office"}),
    _p("unit.confirm", "确认启用、停用", OFFICE),
    _p("unit.admit", "召集人确认增补成员单位", {"convenor"}),
    _p("account.request", "为本单位人员申请账号", {"liaison"}),
    _p("account.create", "建立、停用账号，重置口令", {"sysadmin"}),
    _p("account.list", "查看账号", {"sysadmin", "secadmin", "auditor"}),
    _p("role.grant", "授予、收回角色", {"secadmin"}),
    _p("alarm.view", "查看、处置安全告警", {"secadmin"}),
    _p("audit.view", "查看、校验审计记录", {"auditor"}),
    _p("job.view", "查看后台任务", MEMBERS | {"sysadmin", "auditor"}),
)


class PermissionTable:
    """The core's rows and the plugins' in one table; frozen once the application is made."""

    def __init__(self, more: Iterable[Permission] = ()) -> None:
        self.rows: dict[str, Permission] = {}
        for row in (*CORE_PERMISSIONS, *more):
            if row.key in self.rows:
                raise DeclarationError(f"权限“{row.key}”声明了两次")
            unknown = sorted(row.roles - ROLES.keys())
            if unknown:
                raise DeclarationError(f"权限“{row.key}”给了不存在的角色：{'、'.join(unknown)}")
            self.rows[row.key] = row

    def allows(self, roles: Iterable[str], key: str) -> bool:
        """Whether a holder of ``roles`` holds permission ``key``; KeyError for an unknown key (a bug, not a refusal)."""
        return not self.rows[key].roles.isdisjoint(roles)

    def granted(self, roles: Iterable[str]) -> frozenset[str]:
        """Every permission that a holder of ``roles`` has; whoever has an account may see and secure it."""
        held = frozenset(roles)
        return frozenset(key for key, row in self.rows.items() if row.roles & held) | {"home.view"}


def role_conflict(held: Iterable[str], wanted: str) -> str | None:
    """Why a holder of ``held`` cannot also be ``wanted`` (GB/T 22239 8.1.4.2 d), or None. In Chinese."""
    held = set(held)
    others = held - {wanted}
    if wanted in TECHNICAL_ROLES and others:
        names = "、".join(ROLES[role] for role in sorted(others))
        return f"{ROLES[wanted]}不得兼任其他角色（该账号已是{names}）"
    technical = sorted(others & TECHNICAL_ROLES.keys())
    if technical:
        return f"该账号是{ROLES[technical[0]]}，不得再授予业务角色"
    return None
