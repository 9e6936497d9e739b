"""Accounts: the unit asks, one administrator creates, another grants (GB/T 22239 8.1.4.2)."""

from __future__ import annotations

import re
from datetime import timedelta

import peewee
import pytest

from portal import account_requests, audit, clock, idle_accounts, settings, users
from portal.access import Submission
from portal.database import transaction
from portal.permissions import ROLES
from portal.users import AccountRequest, User, UserRole
from tests.cast import NOW, PEOPLE, Browser, table_of, text_of

SECRET = re.compile(r"[A-Z][a-z]{3}-[a-z]{4}-[a-z]{4}-[0-9]{4}")


@pytest.fixture
def liaison(as_person) -> Browser:
    return as_person("gongan-lianluo")


@pytest.fixture
def creator(as_person) -> Browser:
    return as_person("xitong-jia")


@pytest.fixture
def granter(as_person) -> Browser:
    return as_person("anquan-jia")


def _ask(liaison: Browser, **changed: object):
    fields = {"name": "张三", "account": "ZhangSan", "position": "科员", "roles": ["officer", "inspector"]}
    return liaison.submit("/people/requests", "/people/requests", **{**fields, **changed})


def _actions() -> list[tuple[str, str]]:
    return list(
        audit.AuditEntry.select(audit.AuditEntry.account, audit.AuditEntry.action)
        .order_by(audit.AuditEntry.seq)
        .tuples()
    )


def test_a_person_works_only_after_unit_creator_and_granter_each_did_their_part(
    app, liaison, creator, granter
):
    before = audit.last()[0]
    answer = _ask(liaison)
    asked = [
        "张三",
        "zhangsan",
        "科员",
        "经办、执法检查人员",
        "待建立账号",
        "2026-09-25 10:00",
        "公安联络员",
        "—",
    ]
    assert table_of(answer, "账号申请") == [asked]

    waiting = table_of(creator.get("/people/"), "账号申请：待建立账号")
    assert waiting == [
        ["张三", "zhangsan", "公安分局", "经办、执法检查人员", "公安联络员", "2026-09-25 10:00", "办理"]
    ]
    created = creator.submit("/people/requests/1", "/people/requests/1/create")
    secret = SECRET.search(text_of(created))
    assert created.status_code == 200 and secret is not None
    assert "有效至 2026-09-26 10:00" in text_of(created)

    idle = Browser(app).sign_in("zhangsan", secret[0])
    assert "修改口令" in text_of(idle)  # nothing but the new password, and later nothing but the own account
    person = users.find("zhangsan")
    assert users.current_roles(person) == frozenset() and person.unit == "police"

    assert [row[0] for row in table_of(granter.get("/people/"), "账号申请：待授予角色")] == ["张三"]
    granted = granter.submit("/people/requests/1", "/people/requests/1/grant")
    assert [row[0] for row in table_of(granted, "现有角色")] == ["经办", "执法检查人员"]
    assert "已授予张三：经办、执法检查人员" in text_of(granted)
    assert "初始口令或过期口令不能继续使用，请先设定新口令" in text_of(
        Browser(app).sign_in("zhangsan", secret[0])
    )
    assert table_of(liaison.get("/people/requests"), "账号申请")[0][4:] == [
        "已办结", "2026-09-25 10:00", "公安联络员", "安全管理员甲 2026-09-25 10:00",
    ]  # fmt: skip
    assert [action for action in _actions()[before:] if action[0] != "zhangsan"] == [
        ("gongan-lianluo", "申请账号"),
        ("xitong-jia", "建立账号"),
        ("xitong-jia", "答复账号申请"),
        ("anquan-jia", "授予角色"),
        ("anquan-jia", "授予角色"),
        ("anquan-jia", "答复账号申请"),
    ]


def test_the_one_time_password_is_shown_once_and_stored_nowhere(creator):
    form = creator.form("/people/new", "/people/new")
    fields = {"name": "李四", "account": "lisi", "unit": "", "body": "区管办", "position": "主任"}
    first = creator.submit("/people/new", "/people/new", form=form, **fields)
    secret = SECRET.search(text_of(first))
    assert secret is not None
    again = creator.submit("/people/new", "/people/new", form=form, **fields)
    assert User.select().where(User.account == "lisi").count() == 1
    assert again.request.path == f"/people/{users.find('lisi').id}"
    assert not SECRET.search(again.get_data(as_text=True))
    for model in (Submission, audit.AuditEntry, audit.RecordChange, User):
        for row in model.select().dicts():
            assert secret[0] not in str(row)


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        ({"account": "张三"}, "account", "账号应为 3 至 40 个字母、数字、下划线、点或短横，以字母开头"),
        ({"account": "ab"}, "account", "账号应为 3 至 40 个字母、数字、下划线、点或短横，以字母开头"),
        ({"account": "ＢＡＮＧＯＮＧＳＨＩ"}, "account", "账号“bangongshi”已经用过，不能再次使用"),
        ({"account": "gongan-jingban"}, "name", "账号“gongan-jingban”是公安经办的，不能用于别人"),
        ({"name": "  "}, "name", "姓名应为 1 至 40 个字"),
        ({"roles": []}, "roles", "请勾选需要的角色：经办、联络员、执法检查人员、法制机构、负责人"),
        (
            {"roles": ["officer", "secadmin"]},
            "roles",
            "请勾选需要的角色：经办、联络员、执法检查人员、法制机构、负责人",
        ),
    ],
)
def test_a_wrong_request_is_refused_at_its_field_and_keeps_what_was_typed(liaison, changed, field, sentence):
    answer = _ask(liaison, **changed)
    body = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert re.search(rf'id="f-{field}-error">.*?{re.escape(sentence)}</p>', body, re.S)
    assert 'value="科员"' in body
    assert AccountRequest.select().count() == 0


def test_one_open_request_for_an_account(liaison):
    _ask(liaison)
    answer = _ask(liaison, account="zhangsan")
    assert answer.status_code == 422 and "账号“zhangsan”已有一份未办结的申请" in text_of(answer)


def test_more_roles_for_a_person_of_the_unit_go_straight_to_the_granter(liaison, granter):
    _ask(liaison, name="公安经办", account="gongan-jingban", roles=["inspector"])
    assert AccountRequest.get().state == account_requests.CREATED
    granter.submit("/people/requests/1", "/people/requests/1/grant")
    assert users.current_roles(users.find("gongan-jingban")) == {"officer", "inspector"}


def test_a_refused_request_shows_its_reason_to_the_liaison(liaison, creator):
    _ask(liaison)
    assert "请填写不同意的原因" in text_of(creator.post("/people/requests/1/refuse", reason=" "))
    creator.submit("/people/requests/1", "/people/requests/1/refuse", reason="已调离")
    assert table_of(liaison.get("/people/requests"), "账号申请")[0][4:] == [
        "未同意", "2026-09-25 10:00", "公安联络员", "系统管理员甲 2026-09-25 10:00：已调离",
    ]  # fmt: skip
    late = creator.post("/people/requests/1/create")
    assert late.status_code == 409 and users.find("zhangsan") is None


def test_a_liaison_sees_only_the_requests_of_the_own_unit(liaison, as_person):
    _ask(liaison)
    assert table_of(as_person("shichang-lianluo").get("/people/requests"), "账号申请") == []


MAY_NOT = [
    ("anquan-jia", "/people/new", {"name": "甲某", "account": "jiamou"}),
    ("anquan-jia", "/people/11/active", {"active": "0"}),
    ("anquan-jia", "/people/11/reset", {}),
    ("xitong-jia", "/people/11/roles/grant", {"role": "office"}),
    ("xitong-jia", "/people/11/roles/revoke", {"role": "officer"}),
    ("shenji", "/people/11/roles/grant", {"role": "office"}),
    ("shenji", "/people/11/reset", {}),
    ("bangongshi", "/people/11/roles/grant", {"role": "office"}),
    ("gongan-jingban", "/people/requests", {"name": "甲某", "account": "jiamou", "roles": "officer"}),
    ("anquan-jia", "/people/3/roles/grant", {"role": "office"}),
    ("xitong-jia", "/people/1/active", {"active": "0"}),
    ("xitong-jia", "/people/1/reset", {}),
]


@pytest.mark.parametrize(("account", "action", "fields"), MAY_NOT)
def test_nobody_does_the_part_of_another_nor_acts_on_himself(as_person, account, action, fields):
    browser, count = as_person(account), User.select().count()
    held = list(UserRole.select(UserRole.id, UserRole.ended_at).tuples())
    answer = browser.post(action, **fields)
    assert answer.status_code == 403
    assert (
        User.select().count() == count
        and list(UserRole.select(UserRole.id, UserRole.ended_at).tuples()) == held
    )
    assert not User.select().where(~User.active).exists()


@pytest.mark.parametrize(
    ("account", "role", "sentence"),
    [
        ("xitong-jia", "auditor", "审计管理员不得兼任其他角色（该账号已是系统管理员）"),
        ("xitong-jia", "officer", "该账号是系统管理员，不得再授予业务角色"),
        ("gongan-jingban", "sysadmin", "系统管理员不得兼任其他角色（该账号已是经办）"),
    ],
)
def test_technical_roles_stand_alone_on_the_page_and_in_the_database(
    people, granter, account, role, sentence
):
    user = people[account]
    answer = granter.post(f"/people/{user.id}/roles/grant", role=role)
    assert answer.status_code == 422 and sentence in text_of(answer)
    offered = re.findall(r'<option value="([^"]+)"', granter.get(f"/people/{user.id}").get_data(as_text=True))
    assert role not in offered
    with pytest.raises(peewee.DatabaseError, match="exclusive"), transaction():
        UserRole.create(user=user, role=role, granted_by="直接写库", granted_at=user.created_at)


@pytest.mark.parametrize("change", ["revoke", "grant", "disable", "reset"])
def test_a_changed_account_ends_its_logins_at_once(people, as_person, creator, granter, change):
    officer, user = as_person("gongan-jingban"), people["gongan-jingban"]
    assert officer.get("/inbox/").status_code == 200
    url = f"/people/{user.id}"
    if change == "disable":
        creator.submit(url, f"{url}/active", active="0")
    elif change == "reset":
        assert SECRET.search(text_of(creator.submit(url, f"{url}/reset")))
    else:
        granter.submit(url, f"{url}/roles/{change}", role="officer" if change == "revoke" else "head")
    answer = officer.get("/inbox/")
    assert (answer.status_code, answer.location) == (303, "/login?next=/inbox/")


def test_a_disabled_account_stays_and_can_be_enabled_again(app, people, creator):
    url = f"/people/{people['gongan-jingban'].id}"
    answer = creator.submit(url, f"{url}/active", active="0")
    assert "已停用公安经办的账号" in text_of(answer)
    assert Browser(app).sign_in("gongan-jingban").status_code == 422
    creator.submit(url, f"{url}/active", active="1")
    assert "公安经办" in text_of(Browser(app).sign_in("gongan-jingban"))


def test_the_accounts_page_shows_roles_with_their_history_and_who_changed_what(people, granter):
    url = f"/people/{people['gongan-jingban'].id}"
    granter.submit(url, f"{url}/roles/grant", role="head")
    answer = granter.submit(url, f"{url}/roles/revoke", role="officer")
    now = "2026-09-25 10:00"
    assert table_of(answer, "角色的历史") == [
        ["负责人", now, "安全管理员甲", "—", "—"],
        ["经办", now, "系统", now, "安全管理员甲"],
    ]
    assert "收回角色 安全管理员甲 角色：负责人、经办 → 负责人" in text_of(answer)


def test_accounts_are_filtered_by_unit_and_name(people, as_person):
    auditor = as_person("shenji")
    rows = table_of(auditor.get("/people/?unit=police&q=公安"), "账号")
    assert [row[:5] for row in rows] == [
        ["公安负责人", "gongan-fuze", "公安分局", "—", "负责人"],
        ["公安检查员", "gongan-jiancha", "公安分局", "—", "执法检查人员"],
        ["公安经办", "gongan-jingban", "公安分局", "—", "经办"],
        ["公安联络员", "gongan-lianluo", "公安分局", "—", "联络员"],
    ]
    assert [row[1] for row in table_of(auditor.get("/people/?unit=-&q=ZHAOJIREN"), "账号")] == [
        "fuzhaojiren",
        "zhaojiren",
    ]


def test_pages_of_accounts_follow_each_other_without_gap_or_double(people):
    seen, older = [], None
    while True:
        rows, older = account_requests.search("", "", older, size=5)
        seen += [user.id for user in rows]
        if older is None:
            break
    assert seen == sorted((user.id for user in people.values()), reverse=True)


def test_the_table_of_roles_names_every_role_and_its_holders(as_person):
    rows = {row[0]: row[1:3] for row in table_of(as_person("shenji").get("/people/roles"), "角色一览")}
    assert list(rows) == list(ROLES.values())
    assert rows["系统管理员"] == ["三员", "系统管理员乙 、 系统管理员甲"]
    assert rows["区管办"] == ["联席会议", "区管办人员 （区管办）"]
    assert rows["法制机构"] == ["成员单位", "无"]


def test_an_account_nobody_uses_for_ninety_days_is_disabled_by_the_daily_work(app, people, as_person, hand):
    User.update(demonstration=False).execute()
    hand.set(NOW + timedelta(days=60))
    Browser(app).sign_in("gongan-jingban")
    with audit.acting(people["xitong-jia"].as_actor()):
        users.set_active(people["gongan-fuze"], False)
        users.set_active(people["gongan-fuze"], True)
    hand.set(NOW + timedelta(days=90))
    assert idle_accounts.disable_idle() == []
    hand.set(NOW + timedelta(days=91))
    app.extensions["portal.daily"]()
    active = {user.account for user in User.select().where(User.active)}
    assert active == {"gongan-jingban", "gongan-fuze", "xitong-yi", "anquan-yi", "shenji"}
    assert Browser(app).sign_in("shichang-jingban").status_code == 422
    stopped = audit.history("account", people["shichang-jingban"].id)[1][0]
    assert (stopped.action, stopped.account) == ("停用账号", "system")


def test_the_demonstrations_people_and_a_portal_without_the_rule_keep_their_accounts(people, hand):
    hand.set(NOW + timedelta(days=400))
    assert idle_accounts.disable_idle() == []
    User.update(demonstration=False).execute()
    settings.change("security.idle_days", 0, clock.today())
    assert idle_accounts.disable_idle() == []


@pytest.mark.parametrize("number", ["99999999999999999999", "-1", "x"])
def test_a_number_that_no_record_has_is_the_first_page_or_not_found(as_person, number):
    auditor = as_person("shenji")
    assert len(table_of(auditor.get(f"/people/?older={number}"), "账号")) == len(PEOPLE)
    assert auditor.get(f"/people/{number}").status_code == 404


def test_the_history_of_an_account_is_not_drowned_in_its_sign_ins(app, liaison, creator):
    number = User.get(User.account == "gongan-lianluo").id
    history = creator.get(f"/people/{number}").get_data(as_text=True).partition("谁在何时改了什么")[2]
    assert "建立账号" in history and "<strong>登录</strong>" not in history
    assert "登录" in [entry.action for entry, _ in audit.history("account", number)]
